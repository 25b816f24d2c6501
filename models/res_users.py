from odoo import fields, models
from odoo.fields import Domain


class ResUsers(models.Model):
    _inherit = "res.users"

    helpcrunch_max_active_chats = fields.Integer(
        "HelpCrunch Dialogues at Once",
        help="No more active dialogues than this over all operator queues, if it is "
        "less than the queue allows. 0 = only the queue's limit.",
    )

    _helpcrunch_max_active_chats_not_negative = models.Constraint(
        "CHECK(helpcrunch_max_active_chats >= 0)",
        "The number of dialogues at once cannot be negative; 0 means no limit.",
    )

    def write(self, vals):
        result = super().write(vals)
        if vals.keys() & {"helpcrunch_max_active_chats", "active"}:
            # sudo: helpcrunch.operator - queues of the users, only to look there again
            operators = self.env["helpcrunch.operator"].sudo()
            operators.search(Domain("user_id", "in", self.ids)).queue_id._wake()
        return result
