import time
from unittest.mock import patch

from odoo.tests import tagged

from ...jobs import broadcasts, dialogues, worker
from ...jobs.sender import Sender
from ..common import PATIENCE
from ..common_threads import ThreadCase


@tagged("post_install", "-at_install")
class TestBroadcastThreads(ThreadCase):
    """Many at once plan, look and send; each recipient gets it once."""

    def setUp(self):
        super().setUp()
        with self.transaction(self.manager_id) as env:
            self.step_id = (
                env["helpcrunch.step"]
                .create(
                    {
                        "name": "News",
                        "message": "News",
                        "step_type": "schedule",
                        "bot_id": self.bot_id,
                        "next_run": "2026-01-01 07:00:00",
                    }
                )
                .id
            )

    def open_dialogues(self, count):
        self.chat_ids = []
        for customer in range(6001, 6001 + count):
            message = self.helpcrunch.customer_says(
                customer, "Hi", application=2, name=f"Customer {customer}"
            )
            self.chat_ids.append(message["chat"])
        for webhook in self.helpcrunch.captured(clear=True):
            self.receive(webhook)
        self.settle()
        self.helpcrunch.captured(clear=True)

    def said(self, chat):
        return [
            message["text"]
            for message in self.helpcrunch.messages(chat)
            if message["from"] == "agent" and message["text"] == "News"
        ]

    def broadcasts(self, env):
        return env["helpcrunch.broadcast"].search([("step_id", "=", self.step_id)])

    def test_twelve_plan_one_run(self):
        self.open_dialogues(5)
        with patch.object(broadcasts, "dispatch_broadcasts"):
            self.together(
                *[lambda: broadcasts.run_schedule(self.dbname, self.step_id)] * 12
            )
        with self.transaction() as env:
            broadcast = self.broadcasts(env)
            self.assertEqual(len(broadcast), 1)
            self.assertEqual(len(broadcast.recipient_ids), 5)

    def test_eight_look_and_send(self):
        self.open_dialogues(24)
        with patch.object(broadcasts, "dispatch_broadcasts"):
            broadcasts.run_schedule(self.dbname, self.step_id)
        with patch.object(broadcasts, "DISPATCH_SECONDS", 0.05):
            deadline = time.monotonic() + PATIENCE
            state = None
            while state != "done" and time.monotonic() < deadline:
                self.together(
                    *[
                        lambda: broadcasts.dispatch_broadcasts(
                            self.dbname, everything=True
                        )
                    ]
                    * 8
                )
                with self.transaction() as env:
                    state = self.broadcasts(env).state
            self.settle()
        self.assertEqual(state, "done")
        for chat in self.chat_ids:
            self.assertEqual(self.said(chat), ["News"])

    def test_customers_who_write_meanwhile_are_answered(self):
        self.open_dialogues(12)
        with patch.object(broadcasts, "dispatch_broadcasts"):
            broadcasts.run_schedule(self.dbname, self.step_id)

        def write():
            for customer in range(6001, 6013):
                self.helpcrunch.customer_says(customer, "/start", application=2)
                for webhook in self.helpcrunch.captured(clear=True):
                    self.receive(webhook)

        def send():
            for _look in range(12):
                broadcasts.dispatch_broadcasts(self.dbname, everything=True)
                time.sleep(0.05)

        self.together(write, send)
        self.settle()
        broadcasts.dispatch_broadcasts(self.dbname, everything=True)
        self.settle()
        for chat in self.chat_ids:
            texts = [
                message["text"]
                for message in self.helpcrunch.messages(chat)
                if message["from"] == "agent"
            ]
            self.assertEqual(texts.count("News"), 1, texts)
            self.assertEqual(texts.count("Welcome"), 2, texts)

    def test_a_slow_look_is_followed_by_the_next(self):
        self.open_dialogues(4)
        with patch.object(broadcasts, "dispatch_broadcasts"):
            broadcasts.run_schedule(self.dbname, self.step_id)
        model = self.registry["helpcrunch.broadcast"]
        continue_flows, delays = model._continue_flows, [0.15]

        def slow(broadcasts):
            time.sleep(delays.pop() if delays else 0)
            return continue_flows(broadcasts)

        with patch.object(model, "_continue_flows", slow):
            broadcasts.dispatch_broadcasts(self.dbname)
            self.settle()
        with self.transaction() as env:
            self.assertEqual(self.broadcasts(env).state, "done")

    def test_two_looks_that_take_one_message_back(self):
        self.open_dialogues(1)
        with patch.object(broadcasts, "dispatch_broadcasts"):
            broadcasts.run_schedule(self.dbname, self.step_id)
        with patch.object(Sender, "run", lambda sender: sender.delivery):
            self.look()
        with self.transaction() as env:
            recipient = self.broadcasts(env).recipient_ids
            env["helpcrunch.outbox"]._cancel_unsent(
                [("message_id", "in", recipient.message_ids.ids)], "taken back"
            )
        for _time in range(4):
            self.together(*[self.look] * 6)
        with self.transaction() as env:
            self.assertEqual(self.broadcasts(env).state, "done")
            self.assertEqual(self.broadcasts(env).recipient_ids.attempt, 1)
        self.assertEqual(self.said(self.chat_ids[0]), ["News"])

    def look(self):
        """Look once, take the turns and make the calls; no alarm for the next."""
        worker.call(
            self.dbname,
            "helpcrunch.broadcast.recipient",
            "_note_all_outcomes",
            committed=True,
        )
        chat_ids, _is_more = worker.call(
            self.dbname, "helpcrunch.broadcast", "_dispatch", committed=True
        )
        for chat_id in chat_ids:
            dialogues.take_turns(self.dbname, chat_id)
        self.settle()
