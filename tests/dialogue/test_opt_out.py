from odoo.tests import tagged

from ..common_operators import OperatorCase

VIBER = 3


@tagged("post_install", "-at_install")
class TestOptOut(OperatorCase):
    """A customer's wish for no broadcasts, by word."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.bot.write(
            {"opt_out_message": "No more news.", "opt_in_message": "News again."}
        )

    def opted_out(self):
        return self.chat().customer_id.opt_out

    def test_stop_and_start(self):
        self.says("Hi")
        for word in ("STOP", "stop!", " Стоп "):
            with self.subTest(word=word):
                self.assertEqual(self.says(word), ["No more news."])
                self.assertTrue(self.opted_out())
                self.assertEqual(self.codes(), ["opt_out"])
                self.assertEqual(self.says("/start"), ["News again.", "Welcome"])
                self.assertFalse(self.opted_out())
        # Who gets them anyway is not told so.
        self.assertEqual(self.says("/start"), ["Welcome"])

    def test_a_word_of_its_own(self):
        self.bot.opt_in_words = "news please"
        self.says("Hi")
        self.says("STOP")
        self.assertEqual(self.says("News please"), ["News again."])
        self.assertFalse(self.opted_out())
        self.assertEqual(self.says("News please"), ["I did not understand."])

    def test_words_of_every_language_count(self):
        self.env["res.lang"]._activate_lang("uk_UA")
        self.bot.with_context(lang="uk_UA").opt_out_words = "досить"
        self.says("Hi", locale="en")
        self.assertEqual(self.says("Досить"), ["No more news."])
        self.says("/start")
        self.assertEqual(self.says("STOP"), ["No more news."])

    def test_an_open_question_stays_open(self):
        self.step(
            "Your name?", "update_contact", alias="ask", field_id=self.field("name")
        )
        self.says("Hi")
        self.says("ask")
        self.assertEqual(self.says("STOP"), ["No more news."])
        self.assertTrue(self.chat().waiting)
        self.says("Olena")
        self.assertEqual(self.partner().name, "Olena")

    def test_it_comes_before_aliases(self):
        self.step("Bus stops", alias="stop")
        self.says("Hi")
        self.assertEqual(self.says("stop"), ["No more news."])

    def test_an_operator_does_not_keep_it_from_counting(self):
        self.connect()
        before = self.texts()
        self.says("STOP")
        self.assertTrue(self.opted_out())
        self.assertEqual(self.texts(), before, "the bot stays silent")
        self.assertEqual(self.lines()[-1], "STOP")

    def test_it_holds_in_all_channels_of_a_person(self):
        self.says("Hi", email="t@example.com")
        self.says("Hi", customer=5002, application=VIBER, email="t@example.com")
        self.says("STOP")
        self.assertEqual(self.chat(5002).partner_id, self.partner())
        self.assertTrue(self.chat(5002).customer_id.opt_out)
        self.assertTrue(self.partner().helpcrunch_opt_out)

    def test_nothing_is_said_if_nothing_is_to_be(self):
        self.bot.opt_out_message = False
        self.says("Hi")
        self.assertEqual(self.says("STOP"), [])
        self.assertTrue(self.opted_out())
