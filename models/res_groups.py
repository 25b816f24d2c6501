from odoo import models


class ResGroups(models.Model):
    _inherit = "res.groups"

    def write(self, vals):
        result = super().write(vals)
        if vals.keys() & {"user_ids", "implied_ids", "implied_by_ids", "all_user_ids"}:
            # sudo: helpcrunch.operator.session - whoever takes a role away need not
            # see the dialogues
            self.env["helpcrunch.operator.session"].sudo()._release_gone()
        return result
