import doctest

from odoo.tests import BaseCase, tagged

from ..tools import words


@tagged("post_install", "-at_install")
class TestWords(BaseCase):
    """What people type who shop, one meaning a line."""

    def test_examples(self):
        self.assertEqual(doctest.testmod(words).failed, 0)
        self.assertGreater(doctest.testmod(words).attempted, 5)

    def test_commands(self):
        for text, command in (
            ("next", "next"),
            ("ДАЛІ!", "next"),
            ("  назад ", "back"),
            ("Мій кошик", "cart"),
            ("Так.", "yes"),
            ("Ні, дякую", None),
            ("ні дякую", "no"),
            ("+", "yes"),
            ("далі далі", None),
            ("", None),
        ):
            with self.subTest(text=text):
                self.assertEqual(words.read_command(text, {}), command)

    def test_words_of_another_language(self):
        own = {"next": "weiter", "back": "zurück"}
        self.assertEqual(words.read_command("Weiter", own), "next")
        self.assertEqual(words.read_command("zurück", own), "back")
        self.assertEqual(words.read_command("далі", own), "next")

    def test_no_two_commands_have_a_word_in_common(self):
        spoken = [
            words._fold(word)
            for told in words.COMMANDS.values()
            for word in told.split(", ")
        ]
        self.assertEqual(len(spoken), len(set(spoken)))

    def test_items(self):
        for text, number in (
            ("2", 2),
            ("№2", 2),
            ("№ 2", 2),
            ("#2", 2),
            ("2.", 2),
            ("2)", 2),
            ("номер 12", 12),
            ("Товар №3", None),
            ("２", 2),
            ("дві", 2),
            ("5%", None),
            ("2 шт", None),
            ("12345678901234567890", None),
            ("-2", None),
            ("tea", None),
        ):
            with self.subTest(text=text):
                self.assertEqual(words.read_item(text), number)

    def test_removals(self):
        for text, number in (
            ("remove 2", 2),
            ("Прибрати №2", 2),
            ("видалити 10.", 10),
            ("прибрати", None),
            ("2", None),
        ):
            with self.subTest(text=text):
                self.assertEqual(words.read_removal(text), number)

    def test_quantities(self):
        for text, quantity in (
            ("2", (2, "")),
            ("2 шт.", (2, "шт")),
            ("x3", (3, "")),
            ("2,5 кг", (2.5, "кг")),
            ("2.5kg", (2.5, "kg")),
            ("1 000", (1000, "")),
            ("дві штуки", (2, "штуки")),
            ("-1", (-1, "")),
            ("0", (0, "")),
            ("50%", None),
            ("some", None),
            ("9" * 400, None),
            ("", None),
        ):
            with self.subTest(text=text):
                self.assertEqual(words.read_quantity(text, " "), quantity)

    def test_units(self):
        for word, names, is_one in (
            ("шт", ["Одиниці", "Units"], True),
            ("штуки", ["Units"], True),
            ("pcs", ["Units"], True),
            ("кг", ["кг", "kg"], True),
            ("кілограми", ["kg"], True),
            ("упаковки", ["Упаковка 6", "Pack of 6"], True),
            ("packs", ["Pack of 6"], True),
            ("кг", ["Units"], False),
            ("г", ["kg"], False),
            ("pa", ["Pack of 6"], False),
        ):
            with self.subTest(word=word, names=names):
                self.assertEqual(words.is_unit(word, names), is_one)

    def test_what_is_looked_for_means_only_itself(self):
        self.assertEqual(words.split_search("100% tea_x \\", 6)[0], "100\\%")
        self.assertEqual(words.split_search("tea_x", 6), ["tea\\_x"])
        self.assertEqual(words.split_search("м’ята", 6), ["м_ята"])
        self.assertEqual(len(words.split_search("a b c d e f g h", 6)), 6)
        self.assertEqual(words.split_search("?" * 5000, 6), ["?" * 40])
