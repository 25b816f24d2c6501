import re
from pathlib import Path

import polib

from odoo.tests import TransactionCase, tagged
from odoo.tools.translate import TranslationModuleReader

from ..tools import words

_PO = Path(__file__).resolve().parent.parent / "i18n" / "uk.po"
_PLACEHOLDER = re.compile(r"%\(\w+\)s|\{\{.*?\}\}")
_ENGLISH = re.compile(r"“([a-z0-9 ]+)”")
_UKRAINIAN = re.compile(r"«([^»%]+)»")


@tagged("post_install", "-at_install")
class TestSaleTranslations(TransactionCase):
    def test_every_term_is_translated(self):
        known = {entry.msgid: entry.msgstr for entry in polib.pofile(str(_PO))}
        name = "helpcrunch_chatbot_sale"
        sources = {row[4] for row in TranslationModuleReader(self.env.cr, [name])}
        self.assertGreater(len(sources), 100)
        missing = sorted(source for source in sources if not known.get(source))
        self.assertFalse(missing, "no Ukrainian in i18n/uk.po: run bin/i18n")

    def test_placeholders_agree(self):
        for entry in polib.pofile(str(_PO)):
            self.assertEqual(
                sorted(_PLACEHOLDER.findall(entry.msgid)),
                sorted(_PLACEHOLDER.findall(entry.msgstr)),
                entry.msgid,
            )

    def test_what_customers_are_told_to_type_is_understood(self):
        told = set()
        for entry in polib.pofile(str(_PO)):
            if "%(" in entry.msgid and "“%(" in entry.msgid:
                continue
            english = _ENGLISH.findall(entry.msgid)
            if english:
                told |= {*english, *_UKRAINIAN.findall(entry.msgstr)}
        self.assertGreater(len(told), 12)
        for text in told:
            with self.subTest(text=text):
                self.assertTrue(
                    words.read_command(text, {}) or words.read_removal(text)
                )

    def test_words_of_commands_mean_the_same_in_both_languages(self):
        own = {entry.msgid: entry.msgstr for entry in polib.pofile(str(_PO))}
        for command in words.COMMANDS:
            with self.subTest(command=command):
                self.assertEqual(words.read_command(command, {}), command)
                self.assertEqual(words.read_command(own[command], {}), command)
