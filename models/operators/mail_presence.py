from odoo import models


class MailPresence(models.Model):
    _inherit = "mail.presence"

    def _send_presence(self, im_status=None, bus_target=None):
        """Let who has come online have a dialogue that waits.

        Odoo calls this whenever somebody's status has changed.
        """
        result = super()._send_presence(im_status, bus_target)
        if not bus_target:
            came = self.filtered(lambda row: (im_status or row.status) == "online")
            if came.user_id:
                came.user_id._helpcrunch_came_online()
        return result
