from pathlib import Path
from unittest.mock import patch

from odoo.tests import tagged
from odoo.tools import mute_logger

from ...jobs import dialogues, worker
from ...jobs import sender as sender_module
from ...jobs.sender import Sender
from ...models.dialogue import helpcrunch_account as catch_up_rows
from ..common import CUSTOMER, HelpcrunchCase

_LOGGER = "odoo.addons.helpcrunch_chatbot.jobs"


class DeliveryCase(HelpcrunchCase):
    """A bot with an answer, and the calls that bring it to the customer."""

    def setUp(self):
        super().setUp()
        self.step("Welcome", alias="/start")
        self.step("Leads", message="About leads", alias="leads")

    def _calls(self):
        return self.env["helpcrunch.outbox"].search(
            [("chat_id", "=", self.chat().id)], order="id"
        )

    def _make_due(self):
        self._calls().filtered("not_before").not_before = "2026-01-01 00:00:00"

    def _said(self, text):
        chat = int(self.chat().external_id)
        return [line["text"] for line in self.helpcrunch.messages(chat)].count(text)


@tagged("post_install", "-at_install")
class TestDelivery(DeliveryCase):
    """What HelpCrunch answers, and what becomes of a message then (spec 9)."""

    def setUp(self):
        super().setUp()
        self.says("Hi")

    def _deliver(self):
        """Let a sender go once; return what came of it."""
        chat_id = self.chat().id
        with self.enter_test_mode_if_needed():
            delivery = Sender(self.env.cr.dbname, chat_id).run()
            if delivery.concerns_others:
                self.env["helpcrunch.outbox"]._after_delivery(chat_id, delivery)
        self.env.invalidate_all()
        return delivery

    def test_sent(self):
        self.assertEqual(self.says("leads"), ["About leads"])
        message = self.chat().message_ids[0]
        self.assertEqual((message.state, self._calls()[-1].state), ("sent", "sent"))
        self.assertTrue(message.external_id)
        self.assertTrue(message.sent_at)

    def test_echo_is_ignored(self):
        self.says("leads")
        echoes = self.env["helpcrunch.event"].search([("reason", "=", "echo")])
        self.assertTrue(echoes)
        self.assertEqual(set(echoes.mapped("state")), {"ignored"})
        self.assertEqual(len(self.chat().message_ids), 4)

    def test_a_rejected_message_fails_and_the_next_goes(self):
        self.helpcrunch.set(fail_next=[400])
        self.step("Two", alias="two", next_step_id=self.step("Second"))
        self.assertEqual(self.says("two"), ["Second"])
        failed = self.chat().message_ids.filtered(lambda line: line.state == "failed")
        self.assertEqual(failed.body, "Two")
        self.assertIn("HTTP 400", failed.error)
        failed.with_user(self.manager).action_send_again()
        self._deliver()
        self.assertEqual((failed.state, self._said("Two")), ("sent", 1))

    def test_an_error_of_helpcrunch_backs_off_and_holds_the_next_up(self):
        self.step("Two", alias="two", next_step_id=self.step("Second"))
        for delay in (10, 60, 300, 1800, 7200):
            self.helpcrunch.set(fail_next=[503])
            if not self._calls().filtered(lambda call: call.state == "unknown"):
                self.assertEqual(self.says("two"), [])
            else:
                self._make_due()
                # Reading the chat succeeds, sending again meets the next error.
                self.helpcrunch.set(fail_next=[{"fail": 503, "path": "POST /v1/m"}])
                self._deliver()
            call = self._calls().filtered(lambda call: call.state == "unknown")
            wait = (call.not_before - call.claimed_at).total_seconds()
            self.assertAlmostEqual(wait, delay, delta=2)
        self._make_due()
        self.helpcrunch.set(fail_next=[{"fail": 503, "path": "POST /v1/messages"}])
        self._deliver()
        states = dict(
            zip(
                self._calls().message_id.mapped("body"),
                self._calls().mapped("state"),
                strict=True,
            )
        )
        self.assertEqual((states["Two"], states["Second"]), ("failed", "sent"))

    def test_unknown_outcome_is_judged_by_reading_the_chat(self):
        for failure, text in (("drop_after", "About leads"), ("drop_before", "Other")):
            if text == "Other":
                self.step("Other", alias="other")
            self.helpcrunch.set(fail_next=[failure])
            self.says("leads" if text == "About leads" else "other")
            self.assertEqual(self._calls()[-1].state, "unknown")
            self._make_due()
            self._deliver()
            self.assertEqual(self._calls()[-1].state, "sent")
            self.assertEqual(self._said(text), 1)

    def test_the_same_text_said_before_is_not_taken_for_the_lost_one(self):
        self.says("leads")
        self.helpcrunch.set(fail_next=["drop_before"])
        self.says("leads")
        self._make_due()
        self._deliver()
        self.assertEqual(self._said("About leads"), 2)

    def test_too_many_requests_counts_no_try(self):
        for retry_after, expected in ((None, 5), (7, 7)):
            failure = {"fail": 429, "path": "POST /v1/messages"}
            if retry_after:
                failure["retry_after"] = retry_after
            self.helpcrunch.set(fail_next=[failure])
            self.says("leads")
            call = self._calls()[-1]
            self.assertEqual((call.state, call.tries), ("pending", 0))
            delivery = self._deliver()
            self.assertTrue(delivery.out_of_budget)
            self.assertAlmostEqual(delivery.wait, expected, delta=1)
            self.by_machine(self.account).budget_ids.blocked_until = 0
            self._deliver()
            self.assertEqual(call.state, "sent")

    def test_a_refused_key_pauses_and_loses_nothing(self):
        self.helpcrunch.set(refuse_key=True)
        self.says("leads")
        self._deliver()
        self.assertEqual(self.account.state, "error")
        self.assertIn("refused the key", self.account.error)
        self.assertEqual(len(self.account.activity_ids), 1)
        self.assertEqual(self._calls()[-1].state, "pending")
        self.assertEqual(self._calls()[-1].tries, 0)
        self.helpcrunch.set(refuse_key=False)
        self.assertEqual(self._deliver().sent, 0)
        self.account.action_connect()
        self._deliver()
        self.assertEqual(self._said("About leads"), 1)

    def test_without_a_bot_agent_nothing_goes_out(self):
        agent = self.account.bot_agent_id
        self.account.bot_agent_id = False
        self.says("leads")
        self.assertEqual(self._calls()[-1].state, "pending")
        self.account.bot_agent_id = agent
        self._deliver()
        self.assertEqual(self._said("About leads"), 1)

    def test_an_unreachable_host_is_tried_again(self):
        account = self.account.with_user(self.administrator)
        address = account.api_url
        account.api_url = "http://127.0.0.1:9/v1"
        self.says("leads")
        self.assertEqual(self._calls()[-1].state, "pending")
        self.assertEqual(self._calls()[-1].tries, 1)
        account.api_url = address
        self._make_due()
        self._deliver()
        self.assertEqual(self._said("About leads"), 1)

    def test_a_call_that_cannot_be_written_fails_and_blocks_nothing(self):
        self.by_machine(self.account.bot_agent_id).external_id = "no number"
        with mute_logger(f"{_LOGGER}.sender"):
            self.says("leads")
        self.assertEqual(self._calls()[-1].state, "failed")

    def test_the_budget_holds_messages_back_without_losing_them(self):
        self.account.requests_per_minute = 1
        self.by_machine(self.account).budget_ids.calls = {}
        self.assertEqual(self.says("leads"), ["About leads"])
        self.assertEqual(self.says("leads"), [])
        self.by_machine(self.account).budget_ids.calls = {}
        self._deliver()
        self.assertEqual(self._said("About leads"), 2)

    def test_due_dialogues_are_found_live_first_within_the_budget(self):
        for customer in (5002, 5003):
            self.says("Hi", customer=customer)
        with patch.object(sender_module.Sender, "run", lambda sender: sender.delivery):
            for customer in (5001, 5002, 5003):
                self.says("leads", customer=customer)
        calls = self.env["helpcrunch.outbox"].search([("state", "=", "pending")])
        first = calls.filtered(lambda call: call.chat_id == self.chat(5001))
        first.priority = 10
        self.env.flush_all()
        due = self.env["helpcrunch.outbox"]._find_due_chats()
        self.assertEqual(
            due,
            [
                (self.chat(customer).id, customer == 5001)
                for customer in (5002, 5003, 5001)
            ],
        )
        self.account.requests_per_minute = 2
        self.by_machine(self.account).budget_ids.calls = {}
        self.env.flush_all()
        self.assertEqual(len(self.env["helpcrunch.outbox"]._find_due_chats()), 2)

    def test_the_health_tells_since_when_something_waits(self):
        self.assertFalse(self.account.oldest_waiting_at)
        with patch.object(sender_module.Sender, "run", lambda sender: sender.delivery):
            self.says("leads")
        self.account.invalidate_recordset()
        self.assertEqual(self.account.waiting_call_count, 1)
        self.assertEqual(self.account.oldest_waiting_at, self._calls()[-1].queued_at)

    def test_cron_sends_what_was_left_behind(self):
        with patch.object(sender_module.Sender, "run", lambda sender: sender.delivery):
            self.says("leads")
        with (
            self.enter_test_mode_if_needed(),
            patch.object(worker, "submit", self._run_now),
        ):
            self.env.ref("helpcrunch_chatbot.ir_cron_deliver").method_direct_trigger()
        self.assertEqual(self._said("About leads"), 1)

    @staticmethod
    def _run_now(function, *args, bulk=False):
        function(*args)

    def test_cron_takes_the_turns_left_behind(self):
        with patch.object(dialogues, "after_webhook"):
            self.says("leads")
            self.says("Hi", customer=5002)
        with self.enter_test_mode_if_needed():
            self.env.ref(
                "helpcrunch_chatbot.ir_cron_process_events"
            ).method_direct_trigger()
            self.work()
        self.env.invalidate_all()
        self.assertEqual(self._said("About leads"), 1)
        self.assertEqual(self.chat(5002).message_ids[0].body, "Welcome")

    def test_catch_up_takes_in_what_no_webhook_brought(self):
        self.helpcrunch.customer_says(CUSTOMER, "leads", application=2)
        self.helpcrunch.customer_says(5009, "Hi", application=2, name="New")
        self.helpcrunch.captured(clear=True)
        self.helpcrunch.set(clock_shift=0)
        with patch.object(catch_up_rows, "_GRACE_SECONDS", -5):
            for _run in range(2):
                with self.enter_test_mode_if_needed():
                    self.env.ref(
                        "helpcrunch_chatbot.ir_cron_catch_up"
                    ).method_direct_trigger()
                    self.env.ref(
                        "helpcrunch_chatbot.ir_cron_process_events"
                    ).method_direct_trigger()
                    self.work()
                self.env.invalidate_all()
        self.assertEqual(self._said("About leads"), 1)
        self.assertEqual(self.chat(5009).message_ids.mapped("body"), ["Welcome", "Hi"])

    def test_poisonous_event_waits_then_is_left_to_a_person(self):
        failing = patch.object(
            self.registry["helpcrunch.chat"],
            "_on_message_chat_customer",
            lambda chat, event: 1 / 0,
        )
        with failing, mute_logger(f"{_LOGGER}.dialogues"):
            self.says("leads")
            event = self.env["helpcrunch.event"].search(
                [("state", "=", "pending"), ("tries", ">", 0)]
            )
            waits = []
            for attempt in range(1, 6):
                self.assertEqual(event.tries, attempt)
                waits.append((event.not_before - self.env.cr.now()).total_seconds())
                event.not_before = "2026-01-01 00:00:00"
                with self.enter_test_mode_if_needed():
                    dialogues.take_turns(self.env.cr.dbname, self.chat().id)
                self.env.invalidate_all()
        self.assertEqual((event.state, event.tries), ("failed", 6))
        self.assertIn("ZeroDivisionError", event.error)
        self.assertEqual(len(self.account.activity_ids), 1)
        # The dialogue goes on without it, and it can be tried again.
        self.assertEqual(self.says("/start"), ["Welcome"])
        event.with_user(self.manager).action_retry()
        with self.enter_test_mode_if_needed():
            dialogues.take_turns(self.env.cr.dbname, self.chat().id)
            self.work()
        self.assertEqual(self._said("About leads"), 1)

    def test_neutralizing_clears_keys_and_cancels_what_waits(self):
        with patch.object(sender_module.Sender, "run", lambda sender: sender.delivery):
            self.says("leads")
        self.env.flush_all()
        self.env.cr.execute(_neutralize_sql())
        self.env.invalidate_all()
        self.assertFalse(self.account.api_key or self.account.webhook_secret)
        self.assertEqual(self._calls()[-1].state, "cancelled")
        self.assertEqual(self.chat().message_ids[0].state, "cancelled")


def _neutralize_sql():
    path = Path(__file__).resolve().parent.parent.parent / "data" / "neutralize.sql"
    return path.read_text()
