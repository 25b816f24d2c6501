from odoo import fields, models


class HelpcrunchCustomer(models.Model):
    _inherit = "helpcrunch.customer"

    site_user_id = fields.Char(
        "User ID",
        readonly=True,
        help="The number that the customer has on your own site, as HelpCrunch knows "
        "it (userId). Outside events may name customers by it.",
    )

    _site_user_idx = models.Index(
        "(account_id, site_user_id) WHERE site_user_id IS NOT NULL"
    )

    def _update_from_profile(self, profile, known):
        result = super()._update_from_profile(profile, known)
        site_user = profile.get("userId")
        if site_user and self.site_user_id != site_user:
            self.site_user_id = site_user
        return result
