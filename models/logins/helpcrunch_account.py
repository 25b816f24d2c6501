from odoo import fields, models


class HelpcrunchAccount(models.Model):
    _inherit = "helpcrunch.account"

    login_days = fields.Integer(
        "Log-ins Last (days)",
        required=True,
        default=30,
        help="A customer who has logged in by a step of the type Log in to the system "
        "acts as that user of Odoo for so long, and has to log in again then.",
    )

    _login_days_positive = models.Constraint(
        "CHECK(login_days BETWEEN 1 AND 3650)",
        "A log-in lasts a day at least and ten years at most.",
    )
