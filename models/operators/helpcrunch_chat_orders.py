"""What a person orders with a button: the same events as commands with a slash.

One path, so that a button pressed twice, or beside a command, is one order after the
other in the dialogue's lane, and *Why?* tells of both in the same words.
"""

from odoo import models

from ...jobs import work


class HelpcrunchChat(models.Model):
    # A purpose of its own, and a file of its own.
    # pylint: disable=consider-merging-classes-inherited
    _inherit = "helpcrunch.chat"

    # === ACTIONS === #

    def action_pause(self):
        """Silence the bot in this dialogue until somebody returns it."""
        self._give_order("/pause")
        return True

    def action_return_to_bot(self):
        """Let the bot answer again, from where the dialogue stands."""
        self.filtered(
            lambda chat: chat.state in ("queued", "operator", "paused")
        )._give_order("/resume")
        return True

    def action_create_lead(self):
        """Make a lead from the dialogue, then open it."""
        self.ensure_one()
        self._give_order("/lead")
        return self._look_afterwards("helpcrunch_chatbot.helpcrunch_chat_action_lead")

    def _look_afterwards(self, xmlid):
        """Return a server action as the answer to a button.

        What was ordered is there when this transaction is committed, so it is looked
        for in a request of its own.
        """
        return {
            "type": "ir.actions.server",
            "id": self.env.ref(xmlid).id,
            "context": {
                "active_model": self._name,
                "active_id": self.id,
                "active_ids": self.ids,
            },
        }

    def _open_ordered_lead(self):
        """Return an action that shows the lead that was just ordered."""
        self.check_access("read")
        # sudo: helpcrunch.chat - the lead's name, for whoever ordered it
        chat_sudo = self.sudo()
        lead_sudo = chat_sudo._find_ordered_lead(chat_sudo._get_session())
        lead = lead_sudo.with_env(self.env)
        if lead and lead.has_access("read"):
            return {
                "type": "ir.actions.act_window",
                "res_model": "crm.lead",
                "res_id": lead.id,
                "view_mode": "form",
                "views": [(False, "form")],
            }
        message = (
            self.env._("Lead “%(name)s” was created.", name=lead_sudo.name)
            if lead
            else self.env._("The lead is being created.")
        )
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {"type": "success", "message": message},
        }

    # === ORDERS === #

    def _give_order(self, text, **data):
        """Put an order of the present user into the inbox, as a command is.

        Its turn is taken right after the commit and before the answer to the button,
        so that the form, read again, shows what has become of it.

        :param str text: the command, as it would be typed
        :param data: records that the command means, by id
        """
        self._check_may_speak()
        events = self.env["helpcrunch.event"]
        # sudo: helpcrunch.chat - checked above
        for chat in self.sudo():
            chat._store_own_event(
                "operator.command",
                {"user": self.env.uid, "text": text, **data},
                wake=False,
            )
            events._run_after_commit(work.take_turns, chat.id)
