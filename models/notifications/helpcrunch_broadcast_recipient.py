import logging

from markupsafe import Markup

from odoo import api, fields, models
from odoo.tools import SQL

from ..messenger.claim import claim
from ..messenger.reader import for_reader, get_staff_langs
from . import record_values

_logger = logging.getLogger(__name__)

# So many records are told at a time what became of them.
_NOTE_LIMIT = 500
# Whom records are for: their contact, the newest dialogue, or why there is none.
_FIND_CONTACTS = """
    UPDATE helpcrunch_broadcast_recipient recipient
       SET partner_id = found.partner_id, customer_id = found.customer_id,
           chat_id = found.chat_id, reason = found.reason,
           state = CASE WHEN found.reason IS NULL THEN 'pending' ELSE 'skipped' END
      FROM (SELECT own.id, partner.id AS partner_id, chat.customer_id,
                   chat.id AS chat_id,
                   CASE WHEN %(loss)s IS NOT NULL THEN %(loss)s
                        WHEN source.id IS NULL THEN 'record_gone'
                        WHEN partner.id IS NULL THEN 'no_contact'
                        WHEN partner.company_id != %(company)s THEN 'company'
                        WHEN chat.id IS NULL THEN 'no_dialogue'
                        WHEN refusing.blocked THEN 'blocked'
                        WHEN refusing.opt_out THEN 'opted_out' END AS reason
              FROM helpcrunch_broadcast_recipient own
         LEFT JOIN (%(source)s) source ON source.id = own.res_id
         LEFT JOIN res_partner partner ON partner.id = source.partner_id
         LEFT JOIN LATERAL (
                   SELECT chat.id, chat.customer_id
                     FROM helpcrunch_chat chat
                     JOIN helpcrunch_customer customer
                       ON customer.id = chat.customer_id
                    WHERE chat.partner_id = partner.id AND chat.bot_id = %(bot)s
                      AND customer.active
                      AND (%(all_channels)s OR chat.application_id IN %(channels)s)
                 ORDER BY chat.last_message_at DESC NULLS LAST, chat.id DESC
                    LIMIT 1) chat ON TRUE
         LEFT JOIN LATERAL (
                   SELECT bool_or(customer.blocked) AS blocked,
                          bool_or(customer.opt_out) AS opt_out
                     FROM helpcrunch_customer customer
                    WHERE customer.partner_id = partner.id) refusing ON TRUE
             WHERE own.broadcast_id = %(run)s AND own.state = 'pending'
               AND own.res_id IS NOT NULL AND own.chat_id IS NULL) found
     WHERE recipient.id = found.id
"""


class HelpcrunchBroadcastRecipient(models.Model):
    """Here: the record, or the outside event, that a message is about."""

    _inherit = "helpcrunch.broadcast.recipient"

    reason = fields.Selection(
        selection_add=[
            ("no_contact", "The record has no contact"),
            ("company", "The contact belongs to another company"),
            ("no_dialogue", "The contact has no dialogue with the bot"),
            ("record_gone", "The record was deleted"),
            ("step_gone", "The step was archived or deleted"),
            ("action_gone", "The server action was deleted"),
            ("bot_off", "The bot was not live"),
        ]
    )
    action_id = fields.Many2one(
        "ir.actions.server",
        "Server Action",
        index="btree_not_null",
        ondelete="set null",
        readonly=True,
    )
    res_id = fields.Many2oneReference(
        "Record ID", model_field="record_model", readonly=True
    )
    record_model = fields.Char("Model of the Record", readonly=True)
    record_name = fields.Char(
        "Record", compute="_compute_record_name", help="What the message is about."
    )
    # Each record once for an action, as the action says.
    once = fields.Boolean(readonly=True)
    # What became of it stands on the record.
    noted = fields.Boolean(readonly=True)
    # Of an outside event: its id, and the values that it told.
    trigger_key = fields.Char(readonly=True)
    values = fields.Json(readonly=True)

    # A run has one for each of its records, and two may be of one contact.
    _contact_once = models.UniqueIndex(
        "(broadcast_id, partner_id) WHERE res_id IS NULL AND trigger_key IS NULL",
        "A contact gets a broadcast only once.",
    )
    _record_once = models.UniqueIndex(
        "(action_id, res_id) WHERE once IS TRUE AND state != 'skipped'",
        "A record starts the step of an action only once.",
    )
    _trigger_once = models.UniqueIndex(
        "(trigger_key) WHERE trigger_key IS NOT NULL",
        "An outside event counts only once.",
    )
    _record_idx = models.Index("(action_id, res_id, id) WHERE res_id IS NOT NULL")
    _unnoted_idx = models.Index(
        "(id) WHERE res_id IS NOT NULL AND noted IS NOT TRUE"
        " AND state IN ('sent', 'failed', 'skipped')"
    )

    @api.depends("res_id", "record_model")
    @api.depends_context("uid")
    def _compute_record_name(self):
        """Name the records that the reader may see."""
        for row in self:
            record = row._find_record()
            name = record and record.has_access("read") and record.display_name
            row.record_name = name or (row.res_id and f"#{row.res_id}")

    def _find_record(self):
        """Return what the message is about, an empty record if it is gone."""
        self.ensure_one()
        if not self.res_id or self.record_model not in self.env:
            return self.env["res.partner"]
        return self.env[self.record_model].browse(self.res_id).exists()

    def action_open_record(self):
        """Open what the message is about, for who may see it."""
        self.ensure_one()
        self.check_access("read")
        return self._find_record()._get_records_action(context={})

    # === NOTED === #

    def _where_new(self, action):
        """Return what is true of records that have not started the step yet."""
        if not action.helpcrunch_once:
            return SQL("TRUE")
        return SQL(
            """
            NOT EXISTS (SELECT FROM helpcrunch_broadcast_recipient former
                         WHERE former.action_id = %s AND former.once IS TRUE
                           AND former.state != 'skipped'
                           AND former.res_id = asked.res_id)
            """,
            action.id,
        )

    @api.model
    def _has_new(self, action, record_ids):
        """Tell whether one of some records has not started the step yet."""
        self.env.cr.execute(
            SQL(
                "SELECT FROM unnest(%s::integer[]) AS asked (res_id) WHERE %s LIMIT 1",
                list(record_ids),
                self._where_new(action),
            )
        )
        return bool(self.env.cr.rowcount)

    @api.model
    def _insert_records(self, run, action, record_ids):
        """Make the recipients of a run: one statement, however many records.

        Plain SQL: whoever saves a record waits for it.

        :return: how many are new
        """
        self.env.cr.execute(
            SQL(
                """
                INSERT INTO helpcrunch_broadcast_recipient (
                            broadcast_id, company_id, action_id, record_model, res_id,
                            once, state, queued, attempt)
                     SELECT %s, %s, %s, %s, asked.res_id, %s, 'pending', FALSE, 0
                       FROM unnest(%s::integer[]) AS asked (res_id)
                      WHERE %s
                ON CONFLICT DO NOTHING
                """,
                run.id,
                run.company_id.id,
                action.id,
                run.record_model,
                action.helpcrunch_once,
                list(record_ids),
                self._where_new(action),
            ),
            log_exceptions=False,
        )
        return self.env.cr.rowcount

    # === WHOM IT IS FOR === #

    @api.model
    def _find_contacts(self, run):
        """Find out whom the records of a run are for, all in one statement."""
        if not run.action_id:
            self._skip_unfound(run, "action_gone")
            return
        self.env.flush_all()
        bot = run.bot_id
        channels = bot.application_ids
        self.env.cr.execute(
            SQL(
                _FIND_CONTACTS,
                loss=run._find_loss(),
                company=run.company_id.id,
                source=run.action_id._select_contacts(run),
                bot=bot.id,
                all_channels=not channels,
                channels=tuple(channels.ids or [0]),
                run=run.id,
            )
        )
        self.invalidate_model()

    @api.model
    def _skip_unfound(self, run, reason):
        """Skip those of a run of whom it is not known whom they are for."""
        self._skip_unsaid(
            run, reason, [("res_id", "!=", False), ("chat_id", "=", False)]
        )

    @api.model
    def _skip_unsaid(self, run, reason, domain=()):
        """Skip those of a run whose message was not handed out yet."""
        waiting = [
            ("broadcast_id", "=", run.id),
            ("state", "=", "pending"),
            ("queued", "!=", True),
        ]
        self.search([*waiting, *domain])._skip(reason)

    # === SAID === #

    def _find_loss(self):
        """Return why there is nothing more to say, or None."""
        if loss := self.broadcast_id._find_loss():
            return loss
        if self.res_id and not self._find_record():
            return "record_gone"
        return None

    def _tell(self, kind, name, chat):
        """Return what a placeholder stands for, empty if there is nothing.

        :param str kind: ``record`` or ``values``
        :param chat: in whose language it is told
        """
        if not self:
            return ""
        if kind == "values":
            return (self.values or {}).get(name) or ""
        fields_sudo = self.sudo().action_id.helpcrunch_field_ids
        record = self._find_record()
        if not record or name not in fields_sudo.mapped("name"):
            return ""
        zone = chat.partner_id.tz or chat.bot_id.tz or "UTC"
        record = record.with_context(lang=chat.env.lang, tz=zone)
        return record_values.tell(record, name)

    def _take_back(self, reason):
        """Leave what a step has begun: only words can be taken back."""
        broadcast = self.broadcast_id
        if broadcast.kind != "schedule" and not broadcast.step_id._only_speaks():
            return False
        return super()._take_back(reason)

    def _find_begun(self):
        """Say what was not said of a step that did more than speak.

        To start it once more would make a second lead, say.
        """
        worked = self.filtered(
            lambda row: (
                row.broadcast_id.kind != "schedule"
                and row.message_ids
                and not row.broadcast_id.step_id._only_speaks()
            )
        )
        return super()._find_begun() | worked

    def _try_again(self):
        self.noted = False
        return super()._try_again()

    # === WHAT BECAME OF IT, ON THE RECORD === #

    @api.model
    def _note_on_records(self):
        """Write on records what became of their messages.

        Several processes may do so at a time (:func:`claim`).
        """
        rows = claim(
            self,
            [
                ("res_id", "!=", False),
                ("noted", "!=", True),
                ("state", "in", ("sent", "failed", "skipped")),
            ],
            limit=_NOTE_LIMIT,
        )
        if not rows:
            return
        news = rows - rows._find_repeated()
        for (model, bot), alike in news.grouped(
            lambda row: (row.record_model, row.broadcast_id.bot_id)
        ).items():
            alike._note_on(model, bot)
        rows.noted = True

    def _find_repeated(self):
        """Return those whose record has been told the same before: rules come often."""
        self.env.flush_all()
        self.env.cr.execute(
            SQL(
                """
                SELECT own.id FROM helpcrunch_broadcast_recipient own
                 WHERE own.id IN %s AND own.state = 'skipped'
                   AND EXISTS (SELECT FROM helpcrunch_broadcast_recipient former
                                WHERE former.action_id = own.action_id
                                  AND former.res_id = own.res_id
                                  AND former.reason = own.reason
                                  AND former.id < own.id)
                """,
                tuple(self.ids),
            )
        )
        return self.browse(row[0] for row in self.env.cr.fetchall())

    def _note_on(self, model, bot):
        """Write on the records of one model; another addon's may refuse."""
        if model not in self.env or "message_ids" not in self.env[model]._fields:
            return
        records = self.env[model].browse(set(self.mapped("res_id"))).exists()
        reader = for_reader(self, None, *get_staff_langs(bot, bot.company_id))
        by_record = reader.grouped("res_id")
        try:
            with self.env.cr.savepoint():
                for number in range(max(map(len, by_record.values()))):
                    bodies = {
                        record.id: by_record[record.id][number]._get_note()
                        for record in records
                        if number < len(by_record[record.id])
                    }
                    records.filtered(
                        lambda record, told=bodies: record.id in told
                    )._message_log_batch(bodies)
        except Exception:
            _logger.warning("what became of %s cannot be noted", self, exc_info=True)

    def _get_note(self):
        """Return in words, for staff, what became of the message."""
        step = self.broadcast_id.step_id.name or self.broadcast_id.name
        if self.state == "sent":
            text = self.env._(
                "HelpCrunch: “%(step)s” was said to %(contact)s.",
                step=step,
                contact=self.partner_id.display_name or "",
            )
        else:
            text = self.env._(
                "HelpCrunch: “%(step)s” was not said: %(reason)s.",
                step=step,
                reason=self._tell_reason(self.reason),
            )
        body = Markup("<p>%s</p>") % text
        if self.chat_id:
            body += Markup('<p><a href="%s">%s</a></p>') % (
                f"/odoo/helpcrunch.chat/{self.chat_id.id}",
                self.env._("The dialogue in Odoo"),
            )
        return body
