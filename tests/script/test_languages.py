"""The bot's language is the source of its texts (spec 5)."""

from odoo.tests import new_test_user, tagged

from ..common import CUSTOMER, HelpcrunchCase


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

    def draw_choice(self):
        return self.drawn(
            "helpcrunch.step",
            name="Choice",
            bot_id=self.bot.id,
            step_type="choice",
            message="Що?",
            alias_ids=[(0, 0, {"name": "choose"})],
            answer_ids=[(0, 0, {"name": "Доставка"})],
        )

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

    def test_translations_that_are_still_right_are_told_no_more(self):
        self.at_work(self.welcome).with_context(lang="pl_PL").message = "Dzień dobry!"
        self.at_work(self.welcome).message = "Добрий день!"
        self.at_work(self.welcome).action_confirm_wordings()
        self.assertFalse(self.welcome.older_wordings)
        self.assertEqual(self.greets("pl", 5001), ["Dzień dobry!"])

    def test_texts_follow_a_bot_that_changes_its_language(self):
        choice = self.draw_choice()
        for record, name, text in (
            (self.welcome, "message", "Hello!"),
            (choice.answer_ids, "name", "Delivery"),
        ):
            self.at_work(record).with_context(lang="en_US")[name] = text
        self.assertEqual(self.greets("pl", 5001), ["Вітаємо!"])
        self.at_work(self.bot).language_id = self.env.ref("base.lang_en")
        self.assertEqual(self.greets("pl", 5002), ["Hello!"])
        self.assertIn("Delivery", self.says("choose", 5002)[0])
        self.assertEqual(self.greets("uk", 5003), ["Вітаємо!"])
        self.at_work(self.welcome).with_context(lang="en_US").message = "Hi!"
        self.assertEqual(self.greets("pl", 5004), ["Hi!"])
        self.assertEqual(self.greets("uk", 5005), ["Вітаємо!"])
        self.assertEqual(self.welcome.older_wordings, {"message": ["uk_UA"]})

    def test_a_queue_follows_the_bot_that_leads_to_it(self):
        queue = self.drawn("helpcrunch.operator.queue", name="Shop")
        self.drawn(
            "helpcrunch.step",
            name="To an operator",
            bot_id=self.bot.id,
            step_type="forward_operator",
            queue_id=queue.id,
        )
        self.at_work(queue).joined_message = "Я тут."
        self.at_work(queue).with_context(lang="pl_PL").joined_message = "Я тут."
        self.at_work(queue).with_context(lang="en_US").joined_message = "I am here."
        self.at_work(self.bot).language_id = self.env.ref("base.lang_en")
        self.assertEqual(queue.with_context(lang="pl_PL").joined_message, "I am here.")
        self.assertEqual(queue.with_context(lang="uk_UA").joined_message, "Я тут.")

    def test_an_inactive_language_is_told(self):
        polish = self.env["res.lang"]._lang_get("pl_PL")
        self.at_work(self.bot).language_id = polish
        self.assertFalse(self.bot.warning)
        polish.with_user(self.administrator).active = False
        self.env.invalidate_all()
        self.assertIn("is not active", self.bot.warning)

    def test_answers_follow(self):
        step = self.draw_choice()
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
