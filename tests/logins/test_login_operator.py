"""A link that is confirmed, or taken back, while an operator has the dialogue."""

from odoo.tests import new_test_user, tagged

from ..common_operators import OperatorCase


@tagged("post_install", "-at_install")
class TestLoginOperator(OperatorCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.clerk = new_test_user(cls.env, "clerk", "base.group_user", name="Clerk")
        cls.step("Log in", "login", alias="login", next_step_id=cls.thanks)

    def test_the_operator_is_told_and_the_bot_says_nothing(self):
        self.says("Hi")
        former = self.partner()
        self.says("login")
        self.says("help me")
        before = self.texts()
        login = self.env["helpcrunch.login"].search([])
        self.assertIsNone(login._confirm(self.clerk))
        self.settle()
        chat = self.chat()
        self.assertEqual((chat.state, chat.user_id), ("operator", self.olena))
        self.assertEqual(chat.partner_id, self.clerk.partner_id)
        self.assertEqual(self.texts(), before)
        self.assertIn("The customer is logged in as Clerk.", self.lines())
        self.writes(self.olena, "Good day")
        self.says("/logout")
        self.assertEqual(chat.partner_id, former)
        self.assertEqual(self.texts()[-1], "Good day")
        self.assertEqual(chat.state, "operator")

    def test_what_an_operator_orders_is_the_operators_own(self):
        self.says("Hi")
        self.says("login")
        self.env["helpcrunch.login"].search([])._confirm(self.clerk)
        self.settle()
        self.says("help me")
        self.orders(self.olena, "/lead")
        lead = self.chat().lead_ids
        self.assertEqual(lead.user_id, self.olena)
        self.assertEqual(lead.partner_id, self.clerk.partner_id)
