"""A turn that failed, taken again with a net under each step.

Whatever Odoo or another addon refuses inside a step must not silence the dialogue: what
the step wrote is taken back, and the flow goes on. A net costs two statements for each
step, so only a turn that has failed gets one.
"""

import re
from dataclasses import replace

import psycopg2

from odoo.exceptions import AccessError, ConcurrencyError, UserError

from ...jobs import worker
from .turn import Turn

# Nothing was refused: somebody else was quicker, or the database is away. The whole
# turn is taken again.
_NO_REFUSALS = (
    psycopg2.OperationalError,
    psycopg2.InterfaceError,
    ConcurrencyError,
)
# What a step may have changed in the turn itself.
_STATE = (
    "entered",
    "received",
    "lines",
    "written",
    "first_calls",
    "calls",
    "trace",
    "asked",
    "question",
    "said",
    "priority",
    "messages",
    "discuss_changed",
    "waits_changed",
)
_REASON_LIMIT = 300


class CarefulTurn(Turn):
    """A turn in which a step that cannot do its work is passed by."""

    def _enter(self, step):
        following, is_done = self._try(step, super()._enter, step)
        return following if is_done else self._pass_by(step)

    def _receive(self, step, text):
        result, is_done = self._try(step, super()._receive, step, text)
        return result if is_done else self._pass_by(step)

    def _match(self, step, text):
        return self._try(step, super()._match, step, text)[0]

    def _try(self, step, function, *args):
        """Return ``(function(*args), True)``, or ``(None, False)`` if it is refused."""
        # What earlier steps said must not be taken back with this one.
        self.flush()
        state = {name: _copy(getattr(self, name)) for name in _STATE}
        snapshot = replace(self.snapshot)
        try:
            with self.chat.env.cr.savepoint():
                result = function(*args)
                # Here, or the database would refuse it when the net is gone.
                self.chat.env.flush_all()
        except Exception as error:
            if not self._is_refusal(error):
                raise
            self.snapshot = snapshot
            for name, value in state.items():
                setattr(self, name, value)
            self._note_refusal(step, error)
            return None, False
        return result, True

    def _is_refusal(self, error):
        if isinstance(error, _NO_REFUSALS):
            return False
        # A row that somebody made first, or took away, is one only if trying the whole
        # turn again has not helped.
        return not isinstance(error, worker.OVERTAKEN) or issubclass(
            self.snapshot.failed_with, worker.OVERTAKEN
        )

    def _describe(self, error):
        """Return the reason, with the name of who may not, told once for everybody."""
        reason, user = describe(error), self.chat._get_acting_user()
        if not user or not isinstance(error, AccessError):
            return reason
        reason = reason.replace(user.name, f"“{user.name}”")
        staff = self.chat._for_staff()
        return staff.env._(
            "the customer is logged in as “%(user)s”, who may not do this in Odoo. "
            "%(reason)s",
            user=user.name,
            reason=reason,
        )

    def _pass_by(self, step):
        """Return where the flow goes on; nowhere, and the customer is told so."""
        following = step.fallback_step_id or step.next_step_id
        if not following:
            self.say(self.chat.bot_id.fallback_message)
        return following

    def _note_refusal(self, step, error):
        """Write the reason down, and tell it once for each step and cause."""
        reason = self._describe(error)
        self.note("refused", step=step, text=reason)
        bot = step.bot_id._for_administrator()
        title = bot.env._("Step “%(step)s” cannot do its work", step=step.name)
        known = bot.activity_ids.filtered(
            lambda activity: (
                (activity.summary or "").startswith(title)
                and _kind(activity.summary[len(title) + 2 :]) == _kind(reason)
            )
        )
        if known:
            return
        bot._tell_administrator(
            f"{title}: {reason}",
            bot.env._(
                "Customers are led past the step until the cause is mended. Open the "
                "step and look at its filter, its field and its links; the tab Why? of "
                "dialogue “%(chat)s” tells when it happened.",
                chat=self.chat.display_name,
            ),
        )


def describe(error):
    """Return the reason of a refusal in one line."""
    lines = str(error).strip().splitlines() or [""]
    text = " ".join(line.strip() for line in lines if line.strip())
    if isinstance(error, psycopg2.Error):
        text = lines[0]
    elif not isinstance(error, UserError):
        text = f"{type(error).__name__}: {text}"
    return text[:_REASON_LIMIT]


def _kind(reason):
    """Return a reason without names and numbers: those differ with each customer."""
    return re.sub(r"[“\"'«].*?[”\"'»]|\d+", "", reason)


def _copy(value):
    return list(value) if isinstance(value, list) else value
