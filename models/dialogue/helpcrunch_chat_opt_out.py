"""A customer's wish for no broadcasts, or for broadcasts again (spec 4.1, 8)."""

from odoo import models

from ...tools import matching


class HelpcrunchChat(models.Model):
    # A purpose of its own, and a file of its own.
    # pylint: disable=consider-merging-classes-inherited
    _inherit = "helpcrunch.chat"

    def _hear_opt_out(self, text, is_past=False):
        """Take a customer's wish about broadcasts, whoever has the dialogue.

        An open question stays open: nothing is asked, nobody is led anywhere.

        :param bool is_past: it was answered long ago: nothing is said to it, and only
            who wanted no broadcasts is believed
        :return: whether the text was nothing but that wish
        """
        if not self.bot_id or not self.customer_id:
            return False
        phrase, bot_map = matching.normalize(text), self._turn.map
        if phrase in bot_map.opt_out_words:
            self.customer_id.opt_out = True
            if not is_past:
                self._confirm_wish("opt_out")
            return True
        if (
            is_past
            or phrase not in bot_map.opt_in_words
            or not self.customer_id.opt_out
        ):
            return False
        self.customer_id.opt_out = False
        self._confirm_wish("opt_in")
        return not bot_map.match_phrase(phrase, self.step_id.id)

    def _confirm_wish(self, name):
        """Write the wish down, and say so where the bot has the word."""
        self._trace(name)
        bot = self.bot_id
        if self.state in ("bot", "done") and bot._serves():
            self._say(bot[f"{name}_message"])
