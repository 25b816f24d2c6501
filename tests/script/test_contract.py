"""Every step type brings all that a step type has to bring (architecture 3)."""

from pathlib import Path

from odoo.tests import tagged

from ..common import HelpcrunchCase, add_ukrainian

_ROOT = Path(__file__).resolve().parents[2]


@tagged("post_install", "-at_install")
class TestContract(HelpcrunchCase):
    def setUp(self):
        super().setUp()
        self.steps = self.env["helpcrunch.step"]
        field = self.steps._fields["step_type"]
        self.types = dict(field._description_selection(self.env))

    def test_there_are_types(self):
        self.assertGreater(len(self.types), 6)

    def test_verbs(self):
        for name in self.types:
            for verb in ("enter", "check"):
                with self.subTest(type=name, verb=verb):
                    self.assertTrue(hasattr(self.steps, f"_{verb}_{name}"))

    def test_section_of_the_form(self):
        arch = self.steps.with_user(self.manager).get_view(view_type="form")["arch"]
        for name in self.types:
            with self.subTest(type=name):
                self.assertIn(f"step_type != '{name}'", arch)

    def test_label_in_ukrainian(self):
        add_ukrainian(self.env)
        ukrainian = self.env(context={**self.env.context, "lang": "uk_UA"})
        labels = dict(self.steps._fields["step_type"]._description_selection(ukrainian))
        for name, label in self.types.items():
            with self.subTest(type=name):
                self.assertNotEqual(labels[name], label)

    def test_icon_in_the_picture(self):
        drawn = (_ROOT / "static/src/drawing/picture.js").read_text()
        for name in self.types:
            with self.subTest(type=name):
                self.assertIn(f'    {name}: ["', drawn)

    def test_its_fields_are_in_a_file(self):
        """A field that a form shows and a file does not hold would be lost."""
        bot = self.as_manager("helpcrunch.bot")._create_example()
        drawn = {key for step in bot._describe()["steps"] for key in step}
        self.assertLessEqual(
            {
                "field_id",
                "merge_by_phone",
                "queue_id",
                "no_operator_step_id",
                "lead_type",
                "run_time",
                "schedule_state",
                "answer_ids",
            },
            drawn,
        )
