from odoo import fields, models


class HelpcrunchMessage(models.Model):
    _inherit = "helpcrunch.message"

    recipient_id = fields.Many2one(
        "helpcrunch.broadcast.recipient",
        "Recipient of a Broadcast",
        index="btree_not_null",
        ondelete="set null",
        readonly=True,
        help="Whom the broadcast reaches with this line.",
    )
