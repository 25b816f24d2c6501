from odoo import api, fields, models
from odoo.tools import SQL

from .survey_question import Answer, to_text

_GROUPS = "helpcrunch_chatbot.group_operator,helpcrunch_chatbot.group_manager"
_OWN_FIELDS = ("helpcrunch_chat_id", "helpcrunch_question_id", "helpcrunch_pending")


class SurveyUserInput(models.Model):
    """A participation that is had in a dialogue: what is asked now, and what is next.

    Its answers are Survey's lines; here is only where the dialogue stands.
    """

    _inherit = "survey.user_input"

    helpcrunch_chat_id = fields.Many2one(
        "helpcrunch.chat",
        "HelpCrunch Dialogue",
        index="btree_not_null",
        ondelete="set null",
        copy=False,
        readonly=True,
        groups=_GROUPS,
        help="The dialogue in which the questions are asked.",
    )
    helpcrunch_question_id = fields.Many2one(
        "survey.question",
        "Asked in the Dialogue",
        ondelete="set null",
        copy=False,
        readonly=True,
        groups="base.group_system",
        help="The question that the customer has not answered yet.",
    )
    # Of that question: "rows", the answers to a matrix's rows so far; "answers", what
    # was chosen; "comment": the customer's own words are waited for.
    helpcrunch_pending = fields.Json(
        "Answered in Part", copy=False, readonly=True, groups="base.group_system"
    )

    @api.model
    def _has_field_access(self, field, operation):
        """Let only the machine write where a dialogue stands."""
        return super()._has_field_access(field, operation) and (
            operation != "write" or self.env.su or field.name not in _OWN_FIELDS
        )

    def _helpcrunch_lock(self):
        """Lock it in a turn, or clash at once with another dialogue that has it.

        Plain SQL: a clash is no error to be logged, the turn is taken again.

        :return: it, or an empty one if it is gone
        """
        self.env.cr.execute(
            SQL(
                "SELECT id FROM survey_user_input WHERE id = ANY(%s) FOR NO KEY UPDATE",
                self.ids,
            ),
            log_exceptions=False,
        )
        return self.browse(row[0] for row in self.env.cr.fetchall())

    def _helpcrunch_in_its_language(self):
        """Return it in the language in which it was begun, as Survey's page does."""
        return self.with_context(lang=self.lang_id.code or self.env.lang)

    # === WHAT IS ASKED === #

    def _helpcrunch_go_on(self):
        """Go to the next question; an empty one is the end."""
        question = self.helpcrunch_question_id
        vals = {
            "helpcrunch_question_id": self._helpcrunch_find_next(question).id,
            "helpcrunch_pending": False,
        }
        if question and self.survey_id.questions_layout != "one_page":
            # Where Survey's web page would go on.
            by_page = self.survey_id.questions_layout == "page_per_section"
            shown = question.page_id if by_page else question
            vals["last_displayed_page_id"] = shown.id
        self.write(vals)

    def _helpcrunch_get_questions(self):
        """Return the questions in Survey's order; at first they are as picked."""
        return self.predefined_question_ids.sorted()

    def _helpcrunch_find_next(self, question):
        """Return the question after this one, by Survey's order and conditions."""
        questions = self._helpcrunch_get_questions()
        inactive = self._get_inactive_conditional_questions()
        if question in questions:
            place = questions.ids.index(question.id) + 1
            return (questions[place:] - inactive)[:1]
        if self.state == "new":
            # What Survey knows already (an e-mail, a name) is asked all the same.
            return (questions - inactive)[:1]
        # The question was deleted meanwhile.
        return (questions - inactive - self.user_input_line_ids.question_id)[:1]

    def _helpcrunch_get_row(self):
        """Return the row of a matrix that is asked for, or an empty one."""
        rows = self.helpcrunch_question_id.matrix_row_ids
        if self.helpcrunch_question_id.question_type != "matrix":
            return rows.browse()
        told = (self.helpcrunch_pending or {}).get("rows", {})
        return rows.filtered(lambda row: str(row.id) not in told)[:1]

    def _helpcrunch_wants_comment(self):
        """Tell whether the customer's own words are waited for."""
        return bool((self.helpcrunch_pending or {}).get("comment"))

    def _helpcrunch_tell(self, words, skip_word):
        """Return what the customer is asked now."""
        question = self.helpcrunch_question_id
        if self._helpcrunch_wants_comment():
            lines = [question._helpcrunch_get_comment_label(words)]
            may_skip = question.question_type == "matrix"
        else:
            row = self._helpcrunch_get_row()
            lines = [
                self._helpcrunch_tell_section(question),
                question._helpcrunch_tell(words, row),
            ]
            may_skip = not question.constr_mandatory
        if may_skip:
            lines.append(words._("To skip it, write: %(word)s", word=skip_word))
        return "\n".join(filter(None, lines))

    def _helpcrunch_tell_section(self, question):
        """Return what Survey shows of a section before its first question."""
        page, questions = question.page_id, self._helpcrunch_get_questions()
        before = questions[: questions.ids.index(question.id)]
        if not page or page in before.page_id or self.helpcrunch_pending:
            return ""
        text = to_text(page.description, page.get_base_url())
        return text and f"{page.title}\n{text}\n"

    # === WHAT IS ANSWERED === #

    def _helpcrunch_hear(self, text, words, tz, is_skip):
        """Take the customer's text as an answer.

        :param bool is_skip: the text is the word that skips a question
        :return: what is wrong with it, or None
        """
        question = self.helpcrunch_question_id
        if self._helpcrunch_wants_comment():
            comment = None if is_skip else text.strip()
            return self._helpcrunch_save([], comment)
        if is_skip and question.constr_mandatory:
            return question._helpcrunch_tell_mandatory(words)
        answer = (
            Answer([] if question._helpcrunch_has_list() else "")
            if is_skip
            else question._helpcrunch_read(text, words, tz)
        )
        if not answer:
            return words._("There is no such answer in the list.")
        if row := self._helpcrunch_get_row():
            return self._helpcrunch_keep_row(row, answer.value, words)
        if answer.wants_comment:
            self.helpcrunch_pending = {"answers": answer.value, "comment": True}
            return None
        return self._helpcrunch_save(answer.value, answer.comment)

    def _helpcrunch_keep_row(self, row, columns, words):
        """Keep the answer to a row of a matrix; the last one makes it whole."""
        question = self.helpcrunch_question_id
        if question.matrix_subtype == "simple" and len(columns) > 1:
            return words._("Choose only one answer, please.")
        rows = (self.helpcrunch_pending or {}).get("rows", {})
        self.helpcrunch_pending = {"rows": {**rows, str(row.id): columns}}
        if self._helpcrunch_get_row():
            return None
        if question.comments_allowed:
            self.helpcrunch_pending = {**self.helpcrunch_pending, "comment": True}
            return None
        return self._helpcrunch_save([], None)

    def _helpcrunch_save(self, value, comment):
        """Let Survey judge and keep an answer; return its objection, or None.

        :param value: what the text means; with what was chosen before, it is whole
        """
        question, pending = self.helpcrunch_question_id, self.helpcrunch_pending or {}
        if question.question_type == "matrix":
            rows = pending.get("rows", {})
            value = {row: columns for row, columns in rows.items() if columns}
        elif question._helpcrunch_has_list():
            value = [*pending.get("answers", []), *value]
            # As Survey's own page hands it over.
            value = value[0] if len(value) == 1 else value
        errors = question.validate_question(value, comment)
        if errors:
            self.helpcrunch_pending = False
            return errors[question.id]
        # Once: what is told again replaces what was told.
        self._save_lines(question, value, comment, overwrite_existing=True)
        self._clear_inactive_conditional_answers()
        self._helpcrunch_go_on()
        return None
