"""One test for each row of the user's manual that is about operators.

Chapter 5 (forward to operator) and the four rules of chapter 7 (/lead).
"""

from odoo.tests import tagged

from ..common import HUMAN_AGENT
from ..common_operators import OperatorCase


@tagged("post_install", "-at_install")
class TestManualOperators(OperatorCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.lead_step = cls.step("Лід", "create_lead", alias="lead", message="")

    # === 5. FORWARD TO OPERATOR === #

    def test_manual_5_requests_go_to_the_operators_in_turn(self):
        self.add_operator(self.petro)
        users = [self.connect(customer).user_id.name for customer in range(5001, 5005)]
        self.assertEqual(users, ["Olena", "Petro", "Olena", "Petro"])

    def test_manual_5_active_chats_of_one_operator_are_limited(self):
        states = [self.connect(customer).state for customer in range(5001, 5004)]
        self.assertEqual(states, ["operator", "operator", "queued"])

    def test_manual_5_message_after_the_maximum_waiting_time(self):
        self.connect()
        self.writes(self.olena, "Слухаю вас")
        self.wait(5)
        self.assertEqual(self.texts()[-1], "Still there?")

    def test_manual_5_the_dialogue_ends_and_the_connection_with_it(self):
        chat = self.connect()
        self.writes(self.olena, "Слухаю вас")
        self.assertEqual(self.session().state, "active")
        self.wait(15)
        self.assertEqual(self.session().state, "done")
        self.assertFalse(chat.user_id)
        self.assertFalse(self.channel().helpcrunch_session_id)

    def test_manual_5_no_operator_leads_to_the_step_for_it(self):
        self.forward.no_operator_step_id = self.step("Зателефонуємо завтра")
        self.operator.available = False
        self.connect()
        self.assertEqual(self.texts()[-1], "Зателефонуємо завтра")

    def test_manual_5_several_queues_each_with_its_own_step(self):
        support = self.queue.copy({"name": "Support"})
        self.add_operator(self.petro, support)
        self.step("До підтримки", "forward_operator", alias="support", queue_id=support)
        self.assertEqual(self.bot.operator_queue_ids, self.queue | support)
        self.assertEqual(self.bot.operator_count, 2)
        self.assertEqual(self.connect().user_id, self.olena)
        self.says("Hi", customer=5002)
        self.says("support", customer=5002)
        self.assertEqual(self.chat(5002).user_id, self.petro)

    def test_manual_5_the_filter_holds_for_this_step_too(self):
        self.forward.partner_domain = "[('phone', '!=', False)]"
        chat = self.connect()
        self.assertEqual(chat.state, "bot")
        self.assertEqual(self.texts()[-1], "Thank you")

    # === 7. /LEAD === #

    def _order_lead(self, step_type, messenger_type, connected):
        self.lead_step.lead_type = step_type
        self.account.helpcrunch_crm_type = messenger_type
        if connected:
            self.connect()
            self.orders(self.olena, "/lead")
        else:
            self.says("Hi")
            self.helpcrunch.note(HUMAN_AGENT, int(self.chat().external_id), "/lead")
            self.take_in()
        lead = self.chat().lead_ids
        self.assertEqual(len(lead), 1)
        return lead.type

    def test_manual_7_1_with_an_operator(self):
        self.assertEqual(self._order_lead("lead", "lead", True), "lead")

    def test_manual_7_1_without_an_operator(self):
        self.assertEqual(self._order_lead("lead", "lead", False), "lead")

    def test_manual_7_2_with_an_operator(self):
        self.assertEqual(self._order_lead("opportunity", "lead", True), "lead")

    def test_manual_7_2_without_an_operator(self):
        self.assertEqual(self._order_lead("opportunity", "lead", False), "opportunity")

    def test_manual_7_3_with_an_operator(self):
        self.assertEqual(
            self._order_lead("opportunity", "opportunity", True), "opportunity"
        )

    def test_manual_7_3_without_an_operator(self):
        self.assertEqual(
            self._order_lead("opportunity", "opportunity", False), "opportunity"
        )

    def test_manual_7_4_with_an_operator(self):
        self.assertEqual(self._order_lead("lead", "opportunity", True), "opportunity")

    def test_manual_7_4_without_an_operator(self):
        self.assertEqual(self._order_lead("lead", "opportunity", False), "lead")

    def test_manual_7_waiting_in_the_queue_is_not_connected(self):
        self.lead_step.lead_type = "lead"
        self.account.helpcrunch_crm_type = "opportunity"
        self.operator.available = False
        self.connect()
        self.helpcrunch.note(HUMAN_AGENT, int(self.chat().external_id), "/lead")
        self.take_in()
        self.assertEqual(self.chat().lead_ids.type, "lead")

    def test_manual_7_without_a_lead_step_the_messenger_decides(self):
        self.lead_step.unlink()
        self.account.helpcrunch_crm_type = "opportunity"
        self.says("Hi")
        self.helpcrunch.note(HUMAN_AGENT, int(self.chat().external_id), "/lead")
        self.take_in()
        self.assertEqual(self.chat().lead_ids.type, "opportunity")
