import re
from ast import literal_eval

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

from ...tools import marks, matching

# What a step type's `_enter_…` or `_receive_…` returns when the dialogue stays where it
# is until the customer writes.
WAIT = "wait"
_NOT_IN_CODE = re.compile(r"\W+")
# What a filter raises that is none.
_UNREADABLE = (ValueError, SyntaxError, TypeError, KeyError, AttributeError)


def find_fields(model, domain):
    """Return ``(model, field)`` names that a domain touches, through relations too."""
    found = set()
    try:
        conditions = list(Domain(literal_eval(domain or "[]")).iter_conditions())
    except (ValueError, SyntaxError, TypeError):
        return found
    for condition in conditions:
        current = model
        for name in condition.field_expr.split("."):
            field = current._fields.get(name)
            found.add((current._name, name))
            if field is None or not field.relational:
                break
            current = model.env[field.comodel_name]
        if condition.operator.endswith("any"):
            found |= find_fields(current, repr(list(condition.value)))
    return found


class HelpcrunchStep(models.Model):
    """One step of a bot: what is said, and what happens then.

    This file knows what all steps have in common and never names a type. A type is a
    file in ``models/script/steps/`` that adds itself to ``step_type`` and brings:

    ``_enter_<type>(self, chat)``
        The flow arrived and text and media are said. Returns the next step (an empty
        one = the dialogue rests) or :data:`WAIT`.
    ``_receive_<type>(self, chat, message)``
        Only for types that wait: ``message`` is the customer's text. Returns the next
        step, :data:`WAIT` (the question stays open), or None (I cannot take this: the
        bot's fallback).
    ``_check_<type>(self)``
        Returns a sentence for the first thing wrong with the drawing, or None.

    and if it likes ``_get_text_<type>(self)`` (what it says, if not just its text),
    ``_get_secret_<type>(self, chat)`` (what follows it for the customer's eyes only),
    ``_skip_<type>(self, chat)`` (where it goes on if it has nothing to ask, else None),
    ``_match_<type>(self, chat, text)`` (texts it knows before aliases are looked at)
    ``_interrupt_<type>(self, text)`` (may an alias lead away from its question?) and
    ``_hears_calls_<type>(self)`` (if not, may one that leads to a person?).

    A flow is what an addon adds to ``flow``, for steps of the types that take one
    (:meth:`_flow_types`). It has the same verbs under the name ``flow_<flow>`` and does
    its work in place of the type's: ``_enter_flow_<flow>``, ``_receive_flow_<flow>``,
    ``_check_flow_<flow>``. Entered again, it goes on where it was; at its end it
    returns ``self.next_step_id``. Unless it says otherwise, its questions want data:
    only a command or a word for an operator leads away from them.
    """

    _name = "helpcrunch.step"
    _inherit = "helpcrunch.spoken"
    _description = "HelpCrunch Step"
    _order = "sequence, id"

    name = fields.Char(required=True)
    active = fields.Boolean(default=True)
    sequence = fields.Integer(default=10)
    bot_id = fields.Many2one(
        "helpcrunch.bot",
        "Dialogue",
        required=True,
        index=True,
        ondelete="cascade",
        help="The bot this step belongs to. A step has one bot.",
    )
    company_id = fields.Many2one(related="bot_id.company_id", store=True, index=True)
    code = fields.Char(
        copy=False,
        help="Technical name of the step, unique in its bot. Made from the name; it "
        "stays when the name changes.",
    )
    step_type = fields.Selection(
        [],
        required=True,
        default=lambda self: self._default_step_type(),
        help="What the step does after its text is said.",
    )
    next_step_id = fields.Many2one(
        "helpcrunch.step",
        "Go to Step",
        index="btree_not_null",
        ondelete="set null",
        domain="[('bot_id', '=', bot_id), ('id', '!=', id)]",
        help="The step that follows when this one is done. Leave it empty if it does "
        "not exist yet.",
    )
    partner_domain = fields.Char(
        "Show only to Partners with",
        default="[]",
        help="Only contacts that fit the filter get this step, for example those with "
        "a phone number. Leave it empty to show the step to everybody.",
    )
    fallback_step_id = fields.Many2one(
        "helpcrunch.step",
        "If the Filter Does Not Fit",
        index="btree_not_null",
        ondelete="set null",
        domain="[('bot_id', '=', bot_id), ('id', '!=', id)]",
        help="The step for contacts that do not fit the filter. Empty: they go on to "
        "the next step.",
    )
    message = fields.Text(
        "Text",
        translate=True,
        help="What the customer reads. You may use {{ partner.name }}, "
        '{{ partner.phone | "your number" }}, {{ answer }} and {{ chat.id }}; where a '
        "server action or an outside event starts the step, also {{ record.name }} and "
        "{{ values.name }}.",
    )
    flow = fields.Selection(
        [("default", "Default")],
        "Standard Flow",
        required=True,
        default="default",
        help="Other addons offer their own flows here, such as orders or surveys. One "
        "runs after the text of the step; at its end the dialogue goes on.",
    )
    takes_flow = fields.Boolean(compute="_compute_takes_flow")
    alias_ids = fields.One2many("helpcrunch.step.alias", "step_id", "Aliases")
    media_ids = fields.One2many(
        "helpcrunch.step.media", "step_id", "Multimedia", copy=True
    )
    invalid_message = fields.Text(
        "When the Answer Will Not Do",
        translate=True,
        help="Said when the answer cannot be used. Empty: the question is asked again.",
    )
    max_attempts = fields.Integer(
        "Attempts",
        default=3,
        required=True,
        help="After so many answers that cannot be used the dialogue goes on.",
    )
    failed_step_id = fields.Many2one(
        "helpcrunch.step",
        "Go to after the Last Attempt",
        index="btree_not_null",
        ondelete="set null",
        domain="[('bot_id', '=', bot_id), ('id', '!=', id)]",
        help="Empty: the dialogue goes on as if the question had been answered.",
    )
    previous_ids = fields.One2many("helpcrunch.step", "next_step_id", "Comes from")
    alias_summary = fields.Char("Alias Phrases", compute="_compute_alias_summary")
    waits = fields.Boolean(compute="_compute_waits")

    _attempts_positive = models.Constraint(
        "CHECK(max_attempts > 0)",
        "A question needs at least one attempt.",
    )
    _code_unique = models.UniqueIndex(
        "(bot_id, code)",
        "Two steps of one bot cannot have the same code.",
    )

    filter_problem = fields.Char(compute="_compute_filter_problem")

    @api.model
    def _default_step_type(self):
        types = self._fields["step_type"].get_values(self.env)
        return types[0] if types else False

    @api.depends("alias_ids.name")
    def _compute_alias_summary(self):
        for step in self:
            step.alias_summary = ", ".join(
                alias.name for alias in step.alias_ids if alias.name
            )

    @api.depends("step_type", "flow")
    def _compute_waits(self):
        for step in self:
            step.waits = step._has_verb("receive")

    @api.depends("step_type")
    def _compute_takes_flow(self):
        for step in self:
            step.takes_flow = step.step_type in step._flow_types()

    @api.onchange("step_type")
    def _onchange_takes_flow(self):
        if not self.takes_flow:
            self.flow = "default"

    @api.depends("name", "bot_id.name")
    @api.depends_context("helpcrunch_show_bot")
    def _compute_display_name(self):
        show_bot = self.env.context.get("helpcrunch_show_bot")
        for step in self:
            step.display_name = (
                f"{step.bot_id.name}: {step.name}" if show_bot else step.name
            )

    def _get_source_lang(self):
        return self.bot_id._get_source_lang()

    @api.model_create_multi
    def create(self, vals_list):
        taken = {}
        for vals in vals_list:
            if not vals.get("code"):
                vals["code"] = self._make_code(vals, taken)
        steps = super().create(vals_list)
        steps._sync_automatic_aliases()
        steps.bot_id._touch()
        return steps

    def write(self, vals):
        if "code" in vals and not vals["code"]:
            vals = {key: value for key, value in vals.items() if key != "code"}
        bots = self.bot_id
        targets = self.next_step_id
        result = super().write(vals)
        if vals.keys() & {"next_step_id", "active", "bot_id"}:
            (self | targets.previous_ids)._sync_automatic_aliases(targets)
        if vals.keys() - self._get_undrawn_fields():
            (bots | self.bot_id)._touch()
        return result

    def unlink(self):
        bots = self.bot_id
        targets = self.next_step_id
        result = super().unlink()
        targets.exists()._drop_stale_automatic_aliases()
        bots.exists()._touch()
        return result

    def copy_data(self, default=None):
        vals_list = super().copy_data(default)
        for step, vals in zip(self, vals_list, strict=True):
            if not default or "name" not in default:
                vals["name"] = self.env._("%(name)s (copy)", name=step.name)
        return vals_list

    @api.ondelete(at_uninstall=False)
    def _unlink_except_used(self):
        """A step stays while a live dialogue stands there or another step leads there.

        Deleting the whole bot, or the user of the link along with the step, is fine.
        """
        for step in self:
            users = step._find_users() - self
            if users:
                raise UserError(
                    self.env._(
                        "Step “%(step)s” cannot be deleted: “%(user)s” leads to it. "
                        "Change that step first, or archive this one.",
                        step=step.name,
                        user=users[0].name,
                    ),
                )
        chat = self.env["helpcrunch.chat"].search(
            [("step_id", "in", self.ids), ("state", "!=", "done")], limit=1
        )
        if chat:
            raise UserError(
                self.env._(
                    "Step “%(step)s” cannot be deleted: dialogue “%(chat)s” stands "
                    "there. Archive the step instead.",
                    step=chat.step_id.name,
                    chat=chat.display_name,
                ),
            )

    def _find_users(self):
        """Return the steps that lead to this one, archived ones too."""
        self.ensure_one()
        links = Domain.OR(
            Domain(name, "=", self.id) for name in self._get_link_fields()
        )
        return self.with_context(active_test=False).search(links)

    # === ACTIONS === #

    def action_open(self):
        """Open the step on a page of its own; *New* there is one more of its bot."""
        self.ensure_one()
        self.check_access("read")
        return self._get_records_action(
            context={
                "default_bot_id": self.bot_id.id,
                "default_sequence": self.sequence + 1,
            }
        )

    # === FOR THE ENGINE === #

    def _enter(self, chat):
        """Say the step's text and media, then do the work of its type, or its flow."""
        self.ensure_one()
        if self._has_verb("skip"):
            following = self._call("skip", chat)
            if following is not None:
                return following
        chat._say_step(self)
        return self._call("enter", chat)

    def _get_text(self):
        """Return what the step says, in the language of the context."""
        self.ensure_one()
        if self._has_verb("get_text"):
            return self._call("get_text")
        return self.message

    def _get_secret(self, chat):
        """Return what follows the text for the customer's eyes only, or None.

        :rtype: ..dialogue.turn.Secret | None
        """
        self.ensure_one()
        return self._call("get_secret", chat) if self._has_verb("get_secret") else None

    def _match(self, chat, text):
        """Return where a text leads that the type itself knows, e.g. as an answer.

        Comes in the rank of the aliases scoped to this step; None if it does not know
        the text. Only called if :meth:`_knows_answers`.
        """
        self.ensure_one()
        return self._call("match", chat, text)

    def _knows_answers(self):
        """Tell whether the type knows texts before aliases are looked at."""
        self.ensure_one()
        return self._has_verb("match")

    def _receive(self, chat, message):
        """Let the type take the customer's answer; None if it does not want it."""
        self.ensure_one()
        if not self.waits:
            return None
        return self._call("receive", chat, message)

    def _accepts_interruption(self, text):
        """Tell whether an alias may lead away from this step's open question."""
        self.ensure_one()
        if self._has_verb("interrupt"):
            return self._call("interrupt", text)
        # What is data to a flow is no phrase, "/start" is (spec 4.1).
        return not self._has_flow() or matching.is_command(text)

    def _hears_calls(self):
        """Tell whether a phrase that leads to a person does so from this question too.

        The bot's operator words do from every question. A phrase of a step's may be an
        answer, a job for example, but no name and no number.
        """
        self.ensure_one()
        if self._has_verb("hears_calls"):
            return self._call("hears_calls")
        return not self._has_flow()

    def _fits(self, partner):
        """Tell whether a contact passes the step's filter."""
        self.ensure_one()
        domain = self._get_partner_domain()
        if domain.is_true():
            return True
        # sudo: res.partner - the engine judges contacts for customers, who have no user
        return bool(
            partner
            and self.env["res.partner"]
            .sudo()
            .with_context(active_test=False)
            .search_count(Domain("id", "=", partner.id) & domain, limit=1)
        )

    @api.model
    def _find_by_field(self, field):
        """Return the steps that cannot do without a field (``ir.model.fields``)."""
        filtered = self.search([("partner_domain", "ilike", field.name)])
        return filtered.filtered(
            lambda step: (
                (field.model, field.name)
                in find_fields(self.env["res.partner"], step.partner_domain)
            )
        )

    def _get_partner_domain(self):
        """Return the filter as a domain; parsed as a literal, never evaluated."""
        return Domain(literal_eval(self.partner_domain or "[]"))

    def _get_phrases(self):
        """Return ``(scope step id or False, kind, phrase, target step id)`` rows."""
        self.ensure_one()
        return [
            (alias.scope_step_id.id, alias.match, alias.phrase, self.id)
            for alias in self.alias_ids
            if alias.phrase
        ]

    def _find_start(self):
        """Return the step of these that begins a dialogue."""
        starts = self.alias_ids.filtered(lambda alias: alias._is_start())
        return (starts.step_id or self)[:1]

    @api.model
    def _operator_types(self):
        """Return the types that lead to a person; a type adds itself."""
        return ()

    @api.model
    def _closing_types(self):
        """Return the types after which a dialogue may rest; a type adds itself."""
        return ()

    @api.model
    def _flow_types(self):
        """Return the types whose work a flow may do instead; a type adds itself."""
        return ()

    @api.model
    def _speaking_types(self):
        """Return the types that only say their text and go on; a type adds itself."""
        return ()

    def _only_speaks(self):
        """Tell whether saying its text is all the step does; it may be taken back."""
        self.ensure_one()
        return self.step_type in self._speaking_types() and not self._has_flow()

    def _has_flow(self):
        """Tell whether a flow of another addon does the step's work."""
        self.ensure_one()
        return (self.flow or "default") != "default"

    def _get_kind(self):
        """Return the name under which the verbs of the step's type or flow stand."""
        return f"flow_{self.flow}" if self._has_flow() else self.step_type

    def _has_verb(self, verb):
        return hasattr(self, f"_{verb}_{self._get_kind()}")

    def _call(self, verb, *args):
        return getattr(self, f"_{verb}_{self._get_kind()}")(*args)

    def _make_code(self, vals, taken):
        """Return a code from the name that is free in the bot."""
        base = _NOT_IN_CODE.sub("_", (vals.get("name") or "").lower()).strip("_")
        base = base[:60] or "step"
        bot_id = vals.get("bot_id")
        if bot_id not in taken:
            steps = self.with_context(active_test=False).search(
                [("bot_id", "=", bot_id)]
            )
            taken[bot_id] = set(steps.mapped("code"))
        code, number = base, 1
        while code in taken[bot_id]:
            number += 1
            code = f"{base}_{number}"
        taken[bot_id].add(code)
        return code

    def _sync_automatic_aliases(self, former_targets=()):
        """Keep the line "runs after that step" on the targets of "go to" (spec 4.1)."""
        if self.env.context.get("helpcrunch_copying_bot") is marks.COPYING_BOT:
            return
        alias = self.env["helpcrunch.step.alias"]
        for step in self.filtered("next_step_id"):
            target = step.next_step_id
            if step not in target.alias_ids.filtered("automatic").scope_step_id:
                alias.create(
                    {
                        "step_id": target.id,
                        "scope_step_id": step.id,
                        "automatic": True,
                    }
                )
        (self.next_step_id.union(*former_targets))._drop_stale_automatic_aliases()

    def _drop_stale_automatic_aliases(self):
        stale = self.alias_ids.filtered(
            lambda alias: (
                alias.automatic and alias.scope_step_id.next_step_id != alias.step_id
            )
        )
        stale.with_context(helpcrunch_automatic=marks.AUTOMATIC_ALIASES).unlink()
