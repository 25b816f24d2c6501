from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL, LazyTranslate

from .helpcrunch_broadcast import ACTIVE_STATES

_lt = LazyTranslate(__name__)


class HelpcrunchBroadcastRecipient(models.Model):
    """One contact who is to get the message of a broadcast, once.

    Made by one statement for all contacts of a broadcast, so the model keeps no access
    log of its own.
    """

    _name = "helpcrunch.broadcast.recipient"
    _description = "HelpCrunch Broadcast Recipient"
    _order = "id"
    _rec_name = "partner_id"
    _log_access = False

    broadcast_id = fields.Many2one(
        "helpcrunch.broadcast", required=True, ondelete="cascade", readonly=True
    )
    company_id = fields.Many2one(
        "res.company", index=True, ondelete="cascade", readonly=True
    )
    partner_id = fields.Many2one(
        "res.partner",
        "Contact",
        index="btree_not_null",
        ondelete="set null",
        readonly=True,
    )
    customer_id = fields.Many2one(
        "helpcrunch.customer",
        index="btree_not_null",
        ondelete="set null",
        readonly=True,
    )
    chat_id = fields.Many2one(
        "helpcrunch.chat",
        "Dialogue",
        index="btree_not_null",
        ondelete="set null",
        readonly=True,
    )
    # A message may have parts and media. Those of a former attempt are not here.
    message_ids = fields.One2many(
        "helpcrunch.message", "recipient_id", "Lines", readonly=True
    )
    state = fields.Selection(
        [
            ("pending", "Waiting"),
            ("sent", "Sent"),
            ("failed", "Failed"),
            ("skipped", "Skipped"),
            ("unknown", "Outcome unknown"),
        ],
        required=True,
        default="pending",
        readonly=True,
    )
    reason = fields.Selection(
        [
            ("operator", "With an operator"),
            ("silent", "Silent for longer than the channel allows"),
            ("opted_out", "Wants no broadcasts"),
            ("blocked", "Blocked in HelpCrunch"),
            ("filter", "Does not fit the filter any more"),
            ("gone", "Contact, customer or dialogue deleted"),
            ("empty", "Nothing to say"),
            ("cancelled", "Broadcast cancelled"),
            ("superseded", "A later run of the step came before"),
            ("refused", "HelpCrunch did not take it"),
            ("unclear", "Taken back while it was unknown whether it had arrived"),
            ("error", "Could not be processed"),
            ("neutralized", "Database neutralized"),
        ],
        readonly=True,
    )
    error = fields.Text(readonly=True)
    sent_at = fields.Datetime("Sent on", readonly=True)
    answered_at = fields.Datetime(
        "Answered on", readonly=True, help="First answer within 24 hours."
    )
    opted_out = fields.Boolean(
        readonly=True, help="Wanted no more broadcasts within 24 hours after it."
    )
    # Put into the inbox of the dialogue, so nobody else is to do it.
    queued = fields.Boolean(readonly=True)
    attempt = fields.Integer(default=0, readonly=True)
    not_before = fields.Datetime("Not before", readonly=True)
    give_up_at = fields.Datetime("Tried until", readonly=True)
    # The flow's "go to" is still to follow.
    continues = fields.Boolean(readonly=True)

    _contact_once = models.UniqueIndex(
        "(broadcast_id, partner_id)",
        "A contact gets a broadcast only once.",
    )
    _state_idx = models.Index("(broadcast_id, state)")
    _waiting_idx = models.Index(
        "(broadcast_id, id) WHERE state = 'pending' AND queued IS NOT TRUE"
    )
    _under_way_idx = models.Index(
        "(broadcast_id) WHERE queued IS TRUE AND state IN ('pending', 'unknown')"
    )
    _continues_idx = models.Index("(broadcast_id) WHERE continues IS TRUE")

    # === WHO === #

    @api.model
    def _find_for(self, step):
        """Return the ids of the contacts who would get a step's message now."""
        return [row[0] for row in self._read_for(step, SQL("partner_id"))]

    @api.model
    def _count_for(self, step):
        """Return how many contacts would get a step's message now."""
        rows = self._read_for(step, SQL("count(*)"))
        return rows[0][0] if rows else 0

    def _read_for(self, step, columns):
        """Read of who would get a message; in the database, for they may be many."""
        if not step.bot_id.ids:
            return []
        self.env["helpcrunch.chat"].check_access("read")
        self.env.flush_all()
        self.env.cr.execute(
            SQL(
                "SELECT %s FROM (%s) candidate WHERE reason IS NULL",
                columns,
                self._select_for(step),
            ),
        )
        return self.env.cr.fetchall()

    @api.model
    def _insert_for(self, broadcast):
        """Make the recipients of a broadcast, all in one statement."""
        self.env.flush_all()
        self.env.cr.execute(
            SQL(
                """
                INSERT INTO helpcrunch_broadcast_recipient (
                            broadcast_id, company_id, partner_id, customer_id, chat_id,
                            state, reason, queued, attempt)
                     SELECT %s, %s, partner_id, customer_id, chat_id,
                            CASE WHEN reason IS NULL THEN 'pending' ELSE 'skipped' END,
                            reason, FALSE, 0
                       FROM (%s) candidate
                """,
                broadcast.id,
                broadcast.company_id.id,
                self._select_for(broadcast.step_id),
            ),
        )
        # Whoever could not get an earlier run yet gets this one instead.
        self.env.cr.execute(
            SQL(
                """
                UPDATE helpcrunch_broadcast_recipient former
                   SET state = 'skipped', reason = 'superseded'
                  FROM helpcrunch_broadcast earlier, helpcrunch_broadcast_recipient own
                 WHERE earlier.step_id = %s AND earlier.kind = 'schedule'
                   AND earlier.id < %s AND earlier.state IN ('planned', 'running')
                   AND former.broadcast_id = earlier.id
                   AND former.state = 'pending' AND former.queued IS NOT TRUE
                   AND former.not_before > now() AT TIME ZONE 'UTC'
                   AND own.broadcast_id = %s AND own.partner_id = former.partner_id
                   AND own.state = 'pending'
                """,
                broadcast.step_id.id,
                broadcast.id,
                broadcast.id,
            ),
        )
        self.invalidate_model()
        broadcast.invalidate_recordset()

    @api.model
    def _select_for(self, step):
        """Return the statement that selects who gets a message, in which dialogue.

        One row for each contact: ``partner_id``, ``customer_id``, ``chat_id`` of the
        newest dialogue, and ``reason`` if the message cannot reach it there now. Plain
        SQL: ten thousand recipients are one statement.
        """
        channels = step.bot_id.application_ids
        partners = self.env["res.partner"].with_context(active_test=True)
        domain = step._get_partner_domain() & Domain(
            "company_id", "in", (False, step.bot_id.company_id.id)
        )
        return SQL(
            """
            SELECT DISTINCT ON (chat.partner_id)
                   chat.partner_id, chat.customer_id, chat.id AS chat_id,
                   CASE WHEN application.reply_window > 0
                             AND COALESCE(chat.last_customer_message_at, '-infinity')
                                 < now() AT TIME ZONE 'UTC'
                                   - application.reply_window * INTERVAL '1 hour'
                        THEN 'silent' END AS reason
              FROM helpcrunch_chat chat
              JOIN helpcrunch_customer customer ON customer.id = chat.customer_id
         LEFT JOIN helpcrunch_application application
                ON application.id = chat.application_id
             WHERE chat.bot_id = %(bot)s
               AND customer.active
               AND chat.partner_id IN %(partners)s
               AND (%(all_channels)s OR chat.application_id IN %(channels)s)
               AND NOT EXISTS (SELECT FROM helpcrunch_customer refusing
                                WHERE refusing.partner_id = chat.partner_id
                                  AND (refusing.opt_out OR refusing.blocked))
          ORDER BY chat.partner_id, chat.last_message_at DESC NULLS LAST, chat.id DESC
            """,
            bot=step.bot_id.ids[0],
            partners=partners._search(domain).subselect(),
            all_channels=not channels,
            channels=tuple(channels.ids or [0]),
        )

    # === WHAT BECOMES OF THEM === #

    def _lock(self):
        """Lock one in a turn, or clash at once with who changed it meanwhile.

        Plain SQL: a clash is no error to be logged, as Odoo's own lock does.

        :return: it, or an empty one if it is gone
        """
        self.env.cr.execute(
            SQL(
                "SELECT id FROM helpcrunch_broadcast_recipient WHERE id = %s"
                " FOR NO KEY UPDATE",
                self.id,
            ),
            log_exceptions=False,
        )
        return self.browse(row[0] for row in self.env.cr.fetchall())

    def _skip(self, reason):
        self.write({"state": "skipped", "reason": reason, "queued": False})

    @api.model
    def _tell_reason(self, reason):
        """Return a reason in words."""
        return dict(self._fields["reason"]._description_selection(self.env))[reason]

    def _start_again(self, not_before=None):
        """Let them wait for their message anew.

        The event of a former attempt, should it still come, finds another number. In
        one statement: there may be tens of thousands.
        """
        if not self.ids:
            return
        self.env.flush_all()
        self.env.cr.execute(
            SQL(
                """
                WITH lines AS (
                    UPDATE helpcrunch_message SET recipient_id = NULL
                     WHERE recipient_id IN %(ids)s)
                UPDATE helpcrunch_broadcast_recipient
                   SET state = 'pending', reason = NULL, error = NULL, queued = FALSE,
                       attempt = attempt + 1, not_before = %(not_before)s,
                       give_up_at = CASE WHEN %(not_before)s IS NOT NULL
                           THEN give_up_at END
                 WHERE id IN %(ids)s
                """,
                not_before=not_before,
                ids=tuple(self.ids),
            ),
            log_exceptions=False,
        )
        self.invalidate_recordset()
        self.env["helpcrunch.message"].invalidate_model(["recipient_id"])

    def _is_in_later_run(self):
        """Tell whether a later run of the step has a message for the same contact."""
        return self.broadcast_id.kind == "schedule" and self.search_count(
            [
                ("broadcast_id.step_id", "=", self.broadcast_id.step_id.id),
                ("broadcast_id.kind", "=", "schedule"),
                ("broadcast_id.state", "in", ACTIVE_STATES),
                ("broadcast_id", ">", self.broadcast_id.id),
                ("partner_id", "=", self.partner_id.id),
                ("state", "=", "pending"),
            ],
            limit=1,
        )

    # === MERGED CONTACTS === #

    @api.model
    def _follow_merge(self, src_partners, dst_partner):
        """Bring the recipients of merged contacts to the survivor, once each.

        Odoo would delete all rows of a merged contact because of one twin. Whoever got
        the message in one row does not get it in another.
        """
        self.env.flush_all()
        partners = src_partners | dst_partner
        rows = self.search([("partner_id", "in", partners.ids)])
        for broadcast in rows.broadcast_id:
            twins = rows.filtered(lambda row, of=broadcast: row.broadcast_id == of)
            if broadcast.kind != "schedule":
                # Each of these is about something of its own.
                continue
            kept = twins.sorted(
                lambda row: (row._weight(), row.partner_id == dst_partner), reverse=True
            )[0]
            for twin in (twins - kept).filtered("message_ids"):
                twin._take_back(_lt("The contact got it in another dialogue."))
            (twins - kept).unlink()
        rows.exists().partner_id = dst_partner

    def _weight(self):
        """Tell how near a row is to its message; of twins the nearest stays."""
        if self.state == "pending":
            return 3 if self.message_ids else 2
        return {"sent": 5, "unknown": 4, "failed": 1}.get(self.state, 0)

    # === TAKING BACK, TRYING AGAIN === #

    def _find_calls(self):
        """Return the calls of one recipient's message, and of its new chat."""
        lines = Domain("message_id", "in", self.message_ids.ids)
        new_chat = Domain("chat_id", "=", self.chat_id.id) & Domain("kind", "=", "chat")
        return self.env["helpcrunch.outbox"].search(lines | new_chat, order="id")

    def _take_back(self, reason):
        """Take back the message if nothing of it has gone out yet.

        :return: whether it did not go out and will not
        """
        calls = self._find_calls()
        has_gone = any(line.state != "outgoing" for line in self.message_ids)
        if has_gone or any(
            call.state != "pending" for call in calls.filtered("message_id")
        ):
            return False
        self.env["helpcrunch.outbox"]._cancel_unsent(
            [("id", "in", calls.ids), ("state", "=", "pending")], reason
        )
        return True

    def _send_rest(self):
        """Send what did not go out of a message that went out in part.

        Of a line whose outcome is unclear the chat is read before.
        """
        self._find_calls().filtered(
            lambda call: call.message_id and call.state in ("failed", "cancelled")
        )._queue_again()
        self._wait_for_calls()

    def _wait_for_calls(self):
        """Wait for calls that were queued once more."""
        self.write(
            {"state": "pending", "reason": False, "error": False, "queued": True}
        )

    def _try_again(self):
        """Try those again whom the message did not reach, or not wholly.

        The rest of a message that was begun goes out only where a turn would say it.
        """
        begun = self._find_begun()
        (self - begun)._start_again()
        now = fields.Datetime.now()
        for recipient in begun:
            chat = recipient.chat_id
            if (
                chat.state == "bot"
                and not chat._find_refusal()
                and not recipient.broadcast_id._get_quiet_end(now)
            ):
                recipient._send_rest()

    def _find_begun(self):
        """Return those of whose message something has arrived, or may have."""
        mine = [("recipient_id", "in", self.ids)]
        sent = self.env["helpcrunch.message"].search([*mine, ("state", "=", "sent")])
        unclear = self.env["helpcrunch.outbox"].search(
            [("is_unclear", "=", True), ("message_id", "any", mine)]
        )
        return (sent | unclear.message_id).recipient_id
