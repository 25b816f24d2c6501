"""Who is there: whoever has Odoo open, if the queue says that this matters."""

import json
from ast import literal_eval

from odoo.exceptions import UserError
from odoo.tests import tagged

from ..common_operators import OperatorCase

_HALF_AN_HOUR = 1800 * 1000


@tagged("post_install", "-at_install")
class TestPresence(OperatorCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.queue.only_online = True

    def is_there(self, user, idle=0):
        """Let a browser tell that its user is there, so many milliseconds idle."""
        self.env["mail.presence"].with_user(user)._update_presence(user, idle)
        self.look()

    def closes(self, user):
        """Let the user's last browser be closed."""
        user.presence_ids.status = "offline"

    def says_in_discuss(self, status):
        """Let Olena choose her status, which Odoo's controller writes for her."""
        self.olena.manual_im_status = status
        self.settle()

    def look(self):
        """Let the cron do what it was called for, if it was."""
        cron = self.env.ref("helpcrunch_chatbot.ir_cron_operators")
        calls = self.env["ir.cron.trigger"].search([("cron_id", "=", cron.id)])
        if calls:
            calls.unlink()
            self.env["helpcrunch.operator.session"]._cron_operators()
        self.settle()

    def test_who_has_no_browser_open_gets_nobody(self):
        chat = self.connect()
        self.assertEqual(chat.state, "queued")
        self.assertEqual(self.texts()[-1], "You are number 1.")

    def test_nobody_is_there_and_nobody_is_called_busy(self):
        self.queue.absent_message = "We are all asleep. {{ queue }}"
        self.connect()
        self.assertEqual(self.texts()[-1], "We are all asleep. Sales")
        self.is_there(self.olena)
        for customer in (5002, 5003):
            self.connect(customer)
        self.assertEqual(self.texts(5003)[-1], "You are number 1.")

    def test_who_opens_odoo_gets_who_waits_at_once(self):
        chat = self.connect()
        self.is_there(self.olena)
        self.assertEqual((chat.state, chat.user_id), ("operator", self.olena))

    def test_nobody_waits_and_no_cron_is_called(self):
        self.look()
        calls = self.env["ir.cron.trigger"].search_count([])
        self.env["mail.presence"].with_user(self.olena)._update_presence(self.olena)
        self.assertEqual(self.env["ir.cron.trigger"].search_count([]), calls)

    def test_who_is_away_comes_back_to_who_waits(self):
        self.is_there(self.olena, _HALF_AN_HOUR + 1)
        chat = self.connect()
        self.assertEqual(chat.state, "queued")
        self.is_there(self.olena)
        self.assertEqual(chat.user_id, self.olena)

    def test_who_says_so_in_discuss_is_away_and_back(self):
        self.is_there(self.olena)
        self.says_in_discuss("busy")
        chat = self.connect()
        self.assertEqual((chat.state, self.operator.state), ("queued", "away"))
        self.says_in_discuss(False)
        self.assertEqual(chat.user_id, self.olena)

    def test_a_dialogue_stays_with_who_closes_the_browser(self):
        self.is_there(self.olena)
        chat = self.connect()
        self.closes(self.olena)
        self.says("Hello?")
        self.assertEqual(chat.user_id, self.olena)

    def test_silence_hands_on_to_who_is_online(self):
        self.queue.operator_silence_minutes = 3
        self.add_operator(self.petro)
        self.is_there(self.olena)
        chat = self.connect()
        self.wait(3)
        self.assertEqual(chat.user_id, self.olena)
        self.is_there(self.petro)
        self.wait(4)
        self.assertEqual(chat.user_id, self.petro)

    def test_who_answers_in_the_inbox_needs_no_browser(self):
        agent = self.env["helpcrunch.agent"].search([("is_bot", "=", False)], limit=1)
        self.operator.agent_id = agent
        self.assertEqual(self.operator.state, "free")
        self.assertEqual(self.connect().user_id, self.olena)

    def test_nobody_is_given_a_dialogue_who_is_not_there(self):
        self.add_operator(self.petro)
        self.is_there(self.olena)
        chat = self.connect()
        self.orders(self.olena, "/transfer Petro")
        self.assertEqual(chat.user_id, self.olena)
        self.assertIn("Petro is away.", self.lines()[-1])

    def test_the_window_says_so_before(self):
        petro = self.add_operator(self.petro)
        self.is_there(self.olena)
        chat = self.connect()
        window = self.env["helpcrunch.chat.assign"].with_user(self.olena)
        wizard = window.create({"chat_id": chat.id, "operator_id": petro.id})
        with self.refused("Petro is not there now."):
            wizard.action_assign()
        self.is_there(self.petro)
        wizard.action_assign()
        self.settle()
        self.assertEqual(chat.user_id, self.petro)

    def test_who_presses_take_is_there_whatever_the_browser_tells(self):
        chat = self.connect()
        self.assertIsNone(chat._find_obstacle(self.olena))
        chat.with_user(self.olena)._check_may_take()
        self.operator.available = False
        with self.assertRaisesRegex(UserError, "You are away"):
            chat.with_user(self.olena)._check_may_take()

    def test_the_list_tells_free_away_and_offline(self):
        seen = self.operator.with_user(self.olena)

        def states():
            self.env.invalidate_all()
            return seen.state, seen.presence

        self.assertEqual(states(), ("offline", "offline"))
        self.is_there(self.olena)
        self.assertEqual(states(), ("free", "online"))
        self.is_there(self.olena, _HALF_AN_HOUR + 1)
        self.assertEqual(states(), ("away", "away"))
        self.is_there(self.olena)
        seen.action_toggle_available()
        self.assertEqual(states(), ("away", "online"))
        self.queue.only_online = False
        self.closes(self.olena)
        seen.action_toggle_available()
        self.assertEqual(states(), ("free", "offline"))

    def test_a_queue_that_is_drawn_minds_presence_and_hands_on(self):
        """Programs and imports say what they mean; whoever fills the form need not."""
        action = self.env.ref("helpcrunch_chatbot.helpcrunch_operator_queue_action")
        queues = self.as_manager("helpcrunch.operator.queue")
        drawn = queues.with_context(**literal_eval(action.context)).create(
            {"name": "Drawn"}
        )
        self.assertEqual(
            (drawn.only_online, drawn.operator_silence_minutes), (True, 10)
        )
        self.assertIn("Nobody of us is here", drawn.absent_message)
        told = queues.create({"name": "Told"})
        self.assertEqual((told.only_online, told.operator_silence_minutes), (False, 0))
        self.assertFalse(told.absent_message)

    def test_every_tab_is_told_who_is_available(self):
        operator = self.operator.with_user(self.olena)
        rows = self.announced(operator.action_toggle_available)
        told = [json.loads(row.message) for row in rows]
        self.assertIn(
            {
                "type": "helpcrunch.availability",
                "payload": {"available": False, "only_online": True},
            },
            [{key: row[key] for key in ("type", "payload")} for row in told],
        )
        self.assertIn("helpcrunch.operators", [row["type"] for row in told])
