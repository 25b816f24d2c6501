import re

from odoo import api, fields, models
from odoo.tools import SQL

from ....const import CRON_BATCH, RATINGS
from ....tools import files, matching
from ...dialogue.turn import ignore
from ..helpcrunch_step import WAIT

# What people send instead of a number.
_SIGNS = {"👍": "great", "❤": "perfect", "👎": "poor"}
_STARS = "⭐★*"
# So many words may be a rating with a word of thanks; more are something else.
_FEW_WORDS = 4
_DENIALS = {"not", "no", "не", "ні", "нет"}


class HelpcrunchStep(models.Model):
    """Rating: asks how it was, most often right after an operator.

    Points, since HelpCrunch shows no buttons: five are the best of its own scale.
    """

    _inherit = "helpcrunch.step"

    step_type = fields.Selection(
        selection_add=[("rating", "Ask for a rating")], ondelete={"rating": "cascade"}
    )
    rating_minutes = fields.Integer(
        "Wait for the Rating (minutes)",
        default=60,
        help="Whoever has not rated by then is not asked any more: the dialogue goes "
        "on to the next step, or is over. 0 = the question stays open.",
    )

    _rating_minutes_not_negative = models.Constraint(
        "CHECK(rating_minutes >= 0)",
        "Times cannot be negative; 0 means never.",
    )

    def _enter_rating(self, chat):
        chat.session_ids._plan_timers(fields.Datetime.now(), (self.rating_minutes,))
        return WAIT

    def _get_text_rating(self):
        """Return the question with what the numbers mean."""
        lines = [
            f"{points} – {label}"
            for points, (_name, label) in self._get_points().items()
        ]
        return "\n".join(filter(None, [self.message, *lines]))

    def _receive_rating(self, chat, message):
        if files.is_only_file(message):
            return chat._ask_again(self)
        name = self._find_rating(message)
        if not name:
            following = chat._count_attempt(self)
            # Nobody must rate: what else was said is heard as any text is.
            return following or chat._end_question()
        label = dict(self._get_points().values())[name]
        chat._keep_answer(self, label)
        chat._trace("answer", text=label)
        chat._keep_rating(name, chat._get_own_sessions())
        if self.done_message:
            chat._say(self.done_message, self)
        return self.next_step_id or chat._end_rating()

    def _get_points(self):
        """Return ``{points: (rating, its name)}``, the best first.

        :rtype: dict
        """
        names = self.env["helpcrunch.chat"]._fields["rating"]
        labels = dict(names._description_selection(self.env))
        return {
            len(RATINGS) - place: (name, labels[name])
            for place, (name, _label) in enumerate(RATINGS)
        }

    def _find_rating(self, message):
        """Return which rating a text means, or None: points, stars, words or signs."""
        text, points = matching.normalize(message), self._get_points()
        stars = "".join(text.split())
        if stars and not stars.strip(_STARS):
            return points.get(len(stars), (None,))[0]
        if text.isdecimal() and len(text) < 3:
            return points.get(int(text), (None,))[0]
        words = {matching.normalize(label): name for name, label in points.values()}
        return words.get(text) or _SIGNS.get(text) or self._find_in_words(text, words)

    def _find_in_words(self, text, words):
        """Return the one rating that a few words hold: "5, thank you", "very good"."""
        tokens = re.findall(r"\w+", text)
        if not 1 < len(tokens) <= _FEW_WORDS or _DENIALS & set(tokens):
            return None
        numbers = [token for token in tokens if token.isdecimal()]
        if numbers:
            names = dict(enumerate((name for name, _label in reversed(RATINGS)), 1))
            return names.get(int(numbers[0])) if len(numbers) == 1 else None
        held = [word for word in words if f" {word} " in f" {' '.join(tokens)} "]
        return words[max(held, key=len)] if held else None

    def _check_rating(self):
        return None

    @api.model
    def _closing_types(self):
        return (*super()._closing_types(), "rating")


class HelpcrunchChat(models.Model):
    _inherit = "helpcrunch.chat"

    def _end_rating(self):
        """Close what the operator would have closed, had the bot not asked; rest."""
        # Only what an operator had: the bot alone never closes a chat.
        if self._get_own_sessions() and not self.open_questions:
            self._end_quietly()
        return self.step_id.browse()

    def _end_question(self):
        """Close the open question with the bot's fallback, which is counted as such."""
        self.waiting = False
        return

    def _on_rating_timeout(self, event):
        """Ask no more who does not rate."""
        step = self.step_id
        if (
            step.step_type != "rating"
            or not self.waiting
            or self.state != "bot"
            or fields.Datetime.to_string(self.last_message_at)
            != event.payload.get("since")
        ):
            return ignore("not_used")
        self._trace("rating_timeout", step=step)
        self._turn.go(step.next_step_id or self._end_rating())
        return None

    @api.model
    def _end_unrated(self):
        """Let dialogues go on whose customers have not rated in time.

        Plain SQL: moments are added to minutes of another table.
        """
        self.env.cr.execute(
            SQL(
                """
                SELECT chat.id FROM helpcrunch_step step
                  JOIN helpcrunch_chat chat ON chat.step_id = step.id
                 WHERE step.step_type = 'rating' AND step.rating_minutes > 0
                   AND chat.state = 'bot' AND chat.waiting
                   AND chat.last_message_at
                       + step.rating_minutes * INTERVAL '1 minute' <= %s
              ORDER BY chat.last_message_at LIMIT %s
                """,
                fields.Datetime.now(),
                CRON_BATCH,
            ),
        )
        for chat in self.browse(row[0] for row in self.env.cr.fetchall()):
            since = fields.Datetime.to_string(chat.last_message_at)
            chat._store_own_event(
                "rating.timeout", {"since": since}, key=f"{chat.id}:{since}"
            )


class HelpcrunchOperatorSession(models.Model):
    _inherit = "helpcrunch.operator.session"

    @api.model
    def _cron_operators(self):
        """Look after unanswered questions for a rating too."""
        result = super()._cron_operators()
        self.env["helpcrunch.chat"]._end_unrated()
        return result
