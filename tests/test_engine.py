from odoo.tests import tagged

from .common import CUSTOMER, HelpcrunchCase


@tagged("post_install", "-at_install")
class TestEngine(HelpcrunchCase):
    def test_welcome_then_question(self):
        ask = self.step("What about?", "free_input")
        self.step("Welcome", alias="/start", next_step_id=ask)
        self.assertEqual(self.says("Hi", name="Taras"), ["Welcome", "What about?"])
        chat = self.chat()
        self.assertEqual(chat.step_id, ask)
        self.assertTrue(chat.waiting)
        self.assertEqual(chat.partner_id.name, "Taras")

    def test_answer_leads_to_the_step_with_that_alias(self):
        ask = self.step("What about?", "free_input")
        self.step("Welcome", alias="/start", next_step_id=ask)
        self.step("Leads", message="About leads", alias="Ліди")
        self.says("Hi")
        self.assertEqual(self.says("  ліди! "), ["About leads"])
        self.assertEqual(self.says("nonsense"), ["I did not understand."])
        self.assertEqual(self.chat(CUSTOMER).misses, 1)
