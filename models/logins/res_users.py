from odoo import fields, models

from ...const import LOGINS_PATH


class ResUsers(models.Model):
    """The own log-ins in *Preferences*; those of whoever leaves end."""

    _inherit = "res.users"

    helpcrunch_login_count = fields.Integer(
        "HelpCrunch Log-ins",
        compute="_compute_helpcrunch_login_count",
        help="Customers in HelpCrunch who are logged in as you: what a bot does for "
        "them is done in your name. End what you do not know.",
    )

    @property
    def SELF_READABLE_FIELDS(self):
        return [*super().SELF_READABLE_FIELDS, "helpcrunch_login_count"]

    def _compute_helpcrunch_login_count(self):
        # sudo: helpcrunch.login - how many are one's own; of others nobody learns it
        logins_sudo = self.env["helpcrunch.login"].sudo()
        for user in self:
            is_me = user._origin == self.env.user
            user.helpcrunch_login_count = is_me and len(logins_sudo._get_own(user))

    def action_view_helpcrunch_logins(self):
        """Open the page of the own log-ins, where they are ended."""
        return {"type": "ir.actions.act_url", "url": LOGINS_PATH, "target": "new"}

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
