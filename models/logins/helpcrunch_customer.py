from odoo import fields, models
from odoo.exceptions import AccessError


class HelpcrunchCustomer(models.Model):
    """Who of Odoo's users the customer is, for as long as a log-in lasts."""

    _inherit = "helpcrunch.customer"

    user_id = fields.Many2one(
        "res.users",
        "Logged in as",
        index="btree_not_null",
        ondelete="set null",
        readonly=True,
        help="The user of Odoo who confirmed a link of this customer's. What the steps "
        "of its dialogues do is done in this user's name, with this user's rights.",
    )
    login_ids = fields.One2many(
        "helpcrunch.login",
        "customer_id",
        "Log-ins",
        groups="helpcrunch_chatbot.group_manager",
    )

    def write(self, vals):
        """Let nobody act as a user for a customer who is not there any more."""
        if vals.get("active") is False:
            # sudo: helpcrunch.login - it ends with its customer, whoever archives that
            self.sudo()._end_login("deleted")
        return super().write(vals)

    # === ACTIONS === #

    def action_end_login(self):
        """Let the customer be nobody's user any more, at an administrator's word."""
        self.check_access("read")
        if not self.env.user.has_group("helpcrunch_chatbot.group_manager"):
            raise AccessError(
                self.env._("Only an administrator of HelpCrunch may end a log-in.")
            )
        return self._get_logins(("active", "confirmed")).action_end()

    # === BUSINESS METHODS === #

    def _get_logins(self, states):
        return self.env["helpcrunch.login"].search(
            [("customer_id", "in", self.ids), ("state", "in", states)]
        )

    def _end_login(self, reason):
        """End the log-ins of these customers; return them."""
        logins = self._get_logins(("active", "confirmed"))
        logins._end(reason)
        return logins

    def _take_email(self, email):
        """Leave a user's contact alone: anybody can type an e-mail into a widget.

        The address is where Odoo sends a new password to.
        """
        return not self.user_id and super()._take_email(email)

    def _take_phone(self, phone):
        return None if self.user_id else super()._take_phone(phone)
