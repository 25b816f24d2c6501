from odoo import models


class HelpcrunchAccount(models.Model):
    _inherit = "helpcrunch.account"

    def write(self, vals):
        result = super().write(vals)
        if vals.get("active"):
            self.bot_ids.step_ids._skip_missed_runs()
        return result
