from odoo import SUPERUSER_ID, api
from odoo.fields import Command
from odoo.tests import tagged

from odoo.addons.helpcrunch_chatbot.tests.common_threads import ThreadCase


@tagged("post_install", "-at_install")
class TestSaleThreads(ThreadCase):
    """One confirmation is one order, whoever takes the turn, and how often."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.shopkeeper_id = cls._create_person(
            "thread_shopkeeper",
            "sales_team.group_sale_manager,product.group_product_manager",
        )

    def setUp(self):
        super().setUp()
        with self.transaction(self.shopkeeper_id) as env:
            self.product_id = (
                env["product.product"]
                .create(
                    {
                        "name": "Tea of threads",
                        "list_price": 10,
                        "taxes_id": [Command.clear()],
                    }
                )
                .id
            )
        with self.transaction(self.manager_id) as env:
            env["helpcrunch.step"].create(
                {
                    "name": "Teas",
                    "message": "Teas",
                    "step_type": "text",
                    "bot_id": self.bot_id,
                    "flow": "sale",
                    "sale_product_ids": [Command.set([self.product_id])],
                    "alias_ids": [Command.create({"name": "/teas"})],
                }
            )

    def _clean_up(self):
        with self.transaction() as env:
            env["sale.order"].search(
                [("order_line.product_id", "=", self.product_id)]
            ).unlink()
        result = super()._clean_up()
        with self.transaction() as env:
            env["product.product"].browse(self.product_id).product_tmpl_id.unlink()
        return result

    def writes(self, text, customer=5001):
        """Let a customer write; return the webhook of the message."""
        self.helpcrunch.captured(clear=True)
        self.helpcrunch.customer_says(customer, text, application=2)
        return next(
            webhook
            for webhook in self.helpcrunch.captured(clear=True)
            if webhook["event"] == "message.chat.customer"
        )

    def fill(self, quantity, customer=5001):
        """Let a customer come as far as the question of the cart."""
        self.helpcrunch.customer_says(customer, "Hi", application=2)
        for webhook in self.helpcrunch.captured(clear=True):
            self.receive(webhook)
        self.settle()
        for text in ("/teas", "1", quantity, "cart"):
            self.receive(self.writes(text, customer))
            self.settle()

    def confirmed(self):
        """Return the quantities ordered, and what is left in carts."""
        with self.transaction() as env:
            lines = env["sale.order.line"].search(
                [("product_id", "=", self.product_id)]
            )
            carts = env["helpcrunch.cart.line"].search(
                [("product_id", "=", self.product_id)]
            )
            return sorted(lines.mapped("product_uom_qty")), carts.mapped("quantity")

    def test_one_confirmation_that_many_bring(self):
        self.fill("2")
        self.assertEqual(self.confirmed(), ([], [2]))
        webhook = self.writes("yes")
        self.together(*[lambda: self.receive(webhook)] * 6)
        self.settle()
        self.assertEqual(self.confirmed(), ([2], []))

    def test_killed_before_the_commit(self):
        self.fill("2")
        receipt = self.receive(self.writes("yes"), do_work=False)
        with self.registry.cursor() as dying:
            env = api.Environment(dying, SUPERUSER_ID, {})
            self.assertTrue(env["helpcrunch.event"]._take_turn(receipt.chat_id))
            domain = [("helpcrunch_chat_id", "=", receipt.chat_id)]
            self.assertEqual(env["sale.order"].search_count(domain), 1)
            dying.rollback()
        self.assertEqual(self.confirmed(), ([], [2]))
        with self.transaction() as env:
            self.assertTrue(env["helpcrunch.event"]._take_turn(receipt.chat_id))
        self.assertEqual(self.confirmed(), ([2], []))
        with self.transaction() as env:
            self.assertFalse(env["helpcrunch.event"]._take_turn(receipt.chat_id))
        self.assertEqual(self.confirmed(), ([2], []))

    def test_two_dialogues_of_one_contact_at_once(self):
        for customer, quantity in ((5001, "2"), (5002, "3")):
            self.fill(quantity, customer)
        with self.transaction() as env:
            chats = self.chats(env)
            partner = chats[0].partner_id
            chats.customer_id.partner_id = chats.partner_id = partner
            partner_id = partner.id
        webhooks = [self.writes("yes", customer) for customer in (5001, 5002)]
        self.together(
            *[lambda webhook=webhook: self.receive(webhook) for webhook in webhooks]
        )
        self.settle()
        self.assertEqual(self.confirmed(), ([2, 3], []))
        with self.transaction() as env:
            orders = env["sale.order"].search([("partner_id", "=", partner_id)])
            self.assertEqual(len(orders.helpcrunch_chat_id), 2)
