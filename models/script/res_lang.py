from odoo import models


class ResLang(models.Model):
    _inherit = "res.lang"

    def write(self, vals):
        """Let customers of a new language hear what those of the bot's language do."""
        result = super().write(vals)
        if vals.get("active"):
            # sudo: helpcrunch.spoken - whoever adds a language need not see the bots
            self.env["helpcrunch.spoken"].sudo()._speak_more_languages()
        return result
