"""Once is once, whoever else is at it: real threads, real cursors."""

from odoo.tests import tagged

from odoo.addons.helpcrunch_chatbot.tests.common_threads import ThreadCase

TARAS = {"name": "Taras", "email": "taras@example.com"}


@tagged("post_install", "-at_install")
class TestSurveyThreads(ThreadCase):
    def setUp(self):
        super().setUp()
        with self.transaction() as env:
            survey = env["survey.survey"].create({"title": "Threads"})
            for number, title in enumerate(("First?", "Second?", "Third?")):
                env["survey.question"].create(
                    {
                        "survey_id": survey.id,
                        "title": title,
                        "question_type": "char_box",
                        "sequence": number,
                    }
                )
            self.survey_id = survey.id
        with self.transaction(self.manager_id) as env:
            env["helpcrunch.step"].create(
                {
                    "name": "Survey",
                    "message": "Survey",
                    "step_type": "text",
                    "bot_id": self.bot_id,
                    "flow": "survey",
                    "survey_id": self.survey_id,
                    "alias_ids": [(0, 0, {"name": "survey"})],
                }
            )

    def _clean_up(self):
        """Take the survey away before what it stands in."""
        with self.transaction() as env:
            steps = env["helpcrunch.step"].search([("survey_id", "=", self.survey_id)])
            steps.write({"flow": "default", "survey_id": False})
            env["survey.survey"].browse(self.survey_id).unlink()
        return super()._clean_up()

    def speak(self, customer, *texts):
        """Let a customer write, and return the webhooks that came of it."""
        for text in texts:
            self.helpcrunch.customer_says(customer, text, application=2, **TARAS)
        return self.helpcrunch.captured(clear=True)

    def deliver(self, webhooks):
        for webhook in webhooks:
            self.receive(webhook)
        self.settle()
        # The echoes of what the bot has said.
        while echoes := self.helpcrunch.captured(clear=True):
            for echo in echoes:
                self.receive(echo)
            self.settle()

    def begin_survey(self, customer):
        self.deliver(self.speak(customer, "Hi"))
        self.deliver(self.speak(customer, "survey"))

    def look(self, env):
        """Return the participations, after having looked whether all is done."""
        self.assertFalse(self.pending(env), "an event was left to cron")
        failed = env["helpcrunch.event"].search(
            [("account_id", "=", self.account_id), ("state", "=", "failed")]
        )
        self.assertFalse(failed.mapped("error"))
        return env["survey.user_input"].search([("survey_id", "=", self.survey_id)])

    def test_an_answer_that_comes_five_times_at_once(self):
        self.begin_survey(5001)
        webhooks = 5 * self.speak(5001, "One")
        self.together(
            *[lambda webhook=webhook: self.receive(webhook) for webhook in webhooks]
        )
        self.settle()
        with self.transaction() as env:
            begun = self.look(env)
            self.assertEqual(len(begun), 1)
            lines = begun.user_input_line_ids
            self.assertEqual(lines.mapped("value_char_box"), ["One"])
            self.assertEqual(begun.helpcrunch_question_id.title, "Second?")

    def test_two_channels_of_one_person_at_once(self):
        self.begin_survey(5001)
        self.deliver(self.speak(5002, "Hi"))
        webhooks = [*self.speak(5001, "One"), *self.speak(5002, "survey")]
        self.together(
            *[lambda webhook=webhook: self.receive(webhook) for webhook in webhooks]
        )
        self.settle()
        with self.transaction() as env:
            begun = self.look(env)
            self.assertEqual(len(begun), 1)
            lines = begun.user_input_line_ids
            # Either the answer came first, or it was taken up there before it.
            self.assertIn(lines.mapped("value_char_box"), [["One"], []])
            self.assertIn(begun.helpcrunch_chat_id, self.chats(env))
