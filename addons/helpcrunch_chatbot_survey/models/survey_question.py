"""A question of a survey in words, and what a customer's words mean as its answer.

Validation and saving are Survey's own. Here is only what its web page has instead: how
a question is shown, and how a click or a field becomes a value. Each type of question
has its ``_helpcrunch_tell_<type>`` and its ``_helpcrunch_read_<type>``.
"""

import re
from dataclasses import dataclass
from datetime import datetime, time

from lxml import html

from odoo import fields, models
from odoo.tools import format_date, html2plaintext
from odoo.tools.misc import limited_field_access_token

from odoo.addons.helpcrunch_chatbot.tools import matching, schedule

from ..tools import answers

# No number and no date, so that Survey itself says so.
_UNREADABLE = "–"
_BLANK_LINES = re.compile(r"\n\s*\n+")


@dataclass
class Answer:
    """What a text means.

    :ivar value: as Survey's web page sends it; of a list always the chosen ids
    :ivar comment: the customer's own words beside it
    :ivar wants_comment: the line for own words was chosen, without them
    """

    value: object
    comment: str | None = None
    wants_comment: bool = False


def to_text(content, base_url):
    """Return HTML as plain text, with its pictures as links."""
    if not content:
        return ""
    tree = html.fragment_fromstring(content, create_parent="div")
    links = []
    for image in tree.iter("img"):
        source = image.attrib.pop("src", "")
        if not source.startswith("data:"):
            links.append(base_url + source if source.startswith("/") else source)
    text = html2plaintext(html.tostring(tree, encoding="unicode")).strip()
    return "\n".join(filter(None, [_BLANK_LINES.sub("\n", text), *links]))


class SurveyQuestion(models.Model):
    _inherit = "survey.question"

    def _helpcrunch_has_list(self):
        """Tell whether it is answered by choosing from a list."""
        return self.question_type in ("simple_choice", "multiple_choice", "matrix")

    def _helpcrunch_has_comment_line(self):
        """Tell whether own words are a line of the list; a matrix asks afterwards."""
        return self.comments_allowed and self.question_type != "matrix"

    def _helpcrunch_get_comment_label(self, words):
        return self.comments_message or words._("Something else, in my own words")

    # === ASKING === #

    def _helpcrunch_tell(self, words, row):
        """Return the question, or a row of a matrix, as the customer reads it.

        :param words: an environment in a language that this addon speaks
        :param row: of a matrix; those after the first are asked without the question
        """
        self.ensure_one()
        lines = []
        if not row or row == self.matrix_row_ids[:1]:
            lines += [self.title, to_text(self.description, self.get_base_url())]
        if row:
            lines.append(f"— {row.value}" if lines else row.value)
        tell = getattr(self, f"_helpcrunch_tell_{self.question_type}")
        return "\n".join(filter(None, [*lines, *tell(words)]))

    def _helpcrunch_tell_simple_choice(self, words):
        lines = [
            self._helpcrunch_tell_line(number, answer)
            for number, answer in enumerate(self.suggested_answer_ids, 1)
        ]
        if self._helpcrunch_has_comment_line():
            label = self._helpcrunch_get_comment_label(words)
            lines.append(f"{len(lines) + 1}. {label}")
        return lines

    def _helpcrunch_tell_line(self, number, answer):
        """Return one line of the list; a picture is a link that needs no log-in."""
        parts = [f"{number}.", answer.value]
        if answer.value_image:
            token = limited_field_access_token(answer, "value_image", scope="binary")
            parts.append(
                f"{self.get_base_url()}/web/image/{answer._name}/{answer.id}"
                f"/value_image?access_token={token}"
            )
        return " ".join(filter(None, parts))

    def _helpcrunch_tell_multiple_choice(self, words):
        return [
            *self._helpcrunch_tell_simple_choice(words),
            words._("You may choose several: write their numbers, with commas."),
        ]

    def _helpcrunch_tell_matrix(self, words):
        if self.matrix_subtype == "multiple":
            return self._helpcrunch_tell_multiple_choice(words)
        return self._helpcrunch_tell_simple_choice(words)

    def _helpcrunch_tell_char_box(self, words):
        return [self.question_placeholder]

    def _helpcrunch_tell_text_box(self, words):
        return [self.question_placeholder]

    def _helpcrunch_tell_numerical_box(self, words):
        least, most = self.validation_min_float_value, self.validation_max_float_value
        limits = self.validation_required and f"({least:g} – {most:g})"
        return [self.question_placeholder, limits]

    def _helpcrunch_tell_scale(self, words):
        ends = (self.scale_min, self.scale_max)
        labels = zip(
            (ends[0], sum(ends) // 2, ends[1]),
            (self.scale_min_label, self.scale_mid_label, self.scale_max_label),
            strict=True,
        )
        told = ", ".join(f"{number} = {label}" for number, label in labels if label)
        return [f"({ends[0]} – {ends[1]}{told and ': '}{told})"]

    def _helpcrunch_tell_date(self, words):
        return [self._helpcrunch_tell_example(words, "")]

    def _helpcrunch_tell_datetime(self, words):
        return [self._helpcrunch_tell_example(words, " 12:00")]

    def _helpcrunch_tell_example(self, words, hour):
        today = format_date(self.env, fields.Date.today())
        return self.question_placeholder or words._(
            "For example: %(example)s", example=today + hour
        )

    def _helpcrunch_tell_mandatory(self, words):
        """Return why it cannot be skipped, in Survey's words if it has some."""
        errors = self.validate_question([] if self._helpcrunch_has_list() else "")
        return (
            errors.get(self.id)
            or self.constr_error_msg
            or words._("This question needs an answer.")
        )

    # === READING === #

    def _helpcrunch_read(self, text, words, tz):
        """Return what a text means as an answer, or None if it is not in the list.

        :param words: as for :meth:`_helpcrunch_tell`
        :param str tz: the time zone of the hours that customers write
        :rtype: Answer | None
        """
        self.ensure_one()
        return getattr(self, f"_helpcrunch_read_{self.question_type}")(text, words, tz)

    def _helpcrunch_read_char_box(self, text, words, tz):
        return Answer(matching.tidy(text))

    def _helpcrunch_read_text_box(self, text, words, tz):
        return Answer(text.strip())

    def _helpcrunch_read_numerical_box(self, text, words, tz):
        number = self.env["res.partner"]._helpcrunch_convert_float(
            matching.tidy(text), None
        )
        # As text: to Survey the number 0 is no answer.
        return Answer(_UNREADABLE if number is None else repr(number))

    def _helpcrunch_read_scale(self, text, words, tz):
        numbers = answers.read_numbers(text) or []
        if len(numbers) == 1 and self.scale_min <= numbers[0] <= self.scale_max:
            return Answer(str(numbers[0]))
        return None

    def _helpcrunch_read_date(self, text, words, tz):
        day = self._helpcrunch_read_day(matching.tidy(text))
        return Answer(fields.Date.to_string(day) or _UNREADABLE)

    def _helpcrunch_read_datetime(self, text, words, tz):
        parts = answers.split_moment(text)
        day = parts and self._helpcrunch_read_day(parts[0])
        if not day:
            return Answer(_UNREADABLE)
        moment = schedule.to_utc(datetime.combine(day, time(*parts[1:])), tz)
        return Answer(fields.Datetime.to_string(moment))

    def _helpcrunch_read_day(self, text):
        return self.env["res.partner"]._helpcrunch_convert_date(text, None)

    def _helpcrunch_read_simple_choice(self, text, words, tz):
        """Take numbers, wordings and beginnings that only one line has.

        How many may be chosen is for Survey to say.
        """
        options = self.suggested_answer_ids
        labels = options.mapped(lambda answer: answer.value or answer.value_label)
        own = self._helpcrunch_has_comment_line() and len(options) + 1
        if own:
            labels.append(self._helpcrunch_get_comment_label(words))
        told = answers.read_number_and_words(text)
        if own and told and told[0] == own:
            return Answer([], told[1])
        numbers = answers.read_numbers(text)
        if numbers is None:
            places = answers.find_wordings(text, labels) or []
            numbers = [place + 1 for place in places]
        if not numbers or not all(1 <= number <= len(labels) for number in numbers):
            return None
        # In the order of the list, as on Survey's page.
        chosen = [
            str(options[number - 1].id) for number in sorted(numbers) if number != own
        ]
        return Answer(chosen, wants_comment=own in numbers)

    def _helpcrunch_read_multiple_choice(self, text, words, tz):
        return self._helpcrunch_read_simple_choice(text, words, tz)

    def _helpcrunch_read_matrix(self, text, words, tz):
        return self._helpcrunch_read_simple_choice(text, words, tz)
