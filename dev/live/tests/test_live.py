"""The addon on real servers: threads, prefork, kill -9, a slow HelpCrunch."""

import time
import unittest
from concurrent.futures import ThreadPoolExecutor

from patience import PATIENCE

from live.case import LiveCase
from live.server import said, wait_for


class TestWiring(LiveCase):
    def _converse(self, workers):
        self.odoo.start(workers, "--max-cron-threads=0")
        for text, answer in (("Hi", "Welcome"), ("ping", "Answer")):
            began = time.monotonic()
            chat = self.says(text)
            self.assert_said(chat, answer)
            print(f"{workers}: {answer} after {time.monotonic() - began:.2f} s")

    def test_threads_answer_without_cron(self):
        self._converse("--workers=0")

    def test_workers_answer_without_cron(self):
        self._converse("--workers=2")

    def test_a_slow_helpcrunch_leaves_the_workers_free(self):
        """Eight calls wait for HelpCrunch, two workers: a page comes before."""
        self.odoo.start("--workers=2", "--max-cron-threads=0")
        for number in range(8):
            self.says("Hi", customer=6000 + number)
        self.assertTrue(wait_for(lambda: all(map(self._answered, range(8)))))
        self._warm_up("/web/login")
        # Shorter than the client's patience; two workers that made the calls themselves
        # would be busy for four times as long.
        self.helpcrunch.set(latency=9)
        chats = [self.says("ping", customer=6000 + number) for number in range(8)]
        began = time.monotonic()
        for _look in range(3):
            self.odoo.get("/web/login")
        answered = [said(self.helpcrunch, chat, "Answer") for chat in chats]
        print(f"three pages while HelpCrunch is slow: {time.monotonic() - began:.2f} s")
        self.helpcrunch.set(latency=0)
        self.assertFalse(all(answered), "the pages waited for HelpCrunch")
        for chat in chats:
            self.assert_said(chat, "Answer")

    def _warm_up(self, path):
        """Open a page until every worker has made it once."""
        for _round in range(3):
            with ThreadPoolExecutor(8) as clients:
                list(clients.map(self.odoo.get, [path] * 8))

    def _answered(self, number):
        return any(
            said(self.helpcrunch, chat["id"], "Welcome")
            for chat in self.helpcrunch.chats()
            if chat["customer"]["id"] == 6000 + number
        )


class TestCrash(LiveCase):
    """kill -9 at the worst moments: nothing lost, nothing said twice."""

    def test_between_event_and_turn(self):
        self.odoo.start("--workers=2", "--max-cron-threads=0")
        stored = (
            "SELECT id FROM helpcrunch_event WHERE state = 'pending'"
            " AND event_type IN ('chat.new', 'message.chat.customer')"
        )
        # No dialogue can be opened meanwhile: both events are stored, no turn yet.
        with self.odoo.holding("LOCK TABLE helpcrunch_chat IN SHARE MODE"):
            chat = self.says("lead")
            self.assertTrue(
                wait_for(
                    lambda: (
                        len(self.odoo.sql(stored)) == 2 and self.helpcrunch.wait_idle(0)
                    )
                )
            )
            self.odoo.kill()
        self.assertEqual(self.odoo.sql("SELECT id FROM helpcrunch_chat"), [])
        self.assertFalse(said(self.helpcrunch, chat))
        # HelpCrunch has its answers and sends no webhook again: cron has to find them.
        self.odoo.start("--workers=0")
        self.odoo.wake_crons()
        self.assert_said(chat, "Welcome")
        self.assert_said(chat, "Passing on")
        self.helpcrunch.wait_idle(PATIENCE)
        for table in ("helpcrunch_chat", "helpcrunch_customer"):
            self.assertEqual(self.odoo.sql(f"SELECT count(*) FROM {table}"), [1])
        self.assertEqual(
            self.odoo.sql(
                "SELECT count(*) FROM crm_lead WHERE helpcrunch_chat_id IS NOT NULL"
            ),
            [1],
        )

    def _crash_in_a_call(self, is_stored, **switches):
        self.odoo.start("--workers=2", "--max-cron-threads=0")
        chat = self.says("Hi")
        self.assert_said(chat, "Welcome")
        self.helpcrunch.wait_idle(PATIENCE)
        self.helpcrunch.set(**switches)
        self.says("ping")
        sending = "SELECT id FROM helpcrunch_outbox WHERE state = 'sending'"
        self.assertTrue(wait_for(lambda: self.odoo.sql(sending)))
        if is_stored:
            self.assert_said(chat, "Answer")
        self.odoo.kill()
        self.assertTrue(self.odoo.sql(sending))
        self.assertEqual(bool(said(self.helpcrunch, chat, "Answer")), is_stored)
        self.helpcrunch.set(latency=0, latency_after=0)
        self.odoo.sql(
            "UPDATE helpcrunch_outbox SET claimed_at = claimed_at - interval '1 minute'"
            " WHERE state = 'sending'"
        )
        self.odoo.start("--workers=0")
        self.odoo.wake_crons()
        self.assert_said(chat, "Answer")
        done = "SELECT 1 FROM helpcrunch_outbox WHERE state != 'sent'"
        self.assertTrue(wait_for(lambda: not self.odoo.sql(done)))
        self.assertEqual(len(said(self.helpcrunch, chat, "Answer")), 1)

    def test_after_helpcrunch_did_the_work(self):
        self._crash_in_a_call(True, latency_after=30)

    def test_before_helpcrunch_did_the_work(self):
        self._crash_in_a_call(
            False,
            fail_next=[{"fail": "drop_before", "path": "POST /v1/messages"}],
            latency=30,
        )


if __name__ == "__main__":
    unittest.main()
