from odoo import models


class MailPresence(models.Model):
    _inherit = "mail.presence"

    def _send_presence(self, im_status=None, bus_target=None):
        """Let who has come online have a dialogue that waits.

        Odoo calls this whenever somebody's status has changed.
        """
        result = super()._send_presence(im_status, bus_target)
        if not bus_target and self.user_id:
            came = self.filtered(lambda row: (im_status or row.status) == "online")
            if came.user_id:
                came.user_id._helpcrunch_came_online()
            # sudo: helpcrunch.operator - the lists that show these people are read anew
            operators_sudo = self.env["helpcrunch.operator"].sudo()
            mine = [("user_id", "in", self.user_id.ids)]
            if operators_sudo.search_count(mine, limit=1):
                group = self.env.ref("helpcrunch_chatbot.group_operator")
                group._bus_send("helpcrunch.operators", {})
        return result
