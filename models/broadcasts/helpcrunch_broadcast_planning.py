"""When a broadcast is planned, and for whom."""

from odoo import api, fields, models
from odoo.tools import SQL

from ...jobs import work
from .helpcrunch_broadcast import ACTIVE_STATES


class HelpcrunchBroadcast(models.Model):
    # A purpose of its own, and a file of its own.
    # pylint: disable=consider-merging-classes-inherited
    _inherit = "helpcrunch.broadcast"

    @api.model
    def _cron_broadcasts(self):
        """Let schedules run whose moment has come, and send what is to be sent."""
        dbname = self.env.cr.dbname
        for step_id in self._find_due_steps():
            work.run_schedule(dbname, step_id)
        work.send_broadcasts(dbname, alone=True)

    @api.model
    def _find_due_steps(self):
        """Return the ids of schedule steps whose next run has come.

        A schedule of an archived messenger or bot, or of one that is not live, rests; a
        run that came meanwhile is skipped when it is back.
        """
        return (
            self.env["helpcrunch.step"]
            .search(
                [
                    ("step_type", "=", "schedule"),
                    ("state", "=", "planned"),
                    ("next_run", "<=", fields.Datetime.now()),
                    ("bot_id.active", "=", True),
                    ("bot_id.live", "=", True),
                    ("bot_id.account_id.active", "=", True),
                ],
                order="next_run, id",
            )
            .ids
        )

    @api.model
    def _tell_failed_run(self, step_id, error):
        """Tell the administrator, once, that a schedule could not run."""
        for step in self.env["helpcrunch.step"].browse(step_id).exists():
            bot = step.bot_id._for_administrator()
            bot._tell_administrator(
                bot.env._("A schedule cannot run: %(step)s", step=step.name),
                bot.env._(
                    "It is tried again every minute. Open the step and save it: what "
                    "is wrong is told there. (%(error)s)",
                    error=error,
                ),
            )

    @api.model
    def _run_step(self, step_id):
        """Let a step run if its moment has come, and move it on to the next run.

        In one transaction: a crash leaves either nothing or all of it. Whoever comes at
        the same moment finds the step locked, or clashes on it. Missed runs become one.
        """
        now = fields.Datetime.now()
        self.env.cr.execute(
            SQL(
                """
                SELECT id FROM helpcrunch_step
                 WHERE id = %s AND active AND state = 'planned' AND next_run <= %s
                   FOR NO KEY UPDATE SKIP LOCKED
                """,
                step_id,
                now,
            ),
            log_exceptions=False,
        )
        for step in self.env["helpcrunch.step"].browse(
            row[0] for row in self.env.cr.fetchall()
        ):
            # One that is sent and one that waits for it are enough; and who sets the
            # clock back does not get the same run again.
            has_run = self.search_count(
                [("step_id", "=", step.id), ("planned_at", "=", step.next_run)], limit=1
            )
            vals = step._get_next(now)
            if not has_run and self._count_active(step) < 2:
                self._plan(step, step.next_run)
                vals["executed_at"] = now
            step._write_clock(vals)

    @api.model
    def _plan(self, step, moment):
        """Make a broadcast of a schedule step, with all its recipients.

        In one transaction; the recipients are one statement. A second broadcast of the
        same step and moment is refused by the database.

        :return: the broadcast
        """
        bot = step.bot_id
        broadcast = self.create(
            {
                "name": step.name,
                "step_id": step.id,
                "bot_id": bot.id,
                "account_id": bot.account_id.id,
                "company_id": bot.company_id.id,
                "planned_at": moment,
            },
        )
        self.env["helpcrunch.broadcast.recipient"]._insert_for(broadcast)
        broadcast._wake()
        return broadcast

    @api.model
    def _count_active(self, step):
        """Return how many broadcasts of a step are to be sent or being sent."""
        return self.search_count(
            [("step_id", "=", step.id), ("state", "in", ACTIVE_STATES)]
        )
