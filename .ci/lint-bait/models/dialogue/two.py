from odoo import models


class HelpcrunchMessage(models.Model):
    _inherit = "helpcrunch.message"
