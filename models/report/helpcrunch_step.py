from odoo import models


class HelpcrunchStep(models.Model):
    _inherit = "helpcrunch.step"

    def action_view_statistics(self):
        """Open the figures of this step."""
        self.ensure_one()
        return self.bot_id._open_statistics([("step_id", "=", self.id)], self.name)
