from odoo import api, fields, models
from odoo.exceptions import UserError

from odoo.addons.helpcrunch_chatbot.models.script.helpcrunch_step import WAIT
from odoo.addons.helpcrunch_chatbot.tools import files, matching

from .mail_template import MAIL_LATER, MAIL_LATER_KEY
from .survey_question import to_text


class HelpcrunchStep(models.Model):
    """Survey: asks the questions of a survey, one at a time.

    The customer's participation knows which one is open, so that whoever comes back is
    asked that one again.
    """

    _inherit = "helpcrunch.step"

    flow = fields.Selection(
        selection_add=[("survey", "Survey")], ondelete={"survey": "set default"}
    )
    survey_id = fields.Many2one(
        "survey.survey",
        index="btree_not_null",
        ondelete="restrict",
        help="Its questions are asked in the chat, one at a time. Answers are kept, "
        "scored and shown in Surveys, as if they were given on the survey's page.",
    )
    survey_failed_step_id = fields.Many2one(
        "helpcrunch.step",
        "If the Survey Is Given up, Go to Step",
        index="btree_not_null",
        ondelete="set null",
        domain="[('bot_id', '=', bot_id), ('id', '!=', id)]",
        help="After the last attempt at a question, or when the survey cannot be "
        "answered (closed, no attempts left). Empty: the dialogue goes on.",
    )

    # === THE FLOW === #

    def _enter_flow_survey(self, chat):
        """Ask where the customer has stopped, or begin."""
        if not self.survey_id:
            raise UserError(self.env._("The survey that it asks is gone."))
        user_input = self._take_survey_up(chat) or self._begin_survey(chat)
        if not user_input:
            self._refuse_survey(chat)
            return self.survey_failed_step_id or self.next_step_id
        return self._ask_survey(chat, user_input)

    def _receive_flow_survey(self, chat, message):
        user_input = self._find_survey_input([("helpcrunch_chat_id", "=", chat.id)])
        if not self._may_go_on_with_survey(chat, user_input):
            # Taken up in another dialogue of the customer's, deleted, closed.
            return self._enter_flow_survey(chat)
        if user_input.survey_time_limit_reached:
            return self._finish_survey(chat, user_input)
        if not user_input.helpcrunch_question_id:
            # Deleted meanwhile: the text is no answer to the one that follows.
            return self._ask_survey(chat, user_input)
        if files.is_only_file(message):
            chat._trace("no_answer", step=self)
            chat._say(self._tell_survey_question(chat, user_input), self)
            return WAIT
        words = chat._get_survey_words()
        is_skip = self._is_survey_skip(words, message)
        problem = user_input._helpcrunch_hear(
            message, words, chat.bot_id.tz or "UTC", is_skip
        )
        if problem:
            question = self._tell_survey_question(chat, user_input)
            return chat._count_attempt(
                self, f"{problem}\n\n{question}", self.survey_failed_step_id
            )
        chat._keep_answer(self, message)
        chat._trace("skipped" if is_skip else "answer", text=message[:100])
        return self._ask_survey(chat, user_input)

    def _refuse_survey(self, chat):
        words = chat._get_survey_words()
        if self._wants_survey_login(chat):
            code = "survey_login"
            refusal = words._("This survey is for those who have logged in.")
        else:
            code = "survey_refused"
            refusal = words._("This survey cannot be answered any more.")
        chat._trace(code, text=self.survey_id.title)
        chat._say(refusal, self)

    def _check_flow_survey(self):
        if not self.survey_id:
            return self.env._("choose the survey whose questions it asks.")
        return None

    def _lint_flow_survey(self):
        # sudo: survey.question - what the manager has chosen, though perhaps no right
        # to look into
        survey_sudo = self.survey_id.sudo()
        if survey_sudo and not survey_sudo.question_ids:
            yield (
                "survey_empty",
                "error",
                self.env._(
                    "The survey “%(survey)s” has no question.",
                    survey=survey_sudo.title,
                ),
            )
        lets_in = "login" in self.bot_id.step_ids.mapped("step_type")
        if survey_sudo.users_login_required and not lets_in:
            yield (
                "survey_login",
                "warning",
                self.env._(
                    "The survey “%(survey)s” is for people who have logged in, and "
                    "no step of the bot lets them. Draw a step of the type “Log in to "
                    "the system” that leads here.",
                    survey=survey_sudo.title,
                ),
            )

    @api.model
    def _get_checked_fields(self):
        return [*super()._get_checked_fields(), "survey_id"]

    @api.model
    def _get_link_kind(self, name):
        if name == "survey_failed_step_id":
            return "failed"
        return super()._get_link_kind(name)

    # === THE PARTICIPATION === #

    def _find_survey_input(self, domain):
        """Return the newest participation of these that is not finished, locked."""
        user_input = self.env["survey.user_input"].search(
            [
                ("survey_id", "=", self.survey_id.id),
                ("state", "!=", "done"),
                ("test_entry", "=", False),
                *domain,
            ],
            limit=1,
        )
        if not user_input:
            return user_input
        return user_input._helpcrunch_lock()._helpcrunch_in_its_language()

    def _take_survey_up(self, chat):
        """Return what the customer has begun, in this dialogue or in another one."""
        user_input = self._find_survey_input([("helpcrunch_chat_id", "=", chat.id)])
        if not user_input and chat.partner_id:
            user_input = self._find_survey_input(
                [
                    ("helpcrunch_chat_id", "!=", False),
                    ("partner_id", "=", chat.partner_id.id),
                ]
            )
        if not self._may_go_on_with_survey(chat, user_input):
            return None
        # The dialogue that has it now: an answer in another one asks for it first.
        user_input.helpcrunch_chat_id = chat
        chat._trace("survey_taken_up", text=self.survey_id.title)
        return user_input

    def _may_go_on_with_survey(self, chat, user_input):
        """Tell whether Survey would still take answers, as its web page asks.

        What somebody has begun as a user of Odoo is for nobody else to go on with.
        """
        partner = user_input.partner_id
        if partner.user_ids and partner != chat.partner_id:
            return False
        if self._wants_survey_login(chat):
            return False
        overdue = user_input.deadline and user_input.deadline < fields.Datetime.now()
        return (
            user_input
            and not overdue
            and self.survey_id.active
            and self.survey_id.question_ids
            and self.survey_id._has_attempts_left(
                user_input.partner_id, user_input.email, user_input.invite_token
            )
        )

    def _begin_survey(self, chat):
        """Return a new participation, or None if Survey does not allow one."""
        survey, partner = self.survey_id, chat._ensure_partner()
        # Not the contact's user: whose contact it is, nobody has proved.
        user = chat._get_acting_user()
        try:
            survey._check_answer_creation(user, partner, False)
        except UserError:
            # Archived, not for these people, or no attempts left; nothing was written.
            return None
        if not survey.question_ids or self._wants_survey_login(chat):
            return None
        user_input = survey._create_answer(
            partner=partner,
            helpcrunch_chat_id=chat.id,
            lang_id=self._choose_survey_lang().id,
            # A live session is for those who are in the room.
            is_session_answer=False,
            state="new",
            start_datetime=False,
        )
        user_input._helpcrunch_go_on()
        user_input._mark_in_progress()
        chat._trace("survey_begun", text=survey.title)
        user_input = user_input._helpcrunch_in_its_language()
        self._introduce_survey(chat, user_input.survey_id)
        return user_input

    def _wants_survey_login(self, chat):
        """Tell whether Survey takes answers of users only, and the customer is none."""
        return self.survey_id.users_login_required and not chat._get_acting_user()

    def _choose_survey_lang(self):
        """Return the dialogue's language, or the first that the survey speaks."""
        known = self.survey_id.lang_ids
        lang = self.env["res.lang"]._lang_get(self.env.lang or "en_US")
        return lang if lang in known or not known else known[:1]

    def _introduce_survey(self, chat, survey):
        """Say what Survey's first page says."""
        words = chat._get_survey_words()
        told = [to_text(survey.description, survey.get_base_url())]
        if survey.is_time_limited:
            minutes = f"{survey.time_limit:g}"
            told.append(words._("Time limit: %(minutes)s min.", minutes=minutes))
        chat._say("\n".join(filter(None, told)), self)

    # === ASKING, AND THE END === #

    def _ask_survey(self, chat, user_input):
        """Ask the open question; after the last one the survey is done."""
        if not user_input.helpcrunch_question_id:
            # That was the last, or it was deleted meanwhile.
            user_input._helpcrunch_go_on()
        is_late = user_input.survey_time_limit_reached
        if is_late or not user_input.helpcrunch_question_id:
            return self._finish_survey(chat, user_input)
        chat._ask(self._tell_survey_question(chat, user_input), self)
        return WAIT

    def _tell_survey_question(self, chat, user_input):
        words = chat._get_survey_words()
        return user_input._helpcrunch_tell(words, self.skip_word or words._("skip"))

    def _is_survey_skip(self, words, message):
        text = matching.normalize(message)
        known = (self.skip_word or "", words._("skip"))
        return any(word and text == matching.normalize(word) for word in known)

    def _finish_survey(self, chat, user_input):
        """Let Survey do what follows the last answer; say what its last page says."""
        survey, words = user_input.survey_id, chat._get_survey_words()
        user_input.helpcrunch_pending = False
        user_input.with_context(**{MAIL_LATER_KEY: MAIL_LATER})._mark_done()
        chat._trace("survey_done", text=survey.title)
        told = [to_text(survey.description_done, survey.get_base_url())]
        if survey.scoring_type != "no_scoring":
            score = f"{user_input.scoring_percentage:g}"
            told.append(words._("Your score: %(score)s%%", score=score))
        chat._say("\n".join(filter(None, told)), self)
        return self.next_step_id
