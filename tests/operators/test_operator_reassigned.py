from odoo.tests import tagged

from ..common import BOT_AGENT, HUMAN_AGENT
from ..common_operators import OperatorCase

_OTHER = 303


@tagged("post_install", "-at_install")
class TestOperatorReassigned(OperatorCase):
    """HelpCrunch gives a chat to somebody else by itself."""

    def agent(self, number=HUMAN_AGENT):
        return self.account.agent_ids.filtered(
            lambda row: row.external_id == str(number)
        )

    def assigned(self, number):
        """Let HelpCrunch make somebody responsible, some time later."""
        self.later()
        self.helpcrunch.assign(int(self.chat().external_id), number)
        self.take_in()
        return self.env["helpcrunch.event"].search(
            [("event_type", "=", "chat.assigned")], limit=1, order="id desc"
        )

    def assert_still_has_it(self, user):
        chat = self.chat()
        self.assertEqual((chat.state, chat.user_id), ("operator", user))
        self.assertEqual(chat.session_ids.mapped("state"), ["active"])
        self.assertTrue(self.channel().helpcrunch_session_id)
        # The customer and the operator go on.
        self.says("Are you there?")
        self.assertIn("Are you there?", self.lines()[-1])
        self.writes(user, "Yes, I am")
        self.assertEqual(self.texts()[-1], "Yes, I am")

    def test_an_operator_without_an_agent(self):
        self.connect()
        event = self.assigned(HUMAN_AGENT)
        self.assertEqual((event.state, event.reason), ("ignored", "reassigned"))
        self.assertIn("answers in Odoo", event.reason_text)
        self.assert_still_has_it(self.olena)

    def test_an_operator_who_has_an_agent_and_answers_in_odoo(self):
        self.operator.agent_id = self.agent()
        self.connect()
        self.writes(self.olena, "Hello")
        for number in (_OTHER, int(BOT_AGENT), HUMAN_AGENT):
            with self.subTest(agent=number):
                self.assigned(number)
                self.assert_still_has_it(self.olena)

    def test_helpcrunch_gives_it_to_the_next_in_turn(self):
        self.operator.agent_id = self.agent()
        chat = self.connect()
        self.writes(self.olena, "Hello")
        self.says("And?")
        self.later()
        self.helpcrunch.reassign(int(chat.external_id))
        self.take_in()
        self.assertNotEqual(self.remote()["assignee"]["id"], HUMAN_AGENT)
        self.assert_still_has_it(self.olena)

    def test_who_answers_in_the_inbox_is_relieved_there(self):
        self.operator.agent_id = self.agent()
        chat = self.connect()
        self.writes(self.olena, "Hello from Odoo")
        self.agent_writes("Hello from HelpCrunch", HUMAN_AGENT)
        self.assigned(_OTHER)
        self.assertEqual(self.session().agent_id, self.agent(_OTHER))
        self.assertEqual(chat.session_ids[-1].end_reason, "transfer")

    def test_who_took_over_in_the_inbox_hands_over_there(self):
        self.says("Hi")
        self.agent_writes("I am here", HUMAN_AGENT)
        self.assigned(_OTHER)
        self.assertEqual(self.session().agent_id, self.agent(_OTHER))

    def test_whoever_writes_has_it_all_the_same(self):
        self.connect()
        self.assigned(_OTHER)
        self.agent_writes("I take it", _OTHER)
        self.assertEqual(self.session().agent_id, self.agent(_OTHER))

    def test_the_operators_own_agent_becomes_known(self):
        self.agent().with_user(self.manager).user_id = self.olena
        self.connect()
        self.assigned(HUMAN_AGENT)
        self.assertEqual(self.session().agent_id, self.agent())
        self.assert_still_has_it(self.olena)
