from unittest.mock import patch

from psycopg2.extensions import STATUS_READY

from odoo.sql_db import Cursor
from odoo.tests import tagged
from odoo.tools import SQL

from ...jobs import dialogues
from ...jobs.sender import Sender
from ..common import CUSTOMER, HelpcrunchCase
from ..common_threads import ThreadCase


@tagged("post_install", "-at_install")
class TestQueries(HelpcrunchCase):
    """The promises of architecture 4, and that no history or drawing changes them."""

    def setUp(self):
        super().setUp()
        self.ask = self.step("What about?", "free_input")
        self.step("Welcome", alias="/start", next_step_id=self.ask)
        self.step("Leads", message="About leads", alias="leads")

    def _count(self, function):
        self.env.flush_all()
        self.env.invalidate_all()
        before = self.env.cr.sql_log_count
        function()
        self.env.flush_all()
        return self.env.cr.sql_log_count - before

    def _webhook(self, text):
        """Let the customer write; return the webhook of the message."""
        self.helpcrunch.captured(clear=True)
        self.helpcrunch.customer_says(CUSTOMER, text, application=2)
        return next(
            webhook
            for webhook in self.helpcrunch.captured(clear=True)
            if webhook["event"] == "message.chat.customer"
        )

    def _measure(self):
        """Return the queries of webhook, turn and delivery of one text."""
        webhook = self._webhook("leads")
        chat = self.chat()
        self.env.flush_all()
        with patch.object(dialogues, "after_webhook"):
            received = self._count(lambda: self.receive(webhook))
        events = self.env["helpcrunch.event"]
        turn = self._count(lambda: events._take_turn(chat.id))
        self.assertEqual(self.chat().message_ids[0].body, "About leads")
        with self.enter_registry_test_mode():
            sender = Sender(self.env.cr.dbname, chat.id)
            delivery = self._count(sender.run)
        self.assertEqual(sender.delivery.sent, 1)
        self.env.invalidate_all()
        return received, turn, delivery

    def test_one_text(self):
        self.says("Hi")
        self._measure()
        received, turn, delivery = self._measure()
        self.assertLessEqual(received, 3)
        self.assertLessEqual(turn, 10)
        self.assertLessEqual(delivery, 8)

    def test_a_large_bot_and_a_long_history_cost_no_more(self):
        self.says("Hi")
        self._measure()
        small = self._measure()
        self.env["helpcrunch.step"].create(
            [
                {
                    "name": f"Step {number}",
                    "bot_id": self.bot.id,
                    "step_type": "text",
                    "message": f"Text {number}",
                    "alias_ids": [(0, 0, {"name": f"phrase {number}"})],
                }
                for number in range(500)
            ],
        )
        chat = self.chat()
        self.env["helpcrunch.message"].create(
            [
                {
                    "chat_id": chat.id,
                    "direction": "in",
                    "author_type": "customer",
                    "body": f"Line {number}",
                    "occurred_at": "2026-01-01 10:00:00",
                }
                for number in range(1000)
            ],
        )
        # The first turn after a change of the drawing compiles the bot anew.
        self._measure()
        self.assertEqual(self._measure(), small)


class _Counter:
    """Counts what every cursor of this process asks of the database."""

    def __init__(self):
        self.statements = self.transactions = 0

    def watch(self):
        execute, counter = Cursor.execute, self

        def counted(cursor, query, *args, **kwargs):
            counter.transactions += cursor._cnx.status == STATUS_READY
            # In one round trip the level of isolation, perhaps, and the statement.
            code = query.code if isinstance(query, SQL) else query
            counter.statements += len(list(filter(str.strip, code.split(";"))))
            return execute(cursor, query, *args, **kwargs)

        return patch.object(Cursor, "execute", counted)


@tagged("post_install", "-at_install")
class TestWholeTurn(ThreadCase):
    """From a webhook to the reply at HelpCrunch: architecture 4, on real cursors.

    Odoo's own look at its signals, before each request, comes on top.
    """

    def _answer_once(self):
        """Let the customer write; return what it took until the reply was there."""
        self.helpcrunch.customer_says(5001, "/start", application=2)
        (webhook,) = self._new_webhooks("message.chat.customer")
        counter = _Counter()
        with counter.watch():
            self.receive(webhook)
            self.settle()
        for echo in self._new_webhooks("message.chat.agent"):
            with counter.watch():
                self.receive(echo)
                self.settle()
        return counter

    def _new_webhooks(self, kind):
        webhooks = self.helpcrunch.captured(clear=True)
        return [webhook for webhook in webhooks if webhook["event"] == kind]

    def test_statements_and_transactions(self):
        with self.transaction(self.manager_id) as env:
            start = env["helpcrunch.step"].search(
                [("bot_id", "=", self.bot_id), ("name", "=", "Welcome")]
            )
            start.next_step_id = False
        self.begin()
        self._answer_once()
        counter = self._answer_once()
        # Taken in, answered, claimed, sent, and the echo taken in.
        self.assertEqual(counter.transactions, 5)
        self.assertLessEqual(counter.statements, 23)
