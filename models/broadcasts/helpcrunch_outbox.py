"""What a broadcast has to know of calls that people order or forbid."""

from odoo import models

from ...const import PRIORITY_LIVE


class HelpcrunchOutbox(models.Model):
    _inherit = "helpcrunch.outbox"

    def action_send_again(self):
        """Let the recipients of a broadcast whose message it is wait for it again."""
        self.check_access("read")
        failed = self.filtered(
            lambda call: call.state == "failed" and call.priority > PRIORITY_LIVE
        )
        result = super().action_send_again()
        # sudo: helpcrunch.broadcast.recipient - written by nobody by hand
        recipients_sudo = self.env["helpcrunch.broadcast.recipient"].sudo()
        for call in failed.filtered("message_id"):
            recipient = recipients_sudo.search(
                [
                    ("chat_id", "=", call.chat_id.id),
                    ("message_id", "<=", call.message_id.id),
                    ("last_message_id", ">=", call.message_id.id),
                    ("state", "=", "failed"),
                ],
                limit=1,
            )
            recipient._wait_for_calls()
            recipient.broadcast_id._reopen()
        return result
