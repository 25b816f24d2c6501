from odoo import api, fields, models
from odoo.tools import SQL

from ...const import EVENT_TYPES


class HelpcrunchAccountArrival(models.Model):
    """When a webhook of each kind last arrived.

    Apart from the account, one row per kind: a row that every webhook wrote would make
    them all wait for one another (architecture 5). Refreshed once a minute at most.
    """

    _name = "helpcrunch.account.arrival"
    _description = "HelpCrunch Webhook Arrival"
    _order = "account_id, sequence, event_type"
    _log_access = False

    account_id = fields.Many2one(
        "helpcrunch.account", required=True, index=True, ondelete="cascade"
    )
    event_type = fields.Char("Event", required=True, readonly=True)
    sequence = fields.Integer(default=100)
    last_at = fields.Datetime("Last arrived", readonly=True)
    expected = fields.Boolean(compute="_compute_expected")
    status = fields.Selection(
        [("never", "Never arrived"), ("arrived", "Arrived")], compute="_compute_status"
    )

    _kind_unique = models.UniqueIndex("(account_id, event_type)")

    @api.depends("event_type")
    def _compute_expected(self):
        for arrival in self:
            arrival.expected = arrival.event_type in EVENT_TYPES

    @api.depends("last_at")
    def _compute_status(self):
        for arrival in self:
            arrival.status = "arrived" if arrival.last_at else "never"

    def _record(self, account_id, event_type):
        """Remember that a webhook of this kind came now; once, whoever else does."""
        self.env.cr.execute(
            SQL(
                """
                INSERT INTO helpcrunch_account_arrival
                            (account_id, event_type, sequence, last_at)
                     VALUES (%s, %s, 100, now() AT TIME ZONE 'UTC')
                ON CONFLICT (account_id, event_type)
                  DO UPDATE SET last_at = EXCLUDED.last_at
                """,
                account_id,
                event_type,
            ),
            log_exceptions=False,
        )
