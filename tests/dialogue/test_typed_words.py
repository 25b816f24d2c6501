"""What people type: phrases, names, numbers, files, deep links (spec 4.1, 4.4)."""

from odoo.tests import new_test_user, tagged

from ...tools import matching, typed_values
from ..common import CUSTOMER, HelpcrunchCase

PHOTO = "https://ucarecdn.com/0b1c4f3e-6f0d-4c3e-9a52-0f1d2c3b4a59/photo.jpg"
UUID = "0b1c4f3e-6f0d-4c3e-9a52-0f1d2c3b4a59"


class TypingCase(HelpcrunchCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        company = cls.account.company_id.with_user(cls.administrator)
        company.country_id = cls.env.ref("base.ua")

    def ask(self, field, **vals):
        return self.step(
            f"Your {field}?",
            "update_contact",
            alias="/start",
            field_id=self.field(field),
            **vals,
        )

    def begins(self, text="Hi", **profile):
        return self.says(text, **{"name": "Taras", "locale": "en", **profile})


@tagged("post_install", "-at_install")
class TestTypedWords(TypingCase):
    def test_one_normaliser_for_what_people_see_as_equal(self):
        for phrase, typed in (
            ("👍", "👍🏽"),
            ("👍🏻", "👍🏿"),
            ("Ліди", "Лiди"),
            ("СТОП", "CТОП"),
            ("їжа", "ïжa"),
            ("operator", "оperator"),
            ("Ліди", "\u3164Лі\u2060ди\u2800"),
            ("Ліди", "\U000e0041Ліди\x7f"),
            ("ціни", "ціни\u034f"),
        ):
            with self.subTest(phrase=phrase, typed=typed):
                self.assertEqual(matching.normalize(typed), matching.normalize(phrase))
        # Words of one alphabet are what they are.
        for phrase, typed in (("Ні", "Hi"), ("сон", "coh"), ("👍", "👎")):
            with self.subTest(phrase=phrase, typed=typed):
                self.assertNotEqual(
                    matching.normalize(typed), matching.normalize(phrase)
                )

    def test_marks_are_counted_as_nfkc_makes_them(self):
        for pile in ("\uff9e", "\uff9e\uff9f", "\u0344", "\u0f73", "\u0301"):
            with self.subTest(pile=ascii(pile)):
                key = matching.normalize("か" + pile * 20000)
                self.assertLess(len(key), 100)
        # Each syllable has its own.
        key = matching.normalize("\uff76\uff9e" * 1000)
        self.assertEqual(key, "ガ" * 1000)

    def test_emoji_and_letters_of_the_other_alphabet_are_the_alias(self):
        self.step("Welcome", alias="/start")
        self.step("Fine", alias="👍")
        self.step("Leads", alias="Ліди")
        self.begins()
        self.assertEqual(self.says("👍🏽"), ["Fine"])
        self.assertEqual(self.says("Лiди"), ["Leads"])

    def test_a_step_is_called_by_its_name_in_mixed_letters(self):
        self.step("Ask", "free_input", alias="/start")
        self.step("Ліди")
        self.begins()
        self.assertEqual(self.says("Лiди"), ["Ліди"])

    def test_stop_in_mixed_letters(self):
        self.step("Welcome", alias="/start")
        self.begins()
        self.says("CТОП")
        self.assertTrue(self.chat().customer_id.opt_out)
        self.assertEqual(self.codes(), ["opt_out"])

    # === THE FIRST TEXT === #

    def _draw_circle(self):
        question = self.step("What?", "free_input")
        self.step("Hello", alias="/start", next_step_id=question)
        self.step("We deliver.", alias="Доставки", next_step_id=question)
        return ["Hello", "What?", "We deliver.", "What?"]

    def test_a_first_text_whose_branch_comes_back_is_no_circle(self):
        told = self._draw_circle()
        self.assertEqual(self.begins("Доставки"), told)
        self.assertFalse(self.bot.activity_ids)
        self.assertEqual(self.says("Доставки"), told[2:])

    def test_nor_is_it_after_done(self):
        told = self._draw_circle()
        self.begins()
        self.chat().state = "done"
        self.assertEqual(self.says("Доставки"), told)
        self.assertNotIn("guard", self.codes())

    def test_a_real_circle_is_one_after_the_first_text_too(self):
        self._draw_circle()
        one = self.step("One", alias="one")
        one.next_step_id = self.step("Two", next_step_id=one)
        self.assertEqual(
            self.begins("one"),
            ["Hello", "What?", "One", "Two", "I did not understand."],
        )

    def test_a_phrase_that_came_before_the_question_is_heard(self):
        ask = self.ask("name")
        self.step("We deliver.", alias="Доставки", next_step_id=ask)
        self.assertEqual(
            self.begins("Доставки"), ["Your name?", "We deliver.", "Your name?"]
        )
        self.assertEqual(self.partner().name, "Taras")

    # === DEEP LINKS === #

    def test_a_deep_link_begins_again_and_is_an_opt_in(self):
        self.step("Hello {{ start_payload | 'you' }}", alias="/start")
        self.assertEqual(self.begins(), ["Hello you"])
        self.says("STOP")
        self.assertTrue(self.chat().customer_id.opt_out)
        self.assertEqual(
            self.says("/start promo42"),
            [self.bot.opt_in_message, "Hello promo42"],
        )
        self.assertFalse(self.chat().customer_id.opt_out)
        self.assertEqual(self.chat().start_payload, "promo42")

    def test_a_deep_link_as_the_first_text_is_in_the_lead(self):
        lead = self.step("Lead", "create_lead")
        asked = self.step("{{ start_payload }}?", "free_input", next_step_id=lead)
        self.step("Hello", alias="/start", next_step_id=asked)
        # The chat itself comes first, and with it the welcome.
        self.begins("/start promo42")
        self.assertEqual(self.chat().start_payload, "promo42")
        self.assertEqual(self.says("Yes"), ["Lead"])
        self.assertIn("promo42", self.chat().lead_ids.description)
        self.assertIn("/start promo42", self.chat().message_ids.mapped("body"))

    def test_only_a_deep_link_is_one(self):
        self.step("Hello", alias="/start")
        self.step("Sale", alias="/start sale")
        self.begins()
        for typed in ("start promo42", "/start two words", "/starting x"):
            with self.subTest(typed=typed):
                self.assertEqual(self.says(typed), ["I did not understand."])
        # A phrase of the drawing comes first, and what was sent is kept all the same.
        self.assertEqual(self.says("/start sale"), ["Sale"])
        self.assertEqual(self.chat().start_payload, "sale")

    # === FILES === #

    def test_a_file_is_no_answer(self):
        after = self.step("Thanks")
        self.step(
            "Other",
            alias="photo",
            alias_ids=[(0, 0, {"name": "jpg", "match": "contains_word"})],
        )
        for number, (kind, vals) in enumerate(
            (
                ("free_input", {}),
                ("update_contact", {"field_id": self.field("name")}),
                ("choice", {"answer_ids": [(0, 0, {"name": "0b"})]}),
            ),
            start=CUSTOMER,
        ):
            ask = self.step("Ask?", kind, alias="/start", next_step_id=after, **vals)
            said = ask.with_context(lang="en_US")._get_text()
            self.begins(customer=number)
            for typed in (PHOTO, f"[{PHOTO}]", UUID, f"{PHOTO} {PHOTO}"):
                with self.subTest(kind=kind, typed=typed):
                    ask.max_attempts = 9
                    self.assertEqual(self.says(typed, customer=number), [said])
            self.assertEqual(self.partner(number).name, "Taras")
            self.assertIn(UUID, self.chat(number).message_ids.mapped("body"))
            ask.active = False

    def test_a_link_may_be_a_website(self):
        self.ask("website")
        self.begins()
        self.says("https://example.com")
        self.assertEqual(self.partner().website, "https://example.com")

    # === NAMES === #

    def test_a_name_that_nobody_sees_is_none(self):
        for number, name in enumerate(
            ("\u200b", "\u2060", "\u3164", "\u2800", " \ufe0f ", "\u0301"), start=5001
        ):
            self.step("Hello", alias=f"/start{number}")
            self.begins(customer=number, name=name)
            with self.subTest(name=ascii(name)):
                self.assertEqual(self.partner(number).name, f"Telegram bot {number}")

    def test_nor_is_it_an_answer(self):
        self.ask("name")
        self.begins()
        self.assertEqual(self.says("\u3164\u2800"), [])
        self.assertEqual(self.partner().name, "Taras")
        self.says("\u202b Олена \u3164 Коваль\u2060")
        self.assertEqual(self.partner().name, "Олена Коваль")

    def test_an_address_that_is_none_is_not_stored(self):
        self.step("Hello", alias="/start")
        for number, email in enumerate(
            ("@x", "a@b", "Taras <t@", "x@y.ua, z@y.ua"), 5001
        ):
            self.begins(customer=number, email=email)
            with self.subTest(email=email):
                self.assertFalse(self.partner(number).email)
        self.begins(customer=5009, email="Taras@Example.com")
        self.assertEqual(self.partner(5009).email, "taras@example.com")
        self.assertIsNone(typed_values.read_email(["a@example.com"]))

    # === NUMBERS === #

    def test_numbers_as_phones_and_people_write_them(self):
        self.ask("phone", next_step_id=self.step("Thanks"))
        for typed, sanitized in (
            ("067\u200e 123 45 03", "+380671234503"),
            ("+380\ufe0f 67 123 45 04", "+380671234504"),
            ("067\u202f123\u202f45\u202f05", "+380671234505"),
            ("+380671234523 це мій", "+380671234523"),
            ("0671234524 Олена", "+380671234524"),
            ("Олена, 067 123 45 25.", "+380671234525"),
            ("мій номер: (067) 123-45-26, дзвоніть після 10", "+380671234526"),
        ):
            self.says("/start", name="Taras", locale="en")
            with self.subTest(typed=typed):
                self.assertEqual(self.says(typed), ["Thanks"])
                self.assertEqual(self.partner().phone_sanitized, sanitized)

    def test_two_numbers_are_asked_about(self):
        self.ask("phone")
        self.begins()
        (said,) = self.says("067 123 45 03 або 050 111 22 33")
        self.assertIn("+380 67 123 4503, +380 50 111 2233", said)
        self.assertFalse(self.partner().phone)
        self.says("067 123 45 03, тобто +380671234503")
        self.assertEqual(self.partner().phone_sanitized, "+380671234503")

    def test_a_text_of_any_length_is_no_number(self):
        self.ask("phone")
        self.begins()
        self.assertEqual(self.says("0671234503 0501112233 " * 200), ["Your phone?"])
        self.assertFalse(self.partner().phone)

    def test_a_reason_is_suggested_for_phone_and_email(self):
        step = self.as_manager("helpcrunch.step").new({"step_type": "update_contact"})
        said = []
        for field in ("phone", "email", "name"):
            step.field_id = self.field(field)
            step._onchange_field_id()
            said.append(step.invalid_message)
        self.assertIn("phone number", said[0])
        self.assertIn("e-mail", said[1])
        self.assertFalse(said[2])
        step.invalid_message = "My own words"
        step._onchange_field_id()
        self.assertEqual(step.invalid_message, "My own words")

    # === PEOPLE ARE CALLED FROM ANYWHERE === #

    def all_codes(self):
        """Return the codes of every turn so far: a person is looked for in the next."""
        events = self.env["helpcrunch.event"].search([("chat_id", "=", self.chat().id)])
        return [line["code"] for event in events for line in event.trace or []]

    def _draw_operators(self, **vals):
        user = new_test_user(
            self.env, "op_typed", "helpcrunch_chatbot.group_operator", name="Op"
        )
        queue = self.as_manager("helpcrunch.operator.queue").create(
            {"name": "Managers", "operator_ids": [(0, 0, {"user_id": user.id})]}
        )
        return self.step("One moment.", "forward_operator", queue_id=queue, **vals)

    def test_operator_words_are_heard_at_every_question(self):
        self._draw_operators()
        self.bot.operator_words = "operator, оператор, жива людина"
        for field in ("name", "phone", "email", "function", "street"):
            ask = self.ask(field)
            self.begins()
            self.says("/start")
            with self.subTest(field=field):
                self.assertEqual(self.says("Oпeратор!")[:1], ["One moment."])
                self.assertIn("operator_word", self.all_codes())
            self.assertEqual(self.partner().name, "Taras")
            self.chat().with_user(self.manager).action_return_to_bot()
            self.settle()
            ask.write({"active": False})

    def test_a_phrase_that_leads_to_an_operator_is_no_name(self):
        operators = self._draw_operators()
        self.step("I call one.", alias="Менеджер", next_step_id=operators)
        ask = self.ask("name", next_step_id=self.step("Bye"))
        self.step("Leads", alias="Ліди")
        self.begins()
        self.assertEqual(self.says("менеджер")[:2], ["I call one.", "One moment."])
        self.assertEqual(self.partner().name, "Taras")
        self.chat().with_user(self.manager).action_return_to_bot()
        self.settle()
        # Other phrases are data here, and a job may well be called so.
        self.says("/start")
        self.assertEqual(self.says("Ліди"), ["Bye"])
        self.assertEqual(self.partner().name, "Ліди")
        ask.field_id = self.field("function")
        self.says("/start")
        self.says("Менеджер")
        self.assertEqual(self.partner().function, "Менеджер")

    def test_an_operator_word_is_no_name_where_nobody_can_be_called(self):
        self.ask("name")
        self.begins()
        self.assertEqual(self.says("оператор"), ["Your name?"])
        self.assertEqual(self.partner().name, "Taras")
