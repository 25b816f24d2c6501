from odoo import models


class HelpcrunchStep(models.Model):
    _inherit = "helpcrunch.step"

    def action_try(self):
        """Talk to the bot as a customer would who has just come to this step."""
        self.ensure_one()
        self.check_access("write")
        return self.bot_id._get_try_action(self)
