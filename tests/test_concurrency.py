"""Real threads on real cursors: what one shared test cursor cannot show."""

import threading
import time
from contextlib import contextmanager
from unittest.mock import patch

from psycopg2.errors import SerializationFailure

from odoo import SUPERUSER_ID, api
from odoo.modules.registry import DummyRLock, Registry
from odoo.tests import BaseCase, get_db_name, tagged

from ..models import work
from ..models.courier import Courier
from ..tools import worker
from .common import BOT_AGENT, StandIn

_SOURCE = "concurrency test"


@tagged("post_install", "-at_install")
class TestConcurrency(BaseCase):
    """Each test commits what it makes; the account's deletion takes it all away."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.dbname = get_db_name()
        cls.registry = Registry(cls.dbname)
        # The thread that runs the tests holds this lock; ours would wait for ever.
        lock = patch.object(Registry, "_lock", DummyRLock())
        lock.start()
        cls.addClassCleanup(lock.stop)
        cls.helpcrunch = StandIn(port=0, rate_limit=0)
        cls.helpcrunch.start()
        cls.addClassCleanup(cls.helpcrunch.stop)

    def setUp(self):
        super().setUp()
        self.helpcrunch.reset()
        self.helpcrunch.set(capture=True, rate_limit=0)
        with self.transaction() as env:
            account = env["helpcrunch.account"].create(
                {
                    "name": _SOURCE,
                    "api_url": f"{self.helpcrunch.url}/v1",
                    "api_key": "test-api-key",
                    "webhook_secret": "test-signing-key",
                    "requests_per_minute": 100000,
                },
            )
            account.action_connect()
            account.bot_agent_id = account.agent_ids.filtered(
                lambda agent: agent.external_id == BOT_AGENT
            )
            account.action_connect()
            bot = env["helpcrunch.bot"].create(
                {"name": _SOURCE, "account_id": account.id}
            )
            ask = env["helpcrunch.step"].create(
                {
                    "name": "Ask",
                    "message": "What about?",
                    "step_type": "free_input",
                    "bot_id": bot.id,
                },
            )
            env["helpcrunch.step"].create(
                {
                    "name": "Welcome",
                    "message": "Welcome",
                    "step_type": "text",
                    "bot_id": bot.id,
                    "next_step_id": ask.id,
                    "alias_ids": [(0, 0, {"name": "/start"})],
                },
            )
            env["helpcrunch.step"].create(
                {
                    "name": "Make a lead",
                    "message": False,
                    "step_type": "create_lead",
                    "bot_id": bot.id,
                    "alias_ids": [(0, 0, {"name": "lead"})],
                },
            )
            self.account_id, self.bot_id = account.id, bot.id
            self.token = account.webhook_token
        self.addCleanup(self._clean_up)

    def _clean_up(self):
        worker.wait_for_quiet()
        with self.transaction() as env:
            chats = env["helpcrunch.chat"].search(
                [("account_id", "=", self.account_id)]
            )
            partners = chats.partner_id
            env["crm.lead"].search([("helpcrunch_bot_id", "=", self.bot_id)]).unlink()
            account = env["helpcrunch.account"].browse(self.account_id)
            tags = account.category_id | account.application_ids.category_id
            chats.unlink()
            env["helpcrunch.bot"].browse(self.bot_id).unlink()
            account.unlink()
            partners.unlink()
            tags.unlink()

    @contextmanager
    def transaction(self):
        with self.registry.cursor() as cr:
            yield api.Environment(cr, SUPERUSER_ID, {})

    def together(self, *functions):
        """Run all functions at the same moment, each in a thread of its own."""
        barrier = threading.Barrier(len(functions))
        errors = []

        def run(function):
            barrier.wait()
            try:
                function()
            except Exception as error:  # noqa: BLE001
                errors.append(error)

        threads = [
            threading.Thread(target=run, args=(function,)) for function in functions
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(20)
        self.assertFalse(errors)

    def receive(self, webhook, do_work=True):
        """Take a webhook in as a worker does: store, commit, then the work."""
        with self.transaction() as env:
            status, receipt = env["helpcrunch.event"]._receive(
                self.token,
                lambda: webhook["body"],
                None,
                webhook["headers"]["X-HelpCrunch-Signature"],
            )
        self.assertEqual(status, 200)
        if do_work:
            work.after_webhook(self.dbname, receipt)
        return receipt

    def settle(self):
        """Wait until the pool has nothing to do: no cron is running here."""
        self.assertTrue(worker.wait_for_quiet(30))

    def pending(self, env):
        return env["helpcrunch.event"].search_count(
            [("account_id", "=", self.account_id), ("state", "=", "pending")]
        )

    def chats(self, env):
        return env["helpcrunch.chat"].search([("account_id", "=", self.account_id)])

    def begin(self):
        """Let the dialogue of customer 5001 begin and rest at its question."""
        self.helpcrunch.customer_says(5001, "Hi", application=2, name="Taras")
        for webhook in self.helpcrunch.captured(clear=True):
            self.receive(webhook)
        self.settle()
        self.helpcrunch.captured(clear=True)
        with self.transaction() as env:
            return self.chats(env).id

    def test_simultaneous_first_messages_make_one_of_each(self):
        for number in range(6):
            self.helpcrunch.customer_says(
                5001, f"Text {number}", application=2, name="Taras", email="t@example.com"
            )
        webhooks = self.helpcrunch.captured(clear=True)
        self.together(
            *[
                lambda webhook=webhook: self.receive(webhook)
                for webhook in webhooks * 2
            ]
        )
        self.settle()
        with self.transaction() as env:
            chats = self.chats(env)
            self.assertEqual(len(chats), 1)
            self.assertEqual(len(chats.customer_id), 1)
            self.assertEqual(
                env["res.partner"].search_count([("email", "=", "t@example.com")]), 1
            )
            self.assertFalse(self.pending(env), "an event was left to cron")
            incoming = chats.message_ids.filtered(lambda line: line.direction == "in")
            self.assertEqual(
                sorted(incoming.mapped("body")), [f"Text {n}" for n in range(6)]
            )
        said = [line["text"] for line in self.helpcrunch.messages(7001)]
        self.assertEqual(said.count("Welcome"), 1)

    def test_two_new_customers_with_one_email_make_one_contact(self):
        for customer in (5001, 5002):
            self.helpcrunch.customer_says(
                customer, "Hi", application=2, name="Taras", email="one@example.com"
            )
        webhooks = self.helpcrunch.captured(clear=True)
        self.together(
            *[lambda webhook=webhook: self.receive(webhook) for webhook in webhooks]
        )
        self.settle()
        with self.transaction() as env:
            self.assertEqual(len(self.chats(env)), 2)
            self.assertEqual(len(self.chats(env).partner_id), 1)

    def test_no_wake_up_is_lost(self):
        chat_id = self.begin()
        for _round in range(20):
            self.helpcrunch.customer_says(5001, "a", application=2)
            self.helpcrunch.customer_says(5001, "b", application=2)
            self.together(
                *[
                    lambda webhook=webhook: self.receive(webhook)
                    for webhook in self.helpcrunch.captured(clear=True)
                    if webhook["event"] == "message.chat.customer"
                ]
            )
            with self.transaction() as env:
                waiting = env["helpcrunch.event"].search(
                    [("chat_id", "=", chat_id), ("state", "=", "pending")]
                )
                # Put off while a question is under way is no lost wake-up.
                self.assertFalse(waiting.filtered(lambda event: not event.not_before))
            self.settle()

    def test_order_is_kept_among_those_waiting(self):
        chat_id = self.begin()
        for number in range(8):
            self.helpcrunch.customer_says(5001, f"Text {number}", application=2)
        webhooks = [
            webhook
            for webhook in self.helpcrunch.captured(clear=True)
            if webhook["event"] == "message.chat.customer"
        ]
        for webhook in reversed(webhooks):
            self.receive(webhook, do_work=False)
        self.together(*[lambda: work.take_turns(self.dbname, chat_id)] * 4)
        self.settle()
        with self.transaction() as env:
            lines = env["helpcrunch.message"].search(
                [("chat_id", "=", chat_id), ("direction", "=", "in")], order="id"
            )
            self.assertEqual(
                lines[1:].mapped("body"), [f"Text {number}" for number in range(8)]
            )

    def test_one_pass_one_lead_under_race(self):
        chat_id = self.begin()
        self.helpcrunch.customer_says(5001, "lead", application=2)
        webhook = next(
            webhook
            for webhook in self.helpcrunch.captured(clear=True)
            if webhook["event"] == "message.chat.customer"
        )
        self.together(*[lambda: self.receive(webhook)] * 6)
        self.settle()
        with self.transaction() as env:
            self.assertEqual(
                env["crm.lead"].search_count([("helpcrunch_chat_id", "=", chat_id)]), 1
            )

    def test_snapshot_from_before_a_turn_clashes_at_the_lock(self):
        """Whoever still sees the event waiting must not get past the lock.

        The event writes nothing on the dialogue itself, so only the turn's counter
        makes the second transaction clash: without it this test fails.
        """
        chat_id = self.begin()
        self.helpcrunch.block(5001)
        for webhook in self.helpcrunch.captured(clear=True):
            self.receive(webhook, do_work=False)
        with self.registry.cursor() as late:
            # Its snapshot: the event still waits.
            late.execute("SELECT 1")
            with self.transaction() as env:
                self.assertTrue(env["helpcrunch.event"]._take_turn(chat_id))
            picked = {}
            events = api.Environment(late, SUPERUSER_ID, {})["helpcrunch.event"]
            with self.assertRaises(SerializationFailure):
                events._take_turn(chat_id, picked)
            self.assertFalse(picked, "the stale transaction got past the lock")
            late.rollback()

    def test_budget_is_never_overdrawn(self):
        with self.transaction() as env:
            env["helpcrunch.account"].browse(self.account_id).requests_per_minute = 20
            env["helpcrunch.account.budget"].search(
                [("account_id", "=", self.account_id)]
            ).calls = {}
        granted = []

        def take():
            for _try in range(10):
                if work.take_budget(self.dbname, {"account_id": self.account_id}):
                    granted.append(1)

        self.together(*[take] * 8)
        self.assertEqual(len(granted), 20)

    def test_two_couriers_send_each_message_once_and_in_order(self):
        chat_id = self.begin()
        with self.transaction() as env:
            chat = env["helpcrunch.chat"].browse(chat_id)
            self._queue(chat, [f"Line {number}" for number in range(10)])
        self.helpcrunch.set(latency=0.01)
        self.together(*[lambda: Courier(self.dbname, chat_id).run()] * 4)
        said = [
            line["text"]
            for line in self.helpcrunch.messages(7001)
            if line["text"].startswith("Line")
        ]
        self.assertEqual(said, [f"Line {number}" for number in range(10)])

    def test_a_message_queued_while_a_courier_leaves_is_not_forgotten(self):
        chat_id = self.begin()
        for number in range(20):
            with self.transaction() as env:
                self._queue(env["helpcrunch.chat"].browse(chat_id), [f"A{number}"])

            def queue_and_send(number=number):
                with self.transaction() as env:
                    self._queue(env["helpcrunch.chat"].browse(chat_id), [f"B{number}"])
                Courier(self.dbname, chat_id).run()

            self.together(lambda: Courier(self.dbname, chat_id).run(), queue_and_send)
            with self.transaction() as env:
                self.assertFalse(
                    env["helpcrunch.outbox"].search_count(
                        [("chat_id", "=", chat_id), ("state", "=", "pending")]
                    )
                )

    def test_a_crash_while_sending_is_judged_not_repeated(self):
        """The connection of a courier dies in the middle of its call."""
        chat_id = self.begin()
        for arrives in (True, False):
            text = f"Only once, {arrives}"
            with self.transaction() as env:
                self._queue(env["helpcrunch.chat"].browse(chat_id), [text])
            self._crash_while_sending(chat_id, arrives, text)
            courier = Courier(self.dbname, chat_id)
            courier.run()
            self.assertGreater(courier.wait, 5, "judged while it may be under way")
            with self.transaction() as env:
                env.cr.execute(
                    "UPDATE helpcrunch_outbox SET claimed_at = claimed_at"
                    " - interval '1 minute' WHERE chat_id = %s AND state = 'sending'",
                    [chat_id],
                )
            Courier(self.dbname, chat_id).run()
            said = [line["text"] for line in self.helpcrunch.messages(7001)]
            self.assertEqual(said.count(text), 1)
            with self.transaction() as env:
                message = env["helpcrunch.message"].search(
                    [("chat_id", "=", chat_id), ("body", "=", text)]
                )
                self.assertEqual(message.state, "sent")
                self.assertTrue(message.external_id)

    def _crash_while_sending(self, chat_id, arrives, text):
        """Leave the rows as a killed process does: claimed, and nothing after."""

        class Killed(BaseException):
            pass

        def die(courier, job):
            if arrives:
                self.helpcrunch.agent_says(int(BOT_AGENT), 7001, text)
            raise Killed

        courier = Courier(self.dbname, chat_id)
        courier._make_call = lambda job: die(courier, job)
        with self.assertRaises(Killed):
            courier.run()

    def _queue(self, chat, texts):
        """Queue texts of the bot, as a turn does."""
        now = time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime())
        messages = chat.env["helpcrunch.message"].create(
            [
                {
                    "chat_id": chat.id,
                    "direction": "out",
                    "author_type": "bot",
                    "state": "outgoing",
                    "occurred_at": now,
                    "body": text,
                }
                for text in texts
            ],
        )
        chat.env["helpcrunch.outbox"].create(
            [
                {
                    "account_id": chat.account_id.id,
                    "chat_id": chat.id,
                    "message_id": message.id,
                }
                for message in messages
            ],
        )
