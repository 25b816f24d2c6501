"""The pure tools, tried with what strangers type and with random text."""

import random
import re
import time
from datetime import date
from html import unescape

from odoo.tests import BaseCase, tagged

from ...models.dialogue.helpcrunch_message import linkify
from ...tools import files, log, matching, placeholders, text, typed_values

# A turn of a dialogue takes milliseconds; a pattern that tries every way to cut a text
# takes minutes for texts of this length.
LONG = 20000
QUICK = 3.0
# Spaces, marks, look-alikes, apostrophes, invisible ones, emoji, braces, other scripts.
ALPHABET = (
    " \t\n\u00a0\u2003/／.!?,;:«»\"'’ʼ`´_-{}|()[]%+0129aAbBiIxXzß"
    "аАіІїЇєґйЙяЯ\u0301\u0306\u0345\u0130\u200b\u200d\u00ad\ufe0f\u20e3👍½№ﬁﷺ中١"
)
UUID = "0123abcd-0123-0123-0123-0123456789ab"


def random_texts(seed, count=1500, length=12):
    """Return texts of random characters, the same ones at every run."""
    numbers = random.Random(seed)
    return [
        "".join(numbers.choices(ALPHABET, k=numbers.randrange(length)))
        for _number in range(count)
    ]


class ToolsCase(BaseCase):
    def assert_quick(self, function, *args):
        # Of this thread, not of the clock: a busy machine must not count.
        began = time.thread_time()
        result = function(*args)
        self.assertLess(time.thread_time() - began, QUICK)
        return result


@tagged("post_install", "-at_install")
class TestTools(ToolsCase):
    # === WHICH PHRASE? === #

    def test_texts_that_are_one_phrase(self):
        for phrase, texts in {
            "/start": ("start", "START", " /Start ", "／start", "/ start!", "start..."),
            "Ліди": ("ліди", "ЛІДИ", "  ліди ! ", "Ліди?!", "лі\u00adди", "Ліди\ufe0f"),
            "об'єкт": ("об’єкт", "обʼєкт", "Об`єкт", "об´єкт"),
            "йод": ("и\u0306од", "и\u200d\u0306од"),
            "так  ні": ("так ні", "так\u00a0ні", "так\n\tні"),
            "1": ("1️⃣", "1.", "１", "1 !"),
            "❤️": ("❤",),
        }.items():
            for typed in texts:
                with self.subTest(phrase=phrase, typed=typed):
                    self.assertEqual(
                        matching.normalize(typed), matching.normalize(phrase)
                    )

    def test_texts_that_are_not(self):
        for phrase, typed in (
            ("start", "//start"),
            ("start", "restart"),
            ("start", "sta rt"),
            ("?", "!"),
            ("?", ""),
            ("👍", "👎"),
            ("і", "i"),
            ("c++", "c"),
        ):
            with self.subTest(phrase=phrase, typed=typed):
                self.assertNotEqual(
                    matching.normalize(typed), matching.normalize(phrase)
                )

    def test_a_phrase_of_punctuation_keeps_it(self):
        for phrase in ("?", "!!!", "/", "/?", "...", "-"):
            with self.subTest(phrase=phrase):
                self.assertEqual(matching.normalize(f" {phrase} "), phrase)

    def test_nothing_typed_is_no_phrase(self):
        for typed in ("", "   ", "\n\t", "\u200b", "\ufe0f", "\u00a0"):
            with self.subTest(typed=typed):
                self.assertEqual(matching.normalize(typed), "")

    def test_random_texts_keep_the_rules_of_phrases(self):
        for typed in random_texts(1):
            with self.subTest(typed=typed):
                key = matching.normalize(typed)
                self.assertEqual(matching.normalize(f"  {typed}\n"), key)
                self.assertEqual(matching.normalize(typed.replace("'", "’")), key)
                self.assertEqual(key, key.strip())
                self.assertNotIn("  ", key)
                if not key.startswith("/"):
                    # What is stored is found again.
                    self.assertEqual(matching.normalize(key), key)
                    if any(char.isalnum() for char in key):
                        self.assertEqual(matching.normalize(f"/{key}"), key)

    def test_commands(self):
        for typed in ("/start", "  /x", "\n/", "\u200b/start", "／start"):
            with self.subTest(typed=typed):
                self.assertTrue(matching.is_command(typed))
        for typed in ("start", "", "a/b", "http://x", "\\start"):
            with self.subTest(typed=typed):
                self.assertFalse(matching.is_command(typed))

    def test_beginning_and_word(self):
        for kind, phrase, typed, expected in (
            ("starts", "order", "order 17", True),
            ("starts", "order", "order", True),
            ("starts", "order", "orders", False),
            ("starts", "order", "my order", False),
            ("starts", "order", "order's", False),
            ("starts", "об", "об'єкт", False),
            ("contains_word", "price", "what price?", True),
            ("contains_word", "price", "'price'", True),
            ("contains_word", "price", "prices price", True),
            ("contains_word", "price", "pricey", False),
            ("contains_word", "price", "x_price", False),
            ("contains_word", "ціна", "яка ціна зараз", True),
            ("contains_word", "ціна", "оціна", False),
            ("contains_word", "ціна за", "яка ціна за метр", True),
            ("contains_word", "👍", "дякую👍", True),
            ("contains_word", "за", "за\u0301мок", False),
            ("contains_word", "", "anything", False),
            ("starts", "", "anything", False),
            ("exact", "price", "price", True),
            ("exact", "price", "prices", False),
        ):
            with self.subTest(kind=kind, phrase=phrase, typed=typed):
                self.assertEqual(matching.fits(kind, phrase, typed), expected)

    def test_the_best_of_several(self):
        rows = [
            ("contains_word", "price list", "c"),
            ("starts", "price", "short"),
            ("starts", "price list", "long"),
            ("exact", "price list", "exact"),
            ("starts", "price list", "later"),
        ]
        self.assertEqual(matching.best(rows, "price list"), "exact")
        self.assertEqual(matching.best(rows, "price list please"), "long")
        self.assertEqual(matching.best(rows, "price please"), "short")
        self.assertEqual(matching.best(rows, "the price list"), "c")
        self.assertIsNone(matching.best(rows, "hello"))
        self.assertIsNone(matching.best([], "hello"))

    def test_the_best_of_several_does_not_depend_on_values(self):
        class Incomparable:
            pass

        one, two = Incomparable(), Incomparable()
        rows = [("exact", "x", one), ("exact", "x", two)]
        self.assertIs(matching.best(rows, "x"), one)

    def test_look_alikes(self):
        fold = matching.fold_look_alikes
        self.assertEqual(fold("лiди"), "ліди")
        self.assertEqual(fold("a"), "а")
        self.assertEqual(fold("hi"), "hi")
        self.assertNotEqual(fold("hi"), fold("ні"))

    # === PLACEHOLDERS === #

    def test_placeholders(self):
        values = {"partner.name": "Taras", "answer": ""}
        for template, filled in {
            "Hi {{ partner.name }}!": "Hi Taras!",
            "{{partner.name}}{{partner.name}}": "TarasTaras",
            '{{ answer | "friend" }}': "friend",
            "{{ answer | «друже» }}": "друже",
            "{{ answer | “friend” }}": "friend",
            "{{ answer | 'a \"b\"' }}": 'a "b"',
            "{{ answer }}": "",
            '{{ partner.name | "x" }}': "Taras",
            "{ partner.name }": "{ partner.name }",
            # Malformed ones that were never checked show no braces all the same.
            "a{{ partner.name + 1 }}b{{ }}c": "abc",
            "{{ partner.name": "{{ partner.name",
            "": "",
        }.items():
            with self.subTest(template=template):
                self.assertEqual(placeholders.fill(template, values.get), filled)

    def test_a_value_is_never_filled_in_itself(self):
        values = {"a": "{{ b }}", "b": "secret"}
        self.assertEqual(placeholders.fill("{{ a }}", values.get), "{{ b }}")
        self.assertEqual(placeholders.fill("{{{ a }}}", values.get), "{{{ b }}}")

    def test_a_long_value_is_clipped(self):
        filled = placeholders.fill("<{{ a }}>", lambda name: "x" * 600)
        self.assertEqual(filled, f"<{'x' * 500}>")

    def test_problems_of_a_text(self):
        def problems(template):
            return placeholders.find_problems(template, {"partner.name"}.__contains__)

        for template in ("", None, "{ x }", "Hi {{ partner.name }}", "}} x"):
            with self.subTest(template=template):
                self.assertEqual(problems(template), [])
        for template in (
            "{{ }}",
            "{{ partner.phone }}",
            "{{ partner.name.upper() }}",
            "{{ Partner.name }}",
            "{{ partner.name + 1 }}",
            '{{ partner.name | "open }}',
            "{{ partner.name | upper }}",
            "{{ 1 }}",
            "{{ partner.name",
            "{{ partner.name }",
        ):
            with self.subTest(template=template):
                self.assertEqual(len(problems(template)), 1)

    def test_random_templates_never_ask_for_a_name_that_was_a_problem(self):
        numbers = random.Random(2)
        pieces = ["{{", "}}", "{", "}", " ", "a", "b.c", "|", '"', "x", "'", "«", "\n"]
        for _number in range(3000):
            template = "".join(numbers.choices(pieces, k=numbers.randrange(14)))
            asked = []
            placeholders.fill(template, asked.append)
            if not placeholders.find_problems(template, {"a"}.__contains__):
                with self.subTest(template=template):
                    self.assertLessEqual(set(asked), {"a"})

    # === TEXT === #

    def test_text_is_cut_where_people_would(self):
        self.assertEqual(text.split_text("  \n "), [])
        self.assertEqual(text.split_text(" a "), ["a"])
        self.assertEqual(text.split_text("aaaa. bbbb cccc", 10), ["aaaa.", "bbbb cccc"])
        self.assertEqual(text.split_text("aaaa bbbb\n\nc", 11), ["aaaa bbbb", "c"])
        self.assertEqual(text.split_text("x" * 25, 10), ["x" * 10, "x" * 10, "x" * 5])

    def test_random_texts_lose_nothing_when_cut(self):
        for number, typed in enumerate(random_texts(3, 400, 120)):
            limit = 8 + number % 30
            with self.subTest(typed=typed, limit=limit):
                parts = text.split_text(typed, limit)
                self.assertTrue(all(0 < len(part) <= limit for part in parts))
                self.assertEqual(
                    "".join("".join(parts).split()), "".join(typed.split())
                )

    def test_a_message_of_nothing_but_links(self):
        typed = " ".join(f"http://{number}" for number in range(2000))
        html = self.assert_quick(linkify, typed)
        # Only the first ones can be clicked, none of them in the middle of another.
        self.assertLessEqual(html.count("<a "), 50)
        self.assertIn('<a href="http://0" ', html)
        self.assertIn(" http://1999", html)
        self.assertNotRegex(html, r"</a>\d")

    def test_links_do_not_break_out_of_html(self):
        for typed in (
            "https://a/onclick=alert(1)//b https://a/onclick=alert(1)//",
            "https://a/&quot;onclick=x https://a/&amp;b https://a/&",
            "https://a/http://a/ http://a/",
            "<a href='https://a'>https://a</a>",
        ):
            with self.subTest(typed=typed):
                html = linkify(typed)
                for tag in re.findall(r"<[^>]*>", html):
                    self.assertRegex(
                        tag,
                        r'^(</a>|<a href="[^"<]*" target="_blank" '
                        r'rel="noreferrer noopener">)$',
                    )
                self.assertEqual(unescape(re.sub(r"<[^>]*>", "", html)), typed)

    def test_a_long_link_is_not_cut_while_it_fits_into_a_part(self):
        link = "https://example.com/" + "x" * 600
        for space in (" ", "\u00a0", "\t"):
            typed = "word" + space + "wo" * 225 + space + link + space + "word " * 100
            with self.subTest(space=space):
                parts = text.split_text(typed)
                self.assertEqual(parts[1].split()[0], link)

    def test_a_text_exactly_as_long_as_allowed(self):
        for typed in ("x" * 10, "aaaa bbbbb", "a. b. c. d"):
            self.assertEqual(text.split_text(typed, 10), [typed])

    def test_what_the_database_cannot_hold_is_dropped(self):
        self.assertEqual(
            text.clean({"a\0": ["\ud800b", {"c": "їж\0"}], "d": 1, "e": None}),
            {"a": ["b", {"c": "їж"}], "d": 1, "e": None},
        )

    # === WHAT AN ANSWER MEANS === #

    def test_random_answers_crash_nothing(self):
        today = date(2026, 11, 23)
        for typed in random_texts(4, 3000, 9):
            with self.subTest(typed=typed):
                for separator in (",", ".", " ", "\u00a0", ""):
                    number = typed_values.read_number(typed, separator)
                    self.assertTrue(number is None or isinstance(number, float))
                for order in ("dmy", "mdy", "ymd"):
                    day = typed_values.read_date(typed, order, today)
                    self.assertTrue(day is None or isinstance(day, date))

    def test_numbers_written_by_odoo_are_read_back(self):
        numbers = random.Random(5)
        for _number in range(500):
            value = round(numbers.uniform(-1e6, 1e6), 2)
            with self.subTest(value=value):
                english = f"{value:,.2f}"
                ukrainian = english.replace(",", "\u00a0").replace(".", ",")
                self.assertEqual(typed_values.read_number(english, ","), value)
                self.assertEqual(typed_values.read_number(ukrainian, "\u00a0"), value)

    def test_dates_are_read_back_in_every_order(self):
        numbers = random.Random(6)
        today = date(2026, 11, 23)
        for _number in range(300):
            day = date.fromordinal(numbers.randrange(693600, 803000))
            for form, order in (
                ("%d.%m.%Y", "mdy"),
                ("%Y-%m-%d", "mdy"),
                ("%d/%m/%Y", "dmy"),
                ("%m/%d/%Y", "mdy"),
                ("%d %m %Y", "ymd"),
            ):
                with self.subTest(day=day, form=form):
                    self.assertEqual(
                        typed_values.read_date(day.strftime(form), order, today), day
                    )

    # === SLOWNESS === #

    def test_no_long_text_is_slow(self):
        pieces = [*"{/ .!,'\"|%([-", "{{", "{{ a", "{{a|", '{{a|"', " ?", "a ", "a'"]
        pieces += ["https://", "https://a ", "\u0301", "а\u0345", "1.", "1 000", "ﷺ"]
        pieces += ["\n", "\u200b", "😀", "x@", "a.", "bearer ", "api_key="]
        for piece in pieces:
            long = (piece * LONG)[:LONG]
            for typed in (long, f"{{{{ a{long}", f"a{long}b", f"bearer{long}"):
                with self.subTest(piece=piece, typed=typed[:12]):
                    key = self.assert_quick(matching.normalize, typed)
                    self.assert_quick(matching.fits, "contains_word", "a", key)
                    self.assert_quick(matching.fits, "contains_word", key[:9], key)
                    self.assert_quick(matching.fold_look_alikes, key)
                    self.assert_quick(placeholders.fill, typed, str)
                    self.assert_quick(placeholders.find_problems, typed, bool)
                    self.assert_quick(text.split_text, typed)
                    self.assert_quick(files.find_files, typed)
                    self.assert_quick(log.mask_secrets, typed, "key")
                    # Longer answers are refused before they are read.
                    for short in (typed[:1000], typed[-1000:]):
                        self.assert_quick(typed_values.read_number, short, ",")
                        self.assert_quick(typed_values.is_website, short)
                        self.assert_quick(typed_values.is_email, short)
