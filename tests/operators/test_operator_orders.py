from odoo.exceptions import AccessError
from odoo.tests import Form, new_test_user, tagged

from ..common_operators import OperatorCase


@tagged("post_install", "-at_install")
class TestOperatorOrders(OperatorCase):
    """Buttons and commands are one path."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.boss = new_test_user(
            cls.env, "orders_boss", "helpcrunch_chatbot.group_manager", name="Boss"
        )
        cls.ask = cls.step("How many?", "free_input", alias="ask")

    def presses(self, name, user=None):
        action = getattr(self.chat().with_user(user or self.boss), name)()
        self.settle()
        return action

    def why(self):
        return [
            line["text"]
            for event in self.env["helpcrunch.event"].search(
                [("chat_id", "=", self.chat().id)], order="id"
            )
            for line in event.trace or ()
            if line["code"] == "command"
        ]

    def test_pause_at_a_question_and_return(self):
        self.says("Hi")
        self.says("ask")
        chat = self.chat()
        self.presses("action_pause")
        self.assertEqual(chat.state, "paused")
        self.assertEqual(self.says("7"), [])
        self.presses("action_return_to_bot")
        self.assertEqual((chat.state, chat.waiting), ("bot", True))
        self.assertEqual(chat.step_id, self.ask)
        self.assertEqual(self.texts()[-1], "How many?")
        self.assertEqual(self.why(), ["/pause", "/resume"])

    def test_return_from_an_operator_goes_on_with_the_flow(self):
        chat = self.connect()
        self.presses("action_return_to_bot")
        self.assertEqual(chat.state, "bot")
        self.assertEqual(self.session().end_reason, "operator")
        self.assertEqual(self.texts()[-1], "Thank you")
        self.assertIn("The bot has the dialogue again.", self.lines()[-1])
        # Nothing more to return.
        self.presses("action_return_to_bot")
        self.assertEqual(self.why(), ["/resume"])

    def test_a_lead_is_one_however_it_is_ordered(self):
        chat = self.connect()
        self.presses("action_create_lead")
        self.orders(self.olena, "/lead Big one")
        self.presses("action_create_lead")
        self.assertEqual(len(chat.lead_ids), 1)
        self.assertEqual(self.why(), ["/lead", "/lead Big one", "/lead"])
        self.assertEqual(chat.lead_ids.user_id, self.olena)

    def test_a_lead_is_one_beside_a_pause(self):
        chat = self.connect()
        self.orders(self.olena, "/lead")
        self.orders(self.olena, "/pause")
        self.presses("action_create_lead")
        self.assertEqual(len(chat.lead_ids), 1)

    def test_the_button_leads_to_the_lead(self):
        self.says("Hi")
        action = self.presses("action_create_lead")
        self.assertEqual(action["type"], "ir.actions.server")
        opened = (
            self.env["ir.actions.server"]
            .browse(action["id"])
            .with_user(self.boss)
            .with_context(**action["context"])
            .run()
        )
        self.assertEqual(opened["res_model"], "crm.lead")
        self.assertEqual(opened["res_id"], self.chat().lead_ids.id)

    def test_handing_over_by_the_window_is_the_same_order(self):
        self.add_operator(self.petro)
        chat = self.connect()
        wizards = self.env["helpcrunch.chat.assign"].with_user(self.olena)
        form = Form(wizards.with_context(default_chat_id=chat.id))
        form.operator_id = self.queue.operator_ids.filtered(
            lambda row: row.user_id == self.petro
        )
        form.save().action_assign()
        self.settle()
        self.assertEqual(chat.user_id, self.petro)
        self.assertEqual(self.why(), ["/transfer Petro"])

    def test_an_order_overtakes_what_is_put_off(self):
        self.says("Hi")
        # Nobody knows whether the question was heard, so its answer waits.
        self.helpcrunch.set(
            fail_next=[
                {"fail": "drop_before", "path": "POST /v1/messages"},
                {"fail": 500, "path": "GET /v1/chats", "times": 20},
            ]
        )
        self.says("ask")
        self.assertEqual(self.says("7"), [])
        waits = self.env["helpcrunch.event"].search([("state", "=", "pending")])
        self.assertEqual(waits.event_type, "message.chat.customer")
        self.assertTrue(waits.not_before)
        waits.not_before = "2100-01-01 00:00:00"
        self.presses("action_pause")
        self.assertEqual(self.chat().state, "paused")
        self.assertEqual(self.why(), ["/pause"])
        # What waited is a person's now.
        waits.not_before = False
        self.assertEqual(self.says("Hello?"), [])
        self.assertEqual(waits.state, "done")
        self.assertEqual(self.chat().state, "paused")
        self.assertEqual(self.why(), ["/pause"])

    def test_others_may_order_nothing(self):
        self.connect()
        for name in ("action_pause", "action_return_to_bot", "action_create_lead"):
            with self.subTest(name), self.assertRaises(AccessError):
                self.presses(name, self.petro)
        self.presses("action_pause", self.olena)
        self.assertEqual(self.chat().state, "paused")
