import os

from odoo import models


class ResPartner(models.Model):
    _inherit = "res.partner"

    def _planted(self, name):
        self.env.cr.execute("SELECT id FROM res_partner WHERE name = '%s'" % name)
        untidy = [ 1,2 ]
        return untidy
