"""While HelpCrunch is down, whoever writes knows why it waits and until when."""

from odoo import fields
from odoo.tests import tagged

from ..common_operators import OperatorCase


@tagged("post_install", "-at_install")
class TestTrouble(OperatorCase):
    def setUp(self):
        super().setUp()
        self.connect()

    def shown(self):
        """What the operator's form and Discuss show."""
        self.env.invalidate_all()
        chat = self.chat().with_user(self.olena)
        message = self.channel().message_ids.filtered(
            lambda message: "Good day" in (message.body or "")
        )
        delivery = message.with_user(self.olena)._get_helpcrunch_deliveries()
        return chat, delivery[message.id]

    def test_an_outage_is_told_with_its_end(self):
        self.helpcrunch.set(down=True)
        self.writes(self.olena, "Good day")
        chat, delivery = self.shown()
        self.assertEqual(delivery["state"], "outgoing")
        self.assertIn("It is tried again at", delivery["waits"])
        self.assertIn("It is tried again at", chat.transcript)
        self.assertFalse(chat.trouble, "half a minute is nothing")
        call = self.env["helpcrunch.outbox"].search(
            [("chat_id", "=", chat.id), ("state", "in", ("pending", "unknown"))]
        )
        call.queued_at = fields.Datetime.subtract(fields.Datetime.now(), minutes=1)
        chat, _delivery = self.shown()
        self.assertIn("HelpCrunch does not answer", chat.trouble)
        info = self.channel().with_user(self.olena)._get_helpcrunch_info()
        self.assertEqual(info["trouble"], chat.trouble)

    def test_a_refused_key_is_told_to_operators(self):
        self.helpcrunch.set(refuse_key=True)
        self.writes(self.olena, "Good day")
        chat, _delivery = self.shown()
        self.assertEqual(self.account.state, "error")
        self.assertIn("does not let the messenger", chat.trouble)

    def test_nothing_is_told_when_all_is_well(self):
        self.writes(self.olena, "Good day")
        chat, delivery = self.shown()
        self.assertEqual(delivery, {"state": "sent", "error": False})
        self.assertFalse(chat.trouble)
