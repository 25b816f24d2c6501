from datetime import timedelta

from odoo import api, fields, models
from odoo.tools import SQL

from ...const import LOGIN_MINUTES


class HelpcrunchOutbox(models.Model):
    _inherit = "helpcrunch.outbox"

    @api.autovacuum
    def _gc_secret_bodies(self):
        """Forget what only the customer was to read and never got.

        Plain SQL: within JSON. What has been sent has lost it already.
        """
        before = fields.Datetime.now() - timedelta(minutes=LOGIN_MINUTES)
        self.env.cr.execute(
            SQL(
                """
                UPDATE helpcrunch_outbox SET payload = payload - 'secret_body'
                 WHERE payload -> 'secret_body' IS NOT NULL
                   AND state IN ('failed', 'cancelled') AND queued_at < %s
                """,
                before,
            )
        )
