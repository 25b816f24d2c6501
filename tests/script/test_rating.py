"""The question how it was, and what becomes of the answer."""

from odoo.tests import tagged

from ..common import add_ukrainian
from ..common_operators import OperatorCase

_QUESTION = "How was it?\n5 – Perfect\n4 – Great\n3 – Average\n2 – Poor\n1 – Very poor"


@tagged("post_install", "-at_install")
class TestRating(OperatorCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.rating = cls.step(
            "Rate us",
            "rating",
            message="How was it?",
            invalid_message="1 to 5, please.",
        )
        cls.forward.next_step_id = cls.rating

    def asked(self):
        """Let Olena end a dialogue, so that the bot asks; return the dialogue."""
        chat = self.connect()
        self.orders(self.olena, "/close")
        self.assertEqual(self.texts()[-1], _QUESTION)
        self.assertNotEqual(self.remote()["status"], "closed")
        return chat

    def passes(self, minutes):
        """Let time pass since the bot has asked."""
        self._set_back(minutes, helpcrunch_chat=("last_message_at",))
        self.env["helpcrunch.operator.session"]._cron_operators()
        self.settle()

    def test_what_the_customer_says_stands_with_dialogue_operator_and_report(self):
        chat = self.asked()
        self.says("5")
        self.assertEqual((chat.rating, self.session().rating), ("perfect", "perfect"))
        self.assertEqual(chat.variables[self.rating.code], "Perfect")
        self.env.flush_all()
        report = self.as_manager("helpcrunch.operator.report").search([])
        self.assertEqual(report.rating, "perfect")
        self.assertIn("rated", self.codes())

    def test_nothing_follows_and_the_chat_is_closed(self):
        self.rating.done_message = "It helps us."
        chat = self.asked()
        self.says("4")
        self.assertEqual(self.texts()[-1], "It helps us.")
        self.assertEqual((chat.state, self.remote()["status"]), ("done", "closed"))

    def test_the_flow_goes_on_and_the_chat_stays_open(self):
        self.rating.next_step_id = self.thanks
        chat = self.asked()
        self.says("4")
        self.assertEqual(self.texts()[-1], "Thank you")
        self.assertEqual(chat.state, "bot")
        self.assertNotEqual(self.remote()["status"], "closed")

    def test_how_people_rate(self):
        for text, rating in {
            "5": "perfect",
            " 5! ": "perfect",
            "４": "great",
            "⭐⭐⭐": "average",
            "* *": "poor",
            "great": "great",
            "Very poor.": "very poor",
            "👍": "great",
            "❤️": "perfect",
            "👎🏻": "poor",
            "5, thank you!": "perfect",
            "I give 4": "great",
            "it was great": "great",
            "very poor indeed": "very poor",
        }.items():
            with self.subTest(text=text):
                self.assertEqual(self.rating._find_rating(text), rating)
        for text in (
            "0",
            "6",
            "55",
            "-1",
            "4.5",
            "5 of 5",
            "⭐" * 6,
            "good",
            "?",
            "not great",
            "no 5",
            "5 or 4",
            "where is my order 5 please",
        ):
            with self.subTest(text=text):
                self.assertIsNone(self.rating._find_rating(text))

    def test_in_the_customers_words(self):
        add_ukrainian(self.env)
        rating = self.rating.with_context(lang="uk_UA")
        word = rating._get_points()[5][1]
        self.assertNotEqual(word, "Perfect")
        self.assertEqual(rating._find_rating(word.upper()), "perfect")

    def test_what_is_no_rating_is_asked_again_and_then_let_be(self):
        self.rating.max_attempts = 2
        chat = self.asked()
        self.says("it was all right")
        self.assertEqual(self.texts()[-1], "1 to 5, please.")
        # Nobody must rate: it is heard as what it is, and not answered by silence.
        self.assertEqual(self.says("really"), ["I did not understand."])
        self.assertFalse(chat.rating or chat.waiting)
        self.assertNotEqual(self.remote()["status"], "closed")

    def test_who_does_not_rate_is_not_waited_for(self):
        chat = self.asked()
        self.passes(59)
        self.assertTrue(chat.waiting)
        self.passes(1)
        self.assertEqual((chat.state, self.remote()["status"]), ("done", "closed"))
        self.assertFalse(chat.rating)
        self.assertIn("rating_timeout", self.codes())

    def test_the_wait_begins_anew_with_each_word(self):
        chat = self.asked()
        self.passes(59)
        self.says("a moment")
        self.passes(59)
        self.assertTrue(chat.waiting)

    def test_no_minutes_and_the_question_stays(self):
        self.rating.rating_minutes = 0
        chat = self.asked()
        self.passes(100000)
        self.assertTrue(chat.waiting)

    def test_a_bot_alone_closes_no_chat(self):
        self.step("How are we?", "rating", message="How was it?", alias="rate")
        self.says("Hi")
        self.says("rate")
        self.says("5")
        chat = self.chat()
        self.assertEqual((chat.rating, chat.state), ("perfect", "bot"))

    def test_the_operator_before_is_not_this_dialogues(self):
        """A dialogue that began anew has had no operator yet."""
        self.step("How are we?", "rating", message="How was it?", alias="rate")
        chat = self.asked()
        self.says("5")
        self.later()
        self.says("rate")
        self.says("1")
        self.assertEqual((chat.rating, chat.state), ("very poor", "bot"))
        self.assertEqual(self.session().rating, "perfect")
