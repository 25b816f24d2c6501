from odoo import models


class HelpcrunchChat(models.Model):
    _inherit = "helpcrunch.chat"

    def _on_trial_step(self, event):
        """Begin a trial at the step that somebody looks at."""
        turn = self._turn
        step = self._step(event.payload.get("step"))
        turn.start(step)
