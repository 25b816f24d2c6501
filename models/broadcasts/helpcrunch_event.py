from odoo import models


class HelpcrunchEvent(models.Model):
    _inherit = "helpcrunch.event"

    def _give_up(self):
        """Tell the recipient of a broadcast that the message could not be said."""
        result = super()._give_up()
        if self.event_type == "broadcast.message":
            self.env["helpcrunch.broadcast.recipient"]._note_failed_turn(self)
        return result
