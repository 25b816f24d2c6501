from datetime import timedelta

from odoo.tests import Form, freeze_time, tagged

from ..common_broadcasts import BroadcastCase

VIEW = "helpcrunch_chatbot.helpcrunch_step_view_form"


@tagged("post_install", "-at_install")
class TestScheduleClock(BroadcastCase):
    """Day and hour after changes, and whether the form tells the truth."""

    zone = "Europe/Kyiv"

    def draw(self, **vals):
        return self.step("Reminder", "schedule", **vals)

    @freeze_time("2026-02-10 06:00:00")
    def test_the_31st_stays_when_the_time_changes(self):
        step = self.draw(next_run="2026-02-28 07:00:00", interval_type="months")
        step._write_clock({"anchor_run": "2026-01-31 07:00:00"})
        step.run_time = 10
        with freeze_time("2026-02-28 08:30:00"):
            self.env["helpcrunch.broadcast"]._run_step(step.id)
        self.assertEqual(str(step.next_run)[:10], "2026-03-31")

    @freeze_time("2026-02-10 06:00:00")
    def test_the_31st_stays_when_the_zone_changes(self):
        step = self.draw(next_run="2026-02-28 07:00:00", interval_type="months")
        step._write_clock({"anchor_run": "2026-01-31 07:00:00"})
        self.bot.tz = "Europe/Lisbon"
        with freeze_time("2026-02-28 12:30:00"):
            self.env["helpcrunch.broadcast"]._run_step(step.id)
        self.assertEqual(str(step.next_run)[:10], "2026-03-31")

    @freeze_time("2026-02-10 06:00:00")
    def test_another_number_runs_as_shown(self):
        step = self.draw(next_run="2026-02-28 07:00:00", interval_type="months")
        step._write_clock({"anchor_run": "2026-01-31 07:00:00"})
        with Form(step.with_context(lang="en_US"), view=VIEW) as form:
            form.interval_number = 2
            shown = form.next_runs
        self.env.invalidate_all()
        self.assertEqual(step.with_context(lang="en_US").next_runs, shown)

    @freeze_time("2026-11-25 10:20:00")
    def test_another_interval_runs_as_shown(self):
        step = self.draw(
            interval_type="hours", run_time=9, next_run="2026-11-25 07:00:00"
        )
        self.env["helpcrunch.broadcast"]._run_step(step.id)
        with Form(step.with_context(lang="en_US"), view=VIEW) as form:
            form.interval_type = "days"
            shown = form.next_runs
        self.env.invalidate_all()
        self.assertEqual(step.with_context(lang="en_US").next_runs, shown)

    @freeze_time("2026-11-25 10:20:00")
    def test_a_zone_in_the_west_keeps_the_day(self):
        step = self.draw(
            interval_type="months", run_time=0.5, next_run="2026-11-30 22:30:00"
        )
        # 1 December, 00:30 in Kyiv
        self.bot.tz = "America/New_York"
        self.assertEqual(str(step.next_run), "2026-12-01 05:30:00")

    @freeze_time("2026-11-25 10:20:00")
    def test_a_zone_in_the_east_keeps_the_day(self):
        step = self.draw(
            interval_type="weeks", run_time=20, next_run="2026-11-30 18:00:00"
        )
        # Monday 30 November, 20:00 in Kyiv
        self.bot.tz = "Asia/Tokyo"
        self.assertEqual(str(step.next_run), "2026-11-30 11:00:00")

    @freeze_time("2026-11-25 10:20:00")
    def test_a_run_in_the_past_is_warned_of(self):
        step = self.draw(next_run="2026-11-25 07:00:00", last_run="2026-11-25 07:00:00")
        self.env["helpcrunch.broadcast"]._run_step(step.id)
        self.assertEqual(step.state, "finished")
        drawn = step.new(origin=step)
        drawn.last_run = False
        drawn.next_run = "2026-11-24 07:00:00"
        warning = drawn._onchange_next_run()
        self.assertTrue(drawn.next_runs)
        step.write({"last_run": False, "next_run": "2026-11-24 07:00:00"})
        self.assertEqual(step.state, "planned")
        self.env["helpcrunch.broadcast"]._run_step(step.id)
        self.assertTrue(warning)

    @freeze_time("2026-11-25 10:20:00")
    def test_run_now_is_not_the_first_run(self):
        self.customers(1)
        step = self.draw(
            interval_type="hours", run_time=9, next_run="2026-11-26 07:00:00"
        )
        step.action_run_now()
        step.run_time = 10
        self.assertEqual(str(step.next_run), "2026-11-26 08:00:00")

    def test_an_emptied_next_run(self):
        with freeze_time("2026-11-25 10:20:00"):
            step = self.draw(
                interval_type="days", run_time=0.0, next_run="2026-11-26 07:00:00"
            )
            step.next_run = False
            self.assertEqual(str(step.next_run), "2026-11-25 22:00:00")

    def test_what_is_shown_is_what_happens(self):
        spring, autumn = "2026-03-25 06:00:00", "2026-10-22 06:00:00"
        night, winter = "2026-10-24 23:50:00", "2026-01-25 06:00:00"
        for now, interval, run_time, vals in (
            (spring, "days", 3.5, {}),
            (autumn, "days", 3.5, {}),
            (autumn, "days", 3.5, {"next_run": "2026-10-25 01:30:00"}),
            (spring, "weeks", 0, {"interval_number": 2}),
            (winter, "months", 9, {"next_run": "2026-01-31 07:00:00"}),
            (
                winter,
                "months",
                23.98,
                {"next_run": "2026-01-31 05:00:00", "last_run": "2026-04-30 20:58:00"},
            ),
            (spring, "hours", 0, {"interval_number": 7}),
            (night, "minutes", 3.25, {"interval_number": 25}),
            (night, "days", 9, {"next_run": "2026-10-20 07:00:00"}),
        ):
            vals = {"interval_type": interval, "run_time": run_time, **vals}
            with self.subTest(now=now, **vals):
                with freeze_time(now):
                    step = self.draw(**vals)
                    runs = step._list_runs(5)
                for run in runs:
                    with freeze_time(run + timedelta(seconds=20)):
                        self.env["helpcrunch.broadcast"].search(
                            [("step_id", "=", step.id)]
                        ).write({"state": "done"})
                        self.env.flush_all()
                        self.env["helpcrunch.broadcast"]._run_step(step.id)
                got = sorted(step.broadcast_ids.mapped("planned_at"))
                # A run that was missed is shown as one that takes place now.
                self.assertEqual(got[1:], runs[1:])
                self.assertEqual(len(got), len(runs))
