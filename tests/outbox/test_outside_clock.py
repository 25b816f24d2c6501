"""HelpCrunch's clock ten minutes ahead or behind, and what a catch-up takes in."""

import json
from datetime import timedelta
from unittest.mock import patch

from odoo import fields
from odoo.tests import tagged
from odoo.tools import mute_logger

from ...tools import clock, webhook
from ..common import CUSTOMER, HelpcrunchCase
from ..common_operators import OperatorCase

_JOBS = "odoo.addons.helpcrunch_chatbot.jobs"
_SHIFTS = (0, 600, -600)


class Shifted:
    """Sets HelpCrunch's clock, as if it had always been so."""

    def shift(self, seconds):
        self.helpcrunch.set(clock_shift=seconds)
        self.env.cr.execute("UPDATE helpcrunch_account_budget SET clock_offset = NULL")
        self.account.action_connect()


class CatchUp(Shifted):
    """Lets webhooks get lost, and the cron find out."""

    def lose(self):
        """Let every webhook so far get lost."""
        self.helpcrunch.captured(clear=True)

    def said(self, customer=CUSTOMER):
        chat = self.helpcrunch.desk.customers[customer].chat_ids[-1]
        return [
            line["text"]
            for line in self.helpcrunch.messages(chat)
            if line["from"] == "agent"
        ]


@tagged("post_install", "-at_install")
class TestClock(Shifted, HelpcrunchCase):
    def test_the_offset_is_measured_and_stays(self):
        for told, began, ended, known, expected in (
            # Equal clocks, whatever the milliseconds say.
            (1000, 1000.2, 1000.4, None, None),
            (1003, 1000.2, 1000.4, None, None),
            (1600, 1000.2, 1000.4, None, 600.2),
            (400, 1000.2, 1000.4, None, -599.8),
            # It may be right still: nothing wavers.
            (1603, 1000.2, 1000.4, 600.2, 600.2),
            # Set right again.
            (1000, 1000.2, 1000.4, 600.2, 0.0),
            # Too slow to tell, silent, absurd.
            (1600, 1000.0, 1009.0, None, None),
            (None, 1000.0, 1000.1, 5.5, 5.5),
            (9e9, 1000.0, 1000.1, None, 0.0),
        ):
            measured = clock.measure(told, began, ended, known)
            with self.subTest(told=told, known=known):
                if expected is None:
                    self.assertIsNone(measured)
                else:
                    self.assertAlmostEqual(measured, expected, places=1)

    def test_a_time_is_an_answer_whatever_the_clocks_say(self):
        for number, shift in enumerate(_SHIFTS):
            customer = 5100 + number
            self.shift(shift)
            question = self.step(
                f"Name {shift}",
                "free_input",
                alias=f"ask {number}",
                next_step_id=self.step(f"Thanks {shift}"),
            )
            with self.subTest(shift=shift):
                self.says("Hi", customer=customer)
                self.says(f"ask {number}", customer=customer)
                self.assertEqual(self.chat(customer).step_id, question)
                # An event without any time.
                data = {
                    "chat_id": int(self.chat(customer).external_id),
                    "customer": {"id": customer},
                    "message": {
                        "id": 990000 + number,
                        "text": "Baker",
                        "applicationId": 2,
                    },
                }
                event = self.helpcrunch.webhook(
                    "message.chat.customer", data, createdAt=None
                )
                with self.enter_test_mode_if_needed():
                    self.receive(event)
                    self.work()
                self.take_in()
                self.assertEqual(self.chat(customer).step_id.name, f"Thanks {shift}")
                now = fields.Datetime.now()
                lines = self.chat(customer).message_ids
                for line in lines:
                    self.assertLess(abs(line.occurred_at - now), timedelta(minutes=2))

    def test_nothing_happens_in_the_future(self):
        body = (
            b'{"id": "e", "event": "message.chat.customer", "createdAt": %d,'
            b' "eventData": {}}'
        )
        now = fields.Datetime.now().timestamp()
        ahead = webhook.parse(body % (now + 600))
        known = webhook.parse(body % (now + 600), 600)
        past = webhook.parse(body % (now - 600))
        self.assertLess(abs(ahead.occurred_at - known.occurred_at), 120)
        self.assertLess(past.occurred_at, now - 500)


@tagged("post_install", "-at_install")
class TestCatchUp(CatchUp, HelpcrunchCase):
    def setUp(self):
        super().setUp()
        self.step("Welcome", alias="/start")
        self.step("Leads", message="About leads", alias="leads")

    def test_lost_webhooks_whatever_the_clocks_say(self):
        for number, shift in enumerate(_SHIFTS):
            for is_known in (False, True):
                customer = 5200 + 10 * number + is_known
                self.env.cr.execute(
                    "UPDATE helpcrunch_account_budget SET clock_offset = NULL"
                )
                self.helpcrunch.set(clock_shift=shift)
                self.by_machine(self.account).write(
                    {"caught_up_at": False, "connected_at": fields.Datetime.now()}
                )
                if is_known:
                    self.says("Hi", customer=customer)
                self.helpcrunch.customer_says(customer, "leads", application=2)
                self.lose()
                with self.subTest(shift=shift, is_known=is_known):
                    self.catch_up()
                    self.assertEqual(self.said(customer)[-1:], ["About leads"])

    def test_what_is_answered_already_is_not_answered_again(self):
        self.says("Hi")
        # A backup is restored: HelpCrunch knows more than we do.
        chat = int(self.chat().external_id)
        for agent, answer in ((301, "About leads"), (302, "Let me see.")):
            self.helpcrunch.customer_says(CUSTOMER, "leads")
            self.helpcrunch.agent_says(agent, chat, answer)
        self.helpcrunch.customer_says(5300, "Hi", application=2)
        other = self.helpcrunch.desk.customers[5300].chat_ids[-1]
        self.helpcrunch.agent_says(301, other, "Welcome")
        before = self.said(), self.said(5300)
        self.lose()
        self.catch_up()
        self.assertEqual((self.said(), self.said(5300)), before)
        heard = self.chat().message_ids.filtered(lambda line: line.direction == "in")
        self.assertEqual(sorted(heard.mapped("body")), ["Hi", "leads", "leads"])
        self.assertEqual(self.codes(5300), ["answered"])
        # What comes next is heard.
        self.assertEqual(self.says("leads", customer=5300)[-1], "About leads")

    def test_who_wanted_nothing_gets_nothing_after_a_backup(self):
        self.says("Hi")
        word = self.bot.opt_out_words.split(",")[0].split("\n")[0].strip()
        self.helpcrunch.customer_says(CUSTOMER, word)
        self.helpcrunch.agent_says(301, int(self.chat().external_id), "All right.")
        self.lose()
        before = self.said()
        self.catch_up()
        self.assertEqual(self.said(), before)
        self.assertTrue(self.chat().customer_id.opt_out)

    def test_what_the_bot_said_meanwhile_is_no_answer(self):
        self.says("Hi")
        self.helpcrunch.customer_says(CUSTOMER, "leads")
        self.lose()
        # Said by us after it, but to something else.
        self.says("nonsense")
        self.helpcrunch.customer_says(CUSTOMER, "/start")
        self.lose()
        self.catch_up()
        self.assertIn("About leads", self.said())

    def test_rows_without_a_last_message_are_passed_by(self):
        for number in range(120):
            customer = self.helpcrunch.desk.new_customer({})
            with self.helpcrunch.desk.lock:
                chat = self.helpcrunch.desk.new_chat(
                    customer, self.helpcrunch.desk.application(2), "public_api"
                )
                # They come first, as they may.
                chat.last_message_at = None
            self.assertTrue(number < 120)
        self.helpcrunch.customer_says(CUSTOMER, "Hi", application=2)
        self.lose()
        real = self.helpcrunch.desk.chats
        self.assertEqual(len(real), 121)
        with patch.dict(
            "helpcrunch.lists.CHAT_SORTS",
            {"chats.lastMessageAt": lambda row: row.last_message_at or 9e9},
        ):
            self.catch_up()
        self.assertEqual(self.said(), ["Welcome"])

    def test_nonsense_of_one_messenger_stops_no_other(self):
        other = self._create_account(name="AAA first")
        self.assertEqual(
            self.env["helpcrunch.account"].search([("state", "=", "connected")])[0],
            other,
        )
        for number, body in enumerate(
            ('{"data": [null]}', '{"data": [{"status": "new"}]}', "[]", "null", "true")
        ):
            customer = 5400 + number
            self.helpcrunch.customer_says(customer, "Hi", application=2)
            self.lose()
            self.helpcrunch.set(
                fail_next=[{"fail": 200, "body": body, "path": "POST /v1/chats/search"}]
            )
            with self.subTest(body=body), mute_logger(f"{_JOBS}.catch_up"):
                self.catch_up()
                self.assertEqual(self.said(customer), ["Welcome"])

    def test_one_bad_line_is_one_skipped_line(self):
        self.says("Hi")
        self.helpcrunch.customer_says(CUSTOMER, "leads")
        self.lose()
        chat = int(self.chat().external_id)
        good = self.helpcrunch.messages(chat)[-1]
        rows = [None, {"id": True}, {**good, "id": 5, "text": []}, good]
        self.helpcrunch.set(
            fail_next=[
                {
                    "fail": 200,
                    "body": json.dumps({"data": rows}),
                    "path": f"GET /v1/chats/{chat}/messages",
                }
            ]
        )
        self.catch_up()
        self.assertIn("About leads", self.said())


@tagged("post_install", "-at_install")
class TestClockOfOperators(Shifted, OperatorCase):
    """Timers and take-overs compare times of one clock."""

    def begin(self, customer, shift):
        self.shift(shift)
        return self.connect(customer=customer)

    def test_timers_start_and_nobody_is_reminded_at_once(self):
        self.queue.max_active_chats = 9
        for number, shift in enumerate(_SHIFTS):
            customer = 5500 + number
            with self.subTest(shift=shift):
                self.begin(customer, shift)
                self.later()
                self.agent_writes("Which colour?", customer=customer)
                self.env["helpcrunch.operator.session"]._cron_operators()
                self.settle()
                self.assertNotIn("Still there?", self.texts(customer))
                self.wait(6, customer=customer)
                self.assertIn("Still there?", self.texts(customer))

    def test_a_colleagues_take_over_is_never_late(self):
        self.queue.max_active_chats = 9
        for number, shift in enumerate(_SHIFTS):
            customer = 5600 + number
            with self.subTest(shift=shift):
                chat = self.begin(customer, shift)
                self.later()
                self.agent_writes("I take this.", agent=303, customer=customer)
                self.assertEqual(self.session(customer).agent_id.external_id, "303")
                self.later()
                self.helpcrunch.assign(int(chat.external_id), 302)
                self.take_in()
                self.assertEqual(self.session(customer).agent_id.external_id, "302")
