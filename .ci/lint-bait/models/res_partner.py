import os

from odoo import models


class ResPartner(models.Model):
    _inherit = "res.partner"

    def _planted(self, name):
        self.env.cr.execute("SELECT id FROM res_partner WHERE name = '%s'" % name)
        untidy = [ 1,2 ]
        return untidy

    def planted_long(self):
        self.env["res.partner"].browse(0)
        self.env["res.partner"].browse(1)
        self.env["res.partner"].browse(2)
        self.env["res.partner"].browse(3)
        self.env["res.partner"].browse(4)
        self.env["res.partner"].browse(5)
        self.env["res.partner"].browse(6)
        self.env["res.partner"].browse(7)
        self.env["res.partner"].browse(8)
        self.env["res.partner"].browse(9)
        self.env["res.partner"].browse(10)
        self.env["res.partner"].browse(11)
        self.env["res.partner"].browse(12)
        self.env["res.partner"].browse(13)
        self.env["res.partner"].browse(14)
        self.env["res.partner"].browse(15)
        self.env["res.partner"].browse(16)
        self.env["res.partner"].browse(17)
        self.env["res.partner"].browse(18)
        self.env["res.partner"].browse(19)
        self.env["res.partner"].browse(20)
        self.env["res.partner"].browse(21)
        self.env["res.partner"].browse(22)
        self.env["res.partner"].browse(23)
        self.env["res.partner"].browse(24)
        self.env["res.partner"].browse(25)
        self.env["res.partner"].browse(26)
        self.env["res.partner"].browse(27)
        self.env["res.partner"].browse(28)
        self.env["res.partner"].browse(29)
        self.env["res.partner"].browse(30)
        self.env["res.partner"].browse(31)
        self.env["res.partner"].browse(32)
        self.env["res.partner"].browse(33)
        self.env["res.partner"].browse(34)
        self.env["res.partner"].browse(35)
        self.env["res.partner"].browse(36)
        self.env["res.partner"].browse(37)
        self.env["res.partner"].browse(38)
        self.env["res.partner"].browse(39)
        self.env["res.partner"].browse(40)
        self.env["res.partner"].browse(41)
