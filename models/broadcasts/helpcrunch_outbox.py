"""What a broadcast has to know of calls: those made, and those taken back."""

from odoo import api, models

from ...const import PRIORITY_LIVE
from ...jobs import broadcasts


class HelpcrunchOutbox(models.Model):
    _inherit = "helpcrunch.outbox"

    def action_send_again(self):
        """Let the recipients of a broadcast whose message it is wait for it again."""
        self.check_access("read")
        failed = self.filtered(
            lambda call: call.state == "failed" and call.priority > PRIORITY_LIVE
        )
        result = super().action_send_again()
        # sudo: helpcrunch.message - the recipient is written by nobody by hand
        recipients_sudo = failed.sudo().message_id.recipient_id
        for recipient in recipients_sudo.filtered(lambda row: row.state == "failed"):
            recipient._wait_for_calls()
            recipient.broadcast_id._reopen()
        return result

    @api.model
    def _after_delivery(self, chat_id, delivery):
        """Tell the recipients of broadcasts, and let the next ones have their turn."""
        result = super()._after_delivery(chat_id, delivery)
        recipients = self.env["helpcrunch.broadcast.recipient"]
        recipients = recipients.browse(delivery.recipient_ids)
        if recipients:
            recipients._note_outcome()
            self.env["helpcrunch.event"]._submit_after_commit(
                broadcasts.dispatch_broadcasts,
                bulk=True,
                delay=broadcasts.DISPATCH_SECONDS,
            )
        return result

    @api.model
    def _cancel_unsent(self, domain, reason):
        """Tell the recipients of broadcasts whose messages were taken back."""
        cancelled = super()._cancel_unsent(domain, reason)
        recipients = cancelled.message_id.recipient_id
        if recipients:
            self.env["helpcrunch.event"]._submit_after_commit(
                broadcasts.note_outcomes, tuple(recipients.ids), bulk=True
            )
        return cancelled
