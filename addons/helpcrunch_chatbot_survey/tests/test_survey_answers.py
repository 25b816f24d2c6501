from odoo.tests import BaseCase, tagged

from ..models.survey_question import to_text
from ..tools import answers


@tagged("post_install", "-at_install")
class TestSurveyTexts(BaseCase):
    """What a text means, without any record."""

    def test_numbers(self):
        for text, numbers in {
            "1": [1],
            "2.": [2],
            "3)": [3],
            "1,3": [1, 3],
            "1, 3": [1, 3],
            "1 3": [1, 3],
            "1; 3 ": [1, 3],
            "1, 2 та 4": [1, 2, 4],
            "1 and 2": [1, 2],
            "1 і 2": [1, 2],
            "2, 2": [2],
            "２": [2],
            "/2": [2],
            "0": [0],
        }.items():
            with self.subTest(text=text):
                self.assertEqual(answers.read_numbers(text), numbers)

    def test_no_numbers(self):
        for text in ("", "two", "2 apples", "50%", "1-3", "99999", "and", "1.5", "-1"):
            with self.subTest(text=text):
                self.assertIsNone(answers.read_numbers(text))

    def test_a_number_and_words(self):
        for text, found in {
            "4 by bicycle": (4, "by bicycle"),
            "4: on foot": (4, "on foot"),
            "4. пішки, 2 км": (4, "пішки, 2 км"),
            "by bicycle": None,
            "4": None,
            "1, 4": None,
        }.items():
            with self.subTest(text=text):
                self.assertEqual(answers.read_number_and_words(text), found)

    def test_wordings(self):
        lines = ["Red", "Dark blue", "Dark green", "Black, or so"]
        for text, places in {
            "red": [0],
            " RED! ": [0],
            "re": [0],
            "dark": None,
            "dark b": [1],
            "red, dark green": [0, 2],
            "black, or so": [3],
            "pink": None,
            "red, pink": None,
            ",": None,
        }.items():
            with self.subTest(text=text):
                self.assertEqual(answers.find_wordings(text, lines), places)

    def test_moments(self):
        for text, parts in {
            "31.12.2026 18:30": ("31.12.2026", 18, 30),
            "31.12.2026, 18.30": ("31.12.2026", 18, 30),
            "31.12.2026 о 18:30": ("31.12.2026", 18, 30),
            "2026-12-31T18:30:15": ("2026-12-31", 18, 30),
            "18:30 31.12.2026": ("31.12.2026", 18, 30),
            "12/31/2026 6:30 PM": ("12/31/2026", 18, 30),
            "12/31/2026 12:05 a.m.": ("12/31/2026", 0, 5),
            "31.12.2026": None,
            "18:30": None,
            "31.12.2026 25:00": None,
            "31.12.2026 18:75": None,
            "12/31/2026 13:00 pm": None,
        }.items():
            with self.subTest(text=text):
                self.assertEqual(answers.split_moment(text), parts)

    def test_plain_text(self):
        base = "https://shop.example"
        self.assertEqual(to_text(False, base), "")
        self.assertEqual(to_text("<p><br></p>", base), "")
        self.assertEqual(
            to_text("<p>Thank <b>you</b></p><p>Come again</p>", base),
            "Thank *you*\nCome again",
        )
        self.assertEqual(
            to_text('<p>Which?</p><p><img src="/web/image/5"/></p>', base),
            "Which?\nhttps://shop.example/web/image/5",
        )
        self.assertEqual(
            to_text('<img src="https://pictures.example/1.png"/>', base),
            "https://pictures.example/1.png",
        )
