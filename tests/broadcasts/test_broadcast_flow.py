from odoo.tests import tagged

from ..common_broadcasts import BroadcastCase


@tagged("post_install", "-at_install")
class TestBroadcastFlow(BroadcastCase):
    """What follows the message, and what the customer was asked before."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.phone = cls.step(
            "Your phone?",
            "update_contact",
            alias="call me",
            field_id=cls.field("phone"),
            done_message="Thanks.",
        )
        cls.orders_step = cls.step(
            "Orders?",
            "choice",
            answer_ids=[(0, 0, {"name": "New", "target_step_id": cls.thanks.id})],
        )

    def test_the_flow_goes_on_with_go_to(self):
        self.news.next_step_id = self.orders_step
        self.customers(1)
        self.send()
        self.assertEqual(self.heard(5001)[1:], ["News", "Orders?\n1. New"])
        self.assertEqual(self.chat().step_id, self.orders_step)
        self.assertEqual(self.says("1"), ["Thank you"])

    def test_the_flow_waits_until_the_message_has_arrived(self):
        self.news.next_step_id = self.thanks
        self.customers(1)
        broadcast = self.plan()
        self.helpcrunch.set(fail_next=[{"fail": 400, "path": "POST /v1/messages"}])
        self.send_rest(broadcast)
        self.assertEqual(self.states(broadcast), {5001: "refused"})
        self.assertEqual(self.heard(5001), ["Welcome"])
        broadcast.action_retry_failed()
        self.send_rest(broadcast)
        self.assertEqual(self.heard(5001), ["Welcome", "News", "Thank you"])

    def test_a_dialogue_at_rest_stands_at_the_news(self):
        self.step("Tell me", alias=[], message="Here it is.").alias_ids = [
            (0, 0, {"name": "more", "code": self.news.id})
        ]
        self.customers(1)
        self.assertEqual(self.says("more"), ["I did not understand."])
        self.send()
        self.assertEqual(self.says("more"), ["Here it is."])

    def test_an_open_question_stays_open_behind_a_text(self):
        self.customers(1)
        self.says("call me")
        self.send()
        self.assertEqual(self.heard(5001)[-2:], ["Your phone?", "News"])
        self.assertEqual(self.says("+380 44 123 45 67"), ["Thanks."])
        self.assertEqual(self.partner().phone, "+380 44 123 4567")

    def test_an_open_question_stays_open_behind_a_flow_that_asks_nothing(self):
        self.news.next_step_id = self.step("And more")
        self.customers(1)
        self.says("call me")
        self.says("what?")
        self.assertEqual(self.chat().attempts, 1)
        self.send()
        self.assertEqual(self.heard(5001)[-2:], ["News", "And more"])
        self.assertEqual(self.chat().attempts, 1)
        self.assertEqual(self.says("+380441234567"), ["Thanks."])

    def test_the_older_question_is_asked_again_after_the_newer(self):
        self.news.next_step_id = self.orders_step
        self.customers(1)
        self.says("call me")
        self.send()
        # The answer goes to the newest question.
        self.assertEqual(self.says("1"), ["Thank you", "Your phone?"])
        self.assertIn("taken_up", self.codes())
        self.assertEqual(self.says("+380441234567"), ["Thanks."])
        self.assertFalse(self.chat().open_questions)
        self.assertEqual(self.says("nonsense"), ["I did not understand."])

    def test_questions_of_several_broadcasts(self):
        self.news.next_step_id = self.orders_step
        ask = self.step("Happy?", "free_input", next_step_id=self.step("I see"))
        other = self.step("Survey", "schedule", next_step_id=ask)
        self.customers(1)
        self.says("call me")
        self.send()
        self.send(other)
        # The same question twice is one.
        self.send()
        self.assertEqual(self.chat().open_questions, [ask.id, self.phone.id])
        self.assertEqual(self.says("1"), ["Thank you", "Happy?"])
        self.assertEqual(self.says("yes"), ["I see", "Your phone?"])
        self.assertEqual(self.says("+380441234567"), ["Thanks."])

    def test_a_new_beginning_forgets_older_questions(self):
        self.news.next_step_id = self.orders_step
        self.customers(1)
        self.says("call me")
        self.send()
        self.assertEqual(self.says("/start"), ["Welcome"])
        self.assertFalse(self.chat().open_questions)

    def test_an_archived_question_is_not_asked_again(self):
        self.news.next_step_id = self.orders_step
        self.customers(1)
        self.says("call me")
        self.send()
        self.phone.active = False
        self.assertEqual(self.says("1"), ["Thank you"])
        self.assertFalse(self.chat().waiting)

    def test_the_older_question_comes_after_the_operator(self):
        self.news.next_step_id = self.forward
        self.customers(1)
        self.says("call me")
        self.send()
        self.settle()
        self.assertEqual(self.chat().state, "operator")
        self.orders(self.olena, "/close")
        self.assertEqual(self.texts()[-2:], ["Thank you", "Your phone?"])
        self.assertTrue(self.chat().waiting)

    def test_the_customer_is_faster_than_the_flow(self):
        self.news.next_step_id = self.orders_step
        self.customers(1)
        broadcast = self.plan()
        self.look()
        self.chat().last_customer_message_at = "2099-01-01 00:00:00"
        self.send_rest(broadcast)
        self.assertEqual(self.heard(5001), ["Welcome", "News"])

    def test_silence_counts_from_the_broadcast(self):
        self.news.next_step_id = self.orders_step
        self.bot.session_timeout = 30
        self.customers(1)
        self.chat().last_customer_message_at = "2020-01-01 00:00:00"
        self.send()
        self.assertEqual(self.says("1"), ["Thank you"])

    # === ANSWERS === #

    def test_answers_and_leads_are_counted(self):
        lead = self.step("Lead", "create_lead", alias="buy", message="")
        self.customers(3)
        broadcast = self.send()
        self.assertEqual((broadcast.answered_count, broadcast.lead_count), (0, 0))
        self.says("buy", customer=5001)
        self.says("thanks", customer=5002)
        self.says("bye", customer=5002)
        broadcast.invalidate_recordset()
        self.assertEqual((broadcast.answered_count, broadcast.lead_count), (2, 1))
        leads = self.env["crm.lead"].search(broadcast.action_view_leads()["domain"])
        self.assertEqual(leads.helpcrunch_step_id, lead)

    def test_stop_is_no_answer(self):
        self.customers(1)
        broadcast = self.send()
        self.says("STOP")
        self.assertEqual(broadcast.answered_count, 0)

    def test_a_late_answer_is_none(self):
        self.customers(1)
        broadcast = self.send()
        self.by_machine(broadcast.recipient_ids).message_ids.sent_at -= 25 * 3600
        self.says("thanks")
        self.assertFalse(broadcast.recipient_ids.answered_at)
        self.assertFalse(self.chat().broadcast_recipient_id)

    def test_a_broadcast_answers_nobody(self):
        self.customers(1)
        self.chat().unread = 2
        self.send()
        self.assertEqual(self.chat().unread, 2)

    def test_reached_by_the_flow_it_is_a_text(self):
        self.step("Before", alias="tell", next_step_id=self.news)
        self.news.next_step_id = self.thanks
        self.customers(1)
        self.assertEqual(self.says("tell"), ["Before", "News", "Thank you"])
