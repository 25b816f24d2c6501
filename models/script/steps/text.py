from odoo import api, fields, models


class HelpcrunchStep(models.Model):
    """Text: says its text and goes on."""

    _inherit = "helpcrunch.step"

    step_type = fields.Selection(
        selection_add=[("text", "Text")], ondelete={"text": "cascade"}
    )

    def _enter_text(self, chat):
        return self.next_step_id

    def _check_text(self):
        return None

    @api.model
    def _speaking_types(self):
        return (*super()._speaking_types(), "text")

    @api.model
    def _flow_types(self):
        return (*super()._flow_types(), "text")
