from unittest.mock import patch

from psycopg2.errors import UniqueViolation

from odoo.tests import tagged
from odoo.tools import mute_logger

from ...jobs import dialogues
from ...jobs import sender as sender_module
from ..common_broadcasts import BroadcastCase

_LOGGER = "odoo.addons.helpcrunch_chatbot.jobs"


@tagged("post_install", "-at_install")
class TestBroadcastTrouble(BroadcastCase):
    """Pausing, cancelling, failures, and whatever goes wrong on the way."""

    # === PAUSE, CANCEL, RETRY === #

    def test_a_pause_takes_back_what_has_not_gone(self):
        customers = self.customers(3)
        broadcast = self.plan()
        with self.nothing_goes_out():
            self.look()
        self.assertTrue(broadcast.recipient_ids.message_ids)
        broadcast.action_pause()
        self.assertEqual(broadcast.state, "paused")
        self.look(3)
        self.take_in()
        for customer in customers:
            self.assertEqual(self.heard(customer), ["Welcome"])
        broadcast.action_resume()
        self.send_rest(broadcast)
        for customer in customers:
            self.assertEqual(self.heard(customer), ["Welcome", "News"])
        self.assertEqual(broadcast.state, "done")

    def test_a_pause_between_inbox_and_turn(self):
        self.customers(1)
        broadcast = self.plan()
        with (
            self.enter_test_mode_if_needed(),
            patch.object(sender_module.Sender, "run", lambda sender: sender.delivery),
        ):
            self.env["helpcrunch.broadcast"]._dispatch()
        broadcast.action_pause()
        self.settle()
        self.assertEqual(self.heard(5001), ["Welcome"])
        broadcast.action_resume()
        self.send_rest(broadcast)
        self.assertEqual(self.heard(5001), ["Welcome", "News"])

    def test_cancelled_for_good(self):
        self.customers(3)
        self.account.requests_per_minute = 120
        self.by_machine(self.account).budget_ids.calls = {}
        broadcast = self.plan()
        with self.nothing_goes_out():
            self.look()
        broadcast.action_cancel()
        self.look(3)
        self.take_in()
        self.assertEqual(broadcast.state, "cancelled")
        self.assertEqual(set(self.states(broadcast).values()), {"cancelled"})
        self.assertEqual(self.heard(5001), ["Welcome"])
        self.assertTrue(broadcast.done_at)
        broadcast.action_resume()
        self.assertEqual(broadcast.state, "cancelled")

    def test_failed_ones_are_tried_again_on_demand(self):
        self.customers(2)
        broadcast = self.plan()
        self.helpcrunch.set(fail_next=[{"fail": 400, "path": "POST /v1/messages"}])
        self.send_rest(broadcast)
        self.assertEqual(sorted(self.states(broadcast).values()), ["refused", "sent"])
        self.assertEqual(broadcast.state, "done")
        broadcast.action_retry_failed()
        self.assertEqual(broadcast.state, "running")
        self.send_rest(broadcast)
        self.assertEqual(set(self.states(broadcast).values()), {"sent"})
        for customer in (5001, 5002):
            self.assertEqual(self.heard(customer), ["Welcome", "News"])

    def test_an_unknown_outcome_is_resolved_by_reading_the_chat(self):
        for failure in ("drop_after", "drop_before"):
            with self.subTest(failure=failure):
                self.customers(1)
                broadcast = self.plan()
                before = self.heard(5001).count("News")
                self.helpcrunch.set(
                    fail_next=[{"fail": failure, "path": "POST /v1/messages"}]
                )
                self.look(2)
                self.assertEqual(self.states(broadcast), {5001: "unknown"})
                self.assertEqual((broadcast.unknown_count, broadcast.progress), (1, 0))
                broadcast.action_resolve_unknown()
                self.deliver()
                self.send_rest(broadcast)
                self.assertEqual(self.states(broadcast), {5001: "sent"})
                self.assertEqual(self.heard(5001).count("News"), before + 1)

    def test_an_archived_bot_pauses_its_broadcasts(self):
        self.customers(2)
        broadcast = self.plan()
        with self.nothing_goes_out():
            self.look()
        self.bot.active = False
        self.assertEqual(broadcast.state, "paused")
        self.look(2)
        self.take_in()
        self.assertEqual(self.heard(5001), ["Welcome"])
        with self.refused("archived"):
            broadcast.action_resume()
        self.bot.active = True
        self.assertEqual(broadcast.state, "paused")
        broadcast.action_resume()
        self.send_rest(broadcast)
        self.assertEqual(self.heard(5001), ["Welcome", "News"])

    def test_a_text_with_a_picture_goes_whole_or_not_at_all(self):
        self.news.message = "First " + "word " * 250
        self.customers(1)
        broadcast = self.plan()
        self.look_and_send_one_part()
        self.assertEqual(len(self.heard(5001)), 2)
        broadcast.action_pause()
        self.deliver()
        # Its first part had gone, so it went on to its end.
        self.assertEqual(len(self.heard(5001)), 3)
        self.look()
        self.assertEqual(self.states(broadcast), {5001: "sent"})

    def test_a_message_of_which_a_part_was_refused(self):
        self.news.message = "First " + "word " * 250
        self.customers(1)
        broadcast = self.plan()
        self.helpcrunch.set(fail_next=[{"fail": 400, "path": "POST /v1/messages"}])
        self.send_rest(broadcast)
        self.assertEqual(self.states(broadcast), {5001: "refused"})
        self.assertIn("400", broadcast.recipient_ids.error)

    def test_nothing_to_say(self):
        self.customers(1)
        self.news.message = "{{ answer }}"
        broadcast = self.send()
        self.assertEqual(self.states(broadcast), {5001: "empty"})
        self.assertEqual(broadcast.state, "done")

    # === TROUBLE === #

    def test_poison_in_one_dialogue_stops_nobody_else(self):
        self.customers(2)
        broadcast = self.plan()
        say = self.registry["helpcrunch.chat"]._say_broadcast

        def poisonous(chat, recipient):
            if chat.customer_id.external_id == "5001":
                raise ZeroDivisionError
            return say(chat, recipient)

        with (
            patch.object(self.registry["helpcrunch.chat"], "_say_broadcast", poisonous),
            mute_logger(f"{_LOGGER}.dialogues"),
        ):
            self.look()
            for _try in range(6):
                self.env["helpcrunch.event"].search(
                    [("state", "=", "pending")]
                ).not_before = False
                with self.enter_test_mode_if_needed():
                    dialogues.take_turns(self.env.cr.dbname, self.chat(5001).id)
                self.env.invalidate_all()
            self.send_rest(broadcast)
        self.assertEqual(self.states(broadcast), {5001: "error", 5002: "sent"})
        self.assertIn("ZeroDivisionError", broadcast.recipient_ids[0].error)
        self.assertEqual(broadcast.state, "done")
        broadcast.action_retry_failed()
        self.send_rest(broadcast)
        self.assertEqual(self.heard(5001), ["Welcome", "News"])

    def test_erased_on_the_way(self):
        self.customers(1)
        broadcast = self.plan()
        with self.nothing_goes_out():
            self.look()
        self.partner(5001).action_erase_helpcrunch_data()
        self.look()
        self.assertEqual(broadcast.recipient_ids.reason, "gone")
        self.assertEqual(broadcast.state, "done")

    def test_a_messenger_that_is_not_connected(self):
        self.customers(1)
        broadcast = self.plan()
        self.by_machine(self.account).state = "error"
        self.look(2)
        self.assertEqual(self.states(broadcast), {5001: "pending"})
        self.assertIn("not connected", broadcast.hint)
        self.by_machine(self.account).state = "connected"
        self.send_rest(broadcast)
        self.assertEqual(self.states(broadcast), {5001: "sent"})
        self.assertFalse(broadcast.hint)

    def _age_calls(self, name):
        """Let two minutes pass since the calls: one transaction has one time."""
        self.env.flush_all()
        self.env.cr.execute(
            f"UPDATE helpcrunch_outbox SET {name} = {name} - INTERVAL '2 minutes'"
        )
        self.env.invalidate_all()

    def test_helpcrunch_down_for_a_while(self):
        self.customers(6)
        self.account.requests_per_minute = 248
        self.by_machine(self.account).budget_ids.calls = {}
        broadcast = self.plan()
        for _time in range(3):
            self._age_calls("done_at")
        self.helpcrunch.set(down=True)
        for _look in range(5):
            self.by_machine(self.account).budget_ids.calls = {}
            self.look()
        # Two messages wait; nobody else is drawn in.
        self.assertEqual(sum(broadcast.recipient_ids.mapped("attempt")), 0)
        self.assertEqual(len(broadcast.recipient_ids.filtered("message_ids")), 2)
        # After a minute one more tries.
        self._age_calls("claimed_at")
        self.look()
        self.assertEqual(len(broadcast.recipient_ids.filtered("message_ids")), 3)
        # It is back: the next that tries shows it, and all others follow at once.
        self.helpcrunch.set(down=False)
        self._age_calls("claimed_at")
        for _look in range(6):
            self.by_machine(self.account).budget_ids.calls = {}
            self.look()
            self.deliver()
        self.assertEqual((broadcast.sent_count, broadcast.unknown_count), (3, 3))
        broadcast.action_resolve_unknown()
        self.account.requests_per_minute = 10000
        self.deliver()
        self.send_rest(broadcast)
        for customer in range(5001, 5007):
            self.assertEqual(self.heard(customer), ["Welcome", "News"])

    def test_an_archived_step_pauses_its_broadcasts(self):
        self.customers(1)
        broadcast = self.plan()
        self.news.active = False
        self.assertEqual(broadcast.state, "paused")
        self.look()
        self.assertEqual(self.heard(5001), ["Welcome"])
        with self.refused("archived"):
            broadcast.action_resume()

    def test_quiet_hours(self):
        self.customers(1)
        self.bot.write({"quiet_from": 0, "quiet_to": 23.99})
        broadcast = self.plan()
        self.look(2)
        self.assertEqual(broadcast.state, "planned")
        self.assertIn("quiet hours", broadcast.hint)
        self.assertGreater(broadcast.estimated_end, self.now())
        self.bot.quiet_to = 0
        self.send_rest(broadcast)
        self.assertEqual(self.states(broadcast), {5001: "sent"})

    def test_nobody_to_send_to(self):
        with self.refused("Nobody would get"):
            self.news.action_run_now()
        self.customers(1)
        self.news.active = False
        with self.refused("archived"):
            self.news.action_run_now()

    def test_a_step_is_not_deleted_while_it_is_sent(self):
        self.customers(1)
        broadcast = self.plan()
        with self.refused("still being sent"):
            self.news.unlink()
        self.send_rest(broadcast)
        # Nobody stands there any more.
        self.says("/start")
        self.news.unlink()
        self.assertEqual(broadcast.name, "News")
        self.assertFalse(broadcast.step_id)

    def test_one_moment_one_broadcast(self):
        broadcasts = self.env["helpcrunch.broadcast"]
        broadcasts._plan(self.news, "2026-01-01 00:00:00")
        with self.assertRaises(UniqueViolation), mute_logger("odoo.sql_db"):
            broadcasts._plan(self.news, "2026-01-01 00:00:00")
