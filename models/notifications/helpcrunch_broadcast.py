"""Runs: a step that a server action or an outside event starts for its records.

Whoever saves a record only notes the run (:meth:`_note_run`): one row, and one
statement for all its records. Whom it is for, and in which dialogue, is found out after
the commit (:meth:`_start_runs`), in a transaction of its own; from there it goes like
every broadcast.
"""

import logging

from odoo import api, fields, models
from odoo.tools import SQL, groupby

from ...jobs import broadcasts, worker
from ...tools import schedule

_logger = logging.getLogger(__name__)

# Under this name a transaction remembers the runs that it has begun.
_RUNS = "helpcrunch_chatbot.runs"
# What comes one by one on a day stands in one broadcast; a day has some hours more
# where the clocks change, and the server's is not the bot's.
_DAY_HOURS = 50


class HelpcrunchBroadcast(models.Model):
    _inherit = "helpcrunch.broadcast"

    kind = fields.Selection(
        selection_add=[("action", "Server action"), ("trigger", "Outside event")],
        ondelete={"action": "cascade", "trigger": "cascade"},
    )
    action_id = fields.Many2one(
        "ir.actions.server",
        "Server Action",
        index="btree_not_null",
        ondelete="set null",
        readonly=True,
    )
    record_model = fields.Char("Model of the Records", readonly=True)
    # Whom it is for has still to be found out.
    fresh = fields.Boolean(readonly=True)
    # Takes in what comes one by one on the same day.
    gathers = fields.Boolean(readonly=True)

    _fresh_idx = models.Index("(id) WHERE fresh IS TRUE")
    _gathers_idx = models.Index("(step_id, planned_at) WHERE gathers IS TRUE")

    def _lock_active(self):
        return super()._lock_active().filtered(lambda row: not row.fresh)

    def _in_order_of_haste(self):
        """Let who waits for "your order has left" not wait behind the news."""
        return self.sorted(
            lambda row: (not row.at_once, not row.gathers, row.kind == "schedule")
        )

    # === NOTED BY WHOEVER SAVES A RECORD === #

    @api.model
    def _note_run(self, action, record_ids):
        """Note that records start a step; nothing is looked up here.

        All that one transaction starts by one action is one run: an automation rule
        comes once for each record.

        :param action: the ``ir.actions.server``
        :return: how many records are new
        """
        recipients = self.env["helpcrunch.broadcast.recipient"]
        runs = self.env.cr.postcommit.data.setdefault(_RUNS, {})
        run = self.browse(runs.get(action.id))
        # A savepoint may have taken it back.
        run = run and self.search([("id", "=", run.id), ("fresh", "=", True)])
        if not run and not recipients._has_new(action, record_ids):
            return 0
        if not run:
            run = self._make_run(action)
            runs[action.id] = run.id
            self._start_runs_soon()
        return recipients._insert_records(run, action, record_ids)

    def _make_run(self, action):
        step = action.helpcrunch_step_id
        run = self.create(
            {
                **self._prepare_run_vals(step),
                "name": action.name,
                "kind": "action",
                "action_id": action.id,
                "record_model": action.model_name,
                "at_once": action.helpcrunch_at_once,
            }
        )
        # The next statements are no ORM's.
        run.flush_recordset()
        return run

    @api.model
    def _prepare_run_vals(self, step):
        return {
            "name": step.name,
            "step_id": step.id,
            "bot_id": step.bot_id.id,
            "account_id": step.bot_id.account_id.id,
            "company_id": step.bot_id.company_id.id,
            "planned_at": fields.Datetime.now(),
            "fresh": True,
        }

    @api.model
    def _start_runs_soon(self):
        """Have somebody begin the runs as soon as this transaction commits."""
        self.env["helpcrunch.event"]._submit_after_commit(
            broadcasts.start_runs, bulk=True
        )

    # === BEGUN AFTER THE COMMIT === #

    @api.model
    def _start_runs(self):
        """Find out whom fresh runs are for, and let them be sent.

        Runs in a READ COMMITTED transaction: who waits for another one to end goes on
        with what that one has left.
        """
        locked = self._lock_fresh()
        fresh = locked.filtered("fresh")
        runs = fresh._gather(locked - fresh)
        for run in runs:
            run._find_contacts()
        runs.fresh = False
        runs._end_empty()

    @api.model
    def _lock_fresh(self):
        """Return the fresh runs, and those of today that may take them in, locked.

        In one statement and in the order of who sends, or the two would wait for each
        other. Plain SQL: Odoo's own lock gives up where somebody else is at it.
        """
        self.env.cr.execute(
            SQL("SELECT FROM helpcrunch_broadcast WHERE fresh IS TRUE LIMIT 1")
        )
        if not self.env.cr.rowcount:
            return self.browse()
        self.env.cr.execute(
            SQL(
                """
                SELECT id FROM helpcrunch_broadcast
                 WHERE fresh IS TRUE
                    OR (gathers IS TRUE AND state IN ('planned', 'running', 'done')
                        AND planned_at > now() AT TIME ZONE 'UTC'
                                         - %s * INTERVAL '1 hour')
              ORDER BY id
                   FOR NO KEY UPDATE
                """,
                _DAY_HOURS,
            ),
            log_exceptions=False,
        )
        locked = self.browse(row[0] for row in self.env.cr.fetchall())
        locked.invalidate_recordset()
        return locked

    def _gather(self, homes):
        """Put runs of one record each into the run of their day; return all to begin.

        :param homes: runs of today that take others in
        """
        counts = dict(
            self.env["helpcrunch.broadcast.recipient"]._read_group(
                [("broadcast_id", "in", self.ids)], ["broadcast_id"], ["__count"]
            )
        )
        singles = self.filtered(lambda run: counts.get(run, 0) == 1)
        kept = self - singles
        of_day = {home._get_day(): home for home in homes}
        for day, runs in groupby(singles, lambda run: run._get_day()):
            alike = self.browse().union(*runs)
            home = of_day.get(day) or alike[0]
            (alike - home)._move_into(home)
            kept |= home
        return kept

    def _get_day(self):
        """Return what runs have in common that stand in one broadcast."""
        zone = self.bot_id.tz or "UTC"
        return (
            self.kind,
            self.action_id.id,
            self.step_id.id,
            self.at_once,
            schedule.to_local(self.planned_at, zone).date(),
        )

    def _move_into(self, home):
        home.gathers = True
        if self:
            recipients = self.env["helpcrunch.broadcast.recipient"]
            recipients.search([("broadcast_id", "in", self.ids)]).broadcast_id = home
            self.env.flush_all()
            self.unlink()
        if home.state == "done":
            home.write({"state": "running", "done_at": False})

    def _end_empty(self):
        """End what nobody is to get; a bot that was archived has it paused already."""
        recipients = self.env["helpcrunch.broadcast.recipient"]
        waiting = recipients._read_group(
            [("broadcast_id", "in", self.ids), ("state", "in", ("pending", "unknown"))],
            ["broadcast_id"],
        )
        open_runs = self.browse().union(*[run for (run,) in waiting])
        (self - open_runs).filtered(lambda run: run.state != "cancelled").write(
            {"state": "done", "done_at": fields.Datetime.now()}
        )

    def _find_loss(self):
        """Return why a run says nothing to anybody, or None."""
        if not self.step_id.active:
            return "step_gone"
        return None if self.bot_id._serves() else "bot_off"

    def _find_contacts(self):
        """Find out whom a run is for; what cannot be found out is told, once.

        A field of the way to the contact may have gone since the action was saved.
        """
        recipients = self.env["helpcrunch.broadcast.recipient"]
        if self.kind != "action":
            # Found out when the event was accepted.
            if loss := self._find_loss():
                recipients._skip_unsaid(self, loss)
            return
        try:
            with self.env.cr.savepoint():
                recipients._find_contacts(self)
        except (*worker.CLASHES, *worker.OVERTAKEN):
            raise
        except Exception as error:
            _logger.warning("run %s cannot begin", self.id, exc_info=True)
            recipients._skip_unfound(self, "error")
            self.action_id._tell_helpcrunch_trouble(error)
