from datetime import datetime, timedelta

from odoo.tests import BaseCase, tagged

from ...tools import schedule

KYIV = "Europe/Kyiv"


def at(text):
    return datetime.fromisoformat(text)


@tagged("post_install", "-at_install")
class TestSchedule(BaseCase):
    """Kyiv: clocks go forward on 2026-03-29 at 3:00, back on 2026-10-25 at 4:00."""

    def runs(self, first, count, *args):
        found = [at(first)]
        while len(found) < count:
            found.append(schedule.next_run(found[-1], *args))
        return [run.isoformat(" ", "minutes") for run in found]

    def test_the_hour_stays_in_spring(self):
        self.assertEqual(
            self.runs("2026-03-27 07:00", 4, 1, "days", KYIV),
            [
                "2026-03-27 07:00",
                "2026-03-28 07:00",
                "2026-03-29 06:00",
                "2026-03-30 06:00",
            ],
        )

    def test_the_hour_stays_in_autumn(self):
        self.assertEqual(
            self.runs("2026-10-23 06:00", 4, 1, "days", KYIV),
            [
                "2026-10-23 06:00",
                "2026-10-24 06:00",
                "2026-10-25 07:00",
                "2026-10-26 07:00",
            ],
        )

    def test_an_hour_that_the_day_does_not_have(self):
        # 3:30 does not exist on the 29th: 4:30 it is, and 3:30 again on the 30th.
        self.assertEqual(
            self.runs("2026-03-28 01:30", 3, 1, "days", KYIV, 3.5),
            ["2026-03-28 01:30", "2026-03-29 01:30", "2026-03-30 00:30"],
        )

    def test_an_hour_that_the_day_has_twice_runs_once(self):
        self.assertEqual(
            self.runs("2026-10-24 00:30", 3, 1, "days", KYIV, 3.5),
            ["2026-10-24 00:30", "2026-10-25 00:30", "2026-10-26 01:30"],
        )

    def test_hours_are_real_time(self):
        runs = self.runs("2026-03-28 23:00", 5, 1, "hours", KYIV)
        self.assertEqual(runs[-1], "2026-03-29 03:00")

    def test_months_of_the_last_day(self):
        first = at("2026-01-31 07:00")
        found = [
            schedule.next_run(first, number, "months", KYIV).isoformat(" ", "minutes")
            for number in (1, 2, 3)
        ]
        self.assertEqual(
            found, ["2026-02-28 07:00", "2026-03-31 06:00", "2026-04-30 06:00"]
        )

    def test_run_time_sets_the_clock(self):
        run = schedule.next_run(at("2026-06-01 05:17"), 1, "weeks", KYIV, 9.25)
        self.assertEqual(run, at("2026-06-08 06:15"))

    def test_missed_runs_become_one(self):
        first = at("2026-03-01 07:00")
        for moment, expected in (
            ("2026-03-01 06:59", "2026-03-01 07:00"),
            ("2026-03-01 07:00", "2026-03-02 07:00"),
            ("2026-04-10 12:00", "2026-04-11 06:00"),
        ):
            with self.subTest(moment=moment):
                found = schedule.first_run_after(at(moment), first, 1, "days", KYIV)
                self.assertEqual(found, at(expected))
        late = schedule.first_run_after(
            at("2026-03-01 10:31"), first, 15, "minutes", KYIV
        )
        self.assertEqual(late, at("2026-03-01 10:45"))

    def test_missed_runs_agree_with_walking(self):
        for number, interval in ((1, "days"), (3, "days"), (2, "weeks"), (1, "months")):
            first = at("2026-01-15 07:00")
            walked = first
            for count in range(1, 40):
                walked = schedule.next_run(first, number * count, interval, KYIV)
                found = schedule.first_run_after(
                    walked - timedelta(seconds=1), first, number, interval, KYIV
                )
                self.assertEqual(found, walked, f"{count} x {number} {interval}")

    def test_no_interval(self):
        for number, interval in ((0, "days"), (-1, "hours"), (1, "years")):
            with self.assertRaises(ValueError):
                schedule.next_run(at("2026-01-01 00:00"), number, interval, KYIV)
