"""Whatever changes where a dialogue stands is an event of it, and *Why?* tells it."""

from unittest.mock import patch

from odoo.tests import tagged

from ..common_operators import OperatorCase

# Who has a dialogue, and where it stands.
_STANDING = {
    "state",
    "step_id",
    "waiting",
    "queue_id",
    "user_id",
    "return_step_id",
    "answer",
    "attempts",
    "misses",
}


@tagged("post_install", "-at_install")
class TestOneWay(OperatorCase):
    def setUp(self):
        super().setUp()
        self.add_operator(self.petro)
        model = self.registry["helpcrunch.chat"]
        write, self.outside, self.inside = model.write, [], 0

        def watched(chats, vals):
            if vals.keys() & _STANDING:
                is_turn = all(chat._turn for chat in chats)
                self.inside += is_turn
                self.outside += [] if is_turn else [vals]
            return write(chats, vals)

        patcher = patch.object(model, "write", watched)
        patcher.start()
        self.addCleanup(patcher.stop)

    def _act(self):
        """Do with a dialogue whatever people, HelpCrunch and clocks do with one."""
        chat = self.connect()
        yield "the customer calls an operator"
        mine = chat.with_user(chat.user_id)
        self.writes(chat.user_id, "Good day")
        yield "the operator writes"
        mine.action_pause()
        self.settle()
        yield "a button pauses"
        self.writes(chat.user_id, "Here I am again")
        yield "the operator goes on"
        self.wait(5)
        yield "a timer reminds"
        self.orders(chat.user_id, "/transfer Sales")
        yield "a command hands over"
        wizard = self.as_manager("helpcrunch.chat.assign").create({"chat_id": chat.id})
        wizard.queue_id = self.queue
        wizard.action_assign()
        self.settle()
        yield "the window hands over"
        chat.user_id.with_user(self.administrator).active = False
        self.settle()
        yield "the operator is gone"
        self.agent_writes("I take it")
        yield "somebody takes it over in HelpCrunch"
        chat.with_user(self.manager).action_return_to_bot()
        self.settle()
        yield "a button returns it"
        self.helpcrunch.close(int(chat.external_id))
        self.take_in()
        yield "the customer closes the chat"

    def test_every_change_is_a_turn_with_a_trace(self):
        for what in self._act():
            with self.subTest(what):
                self.assertEqual(self.outside, [])
                self.assertTrue(self.codes(), "Why? tells nothing")
        self.assertEqual(self.chat().state, "done")
        self.assertGreater(self.inside, 10)

    def test_outside_of_a_turn_there_is_no_trace_to_lose(self):
        with self.assertRaises(AttributeError):
            self.by_machine(self.connect())._trace("paused")
