"""Tags, putting aside, a reason with the hand-over, and under which name one writes."""

from datetime import timedelta

from odoo import fields
from odoo.tests import tagged

from ..common_operators import OperatorCase


@tagged("post_install", "-at_install")
class TestTags(OperatorCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        tags = cls.as_manager("crm.tag")
        cls.refund, cls.delivery, cls.deals = tags.create(
            [{"name": name} for name in ("Refund", "Delivery", "Deals")]
        )

    def test_an_operator_says_what_it_is_about(self):
        chat = self.connect()
        self.orders(self.olena, "/tag refund")
        self.orders(self.olena, "/tag Deli")
        self.assertEqual(chat.tag_ids, self.refund | self.delivery)
        self.assertIn("Tagged: Delivery", self.lines()[-1])
        self.orders(self.olena, "/untag Refund")
        self.assertEqual(chat.tag_ids, self.delivery)
        self.assertNotIn("/tag", " ".join(self.texts()))

    def test_what_no_tag_is_named_so_changes_nothing_and_names_those_there_are(self):
        chat = self.connect()
        for text, answer in {
            "/tag": "Which tag? One of: ",
            "/tag De": "Which tag? One of: ",
            "/tag unknown": "There is no tag “unknown”. One of: ",
            # Of those that it has.
            "/untag": "Which tag? One of: -.",
            "/untag Refund": "There is no tag “Refund”. One of: -.",
        }.items():
            with self.subTest(text=text):
                self.orders(self.olena, text)
                self.assertFalse(chat.tag_ids)
                self.assertIn(answer, self.lines()[-1])
        self.orders(self.olena, "/tag de")
        self.assertIn("Delivery", self.lines()[-1])
        self.assertNotIn("Refund", self.lines()[-1])

    def test_the_lead_has_them_too(self):
        chat = self.connect()
        self.orders(self.olena, "/tag Refund")
        self.orders(self.olena, "/lead A sofa")
        self.assertEqual(chat.lead_ids.tag_ids, self.refund)

    def test_the_desk_knows_them_and_what_was_answered(self):
        self.forward.alias_ids.unlink()
        question = self.step("Colour", "free_input", alias="buy", message="Colour?")
        question.next_step_id = self.forward
        self.says("Hi")
        self.says("buy")
        self.says("Red")
        self.orders(self.olena, "/tag Refund")
        info = self.channel().with_user(self.olena)._get_helpcrunch_info()
        self.assertEqual(info["tags"], [{"id": self.refund.id, "name": "Refund"}])
        self.assertEqual(
            info["answers"],
            [{"id": question.id, "question": "Colour", "answer": "Red"}],
        )

    def test_an_operator_may_look_for_tags_and_change_none(self):
        seen = self.env["crm.tag"].with_user(self.olena)
        self.assertIn(self.refund, seen.search([]))
        self.assertFalse(seen.has_access("write"))

    def test_a_contacts_tags_are_for_who_may_change_contacts(self):
        self.connect()
        info = self.channel().with_user(self.olena)._get_helpcrunch_info()
        self.assertFalse(info["partner"]["can_tag"])
        self.olena.group_ids += self.env.ref("base.group_partner_manager")
        info = self.channel().with_user(self.olena)._get_helpcrunch_info()
        self.assertTrue(info["partner"]["can_tag"])


@tagged("post_install", "-at_install")
class TestSnooze(OperatorCase):
    def member(self):
        return self.channel().channel_member_ids

    def put_aside(self, text="/snooze"):
        """Put it aside some time after what was said last, which Odoo counts by."""
        self._set_back(
            1,
            discuss_channel=("last_interest_dt",),
            discuss_channel_member=("last_interest_dt",),
        )
        self.orders(self.olena, text)

    def until(self, minutes):
        """Let so much time pass that what was put aside comes back."""
        self._set_back(minutes, helpcrunch_operator_session=("snoozed_until",))
        self.env["helpcrunch.operator.session"]._cron_operators()
        self.settle()

    def test_it_leaves_the_list_until_the_customer_writes(self):
        self.connect()
        self.writes(self.olena, "I will ask")
        self.put_aside()
        self.assertFalse(self.member().is_pinned)
        self.assertTrue(self.session().is_snoozed)
        self.assertIn("Put aside until the customer writes.", self.lines()[-1])
        self.assertEqual(self.texts()[-1], "I will ask")
        self.says("Well?")
        self.assertTrue(self.member().is_pinned)
        self.assertFalse(self.session().is_snoozed)

    def test_no_timer_runs_meanwhile(self):
        chat = self.connect()
        self.writes(self.olena, "I will ask")
        self.orders(self.olena, "/snooze")
        self.wait(60)
        self.assertEqual((chat.state, self.texts()[-1]), ("operator", "I will ask"))

    def test_it_comes_back_when_its_time_has_come_and_timers_begin_anew(self):
        chat = self.connect()
        self.writes(self.olena, "I will ask")
        self.put_aside("/snooze 30")
        self.until(29)
        self.assertFalse(self.member().is_pinned)
        self._set_back(30, helpcrunch_operator_session=("operator_spoke_at",))
        self.until(1)
        self.assertTrue(self.member().is_pinned)
        self.assertEqual(self.lines()[-1], "You put this dialogue aside until now.")
        # Not reminded at once for the half hour before.
        self.wait(4)
        self.assertEqual(self.texts()[-1], "I will ask")
        self.wait(1)
        self.assertEqual(self.texts()[-1], "Still there?")
        self.assertEqual(chat.state, "operator")

    def test_a_time_that_is_none_is_told(self):
        self.connect()
        for text in ("/snooze soon", "/snooze -5", "/snooze 999999999"):
            with self.subTest(text=text):
                self.orders(self.olena, text)
                self.assertFalse(self.session().is_snoozed)
                self.assertIn("For how long?", self.lines()[-1])

    def test_the_moment_is_told_on_the_operators_clock(self):
        self.connect()
        at = fields.Datetime.now() + timedelta(minutes=120)
        self.orders(self.olena, "/snooze 120")
        hour = fields.Datetime.context_timestamp(
            self.olena.with_context(tz=self.olena.tz), at
        )
        self.assertIn(f"{hour:%M}", self.lines()[-1])
        self.assertIn(f"{int(hour.strftime('%I'))}:", self.lines()[-1])

    def test_who_writes_has_taken_it_up_again(self):
        self.connect()
        self.orders(self.olena, "/snooze 30")
        self.writes(self.olena, "Here I am")
        self.assertFalse(self.session().is_snoozed)

    def test_it_is_taken_up_again_by_a_button(self):
        chat = self.connect()
        self.put_aside("/snooze 30")
        seen = chat.with_user(self.olena)
        self.assertTrue(seen.is_snoozed and seen.snoozed_until)
        self.assertIn(chat, seen.search([("is_snoozed", "=", True)]))
        self.orders(self.olena, "/snooze 0")
        self.assertTrue(self.member().is_pinned)
        self.assertFalse(seen.is_snoozed or seen.snoozed_until)
        self.assertNotIn(chat, seen.search([("is_snoozed", "=", True)]))

    def test_the_form_opens_what_was_put_aside_and_nothing_else(self):
        chat = self.connect()
        self.put_aside()
        action = chat.with_user(self.olena).action_open_discuss()
        self.assertEqual(
            action["context"]["active_id"], f"discuss.channel_{self.channel().id}"
        )
        self.assertTrue(self.member().is_pinned)

    def test_whose_end_comes_is_put_aside_no_more(self):
        chat = self.connect()
        self.put_aside()
        self.orders(self.olena, "/close")
        self.assertFalse(chat.is_snoozed or self.session().is_snoozed)

    def test_a_clock_that_was_reset_wakes_nobody(self):
        """An event of an earlier putting aside comes late."""
        chat = self.connect()
        self.orders(self.olena, "/snooze 30")
        chat._store_own_event("operator.wake", {"until": "2020-01-01 00:00:00"})
        self.settle()
        self.assertTrue(self.session().is_snoozed)

    def test_only_what_somebody_has_is_put_aside(self):
        self.connect()
        self.orders(self.olena, "/pause")
        self.orders(self.olena, "/snooze")
        self.assertFalse(self.session().is_snoozed)
        self.assertIn("Only a dialogue that somebody has", self.lines()[-1])


@tagged("post_install", "-at_install")
class TestHandOverReason(OperatorCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.add_operator(cls.petro)

    def test_typed_with_a_colon(self):
        chat = self.connect()
        self.orders(self.olena, "/transfer Petro: wants a refund: 200")
        self.assertEqual(chat.user_id, self.petro)
        self.assertIn("Olena: For Petro: wants a refund: 200", self.notes())
        self.assertIn("For Petro: wants a refund: 200", self.lines())
        note = self.channel().message_ids.filtered(
            lambda row: "refund" in str(row.body)
        )
        self.assertEqual(note.subtype_id, self.env.ref("mail.mt_note"))
        # Told once, and to the one who gave it away only.
        self.assertEqual(self.lines().count("Handed over to Petro."), 1)
        self.assertNotIn("refund", " ".join(self.texts()))

    def test_chosen_in_the_window(self):
        chat = self.connect()
        wizard = (
            self.env["helpcrunch.chat.assign"]
            .with_user(self.olena)
            .create(
                {
                    "chat_id": chat.id,
                    "operator_id": self.queue.operator_ids[1].id,
                    "reason": "Speaks Polish",
                }
            )
        )
        wizard.action_assign()
        self.settle()
        self.assertEqual(chat.user_id, self.petro)
        self.assertIn("Olena: For Petro: Speaks Polish", self.notes())

    def test_to_the_queue_it_does_not_come_back(self):
        self.queue.max_active_chats = 1
        self.connect(5002)
        self.assertEqual(self.chat(5002).user_id, self.olena)
        self.connect(5003)
        self.assertEqual(self.chat(5003).user_id, self.petro)
        self.orders(self.olena, "/transfer Sales", 5002)
        # Petro is at work, and has no room yet.
        self.assertEqual(self.chat(5002).state, "queued")
        self.orders(self.petro, "/close", 5003)
        self.assertEqual(self.chat(5002).user_id, self.petro)

    def test_to_the_queue_where_nobody_else_is(self):
        self.queue.operator_ids[1].available = False
        chat = self.connect()
        self.orders(self.olena, "/transfer Sales")
        self.assertEqual((chat.user_id, len(chat.session_ids)), (self.olena, 1))
        self.assertIn("Nobody else of “Sales” is there now", self.lines()[-1])

    def test_who_got_one_so_comes_later_in_the_rotation(self):
        self.add_operator(self._user("ivan", "Ivan"))
        self.assertEqual(self.connect().user_id, self.olena)
        self.orders(self.olena, "/transfer Petro")
        self.assertEqual(self.connect(5002).user_id.name, "Ivan")

    def test_a_name_with_a_colon_is_a_name(self):
        self.petro.name = "Petro: night"
        chat = self.connect()
        self.orders(self.olena, "/transfer Petro: night")
        self.assertEqual(chat.user_id, self.petro)
        self.assertFalse([note for note in self.notes() if "For Petro" in note])

    def test_nobody_of_that_name_and_nothing_is_noted(self):
        chat = self.connect()
        self.orders(self.olena, "/transfer Ivan: why")
        self.assertEqual(chat.user_id, self.olena)
        self.assertFalse([note for note in self.notes() if "why" in note])


@tagged("post_install", "-at_install")
class TestOperatorName(OperatorCase):
    def test_as_it_was(self):
        self.connect()
        self.writes(self.olena, "Good day")
        self.assertEqual(self.texts()[-2:], ["Olena is here.", "Good day"])

    def test_what_she_writes_begins_with_her_name(self):
        self.account.sign_operators = True
        self.operator.public_name = "Olena, delivery"
        self.connect()
        self.assertEqual(self.texts()[-1], "Olena, delivery is here.")
        self.writes(self.olena, "Good day")
        self.assertEqual(self.texts()[-1], "Olena, delivery:\nGood day")

    def test_who_has_an_agent_has_a_name_there(self):
        self.account.sign_operators = True
        agents = self.env["helpcrunch.agent"].search([("is_bot", "=", False)])
        self.operator.agent_id = agents[0]
        self.connect()
        self.writes(self.olena, "Good day")
        self.assertEqual(self.texts()[-1], "Good day")

    def test_a_name_is_text(self):
        self.account.sign_operators = True
        self.operator.public_name = "{{ partner.phone }} *O*"
        self.connect(phone="+380441234567")
        self.writes(self.olena, "Good day")
        self.assertEqual(self.texts()[-1], "{{ partner.phone }} *O*:\nGood day")


@tagged("post_install", "-at_install")
class TestWaits(OperatorCase):
    def announced_waits(self, change):
        """Return what members are told of how long the customer waits."""
        rows = self.announced(change)
        return [row.message for row in rows if "helpcrunch_waits_since" in row.message]

    def test_the_desk_is_told_once_when_the_wait_begins_and_ends(self):
        self.connect()
        self.writes(self.olena, "Which colour?")
        self.assertEqual(len(self.announced_waits(lambda: self.says("Red"))), 1)
        self.assertFalse(self.announced_waits(lambda: self.says("Or blue")))
        self.later()
        told = self.announced_waits(lambda: self.writes(self.olena, "Red then"))
        self.assertEqual(len(told), 1)
        self.assertIn('"helpcrunch_waits_since":false', told[0].replace(" ", ""))
