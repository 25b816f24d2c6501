"""Every type of question, with answers that will do and answers that will not."""

import base64
import random
from unittest.mock import patch

from odoo.tests import HttpCase, tagged
from odoo.tools.misc import file_open

from .common import SurveyCase


@tagged("post_install", "-at_install")
class TestSurveyQuestions(SurveyCase):
    def refuses(self, text, problem, question):
        """Check that a text is refused with these words, and the question repeated."""
        self.assertEqual(self.says(text), [f"{problem}\n\n{question}"])
        self.assertTrue(self.chat().waiting)

    def answers(self, text, question, kept):
        """Check that a text is the answer to the last question, and what is kept."""
        self.assertEqual(self.says(text), ["Thank you"])
        self.assertEqual(self.kept(question), kept)
        self.assertEqual(self.participation().state, "done")

    # === CHOICES === #

    def test_one_choice(self):
        colour = self.question("Colour?", answers=["Red", "Dark blue", "Dark green"])
        asked = "Colour?\n1. Red\n2. Dark blue\n3. Dark green"
        self.assertEqual(self.begin(), asked)
        self.refuses("dark", "There is no such answer in the list.", asked)
        self.refuses("4", "There is no such answer in the list.", asked)
        self.answers("2", colour, ["Dark blue"])

    def test_one_choice_in_words(self):
        colour = self.question("Colour?", answers=["Red", "Dark blue", "Dark green"])
        self.begin()
        self.answers("DARK B", colour, ["Dark blue"])

    def test_two_where_one_may_be_chosen(self):
        self.question("Colour?", answers=["Red", "Blue"])
        asked = self.begin()
        self.refuses(
            "1, 2", "For this question, you can only select one answer.", asked
        )
        self.assertFalse(self.participation().user_input_line_ids)

    def test_several_choices(self):
        colours = self.question(
            "Colours?", "multiple_choice", answers=["Red", "Blue", "Green"]
        )
        asked = (
            "Colours?\n1. Red\n2. Blue\n3. Green\n"
            "You may choose several: write their numbers, with commas."
        )
        self.assertEqual(self.begin(), asked)
        self.refuses("1, 7", "There is no such answer in the list.", asked)
        self.answers("1 3", colours, ["Red", "Green"])

    def test_several_choices_in_words(self):
        colours = self.question(
            "Colours?", "multiple_choice", answers=["Red", "Blue", "Green"]
        )
        self.begin()
        self.answers("green, red", colours, ["Red", "Green"])

    def test_own_words_as_an_answer(self):
        way = self.question(
            "How did you come?",
            answers=["By car", "By train"],
            comments_allowed=True,
            comments_message="In another way:",
            comment_count_as_answer=True,
        )
        asked = "How did you come?\n1. By car\n2. By train\n3. In another way:"
        self.assertEqual(self.begin(), asked)
        self.assertEqual(self.says("3"), ["In another way:"])
        self.answers("On a white horse", way, ["On a white horse"])

    def test_own_words_at_once(self):
        way = self.question(
            "How?",
            answers=["By car"],
            comments_allowed=True,
            comment_count_as_answer=True,
        )
        self.assertIn("2. Something else, in my own words", self.begin())
        self.answers("2: on foot", way, ["on foot"])

    def test_own_words_beside_choices(self):
        colours = self.question(
            "Colours?",
            "multiple_choice",
            answers=["Red", "Blue"],
            comments_allowed=True,
        )
        self.begin()
        self.assertEqual(self.says("1, 3"), ["Something else, in my own words"])
        self.answers("but not too bright", colours, ["Red", "but not too bright"])

    def test_own_words_that_are_no_answer(self):
        self.question("Colour?", answers=["Red"], comments_allowed=True)
        asked = self.begin()
        self.says("2")
        self.refuses("I like none", "This question requires an answer.", asked)
        self.assertEqual(self.says("red"), ["Thank you"])

    def test_pictures_are_links_that_need_no_log_in(self):
        with file_open("web/static/img/logo2.png", "rb") as picture:
            content = base64.b64encode(picture.read())
        dress = self.question(
            "Which?",
            answers=[
                {"value_image": content, "value_image_filename": "a.png"},
                "None of them",
            ],
        )
        asked = self.begin().split("\n")
        self.assertRegex(asked[1], r"^1\. http\S+/value_image\?access_token=\w+")
        self.answers("1", dress, [False])
        self.assertEqual(
            self.lines(dress).suggested_answer_id, dress.suggested_answer_ids[0]
        )

    # === WORDS, NUMBERS, DATES === #

    def test_short_text(self):
        name = self.question("Whom did you meet?", "char_box")
        self.assertEqual(self.begin(), "Whom did you meet?")
        self.answers(" Olena  Koval ", name, ["Olena Koval"])

    def test_short_text_with_limits(self):
        code = self.question(
            "Code?",
            "char_box",
            validation_required=True,
            validation_length_min=3,
            validation_length_max=5,
            validation_error_msg="Three to five letters.",
        )
        asked = self.begin()
        self.refuses("AB", "Three to five letters.", asked)
        self.answers("ABC", code, ["ABC"])

    def test_e_mail(self):
        email = self.question(
            "E-mail?", "char_box", validation_email=True, save_as_email=True
        )
        asked = self.begin()
        self.refuses("nobody", "This answer must be an email address", asked)
        self.answers("taras@example.com", email, ["taras@example.com"])
        self.assertEqual(self.participation().email, "taras@example.com")

    def test_long_text(self):
        story = self.question("Tell us more.", "text_box")
        self.begin()
        self.answers("First.\nSecond.", story, ["First.\nSecond."])

    def test_a_file_is_no_answer(self):
        self.question("Tell us more.", "text_box")
        self.begin()
        self.assertEqual(
            self.says("https://files.example.com/photo.jpg"), ["Tell us more."]
        )
        self.assertFalse(self.participation().user_input_line_ids)

    def test_number(self):
        price = self.question(
            "Price?",
            "numerical_box",
            validation_required=True,
            validation_min_float_value=1,
            validation_max_float_value=100,
        )
        asked = "Price?\n(1 – 100)"
        self.assertEqual(self.begin(), asked)
        self.refuses("cheap", "This is not a number", asked)
        self.refuses("nan", "This is not a number", asked)
        self.answers("9,5", price, [9.5])

    def test_number_beyond_its_limits(self):
        self.question(
            "Price?",
            "numerical_box",
            validation_required=True,
            validation_max_float_value=100,
        )
        asked = self.begin()
        self.refuses("200", "The answer you entered is not valid.", asked)

    def test_zero_is_a_number(self):
        times = self.question("How often?", "numerical_box")
        self.begin()
        self.answers("0", times, [0.0])

    def test_scale(self):
        happy = self.question(
            "Happy?",
            "scale",
            scale_min=0,
            scale_max=5,
            scale_min_label="no",
            scale_max_label="very",
        )
        asked = "Happy?\n(0 – 5: 0 = no, 5 = very)"
        self.assertEqual(self.begin(), asked)
        self.refuses("6", "There is no such answer in the list.", asked)
        self.refuses("very", "There is no such answer in the list.", asked)
        self.answers("0", happy, [0])

    def test_date(self):
        day = self.question(
            "When?",
            "date",
            validation_required=True,
            validation_min_date="2026-01-01",
            validation_max_date="2026-12-31",
        )
        asked = self.begin()
        self.assertRegex(asked, r"^When\?\nFor example: \d\d/\d\d/\d{4}$")
        self.refuses("yesterday", "This is not a date", asked)
        self.refuses("05/01/2025", "The answer you entered is not valid.", asked)
        self.says("05/31/2026")
        self.assertEqual([str(value) for value in self.kept(day)], ["2026-05-31"])

    def test_date_and_time_in_the_bots_time_zone(self):
        moment = self.question("When?", "datetime")
        asked = self.begin()
        self.assertTrue(asked.endswith(" 12:00"), asked)
        self.refuses("05/31/2026", "This is not a date", asked)
        self.says("05/31/2026 18:30")
        # Kyiv is three hours ahead in May.
        self.assertEqual(
            [str(value) for value in self.kept(moment)], ["2026-05-31 15:30:00"]
        )

    # === MATRIX === #

    def matrix(self, **vals):
        return self.question(
            "How was it?",
            "matrix",
            answers=["Good", "Bad"],
            matrix_row_ids=[(0, 0, {"value": "Food"}), (0, 0, {"value": "Service"})],
            **vals,
        )

    def rated(self, question):
        """Return Survey's lines of a matrix as ``(row, column)``."""
        return [
            (line.matrix_row_id.value, line.suggested_answer_id.value)
            for line in self.lines(question)
        ]

    def test_matrix_row_by_row(self):
        matrix = self.matrix()
        first = "How was it?\n— Food\n1. Good\n2. Bad"
        second = "Service\n1. Good\n2. Bad"
        self.assertEqual(self.begin(), first)
        self.refuses("3", "There is no such answer in the list.", first)
        self.assertEqual(self.says("1"), [second])
        self.assertFalse(self.lines(matrix), "only a whole matrix is an answer")
        self.refuses("1, 2", "Choose only one answer, please.", second)
        self.assertEqual(self.says("bad"), ["Thank you"])
        self.assertEqual(self.rated(matrix), [("Food", "Good"), ("Service", "Bad")])

    def test_matrix_with_several_answers_in_a_row(self):
        matrix = self.matrix(matrix_subtype="multiple")
        self.begin()
        self.says("1, 2")
        self.says("2")
        self.assertEqual(
            self.rated(matrix),
            [("Food", "Good"), ("Food", "Bad"), ("Service", "Bad")],
        )

    def test_matrix_with_rows_left_out(self):
        matrix = self.matrix(constr_mandatory=False)
        self.assertTrue(self.begin().endswith("To skip it, write: skip"))
        self.says("skip")
        self.says("2")
        self.assertEqual(self.rated(matrix), [("Service", "Bad")])

    def test_matrix_with_own_words(self):
        matrix = self.matrix(comments_allowed=True, comments_message="Anything else?")
        self.begin()
        self.says("1")
        self.assertEqual(self.says("1"), ["Anything else?\nTo skip it, write: skip"])
        self.answers("Music", matrix, ["Good", "Good", "Music"])

    # === MANDATORY OR NOT === #

    def test_skipped(self):
        colour = self.question("Colour?", answers=["Red"], constr_mandatory=False)
        self.assertEqual(self.begin(), "Colour?\n1. Red\nTo skip it, write: skip")
        self.assertEqual(self.says("Skip!"), ["Thank you"])
        self.assertEqual(self.kept(colour), [None])

    def test_skipped_with_the_steps_own_word(self):
        self.ask.skip_word = "pass"
        name = self.question("Name?", "char_box", constr_mandatory=False)
        self.assertEqual(self.begin(), "Name?\nTo skip it, write: pass")
        self.answers("pass", name, [None])

    def test_mandatory_ones_of_every_kind_are_not_skipped(self):
        kinds = {
            "simple_choice": {"answers": ["Red"]},
            "multiple_choice": {"answers": ["Red"]},
            "char_box": {},
            "text_box": {},
            "numerical_box": {},
            "scale": {},
            "date": {},
            "datetime": {},
        }
        for kind, vals in kinds.items():
            self.question(kind, kind, constr_error_msg=f"No {kind}, no cake.", **vals)
        asked = self.begin()
        answers = ["1", "1", "a", "b", "1", "1", "05/31/2026", "05/31/2026 9:00"]
        for kind, answer in zip(kinds, answers, strict=True):
            with self.subTest(kind):
                self.refuses("skip", f"No {kind}, no cake.", asked)
                asked = self.says(answer)[-1]
        self.assertEqual(asked, "Thank you")

    def test_mandatory_where_the_page_lets_go_back(self):
        self.survey.users_can_go_back = True
        name = self.question("Name?", "char_box")
        asked = self.begin()
        self.refuses("skip", "This question needs an answer.", asked)
        self.answers("Taras", name, ["Taras"])

    # === CONDITIONS, SECTIONS, CHANCE === #

    def test_a_question_that_hangs_on_an_answer(self):
        pet = self.question("A pet?", answers=["A cat", "None"])
        name = self.question(
            "Its name?",
            "char_box",
            triggering_answer_ids=[(6, 0, pet.suggested_answer_ids[0].ids)],
        )
        last = self.question("Age?", "numerical_box")
        self.begin()
        self.assertEqual(self.says("1"), ["Its name?"])
        self.assertEqual(self.says("Murka"), ["Age?"])
        self.says("30")
        self.assertEqual(self.kept(name), ["Murka"])
        self.says("survey")
        self.assertEqual(self.says("none"), ["Age?"])
        self.says("40")
        self.assertEqual((self.kept(name), self.kept(last)), ([], [40.0]))

    def test_sections(self):
        def section(title, **vals):
            return self.question(title, False, is_page=True, **vals)

        section("Food", description="<p>What you ate.</p>")
        self.question("Soup?", answers=["Yes", "No"])
        self.question("Salad?", answers=["Yes", "No"])
        section("Without words")
        self.question("Tea?", answers=["Yes", "No"])
        self.assertEqual(self.begin(), "Food\nWhat you ate.\n\nSoup?\n1. Yes\n2. No")
        self.assertEqual(self.says("1"), ["Salad?\n1. Yes\n2. No"])
        self.assertEqual(self.says("1"), ["Tea?\n1. Yes\n2. No"])

    def test_every_layout(self):
        self.question("One", False, is_page=True)
        one = self.question("First?", "char_box")
        two = self.question("Second?", "char_box")
        for layout in ("page_per_question", "page_per_section", "one_page"):
            with self.subTest(layout):
                self.survey.questions_layout = layout
                self.assertEqual(self.begin(), "First?")
                self.assertEqual(self.says("a"), ["Second?"])
                self.assertEqual(self.says("b"), ["Thank you"])
                self.assertEqual((self.kept(one), self.kept(two)), (["a"], ["b"]))

    def test_questions_picked_at_random(self):
        self.survey.questions_selection = "random"
        self.question("Some", False, is_page=True, random_questions_count=2)
        for title in "ABCDEF":
            self.question(title, "char_box")
        # Chance may well pick the last one first.
        with patch.object(random, "sample", lambda rows, count: [rows[4], rows[1]]):
            self.assertEqual(self.begin(), "B")
        self.assertEqual(self.says("x"), ["E"])
        self.assertEqual(self.says("y"), ["Thank you"])
        self.assertEqual(
            self.participation().user_input_line_ids.mapped("value_char_box"),
            ["x", "y"],
        )


@tagged("post_install", "-at_install")
class TestSurveyPictures(SurveyCase, HttpCase):
    def test_the_link_shows_the_picture_to_anybody(self):
        with file_open("web/static/img/logo2.png", "rb") as picture:
            content = picture.read()
        self.question(
            "Which?",
            answers=[
                {
                    "value": "This",
                    "value_image": base64.b64encode(content),
                    "value_image_filename": "a.png",
                }
            ],
        )
        line = self.begin().split("\n")[1]
        path = "/web/image" + line.partition("/web/image")[2]
        answer = self.url_open(path)
        self.assertEqual(answer.status_code, 200)
        self.assertEqual(answer.headers["Content-Type"], "image/png")
        # Without the token it is nobody's.
        shown = self.url_open(path.partition("?")[0])
        self.assertNotEqual(shown.content, answer.content)
