"""One order of a dialogue's lines."""

from odoo.tests import tagged

from ..common_operators import OperatorCase


@tagged("post_install", "-at_install")
class TestOrder(OperatorCase):
    def line(self, chat, body, state="sent", at="2026-11-20 10:00:00", position=1):
        return self.env["helpcrunch.message"].create(
            {
                "chat_id": chat.id,
                "direction": "in" if state == "received" else "out",
                "author_type": "customer" if state == "received" else "bot",
                "body": body,
                "state": state,
                "occurred_at": at,
                "position": position,
            }
        )

    def test_one_order_of_lines(self):
        self.says("Hi")
        chat = self.chat()
        lines = self.line(chat, "asks", "received", position=10)
        # Made by the first question, and not sent yet.
        lines += self.line(chat, "waits", "outgoing", position=10.001)
        lines += self.line(chat, "lost", "failed", position=10.002)
        lines += self.line(chat, "asks again", "received", position=11)
        lines += self.line(chat, "answers", "sent", position=12)
        # Told late, by a webhook that was lost: what counts is when it was said.
        at = "2026-11-20 09:00:00"
        lines += self.line(chat, "greets", "received", at, position=99)
        self.assertEqual(
            lines[::-1]._in_order().mapped("body"),
            ["greets", "asks", "lost", "asks again", "answers", "waits"],
        )
        text = str(lines._get_transcript("UTC"))
        places = [text.index(body) for body in ("lost", "asks again", "answers")]
        self.assertEqual(places, sorted(places))
        shown = chat._get_last_messages() & lines
        self.assertEqual(shown.mapped("body")[-1], "waits")

    def test_the_word_that_calls_keeps_its_place(self):
        self.says("Hi")
        self.says("help me")
        history, last = self.channel().message_ids.sorted("id")
        places = [
            history.body.index(text) for text in ("Hi", "help me", "Olena is here.")
        ]
        self.assertEqual(places, sorted(places))
        self.assertEqual(last.body.striptags(), "help me")

    def test_a_colleague_reads_on_where_the_first_one_stopped(self):
        self.says("Hi")
        self.says("help me")
        self.writes(self.olena, "Good morning")
        self.chat().with_user(self.olena).action_return_to_bot()
        self.says("Thanks")
        self.says("help me")
        bodies = " ".join(self.channel().message_ids.mapped("body"))
        self.assertEqual(bodies.count("Good morning"), 1)
        self.assertIn("Thanks", bodies)
