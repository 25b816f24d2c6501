from datetime import timedelta

from odoo import fields
from odoo.fields import Command
from odoo.tests import Form, new_test_user, tagged

from ..common import HUMAN_AGENT
from ..common_operators import OPERATOR_GROUP, OperatorCase


@tagged("post_install", "-at_install")
class TestOperatorGone(OperatorCase):
    """Whoever is archived, or has lost the role or the company, does not count."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.boss = new_test_user(
            cls.env,
            "gone_boss",
            "base.group_system,helpcrunch_chatbot.group_manager",
            name="Boss",
        )

    def sends_away(self, user):
        user.with_user(self.boss).active = False
        self.settle()

    def test_the_order_to_hand_over_to_somebody_archived(self):
        self.add_operator(self.petro)
        chat = self.connect()
        self.sends_away(self.petro)
        self.orders(self.olena, "/transfer Petro")
        self.assertEqual(chat.user_id, self.olena)
        self.assertEqual(chat.session_ids.mapped("state"), ["active"])
        self.assertIn("no operator any more", self.lines()[-1])
        events = self.env["helpcrunch.event"].search([("chat_id", "=", chat.id)])
        self.assertNotIn("failed", events.mapped("state"))

    def test_nobody_gone_is_offered(self):
        self.add_operator(self.petro)
        chat = self.connect()
        self.sends_away(self.petro)
        self.orders(self.olena, "/transfer")
        self.assertNotIn("Petro", self.lines()[-1])
        wizards = self.env["helpcrunch.chat.assign"].with_user(self.olena)
        form = Form(wizards.with_context(default_chat_id=chat.id))
        form.queue_id = self.queue
        form.operator_id = self.queue.operator_ids.filtered("is_gone")
        with self.refused("Petro is no operator any more"):
            form.save().action_assign()

    def test_a_colleague_has_the_dialogue_at_once(self):
        for name, leave in (
            ("archived", lambda user: user.write({"active": False})),
            (
                "without the role",
                lambda user: user.write(
                    {"group_ids": [Command.unlink(self.env.ref(OPERATOR_GROUP).id)]}
                ),
            ),
            (
                "by the group's form",
                lambda user: (
                    self.env.ref(OPERATOR_GROUP)
                    .with_user(self.boss)
                    .write({"user_ids": [Command.unlink(user.id)]})
                ),
            ),
            ("deleted", lambda user: user.unlink()),
        ):
            with self.subTest(name):
                customer = 6000 + len(name)
                queue = self.queue.copy({"name": name, "operator_ids": False})
                self.forward.queue_id = queue
                ivan = self._user(f"ivan {name}", "Ivan")
                self.add_operator(ivan, queue)
                chat = self.connect(customer)
                self.assertEqual(chat.user_id, ivan)
                self.add_operator(self.petro, queue)
                leave(ivan.with_user(self.boss))
                self.settle()
                self.assertEqual(chat.user_id, self.petro)
                self.assertEqual(chat.state, "operator")
                self.assertEqual(self.texts(customer)[-1], "Petro is here.")
                sessions = chat.session_ids
                self.assertEqual(sessions.mapped("state"), ["active", "done"])
                self.assertEqual(
                    self.channel(customer).helpcrunch_session_id, sessions[0]
                )

    def test_without_a_colleague_it_is_first_in_the_queue(self):
        self.queue.max_active_chats = 1
        chat = self.connect()
        self.connect(5002)
        self.connect(5003)
        self.assertEqual(self.chat(5002).state, "queued")
        before = self.texts()
        self.sends_away(self.olena)
        self.assertEqual(chat.state, "queued")
        self.assertEqual(self.texts(), before)
        self.add_operator(self.petro)
        self.settle()
        self.assertEqual(chat.user_id, self.petro)
        self.assertEqual(self.chat(5002).state, "queued")

    def test_one_who_was_handed_a_dialogue_is_first_too(self):
        self.queue.max_active_chats = 1
        self.add_operator(self.petro)
        self.connect(5002)
        self.connect(5003)
        self.connect(5004)
        self.assertEqual(self.chat(5004).state, "queued")
        self.says("Hi", customer=5001)
        # A person takes a dialogue that never waited over.
        self.agent_writes("I am here", HUMAN_AGENT)
        agent = self.session().agent_id
        self.assertFalse(self.session().user_id)
        ivan = self._user("ivan", "Ivan")
        agent.user_id = ivan
        self.agent_writes("And here", HUMAN_AGENT, customer=5001)
        self.session().user_id = ivan
        self.sends_away(ivan)
        self.assertEqual(self.chat(5001).state, "queued")
        self.assertEqual(self.queue._count_ahead(self.chat(5001)), 0)

    def test_a_paused_dialogue_of_somebody_gone(self):
        chat = self.connect()
        self.orders(self.olena, "/pause")
        self.add_operator(self.petro)
        self.sends_away(self.olena)
        self.assertEqual((chat.state, chat.user_id), ("operator", self.petro))

    def test_cron_finds_whoever_left_unseen(self):
        chat = self.connect()
        self.add_operator(self.petro)
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE res_users SET active = FALSE WHERE id = %s", [self.olena.id]
        )
        self.env.invalidate_all()
        self.wait(0)
        self.assertEqual(chat.user_id, self.petro)

    def test_a_silent_operator_whose_only_colleague_is_gone(self):
        self.queue.operator_silence_minutes = 5
        self.add_operator(self.petro)
        chat = self.connect()
        self.sends_away(self.petro)
        before = self.texts()
        for _time in range(3):
            self.wait(6)
        self.assertEqual(len(chat.session_ids), 1)
        self.assertEqual(self.texts(), before)

    def test_a_silent_operator_whose_line_was_made_again(self):
        self.queue.operator_silence_minutes = 5
        chat = self.connect()
        self.operator.with_user(self.boss).unlink()
        self.add_operator(self.olena)
        self.wait(6)
        self.assertEqual(len(chat.session_ids), 1)

    def test_the_cap_knows_a_person_by_another_line(self):
        self.queue.max_active_chats = 1
        self.connect()
        queue = self.queue.with_user(self.boss)
        queue.operator_ids.unlink()
        queue.operator_ids = [Command.create({"user_id": self.olena.id})]
        self.connect(5002)
        active = self.env["helpcrunch.operator.session"].search_count(
            [("user_id", "=", self.olena.id), ("state", "=", "active")]
        )
        self.assertEqual(active, 1)
        self.assertEqual(self.chat(5002).state, "queued")
        self.assertEqual(queue.operator_ids.active_chat_count, 1)
        self.assertEqual(queue.operator_ids.state, "busy")

    def test_whoever_is_gone_is_not_counted(self):
        self.add_operator(self.petro)
        self.sends_away(self.petro)
        self.assertEqual(self.queue.operator_count, 1)
        self.assertEqual(self.queue.available_count, 1)
        self.assertEqual(self.bot.operator_count, 1)
        gone = self.queue.operator_ids.filtered(lambda row: row.user_id == self.petro)
        self.assertEqual(gone.state, "gone")
        operators = self.env["helpcrunch.operator"]
        self.assertIn(gone, operators.search([("is_gone", "=", True)]))
        self.assertNotIn(gone, operators.search([("is_gone", "=", False)]))

    def test_somebody_gone_who_writes_in_helpcrunch(self):
        agent = self.account.agent_ids.filtered(
            lambda row: row.external_id == str(HUMAN_AGENT)
        )
        agent.user_id = self.petro
        self.add_operator(self.petro, agent_id=agent.id)
        self.sends_away(self.petro)
        self.says("Hi")
        self.agent_writes("I am here", HUMAN_AGENT)
        session = self.session()
        self.assertEqual(self.chat().state, "operator")
        self.assertEqual(session.agent_id, agent)
        self.assertFalse(session.user_id)
        self.assertFalse(session.operator_id)
        self.assertFalse(self.chat().user_id)

    def test_somebody_gone_sells_nothing(self):
        self.says("Hi")
        chat = self.chat()
        chat.with_user(self.boss).action_create_lead()
        self.boss.with_user(self.administrator).active = False
        self.settle()
        self.assertTrue(chat.lead_ids)
        self.assertFalse(chat.lead_ids.user_id)

    def test_holidays_of_other_companies(self):
        other = self.env["res.company"].create({"name": "Other"})
        calendar = self.env["resource.calendar"].create(
            {
                "name": "Always",
                "company_id": False,
                "tz": "UTC",
                "attendance_ids": [
                    Command.create(
                        {
                            "name": f"{day} {start}",
                            "dayofweek": str(day),
                            "hour_from": start,
                            "hour_to": start + 12,
                            "day_period": "morning" if not start else "afternoon",
                        }
                    )
                    for day in range(7)
                    for start in (0, 12)
                ],
            }
        )
        self.queue.calendar_id = calendar
        now = fields.Datetime.now()
        self.assertTrue(self.queue._is_open())
        holidays = self.env["resource.calendar.leaves"].with_company(other)
        holiday = holidays.create(
            {
                "name": "Their holiday",
                "date_from": now - timedelta(days=1),
                "date_to": now + timedelta(days=1),
            }
        )
        self.assertEqual(holiday.company_id, other)
        self.assertTrue(self.queue._is_open())
        chat = self.connect()
        self.assertEqual(chat.user_id, self.olena)
        holiday.company_id = self.queue.company_id
        self.queue.invalidate_recordset()
        self.assertFalse(self.queue._is_open())
        holiday.company_id = False
        self.assertFalse(self.queue._is_open())
