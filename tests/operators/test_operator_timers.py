from freezegun import freeze_time

from odoo import fields
from odoo.tests import tagged

from ..common_operators import OperatorCase


@tagged("post_install", "-at_install")
class TestOperatorTimers(OperatorCase):
    """Two timers for a silent customer, one for a silent operator (manual 5)."""

    def test_nothing_runs_before_the_operators_first_word(self):
        chat = self.connect()
        self.wait(60)
        self.assertEqual(self.texts()[-1], "Olena is here.")
        self.assertEqual(chat.state, "operator")

    def test_a_silent_customer_is_reminded_once_then_the_dialogue_ends(self):
        chat = self.connect()
        self.writes(self.olena, "Which colour?")
        self.wait(4)
        self.assertEqual(self.texts()[-1], "Which colour?")
        self.wait(1)
        self.assertEqual(self.texts()[-1], "Still there?")
        self.assertTrue(self.session().nudged_at)
        self.wait(9)
        self.assertEqual(self.texts().count("Still there?"), 1)
        self.assertEqual(chat.state, "operator")
        self.wait(1)
        session = self.session()
        self.assertEqual((session.state, session.end_reason), ("done", "timeout"))
        self.assertEqual(self.texts()[-1], "Thank you")
        self.assertEqual(chat.state, "done")
        self.assertEqual(self.remote()["status"], "closed")

    def test_the_chat_stays_open_if_the_messenger_says_so(self):
        self.account.close_on_finish = False
        chat = self.connect()
        self.writes(self.olena, "Which colour?")
        self.wait(15)
        self.assertEqual(chat.state, "bot")
        self.assertNotEqual(self.remote()["status"], "closed")

    def test_the_chat_stays_open_if_the_flow_waits(self):
        self.thanks.next_step_id = self.step("How was it?", "free_input")
        chat = self.connect()
        self.writes(self.olena, "Which colour?")
        self.wait(15)
        self.assertEqual(self.texts()[-2:], ["Thank you", "How was it?"])
        self.assertEqual(chat.state, "bot")
        self.assertTrue(chat.waiting)
        self.assertNotEqual(self.remote()["status"], "closed")

    def test_any_message_of_the_customer_cancels_both(self):
        chat = self.connect()
        self.writes(self.olena, "Which colour?")
        self.wait(5)
        self.says("Red")
        self.assertFalse(self.session().nudged_at)
        self.wait(60)
        self.assertEqual(chat.state, "operator")
        # A new silence counts anew.
        self.writes(self.olena, "Which size?")
        self.wait(6)
        self.assertEqual(self.texts().count("Still there?"), 2)

    def test_a_message_that_came_first_wins_over_a_timer_that_was_due(self):
        chat = self.connect()
        self.writes(self.olena, "Which colour?")
        session = self.session()
        since = fields.Datetime.to_string(session.operator_spoke_at)
        self.says("Red")
        chat._store_own_event(
            "operator.timer", {"session": session.id, "kind": "end", "since": since}
        )
        self.settle()
        self.assertEqual(chat.state, "operator")

    def test_the_second_word_of_the_operator_counts(self):
        self.connect()
        self.writes(self.olena, "Which colour?")
        self.wait(4)
        self.writes(self.olena, "And which size?")
        self.wait(4)
        self.assertNotIn("Still there?", self.texts())
        self.wait(1)
        self.assertIn("Still there?", self.texts())

    def test_zero_switches_off(self):
        self.queue.write({"max_wait_minutes": 0, "end_minutes": 0})
        chat = self.connect()
        self.writes(self.olena, "Which colour?")
        self.wait(600)
        self.assertEqual(chat.state, "operator")

    def test_a_paused_dialogue_has_no_timers(self):
        chat = self.connect()
        self.writes(self.olena, "Which colour?")
        self.orders(self.olena, "/pause")
        self.assertEqual(chat.state, "paused")
        self.wait(60)
        self.assertEqual(self.session().state, "active")
        self.assertNotIn("Still there?", self.texts())

    def test_timers_are_planned_at_the_exact_minute(self):
        cron = self.env.ref("helpcrunch_chatbot.ir_cron_operators")
        self.connect()
        with freeze_time("2026-11-25 10:00:30"):
            self.session()._note_operator_spoke(fields.Datetime.now())
        times = (
            self.env["ir.cron.trigger"]
            .search([("cron_id", "=", cron.id)])
            .mapped("call_at")
        )
        for due in ("2026-11-25 10:05:30", "2026-11-25 10:15:30"):
            self.assertIn(fields.Datetime.to_datetime(due), times)

    def test_frozen_time(self):
        chat = self.connect()
        sessions = self.env["helpcrunch.operator.session"]
        with freeze_time("2026-11-25 10:00:00"):
            self.session()._note_operator_spoke(fields.Datetime.now())
            self.env.flush_all()
        for at, kinds in (
            ("2026-11-25 10:04:59", []),
            ("2026-11-25 10:05:00", ["nudge"]),
            ("2026-11-25 10:14:59", ["nudge"]),
            ("2026-11-25 10:15:00", ["end", "nudge"]),
        ):
            with freeze_time(at), self.subTest(at=at):
                due = [
                    row for row in sessions._find_due_timers() if row["chat"] == chat.id
                ]
                self.assertEqual(sorted(row["kind"] for row in due), kinds)

    def test_a_silent_operator_is_relieved(self):
        self.queue.operator_silence_minutes = 3
        self.add_operator(self.petro)
        chat = self.connect()
        self.assertEqual(chat.user_id, self.olena)
        self.wait(3)
        self.assertEqual(chat.user_id, self.petro)
        first = chat.session_ids[-1]
        self.assertEqual((first.state, first.end_reason), ("done", "transfer"))
        self.assertEqual(chat.state, "operator")
        # He answers, and then nothing more runs.
        self.writes(self.petro, "Here I am")
        self.wait(4)
        self.assertEqual(chat.user_id, self.petro)

    def test_a_silent_operator_keeps_it_if_nobody_else_is_free(self):
        self.queue.operator_silence_minutes = 3
        chat = self.connect()
        self.wait(3)
        self.assertEqual(chat.user_id, self.olena)
        self.assertEqual(len(chat.session_ids), 1)
        self.assertIn("nobody_else", self.codes())

    def test_a_crash_between_timer_and_turn_makes_one_message(self):
        chat = self.connect()
        self.writes(self.olena, "Which colour?")
        self.env.cr.execute(
            "UPDATE helpcrunch_operator_session"
            " SET operator_spoke_at = operator_spoke_at - INTERVAL '5 minutes'"
        )
        self.env.invalidate_all()
        sessions = self.env["helpcrunch.operator.session"]
        sessions._cron_operators()
        sessions._cron_operators()
        events = self.env["helpcrunch.event"].search(
            [("chat_id", "=", chat.id), ("event_type", "=", "operator.timer")]
        )
        self.assertEqual(len(events), 1)
        self.settle()
        self.assertEqual(self.texts().count("Still there?"), 1)
