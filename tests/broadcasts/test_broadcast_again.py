from datetime import timedelta
from unittest.mock import patch

from odoo.tests import tagged

from ...exceptions import RejectedError
from ...jobs import calls as calls_module
from ..common_broadcasts import BroadcastCase


@tagged("post_install", "-at_install")
class TestBroadcastAgain(BroadcastCase):
    """Trying again, on demand and by itself."""

    def test_who_said_stop_is_not_tried_again(self):
        self.customers(1)
        broadcast = self.plan()
        self.helpcrunch.set(
            fail_next=[{"fail": "drop_before", "path": "POST /v1/messages"}]
        )
        self.look(2)
        self.assertEqual(self.states(broadcast), {5001: "unknown"})
        self.chat().customer_id.opt_out = True
        self.look(2)
        self.assertEqual(self.states(broadcast), {5001: "unclear"})
        broadcast.action_retry_failed()
        self.deliver()
        self.send_rest(broadcast)
        self.assertEqual(self.count(5001), 0)

    def test_who_is_with_an_operator_is_not_tried_again(self):
        self.customers(1)
        broadcast = self.plan()
        self.helpcrunch.set(
            fail_next=[{"fail": "drop_before", "path": "POST /v1/messages"}]
        )
        self.look(2)
        self.agent_writes("I am here")
        self.look(2)
        self.assertEqual(self.states(broadcast), {5001: "unclear"})
        broadcast.action_retry_failed()
        self.deliver()
        self.look(2)
        self.assertEqual(self.count(5001), 0)

    def test_a_paused_broadcast_tries_nobody_again(self):
        self.customers(2)
        broadcast = self.plan()
        self.helpcrunch.set(
            fail_next=[{"fail": "drop_before", "path": "POST /v1/messages"}]
        )
        last = broadcast.recipient_ids[1]
        self.by_machine(last).not_before = "2100-01-01 00:00:00"
        self.look(2)
        self.agent_writes("I am here")
        self.look(2)
        self.chat().with_user(self.manager).action_return_to_bot()
        self.take_own_events()
        broadcast.action_pause()
        broadcast.action_retry_failed()
        self.deliver()
        self.look(2)
        self.assertEqual(self.count(5001), 0)

    def test_of_two_runs_that_could_not_be_said_the_later_comes(self):
        self.customers(1)
        self.agent_writes("I am here")
        self.plan()
        second = self.plan()
        self.look(3)
        self.chat().with_user(self.manager).action_return_to_bot()
        self.go_on(second)
        self.assertEqual(self.count(5001), 1)

    def test_two_broadcasts_tried_again_at_once(self):
        self.customers(1)
        first = self.plan()
        self.helpcrunch.set(fail_next=[{"fail": 400, "path": "POST /v1/messages"}])
        self.send_rest(first)
        second = self.plan()
        self.helpcrunch.set(fail_next=[{"fail": 400, "path": "POST /v1/messages"}])
        self.send_rest(second)
        (first | second).action_retry_failed()
        self.assertEqual((first | second).mapped("state"), ["running", "running"])

    def test_another_day_is_another_day(self):
        self.customers(1)
        broadcast = self.plan()
        self.agent_writes("I am here")
        self.look()
        self.assertEqual(self.states(broadcast), {5001: "operator"})
        self.chat().with_user(self.manager).action_return_to_bot()
        self.take_own_events()
        self.helpcrunch.set(fail_next=[{"fail": 400, "path": "POST /v1/messages"}])
        self.later_on(minutes=11)
        self.look(3)
        self.assertEqual(self.states(broadcast), {5001: "refused"})
        # a day later
        self.by_machine(broadcast.recipient_ids).give_up_at -= timedelta(days=1)
        self.agent_writes("I am here again")
        broadcast.action_retry_failed()
        self.look(2)
        self.assertEqual(broadcast.recipient_ids.state, "pending")

    def test_a_chat_that_cannot_be_read_any_more(self):
        self.customers(1)
        broadcast = self.plan()
        self.helpcrunch.set(
            fail_next=[{"fail": "drop_before", "path": "POST /v1/messages"}]
        )
        self.look(2)
        call = self.env["helpcrunch.outbox"].search([("state", "=", "unknown")])

        def gone(call, limit):
            raise RejectedError("HTTP 404 gone", 404)

        with patch.object(calls_module, "read_back", gone):
            for _i in range(8):
                call.not_before = False
                self.deliver()
                self.look()
        self.assertEqual(broadcast.state, "done", (call.state, call.tries))

    def test_calls_that_were_vacuumed_count_as_sent(self):
        self.news.message = "First " + "word " * 250
        self.customers(1)
        broadcast = self.plan()
        with self.nothing_goes_out():
            self.look()
        calls = self.env["helpcrunch.outbox"].search(
            [("state", "=", "pending")], order="id"
        )
        calls[1].not_before = self.now() + timedelta(days=1)
        self.deliver()
        self.assertEqual(calls[0].state, "sent")
        calls[0].unlink()
        self.agent_writes("I am here")
        self.look(2)
        self.chat().with_user(self.manager).action_return_to_bot()
        self.go_on(broadcast)
        self.assertEqual(self.count(5001, "First"), 1)
