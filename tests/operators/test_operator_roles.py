from odoo.exceptions import AccessError
from odoo.tests import Form, new_test_user, tagged

from ..common_operators import OperatorCase


@tagged("post_install", "-at_install")
class TestOperatorRoles(OperatorCase):
    """Who may see and do what, as each role."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.clerk = new_test_user(cls.env, "clerk", "base.group_user")
        cls.portal = new_test_user(cls.env, "portal", "base.group_portal")

    def test_sessions(self):
        self.connect()
        session = self.session()
        for user, visible in (
            (self.olena, True),
            (self.manager, True),
            (self.petro, False),
        ):
            found = session.with_user(user).search([("id", "=", session.id)])
            self.assertEqual(bool(found), visible, user.login)
        for user in (self.clerk, self.portal):
            with self.assertRaises(AccessError):
                session.with_user(user).search([])
        with self.assertRaises(AccessError):
            session.with_user(self.olena).state = "done"

    def test_queues_and_operators(self):
        for user in (self.olena, self.petro, self.manager):
            self.assertIn(self.queue, self.queue.with_user(user).search([]))
        for user in (self.clerk, self.portal):
            with self.assertRaises(AccessError):
                self.queue.with_user(user).search([])
            with self.assertRaises(AccessError):
                self.operator.with_user(user).search([])
        with self.assertRaises(AccessError):
            self.queue.with_user(self.olena).max_active_chats = 99
        with self.assertRaises(AccessError):
            self.operator.with_user(self.olena).available = False
        self.queue.with_user(self.manager).max_active_chats = 4

    def test_another_company_sees_nothing(self):
        company = self.env["res.company"].create({"name": "Other"})
        stranger = new_test_user(
            self.env,
            "stranger",
            "helpcrunch_chatbot.group_manager",
            company_id=company.id,
            company_ids=[(6, 0, company.ids)],
        )
        self.connect()
        for records in (self.queue, self.operator, self.session(), self.chat()):
            self.assertFalse(
                records.with_user(stranger).search([("id", "in", records.ids)]),
                records._name,
            )

    def test_who_is_no_operator_has_no_switch(self):
        operators = self.env["helpcrunch.operator"]
        for user in (self.petro, self.clerk, self.portal):
            self.assertIsNone(operators.with_user(user)._describe_my_desk())
            self.assertIsNone(operators.with_user(user).set_my_availability(True))
        desk = operators.with_user(self.olena)._describe_my_desk()
        self.assertTrue(desk["available"])

    def test_handing_over_by_the_wizard(self):
        self.add_operator(self.petro)
        chat = self.connect()
        wizards = self.env["helpcrunch.chat.assign"]
        form = Form(wizards.with_user(self.olena).with_context(default_chat_id=chat.id))
        self.assertEqual(form.queue_id, self.queue)
        form.operator_id = self.queue.operator_ids.filtered(
            lambda row: row.user_id == self.petro
        )
        form.save().action_assign()
        self.settle()
        self.assertEqual(chat.user_id, self.petro)
        # Who has seen the dialogue may look at it, and nobody else.
        ivan = self._user("ivan", "Ivan")
        wizard = wizards.create({"chat_id": chat.id, "queue_id": self.queue.id})
        with self.assertRaises(AccessError):
            wizard.with_user(ivan).action_assign()

    def test_a_manager_assigns_a_dialogue_of_the_bot(self):
        ask = self.step("Your name?", "update_contact", field_id=self.field("name"))
        self.step("Ask", alias="ask", message="", next_step_id=ask)
        self.says("Hi")
        self.says("ask")
        chat = self.chat()
        action = chat.with_user(self.manager).action_assign()
        form = Form(
            self.env[action["res_model"]]
            .with_user(self.manager)
            .with_context(**action["context"])
        )
        self.assertEqual(form.queue_id, self.queue)
        form.save().action_assign()
        self.settle()
        self.assertEqual(chat.user_id, self.olena)
        self.orders(self.olena, "/resume")
        self.assertEqual(self.texts()[-1], "Your name?")

    def test_the_dialogues_buttons(self):
        chat = self.connect()
        with self.assertRaises(AccessError):
            chat.with_user(self.petro).action_open_discuss()
        action = chat.with_user(self.olena).action_open_discuss()
        self.assertEqual(
            action["context"]["active_id"], f"discuss.channel_{self.channel().id}"
        )
        with self.refused("Only the operator"):
            chat.with_user(self.manager).action_open_discuss()
        chat.with_user(self.manager).action_return_to_bot()
        self.settle()
        self.assertEqual(chat.state, "bot")
        self.assertEqual(self.session().state, "done")
        self.assertFalse(self.channel().helpcrunch_session_id)
        self.assertEqual(self.operator.active_chat_count, 0)

    def test_a_manager_pauses_what_an_operator_has(self):
        chat = self.connect()
        chat.with_user(self.manager).action_pause()
        self.settle()
        self.assertEqual(chat.state, "paused")
        self.writes(self.olena, "I go on")
        self.assertEqual(chat.state, "operator")
        self.assertEqual(self.texts()[-1], "I go on")
