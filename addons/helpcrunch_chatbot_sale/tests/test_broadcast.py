from odoo.tests import tagged

from odoo.addons.helpcrunch_chatbot.tests.common_broadcasts import BroadcastCase

from .common import SaleCase


@tagged("post_install", "-at_install")
class TestBroadcastInBetween(SaleCase, BroadcastCase):
    """News arrives while somebody shops."""

    def test_news_that_ask_nothing(self):
        self.fill(("black", "2"))
        self.says("cart")
        self.send()
        self.assertEqual(self.texts()[-1], "News")
        self.says("yes")
        self.assertEqual(len(self.sale_orders()), 1)
        self.assertEqual(self.sale_orders().order_line.product_id, self.black)

    def test_news_that_ask_something(self):
        ask = self.step("Do you like it?", "free_input", next_step_id=self.thanks)
        self.news.next_step_id = ask
        self.fill(("black", "2"))
        self.says("cart")
        self.send()
        self.assertEqual(self.texts()[-1], "Do you like it?")
        # The answer is one to the newest question; then the cart is asked again.
        self.says("yes")
        self.assertFalse(self.sale_orders())
        self.assertIn("Order it?", self.texts()[-1])
        self.says("yes")
        self.assertEqual(len(self.sale_orders()), 1)
