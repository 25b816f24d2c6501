from odoo import fields, models


class HelpcrunchAgent(models.Model):
    _name = "helpcrunch.agent"
    _inherit = "helpcrunch.remote"
    _description = "HelpCrunch Agent"
    _order = "name, id"
    _check_company_auto = True
    _written_by_people = ("active", "is_bot", "user_id")

    name = fields.Char(required=True)
    active = fields.Boolean(default=True)
    email = fields.Char(readonly=True)
    role = fields.Char(readonly=True)
    user_id = fields.Many2one(
        "res.users",
        "Odoo User",
        index="btree_not_null",
        ondelete="set null",
        help="The person in Odoo who works as this HelpCrunch agent.",
    )
    is_bot = fields.Boolean(
        "Is a bot",
        help="HelpCrunch's own chatbot (HelpBot) or another machine: what it writes "
        "never counts as a person taking the dialogue over.",
    )
