import time

from odoo import api, fields, models
from odoo.tools import SQL, format_time

from ...const import CRON_BATCH, PRIORITY_LIVE
from ...jobs import dialogues, reconnect
from ..messenger import retention

_OPEN_STATES = ("pending", "sending", "unknown")


class HelpcrunchOutbox(models.Model):
    """One row per call that HelpCrunch still has to receive.

    Written in a turn's transaction, carried out after it by the dialogue's sender
    (:mod:`...jobs.sender`), in order within a dialogue.
    """

    _name = "helpcrunch.outbox"
    _description = "HelpCrunch Outbox"
    _order = "id desc"
    _rec_name = "kind"
    _log_access = False

    account_id = fields.Many2one(
        "helpcrunch.account", "Messenger", required=True, index=True, ondelete="cascade"
    )
    company_id = fields.Many2one("res.company", index=True, ondelete="cascade")
    chat_id = fields.Many2one(
        "helpcrunch.chat", "Dialogue", required=True, index=True, ondelete="cascade"
    )
    message_id = fields.Many2one(
        "helpcrunch.message", index="btree_not_null", ondelete="cascade"
    )
    kind = fields.Selection(
        [
            ("message", "Message"),
            ("note", "Private note"),
            ("status", "Chat status"),
            ("assignee", "Chat assignee"),
            ("chat", "New chat"),
        ],
        required=True,
        default="message",
        readonly=True,
    )
    payload = fields.Json(readonly=True)
    priority = fields.Integer(default=PRIORITY_LIVE, readonly=True)
    state = fields.Selection(
        [
            ("pending", "Waiting"),
            ("sending", "Sending"),
            ("unknown", "Outcome unknown"),
            ("sent", "Sent"),
            ("failed", "Failed"),
            ("cancelled", "Cancelled"),
        ],
        required=True,
        default="pending",
        readonly=True,
    )
    is_unclear = fields.Boolean(
        "May Have Arrived",
        readonly=True,
        help="It was given up or taken back while nobody knew whether HelpCrunch had "
        "it. Before it is made again the chat is read.",
    )
    # Kinds of events in which HelpCrunch has told us of this call already.
    echoed_events = fields.Json(readonly=True)
    tries = fields.Integer(default=0, readonly=True)
    not_before = fields.Datetime("Not before", readonly=True)
    queued_at = fields.Datetime(
        "Queued", default=fields.Datetime.now, readonly=True, required=True
    )
    claimed_at = fields.Datetime("Last try", readonly=True)
    done_at = fields.Datetime("Done", readonly=True)
    error = fields.Text(readonly=True)

    _open_idx = models.Index(
        "(chat_id, id) WHERE state IN ('pending', 'sending', 'unknown')"
    )
    _due_idx = models.Index(
        "(account_id, priority, id) WHERE state IN ('pending', 'sending', 'unknown')"
    )
    _done_idx = models.Index("(done_at) WHERE done_at IS NOT NULL")

    # === ACTIONS === #

    def action_send_again(self):
        """Queue failed calls once more."""
        self.check_access("read")
        # sudo: helpcrunch.outbox - who sees calls may order them, and write no others
        self.sudo().filtered(lambda call: call.state == "failed")._queue_again()
        self._send_soon()
        return True

    # === BUSINESS METHODS === #

    def _queue_again(self):
        """Let calls that were given up or taken back wait as if they were new.

        What may have arrived is looked up in the chat first.
        """
        self.write(
            {"state": "pending", "tries": 0, "not_before": False, "error": False}
        )
        self.filtered("is_unclear").write({"state": "unknown", "is_unclear": False})
        # sudo: helpcrunch.message - a transcript is written by nobody by hand; whoever
        # may order the call may see it wait again
        messages_sudo = self.message_id.sudo()
        messages_sudo.write({"state": "outgoing", "error": False})
        messages_sudo.mail_message_id._send_helpcrunch_delivery()

    @api.model
    def _send_soon(self):
        """Have what waits sent as soon as this transaction commits."""
        self.env["helpcrunch.event"]._submit_after_commit(dialogues.drain)

    @api.model
    def _after_delivery(self, chat_id, delivery):
        """Tell those whom it concerns what became of a dialogue's calls.

        :param Delivery delivery: what the sender found, see :mod:`...jobs.sender`
        """
        if delivery.refused:
            account = self.env["helpcrunch.account"].browse(delivery.account_id)
            account._pause(delivery.refused)
        messages = self.env["mail.message"].browse(delivery.told)
        messages.exists()._send_helpcrunch_delivery()
        if delivery.opened:
            # What HelpCrunch told of the new chat waits for it.
            chat = self.env["helpcrunch.chat"].browse(chat_id).exists()
            chat._adopt_events()

    @api.model
    def _cancel_unsent(self, domain, reason):
        """Cancel what is not on its way yet, with the messages it would have said.

        :param reason: a lazy text; each dialogue has it in its operator's language
        :return: the calls that were cancelled
        """
        # sudo: helpcrunch.outbox, helpcrunch.message - written by nobody by hand; who
        # archives a bot or pauses a broadcast takes back what it has not said yet
        calls_sudo = self.sudo().search(
            [("state", "in", ("pending", "unknown")), *domain]
        )
        # These may have arrived: nobody is to repeat them without reading the chat.
        calls_sudo.filtered(lambda call: call.state == "unknown").is_unclear = True
        for error, calls in calls_sudo.grouped(
            lambda call: call.chat_id._for_staff(call.chat_id.user_id).env._(reason)
        ).items():
            calls.write({"state": "cancelled", "error": error})
            calls.message_id.write({"state": "cancelled", "error": error})
        calls_sudo.message_id.mail_message_id._send_helpcrunch_delivery()
        return calls_sudo

    @api.model
    def _find_due_chats(self):
        """Return dialogues with a call to make now, live ones first.

        Not more than the accounts' budgets allow: the rest would only find out, one by
        one, that there is nothing left. Every account has its own share, so that one
        account's trouble never stops another's.

        :return: pairs of a dialogue's id and whether only broadcasts speak there
        :rtype: list[tuple]
        """
        accounts = self.env["helpcrunch.account"].with_context(active_test=False)
        due = []
        for account in accounts.search(
            [("state", "=", "connected"), ("bot_agent_id", "!=", False)]
        ):
            taken = account.budget_ids[:1]
            if taken.blocked_until <= time.time():
                free = account.requests_per_minute - taken._used()
                due += self._find_due_chats_of(account.id, min(free, CRON_BATCH))
        return due

    def _find_due_chats_of(self, account_id, limit):
        """Return one account's dialogues; whether one is due is a matter of all rows.

        Plain SQL: a group counts where any of its calls is due.
        """
        if limit <= 0:
            return []
        self.env.cr.execute(
            SQL(
                """
                SELECT chat_id, min(priority) > %s
                  FROM helpcrunch_outbox
                 WHERE account_id = %s
                   AND state IN %s
              GROUP BY chat_id
                HAVING bool_or(COALESCE(not_before, '-infinity')
                               <= now() AT TIME ZONE 'UTC')
              ORDER BY min(priority), min(id)
                 LIMIT %s
                """,
                PRIORITY_LIVE,
                account_id,
                _OPEN_STATES,
                limit,
            ),
        )
        return self.env.cr.fetchall()

    @api.model
    def _cron_deliver(self):
        """Send what nobody sent: lost wake-ups, back-offs, crashes."""
        reconnect.try_again(self.env.cr.dbname)
        dialogues.drain(self.env.cr.dbname, wait=True)

    @api.autovacuum
    def _gc_done_calls(self):
        days = self.env["helpcrunch.event"]._get_retention_days()
        return retention.delete_old(
            self.env, self._table, "done_at", days, "state = 'sent'"
        )

    # === WHY IT WAITS === #

    @api.model
    def _find_put_off(self, domain, limit=None):
        """Return calls that failed and are tried again, the oldest first."""
        return self.search(
            [
                *domain,
                ("state", "in", ("pending", "unknown")),
                ("error", "!=", False),
                ("not_before", "!=", False),
            ],
            order="id",
            limit=limit,
        )

    def _explain_wait(self):
        """Return in words why a call waits and until when, in the reader's time."""
        return self.env._(
            "HelpCrunch does not answer (%(error)s). It is tried again at %(time)s.",
            error=self.error,
            time=format_time(
                self.env,
                self.not_before,
                tz=self.env.context.get("tz"),
                time_format="short",
            ),
        )
