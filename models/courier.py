"""The courier carries one dialogue's calls to HelpCrunch, one after the other."""

import logging
import time
from contextlib import closing

from psycopg2.extras import Json

from odoo.modules.registry import Registry
from odoo.tools import SQL

from ..const import (
    EVENT_AGENT_MESSAGE,
    JUDGE_AFTER_SECONDS,
    OUTBOX_RETRY_DELAYS,
    PRIORITY_LIVE,
    RATE_LIMIT_DELAY,
)
from ..exceptions import (
    HelpcrunchError,
    KeyRefusedError,
    RateLimitedError,
    RejectedError,
    UnknownOutcomeError,
)
from ..tools import budget, worker
from ..tools.webhook import read_time
from . import calls

# The courier's cursor is its own, and each step must be there after a crash.
# pylint: disable=invalid-commit

_logger = logging.getLogger(__name__)
# First half of the session-level advisory lock "somebody sends for this dialogue".
LOCK_CLASS = 0x48435243
_HISTORY = 50
# Look again after so long whether a turn that is under way has come to its end.
_TURN_SECONDS = 0.2


class Courier:
    """Sends the outbox of one dialogue.

    Who sends for a dialogue holds a session-level advisory lock: it survives the
    commits between the calls and dies with the connection, so that a crash shows at
    once. Every step is committed before the next: "sending" before the call, the
    result after it. A row found in "sending" without a sender is judged by reading the
    chat, never repeated blindly.

    :ivar wait: seconds until there may be something to do again, or None
    :ivar told: messages of operators in Discuss whose fate is known now
    """

    def __init__(self, dbname, chat_id):
        self.dbname = dbname
        self.chat_id = chat_id
        self.account_id = None
        self.sent, self.told = 0, []
        self.events_wait = False
        self.wait = None
        self.out_of_budget = False
        self.refused = None
        self.in_transaction = False

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

    def _execute(self, code, **values):
        """Run the first statement of a transaction that must see the newest rows."""
        self.cr.execute(SQL("%s %s", SQL(worker.READ_COMMITTED), SQL(code, **values)))

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
        job = self._find_head()
        if not job or not self._may_go(job) or not self._claim(job):
            self.cr.commit()
            return False
        self.cr.commit()
        if job["state"] == "pending":
            return self._make_call(job)
        return self._judge(job)

    def _find_head(self):
        """Return the oldest unfinished call, with the account's budget locked."""
        code = """
            SELECT call.id, call.kind, call.payload, call.state, call.tries,
                   call.priority, message.body, chat.external_id AS chat,
                   agent.external_id AS agent, account.id AS account_id,
                   account.state AS account_state, account.api_url, account.api_key,
                   account.requests_per_minute, account.broadcast_share,
                   budget.calls, COALESCE(budget.blocked_until, 0) AS blocked_until,
                   EXISTS (SELECT FROM helpcrunch_event event
                            WHERE event.chat_id = call.chat_id
                              AND event.state = 'pending'
                              AND event.event_type = %(agent_event)s) AS agent_speaks,
                   EXTRACT(EPOCH FROM call.not_before
                           - now() AT TIME ZONE 'UTC') AS delay,
                   EXTRACT(EPOCH FROM now() AT TIME ZONE 'UTC'
                           - call.claimed_at) AS age
              FROM helpcrunch_outbox call
              JOIN helpcrunch_chat chat ON chat.id = call.chat_id
              JOIN helpcrunch_account account ON account.id = call.account_id
              JOIN helpcrunch_account_budget budget ON budget.account_id = account.id
         LEFT JOIN helpcrunch_agent agent ON agent.id = account.bot_agent_id
         LEFT JOIN helpcrunch_message message ON message.id = call.message_id
             WHERE call.chat_id = %(chat)s
               AND call.state IN ('pending', 'sending', 'unknown')
          ORDER BY call.id LIMIT 1
               FOR NO KEY UPDATE OF budget
            """
        values = {"chat": self.chat_id, "agent_event": EVENT_AGENT_MESSAGE}
        if self.in_transaction:
            self.cr.execute(SQL(code, **values))
        else:
            self._execute(code, **values)
        self.in_transaction = False
        job = self.cr.dictfetchone()
        if job:
            self.account_id = job["account_id"]
        return job

    def _may_go(self, job):
        """Tell whether the call may be made now; else note when to come back."""
        if job["account_state"] != "connected" or not job["agent"]:
            # Waits, without a time, for an administrator.
            return False
        delay = float(job["delay"] or 0)
        if job["kind"] == "message" and job["agent_speaks"]:
            # A person may have taken the dialogue over; its turn will tell.
            delay = max(delay, _TURN_SECONDS)
        if job["state"] == "sending":
            # Its sender is gone, but HelpCrunch may be at the call still.
            delay = JUDGE_AFTER_SECONDS - float(job["age"] or JUDGE_AFTER_SECONDS)
        if delay > 0:
            self.wait = delay
            return False
        return True

    def _claim(self, job):
        """Take the call out of the budget and mark it, in one statement."""
        now = time.time()
        wait = max(0, job["blocked_until"] - now)
        if not wait:
            bulk = job["priority"] > PRIORITY_LIVE
            wait, calls = budget.take(
                job["calls"],
                job["requests_per_minute"],
                now,
                job["broadcast_share"] if bulk else None,
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
                job["account_id"],
                1 if job["state"] == "pending" else 0,
                job["id"],
                job["state"],
            ),
        )
        # Cancelled in between? Then the next look finds another head.
        return bool(self.cr.rowcount)

    # === THE CALL === #

    def _make_call(self, job):
        try:
            answer = calls.make(job)
        except KeyRefusedError as error:
            self.refused = error
            self._return_to_queue(job)
            return False
        except RateLimitedError as error:
            _logger.info("messenger %s: too many requests", job["account_id"])
            self._return_to_queue(job, error)
            return False
        except UnknownOutcomeError as error:
            return self._retry_later(job, error, "unknown")
        except RejectedError as error:
            return self._finish(job, "failed", error=str(error))
        except HelpcrunchError as error:
            return self._retry_later(job, error, "pending")
        except (ValueError, TypeError, KeyError) as error:
            # A call that cannot even be written down will not get better.
            _logger.exception("call %s cannot be made", job["id"])
            return self._finish(job, "failed", error=repr(error))
        return self._finish(job, "sent", answer)

    # === THE RESULT === #

    def _finish(self, job, state, answer=None, error=None):
        """Write down how a call ended, for the outbox and for the transcript.

        :return: True if the dialogue has another call to make
        """
        answer = answer if isinstance(answer, dict) else {}
        external_id = answer.get("id")
        sent_at = read_time(answer.get("createdAt")) or time.time()
        self.cr.execute(
            SQL(
                """
                WITH call AS (
                    UPDATE helpcrunch_outbox
                       SET state = %(state)s, error = %(error)s, not_before = NULL,
                           done_at = now() AT TIME ZONE 'UTC'
                     WHERE id = %(id)s
                 RETURNING message_id, chat_id),
                message AS (
                    UPDATE helpcrunch_message message
                       SET state = %(state)s, error = %(error)s,
                           external_id = %(external)s, sent_at = %(at)s,
                           occurred_at = COALESCE(
                               date_trunc('second', to_timestamp(%(at)s))
                                   AT TIME ZONE 'UTC',
                               message.occurred_at),
                           position = COALESCE(%(position)s, message.position)
                      FROM call WHERE message.id = call.message_id
                 RETURNING message.mail_message_id)
                SELECT (SELECT mail_message_id FROM message),
                       EXISTS (SELECT FROM helpcrunch_event event
                                WHERE event.chat_id = call.chat_id
                                  AND event.state = 'pending'),
                       EXISTS (SELECT FROM helpcrunch_outbox later
                                WHERE later.chat_id = call.chat_id
                                  AND later.id != %(id)s
                                  AND later.state
                                      IN ('pending', 'sending', 'unknown'))
                  FROM call
                """,
                state=state,
                error=error,
                id=job["id"],
                external=str(external_id) if external_id else None,
                position=external_id if isinstance(external_id, int) else None,
                at=sent_at if state == "sent" else None,
            ),
        )
        # No row: erased during the call.
        told, self.events_wait, more = self.cr.fetchone() or (None, False, False)
        self.told += [told] if told else []
        self.cr.commit()
        self.sent += 1
        return more

    def _return_to_queue(self, job, limited=None):
        """Put a call back that HelpCrunch did not take; it counts no try."""
        self._set_waiting(job, "pending", None, count=False)
        if limited:
            self.wait = limited.seconds or RATE_LIMIT_DELAY
            self.out_of_budget = True
            self._execute(
                """
                UPDATE helpcrunch_account_budget
                   SET blocked_until = GREATEST(blocked_until, %(until)s)
                 WHERE account_id = %(account)s
                """,
                until=time.time() + self.wait,
                account=job["account_id"],
            )
            self.cr.commit()

    def _retry_later(self, job, error, state):
        """Back off, or give up after the last wait.

        :return: True if the dialogue's next call may go
        """
        tries = job["tries"] + 1
        if tries > len(OUTBOX_RETRY_DELAYS):
            return self._finish(job, "failed", error=str(error))
        self.wait = OUTBOX_RETRY_DELAYS[tries - 1]
        self._set_waiting(job, state, str(error), delay=self.wait)
        return False

    def _set_waiting(self, job, state, error, delay=None, count=True):
        self.cr.execute(
            SQL(
                """
                UPDATE helpcrunch_outbox
                   SET state = %s, error = %s, tries = tries - %s,
                       not_before = now() AT TIME ZONE 'UTC'
                                    + %s * interval '1 second'
                 WHERE id = %s
                """,
                state,
                error,
                0 if count else 1,
                delay,
                job["id"],
            ),
        )
        self.cr.commit()

    # === JUDGING === #

    def _judge(self, job):
        """Find out by reading the chat whether a call had been made."""
        try:
            found = self._find_in_chat(job)
        except KeyRefusedError as error:
            self.refused = error
            return False
        except HelpcrunchError as error:
            self._set_waiting(job, "unknown", str(error), delay=OUTBOX_RETRY_DELAYS[0])
            self.wait = OUTBOX_RETRY_DELAYS[0]
            return False
        if found:
            _logger.info("call %s had arrived at HelpCrunch", job["id"])
            return self._finish(job, "sent", found)
        self._set_waiting(job, "pending", None)
        return True

    def _find_in_chat(self, job):
        """Return our message in HelpCrunch's chat, or None.

        Same agent, same text, and not one of the messages known to be another.
        """
        if job["kind"] not in ("message", "note"):
            # Setting a state twice does no harm.
            return None
        rows = calls.read_chat(job, _HISTORY)
        self.cr.execute(
            SQL(
                """
                SELECT external_id FROM helpcrunch_message
                 WHERE chat_id = %s AND external_id IS NOT NULL
              ORDER BY id DESC LIMIT %s
                """,
                self.chat_id,
                4 * _HISTORY,
            ),
        )
        known = {row[0] for row in self.cr.fetchall()}
        self.cr.commit()
        return calls.find_own_message(job, rows, known)

    def _has_due(self):
        self._execute(
            """
            SELECT EXISTS (
                SELECT FROM helpcrunch_outbox call
                  JOIN helpcrunch_account account ON account.id = call.account_id
                 WHERE call.chat_id = %(chat)s AND call.state = 'pending'
                   AND account.state = 'connected'
                   AND account.bot_agent_id IS NOT NULL
                   AND COALESCE(call.not_before, '-infinity')
                       <= now() AT TIME ZONE 'UTC')
            """,
            chat=self.chat_id,
        )
        due = self.cr.fetchone()[0]
        self.cr.commit()
        return due
