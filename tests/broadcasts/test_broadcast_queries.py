from unittest.mock import patch

from odoo.tests import tagged

from ...jobs import sender as sender_module
from ..common_broadcasts import BroadcastCase


@tagged("post_install", "-at_install")
class TestBroadcastQueries(BroadcastCase):
    """What planning and sending cost, however many recipients there are."""

    def _count(self, function, *args):
        self.env.flush_all()
        self.env.invalidate_all()
        before = self.env.cr.sql_log_count
        result = function(*args)
        self.env.flush_all()
        return self.env.cr.sql_log_count - before, result

    def _make_many(self, count):
        """Copy the dialogue of one customer, with customer and contact."""
        chat = self.chat()
        partners = self.env["res.partner"].create(
            [{"name": f"Contact {number}"} for number in range(count)]
        )
        customers = self.env["helpcrunch.customer"].create(
            [
                {
                    "account_id": self.account.id,
                    "external_id": str(70000 + number),
                    "partner_id": partner.id,
                }
                for number, partner in enumerate(partners)
            ]
        )
        self.env["helpcrunch.chat"].create(
            [
                {
                    "account_id": self.account.id,
                    "external_id": str(80000 + number),
                    "bot_id": self.bot.id,
                    "application_id": chat.application_id.id,
                    "customer_id": customer.id,
                    "partner_id": customer.partner_id.id,
                    "started_at": chat.started_at,
                }
                for number, customer in enumerate(customers)
            ]
        )

    def test_planning_costs_the_same_for_few_and_for_many(self):
        self.customers(1)
        plan = self.env["helpcrunch.broadcast"]._plan
        plan(self.news, "2026-01-03 07:00:00")
        few, _broadcast = self._count(plan, self.news, "2026-01-01 07:00:00")
        self._make_many(500)
        many, broadcast = self._count(plan, self.news, "2026-01-02 07:00:00")
        self.assertEqual(len(broadcast.recipient_ids), 501)
        self.assertEqual(many, few)
        self.assertLessEqual(few, 10)

    def _look_at(self, count):
        """Return the queries of a look that finds so many, and of the first's turn."""
        self._make_many(count)
        self.plan()
        self.account.requests_per_minute = 248
        self.by_machine(self.account).budget_ids.calls = {}
        broadcasts = self.env["helpcrunch.broadcast"]
        look, (chat_ids, is_more) = self._count(broadcasts._dispatch)
        self.assertEqual((len(chat_ids), is_more), (2, True))
        events = self.env["helpcrunch.event"]
        events._take_turn(chat_ids[0])
        turn, outcome = self._count(events._take_turn, chat_ids[1])
        self.assertTrue(outcome.said and outcome.is_bulk)
        return look, turn

    def test_a_look_costs_the_same_for_few_and_for_many(self):
        self.customers(1)
        with patch.object(sender_module.Sender, "run", lambda sender: sender.delivery):
            look, turn = self._look_at(10)
        self.assertLessEqual(look, 24)
        self.assertLessEqual(turn, 22)

    def test_a_look_among_many(self):
        self.customers(1)
        with patch.object(sender_module.Sender, "run", lambda sender: sender.delivery):
            look, turn = self._look_at(1000)
        self.assertLessEqual(look, 24)
        self.assertLessEqual(turn, 22)
