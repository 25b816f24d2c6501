"""A survey and a customer who is, for a while, a user of Odoo."""

from odoo.tests import tagged

from odoo.addons.helpcrunch_chatbot.tests.common_logins import LoginTalk

from .common import SurveyCase

_ONLY_USERS = "This survey is for those who have logged in."


@tagged("post_install", "-at_install")
class TestSurveyLogin(LoginTalk, SurveyCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.first = cls.question("How was it?", "char_box")
        cls.question("Who are you?", "char_box")
        cls.add_people()
        cls.draw_login(cls.ask)

    def test_answers_are_the_users(self):
        self.logs_in(self.portal)
        self.says("Good")
        self.says("Me")
        mine = self.participation()
        self.assertEqual(mine.state, "done")
        self.assertEqual(mine.partner_id, self.portal.partner_id)

    def test_one_for_users_only(self):
        self.survey.users_login_required = True
        self.says("Hi")
        said = self.says("survey")
        self.assertEqual(said[-2:], [_ONLY_USERS, "Given up"])
        self.assertIn("survey_login", self.codes())
        self.assertFalse(self.participations())
        self.logs_in(self.portal)
        self.assertEqual(self.participation().partner_id, self.portal.partner_id)

    def test_a_users_contact_alone_is_no_log_in(self):
        """Whose contact a customer has may rest on an e-mail that anybody can type."""
        self.survey.users_login_required = True
        self.says("Hi")
        self.chat().customer_id.partner_id = self.portal.partner_id
        self.chat().partner_id = self.portal.partner_id
        self.assertIn(_ONLY_USERS, self.says("survey"))

    def test_nobody_goes_on_with_what_a_user_has_begun(self):
        self.logs_in(self.portal)
        self.says("Good")
        theirs = self.participation()
        self.says("/logout")
        self.says("A stranger's answer")
        self.assertEqual(len(theirs.user_input_line_ids), 1)
        self.assertEqual(theirs.state, "in_progress")
        self.assertEqual(self.lines(self.first), theirs.browse().user_input_line_ids)

    def test_a_survey_for_users_is_not_gone_on_with_after_logging_out(self):
        self.survey.users_login_required = True
        self.logs_in(self.portal)
        self.says("/logout")
        self.assertIn(_ONLY_USERS, self.says("Good"))
        self.assertFalse(self.participation().user_input_line_ids)
