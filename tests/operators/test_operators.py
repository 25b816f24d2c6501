from odoo import fields
from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tests import new_test_user, tagged

from ..common_operators import OPERATOR_GROUP, OperatorCase


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
        self.queue.closed_message = "We are not at work."
        self.assertFalse(self.queue.is_open)
        chat = self.connect()
        self.assertEqual(chat.state, "queued")
        self.assertEqual(self.texts()[-1], "We are not at work.")
        self.assertFalse(self.queue.available_count)
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
            ids = self.by_machine(self.queue)._assign_waiting()
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

    def test_who_is_ignored_can_be_seen(self):
        chat = self.connect()
        before = chat.unread
        self.assertTrue(before)
        self.says("Hello?")
        self.assertEqual(chat.unread, before + 1)
        self.writes(self.olena, "Yes")
        self.assertEqual(chat.unread, 0)

    def test_sessions_without_an_answer_are_not_the_fastest(self):
        self.connect(5001)
        self.connect(5002)
        session = self.session(5002)
        session.write({"started_at": "2026-01-01 10:00:00"})
        session._note_operator_spoke(fields.Datetime.to_datetime("2026-01-01 10:04:00"))
        sessions = self.env["helpcrunch.operator.session"]
        ((average,),) = sessions._read_group(
            [("queue_id", "=", self.queue.id)], [], ["response_minutes:avg"]
        )
        self.assertEqual(average, 4)

    def test_archiving_the_bot_leaves_operators_alone(self):
        chat = self.connect()
        self.bot.active = False
        self.writes(self.olena, "I am still here")
        self.assertEqual(self.texts()[-1], "I am still here")
        self.says("Good")
        self.assertEqual(self.lines()[-1], "Good")
        self.assertEqual(chat.state, "operator")
        before = self.texts()
        self.orders(self.olena, "/close")
        self.assertEqual(self.texts(), before, "an archived bot says nothing")

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
        portal = new_test_user(self.env, "portal", "base.group_portal")
        with self.refused("is no colleague"):
            self.add_operator(portal)

    def test_who_is_put_into_a_queue_gets_the_role(self):
        clerk = new_test_user(self.env, "clerk", "base.group_user")
        boss = new_test_user(self.env, "boss", "helpcrunch_chatbot.group_manager")
        self.queue.with_user(boss).operator_ids = [
            Command.create({"user_id": clerk.id})
        ]
        self.assertTrue(clerk.has_group(OPERATOR_GROUP))
        self.assertFalse(clerk.has_group("helpcrunch_chatbot.group_manager"))

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
            self.by_machine(self.queue)._assign_waiting()
        self.assertEqual(
            operators.mapped("active_chat_count"), [12] * 50, "100 were assigned"
        )
