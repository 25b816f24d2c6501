from odoo import fields, models


class ResUsers(models.Model):
    """The own log-ins in *Preferences*; those of whoever leaves end."""

    _inherit = "res.users"

    helpcrunch_login_ids = fields.One2many(
        "helpcrunch.login",
        "user_id",
        "HelpCrunch Log-ins",
        domain=[("state", "in", ("confirmed", "active"))],
        help="Customers in HelpCrunch who are logged in as you: what a bot does for "
        "them is done in your name. End what you do not know.",
    )

    @property
    def SELF_READABLE_FIELDS(self):
        return [*super().SELF_READABLE_FIELDS, "helpcrunch_login_ids"]

    def write(self, vals):
        result = super().write(vals)
        if vals.keys() & {"active", "company_ids"}:
            # sudo: helpcrunch.login - it ends with the right, whoever takes that away
            self.env["helpcrunch.login"].sudo()._end_gone(self)
        return result

    def unlink(self):
        """End log-ins while it is known whose they are."""
        # sudo: helpcrunch.login - as above
        logins_sudo = self.env["helpcrunch.login"].sudo()
        logins_sudo.search([("user_id", "in", self.ids)])._end("gone")
        return super().unlink()
