from datetime import datetime, timedelta

from odoo.tests import Form, freeze_time, tagged

from ...jobs import broadcasts
from ..common_broadcasts import BroadcastCase


@tagged("post_install", "-at_install")
class TestScheduleStep(BroadcastCase):
    """When a schedule step runs. The bot lives in Kyiv: UTC+2, in summer UTC+3."""

    zone = "Europe/Kyiv"

    def draw(self, **vals):
        return self.step("Reminder", "schedule", **vals)

    def moments(self, step):
        return sorted(map(str, step.broadcast_ids.mapped("planned_at")))

    # === THE FIRST RUN === #

    @freeze_time("2026-11-25 06:00:00")
    def test_the_first_run_is_when_the_clock_shows_the_time(self):
        self.assertEqual(str(self.draw(run_time=9.5).next_run), "2026-11-25 07:30:00")
        self.assertEqual(str(self.draw(run_time=7).next_run), "2026-11-26 05:00:00")
        step = self.draw(interval_type="minutes", interval_number=20, run_time=9)
        self.assertEqual(str(step.next_run), "2026-11-25 07:00:00")

    def test_a_next_run_that_is_set_stays(self):
        step = self.draw(next_run="2026-12-01 12:15:00")
        self.assertEqual(str(step.next_run), "2026-12-01 12:15:00")
        # Who names no time means that of the run.
        self.assertEqual(step.run_time, 14.25)
        step = self.draw(next_run="2026-12-01 12:15:00", run_time=9)
        self.assertEqual(str(step.next_run), "2026-12-01 12:15:00")
        self.assertEqual(step.run_time, 9)

    @freeze_time("2026-11-25 06:00:00")
    def test_another_time_moves_the_next_run(self):
        step = self.draw(next_run="2026-12-01 07:00:00")
        step.run_time = 10
        self.assertEqual(str(step.next_run), "2026-12-01 08:00:00")
        step = self.draw(next_run="2026-11-25 07:00:00")
        step.run_time = 7
        self.assertEqual(str(step.next_run), "2026-11-26 05:00:00")

    @freeze_time("2026-11-25 06:00:00")
    def test_another_time_zone_keeps_the_clock(self):
        step = self.draw(next_run="2026-12-01 07:00:00")
        self.bot.tz = "Europe/Lisbon"
        self.assertEqual(str(step.next_run), "2026-12-01 09:00:00")

    def test_a_text_step_becomes_a_schedule(self):
        step = self.step("Text")
        self.assertFalse(step.next_run)
        step.step_type = "schedule"
        self.assertTrue(step.next_run)

    # === RUN AFTER RUN === #

    def test_run_after_run(self):
        self.customers(1)
        step = self.draw(next_run="2026-11-25 07:00:00")
        for now, moments, next_run in (
            ("2026-11-25 06:59:59", [], "2026-11-25 07:00:00"),
            ("2026-11-25 07:00:00", ["2026-11-25"], "2026-11-26 07:00:00"),
            ("2026-11-25 07:01:00", ["2026-11-25"], "2026-11-26 07:00:00"),
            (
                "2026-11-26 07:00:30",
                ["2026-11-25", "2026-11-26"],
                "2026-11-27 07:00:00",
            ),
        ):
            with self.subTest(now=now), freeze_time(now):
                self.run_cron()
                self.assertEqual([at[:10] for at in self.moments(step)], moments)
                self.assertEqual(str(step.next_run), next_run)
        self.assertEqual(str(step.executed_at), "2026-11-26 07:00:30")
        self.assertEqual(self.heard(5001).count("Reminder"), 2)

    def test_across_daylight_saving(self):
        for first, days, hours in (
            ("2026-03-27 07:00:00", 4, [7, 7, 6, 6]),
            ("2026-10-23 06:00:00", 4, [6, 6, 7, 7]),
        ):
            step = self.draw(next_run=first)
            for day in range(days):
                at = datetime.fromisoformat(first) + timedelta(days=day, hours=3)
                with freeze_time(at):
                    self.run_cron()
            self.assertEqual(
                [int(at[11:13]) for at in self.moments(step)], hours, first
            )
            step.state = "paused"

    def test_missed_runs_become_one(self):
        step = self.draw(
            next_run="2026-11-25 07:00:00", interval_type="minutes", interval_number=20
        )
        with freeze_time("2026-11-25 09:50:00"):
            self.run_cron()
        self.assertEqual(self.moments(step), ["2026-11-25 07:00:00"])
        self.assertEqual(str(step.next_run), "2026-11-25 10:00:00")

    def test_the_31st_stays_the_31st(self):
        step = self.draw(next_run="2026-01-31 07:00:00", interval_type="months")
        for now in ("2026-01-31", "2026-02-28", "2026-03-31", "2026-04-30"):
            with freeze_time(f"{now} 07:30:00"):
                self.run_cron()
        self.assertEqual(
            [at[:10] for at in self.moments(step)],
            ["2026-01-31", "2026-02-28", "2026-03-31", "2026-04-30"],
        )
        self.assertEqual(str(step.next_run)[:10], "2026-05-31")

    def test_one_that_runs_and_one_that_waits_are_enough(self):
        self.customers(1)
        self.by_machine(self.account).state = "error"
        step = self.draw(
            next_run="2026-11-25 07:00:00", interval_type="minutes", interval_number=1
        )
        for minute in range(5):
            with freeze_time(f"2026-11-25 07:0{minute}:00"):
                self.run_cron()
        self.assertEqual(len(step.broadcast_ids), 2)
        self.by_machine(self.account).state = "connected"
        for broadcast in step.broadcast_ids.sorted("id"):
            self.send_rest(broadcast)
        self.assertEqual(self.heard(5001).count("Reminder"), 2)

    def test_a_moment_that_has_run_runs_no_second_time(self):
        self.customers(1)
        step = self.draw(next_run="2026-11-25 07:00:00")
        with freeze_time("2026-11-25 07:00:00"):
            self.run_cron()
            step.next_run = "2026-11-25 07:00:00"
            self.run_cron()
        self.assertEqual(len(step.broadcast_ids), 1)
        self.assertEqual(str(step.next_run), "2026-11-26 07:00:00")

    def test_a_run_long_past_is_not_made_up_for(self):
        step = self.draw(next_run="2026-11-25 07:00:00")
        for leave, come_back in (
            (
                lambda: step.write({"step_type": "text"}),
                lambda: step.write({"step_type": "schedule"}),
            ),
            (
                lambda: self.account.write({"active": False}),
                lambda: self.account.write({"active": True}),
            ),
        ):
            with freeze_time("2026-11-24 07:00:00"):
                step.next_run = "2026-11-25 07:00:00"
                leave()
            with freeze_time("2026-12-25 09:00:00"):
                self.run_cron()
                come_back()
                self.run_cron()
            self.assertFalse(step.broadcast_ids)
            self.assertEqual(str(step.next_run), "2026-12-26 07:00:00")

    # === THE END === #

    def test_the_last_run_is_inclusive(self):
        step = self.draw(next_run="2026-11-25 07:00:00", last_run="2026-11-26 07:00:00")
        for now in (
            "2026-11-25 07:00:00",
            "2026-11-26 07:00:30",
            "2026-11-27 08:00:00",
        ):
            with freeze_time(now):
                self.run_cron()
        self.assertEqual(
            self.moments(step), ["2026-11-25 07:00:00", "2026-11-26 07:00:00"]
        )
        self.assertEqual((step.state, step.next_run), ("finished", False))
        with freeze_time("2026-11-27 09:00:00"), self.refused("has ended"):
            step.action_resume_schedule()
        step.last_run = False
        with freeze_time("2026-11-28 06:00:00"):
            step.action_resume_schedule()
        self.assertEqual(str(step.next_run), "2026-11-28 07:00:00")
        self.assertEqual(step.state, "planned")

    def test_a_finished_schedule_with_a_new_next_run(self):
        step = self.draw(next_run="2026-11-25 07:00:00", last_run="2026-11-25 07:00:00")
        with freeze_time("2026-11-25 07:00:00"):
            self.run_cron()
        self.assertEqual(step.state, "finished")
        step.write({"next_run": "2026-12-01 07:00:00", "last_run": False})
        self.assertEqual(step.state, "planned")

    def test_bad_times_are_refused(self):
        for vals, words in (
            ({"interval_number": 0}, "every 1 to 10000"),
            ({"interval_number": 10**6, "interval_type": "months"}, "every 1 to"),
            ({"run_time": 24}, "between 00:00 and 23:59"),
            ({"run_time": -1}, "between 00:00 and 23:59"),
            (
                {"next_run": "2026-11-25 07:00:00", "last_run": "2026-11-24 07:00:00"},
                "before the next one",
            ),
        ):
            with self.subTest(vals=vals), self.refused(words):
                self.draw(**vals)

    # === BY HAND === #

    def test_pause_and_resume(self):
        step = self.draw(next_run="2026-11-25 07:00:00")
        step.action_pause_schedule()
        with freeze_time("2026-11-25 07:00:00"):
            self.run_cron()
        self.assertFalse(step.broadcast_ids)
        # What was missed in the pause is not made up for.
        with freeze_time("2026-11-28 12:00:00"):
            step.action_resume_schedule()
            self.run_cron()
        self.assertFalse(step.broadcast_ids)
        self.assertEqual(str(step.next_run), "2026-11-29 07:00:00")

    def test_run_now_changes_no_schedule(self):
        self.customers(1)
        broadcast = self.send()
        self.assertEqual(broadcast.step_id, self.news)
        self.assertEqual(str(self.news.next_run), "2100-01-01 07:00:00")
        self.assertTrue(self.news.executed_at)
        self.assertEqual(self.news.broadcast_count, 1)
        self.assertEqual(self.bot.broadcast_count, 1)

    def test_a_double_click_is_one_run(self):
        self.customers(1)
        with freeze_time("2026-11-25 07:00:00"):
            first = self.news.action_run_now()
            second = self.news.action_run_now()
        self.assertEqual(first["res_id"], second["res_id"])

    def test_what_is_archived_does_not_run_and_makes_up_for_nothing(self):
        step = self.draw(next_run="2026-11-25 07:00:00")
        for record in (step, self.bot):
            record.active = False
            with freeze_time("2026-11-28 07:00:00"):
                self.run_cron()
                record.active = True
                self.run_cron()
            self.assertFalse(step.broadcast_ids)
            self.assertEqual(str(step.next_run), "2026-11-29 07:00:00")
            step.next_run = "2026-11-25 07:00:00"

    def test_a_copy_is_paused(self):
        step = self.draw(next_run="2026-11-25 07:00:00")
        copy = step.copy()
        self.assertEqual(copy.state, "paused")
        self.assertEqual(copy.interval_type, "days")
        twin = self.bot.copy().step_ids.filtered(lambda row: row.name == "Reminder")
        self.assertEqual(twin.state, "paused")
        with freeze_time("2026-11-25 07:00:00"):
            self.run_cron()
        self.assertTrue(step.broadcast_ids)
        self.assertFalse((copy | twin).broadcast_ids)

    def test_a_run_leaves_the_compiled_bot_as_it_is(self):
        self.draw(next_run="2026-11-25 07:00:00")
        version = self.bot.version
        with freeze_time("2026-11-25 07:00:00"):
            self.run_cron()
        self.assertEqual(self.bot.version, version)

    # === ON THE FORM === #

    @freeze_time("2026-03-26 06:00:00")
    def test_the_next_five_runs_are_shown(self):
        with Form(
            self.env["helpcrunch.step"].with_context(
                default_bot_id=self.bot.id, lang="en_US"
            ),
            view="helpcrunch_chatbot.helpcrunch_step_view_form",
        ) as form:
            form.name = "Reminder"
            form.message = "Look"
            form.step_type = "schedule"
            self.assertEqual(str(form.next_run), "2026-03-26 07:00:00")
            form.run_time = 9.5
            self.assertEqual(str(form.next_run), "2026-03-26 07:30:00")
            lines = form.next_runs.splitlines()
            self.assertEqual(lines[0], "Thursday, 26 March 2026, 09:30")
            self.assertEqual(lines[3], "Sunday, 29 March 2026, 09:30")
            self.assertEqual(len(lines), 5)
            form.last_run = "2026-03-27 07:30:00"
            self.assertEqual(len(form.next_runs.splitlines()), 2)
        self.assertEqual(str(form.record.next_run), "2026-03-26 07:30:00")

    @freeze_time("2026-03-26 06:00:00")
    def test_what_is_set_on_the_form_stays_in_any_order(self):
        steps = self.env["helpcrunch.step"].with_context(default_bot_id=self.bot.id)
        view = "helpcrunch_chatbot.helpcrunch_step_view_form"
        with Form(steps, view=view) as form:
            form.name = "Reminder"
            form.message = "Look"
            form.step_type = "schedule"
            form.next_run = "2026-04-01 08:15:00"
            form.interval_type = "minutes"
        step = form.record
        self.assertEqual(str(step.next_run), "2026-04-01 08:15:00")

    @freeze_time("2026-11-25 09:33:00")
    def test_a_new_step_may_run_today(self):
        steps = self.env["helpcrunch.step"].with_context(default_bot_id=self.bot.id)
        view = "helpcrunch_chatbot.helpcrunch_step_view_form"
        with Form(steps, view=view) as form:
            form.name = form.message = "Reminder"
            form.step_type = "schedule"
            self.assertEqual(str(form.next_run), "2026-11-26 07:00:00")
            form.run_time = 12.25
            self.assertEqual(str(form.next_run), "2026-11-25 10:15:00")

    @freeze_time("2026-11-25 09:33:00")
    def test_what_is_wrong_stands_where_the_runs_would_stand(self):
        step = self.draw(next_run="2026-11-26 07:00:00")
        with Form(step, view="helpcrunch_chatbot.helpcrunch_step_view_form") as form:
            form.run_time = 25
            self.assertIn("between 00:00", form.next_runs)
            form.run_time = 9
        step.action_pause_schedule()
        self.assertEqual(len(step.next_runs.splitlines()), 5)
        # A run that was missed takes place at once, and the next ones as planned.
        missed = self.draw(next_run="2026-11-20 07:00:00")
        lines = missed.with_context(lang="en_US").next_runs.splitlines()
        self.assertIn("25 November 2026, 11:33", lines[0])
        self.assertIn("26 November 2026, 09:00", lines[1])

    @freeze_time("2026-11-28 06:00:00")
    def test_a_finished_schedule_on_the_form(self):
        step = self.draw(next_run="2026-11-25 07:00:00", last_run="2026-11-25 07:00:00")
        self.run_cron()
        view = "helpcrunch_chatbot.helpcrunch_step_view_form"
        with Form(step, view=view) as form:
            form.run_time = 10
        with Form(step, view=view) as form:
            form.last_run = False
            form.interval_type = "weeks"
        self.assertEqual((step.state, step.next_run), ("finished", False))

    # === CRASHES === #

    def test_a_crash_at_the_moment_of_the_run_makes_neither_two_nor_none(self):
        self.customers(1)
        step = self.draw(next_run="2026-11-25 07:00:00")
        model = self.registry["helpcrunch.broadcast"]
        plan = model._plan

        def crash(model, step, moment):
            plan(model, step, moment)
            raise RuntimeError("power cut")

        with freeze_time("2026-11-25 07:00:00"):
            self.patch(model, "_plan", crash)
            with (
                self.enter_test_mode_if_needed(),
                self.assertLogs(broadcasts.__name__, "ERROR"),
            ):
                broadcasts.run_schedule(self.env.cr.dbname, step.id)
            self.env.invalidate_all()
            self.assertFalse(step.broadcast_ids)
            self.assertIn("cannot run", self.bot.activity_ids.summary)
            self.patch(model, "_plan", plan)
            self.run_cron()
            self.run_cron()
        self.assertEqual(len(step.broadcast_ids), 1)
        self.assertEqual(self.heard(5001), ["Welcome", "Reminder"])
