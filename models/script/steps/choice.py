from odoo import api, fields, models

from ....tools import matching
from ..helpcrunch_step import WAIT


class HelpcrunchStep(models.Model):
    """Choice: a numbered list, since HelpCrunch has no buttons (D-msg-create)."""

    _inherit = "helpcrunch.step"

    step_type = fields.Selection(
        selection_add=[("choice", "Step with choices")], ondelete={"choice": "cascade"}
    )
    answer_ids = fields.One2many(
        "helpcrunch.step.answer", "step_id", "Answers", copy=True
    )

    def _enter_choice(self, chat):
        return WAIT

    def _get_text_choice(self):
        """Return the question with its numbered answers."""
        lines = [
            f"{number}. {answer.name}"
            for number, answer in enumerate(self.answer_ids, start=1)
        ]
        return "\n".join(filter(None, [self.message, "\n".join(lines)]))

    def _lint_choice(self):
        if not self.answer_ids:
            yield (
                "no_answers",
                "error",
                self.env._("There is nothing to choose from. Add answers."),
            )
        for answer in self.answer_ids:
            if not (answer.target_step_id or self.next_step_id):
                yield (
                    "answer_leads_nowhere",
                    "warning",
                    self.env._(
                        "The answer “%(answer)s” leads nowhere. Choose a step for it, "
                        "or one to go to for all.",
                        answer=answer.name,
                    ),
                )

    def _match_choice(self, chat, message):
        """Accept the number or the whole wording; in the rank of scoped aliases."""
        answer = self._find_answer(message)
        # One that leads nowhere is left to the open question, which it closes.
        if answer and (answer.target_step_id or self.next_step_id):
            return self._take_answer(chat, answer)
        return None

    def _receive_choice(self, chat, message):
        """Accept a beginning that only one answer has; else ask again."""
        answer = self._find_answer(message) or self._find_beginning(message)
        if len(answer) == 1:
            chat._trace("choice")
            return self._take_answer(chat, answer)
        return chat._count_attempt(self)

    def _find_answer(self, message):
        """Return the answer with this number or this wording, or an empty one.

        "2%" is a wording and no number, though both are compared as "2".
        """
        digits = matching.normalize(message) if "%" not in message else ""
        # Python reads no number of thousands of digits, and no list is so long.
        number = int(digits) if digits.isdecimal() and len(digits) < 10 else 0
        if 0 < number <= len(self.answer_ids):
            return self.answer_ids[number - 1]
        text = matching.fold_look_alikes(matching.normalize(message))
        return self.answer_ids.filtered(lambda answer: text in answer._get_wordings())[
            :1
        ]

    def _find_beginning(self, message):
        text = matching.normalize(message)
        # A letter that stands alone may be the first of a word as well.
        beginnings = (text, matching.fold_look_alikes(text))
        return self.answer_ids.filtered(
            lambda answer: any(
                wording.startswith(beginnings) for wording in answer._get_wordings()
            )
        )

    def _take_answer(self, chat, answer):
        chat._keep_answer(self, answer.name)
        return answer.target_step_id or self.next_step_id

    def _find_users(self):
        answers = self.env["helpcrunch.step.answer"].search(
            [("target_step_id", "=", self.id), ("step_id.step_type", "=", "choice")]
        )
        return super()._find_users() | answers.step_id

    @api.model
    def _get_checked_fields(self):
        return [*super()._get_checked_fields(), "answer_ids"]

    def _check_choice(self):
        if not self.answer_ids:
            return self.env._("add at least one answer on the tab Answers.")
        return None
