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
        if all(is_done for _name, is_done in steps):
            return message
        return self.env["ir.qweb"]._render(
            "helpcrunch_chatbot.first_steps",
            {
                "steps": dict(steps),
                "actions": {
                    name: self.env.ref(f"helpcrunch_chatbot.{name}_action").id
                    for name in (
                        "helpcrunch_account",
                        "helpcrunch_bot",
                        "helpcrunch_operator_queue",
                    )
                },
            },
        )

    @api.model
    def _find_first_steps(self):
        """Return what has to be there before a customer is answered.

        :return: pairs of a name and whether it is done
        :rtype: list[tuple]
        """
        companies = [("company_id", "in", self.env.companies.ids)]

        def is_there(model, *conditions):
            domain = [*companies, *conditions]
            return bool(self.env[model].search_count(domain, limit=1))

        return [
            ("messenger", is_there("helpcrunch.account", ("state", "=", "connected"))),
            ("bot", is_there("helpcrunch.bot")),
            ("operators", is_there("helpcrunch.operator")),
            ("live", is_there("helpcrunch.bot", ("live", "=", True))),
        ]

    def _on_trial_step(self, event):
        """Begin a trial at the step that somebody looks at."""
        turn = self._turn
        step = self._step(event.payload.get("step"))
        turn.start(step)
