import time

from psycopg2.extras import Json

from odoo import fields, models
from odoo.tools import SQL

from ...tools import budget, clock


class HelpcrunchAccountBudget(models.Model):
    """How many calls one account made in the last minute.

    One small row per account, apart from the settings, because every call locks and
    writes it. All workers and hosts share it, so it is read and written only in short
    READ COMMITTED transactions (:mod:`...jobs.worker`), here and by the courier.
    """

    _name = "helpcrunch.account.budget"
    _description = "HelpCrunch API Budget"
    _log_access = False

    account_id = fields.Many2one(
        "helpcrunch.account", required=True, index=True, ondelete="cascade"
    )
    calls = fields.Json()
    blocked_until = fields.Float(
        help="HelpCrunch answered 429: no call before this moment (Unix seconds).",
    )

    clock_offset = fields.Float(
        help="HelpCrunch's clock is so many seconds ahead of ours; empty if unknown.",
    )

    _account_unique = models.UniqueIndex("(account_id)")

    def _take(self, account_id):
        """Take one live call out of the account's budget.

        Plain SQL: who finds it locked waits, and a quarter of a reply's time is this.

        :return: 0 if the call may be made now, else seconds to wait
        :rtype: float
        """
        cr = self.env.cr
        cr.execute(
            SQL(
                """
                SELECT budget.calls, COALESCE(budget.blocked_until, 0),
                       account.requests_per_minute
                  FROM helpcrunch_account_budget budget
                  JOIN helpcrunch_account account ON account.id = budget.account_id
                 WHERE budget.account_id = %s
                   FOR NO KEY UPDATE OF budget
                """,
                account_id,
            ),
        )
        row = cr.fetchone()
        if not row:
            # The account was deleted meanwhile; the call will tell.
            return 0
        calls, blocked_until, limit = row
        now = time.time()
        if blocked_until > now:
            return blocked_until - now
        wait, calls = budget.take(calls, limit, now)
        if not wait:
            cr.execute(
                SQL(
                    "UPDATE helpcrunch_account_budget SET calls = %s"
                    " WHERE account_id = %s",
                    Json(calls),
                    account_id,
                ),
            )
        return wait

    def _guess_clock_offset(self, account_id, offset):
        """Believe an answer's date until a message of ours tells better.

        Plain SQL: Odoo reads an unknown number as zero.
        """
        if not (offset := clock.settle(offset)):
            return
        self.env.cr.execute(
            SQL(
                "UPDATE helpcrunch_account_budget SET clock_offset = %s"
                " WHERE account_id = %s AND clock_offset IS NULL",
                offset,
                account_id,
            ),
        )
        self.invalidate_model(["clock_offset"])

    def _used(self):
        """Return the number of calls made in the last minute."""
        return budget.used(self.calls, time.time()) if self else 0

    def _used_live(self):
        """Return the number of live calls made in the last minute."""
        recent = budget.recent(self.calls, time.time()) if self else {}
        return sum(live for live, _bulk in recent.values())
