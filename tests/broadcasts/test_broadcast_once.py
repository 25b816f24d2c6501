from datetime import timedelta
from unittest.mock import patch

from odoo.tests import tagged

from ...exceptions import HelpcrunchError, RejectedError
from ...jobs import broadcasts
from ...jobs import calls as calls_module
from ..common_broadcasts import BroadcastCase

_LONG = "First " + "word " * 250


@tagged("post_install", "-at_install")
class TestBroadcastOnce(BroadcastCase):
    """Nobody reads a broadcast twice, or one that is not wanted, whatever happens."""

    def send_first_part(self):
        """Plan a message of two parts and send the first."""
        self.news.message = _LONG
        self.customers(1)
        broadcast = self.plan()
        self.look_and_send_one_part()
        self.assertEqual(self.count(5001, "First"), 1)
        return broadcast

    # === A PERSON COMES IN BETWEEN === #

    def test_an_operator_while_the_outcome_is_unknown(self):
        for failure, customer in (("drop_after", 5001), ("drop_before", 5002)):
            with self.subTest(failure=failure):
                self.customers(1, first=customer)
                self.news.partner_domain = str([("id", "=", self.partner(customer).id)])
                broadcast = self.plan()
                self.helpcrunch.set(
                    fail_next=[{"fail": failure, "path": "POST /v1/messages"}]
                )
                self.look(2)
                self.assertEqual(self.states(broadcast), {customer: "unknown"})
                self.agent_writes("I am here", customer=customer)
                self.look(2)
                self.chat(customer).action_return_to_bot()
                self.go_on(broadcast)
                self.assertEqual(self.states(broadcast), {customer: "unclear"})
                self.assertEqual(broadcast.state, "done")
                # On demand the chat is read first.
                broadcast.action_retry_failed()
                self.deliver()
                self.send_rest(broadcast)
                self.assertEqual(self.states(broadcast), {customer: "sent"})
                self.assertEqual(self.count(customer), 1)

    def test_an_operator_between_two_parts(self):
        broadcast = self.send_first_part()
        self.agent_writes("I am here")
        self.look(2)
        self.chat().with_user(self.manager).action_return_to_bot()
        self.go_on(broadcast)
        self.assertEqual(self.count(5001, "First"), 1)
        self.assertEqual(broadcast.state, "done")

    def test_the_chat_is_closed_between_two_parts(self):
        broadcast = self.send_first_part()
        self.helpcrunch.close(int(self.chat().external_id))
        self.take_in()
        self.go_on(broadcast)
        self.assertEqual(self.count(5001, "First"), 1)

    def test_the_bot_is_archived_between_two_parts(self):
        broadcast = self.send_first_part()
        self.bot.active = False
        self.bot.active = True
        broadcast.action_resume()
        self.go_on(broadcast)
        self.assertEqual(self.count(5001, "First"), 1)

    # === TRYING AGAIN === #

    def test_the_second_part_was_refused(self):
        self.news.message = _LONG
        self.customers(1)
        broadcast = self.plan()
        make, seen = calls_module.make, []

        def refuse_second(call):
            seen.append(call.id)
            if len(seen) == 2:
                raise RejectedError("HTTP 400 no", 400)
            return make(call)

        with patch.object(calls_module, "make", refuse_second):
            self.send_rest(broadcast)
        self.assertEqual(self.states(broadcast), {5001: "refused"})
        broadcast.action_retry_failed()
        self.deliver()
        self.send_rest(broadcast)
        self.assertEqual(self.states(broadcast), {5001: "sent"})
        self.assertEqual(self.count(5001, "First"), 1)
        self.assertEqual(len(self.heard(5001)), 3)

    def test_sent_again_by_hand(self):
        self.customers(1)
        broadcast = self.plan()
        self.helpcrunch.set(fail_next=[{"fail": 400, "path": "POST /v1/messages"}])
        self.send_rest(broadcast)
        self.assertEqual(self.states(broadcast), {5001: "refused"})
        broadcast.recipient_ids.message_ids.action_send_again()
        self.assertEqual(broadcast.state, "running")
        self.deliver()
        self.send_rest(broadcast)
        self.assertEqual(self.states(broadcast), {5001: "sent"})
        self.assertEqual(broadcast.state, "done")
        broadcast.action_retry_failed()
        self.send_rest(broadcast)
        self.assertEqual(self.count(5001), 1)

    # === ONE PERSON === #

    def test_twins_whose_messages_are_under_way(self):
        self.customers(2)
        broadcast = self.plan()
        with self.nothing_goes_out():
            self.look()
        calls = self.env["helpcrunch.outbox"].search([("state", "=", "pending")])
        late = calls.filtered(lambda call: call.chat_id == self.chat(5002))
        late.not_before = self.now() + timedelta(minutes=5)
        self.deliver()
        self.look()
        older, newer = self.partner(5001), self.partner(5002)
        wizard = self.env["base.partner.merge.automatic.wizard"]
        wizard._merge((older | newer).ids, older)
        self.env.invalidate_all()
        self.assertEqual(len(broadcast.recipient_ids), 1)
        self.assertEqual(late.state, "cancelled")
        self.go_on(broadcast)
        self.assertEqual(self.count(5001) + self.count(5002), 1)

    def test_a_dialogue_that_changed_its_contact(self):
        self.customers(2)
        broadcast = self.plan()
        self.chat(5001).partner_id = self.partner(5002)
        self.send_rest(broadcast)
        self.assertEqual(self.count(5001) + self.count(5002), 1)

    # === NOT WANTED === #

    def test_opting_out_takes_back_what_waits(self):
        self.customers(1)
        broadcast = self.plan()
        with self.nothing_goes_out():
            self.look()
        calls = self.env["helpcrunch.outbox"].search([("state", "=", "pending")])
        calls.not_before = self.now() + timedelta(minutes=30)
        self.says("STOP")
        calls.not_before = False
        self.go_on(broadcast)
        self.assertEqual(self.count(5001), 0)
        self.assertEqual(self.states(broadcast), {5001: "opted_out"})

    def test_quiet_hours_take_back_what_waits(self):
        self.customers(1)
        broadcast = self.plan()
        with self.nothing_goes_out():
            self.look()
        self.by_machine(self.account).state = "error"
        self.bot.write({"quiet_from": 0, "quiet_to": 23.99})
        with self.enter_test_mode_if_needed():
            broadcasts.dispatch_broadcasts(self.env.cr.dbname, everything=True)
        self.env.invalidate_all()
        self.by_machine(self.account).state = "connected"
        self.deliver()
        self.assertEqual(self.count(5001), 0)
        self.bot.quiet_to = 0
        self.send_rest(broadcast)
        self.assertEqual(self.count(5001), 1)

    def test_the_flow_behind_it_is_not_wanted_any_more(self):
        self.news.next_step_id = self.thanks
        for customer, name in ((5001, "blocked"), (5002, "opt_out")):
            with self.subTest(name):
                self.customers(1, first=customer)
                self.news.partner_domain = str([("id", "=", self.partner(customer).id)])
                broadcast = self._send_without_flow()
                self.chat(customer).customer_id[name] = True
                self.go_on(broadcast)
                self.assertEqual(self.count(customer, "Thank you"), 0)

    def test_no_flow_goes_on_after_cancelling(self):
        self.news.next_step_id = self.thanks
        self.customers(2)
        broadcast = self.plan()
        last = broadcast.recipient_ids[1]
        self.by_machine(last).not_before = "2100-01-01 00:00:00"
        with patch.object(
            self.registry["helpcrunch.broadcast"], "_continue_flows", lambda model: []
        ):
            self.look(2)
        broadcast.action_cancel()
        self.go_on(broadcast)
        self.assertEqual(self.count(5001, "Thank you"), 0)

    def _send_without_flow(self):
        broadcast = self.plan()
        with patch.object(
            self.registry["helpcrunch.broadcast"], "_continue_flows", lambda model: []
        ):
            self.send_rest(broadcast)
        return broadcast

    # === NOBODY WAITS FOR ANOTHER === #

    def test_dialogues_that_are_stuck_hold_up_nobody(self):
        self.account.requests_per_minute = 62
        self.news.message = _LONG
        self.customers(4)
        self.by_machine(self.account).budget_ids.calls = {}
        broadcast = self.plan()
        stuck = {self.chat(customer).external_id for customer in (5001, 5002)}
        make = calls_module.make

        def fail_for_some(call):
            if call.chat in stuck:
                raise HelpcrunchError("500")
            return make(call)

        with patch.object(calls_module, "make", fail_for_some):
            for _look in range(15):
                self.by_machine(self.account).budget_ids.calls = {}
                self.look()
                self.deliver()
        self.assertEqual(self.count(5003, "First"), 1)
        self.assertEqual(self.count(5004, "First"), 1)
        self.assertEqual(broadcast.state, "running")

    # === NEW CHATS === #

    def test_an_own_event_while_the_chat_gets_its_number(self):
        self.customers(1)
        chat, broadcast = self.chat(), self.plan()
        number = chat.external_id
        chat.external_id = "new:1:0"
        self.env.flush_all()
        # As the look has read it; the sender is faster.
        self.assertEqual(chat.external_id, "new:1:0")
        self.env.cr.execute(
            "UPDATE helpcrunch_chat SET external_id = %s WHERE id = %s",
            [number, chat.id],
        )
        self.by_machine(broadcast).state = "running"
        self.by_machine(broadcast).recipient_ids._enqueue()
        self.env.invalidate_all()
        self.go_on(broadcast)
        self.assertEqual(self.states(broadcast), {5001: "sent"})

    def test_a_chat_that_another_program_made_is_not_ours(self):
        self.customers(1)
        foreign = self.account._get_connection().get_client().create_chat(5001, 2)
        self.helpcrunch.desk.chats[foreign["id"]].created_at -= 600
        self.chat().state = "done"
        broadcast = self.plan()
        self.helpcrunch.set(
            fail_next=[{"fail": "drop_before", "path": "POST /v1/chats"}]
        )
        self.look(2)
        calls = self.env["helpcrunch.outbox"].search([("state", "=", "unknown")])
        self.assertEqual(calls.kind, "chat")
        calls.not_before = False
        self.deliver()
        self.send_rest(broadcast)
        self.assertNotEqual(self.chat().external_id, str(foreign["id"]))
        self.assertEqual(self.states(broadcast), {5001: "sent"})

    def test_cancelled_before_its_new_chat_was_made(self):
        self.customers(1)
        self.chat().state = "done"
        broadcast = self.plan()
        with self.nothing_goes_out():
            self.look(2)
        broadcast.action_cancel()
        self.assertFalse(
            self.env["helpcrunch.outbox"].search([("state", "=", "pending")])
        )

    def test_the_customers_own_chat_beside_one_of_ours(self):
        self.customers(1)
        self.chat().state = "done"
        self.plan()
        with self.nothing_goes_out():
            self.look(2)
        call = self.env["helpcrunch.outbox"].search([("kind", "=", "chat")])
        call.write({"state": "sending", "claimed_at": self.now()})
        # Another channel: surely not the one that is being made.
        self.assertEqual(self.says("Hello", application=3), ["Welcome"])
