"""Erasing what one person said: the conversations, wherever they were written down."""

from odoo import models
from odoo.exceptions import AccessError

from .crm_lead import CONVERSATION_CLASS

# Marks the notes of what was answered in a chat, to find them again.
ANSWER_CLASS = "o_helpcrunch_answer"


class ResPartner(models.Model):
    # A purpose of its own, and a file of its own.
    # pylint: disable=consider-merging-classes-inherited
    _inherit = "res.partner"

    def action_erase_helpcrunch_data(self):
        """Erase all HelpCrunch conversations of this contact; the contact stays.

        Dialogues with their messages, what HelpCrunch sent about them, what waits to be
        sent, the notes of what was answered, and the conversations in leads, copies and
        merged ones too. The HelpCrunch customers stay as bare numbers: who wants no
        broadcasts or is blocked remains so, and who writes again is the same contact.
        Dialogues of companies that are not switched on stay.

        Odoo's privacy look-up finds dialogues, customers and leads one by one; a
        dialogue deleted there takes along the same.

        :raises AccessError: for anybody but an administrator of HelpCrunch
        """
        self.ensure_one()
        if not self.env.user.has_group("helpcrunch_chatbot.group_manager"):
            raise AccessError(
                self.env._("Only an administrator of HelpCrunch may erase dialogues.")
            )
        self.check_access("write")
        companies = self.env.companies.ids
        mine = [("partner_id", "=", self.id), ("company_id", "in", companies)]
        # sudo: helpcrunch.chat, helpcrunch.customer, crm.lead, mail.message - a manager
        # may not delete or empty them in any other way
        env_sudo = self.sudo().with_context(active_test=False).env
        customers_sudo = env_sudo["helpcrunch.customer"].search(mine)
        chats_sudo = env_sudo["helpcrunch.chat"].search(mine) | customers_sudo.chat_ids
        leads_sudo = env_sudo["crm.lead"].search(
            [
                ("partner_id", "=", self.id),
                ("company_id", "in", [False, *companies]),
                "|",
                ("description", "like", CONVERSATION_CLASS),
                ("message_ids.body", "like", CONVERSATION_CLASS),
            ],
        )
        notes_sudo = self.sudo().message_ids.filtered(
            lambda message: ANSWER_CLASS in str(message.body)
        )
        count = len(chats_sudo)
        (leads_sudo - chats_sudo.lead_ids)._cut_helpcrunch_conversation()
        chats_sudo.unlink()
        customers_sudo._forget()
        notes_sudo.unlink()
        self._message_log(
            body=self.env._(
                "HelpCrunch conversations erased: %(count)s dialogues.", count=count
            )
        )
        return {"type": "ir.actions.client", "tag": "reload"}
