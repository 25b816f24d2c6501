from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import format_datetime

from ....tools import marks, schedule

_SHOWN_RUNS = 5
_MOST = 10000
# What a person sets; the rest follows from the clock.
_CLOCK_FIELDS = {"interval_number", "interval_type", "run_time"}


class HelpcrunchStep(models.Model):
    """Schedule: says its text to all customers of the bot, again and again.

    Reached by the flow it acts as a text. At ``next_run`` the step becomes a
    ``helpcrunch.broadcast``.
    """

    _inherit = "helpcrunch.step"

    step_type = fields.Selection(
        selection_add=[("schedule", "Schedule")], ondelete={"schedule": "cascade"}
    )
    interval_number = fields.Integer(
        "Run Every",
        default=1,
        help="How often the message goes out, for example every 1 day.",
    )
    interval_type = fields.Selection(
        [
            ("minutes", "Minutes"),
            ("hours", "Hours"),
            ("days", "Days"),
            ("weeks", "Weeks"),
            ("months", "Months"),
        ],
        default="days",
    )
    run_time = fields.Float(
        "Time of the Run",
        default=9,
        help="The hour at which the step runs, in the time zone of the bot. It stays "
        "the same when the clocks change. For minutes and hours it sets the first run "
        "only.",
    )
    next_run = fields.Datetime(
        copy=False,
        help="When the first run takes place; after each run, the next one. Empty: "
        "the next time the clock shows the time of the run.",
    )
    last_run = fields.Datetime(
        "Last Run of the Step",
        help="The end of the schedule: no run takes place after it, one at this very "
        "moment does. Empty: it never ends.",
    )
    executed_at = fields.Datetime(
        readonly=True, copy=False, help="When the step ran last."
    )
    schedule_state = fields.Selection(
        [("planned", "Planned"), ("paused", "Paused"), ("finished", "Completed")],
        "Schedule Status",
        required=True,
        default="planned",
        readonly=True,
        copy=False,
    )
    # As it was called before there was more than one thing to have a state.
    state = fields.Selection(
        string="State", related="schedule_state", readonly=False, copy=False
    )
    # The run that a person set. Later ones are counted from it: what falls on the 31st
    # does not move to the 28th for ever.
    anchor_run = fields.Datetime(readonly=True, copy=False)
    next_runs = fields.Text(
        "Next Five Runs",
        compute="_compute_next_runs",
        help="In the time zone of the bot.",
    )
    schedule_zone = fields.Selection(related="bot_id.tz", string="Time Zone")

    _due_idx = models.Index(
        "(next_run) WHERE step_type = 'schedule' AND schedule_state = 'planned'"
    )

    # === COMPUTES === #

    @api.depends(
        "step_type",
        "schedule_state",
        "next_run",
        "last_run",
        "interval_number",
        "interval_type",
        "run_time",
        "bot_id.tz",
    )
    def _compute_next_runs(self):
        for step in self:
            zone = step._get_schedule().zone
            problem = step.step_type == "schedule" and step._check_schedule()
            step.next_runs = problem or "\n".join(
                format_datetime(
                    self.env, run, tz=zone, dt_format="EEEE, d MMMM y, HH:mm"
                )
                for run in step._list_runs(_SHOWN_RUNS)
            )

    # === CRUD === #

    @api.model_create_multi
    def create(self, vals_list):
        steps = super().create(vals_list)
        for step, vals in zip(steps, vals_list, strict=True):
            if step.step_type == "schedule":
                if step.next_run and "run_time" not in vals:
                    zone = step._get_schedule().zone
                    clock = schedule.read_clock(step.next_run, zone)
                    step._write_clock({"run_time": clock})
                step._set_up_clock(vals)
        return steps

    def write(self, vals):
        result = super().write(vals)
        if self.env.context.get("helpcrunch_clock") is marks.CLOCK:
            return result
        if vals.keys() & {*_CLOCK_FIELDS, "next_run", "step_type"}:
            for step in self.filtered(lambda step: step.step_type == "schedule"):
                step._set_up_clock(vals)
        if vals.get("active") or ("step_type" in vals and "next_run" not in vals):
            self._skip_missed_runs()
        elif "active" in vals:
            self.broadcast_ids.action_pause()
        return result

    def copy_data(self, default=None):
        """Pause the copy: nobody wants to send a broadcast twice by copying a step."""
        vals_list = super().copy_data(default)
        for step, vals in zip(self, vals_list, strict=True):
            if step.step_type == "schedule":
                vals.setdefault("schedule_state", "paused")
                vals["last_run"] = False
        return vals_list

    @api.onchange("step_type")
    def _onchange_step_type(self):
        if self.step_type == "schedule" and not self.next_run:
            self.next_run = self._move_to_clock()

    @api.onchange("run_time")
    def _onchange_run_time(self):
        is_drawn = self.step_type == "schedule" and 0 <= self.run_time < 24
        if not is_drawn or self.schedule_state == "finished":
            return
        now = fields.Datetime.now()
        if not self._origin and self.next_run and self.next_run < now + timedelta(1):
            # A new step may begin today.
            self.next_run = False
        self.next_run = self._move_to_clock()

    @api.onchange("next_run")
    def _onchange_next_run(self):
        """Say so before a run is made up for that lies in the past."""
        if (
            self.step_type != "schedule"
            or self.schedule_state == "paused"
            or not self.next_run
            or self.next_run >= fields.Datetime.now()
        ):
            return None
        return {
            "warning": {
                "title": self.env._("This moment is over"),
                "message": self.env._(
                    "Saved like this, the step runs within a minute, to all its "
                    "recipients. Set a later next run if that is not what you want."
                ),
            },
        }

    # === ACTIONS === #

    def action_pause_schedule(self):
        """Run no more until somebody resumes the schedule."""
        self._write_clock({"schedule_state": "paused"})

    def action_resume_schedule(self):
        """Go on with the schedule; runs that were missed are not made up for.

        :raise UserError: if it has come to its end
        """
        for step in self:
            changed = step._get_next(fields.Datetime.now())
            if not changed["next_run"]:
                raise UserError(
                    self.env._(
                        "The schedule “%(step)s” has ended: no run takes place after "
                        "its last run. Set a later last run, or none.",
                        step=step.name,
                    ),
                )
            step._write_clock({"schedule_state": "planned", **changed})

    # === FOR THE ENGINE === #

    def _enter_schedule(self, chat):
        return self.next_step_id

    @api.model
    def _speaking_types(self):
        return (*super()._speaking_types(), "schedule")

    def _check_schedule(self):
        if not 1 <= self.interval_number <= _MOST or not self.interval_type:
            return self.env._(
                "enter how often it runs, every 1 to %(most)s.", most=_MOST
            )
        if not 0 <= self.run_time < 24:
            return self.env._("the time of the run lies between 00:00 and 23:59.")
        if self.next_run and self.last_run and self.last_run < self.next_run:
            return self.env._(
                "its last run comes before the next one. Set a later last run, or none."
            )
        return None

    @api.model
    def _get_checked_fields(self):
        own = {*_CLOCK_FIELDS, "next_run", "last_run"}
        return [*super()._get_checked_fields(), *sorted(own)]

    # === THE CLOCK === #

    def _get_schedule(self):
        return schedule.Schedule(
            self.interval_number,
            self.interval_type,
            self.bot_id.tz or "UTC",
            self.run_time,
            self.last_run or None,
        )

    def _set_up_clock(self, vals):
        """Let time and next run agree after a person set one of them.

        :param dict vals: what was set
        """
        if self.schedule_state == "finished" and not vals.get("next_run"):
            return
        run = self.next_run
        if not run or ("run_time" in vals and not vals.get("next_run")):
            run = self._move_to_clock()
        changed = {"next_run": run, "anchor_run": self._find_anchor(run)}
        if self._get_schedule().is_over(run):
            changed = {
                "next_run": False,
                "anchor_run": False,
                "schedule_state": "finished",
            }
        elif vals.get("next_run") and self.schedule_state == "finished":
            changed["schedule_state"] = "planned"
        self._write_clock(changed)

    def _find_anchor(self, run):
        """Return the run from which those after ``run`` are counted.

        The one that a person set, at the hour that is set now, as long as it leads to
        this one: what falls on the 31st stays there after a change in February.
        """
        clock = self._get_schedule()
        anchor = self.anchor_run
        if anchor and self.interval_type in schedule.WALL_CLOCK:
            anchor = schedule.on_clock(anchor, clock.zone, self.run_time)
        if anchor and clock.after(run - timedelta(seconds=1), anchor) == run:
            return anchor
        return run

    def _move_to_clock(self):
        """Return the next run at the time that is set now."""
        now, clock = fields.Datetime.now(), self._get_schedule()
        if not self.next_run:
            return clock.first(now)
        is_first = not self.anchor_run or self.anchor_run == self.next_run
        if self.interval_type not in schedule.WALL_CLOCK and not is_first:
            # The time sets their first run only.
            return self.next_run
        return clock.moved(self.next_run, now)

    def _find_next_run(self, moment):
        """Return the first run later than a moment."""
        clock = self._get_schedule()
        if self.next_run and self.next_run > moment:
            return self.next_run
        return clock.after(
            moment, self.anchor_run or self.next_run or clock.first(moment)
        )

    def _list_runs(self, count):
        """Return the next runs, also of a drawing that is not saved yet.

        Of a paused schedule those that come when it is resumed.
        """
        now, clock = fields.Datetime.now(), self._get_schedule()
        if self.step_type != "schedule" or (
            self.schedule_state == "finished" and not self.next_run
        ):
            return []
        run = self.next_run or clock.first(now)
        anchor = self._find_anchor(run)
        if run < now:
            # One that was missed takes place at once, but not of a paused schedule.
            run = clock.after(now, anchor) if self.schedule_state == "paused" else now
        return clock.runs(run, anchor, count)

    def _skip_missed_runs(self):
        """Let schedules that could not run go on with the next run to come."""
        now = fields.Datetime.now()
        for step in self:
            if step.step_type == "schedule" and step.next_run and step.next_run <= now:
                step._write_clock(step._get_next(now))

    def _read_clocks(self):
        """Return schedules with what the wall clock shows at their runs."""
        return [
            (
                step,
                [
                    schedule.to_local(run, step._get_schedule().zone)
                    for run in (step.next_run, step.anchor_run or step.next_run)
                ],
            )
            for step in self
            if step.step_type == "schedule" and step.next_run
        ]

    def _set_clock(self, run, anchor):
        """Keep day and hour of the wall clock in another time zone."""
        zone = self._get_schedule().zone
        self._write_clock(
            {
                "next_run": schedule.to_utc(run, zone),
                "anchor_run": schedule.to_utc(anchor, zone),
            }
        )
        self._skip_missed_runs()

    def _get_next(self, moment):
        """Return the values of a step whose next run is later than a moment."""
        run = self._find_next_run(moment)
        if self._get_schedule().is_over(run):
            return {"next_run": False, "schedule_state": "finished"}
        return {"next_run": run}

    def _write_clock(self, vals):
        """Write what the clock itself sets."""
        return self.with_context(helpcrunch_clock=marks.CLOCK).write(vals)

    @api.model
    def _get_undrawn_fields(self):
        return super()._get_undrawn_fields() | {
            "next_run",
            "anchor_run",
            "executed_at",
            "schedule_state",
            "state",
        }

    def _lint_schedule(self):
        now = fields.Datetime.now()
        if self.schedule_state == "finished":
            yield (
                "schedule_finished",
                "info",
                self.env._("The schedule has come to its end; it runs no more."),
            )
        elif self.schedule_state == "planned" and self.next_run and self.next_run < now:
            yield (
                "schedule_in_the_past",
                "warning",
                self.env._(
                    "The next run lies in the past: it takes place as soon as the bot "
                    "is live."
                ),
            )
        if not self.env["helpcrunch.broadcast.recipient"]._count_for(self):
            yield (
                "no_recipients",
                "info",
                self.env._("Nobody would get the message today."),
            )
