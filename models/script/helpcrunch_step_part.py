from odoo import api, fields, models


class HelpcrunchStepPart(models.AbstractModel):
    """A line of a step: whatever changes in it, the bot is drawn anew."""

    _name = "helpcrunch.step.part"
    _inherit = "helpcrunch.guarded"
    _description = "HelpCrunch Part of a Step"

    step_id = fields.Many2one(
        "helpcrunch.step", required=True, index=True, ondelete="cascade"
    )

    @api.model_create_multi
    def create(self, vals_list):
        parts = super().create(vals_list)
        parts.step_id.bot_id._touch()
        return parts

    def write(self, vals):
        bots = self.step_id.bot_id
        result = super().write(vals)
        (bots | self.step_id.bot_id)._touch()
        return result

    def unlink(self):
        bots = self.step_id.bot_id
        result = super().unlink()
        bots.exists()._touch()
        return result
