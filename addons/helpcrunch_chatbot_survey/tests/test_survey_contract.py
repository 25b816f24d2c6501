"""What every addon below addons/ brings: terms in Ukrainian, a clean way out."""

from pathlib import Path

import polib

from odoo.tests import tagged
from odoo.tools.translate import TranslationModuleReader

from odoo.addons.helpcrunch_chatbot.tests.common import add_ukrainian

from .common import SurveyCase

_ROOT = Path(__file__).resolve().parents[1]
_ADDON = _ROOT.name


@tagged("post_install", "-at_install")
class TestSurveyContract(SurveyCase):
    def test_every_term_is_translated(self):
        po = polib.pofile(str(_ROOT / "i18n" / "uk.po"))
        known = {entry.msgid: entry for entry in po}
        sources = {row[4] for row in TranslationModuleReader(self.env.cr, [_ADDON])}
        self.assertGreater(len(sources), 20)
        missing = {
            source
            for source in sources
            if source not in known or not known[source].msgstr
        }
        self.assertFalse(missing, "no Ukrainian in i18n/uk.po: run bin/i18n")

    def test_labels_are_the_manuals(self):
        add_ukrainian(self.env)
        addon = self.env["ir.module.module"].search([("name", "=", _ADDON)])
        addon._update_translations("uk_UA")
        steps = self.as_manager("helpcrunch.step").with_context(lang="uk_UA")
        arch = steps.get_view(view_type="form")["arch"]
        self.assertIn("Налаштування опитування боту", arch)
        flows = dict(steps.fields_get(["flow"])["flow"]["selection"])
        self.assertEqual(flows["survey"], "Опитування")

    def test_it_has_the_verbs_of_a_flow(self):
        for verb in ("enter", "receive", "check"):
            with self.subTest(verb):
                self.assertTrue(hasattr(self.ask, f"_{verb}_flow_survey"))
        self.assertTrue(self.ask.waits)

    def test_each_type_of_question_is_told_and_read(self):
        questions = self.env["survey.question"]
        for kind in questions._fields["question_type"].get_values(self.env):
            for verb in ("tell", "read"):
                with self.subTest(kind, verb=verb):
                    self.assertTrue(hasattr(questions, f"_helpcrunch_{verb}_{kind}"))

    def test_without_it_its_steps_are_texts(self):
        """What Odoo does with the values of a field when their addon goes."""
        field = self.ask._fields["flow"]
        self.assertEqual(field.ondelete["survey"], "set default")
        selection = self.env["ir.model.fields.selection"].search(
            [("field_id.model", "=", "helpcrunch.step"), ("value", "=", "survey")]
        )
        selection._process_ondelete()
        self.assertEqual(self.ask.flow, "default")
