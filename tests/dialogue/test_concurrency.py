from psycopg2.errors import SerializationFailure

from odoo import SUPERUSER_ID, api
from odoo.tests import tagged

from ...jobs import budget, dialogues
from ...jobs.sender import Sender
from ..common import BOT_AGENT
from ..common_threads import ThreadCase


@tagged("post_install", "-at_install")
class TestConcurrency(ThreadCase):
    """What must happen once happens once, whoever else is at it."""

    def test_simultaneous_first_messages_make_one_of_each(self):
        for number in range(6):
            self.helpcrunch.customer_says(
                5001,
                f"Text {number}",
                application=2,
                name="Taras",
                email="t@example.com",
            )
        webhooks = self.helpcrunch.captured(clear=True)
        self.together(
            *[lambda webhook=webhook: self.receive(webhook) for webhook in webhooks * 2]
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
        self.begin()
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
            # No cron runs here: what nobody takes up now would stay.
            self.settle()
            with self.transaction() as env:
                self.assertFalse(self.pending(env))

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
        self.together(*[lambda: dialogues.take_turns(self.dbname, chat_id)] * 4)
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
            attempt = dialogues.Attempt()
            events = api.Environment(late, SUPERUSER_ID, {})["helpcrunch.event"]
            with self.assertRaises(SerializationFailure):
                events._take_turn(chat_id, attempt)
            self.assertIsNone(
                attempt.event_id, "the stale transaction got past the lock"
            )
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
                if budget.take(self.dbname, self.account_id):
                    granted.append(1)

        self.together(*[take] * 8)
        self.assertEqual(len(granted), 20)

    def test_two_senders_send_each_message_once_and_in_order(self):
        chat_id = self.begin()
        with self.transaction() as env:
            chat = env["helpcrunch.chat"].browse(chat_id)
            self.queue(chat, [f"Line {number}" for number in range(10)])
        self.helpcrunch.set(latency=0.01)
        self.together(*[lambda: Sender(self.dbname, chat_id).run()] * 4)
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
                self.queue(env["helpcrunch.chat"].browse(chat_id), [f"A{number}"])

            def queue_and_send(number=number):
                with self.transaction() as env:
                    self.queue(env["helpcrunch.chat"].browse(chat_id), [f"B{number}"])
                Sender(self.dbname, chat_id).run()

            self.together(lambda: Sender(self.dbname, chat_id).run(), queue_and_send)
            with self.transaction() as env:
                self.assertFalse(
                    env["helpcrunch.outbox"].search_count(
                        [("chat_id", "=", chat_id), ("state", "=", "pending")]
                    )
                )

    def test_a_crash_while_sending_is_judged_not_repeated(self):
        """The connection of a sender dies in the middle of its call."""
        chat_id = self.begin()
        for arrives in (True, False):
            text = f"Only once, {arrives}"
            with self.transaction() as env:
                self.queue(env["helpcrunch.chat"].browse(chat_id), [text])
            self._crash_while_sending(chat_id, arrives, text)
            sender = Sender(self.dbname, chat_id)
            sender.run()
            self.assertGreater(
                sender.delivery.wait, 5, "judged while it may be under way"
            )
            with self.transaction() as env:
                env.cr.execute(
                    "UPDATE helpcrunch_outbox SET claimed_at = claimed_at"
                    " - interval '1 minute' WHERE chat_id = %s AND state = 'sending'",
                    [chat_id],
                )
            Sender(self.dbname, chat_id).run()
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

        def die(sender, call):
            if arrives:
                self.helpcrunch.agent_says(int(BOT_AGENT), 7001, text)
            raise Killed

        sender = Sender(self.dbname, chat_id)
        sender._make = lambda call: die(sender, call)
        with self.assertRaises(Killed):
            sender.run()
