from odoo import models


class IrCron(models.Model):
    """A scheduled action has the fields of its server action, and not its methods."""

    _inherit = "ir.cron"

    def action_view_helpcrunch_runs(self):
        return self.ir_actions_server_id.action_view_helpcrunch_runs()
