"""Merging by phone on real servers: at once, beside a turn, after a power cut."""

import time

from live.case import LiveCase
from live.server import wait_for

NUMBER = "+380671234567"


class TestMerge(LiveCase):
    def setUp(self):
        super().setUp()
        self.odoo.sql("DELETE FROM helpcrunch_duplicate")
        self.odoo.sql(f"DELETE FROM res_partner WHERE phone_sanitized = '{NUMBER}'")

    def ask(self):
        """Let somebody know the number, and bring a dialogue to the question for it."""
        self.old = self.odoo.log_in("manager").create(
            "res.partner", {"name": "Old", "phone": NUMBER}
        )
        chat = self.says("Hi")
        self.assert_said(chat, "Welcome")
        self.says("number")
        self.assert_said(chat, "Your number?")
        return chat

    def merged(self):
        contact = "SELECT partner_id FROM helpcrunch_chat"
        return wait_for(lambda: self.odoo.sql(contact) == [self.old])

    def _merge_at_once(self, workers):
        self.odoo.start(workers, "--max-cron-threads=0")
        self.ask()
        began = time.monotonic()
        self.says(NUMBER)
        self.assertTrue(self.merged())
        print(f"{workers}: merged after {time.monotonic() - began:.2f} s")

    def test_threads_merge_without_cron(self):
        self._merge_at_once("--workers=0")

    def test_workers_merge_without_cron(self):
        self._merge_at_once("--workers=2")

    def test_who_writes_during_a_merge_is_answered_without_cron(self):
        self.odoo.start("--workers=2", "--max-cron-threads=0")
        chat = self.ask()
        lock = f"SELECT id FROM res_partner WHERE id = {self.old} FOR UPDATE"
        waiting = "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
        with self.odoo.holding(lock):
            self.says(NUMBER)
            self.assertTrue(wait_for(lambda: self.odoo.sql(waiting)))
            self.says("ping")
            pending = "SELECT 1 FROM helpcrunch_event WHERE state = 'pending'"
            self.assertTrue(wait_for(lambda: self.odoo.sql(pending)))
        began = time.monotonic()
        self.assert_said(chat, "Answer")
        print(f"answered {time.monotonic() - began:.2f} s after the lock was gone")
        self.assertTrue(self.merged())

    def test_a_power_cut_in_a_merge(self):
        self.odoo.start("--workers=2", "--max-cron-threads=0")
        self.ask()
        lock = f"SELECT id FROM res_partner WHERE id = {self.old} FOR UPDATE"
        waiting = "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
        with self.odoo.holding(lock):
            self.says(NUMBER)
            self.assertTrue(wait_for(lambda: self.odoo.sql(waiting)))
            self.odoo.kill()
        queued = "SELECT 1 FROM helpcrunch_duplicate WHERE state = 'queued'"
        self.assertEqual(self.odoo.sql(queued), [1])
        self.odoo.start("--workers=0")
        self.odoo.wake_crons()
        self.assertTrue(self.merged())
        self.assertEqual(self.odoo.sql("SELECT 1 FROM helpcrunch_duplicate"), [])
        same = f"SELECT 1 FROM res_partner WHERE phone_sanitized = '{NUMBER}'"
        self.assertEqual(self.odoo.sql(same), [1])
