from odoo import models


class IrHttp(models.AbstractModel):
    _inherit = "ir.http"

    def session_info(self):
        """Tell the web client whether this user is an operator, and who waits."""
        info = super().session_info()
        if self.env.user.has_group("helpcrunch_chatbot.group_operator"):
            state = self.env["helpcrunch.operator"]._describe_my_desk()
            if state:
                info["helpcrunch_operator"] = state
            waiting = self.env["helpcrunch.chat"].get_waiting_count()
            info["helpcrunch_waiting"] = waiting
        return info
