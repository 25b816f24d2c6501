"""A survey that somebody with the role for it has made, and a step that asks it."""

from odoo.tests import new_test_user

from odoo.addons.helpcrunch_chatbot.tests.common_operators import OperatorCase

TELEGRAM = 2


class SurveyCase(OperatorCase):
    """The word "survey" leads to the step; "Thank you" follows, or "Given up".

    Surveys are made by ``surveyor``, who has Survey's role and none of the app; the bot
    is drawn by ``manager``, who has no role in Survey.
    """

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.surveyor = new_test_user(
            cls.env,
            "surveyor",
            "base.group_user,survey.group_survey_user",
            name="Surveyor",
        )
        cls.survey = cls.make_survey("Your visit")
        cls.given_up = cls.step("Given up")
        cls.ask = cls.step(
            "A few questions.",
            alias="survey",
            flow="survey",
            survey_id=cls.by_manager(cls.survey),
            survey_failed_step_id=cls.given_up,
            next_step_id=cls.thanks,
        )
        cls.step("Elsewhere", alias="elsewhere")

    @classmethod
    def make_survey(cls, title, **vals):
        surveys = cls.env["survey.survey"].with_user(cls.surveyor)
        return surveys.create({"title": title, **vals})

    @classmethod
    def by_manager(cls, record):
        return record.with_user(cls.manager)

    @classmethod
    def question(cls, title, question_type="simple_choice", answers=(), **vals):
        """Add a question; ``answers`` are wordings, or wordings and their scores."""
        survey = vals.pop("survey", cls.survey)
        rows = [
            {"value": row} if isinstance(row, str) else row
            for row in (
                dict(zip(("value", "answer_score", "is_correct"), answer, strict=False))
                if isinstance(answer, tuple)
                else answer
                for answer in answers
            )
        ]
        return (
            cls.env["survey.question"]
            .with_user(cls.surveyor)
            .create(
                {
                    "survey_id": survey.id,
                    "title": title,
                    "question_type": question_type,
                    "sequence": 10 * (len(survey.question_and_page_ids) + 1),
                    "constr_mandatory": True,
                    "suggested_answer_ids": [(0, 0, row) for row in rows],
                    **vals,
                }
            )
        )

    def begin(self, **profile):
        """Let a customer come and begin; return the first question."""
        self.says("Hi", **profile)
        said = self.says("survey", **profile)
        self.assertEqual(said[0], "A few questions.")
        return said[-1]

    def participation(self):
        """Return the newest participation, as whoever may read it does."""
        inputs = self.env["survey.user_input"].with_user(self.surveyor)
        return inputs.search(
            [("survey_id", "=", self.survey.id)], limit=1, order="id desc"
        )

    def participations(self):
        inputs = self.env["survey.user_input"].with_user(self.surveyor)
        return inputs.search([("survey_id", "=", self.survey.id)])

    def lines(self, question):
        """Return Survey's lines of a question in the newest participation."""
        lines = self.participation().user_input_line_ids
        return lines.filtered(lambda line: line.question_id == question)

    def kept(self, question):
        """Return what Survey has kept as the answer to a question."""
        return [
            None if line.skipped else line._get_answer_value()
            for line in self.lines(question)
        ]
