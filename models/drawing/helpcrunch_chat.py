"""A dialogue before there is any: the way to the first one, and a trial."""

from odoo import api, models


class HelpcrunchChat(models.Model):
    _inherit = "helpcrunch.chat"

    @api.model
    def get_empty_list_help(self, help_message):
        """Lead whoever may set things up to the first dialogue, done steps ticked."""
        message = super().get_empty_list_help(help_message)
        if not self.env.user.has_group("helpcrunch_chatbot.group_manager"):
            return message
        steps = self._find_first_steps()
        if all(step["is_done"] for step in steps):
            return message
        return self.env["ir.qweb"]._render(
            "helpcrunch_chatbot.first_steps", {"steps": steps}
        )

    @api.model
    def _find_first_steps(self):
        """Return what has to be there before a customer is answered.

        :return: rows of ``name``, ``is_done`` and ``action_id``, where it is done
        :rtype: list[dict]
        """
        account, bot = "helpcrunch.account", "helpcrunch.bot"
        connected, live = ("state", "=", "connected"), ("live", "=", True)
        return [
            self._find_first_step(name, model, action, *conditions)
            for name, model, action, *conditions in (
                (self.env._("Connect a messenger"), account, account, connected),
                (self.env._("Draw a bot, or look at the example"), bot, bot),
                (
                    self.env._("Say who answers when the bot cannot"),
                    "helpcrunch.operator",
                    "helpcrunch.operator.queue",
                ),
                (self.env._("Go live with the bot"), bot, bot, live),
            )
        ]

    def _find_first_step(self, name, model, action, *conditions):
        domain = [("company_id", "in", self.env.companies.ids), *conditions]
        xml_id = f"helpcrunch_chatbot.{action.replace('.', '_')}_action"
        return {
            "name": name,
            "is_done": bool(self.env[model].search_count(domain, limit=1)),
            "action_id": self.env.ref(xml_id).id,
        }

    def _on_trial_step(self, event):
        """Begin a trial at the step that somebody looks at."""
        turn = self._turn
        step = self._step(event.payload.get("step"))
        turn.start(step)
