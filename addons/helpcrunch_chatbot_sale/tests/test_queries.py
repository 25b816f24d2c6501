from odoo.fields import Command
from odoo.tests import tagged

from odoo.addons.helpcrunch_chatbot.jobs.sender import Sender

from .common import SaleCase


@tagged("post_install", "-at_install")
class TestSaleQueries(SaleCase):
    """A turn costs as much in a large shop, and after many orders."""

    def measure(self, text):
        """Return the queries of the turn that a text makes."""
        self.helpcrunch.captured(clear=True)
        self.helpcrunch.customer_says(5001, text, application=2)
        chat, events = self.chat(), self.env["helpcrunch.event"]
        with self.enter_test_mode_if_needed():
            for webhook in self.helpcrunch.captured(clear=True):
                events._receive(
                    self.account.webhook_token,
                    lambda webhook=webhook: webhook["body"],
                    len(webhook["body"]),
                    webhook["headers"]["X-HelpCrunch-Signature"],
                )
        self.env.flush_all()
        self.env.invalidate_all()
        before = self.env.cr.sql_log_count
        self.assertTrue(events._take_turn(chat.id))
        self.env.flush_all()
        return self.env.cr.sql_log_count - before

    def dialogue(self):
        """Let a customer order; return the queries of each text's turn."""
        texts = ("/catalogue", "tea", "1", "2", "cart", "yes")
        queries = {}
        for text in texts:
            queries[text] = self.measure(text)
            with self.enter_test_mode_if_needed():
                Sender(self.env.cr.dbname, self.chat().id).run()
            self.take_in()
        return queries

    def test_size_and_history_cost_nothing(self):
        self.says("Hi")
        # The first order of all makes what is there from then on, and fills caches.
        for _number in range(2):
            self.dialogue()
        small = self.dialogue()
        self.keep("product.product").create(
            [
                {
                    "name": f"Tea {number:03}",
                    "list_price": number,
                    "categ_id": self.tea.id,
                    "taxes_id": [Command.clear()],
                }
                for number in range(300)
            ]
        )
        for _number in range(20):
            self.sale_orders()[0].copy().write(
                {"helpcrunch_chat_id": self.chat().id, "helpcrunch_turn": 0}
            )
        self.env["helpcrunch.message"].create(
            [
                {
                    "chat_id": self.chat().id,
                    "direction": "out",
                    "author_type": "bot",
                    "state": "sent",
                    "occurred_at": "2026-01-01 10:00:00",
                    "body": f"Line {number}",
                }
                for number in range(300)
            ]
        )
        # What was made anew has emptied caches.
        self.dialogue()
        large = self.dialogue()
        for text, queries in large.items():
            with self.subTest(text=text):
                self.assertLessEqual(queries, small[text])
                self.assertLessEqual(queries, 65 if text == "yes" else 40)
