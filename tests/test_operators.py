from odoo.exceptions import UserError
from odoo.tests import tagged

from .common import BOT_AGENT, HUMAN_AGENT
from .common_operators import OPERATOR_GROUP, OperatorCase


@tagged("post_install", "-at_install")
class TestOperators(OperatorCase):
    """From the bot to a person and back."""

    def test_from_the_bot_to_a_person_and_back(self):
        chat = self.connect(name="Taras")
        self.assertEqual(chat.state, "operator")
        self.assertEqual(chat.user_id, self.olena)
        self.assertEqual(self.texts(), ["Welcome", "One moment.", "Olena is here."])
        self.assertEqual(self.session().operator_id, self.operator)
        self.assertEqual(self.says("Do you have bicycles?"), [])
        self.writes(self.olena, "Yes, we do")
        self.assertEqual(self.texts()[-1], "Yes, we do")
        self.assertTrue(self.session().first_response_at)
        self.orders(self.olena, "/close")
        self.assertEqual(self.texts()[-1], "Thank you")
        session = self.session()
        self.assertEqual((session.state, session.end_reason), ("done", "operator"))
        self.assertEqual(chat.state, "done")
        self.assertEqual(self.remote()["status"], "closed")
        self.assertEqual(self.says("Hello again")[-1], "Welcome")
        self.assertEqual(chat.state, "bot")

    def test_nobody_free_the_customer_waits_and_is_told_the_position(self):
        self.operator.available = False
        first = self.connect(5001)
        self.connect(5002)
        self.assertEqual(self.texts(5001)[-1], "You are number 1.")
        self.assertEqual(self.texts(5002)[-1], "You are number 2.")
        self.assertEqual(first.state, "queued")
        self.assertEqual(first.queue_id, self.queue)
        self.operator.available = True
        self.settle()
        self.assertEqual(first.state, "operator")
        self.assertEqual(self.texts(5001)[-1], "Olena is here.")

    def test_nobody_free_the_step_for_it_comes(self):
        self.forward.no_operator_step_id = self.step("Call us tomorrow")
        self.operator.available = False
        chat = self.connect()
        self.assertEqual(self.texts()[-1], "Call us tomorrow")
        self.assertEqual(chat.state, "bot")
        self.assertFalse(chat.queue_id)

    def test_a_full_operator_gets_no_more_until_one_ends(self):
        for customer in (5001, 5002, 5003):
            self.connect(customer)
        self.assertEqual(self.operator.active_chat_count, 2)
        self.assertEqual(self.chat(5003).state, "queued")
        self.orders(self.olena, "/close", customer=5001)
        self.assertEqual(self.chat(5003).state, "operator")
        self.assertEqual(self.operator.active_chat_count, 2)
        self.queue.max_active_chats = 3
        self.connect(5004)
        self.assertEqual(self.chat(5004).state, "operator")

    def test_a_users_own_cap_holds_over_all_queues(self):
        other = self.queue.copy({"name": "Support"})
        self.add_operator(self.olena, other)
        self.olena.helpcrunch_max_active_chats = 1
        self.step(
            "Support", "forward_operator", alias="support", queue_id=other, message=""
        )
        self.connect(5001)
        self.says("Hi", customer=5002)
        self.says("support", customer=5002)
        self.assertEqual(self.chat(5001).state, "operator")
        self.assertEqual(self.chat(5002).state, "queued")
        self.assertEqual(other.operator_ids.state, "busy")
        self.olena.helpcrunch_max_active_chats = 0
        self.settle()
        self.assertEqual(self.chat(5002).state, "operator")

    def test_round_robin_is_strict(self):
        self.queue.max_active_chats = 5
        self.add_operator(self.petro)
        ivan = self.add_operator(self._user("ivan", "Ivan"))
        for customer in range(5001, 5007):
            self.connect(customer)
        names = [self.chat(c).user_id.name for c in range(5001, 5007)]
        self.assertEqual(names, ["Olena", "Petro", "Ivan"] * 2)
        # Who was away comes back at the place where the rotation stands.
        ivan.available = False
        self.connect(5007)
        self.connect(5008)
        ivan.available = True
        self.connect(5009)
        names = [self.chat(c).user_id.name for c in range(5007, 5010)]
        self.assertEqual(names, ["Olena", "Petro", "Ivan"])

    def test_working_hours(self):
        calendar = self.env["resource.calendar"].create(
            {"name": "Never", "attendance_ids": [], "tz": "Europe/Kyiv"}
        )
        self.queue.calendar_id = calendar
        self.assertFalse(self.queue.is_open)
        chat = self.connect()
        self.assertEqual(chat.state, "queued")
        calendar.attendance_ids = [
            (
                0,
                0,
                {
                    "name": str(day),
                    "dayofweek": str(day),
                    "day_period": "morning",
                    "hour_from": 0,
                    "hour_to": 24,
                },
            )
            for day in range(7)
        ]
        self.assertTrue(self.queue._is_open())
        self.env["helpcrunch.operator.session"]._cron_operators()
        self.settle()
        self.assertEqual(chat.state, "operator")

    def test_queue_timeout_goes_on_with_the_flow(self):
        self.queue.queue_timeout = 10
        self.operator.available = False
        chat = self.connect()
        self.wait(9)
        self.assertEqual(chat.state, "queued")
        self.wait(2)
        self.assertEqual(self.texts()[-1], "Thank you")
        self.assertEqual(chat.state, "bot")

    def test_a_customer_who_left_costs_nobody_a_place(self):
        self.operator.available = False
        chat = self.connect()
        self.operator.available = True
        with self.enter_registry_test_mode():
            ids = self.queue._assign_waiting()
        self.assertEqual(ids, chat.ids)
        self.helpcrunch.close(int(chat.external_id))
        with self.enter_test_mode_if_needed():
            for webhook in self.helpcrunch.captured(clear=True):
                self.receive(webhook)
        self.settle()
        self.assertEqual(chat.state, "done")
        self.assertEqual(self.session().state, "done")
        self.assertEqual(self.operator.active_chat_count, 0)

    def test_an_archived_queue_lets_everybody_go_on(self):
        self.operator.available = False
        chat = self.connect()
        self.queue.active = False
        self.settle()
        self.assertEqual(self.texts()[-1], "Thank you")
        self.assertEqual(chat.state, "bot")
        self.connect(5002)
        self.assertEqual(self.texts(5002)[-1], "Thank you")

    def test_a_queue_with_customers_is_not_deleted(self):
        self.connect()
        self.forward.step_type = "text"
        self.forward.queue_id = False
        with self.refused("customers are in it"):
            self.queue.unlink()

    def test_archiving_the_bot_leaves_operators_alone(self):
        chat = self.connect()
        self.bot.active = False
        self.writes(self.olena, "I am still here")
        self.assertEqual(self.texts()[-1], "I am still here")
        self.says("Good")
        self.assertEqual(self.lines()[-1], "Good")
        self.assertEqual(chat.state, "operator")

    # === HELPCRUNCH'S INBOX === #

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

    # === THE DRAWING === #

    def test_limits_are_checked(self):
        with self.refused("Make the time to end the dialogue longer"):
            self.queue.end_minutes = 5
        with self.refused("Choose the operators|choose the operators"):
            self.forward.queue_id = False
        with self.refused("nobody knows what to put in place"):
            self.queue.joined_message = "{{ password }}"
        with self.refused("leads to it"):
            self.queue.unlink()
        with self.refused("role HelpCrunch / Operator"):
            self.add_operator(self.env.ref("base.user_demo", False) or self._clerk())

    def _clerk(self):
        return self.env["res.users"].create({"name": "Clerk", "login": "clerk"})

    def test_only_operators_switch_themselves(self):
        operators = self.env["helpcrunch.operator"]
        self.assertFalse(
            operators.with_user(self.olena).set_my_availability(False)["available"]
        )
        self.assertFalse(self.operator.available)
        self.operator.with_user(self.olena).action_toggle_available()
        self.assertTrue(self.operator.available)
        with self.assertRaises(UserError):
            self.operator.with_user(self.petro).action_toggle_available()

    def test_assignment_costs_five_queries(self):
        """Fifty operators, five hundred open sessions, two hundred who wait."""
        self.operator.available = False
        self.queue.max_active_chats = 12
        users = self.env["res.users"].create(
            [
                {
                    "name": f"Operator {number}",
                    "login": f"many_{number}",
                    "group_ids": [(4, self.env.ref(OPERATOR_GROUP).id)],
                }
                for number in range(50)
            ],
        )
        operators = self.env["helpcrunch.operator"].create(
            [{"queue_id": self.queue.id, "user_id": user.id} for user in users]
        )
        chats = self.env["helpcrunch.chat"].create(
            [
                {
                    "external_id": f"7{number}",
                    "account_id": self.account.id,
                    "bot_id": self.bot.id,
                    "state": "operator" if number < 500 else "queued",
                    "queue_id": self.queue.id,
                    "queued_at": "2026-01-01 00:00:00",
                    "queue_told": number != 500,
                }
                for number in range(700)
            ],
        )
        self.env["helpcrunch.operator.session"].create(
            [
                {
                    "chat_id": chat.id,
                    "company_id": chat.company_id.id,
                    "queue_id": self.queue.id,
                    "operator_id": operators[number % 50].id,
                    "user_id": users[number % 50].id,
                }
                for number, chat in enumerate(chats[:500])
            ],
        )
        self.env.flush_all()
        self.env.invalidate_all()
        with self.assertQueryCount(5):
            self.queue._assign_waiting()
        self.assertEqual(
            operators.mapped("active_chat_count"), [12] * 50, "100 were assigned"
        )
