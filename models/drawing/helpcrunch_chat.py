"""A dialogue before there is any: the way to the first one, and a trial."""

from odoo import api, models

from .trial import TRIAL


class HelpcrunchChat(models.Model):
    _inherit = "helpcrunch.chat"

    @api.model
    def get_first_steps(self):
        """Return what has to be there before a customer is answered.

        Asked for by the empty list of dialogues each time it is shown: what Odoo's
        client loads with an action, it keeps. Nothing, once all of it is done, or for
        whoever may not do it.

        :return: rows of ``name``, ``is_done`` and ``action``, which leads there
        :rtype: list[dict]
        """
        self.check_access("read")
        if not self.env.user.has_group("helpcrunch_chatbot.group_manager"):
            return []
        account = self._find_newest("helpcrunch.account", ("state", "=", "connected"))
        operator = self._find_newest("helpcrunch.operator")
        bot = self._find_newest("helpcrunch.bot")
        live = self._find_newest("helpcrunch.bot", ("live", "=", True))
        steps = [
            {"name": name, "is_done": bool(done), "action": action}
            for name, done, action in (
                (
                    self.env._("Connect a messenger"),
                    account,
                    "helpcrunch_chatbot.helpcrunch_account_action",
                ),
                (
                    self.env._("Say who answers when the bot cannot"),
                    operator,
                    "helpcrunch_chatbot.helpcrunch_operator_queue_action",
                ),
                (
                    self.env._("Draw a bot, or look at the example"),
                    bot,
                    "helpcrunch_chatbot.helpcrunch_bot_action",
                ),
                (
                    self.env._("Go live with the bot"),
                    live,
                    bot._get_records_action(context={})
                    if bot
                    else "helpcrunch_chatbot.helpcrunch_bot_action",
                ),
            )
        ]
        return [] if all(step["is_done"] for step in steps) else steps

    def _find_newest(self, model, *conditions):
        domain = [("company_id", "in", self.env.companies.ids), *conditions]
        return self.env[model].search(domain, order="id desc", limit=1)

    def _is_on_trial(self):
        """Tell whether this is *Try it*: what would leave the database is left out."""
        return self.external_id.startswith(TRIAL)

    def _tell_effects(self, env):
        """Return in words what a flow has made in this dialogue, for *Try it*.

        An addon adds its own sentences; each is told after the turn that it is new in.

        :param env: whose user reads it
        :rtype: list[str]
        """
        return []

    def _on_trial_step(self, event):
        """Begin a trial at the step that somebody looks at."""
        turn = self._turn
        step = self._step(event.payload.get("step"))
        turn.start(step)
