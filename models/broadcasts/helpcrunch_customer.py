from odoo import models
from odoo.tools import LazyTranslate

from ...const import PRIORITY_LIVE

_lt = LazyTranslate(__name__)


class HelpcrunchCustomer(models.Model):
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
            customers_sudo.chat_ids._note_opt_out_after_broadcast()
        return result
