"""Erasing what one person said: the conversations, wherever they were written down."""

from odoo import models
from odoo.exceptions import AccessError


class ResPartner(models.Model):
    # A purpose of its own, and a file of its own.
    # pylint: disable=consider-merging-classes-inherited
    _inherit = "res.partner"

    def action_erase_helpcrunch_data(self):
        """Erase all HelpCrunch conversations of this contact; the contact stays.

        Dialogues with their messages, what HelpCrunch sent about them, what waits to be
        sent, the HelpCrunch customers, and the conversations in leads. Odoo's privacy
        look-up reaches the same records one by one, and deletes them the same way.

        :raises AccessError: for anybody but an administrator of HelpCrunch
        """
        self.ensure_one()
        if not self.env.user.has_group("helpcrunch_chatbot.group_manager"):
            raise AccessError(
                self.env._("Only an administrator of HelpCrunch may erase dialogues.")
            )
        self.check_access("write")
        # sudo: helpcrunch.chat, helpcrunch.customer - nobody may delete them otherwise
        partner_sudo = self.sudo().with_context(active_test=False)
        customers_sudo = partner_sudo.helpcrunch_customer_ids
        chats_sudo = partner_sudo.helpcrunch_chat_ids | customers_sudo.chat_ids
        count = len(chats_sudo)
        chats_sudo.lead_ids._erase_helpcrunch_conversation()
        chats_sudo.unlink()
        customers_sudo.unlink()
        self._message_log(
            body=self.env._(
                "HelpCrunch conversations erased: %(count)s dialogues.", count=count
            )
        )
        return {"type": "ir.actions.client", "tag": "soft_reload"}
