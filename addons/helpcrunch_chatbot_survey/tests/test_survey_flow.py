"""A survey from its first question to its last, and all that may come in between."""

from datetime import timedelta
from unittest.mock import patch

from odoo import fields
from odoo.exceptions import UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import TELEGRAM, SurveyCase

WIDGET = 1


@tagged("post_install", "-at_install")
class TestSurveyFlow(SurveyCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.first = cls.question("Colour?", answers=["Red", "Blue"])
        cls.second = cls.question("Name?", "char_box")

    # === A PARTICIPATION === #

    def test_it_is_one_of_surveys_own(self):
        self.begin(name="Taras", email="taras@example.com")
        begun = self.participation()
        self.assertEqual(begun.state, "in_progress")
        self.assertEqual(begun.partner_id.id, self.partner().id)
        self.assertEqual(begun.email, "taras@example.com")
        self.assertEqual(begun.lang_id.code, "en_US")
        self.assertTrue(begun.start_datetime)
        self.assertFalse(begun.test_entry)
        self.says("1")
        self.assertEqual(begun.last_displayed_page_id, self.first)
        self.assertEqual(self.says("Olena"), ["Thank you"])
        self.assertEqual(begun.state, "done")
        self.assertTrue(begun.end_datetime)
        self.assertEqual(self.chat().answer, "Olena")
        self.assertEqual(self.codes(), ["answer", "survey_done", "enter", "rest"])

    def test_surveys_texts_at_the_beginning_and_the_end(self):
        self.survey.write(
            {
                "description": "<p>Two minutes.</p>",
                "description_done": "<p>Come <b>again</b>!</p>",
                "is_time_limited": True,
                "time_limit": 5,
            }
        )
        self.says("Hi")
        said = self.says("survey")
        self.assertEqual(
            said[:2], ["A few questions.", "Two minutes.\nTime limit: 5 min."]
        )
        self.says("1")
        self.assertEqual(self.says("Olena"), ["Come *again*!", "Thank you"])

    def test_the_score(self):
        self.survey.scoring_type = "scoring_without_answers"
        self.first.suggested_answer_ids[0].write(
            {"is_correct": True, "answer_score": 3}
        )
        self.question("Size?", answers=[("S", 1.0, True), ("L", 0.0, False)])
        self.begin()
        self.says("1")
        self.says("Olena")
        self.assertEqual(self.says("L"), ["Your score: 75%", "Thank you"])
        self.assertEqual(self.participation().scoring_percentage, 75)

    def certify(self):
        """Make a certification of the survey; "Red" is enough to pass."""
        template = self.env.ref("survey.mail_template_certification")
        self.survey.write(
            {
                "scoring_type": "scoring_without_answers",
                "certification": True,
                "certification_mail_template_id": template.id,
                "scoring_success_min": 50,
            }
        )
        self.first.suggested_answer_ids[0].write(
            {"is_correct": True, "answer_score": 3}
        )

    def test_a_certification_is_given(self):
        self.certify()
        self.begin(email="taras@example.com")
        self.says("1")
        self.says("Olena")
        self.assertTrue(self.participation().scoring_success)
        mails = self.env["mail.mail"].search(
            [
                ("model", "=", "survey.user_input"),
                ("res_id", "=", self.participation().id),
            ]
        )
        self.assertEqual(len(mails), 1)

    @mute_logger("odoo.addons.helpcrunch_chatbot.jobs.dialogues")
    def test_a_certificate_that_cannot_be_printed(self):
        def fail(*args, **kwargs):
            raise UserError("No printer.")

        self.certify()
        self.begin(email="taras@example.com")
        self.says("1")
        with patch.object(
            type(self.env["ir.actions.report"]), "_render_qweb_pdf", fail
        ):
            self.assertEqual(self.says("Olena")[-1], "Thank you")
        self.assertEqual(self.participation().state, "done")
        event = self.env["helpcrunch.event"].search(
            [("chat_id", "=", self.chat().id), ("event_type", "=", "survey.certified")]
        )
        self.assertIn("No printer.", event.error)

    def test_the_figures_of_the_survey(self):
        self.begin()
        self.says("1")
        self.says("Olena")
        survey = self.survey
        self.assertEqual((survey.answer_count, survey.answer_done_count), (1, 1))
        lines = self.participation().user_input_line_ids
        (told,) = self.first._prepare_statistics(lines)
        self.assertEqual([row["count"] for row in told["table_data"][:2]], [1, 0])

    def test_without_a_next_step_the_dialogue_rests(self):
        self.ask.next_step_id = False
        self.begin()
        self.says("1")
        self.assertEqual(self.says("Olena"), [])
        self.assertEqual(self.says("Olena"), ["I did not understand."])

    def test_again_is_another_participation(self):
        self.begin()
        self.says("1")
        self.says("Olena")
        self.assertIn("Colour?", self.begin())
        self.assertEqual(len(self.participations()), 2)

    # === ONCE === #

    def test_a_webhook_that_comes_twice_is_one_answer(self):
        self.begin()
        self.helpcrunch.customer_says(5001, "1", application=TELEGRAM)
        with self.enter_test_mode_if_needed():
            for webhook in 2 * self.helpcrunch.captured(clear=True):
                self.receive(webhook)
                self.work()
        self.take_in()
        self.assertEqual(len(self.participations()), 1)
        self.assertEqual(self.kept(self.first), ["Red"])
        self.assertFalse(self.lines(self.second))

    def test_what_was_written_before_a_question_is_no_answer_to_it(self):
        self.begin()
        for text in ("1", "hurry up"):
            self.helpcrunch.customer_says(5001, text, application=TELEGRAM)
        self.take_in()
        self.assertIn("before_question", self.codes())
        self.assertFalse(self.lines(self.second))

    # === STOPPED, AND TAKEN UP === #

    def test_a_phrase_is_an_answer_and_a_command_leads_away(self):
        self.begin()
        self.says("1")
        self.assertEqual(self.says("/elsewhere"), ["Elsewhere"])
        self.assertEqual(self.participation().state, "in_progress")
        self.assertEqual(self.says("survey"), ["A few questions.", "Name?"])
        self.assertIn("survey_taken_up", self.codes())
        self.assertEqual(self.says("elsewhere"), ["Thank you"])
        self.assertEqual(self.kept(self.second), ["elsewhere"])
        self.assertEqual(len(self.participations()), 1)

    def test_an_operator_in_between(self):
        self.begin()
        self.says("1")
        self.assertIn("One moment.", self.says("operator"))
        self.orders(self.olena, "/resume")
        self.assertEqual(
            self.says("survey"), ["Thank you", "A few questions.", "Name?"]
        )
        self.says("Olena")
        self.assertEqual(len(self.participations()), 1)

    def test_whoever_takes_over_gives_it_back_where_it_was(self):
        self.begin()
        self.says("1")
        self.agent_writes("Can I help?")
        self.assertEqual(self.says("No, thanks"), [])
        self.chat().with_user(self.manager).action_return_to_bot()
        self.settle()
        self.assertEqual(self.texts()[-2:], ["A few questions.", "Name?"])
        self.says("Olena")
        self.assertEqual(self.kept(self.second), ["Olena"])

    def test_after_a_long_silence(self):
        self.bot.session_timeout = 30
        self.begin()
        self.says("1")
        self.chat().last_customer_message_at = "2026-01-01 10:00:00"
        self.assertEqual(self.says("I am back"), ["Welcome"])
        self.assertEqual(self.says("survey"), ["A few questions.", "Name?"])

    def test_in_the_middle_of_a_matrix(self):
        matrix = self.question(
            "How was it?",
            "matrix",
            answers=["Good", "Bad"],
            matrix_row_ids=[(0, 0, {"value": "Food"}), (0, 0, {"value": "Service"})],
        )
        self.begin()
        self.says("1")
        self.says("Olena")
        self.says("2")
        self.says("/elsewhere")
        self.assertEqual(self.says("survey")[-1], "Service\n1. Good\n2. Bad")
        self.says("1")
        self.assertEqual(len(self.lines(matrix)), 2)

    def test_in_another_channel_of_the_same_person(self):
        self.begin(email="taras@example.com")
        self.says("1")
        partner = self.partner()
        other = {"customer": 5002, "application": WIDGET, "email": "taras@example.com"}
        self.says("Hi", **other)
        self.assertEqual(self.partner(5002), partner)
        self.assertEqual(self.says("survey", **other), ["A few questions.", "Name?"])
        # Here it is asked for first, before anything is an answer.
        self.assertEqual(self.says("Olena"), ["Name?"])
        self.assertFalse(self.lines(self.second))
        self.assertEqual(self.says("Olena"), ["Thank you"])
        self.assertEqual(len(self.participations()), 1)

    def test_a_merge_of_contacts_keeps_it(self):
        older = self.env["res.partner"].create(
            {"name": "Taras", "phone": "+380 67 123 4567"}
        )
        self.begin()
        self.says("1")
        newer = self.partner()
        phone = self.step(
            "Your number?",
            "update_contact",
            alias="/phone",
            field_id=self.env["ir.model.fields"].browse(self.field("phone")),
            merge_by_phone=True,
        )
        self.assertEqual(self.says("/phone"), [phone.message])
        self.says("+380 67 123 45 67")
        self.merge()
        self.assertEqual(self.partner(), older)
        self.assertFalse(newer.exists())
        self.assertEqual(self.participation().partner_id.id, older.id)
        self.assertEqual(self.says("survey"), ["A few questions.", "Name?"])

    # === GIVEN UP, CLOSED, GONE === #

    def test_after_the_last_attempt_it_is_given_up(self):
        self.ask.max_attempts = 2
        self.begin()
        self.says("7")
        self.assertEqual(self.says("7"), ["Given up"])
        self.assertEqual(self.participation().state, "in_progress")
        self.assertIn("Colour?", self.begin())
        self.assertEqual(len(self.participations()), 1)

    def test_a_closed_survey_is_not_asked(self):
        self.survey.action_archive()
        self.says("Hi")
        self.assertEqual(
            self.says("survey"),
            [
                "A few questions.",
                "This survey cannot be answered any more.",
                "Given up",
            ],
        )
        self.assertFalse(self.participations())

    def test_one_that_is_closed_meanwhile(self):
        self.begin()
        self.survey.action_archive()
        self.assertEqual(
            self.says("1")[-2:],
            ["This survey cannot be answered any more.", "Given up"],
        )
        self.assertFalse(self.lines(self.first))

    def test_no_attempts_are_left(self):
        self.survey.write(
            {"access_mode": "token", "is_attempts_limited": True, "attempts_limit": 1}
        )
        self.begin()
        self.says("1")
        self.says("Olena")
        said = self.says("survey")
        self.assertIn("This survey cannot be answered any more.", said)
        self.assertIn("survey_refused", self.codes())
        self.assertEqual(len(self.participations()), 1)

    def test_time_is_up(self):
        self.survey.write(
            {
                "is_time_limited": True,
                "time_limit": 5,
                "description_done": "<p>Over.</p>",
            }
        )
        self.begin()
        begun = self.env["survey.user_input"].browse(self.participation().id)
        begun.start_datetime = fields.Datetime.now() - timedelta(minutes=6)
        self.assertEqual(self.says("1"), ["Over.", "Thank you"])
        self.assertEqual(begun.state, "done")
        self.assertFalse(begun.user_input_line_ids)

    def test_a_survey_without_questions(self):
        (self.first | self.second).unlink()
        self.says("Hi")
        self.assertEqual(self.says("survey")[-1], "Given up")
        self.assertFalse(self.participations())

    def test_the_open_question_is_deleted(self):
        self.begin()
        self.says("1")
        self.second.unlink()
        last = self.question("Size?", "char_box")
        begun = self.env["survey.user_input"].browse(self.participation().id)
        begun.predefined_question_ids += last.with_env(self.env)
        self.assertEqual(self.says("Olena"), ["Size?"])
        self.assertEqual(self.says("L"), ["Thank you"])

    @mute_logger("odoo.addons.helpcrunch_chatbot.jobs.dialogues")
    def test_what_survey_refuses_does_not_silence_the_dialogue(self):
        self.begin()
        # As another addon might.
        self.patch(
            type(self.env["survey.user_input"]),
            "_save_lines",
            lambda *args, **kwargs: 1 / 0,
        )
        self.assertEqual(self.says("1"), ["Thank you"])
        self.assertIn("refused", self.codes())

    # === LANGUAGES === #

    def test_a_ukrainian_customer(self):
        self.env["res.lang"]._activate_lang("uk_UA")
        addons = self.env["ir.module.module"].search(
            [("name", "in", ("helpcrunch_chatbot_survey", "survey"))]
        )
        addons._update_translations("uk_UA")
        self.survey.lang_ids = False
        self.second.write({"constr_mandatory": False})
        self.first.with_context(lang="uk_UA").title = "Колір?"
        red, blue = self.first.with_context(lang="uk_UA").suggested_answer_ids
        red.value, blue.value = "Червоний", "Синій"
        self.assertEqual(self.begin(locale="uk"), "Колір?\n1. Червоний\n2. Синій")
        self.assertIn("Немає такої відповіді", self.says("зелений")[0])
        self.assertIn("пропустити", self.says("червон")[0])
        self.says("Пропустити")
        self.assertEqual(self.kept(self.second), [None])
        self.assertEqual(self.participation().lang_id.code, "uk_UA")

    def test_a_survey_that_speaks_another_language(self):
        self.env["res.lang"]._activate_lang("uk_UA")
        self.first.with_context(lang="uk_UA").title = "Колір?"
        self.survey.lang_ids = self.env["res.lang"]._lang_get("uk_UA")
        self.assertIn("Колір?", self.begin(locale="en"))
        self.assertEqual(self.participation().lang_id.code, "uk_UA")

    def test_a_language_that_the_addon_does_not_speak(self):
        self.env["res.lang"]._activate_lang("uk_UA")
        self.env["res.lang"]._activate_lang("pl_PL")
        addon = self.env["ir.module.module"].search(
            [("name", "=", "helpcrunch_chatbot_survey")]
        )
        addon._update_translations("uk_UA")
        self.bot.language_id = self.env["res.lang"]._lang_get("uk_UA")
        self.begin(locale="pl")
        self.assertIn("Немає такої відповіді", self.says("zielony")[0])
