"""The bot's language is the source of its texts (spec 5)."""

from odoo.tests import new_test_user, tagged

from .common import CUSTOMER, HelpcrunchCase


@tagged("post_install", "-at_install")
class TestLanguages(HelpcrunchCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        langs = cls.env["res.lang"].with_user(cls.administrator)
        for code in ("uk_UA", "pl_PL"):
            langs._activate_lang(code)
        cls.ukrainian = new_test_user(
            cls.env,
            "ukrainian",
            "helpcrunch_chatbot.group_manager",
            lang="uk_UA",
        )
        cls.bot.language_id = langs._lang_get("uk_UA")
        cls.welcome = cls.drawn(
            "helpcrunch.step",
            name="Вітання",
            bot_id=cls.bot.id,
            message="Вітаємо!",
            alias_ids=[(0, 0, {"name": "/start"})],
        )

    @classmethod
    def drawn(cls, model, **vals):
        return cls.at_work(cls.env[model]).create(vals)

    @classmethod
    def at_work(cls, records):
        """Records as a manager who works in Ukrainian has them."""
        return records.with_user(cls.ukrainian).with_context(lang="uk_UA")

    def greets(self, locale, customer):
        return self.says("Hi", customer, locale=locale)

    def test_customers_of_every_language_hear_the_new_text(self):
        self.at_work(self.welcome).message = "Добрий день!"
        for number, locale in enumerate(("uk", "en", "pl", "de", None), CUSTOMER):
            with self.subTest(locale=locale):
                self.assertEqual(self.greets(locale, number), ["Добрий день!"])
        self.assertFalse(self.welcome.older_wordings)

    def test_a_real_translation_stays_and_is_told(self):
        polish = self.at_work(self.welcome).with_context(lang="pl_PL")
        polish.message = "Dzień dobry!"
        self.assertEqual(self.greets("pl", 5001), ["Dzień dobry!"])
        self.assertEqual(self.greets("uk", 5002), ["Вітаємо!"])
        self.assertEqual(self.greets("en", 5003), ["Вітаємо!"])
        self.at_work(self.welcome).message = "Добрий день!"
        self.assertEqual(self.greets("pl", 5004), ["Dzień dobry!"])
        self.assertEqual(self.greets("en", 5005), ["Добрий день!"])
        self.assertEqual(self.welcome.older_wordings, {"message": ["pl_PL"]})
        self.assertIn("Polish", self.welcome.older_wordings_text)
        polish.message = "Dzień dobry Państwu!"
        self.assertFalse(self.welcome.older_wordings)
        self.assertEqual(polish.translates_into, "Polish / Język polski")
        self.assertFalse(self.at_work(self.welcome).translates_into)

    def test_the_dialog_of_translations_is_a_way_too(self):
        self.at_work(self.welcome).update_field_translations(
            "message", {"uk_UA": "Добрий день!"}
        )
        self.assertEqual(self.greets("en", 5001), ["Добрий день!"])
        self.at_work(self.welcome).update_field_translations(
            "message", {"en_US": "Hello!"}
        )
        self.assertEqual(self.greets("en", 5002), ["Hello!"])
        self.assertEqual(self.greets("uk", 5003), ["Добрий день!"])

    def test_a_language_that_comes_later_hears_the_bots(self):
        self.at_work(self.welcome).with_context(lang="en_US").message = "Hello!"
        self.env["res.lang"].with_user(self.administrator)._activate_lang("de_DE")
        self.assertEqual(self.greets("de", 5001), ["Вітаємо!"])

    def test_answers_follow(self):
        step = self.drawn(
            "helpcrunch.step",
            name="Choice",
            bot_id=self.bot.id,
            step_type="choice",
            message="Що?",
            alias_ids=[(0, 0, {"name": "choose"})],
            answer_ids=[(0, 0, {"name": "Доставка"})],
        )
        self.at_work(step.answer_ids).name = "Оплата"
        self.greets("en", 5001)
        self.assertIn("Оплата", self.says("choose", 5001)[0])

    def test_a_queue_made_in_english_greets_in_ukrainian(self):
        queue = self.as_manager("helpcrunch.operator.queue").create({"name": "Shop"})
        joined = queue.with_context(lang="uk_UA").joined_message
        self.assertNotEqual(joined, queue.with_context(lang="en_US").joined_message)
        self.assertIn("{{ operator }}", joined)

    def test_a_bot_has_its_makers_language(self):
        bot = self.drawn("helpcrunch.bot", name="Бот", account_id=self.account.id)
        self.assertEqual(bot.language_id.code, "uk_UA")
        english = bot.with_context(lang="en_US").fallback_message
        self.assertNotEqual(bot.with_context(lang="uk_UA").fallback_message, english)
