"""Who draws a survey into a bot, and who sees what was answered."""

import json

from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, new_test_user, tagged

from .common import SurveyCase


@tagged("post_install", "-at_install")
class TestSurveyPeople(SurveyCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.first = cls.question("Colour?", answers=["Red", "Blue"])

    def both(self, role):
        """Hire somebody with a role of the app and one of Survey."""
        return new_test_user(
            self.env,
            "both",
            f"base.group_user,helpcrunch_chatbot.{role},survey.group_survey_user",
        )

    # === DRAWING === #

    def test_a_manager_without_a_role_in_survey_draws(self):
        action = self.bot.with_user(self.manager).action_add_step()
        form = Form(
            self.as_manager("helpcrunch.step").with_context(**action["context"]),
            view="helpcrunch_chatbot.helpcrunch_step_view_form",
        )
        form.name = "Questions"
        form.step_type = "text"
        self.assertTrue(form._get_modifier("survey_id", "invisible"))
        form.flow = "survey"
        self.assertFalse(form._get_modifier("survey_id", "invisible"))
        with self.assertRaises(AssertionError):
            form.save()
        form.survey_id = self.by_manager(self.survey)
        step = form.save()
        self.assertEqual(step.survey_id.display_name, "Your visit")

    def test_a_step_needs_its_survey(self):
        with self.refused("choose the survey"):
            self.step("Questions", flow="survey")

    def test_surveys_are_found_by_name_but_restricted_ones_are_not(self):
        secret = self.make_survey("Your secrets", restrict_user_ids=self.surveyor.ids)
        found = self.as_manager("survey.survey").name_search("Your")
        self.assertEqual([name for _id, name in found], ["Your visit"])
        with self.assertRaises(AccessError):
            self.by_manager(secret).read(["title"])

    def test_a_manager_changes_no_survey_and_reads_no_answer(self):
        self.begin()
        with self.assertRaises(AccessError):
            self.by_manager(self.survey).write({"title": "Mine"})
        with self.assertRaises(AccessError):
            self.by_manager(self.participation()).read(["state"])
        with self.assertRaises(AccessError):
            self.as_manager("survey.user_input.line").search([])

    def test_a_survey_that_a_step_asks_is_not_deleted(self):
        with self.assertRaisesRegex(UserError, "A few questions.*Shop"):
            self.survey.unlink()
        self.ask.unlink()
        self.survey.unlink()
        self.assertFalse(self.survey.exists())

    def test_problems(self):
        def codes():
            self.env.invalidate_all()
            return {
                problem["code"]
                for problem in self.bot.with_user(self.manager).get_problems()
                if problem["step_id"] == self.ask.id
            }

        self.assertEqual(codes(), set())
        self.survey.users_login_required = True
        self.first.unlink()
        self.assertEqual(codes(), {"survey_empty", "survey_login"})
        self.survey.action_archive()
        self.assertIn("archived_record", codes())

    def test_the_picture(self):
        picture = self.bot.with_user(self.manager).get_picture()
        ways = {
            (edge["kind"], edge["to"])
            for edge in picture["edges"]
            if edge["from"] == self.ask.id
        }
        self.assertEqual(ways, {("next", self.thanks.id), ("failed", self.given_up.id)})

    def test_a_file_and_a_copy(self):
        bots = self.as_manager("helpcrunch.bot")
        content = self.bot.with_user(self.manager).export_json()
        (row,) = [
            step
            for step in json.loads(content)["steps"]
            if step["name"] == "A few questions."
        ]
        self.assertEqual(
            (row["flow"], row["survey_id"]["name"]), ("survey", "Your visit")
        )
        copies = [
            bots.browse(bots.import_json(content)["bot_id"]),
            self.bot.with_user(self.manager).copy(),
        ]
        for bot in copies:
            step = bot.step_ids.filtered(lambda step: step.flow == "survey")
            self.assertEqual(step.survey_id.id, self.survey.id)
            self.assertEqual(step.survey_failed_step_id.bot_id, bot)

    def test_a_file_with_a_survey_that_is_not_here(self):
        data = json.loads(self.bot.with_user(self.manager).export_json())
        for step in data["steps"]:
            if step["name"] == "A few questions.":
                step["survey_id"] = {"name": "Your journey"}
        with self.refused("choose the survey"):
            self.as_manager("helpcrunch.bot").import_json(json.dumps(data))

    # === TRYING === #

    def test_it_can_be_tried_without_a_trace(self):
        turns = self.bot.with_user(self.manager).try_dialogue(
            ["7", "1"], {"step_id": self.ask.id}
        )["turns"]
        self.assertEqual(turns[0]["said"][-1], "Colour?\n1. Red\n2. Blue")
        self.assertIn("The survey “Your visit”: 0 answered.", turns[0]["effects"])
        self.assertIn("There is no such answer", turns[1]["said"][0])
        self.assertEqual(turns[2]["said"], ["Thank you"])
        self.assertIn("The survey “Your visit” would be finished.", turns[2]["effects"])
        self.assertIn("The survey “Your visit” was finished.", turns[2]["why"])
        self.assertFalse(self.participations())

    def test_a_trial_prints_no_certificate(self):
        def fail(*args, **kwargs):
            raise AssertionError("printed")

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
        self.patch(type(self.env["ir.actions.report"]), "_render_qweb_pdf", fail)
        turns = self.bot.with_user(self.manager).try_dialogue(
            ["1"], {"step_id": self.ask.id}
        )["turns"]
        self.assertEqual(turns[1]["said"], ["Your score: 100%", "Thank you"])

    # === LOOKING === #

    def test_the_button_of_the_dialogue(self):
        self.begin()
        both = self.both("group_manager")
        chat = self.chat().with_user(both)
        self.assertEqual(chat.survey_input_count, 1)
        action = chat.action_view_survey_inputs()
        shown = self.env["survey.user_input"].with_user(both).search(action["domain"])
        self.assertEqual(shown.ids, self.participation().ids)
        self.assertEqual(shown.helpcrunch_chat_id.id, chat.id)
        view = chat.get_view(view_type="form")["arch"]
        self.assertIn("action_view_survey_inputs", view)

    def test_the_button_hides_what_the_survey_hides(self):
        self.begin()
        both = self.both("group_manager")
        self.survey.restrict_user_ids = self.surveyor.ids
        self.assertEqual(self.chat().with_user(both).survey_input_count, 0)

    def test_no_button_without_the_role(self):
        self.begin()
        chat = self.chat().with_user(self.manager)
        view = chat.get_view(view_type="form")["arch"]
        self.assertNotIn("action_view_survey_inputs", view)
        with self.assertRaises(AccessError):
            chat.read(["survey_input_count"])
        with self.assertRaises(AccessError):
            chat.action_view_survey_inputs()

    def test_a_surveyor_sees_participations_and_not_the_dialogue(self):
        self.begin()
        begun = self.participation()
        self.assertTrue(begun.get_view(view_type="form")["arch"])
        Form(begun)
        with self.assertRaises(AccessError):
            begun.read(["helpcrunch_chat_id"])

    def test_only_the_machine_says_where_a_dialogue_stands(self):
        self.begin()
        both = self.both("group_manager")
        begun = self.participation().with_user(both)
        with self.assertRaises(AccessError):
            begun.helpcrunch_chat_id = False
        with self.assertRaises(AccessError):
            begun.create(
                {"survey_id": self.survey.id, "helpcrunch_chat_id": self.chat().id}
            )

    def test_a_dialogue_that_is_erased_leaves_the_answers(self):
        self.begin()
        begun = self.participation()
        self.by_manager(self.partner()).action_erase_helpcrunch_data()
        self.assertTrue(begun.exists())
        self.assertFalse(begun.sudo().helpcrunch_chat_id)
