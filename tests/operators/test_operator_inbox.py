import time

from odoo.tests import tagged

from ...jobs import dialogues
from ...tools import webhook
from ..common import BOT_AGENT, HUMAN_AGENT
from ..common_operators import OperatorCase


@tagged("post_install", "-at_install")
class TestOperatorInbox(OperatorCase):
    """Operators who work in HelpCrunch's inbox, and what HelpCrunch tells of them."""

    def _map_agent(self):
        agent = self.account.agent_ids.filtered(
            lambda row: row.external_id == str(HUMAN_AGENT)
        )
        self.operator.agent_id = agent
        return agent

    def test_the_operators_agent_is_set_as_assignee(self):
        self._map_agent()
        chat = self.connect()
        self.assertEqual(self.remote()["assignee"]["id"], HUMAN_AGENT)
        self.assertEqual(chat.state, "operator")
        self.writes(self.olena, "Hello from Discuss")
        last = self.helpcrunch.messages(int(chat.external_id))[-1]
        self.assertEqual(last["agent"]["id"], HUMAN_AGENT)
        self.assertEqual(self.session().state, "active")
        self.assertEqual(len(chat.session_ids), 1)

    def test_what_the_agent_writes_is_the_operators_answer(self):
        self._map_agent()
        self.connect()
        self.agent_writes("Hello from HelpCrunch")
        self.assertTrue(self.session().first_response_at)
        self.assertEqual(self.lines()[-1], "Hello from HelpCrunch")
        self.assertEqual(len(self.chat().session_ids), 1)
        # Nor is it sent a second time.
        self.assertEqual(self.texts().count("Hello from HelpCrunch"), 1)

    def test_a_note_is_mirrored_for_staff_only(self):
        self.connect()
        chat = self.chat()
        self.helpcrunch.note(HUMAN_AGENT, int(chat.external_id), "Nice customer")
        self.take_in()
        self.assertIn("Nice customer", self.lines()[-1])
        self.assertTrue(chat.message_ids[0].is_note)
        self.assertEqual(chat.user_id, self.olena)

    def test_what_the_customer_says_of_it(self):
        chat = self.connect()
        self.writes(self.olena, "We are open until six.")
        self.orders(self.olena, "/close")
        self.helpcrunch.rate(int(chat.external_id), "great")
        self.take_in()
        self.assertEqual((chat.rating, chat.state), ("great", "done"))
        self.assertEqual(self.session().rating, "great")
        self.env.flush_all()
        report = self.env["helpcrunch.operator.report"].with_user(self.olena)
        self.assertEqual(report.search([]).rating, "great")

    def test_a_person_who_writes_unasked_has_the_dialogue(self):
        ask = self.step("Your name?", "update_contact", field_id=self.field("name"))
        self.step("Ask", alias="ask", message="", next_step_id=ask)
        self.says("Hi")
        self.says("ask")
        chat = self.chat()
        self.agent_writes("Can I help?")
        self.assertEqual(chat.state, "operator")
        session = self.session()
        self.assertEqual(session.agent_id.external_id, str(HUMAN_AGENT))
        self.assertFalse(session.operator_id)
        self.assertEqual(session.queue_id, self.queue)
        self.assertEqual(self.says("Olena"), [])
        # Called back, the bot asks its open question again.
        self.helpcrunch.note(HUMAN_AGENT, int(chat.external_id), "/resume")
        self.take_in()
        self.assertEqual(self.texts()[-1], "Your name?")
        self.says("Olena")
        self.assertEqual(chat.partner_id.name, "Olena")

    def test_assigned_alone_is_no_takeover(self):
        self.says("Hi")
        chat = self.chat()
        self.helpcrunch.assign(int(chat.external_id), HUMAN_AGENT)
        self.take_in()
        self.assertEqual(chat.state, "bot")

    def test_assigned_to_another_agent_moves_the_session(self):
        self._map_agent()
        chat = self.connect()
        self.later()
        self.helpcrunch.assign(int(chat.external_id), 303)
        self.take_in()
        self.assertEqual(
            chat.session_ids.mapped("state"), ["active", "done"], chat.session_ids
        )
        self.assertEqual(self.session().agent_id.external_id, "303")
        self.assertEqual(chat.session_ids[-1].end_reason, "transfer")

    def test_assigned_back_to_the_bot_ends_the_session(self):
        self._map_agent()
        chat = self.connect()
        self.later()
        self.helpcrunch.assign(int(chat.external_id), int(BOT_AGENT))
        self.take_in()
        self.assertEqual(self.session().end_reason, "helpcrunch")
        self.assertEqual(self.texts()[-1], "Thank you")
        self.assertEqual(chat.state, "bot")

    def test_an_operator_without_agent_speaks_as_the_bots(self):
        chat = self.connect()
        self.writes(self.olena, "It is me")
        last = self.helpcrunch.messages(int(chat.external_id))[-1]
        self.assertEqual(last["agent"]["id"], int(BOT_AGENT))
        # HelpCrunch gives the chat to the bot's agent then, and tells so.
        self.assertEqual(chat.state, "operator")
        self.says("Who are you?")
        self.assertEqual(self.texts()[-1], "It is me")

    def test_closed_in_helpcrunch_ends_the_session(self):
        chat = self.connect()
        self.helpcrunch.close(int(chat.external_id))
        self.take_in()
        self.assertEqual(chat.state, "done")
        self.assertEqual(self.session().end_reason, "helpcrunch")
        self.assertEqual(self.texts()[-1], "Olena is here.")

    def test_our_own_closing_comes_back_after_the_customer_wrote_again(self):
        chat = self.connect()
        self.orders_and_keeps_webhooks("/close")
        self.helpcrunch.customer_says(5001, "Wait!", application=2)
        captured = self.helpcrunch.captured(clear=True)
        first = [row for row in captured if row["event"] == "message.chat.customer"]
        with self.enter_test_mode_if_needed():
            for webhook in first + [row for row in captured if row not in first]:
                self.receive(webhook)
        self.settle()
        self.assertTrue({"chat.closed"} & {row["event"] for row in captured})
        self.assertEqual(chat.state, "bot")
        self.assertEqual(self.texts()[-1], "Welcome")

    def orders_and_keeps_webhooks(self, text):
        channel = self.channel().with_user(self.olena)
        channel.execute_command_helpcrunch(body=text)
        with self.enter_test_mode_if_needed():
            self.take_own_events()
        self.env.invalidate_all()

    def test_a_closing_that_waits_is_not_done_when_the_customer_writes(self):
        chat = self.connect()
        self.helpcrunch.set(down=True)
        self.orders(self.olena, "/close")
        self.assertEqual(chat.state, "done")
        self.helpcrunch.set(down=False)
        self.says("Wait!")
        closing = self.env["helpcrunch.outbox"].search(
            [("chat_id", "=", chat.id), ("kind", "=", "status")]
        )
        self.assertEqual(closing.state, "cancelled")
        self.assertEqual(chat.state, "bot")

    # === WHAT COMES LATE, TWICE OR IN ANOTHER ORDER === #

    def comes(self, event_type, data, at=None):
        """Let an event come whose time is another than now."""
        chat = self.chat()
        moment = at or time.time()
        event = webhook.interpret(
            f"test:{time.time()}:{event_type}",
            event_type,
            {"chat_id": chat.external_id, **data},
            {"createdAt": moment},
        )
        events = self.env["helpcrunch.event"]
        stored = events._store(self.account.id, self.account.company_id.id, event)
        self.assertTrue(stored)
        with self.enter_test_mode_if_needed():
            dialogues.take_turns(self.env.cr.dbname, chat.id)
            self.work()
        self.settle()

    def agent(self, number=HUMAN_AGENT):
        return self.account.agent_ids.filtered(
            lambda row: row.external_id == str(number)
        )

    def test_the_bots_auto_assignment_comes_after_the_operators(self):
        self._map_agent()
        chat = self.connect()
        at = self.session().started_at.timestamp()
        self.comes("chat.assigned", {"assignee": {"id": int(BOT_AGENT)}}, at)
        self.assertEqual(self.session().state, "active")
        self.assertEqual(chat.state, "operator")

    def test_an_assignment_that_waits_is_not_made_after_a_takeover(self):
        self._map_agent()
        self.says("Hi")
        self.by_machine(self.account).state = "draft"
        self.says("help me")
        self.agent_writes("I take it", agent=303)
        self.by_machine(self.account).state = "connected"
        with self.enter_test_mode_if_needed():
            dialogues.drain(self.env.cr.dbname)
            self.work()
        self.take_in()
        self.assertNotEqual((self.remote()["assignee"] or {}).get("id"), HUMAN_AGENT)

    def test_the_operators_own_agent_is_no_other_person(self):
        self.agent().user_id = self.olena
        chat = self.connect()
        self.later()
        self.helpcrunch.assign(int(chat.external_id), HUMAN_AGENT)
        self.take_in()
        self.assertEqual(len(chat.session_ids), 1)
        self.assertEqual(self.session().agent_id, self.agent())

    def test_somebody_new_in_helpcrunchs_team_is_not_the_operator(self):
        chat = self.connect()
        self.by_machine(self.agent(303)).unlink()
        self.agent_writes("I am new here", agent=303)
        self.assertEqual(len(chat.session_ids), 2)
        self.assertEqual(self.session().agent_id.external_id, "303")

    def test_an_old_message_of_an_agent_takes_nothing_over(self):
        self.add_operator(self.petro)
        chat = self.connect()
        self.orders(self.olena, "/transfer Petro")
        moment = time.time() - 600
        message = {"id": 77, "text": "I was here", "createdAt": str(moment)}
        self.comes(
            "message.chat.agent",
            {"agent": {"id": HUMAN_AGENT}, "message": message},
            moment,
        )
        self.assertEqual(chat.user_id, self.petro)
        self.assertIn("I was here", chat.message_ids.mapped("body"))

    def test_a_late_answer_starts_no_timer_if_the_customer_has_written_since(self):
        self._map_agent()
        self.connect()
        self.env.cr.execute(
            "UPDATE helpcrunch_operator_session"
            " SET started_at = started_at - INTERVAL '1 hour'"
        )
        self.env.invalidate_all()
        self.says("Hello?")
        moment = time.time() - 60
        message = {"id": 78, "text": "Yes?", "createdAt": str(moment)}
        self.comes(
            "message.chat.agent",
            {"agent": {"id": HUMAN_AGENT}, "message": message},
            moment,
        )
        session = self.session()
        self.assertTrue(session.first_response_at)
        self.assertFalse(session.operator_spoke_at)
        self.assertTrue(session.customer_spoke_at)

    def test_a_pause_ends_when_the_agent_writes_in_helpcrunch(self):
        self._map_agent()
        chat = self.connect()
        self.orders(self.olena, "/pause")
        self.agent_writes("Back again")
        self.assertEqual(
            (chat.state, len(chat.session_ids), chat.return_step_id),
            ("operator", 1, self.thanks),
        )

    def test_a_relieved_operator_is_told(self):
        self.connect()
        self.agent_writes("I take it", agent=303)
        self.assertIn("Handed over to Andrew Smith.", self.lines())
        self.assertFalse(self.channel().channel_partner_ids)
