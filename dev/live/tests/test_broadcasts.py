"""A broadcast on real servers, that end in the middle of it."""

import random
import time

from patience import PATIENCE

from live.case import LiveCase
from live.server import wait_for

_SENT = "SELECT count(*) FROM helpcrunch_broadcast_recipient WHERE state = 'sent'"


class BroadcastLiveCase(LiveCase):
    """A broadcast "News" with "Then" behind it, on a real server."""

    def draw_broadcast(self):
        manager = self.odoo.log_in("manager")
        (bot_id,) = manager.search("helpcrunch.bot", [])
        following = False
        for name, vals in (
            ("Then", {"step_type": "text"}),
            ("News", {"step_type": "schedule", "next_run": "2100-01-01 07:00:00"}),
        ):
            following = manager.create(
                "helpcrunch.step",
                {
                    "name": name,
                    "message": name,
                    "bot_id": bot_id,
                    "next_step_id": following,
                    **vals,
                },
            )

    def start_broadcast(self, per_minute):
        """Let the moment of the run come, with so many calls a minute."""
        self.odoo.sql(
            f"UPDATE helpcrunch_account SET requests_per_minute = {per_minute}"
        )
        self.odoo.sql("UPDATE helpcrunch_account_budget SET calls = '{}'")
        self.odoo.sql(
            "UPDATE helpcrunch_step SET next_run = '2026-01-01', anchor_run = NULL"
            " WHERE step_type = 'schedule'"
        )
        self.odoo.wake_crons()

    def count_sent(self):
        return self.odoo.sql(_SENT)[0]

    def wait_awake(self, is_true):
        """Wait, and wake the crons now and then: one that only starts hears nothing."""
        for _look in range(20):
            if wait_for(is_true, 5):
                return
            self.make_due()
            self.odoo.wake_crons()
        self.fail(f"sent: {self.count_sent()}")

    def wait_until_all_are_sent(self, number):
        done = "SELECT id FROM helpcrunch_broadcast WHERE state = 'done'"
        self.wait_awake(lambda: self.odoo.sql(done))
        self.helpcrunch.wait_idle(PATIENCE)
        self.assertEqual(self.count_sent(), number)

    def make_due(self):
        """Let nothing wait for its time: a call is judged after 15 seconds else."""
        self.odoo.sql(
            "UPDATE helpcrunch_outbox SET not_before = NULL,"
            " claimed_at = claimed_at - INTERVAL '20 seconds'"
            " WHERE state IN ('sending', 'unknown', 'pending')"
        )


class TestBroadcast(BroadcastLiveCase):
    """Each gets it exactly once, whenever the power is cut."""

    def test_kill_at_three_random_moments(self):
        customers = 60
        self.odoo.start("--workers=2")
        self.draw_broadcast()
        chats = [self.says("Hi", 7000 + number) for number in range(customers)]
        for chat in chats:
            self.assert_said(chat, "Welcome")
        # Six messages a second.
        self.start_broadcast(per_minute=360)
        # The answer comes late: the power is cut in the middle of calls.
        self.helpcrunch.set(latency=0.1, latency_after=0.2)
        moments = []
        for part in range(3):
            enough = 5 + 12 * part
            self.wait_awake(lambda n=enough: self.count_sent() >= n)
            time.sleep(random.uniform(0, 0.6))
            self.odoo.kill()
            moments.append(self.count_sent())
            self.make_due()
            self.odoo.start("--workers=2")
            self.odoo.wake_crons()
        self.helpcrunch.set(latency=0, latency_after=0)
        print(f"killed after {moments} of {customers}")
        self.wait_until_all_are_sent(customers)
        for chat in chats:
            self.assert_said(chat, "News")
            self.assert_said(chat, "Then")
