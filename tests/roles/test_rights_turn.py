"""A client leaves no turn in the context."""

from odoo.tests import tagged

from ..common_operators import OperatorCase


@tagged("post_install", "-at_install")
class TestForgedTurn(OperatorCase):
    def test_a_forged_turn_is_none(self):
        chat = self.connect()
        for forged in (True, 1, "turn", {"note": "x"}):
            with self.subTest(forged=forged):
                mine = chat.with_user(self.manager).with_context(helpcrunch_turn=forged)
                self.assertIsNone(mine._turn)
                lead = mine.action_create_lead()
                self.assertTrue(lead)
        mine.action_pause()
        self.settle()
        self.assertEqual(chat.state, "paused")
