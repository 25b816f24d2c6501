"""Taking a broadcast's message back, and trying again what did not arrive."""

from odoo import fields, models
from odoo.fields import Domain
from odoo.tools import SQL


class HelpcrunchBroadcastRecipient(models.Model):
    # A purpose of its own, and a file of its own.
    # pylint: disable=consider-merging-classes-inherited
    _inherit = "helpcrunch.broadcast.recipient"

    def _find_calls(self):
        """Return the calls of one recipient's message, and of its new chat."""
        lines = [
            ("message_id", ">=", self.message_id.id),
            ("message_id", "<=", self.last_message_id.id),
        ]
        domain = Domain("chat_id", "=", self.chat_id.id) & (
            Domain(lines) | Domain("kind", "=", "chat")
        )
        return self.env["helpcrunch.outbox"].search(domain, order="id")

    def _find_lines(self):
        """Return the lines of one recipient's message."""
        return self.env["helpcrunch.message"].search(
            [
                ("chat_id", "=", self.chat_id.id),
                ("id", ">=", self.message_id.id),
                ("id", "<=", self.last_message_id.id),
            ]
        )

    def _take_back(self, reason):
        """Take back the message if nothing of it has gone out yet.

        :return: whether it did not go out and will not
        """
        calls = self._find_calls()
        has_gone = any(line.state != "outgoing" for line in self._find_lines())
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
                and not chat.bot_id._get_quiet_end(now)
            ):
                recipient._send_rest()

    def _find_begun(self):
        """Return those of whose message something has arrived, or may have."""
        if not self.ids:
            return self
        self.env.flush_all()
        self.env.cr.execute(
            SQL(
                """
                SELECT DISTINCT recipient.id
                  FROM helpcrunch_broadcast_recipient recipient
                  JOIN helpcrunch_message line
                    ON line.chat_id = recipient.chat_id
                       AND line.id BETWEEN recipient.message_id
                           AND recipient.last_message_id
             LEFT JOIN helpcrunch_outbox call ON call.message_id = line.id
                 WHERE recipient.id IN %s
                   AND (line.state = 'sent' OR call.payload ->> 'outcome' = 'unknown')
                """,
                tuple(self.ids),
            ),
        )
        return self.browse(row[0] for row in self.env.cr.fetchall())
