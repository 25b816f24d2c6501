from odoo import api, fields, models

from odoo.addons.helpcrunch_chatbot.models.dialogue.turn import ignore


class HelpcrunchChat(models.Model):
    _inherit = "helpcrunch.chat"

    survey_input_ids = fields.One2many(
        "survey.user_input",
        "helpcrunch_chat_id",
        "Survey Participations",
        groups="survey.group_survey_user",
    )
    survey_input_count = fields.Integer(
        "Number of Participations",
        compute="_compute_survey_input_count",
        groups="survey.group_survey_user",
    )

    @api.depends("survey_input_ids")
    @api.depends_context("uid")
    def _compute_survey_input_count(self):
        counts = dict(
            self.env["survey.user_input"]._read_group(
                [("helpcrunch_chat_id", "in", self.ids)],
                ["helpcrunch_chat_id"],
                ["__count"],
            )
        )
        for chat in self:
            chat.survey_input_count = counts.get(chat, 0)

    def action_view_survey_inputs(self):
        """Open the participations that were had in this dialogue."""
        self.ensure_one()
        self.check_access("read")
        self.env["survey.user_input"].check_access("read")
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "survey.action_survey_user_input"
        )
        domain = [("helpcrunch_chat_id", "=", self.id)]
        return {**action, "domain": domain, "context": {"create": False}}

    # === FOR THE FLOW === #

    def _on_survey_certified(self, event):
        """Send the certificate that was earned in this dialogue."""
        user_input = self.env["survey.user_input"].browse(event.payload.get("input"))
        template = user_input.exists().survey_id.certification_mail_template_id
        if not template or self._is_on_trial():
            return ignore("not_used")
        # As Survey does, which has left it to us.
        template.send_mail(
            user_input.id, email_layout_xmlid="mail.mail_notification_light"
        )
        return None

    def _get_survey_words(self):
        """Return an environment in a language that this addon speaks.

        The customer's, else the bot's: nobody is to hear English between questions in
        another language because a hint has no translation.
        """
        lang = self.env.lang or "en_US"
        if lang.startswith("en") or self.env._("skip") != "skip":
            return self.env
        return self.with_context(lang=self.bot_id._get_source_lang()).env

    @api.model
    def _get_trace_sentences(self):
        return {
            **super()._get_trace_sentences(),
            "survey_begun": self.env._("The survey “%(text)s” was begun."),
            "survey_taken_up": self.env._(
                "The survey “%(text)s” was taken up where the customer had stopped."
            ),
            "survey_refused": self.env._(
                "The survey “%(text)s” takes no more answers of this contact."
            ),
            "survey_login": self.env._(
                "The survey “%(text)s” takes answers of users only, and the customer "
                "is not logged in."
            ),
            "survey_done": self.env._("The survey “%(text)s” was finished."),
        }

    def _tell_effects(self, env):
        # sudo: survey.user_input - those of the trial, which whoever tries it has made
        user_inputs_sudo = self.sudo().survey_input_ids
        return [
            *super()._tell_effects(env),
            *(self._tell_participation(env, row) for row in user_inputs_sudo),
        ]

    @api.model
    def _tell_participation(self, env, user_input):
        title = user_input.survey_id.with_context(lang=env.lang).title
        if user_input.state == "done":
            return env._("The survey “%(survey)s” would be finished.", survey=title)
        return env._(
            "The survey “%(survey)s”: %(count)s answered.",
            survey=title,
            count=len(user_input.user_input_line_ids.question_id),
        )
