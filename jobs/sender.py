"""The courier carries one dialogue's calls to HelpCrunch, one after the other."""

import logging
import time
from contextlib import closing

from psycopg2.extras import Json

from odoo.modules.registry import Registry
from odoo.tools import SQL

from ..const import JUDGE_AFTER_SECONDS, OUTBOX_RETRY_DELAYS, PRIORITY_LIVE
from ..exceptions import (
    HelpcrunchError,
    KeyRefusedError,
    RateLimitedError,
    RejectedError,
    UnknownOutcomeError,
)
from ..tools import budget
from . import calls
from .outbox_rows import CourierRows

# The courier's cursor is its own, and each step must be there after a crash.
# pylint: disable=invalid-commit

_logger = logging.getLogger(__name__)
# First half of the session-level advisory lock "somebody sends for this dialogue".
LOCK_CLASS = 0x48435243
_HISTORY = 50
# Look again after so long whether a turn that is under way has come to its end.
_TURN_SECONDS = 0.2


class Courier(CourierRows):
    """Sends the outbox of one dialogue.

    Who sends for a dialogue holds a session-level advisory lock: it survives the
    commits between the calls and dies with the connection, so that a crash shows at
    once. Every step is committed before the next: "sending" before the call, the
    result after it. A row found in "sending" without a sender is judged by reading the
    chat, never repeated blindly.

    :ivar wait: seconds until there may be something to do again, or None
    :ivar refused: the error if HelpCrunch refused the key
    """

    def __init__(self, dbname, chat_id):
        super().__init__(chat_id)
        self.dbname = dbname
        self.refused = None

    def run(self):
        """Send until nothing is due. What another courier is at, is left to it."""
        with closing(Registry(self.dbname).cursor()) as cr:
            self.cr = cr
            again = True
            while again:
                if not self._lock():
                    return
                try:
                    while self._carry_next():
                        pass
                finally:
                    self._unlock()
                # Somebody may have found the lock taken after our last look.
                again = self.wait is None and not self.refused and self._has_due()

    def _lock(self):
        self._execute(
            "SELECT pg_try_advisory_lock(%(lock)s, %(chat)s)",
            lock=LOCK_CLASS,
            chat=self.chat_id,
        )
        self.in_transaction = True
        return self.cr.fetchone()[0]

    def _unlock(self):
        if self.cr.closed:
            return
        # Odoo's pool hands the connection on as it is, lock and all.
        self.cr.rollback()
        self.cr.execute(
            SQL("SELECT pg_advisory_unlock(%s, %s)", LOCK_CLASS, self.chat_id)
        )
        self.cr.commit()

    def _carry_next(self):
        """Carry the oldest call of the dialogue; False when nothing more is to do."""
        call = self._find_head()
        if not call or not self._may_go(call) or not self._claim(call):
            self.cr.commit()
            return False
        self.cr.commit()
        if call.state == "pending":
            return self._make_call(call)
        return self._judge(call)

    def _may_go(self, call):
        """Tell whether the call may be made now; else note when to come back."""
        if call.account_state != "connected" or not call.agent:
            # Waits, without a time, for an administrator.
            return False
        delay = float(call.delay or 0)
        if call.kind == "message" and call.agent_speaks:
            # A person may have taken the dialogue over; its turn will tell.
            delay = max(delay, _TURN_SECONDS)
        if call.state == "sending":
            # Its sender is gone, but HelpCrunch may be at the call still.
            delay = JUDGE_AFTER_SECONDS - float(call.age or JUDGE_AFTER_SECONDS)
        if delay > 0:
            self.wait = delay
            return False
        return True

    def _claim(self, call):
        """Take the call out of the budget and mark it, in one statement."""
        now = time.time()
        wait = max(0, call.blocked_until - now)
        if not wait:
            bulk = call.priority > PRIORITY_LIVE
            wait, calls = budget.take(
                call.calls,
                call.requests_per_minute,
                now,
                call.broadcast_share if bulk else None,
                call.live_waits,
            )
        if wait:
            self.wait, self.out_of_budget = wait, True
            return False
        self.cr.execute(
            SQL(
                """
                WITH budget AS (
                    UPDATE helpcrunch_account_budget SET calls = %s
                     WHERE account_id = %s)
                UPDATE helpcrunch_outbox
                   SET state = 'sending', tries = tries + %s,
                       claimed_at = now() AT TIME ZONE 'UTC'
                 WHERE id = %s AND state = %s
                """,
                Json(calls),
                call.account_id,
                1 if call.state == "pending" else 0,
                call.id,
                call.state,
            ),
        )
        # Cancelled in between? Then the next look finds another head.
        return bool(self.cr.rowcount)

    # === THE CALL === #

    def _make_call(self, call):
        began = time.time()
        try:
            answer = calls.make(call)
        except KeyRefusedError as error:
            self.refused = error
            self._return_to_queue(call)
            return False
        except RateLimitedError as error:
            _logger.info("messenger %s: too many requests", call.account_id)
            self._return_to_queue(call, error)
            return False
        except UnknownOutcomeError as error:
            return self._retry_later(call, error, "unknown")
        except RejectedError as error:
            return self._finish(call, "failed", error=str(error))
        except HelpcrunchError as error:
            return self._retry_later(call, error, "pending")
        except (ValueError, TypeError, KeyError) as error:
            # A call that cannot even be written down will not get better.
            _logger.exception("call %s cannot be made", call.id)
            return self._finish(call, "failed", error=repr(error))
        self._note_clock(call, answer, began)
        return self._finish(call, "sent", answer)

    # === THE RESULT === #

    def _retry_later(self, call, error, state):
        """Back off, or give up after the last wait.

        :return: True if the dialogue's next call may go
        """
        tries = call.tries + 1
        if tries > len(OUTBOX_RETRY_DELAYS):
            unclear = state == "unknown"
            return self._finish(call, "failed", error=str(error), unclear=unclear)
        self.wait = OUTBOX_RETRY_DELAYS[tries - 1]
        self._set_waiting(call, state, str(error), delay=self.wait)
        return False

    # === JUDGING === #

    def _judge(self, call):
        """Find out by reading the chat whether a call had been made."""
        try:
            found = self._find_in_chat(call)
        except KeyRefusedError as error:
            self.refused = error
            return False
        except RejectedError as error:
            # There is no such chat any more.
            return self._finish(call, "failed", error=str(error))
        except HelpcrunchError as error:
            self._set_waiting(call, "unknown", str(error), delay=OUTBOX_RETRY_DELAYS[0])
            self.wait = OUTBOX_RETRY_DELAYS[0]
            return False
        if found:
            _logger.info("call %s had arrived at HelpCrunch", call.id)
            return self._finish(call, "sent", found)
        self._set_waiting(call, "pending", None)
        return True

    def _find_in_chat(self, call):
        """Return what HelpCrunch has of a call already, or None."""
        if call.kind not in ("message", "note", "chat"):
            # Setting a state twice does no harm.
            return None
        rows = calls.read_back(call, _HISTORY)
        known = self._find_known(call.kind, 4 * _HISTORY)
        self.cr.commit()
        return calls.find_own(call, rows, known)
