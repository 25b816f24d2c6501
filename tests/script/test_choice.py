from odoo.tests import tagged

from ..common import HelpcrunchCase


@tagged("post_install", "-at_install")
class TestChoiceAnswers(HelpcrunchCase):
    """The numbered list, and everything that people type instead of a number."""

    def setUp(self):
        super().setUp()
        self.env["res.lang"]._activate_lang("uk_UA")
        self.next = self.step("Next")
        self.gave_up = self.step("Gave up")

    def offer(self, *names, **vals):
        """Let a dialogue begin with a choice; each answer leads to its own step."""
        self.targets = {name: self.step(f"About {name}") for name in names}
        question = self.step(
            "Which?",
            "choice",
            alias="/start",
            **{
                "next_step_id": self.next,
                "failed_step_id": self.gave_up,
                "answer_ids": [
                    (0, 0, {"name": name, "target_step_id": target.id})
                    for name, target in self.targets.items()
                ],
                **vals,
            },
        )
        said = self.says("Hi", locale="en")
        self.question = said[-1]
        return question

    def leads(self, texts, name):
        """Check that each of these texts is the answer with this name."""
        for text in texts:
            with self.subTest(text=text):
                self.says("/start")
                self.assertEqual(self.says(text), [f"About {name}"])
                self.assertEqual(self.chat().answer, name)

    def repeats(self, *texts):
        """Check that none of these texts is an answer."""
        for text in texts:
            with self.subTest(text=text):
                self.says("/start")
                self.assertEqual(self.says(text), [self.question])
                self.assertTrue(self.chat().waiting)

    def test_the_list(self):
        self.offer("Leads", "Orders")
        self.assertEqual(self.question, "Which?\n1. Leads\n2. Orders")

    def test_the_number(self):
        self.offer("Leads", "Orders")
        self.leads(("2", "2.", "2)", " 2 ", "2!", "２", "2️⃣", "02", "/2"), "Orders")
        self.repeats("0", "3", "-1", "12", "2 1", "1,2", "two", "9" * 5000)

    def test_the_wording(self):
        self.offer("Об’єкт №1", "C++", "2%", "Leads")
        self.leads(("об'єкт №1", "ОБʼЄКТ №1.", "1"), "Об’єкт №1")
        self.leads(("c++", "C++!", "2"), "C++")
        self.leads(("2%", "2 %", "3"), "2%")
        self.leads(("leads", "LEADS?", "  leads\n"), "Leads")

    def test_a_beginning_that_one_answer_has(self):
        self.offer("Orders", "Order status", "Leads")
        self.leads(("l", "Le", "lead"), "Leads")
        self.leads(("order s", "Order St"), "Order status")
        self.repeats("o", "ord", "order", "leads please", "eads", "?", "x")

    def test_a_beginning_that_ends_in_one_letter_of_a_word(self):
        self.offer("Dark blue", "Темно синій")
        self.leads(("dark b", "d"), "Dark blue")
        self.leads(("темно с", "темно c"), "Темно синій")

    def test_a_whole_wording_beats_the_beginning_of_another(self):
        self.offer("Order", "Order status")
        self.leads(("order", "Order!"), "Order")

    def test_look_alikes(self):
        self.offer("Ні", "Так", "Чат")
        self.leads(("Hі", "нi"), "Ні")
        self.leads(("Taк", "тaк"), "Так")
        self.leads(("Чaт", "ч"), "Чат")
        # A greeting is no refusal.
        self.repeats("Hi")

    def test_numbers_of_two_digits(self):
        self.offer(*(f"Answer {chr(96 + number)}" for number in range(1, 13)))
        self.leads(("1", "1."), "Answer a")
        self.leads(("10",), "Answer j")
        self.leads(("12",), "Answer l")
        self.repeats("13")

    def test_answers_that_are_numbers(self):
        self.offer("5", "10", "100 pieces")
        # What the list shows before the point comes first.
        self.leads(("1",), "5")
        self.leads(("5",), "5")
        self.leads(("10", "2"), "10")
        self.leads(("100",), "100 pieces")

    def test_percent_are_no_number_of_the_list(self):
        self.offer("10%", "5%", "2%")
        self.leads(("2%", "3"), "2%")
        self.leads(("5%", "2"), "5%")

    def test_two_languages(self):
        question = self.offer("Leads", "Orders")
        uk = question.with_context(lang="uk_UA")
        uk.message = "Що?"
        uk.answer_ids[0].name = "Ліди"
        uk.answer_ids[1].name = "Замовлення"
        said = self.says("Вітаю", customer=5002, locale="uk")
        self.assertEqual(said, ["Що?\n1. Ліди\n2. Замовлення"])
        self.assertEqual(self.says("лід", customer=5002), ["About Leads"])
        self.assertEqual(self.chat(5002).answer, "Ліди")
        # Whatever the language of the dialogue.
        self.leads(("ліди", "leads", "лід"), "Leads")

    def test_repeated_then_given_up(self):
        self.offer("Leads", max_attempts=3, invalid_message="A number, please.")
        self.assertEqual(self.says("x"), ["A number, please."])
        self.assertEqual(self.says("y"), ["A number, please."])
        self.assertEqual(self.says("z"), ["Gave up"])
        self.assertFalse(self.chat().waiting)
        self.assertFalse(self.chat().answer)
        # Asked anew it is as patient as at first.
        self.says("/start")
        self.assertEqual(self.says("x"), ["A number, please."])
        self.assertEqual(self.says("1"), ["About Leads"])

    def test_given_up_with_nowhere_to_go_but_on(self):
        self.offer("Leads", max_attempts=1, failed_step_id=False)
        self.assertEqual(self.says("x"), ["Next"])

    def test_given_up_with_nowhere_to_go_at_all(self):
        self.offer("Leads", max_attempts=1, failed_step_id=False, next_step_id=False)
        self.assertEqual(self.says("x"), [])
        self.assertFalse(self.chat().waiting)
        # The dialogue still stands there, so the list still answers.
        self.assertEqual(self.says("1"), ["About Leads"])

    def test_an_answer_without_a_target_goes_on(self):
        question = self.offer("Leads", "Other")
        question.answer_ids[1].target_step_id = False
        self.assertEqual(self.says("2"), ["Next"])
        self.assertEqual(self.chat().answer, "Other")

    def test_an_answer_that_leads_nowhere_rests(self):
        question = self.offer("Leads", "Other", next_step_id=False)
        question.answer_ids[1].target_step_id = False
        self.assertEqual(self.says("other"), [])
        self.assertFalse(self.chat().waiting)
        self.assertEqual(self.chat().answer, "Other")
        self.assertEqual(self.chat().misses, 0)

    def test_answers_come_before_aliases_and_aliases_before_beginnings(self):
        self.step("Alias", alias=["leads", "or"])
        self.offer("Leads", "Orders")
        self.assertEqual(self.says("leads"), ["About Leads"])
        self.says("/start")
        self.assertEqual(self.says("or"), ["Alias"])

    def test_an_answer_is_kept_for_placeholders(self):
        self.next.message = "You chose {{ answer }}."
        question = self.offer("{{ chat.id }} <b>")
        question.answer_ids.target_step_id = False
        self.assertEqual(self.says("1"), ["You chose {{ chat.id }} <b>."])

    def test_a_choice_without_answers_is_refused(self):
        with self.refused("at least one answer"):
            self.step("Which?", "choice")
        question = self.offer("Leads")
        with self.refused("at least one answer"):
            question.write({"answer_ids": [(5,)]})
