"""Canned responses that do something once they are sent: macros."""

from odoo.exceptions import ValidationError
from odoo.tests import HttpCase, tagged

from ..common_operators import OperatorCase


@tagged("post_install", "-at_install")
class TestCannedResponse(OperatorCase, HttpCase):
    # Here the browser's, not the operator's.
    session = None

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.refund = cls.as_manager("crm.tag").create({"name": "Refund"})
        cls.responses = cls.env["mail.canned.response"].with_user(cls.olena)
        cls.bye = cls.responses.create(
            {
                "source": "bye",
                "substitution": "The money is on its way.",
                "helpcrunch_tag_ids": cls.refund.ids,
                "helpcrunch_after": "close",
            }
        )

    def sends(self, text, responses, user=None, **post_data):
        """Send a text as the web client does, and tell what it was made from."""
        user = user or self.olena
        self.authenticate(user.login, user.login)
        self.make_jsonrpc_request(
            "/mail/message/post",
            {
                "thread_model": "discuss.channel",
                "thread_id": self.channel().id,
                "post_data": {
                    "body": text,
                    "message_type": "comment",
                    "subtype_xmlid": "mail.mt_comment",
                    **post_data,
                },
                "canned_response_ids": responses.ids,
            },
        )
        self.settle()

    def test_what_is_sent_first_then_what_it_does(self):
        chat = self.connect()
        self.sends("The money is on its way, Taras.", self.bye)
        self.assertEqual(
            self.texts()[-2:], ["The money is on its way, Taras.", "Thank you"]
        )
        self.assertEqual((chat.tag_ids, chat.state), (self.refund, "done"))

    def test_to_another_queue(self):
        other = self.as_manager("helpcrunch.operator.queue").create({"name": "Other"})
        self.add_operator(self.petro, other)
        hand_over = self.responses.create(
            {
                "source": "other",
                "substitution": "My colleague helps you.",
                "helpcrunch_after": "transfer",
                "helpcrunch_queue_id": other.id,
            }
        )
        chat = self.connect()
        self.sends("My colleague helps you.", hand_over)
        self.assertEqual((chat.user_id, chat.queue_id), (self.petro, other))

    def test_a_queue_is_needed(self):
        with self.assertRaisesRegex(ValidationError, "“bye” hands the dialogue over"):
            self.bye.helpcrunch_after = "transfer"

    def test_a_note_does_nothing(self):
        chat = self.connect()
        self.sends("Look", self.bye, subtype_xmlid="mail.mt_note")
        self.assertEqual((chat.state, chat.tag_ids.ids), ("operator", []))

    def test_somebody_elses_answer_is_nobodys_order(self):
        mine = self.env["mail.canned.response"].with_user(self.petro)
        private = mine.create(
            {
                "source": "end",
                "substitution": "Bye",
                "helpcrunch_after": "close",
            }
        )
        chat = self.connect()
        self.sends("Bye", private)
        self.assertEqual(chat.state, "operator")
        private.group_ids = self.env.ref("helpcrunch_chatbot.group_operator")
        self.sends("Bye", private)
        self.assertEqual(chat.state, "done")

    def test_elsewhere_it_is_a_text(self):
        """In a chat among colleagues nothing is ordered."""
        self.connect()
        channel = self.env["discuss.channel"].with_user(self.olena)
        chat = channel._get_or_create_chat(self.petro.partner_id.ids)
        self.authenticate(self.olena.login, self.olena.login)
        self.make_jsonrpc_request(
            "/mail/message/post",
            {
                "thread_model": "discuss.channel",
                "thread_id": chat.id,
                "post_data": {"body": "Bye", "message_type": "comment"},
                "canned_response_ids": self.bye.ids,
            },
        )
        self.assertIn("Bye", str(chat.message_ids[:1].body))
        self.assertEqual(self.chat().state, "operator")

    def test_the_web_client_knows_what_it_will_do(self):
        self.assertEqual(self.bye._get_helpcrunch_orders(), ["/tag Refund", "/close"])
