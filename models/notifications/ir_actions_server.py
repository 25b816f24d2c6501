import logging
from ast import literal_eval

from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.fields import Domain
from odoo.tools import SQL

from ...jobs import broadcasts, worker
from .record_values import TELLABLE_TYPES

_logger = logging.getLogger(__name__)


class IrActionsServer(models.Model):
    """A kind of action that starts a step for the contact of each record.

    Whoever saves a record only notes that: HelpCrunch, the bot or its drawing are not
    asked, and what goes wrong is told to whoever made the action.
    """

    _inherit = "ir.actions.server"

    state = fields.Selection(
        selection_add=[("helpcrunch_step", "HelpCrunch Step")],
        ondelete={"helpcrunch_step": "cascade"},
    )
    helpcrunch_step_id = fields.Many2one(
        "helpcrunch.step",
        "Step",
        index="btree_not_null",
        ondelete="set null",
        help="The step that begins in the newest dialogue of the record's contact with "
        "the step's bot.",
    )
    helpcrunch_partner_path = fields.Char(
        "Contact",
        compute="_compute_helpcrunch_partner_path",
        store=True,
        readonly=False,
        help="The field that leads from the record to the contact, over others if need "
        "be: partner_id, order_id.partner_id. For contacts themselves: id.",
    )
    helpcrunch_field_ids = fields.Many2many(
        "ir.model.fields",
        "ir_act_server_helpcrunch_field_rel",
        "server_id",
        "field_id",
        "Fields to Tell",
        help="Customers may read these: the step's texts may say {{ record.name }} and "
        "so on, for each field of this list. Dates, amounts and choices are told in "
        "the customer's language.",
    )
    helpcrunch_once = fields.Boolean(
        "Once per Record",
        default=True,
        help="A record starts the step once, however often the action runs. Off: each "
        "time. A record whose message could not be said may come again.",
    )
    helpcrunch_at_once = fields.Boolean(
        "At Once", help="Goes out in the quiet hours of the bot too."
    )
    helpcrunch_domain = fields.Char(
        "Records",
        help="Which records a scheduled action starts the step for. Elsewhere the "
        "records are those that the action runs on.",
    )
    helpcrunch_run_ids = fields.One2many(
        "helpcrunch.broadcast", "action_id", "HelpCrunch Runs"
    )
    helpcrunch_outcome = fields.Text(
        "What Came of It",
        compute="_compute_helpcrunch_outcome",
        help="How many records' messages were said, wait, or were not said and why.",
    )

    # === COMPUTES === #

    @api.depends("state", "model_id")
    def _compute_helpcrunch_partner_path(self):
        for action in self:
            if action.state != "helpcrunch_step" or not action.model_id:
                action.helpcrunch_partner_path = False
                continue
            if action.helpcrunch_partner_path and not action._find_path_problem():
                continue
            model = self.env[action.model_id.model]
            usual = model._fields.get("partner_id")
            action.helpcrunch_partner_path = (
                "id"
                if model._name == "res.partner"
                else usual and usual.comodel_name == "res.partner" and "partner_id"
            )

    def _compute_helpcrunch_outcome(self):
        # sudo: helpcrunch.broadcast.recipient - numbers only, of all companies
        rows_sudo = self.env["helpcrunch.broadcast.recipient"].sudo()
        states = dict(rows_sudo._fields["state"]._description_selection(self.env))
        counts = rows_sudo._read_group(
            [("action_id", "in", self.ids)],
            ["action_id", "state", "reason"],
            ["__count"],
        )
        for action in self:
            action.helpcrunch_outcome = "\n".join(
                f"{reason and rows_sudo._tell_reason(reason) or states[state]}: {count}"
                for of, state, reason, count in counts
                if of == action
            )

    def _name_depends(self):
        return [*super()._name_depends(), "helpcrunch_step_id"]

    def _generate_action_name(self):
        self.ensure_one()
        if self.state == "helpcrunch_step" and self.helpcrunch_step_id:
            return self.helpcrunch_step_id.name
        return super()._generate_action_name()

    # === WHAT CAN BE SAVED === #

    @api.constrains(
        "state",
        "model_id",
        "helpcrunch_step_id",
        "helpcrunch_partner_path",
        "helpcrunch_field_ids",
        "helpcrunch_domain",
    )
    def _check_helpcrunch_step(self):
        for action in self.filtered(lambda row: row.state == "helpcrunch_step"):
            problem = (
                action._find_path_problem()
                or action._find_field_problem()
                or action._find_untold_field(action.helpcrunch_step_id)
                or action._find_domain_problem()
            )
            if problem:
                raise ValidationError(
                    self.env._(
                        "Action “%(action)s”: %(problem)s",
                        action=action.name,
                        problem=problem,
                    )
                )

    def _find_path_problem(self):
        """Return why the way to the contact leads nowhere, or None."""
        model = self.env[self.model_id.model]
        if model._transient or model._abstract:
            return self.env._("its records are not kept. Choose another model.")
        path = self.helpcrunch_partner_path or ""
        if model._name == "res.partner" and path in ("", "id"):
            return None
        for name in path.split("."):
            field = model._fields.get(name) if model is not None else None
            if field is None or field.type != "many2one":
                return self.env._(
                    "“%(path)s” does not lead to a contact: “%(name)s” is no field "
                    "that leads from one record to another one. Use a way such as "
                    "partner_id or order_id.partner_id.",
                    path=path,
                    name=name,
                )
            model = self.env.get(field.comodel_name)
        if model is None or model._name != "res.partner":
            return self.env._(
                "“%(path)s” leads to no contact. Add the field that does, such as "
                "%(path)s.partner_id.",
                path=path,
            )
        return None

    def _find_field_problem(self):
        """Return why a field may not be told, or None."""
        for row in self.helpcrunch_field_ids:
            field = self.env[self.model_id.model]._fields.get(row.name)
            if row.model_id != self.model_id or field is None:
                return self.env._(
                    "field “%(field)s” is none of its records.", field=row.name
                )
            if field.type not in TELLABLE_TYPES:
                return self.env._(
                    "field “%(field)s” cannot be told in words.",
                    field=row.field_description,
                )
            if field.groups:
                return self.env._(
                    "field “%(field)s” is not for everybody, and customers would read "
                    "it.",
                    field=row.field_description,
                )
        return None

    def _find_untold_field(self, step):
        """Return what a step says that this action does not tell, or None."""
        untold = step and step._find_told_names("record") - {
            row.name for row in self.helpcrunch_field_ids
        }
        if not untold:
            return None
        return self.env._(
            "step “%(step)s” says {{ record.%(field)s }}, and action “%(action)s” "
            "which starts it does not tell that. Add the field to the action's fields "
            "to tell.",
            step=step.name,
            field=min(untold),
            action=self.name,
        )

    def _find_domain_problem(self):
        if not self.helpcrunch_domain:
            return None
        try:
            # sudo: any model - only whether it can be run
            self.env[self.model_id.model].sudo().search_count(
                self._get_helpcrunch_domain(), limit=1
            )
        except (ValueError, SyntaxError, TypeError, KeyError, AttributeError) as error:
            return self.env._(
                "the filter of its records cannot be read (%(error)s).", error=error
            )
        return None

    def _get_helpcrunch_domain(self):
        """Return the filter as a domain; parsed as a literal, never evaluated."""
        return Domain(literal_eval(self.helpcrunch_domain))

    # === RUNNING === #

    def _run_action_helpcrunch_step_multi(self, eval_context=None):
        records = eval_context.get("records") or eval_context.get("record")
        if not records and self.helpcrunch_domain:
            records = self.env[self.model_id.model].search(
                self._get_helpcrunch_domain()
            )
        # In an onchange the records are drafts of saved ones.
        record_ids = records._origin.ids if records else []
        if not record_ids or self._is_recompute():
            return False
        return self._note_for_helpcrunch(record_ids)

    def _note_for_helpcrunch(self, record_ids):
        """Note a run; whatever goes wrong is none of whoever saves the records."""
        # What the user wrote is judged here, and not in our net.
        self.env.flush_all()
        try:
            with self.env.cr.savepoint():
                count = self._note_run(record_ids)
        except worker.CLASHES as error:
            _logger.info("run of action %s clashed, noted later: %s", self.id, error)
            self.env["helpcrunch.event"]._submit_after_commit(
                broadcasts.note_run, self.id, tuple(record_ids), bulk=True
            )
            return False
        except Exception as error:
            _logger.warning("run of action %s not noted", self.id, exc_info=True)
            self._tell_helpcrunch_trouble(error)
            return False
        return self._get_noted_message(count, len(record_ids) - count)

    def _note_run(self, record_ids):
        """Note that these records start the step; return how many are new.

        :raise ValidationError: if there is no step to start
        """
        if not self.helpcrunch_step_id:
            raise ValidationError(
                self.env._("The step that it starts was deleted. Choose another one.")
            )
        # sudo: helpcrunch.broadcast - made by the machine only, never by hand
        return self.env["helpcrunch.broadcast"].sudo()._note_run(self, record_ids)

    def _get_noted_message(self, count, repeated):
        """Return what whoever pressed a button is told."""
        if not count:
            text = self.env._("All of these records have started the step before.")
        else:
            text = self.env._(
                "“%(step)s” begins for %(count)s records; what becomes of it stands "
                "under Broadcasts.",
                step=self.helpcrunch_step_id.name,
                count=count,
            )
            if repeated:
                text += " " + self.env._(
                    "%(count)s have started it before.", count=repeated
                )
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success" if count else "warning",
                "message": text,
                "next": {"type": "ir.actions.act_window_close"},
            },
        }

    def _tell_helpcrunch_trouble(self, error):
        """Plan one activity for whoever made the action; the same trouble adds none."""
        action = self.exists()
        if not action:
            return
        maker = action.create_uid
        if not maker.active or not maker.has_group("base.group_system"):
            maker = self.env.ref("base.user_admin")
        action = action.with_context(lang=maker.lang)
        summary = action.env._("The action starts no step")
        try:
            with self.env.cr.savepoint():
                # sudo: mail.activity - somebody else's; whoever saves a record told it
                if summary in action.sudo().activity_ids.mapped("summary"):
                    return
                action.sudo().activity_schedule(
                    "mail.mail_activity_data_todo",
                    summary=summary,
                    note=action.env._(
                        "Records were saved as usual, but nobody was told: %(error)s",
                        error=error,
                    ),
                    user_id=maker.id,
                )
        except Exception:
            # The log has told it; whoever saves a record must not suffer.
            _logger.warning("trouble of action %s not told", self.id, exc_info=True)

    # === WHOM RECORDS ARE FOR === #

    def _select_contacts(self, run):
        """Return the statement that selects ``id`` and ``partner_id`` of records.

        :param run: the ``helpcrunch.broadcast`` whose records they are
        """
        problem = self._find_path_problem()
        if problem:
            raise ValidationError(problem)
        # sudo: any model - the machine finds out for whom a record is
        model = self.env[self.model_id.model].sudo().with_context(active_test=False)
        path = self.helpcrunch_partner_path or "id"
        if not all(field.column_type and field.store for field in self._walk(path)):
            return self._list_contacts(model, path, run)
        query = model._search(Domain.TRUE)
        alias = query.table
        *names, last = path.split(".")
        for name in names:
            comodel = model.env[model._fields[name].comodel_name]
            alias = query.left_join(alias, name, comodel._table, "id", name)
            model = comodel
        return query.select(
            SQL.identifier(query.table, "id"),
            SQL("%s AS partner_id", SQL.identifier(alias, last)),
        )

    def _walk(self, path):
        """Return the fields of a path, one after the other."""
        model, found = self.env[self.model_id.model], []
        for name in path.split("."):
            field = model._fields[name]
            found.append(field)
            model = self.env[field.comodel_name] if field.relational else None
        return found

    def _list_contacts(self, model, path, run):
        """Return the same where a field of the path is in no column."""
        rows = self.env["helpcrunch.broadcast.recipient"].search(
            [("broadcast_id", "=", run.id), ("chat_id", "=", False)]
        )
        records = model.browse(set(rows.mapped("res_id"))).exists()
        values = [
            SQL("(%s, %s)", row.id, row.mapped(path).id or None) for row in records
        ]
        return SQL(
            "SELECT id, partner_id::integer FROM (VALUES %s) AS own (id, partner_id)",
            SQL(", ").join(values or [SQL("(NULL::integer, NULL)")]),
        )

    # === ACTIONS === #

    def action_view_helpcrunch_runs(self):
        """Open what came of the action's runs."""
        self.ensure_one()
        self.check_access("read")
        self.env["helpcrunch.broadcast"].check_access("read")
        domain = [("action_id", "=", self.id)]
        return self.env["helpcrunch.broadcast"]._get_list_action(domain)
