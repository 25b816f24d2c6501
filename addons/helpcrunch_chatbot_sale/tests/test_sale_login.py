"""A cart and a customer who is, for a while, a user of Odoo."""

from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.helpcrunch_chatbot.tests.common_logins import LoginTalk

from .common import SaleCase


@tagged("post_install", "-at_install")
class TestSaleLogin(LoginTalk, SaleCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.add_people()
        cls.draw_login(cls.catalogue)

    def buys(self, user):
        """Let a customer log in as somebody and order two black teas."""
        self.logs_in(user)
        return self.says_each("black", "1", "2", "no", "yes")

    def test_a_colleague_sells_to_herself(self):
        self.catalogue.with_user(self.manager).write(
            {"sale_user_id": self.shopkeeper.id, "sale_state": "sent"}
        )
        self.buys(self.oksana)
        order = self.sale_orders()
        self.assertEqual(order.create_uid, self.oksana)
        self.assertEqual(order.user_id, self.oksana)
        self.assertEqual(order.partner_id, self.oksana.partner_id)
        self.assertEqual((order.state, order.amount_total), ("sent", 20))
        self.assertEqual(order.helpcrunch_bot_id, self.bot)
        self.assertFalse(self.cart().line_ids)

    @mute_logger("odoo.addons.helpcrunch_chatbot.jobs.dialogues")
    def test_no_more_rights_than_the_user_has(self):
        for user in (self.clerk, self.portal):
            with self.subTest(user=user.login):
                self.buys(user)
                self.assertFalse(self.sale_orders())
                why = self.chat().with_user(self.manager).why
                self.assertIn("who may not do this in Odoo", why)
                self.assertTrue(self.cart().line_ids, "nothing is lost")
                self.says("/logout")
        self.says_each("catalogue", "cart", "yes")
        self.assertEqual(len(self.sale_orders()), 1)

    def test_after_logging_out_it_is_the_customers_again(self):
        self.buys(self.oksana)
        self.says("/logout")
        self.fill(("green", "1"))
        self.says_each("no", "yes")
        self.assertEqual(self.sale_orders()[1:].create_uid.id, 1)
        self.assertNotEqual(self.sale_orders()[1:].partner_id, self.oksana.partner_id)
