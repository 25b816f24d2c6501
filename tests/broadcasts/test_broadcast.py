from unittest.mock import patch

from odoo.tests import tagged

from ...const import PRIORITY_BROADCAST, PRIORITY_LIVE
from ...jobs import sender as sender_module
from ..common_broadcasts import BroadcastCase

WIDGET, TELEGRAM, VIBER = 1, 2, 3


@tagged("post_install", "-at_install")
class TestBroadcast(BroadcastCase):
    """A broadcast from planning to its last recipient."""

    def test_everybody_gets_it_once(self):
        customers = self.customers(5)
        broadcast = self.send()
        self.assertEqual(broadcast.state, "done")
        self.assertEqual(self.states(broadcast), dict.fromkeys(customers, "sent"))
        for customer in customers:
            self.assertEqual(self.heard(customer), ["Welcome", "News"])
        self.assertEqual(broadcast.progress, 100)
        self.assertEqual(
            (broadcast.recipient_count, broadcast.sent_count, broadcast.failed_count),
            (5, 5, 0),
        )

    def test_a_person_gets_it_once_in_the_newest_dialogue(self):
        self.customers(1)
        self.says("Hi", customer=6001, application=VIBER)
        self.chat(6001).customer_id.partner_id = self.partner(5001)
        self.chat(6001).partner_id = self.partner(5001)
        self.chat(5001).last_message_at = "2030-01-01 00:00:00"
        broadcast = self.send()
        self.assertEqual(len(broadcast.recipient_ids), 1)
        self.assertEqual(self.heard(5001), ["Welcome", "News"])
        self.assertEqual(self.heard(6001), ["Welcome"])
        self.chat(6001).last_message_at = "2031-01-01 00:00:00"
        self.send()
        self.assertEqual(self.heard(6001), ["Welcome", "News"])

    def test_never_to_who_does_not_want_it_or_is_not_there(self):
        self.customers(7)
        self.says("STOP", customer=5001)
        self.chat(5002).customer_id.blocked = True
        self.chat(5003).customer_id.active = False
        self.partner(5004).helpcrunch_opt_out = True
        self.partner(5005).active = False
        # Saying no in one channel is enough: a person is a person.
        self.says("Hi", customer=6006, application=VIBER)
        self.chat(6006).partner_id = self.partner(5006)
        self.chat(6006).customer_id.write(
            {"partner_id": self.partner(5006).id, "unsubscribed": True, "opt_out": True}
        )
        self.assertEqual(set(self.states(self.send())), {5007})

    def test_what_changes_between_planning_and_sending(self):
        self.customers(5)
        self.news.partner_domain = "[('phone', '=', False)]"
        broadcast = self.plan()
        self.says("STOP", customer=5001)
        self.chat(5002).customer_id.blocked = True
        self.partner(5003).phone = "+380441234567"
        self.chat(5004).unlink()
        self.send_rest(broadcast)
        states = {
            row.partner_id: row.reason or row.state for row in broadcast.recipient_ids
        }
        self.assertEqual(
            list(states.values()), ["opted_out", "blocked", "filter", "gone", "sent"]
        )
        self.assertEqual(broadcast.state, "done")
        for customer in range(5001, 5005):
            self.assertNotIn("News", self.heard(customer))

    def test_only_who_fits_the_filter(self):
        self.customers(3)
        self.partner(5002).phone = "+380441234567"
        self.news.partner_domain = "[('phone', '!=', False)]"
        self.assertEqual(self.news.recipient_count, 1)
        self.assertEqual(
            self.news.action_view_recipients()["domain"],
            [("id", "in", self.partner(5002).ids)],
        )
        self.assertEqual(set(self.states(self.send())), {5002})

    def test_only_channels_that_the_bot_serves_still(self):
        self.customers(1)
        self.says("Hi", customer=6001, application=VIBER)
        self.bot.application_ids = self.chat(5001).application_id
        self.assertEqual(set(self.states(self.send())), {5001})

    def test_the_reply_window_of_a_channel(self):
        self.customers(3)
        channel = self.chat(5001).application_id
        self.assertEqual(channel.reply_window, 0)
        channel.reply_window = 24
        self.chat(5001).last_customer_message_at = "2020-01-01 00:00:00"
        self.assertEqual(self.news.recipient_count, 2)
        broadcast = self.plan()
        # Silent for too long only when the turn comes.
        self.chat(5002).last_customer_message_at = "2020-01-01 00:00:00"
        self.send_rest(broadcast)
        self.assertEqual(
            self.states(broadcast), {5001: "silent", 5002: "silent", 5003: "sent"}
        )

    def test_meta_channels_have_a_reply_window_by_themselves(self):
        kinds = (("facebook", 24), ("Instagram", 24), ("telegram", 0))
        for number, (kind, hours) in enumerate(kinds):
            channel = self.env["helpcrunch.application"].create(
                {
                    "name": kind,
                    "channel": kind,
                    "account_id": self.account.id,
                    "external_id": f"90{number}",
                }
            )
            self.assertEqual(channel.reply_window, hours)

    def test_connecting_leaves_a_reply_window_as_it_was_set(self):
        channel = self.account.application_ids[:1]
        channel.reply_window = 48
        self.account.action_connect()
        self.assertEqual(channel.reply_window, 48)

    # === PEOPLE === #

    def test_with_an_operator_later_the_same_day(self):
        self.customers(2)
        self.says("help me")
        self.assertEqual(self.chat().state, "operator")
        broadcast = self.plan()
        for _time in range(3):
            self.look()
        self.assertEqual(self.states(broadcast), {5001: "operator", 5002: "sent"})
        self.assertEqual(broadcast.pending_count, 1)
        self.assertIn("broadcast_put_off", self.codes())
        self.assertEqual(broadcast.state, "running")
        self.orders(self.olena, "/close")
        self.later_on(minutes=10)
        self.send_rest(broadcast)
        self.assertEqual(self.states(broadcast)[5001], "sent")
        self.assertEqual(self.heard(5001).count("News"), 1)

    def test_who_is_with_an_operator_holds_up_no_later_run(self):
        self.customers(2)
        self.says("help me")
        former = self.plan()
        self.look(2)
        self.assertEqual(former.recipient_ids[0].reason, "operator")
        self.assertIn("with an operator", former.hint)
        self.assertFalse(former.estimated_end)
        later = self.plan()
        self.look(3)
        self.assertEqual(self.heard(5002).count("News"), 2)
        # The later run comes instead of the former one.
        self.assertEqual(former.recipient_ids[0].reason, "superseded")
        self.assertEqual(former.state, "done")
        self.orders(self.olena, "/close")
        self.later_on(minutes=10)
        self.send_rest(later)
        self.assertEqual(self.heard(5001).count("News"), 1)

    def test_with_an_operator_all_day(self):
        self.customers(1)
        self.says("help me")
        broadcast = self.plan()
        self.look()
        recipient = broadcast.recipient_ids
        self.assertGreater(recipient.give_up_at, recipient.not_before)
        self.by_machine(recipient).give_up_at = self.now()
        self.later_on(minutes=10)
        self.send_rest(broadcast)
        self.assertEqual(self.states(broadcast), {5001: "operator"})
        self.assertEqual(broadcast.state, "done")
        self.assertNotIn("News", self.heard(5001))

    def test_an_operator_who_takes_over_in_between(self):
        self.customers(1)
        broadcast = self.plan()
        with self.nothing_goes_out():
            self.look()
        self.agent_writes("I am here")
        self.look(2)
        self.assertEqual(self.states(broadcast), {5001: "operator"})
        self.assertNotIn("News", self.heard(5001))
        self.assertTrue(broadcast.recipient_ids.not_before)

    # === CLOSED CHATS === #

    def test_a_closed_chat_gets_a_new_one(self):
        self.customers(1, application=VIBER)
        old = self.chat()
        self.helpcrunch.close(int(old.external_id))
        self.take_in()
        self.assertEqual(old.state, "done")
        broadcast = self.send()
        new = self.chat()
        self.assertNotEqual(new, old)
        self.assertEqual(self.states(broadcast), {5001: "sent"})
        self.assertEqual(broadcast.recipient_ids.chat_id, new)
        remote = self.remote()
        self.assertEqual(remote["applicationId"], VIBER)
        self.assertEqual(remote["createdWith"], "public_api")
        self.assertEqual(self.heard(5001), ["Welcome", "News"])
        # The new chat is a dialogue as any other.
        self.assertEqual(self.says("help me", application=VIBER)[:1], ["One moment."])
        self.assertEqual(self.chat(), new)

    def test_what_helpcrunch_tells_of_its_new_chat(self):
        self.helpcrunch.set(chat_new_for_api=True)
        self.customers(1)
        self.helpcrunch.close(int(self.chat().external_id))
        self.take_in()
        events = self.env["helpcrunch.event"]
        make = sender_module.calls.make

        def tell_first(call):
            """HelpCrunch's webhook comes before its answer."""
            answer = make(call)
            if call.kind == "chat":
                for webhook in self.helpcrunch.captured(clear=True):
                    self.receive(webhook)
                self.work()
                self.assertTrue(events.search([("event_type", "=", "chat.new")])[0])
            return answer

        with patch.object(sender_module.calls, "make", tell_first):
            self.send()
        chats = self.env["helpcrunch.chat"].search(
            [("customer_id.external_id", "=", "5001")]
        )
        self.assertEqual(len(chats), 2)
        self.assertEqual(self.heard(5001), ["Welcome", "News"])
        event = events.search([("event_type", "=", "chat.new")], limit=1)
        self.assertEqual((event.chat_id, event.state), (self.chat(), "done"))

    def test_a_new_chat_whose_making_has_no_answer(self):
        for customer, failure in ((5001, "drop_after"), (5002, "drop_before")):
            with self.subTest(failure=failure):
                self.customers(1, first=customer)
                self.helpcrunch.close(int(self.chat(customer).external_id))
                self.take_in()
                chats = len(self.helpcrunch.chats())
                self.news.partner_domain = str([("id", "=", self.partner(customer).id)])
                broadcast = self.plan()
                self.helpcrunch.set(
                    fail_next=[{"fail": failure, "path": "POST /v1/chats"}]
                )
                self.look(2)
                call = self.env["helpcrunch.outbox"].search(
                    [("kind", "=", "chat")], limit=1
                )
                self.assertEqual(call.state, "unknown")
                call.not_before = False
                self.deliver()
                self.send_rest(broadcast)
                self.assertEqual(self.states(broadcast), {customer: "sent"})
                self.assertEqual(len(self.helpcrunch.chats()), chats + 1)
                self.assertEqual(self.heard(customer), ["Welcome", "News"])

    def test_a_new_chat_that_helpcrunch_refuses(self):
        self.customers(1)
        self.helpcrunch.close(int(self.chat().external_id))
        self.take_in()
        self.helpcrunch.set(fail_next=[{"fail": 400, "path": "POST /v1/chats"}])
        broadcast = self.send()
        self.assertEqual(self.states(broadcast), {5001: "refused"})
        self.assertIn("400", broadcast.recipient_ids.error)
        broadcast.action_retry_failed()
        self.send_rest(broadcast)
        self.assertEqual(self.states(broadcast), {5001: "sent"})
        self.assertEqual(self.heard(5001), ["Welcome", "News"])

    # === LIVE FIRST === #

    def test_a_live_reply_behind_a_broadcast_pulls_it_along(self):
        self.customers(1)
        self.plan()
        self.account.requests_per_minute = 60
        # The share of broadcasts is used up.
        second = str(int(self.helpcrunch.desk.now()))
        self.by_machine(self.account).budget_ids.calls = {second: [0, 57]}
        self.look()
        self.assertEqual(self.heard(5001), ["Welcome"])
        self.assertEqual(self.says("/start")[-2:], ["News", "Welcome"])

    def test_calls_have_the_priority_of_broadcasts(self):
        self.news.next_step_id = self.step("And more")
        self.customers(1)
        self.send()
        calls = self.env["helpcrunch.outbox"].search([], order="id")
        self.assertEqual(
            [(call.message_id.body, call.priority) for call in calls],
            [
                ("Welcome", PRIORITY_LIVE),
                ("News", PRIORITY_BROADCAST),
                ("And more", PRIORITY_BROADCAST),
            ],
        )

    def test_only_a_moment_ahead(self):
        self.customers(8)
        # Eight calls a second.
        self.account.requests_per_minute = 480
        self.by_machine(self.account).budget_ids.calls = {}
        broadcast = self.plan()
        with self.nothing_goes_out():
            self.look(3)
        handed_out = broadcast.recipient_ids.filtered("queued")
        self.assertEqual(len(handed_out), 4)

    def test_the_estimate(self):
        self.customers(4)
        self.account.requests_per_minute = 62
        self.by_machine(self.account).budget_ids.calls = {}
        broadcast = self.plan()
        seconds = (broadcast.estimated_end - self.now()).total_seconds()
        # 62 calls in 62 seconds, of which 58 are for broadcasts.
        self.assertAlmostEqual(seconds, 4 * 62 / 58, delta=1.5)
