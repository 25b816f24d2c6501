"""What a broadcast has to know of calls that people order or forbid."""

from odoo import models
from odoo.tools import LazyTranslate

from ...const import PRIORITY_LIVE

_lt = LazyTranslate(__name__)


class HelpcrunchOutbox(models.Model):
    # A purpose of its own, and a file of its own.
    # pylint: disable=consider-merging-classes-inherited
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


class HelpcrunchCustomer(models.Model):
    # A purpose of its own, and a file of its own.
    # pylint: disable=consider-merging-classes-inherited
    _inherit = "helpcrunch.customer"

    def write(self, vals):
        """Take back what broadcasts have not said yet to who wants none any more."""
        result = super().write(vals)
        if vals.get("opt_out"):
            # sudo: helpcrunch.customer - the person's dialogues in all channels
            customers_sudo = self.sudo()
            self.env["helpcrunch.outbox"]._cancel_unsent(
                [
                    ("priority", ">", PRIORITY_LIVE),
                    "|",
                    ("chat_id.customer_id", "in", customers_sudo.ids),
                    ("chat_id.partner_id", "in", customers_sudo.partner_id.ids),
                ],
                _lt("The customer wants no more broadcasts."),
            )
        return result
