"""The outbox rows of one dialogue, and its messenger's budget, for its sender.

Plain SQL on purpose: all that one step reads or writes is one statement, for a reply
waits for each. :class:`.sender.Sender` decides, and says when to commit.
"""

import time
from dataclasses import dataclass

from psycopg2.extras import Json

from odoo.tools import SQL

from ..const import EVENT_AGENT_MESSAGE, PRIORITY_LIVE
from . import worker
from .calls import Call

# The sender's cursor is its own, and each step must be there after a crash.
# pylint: disable=invalid-commit

# First half of the session-level advisory lock "somebody sends for this dialogue".
LOCK_CLASS = 0x48435243
_LOCK = """
       SELECT pg_try_advisory_lock(%(lock)s, %(chat)s),
              EXISTS (SELECT FROM helpcrunch_event
                       WHERE chat_id = %(chat)s AND state = 'pending')
"""
# The oldest unfinished call of a dialogue, with the account's budget locked. Locked too
# itself: the sender before lets the dialogue go just before it commits. The joins are
# in a good order as they stand: to look for a better one costs more than they do.
_HEAD = """
       SET LOCAL join_collapse_limit = 1;
       SELECT call.id, call.kind, call.payload, call.state, call.tries,
              (SELECT min(priority) FROM helpcrunch_outbox later
                WHERE later.chat_id = call.chat_id
                  AND later.state IN ('pending', 'sending', 'unknown'))
                  AS priority,
              CASE WHEN call.priority > %(live)s THEN EXISTS (
                  SELECT FROM helpcrunch_outbox live
                   WHERE live.account_id = call.account_id
                     AND live.priority = %(live)s
                     AND live.state = 'pending'
                     AND live.queued_at > now() AT TIME ZONE 'UTC'
                                          - INTERVAL '2 minutes'
                     AND COALESCE(live.not_before, '-infinity')
                         <= now() AT TIME ZONE 'UTC')
              END AS live_waits,
              message.body, chat.external_id AS chat,
              agent.external_id AS agent, account.id AS account_id,
              account.state AS account_state, account.api_url, account.api_key,
              account.requests_per_minute, account.broadcast_share,
              budget.calls, COALESCE(budget.blocked_until, 0) AS blocked_until,
              budget.clock_offset,
              EXISTS (SELECT FROM helpcrunch_event event
                       WHERE event.chat_id = call.chat_id
                         AND event.state = 'pending'
                         AND event.event_type = %(agent_event)s) AS agent_speaks,
              EXTRACT(EPOCH FROM call.not_before
                      - now() AT TIME ZONE 'UTC') AS delay,
              EXTRACT(EPOCH FROM now() AT TIME ZONE 'UTC'
                      - call.claimed_at) AS age,
              EXTRACT(EPOCH FROM now() AT TIME ZONE 'UTC'
                      - call.queued_at) AS waited
         FROM helpcrunch_outbox call
         JOIN helpcrunch_chat chat ON chat.id = call.chat_id
         JOIN helpcrunch_account account ON account.id = call.account_id
         JOIN helpcrunch_account_budget budget ON budget.account_id = account.id
    LEFT JOIN helpcrunch_agent agent ON agent.id = account.bot_agent_id
    LEFT JOIN helpcrunch_message message ON message.id = call.message_id
        WHERE call.chat_id = %(chat)s
          AND call.state IN ('pending', 'sending', 'unknown')
     ORDER BY call.id LIMIT 1
          FOR NO KEY UPDATE OF budget, call
"""
# How a call ended, for the outbox, the transcript and what comes next.
_FINISH = """
    WITH call AS (
        UPDATE helpcrunch_outbox
           SET state = %(state)s, error = %(error)s, not_before = NULL,
               payload = CASE WHEN %(state)s = 'sent'
                         THEN payload - 'secret_body' ELSE payload END,
               done_at = now() AT TIME ZONE 'UTC', is_unclear = %(unclear)s
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
     RETURNING message.mail_message_id, message.recipient_id)
    SELECT (SELECT mail_message_id FROM message) AS mail_message_id,
           (SELECT recipient_id FROM message) AS recipient_id,
           EXISTS (SELECT FROM helpcrunch_event event
                    WHERE event.chat_id = call.chat_id
                      AND event.state = 'pending') AS events_wait,
           EXISTS (SELECT FROM helpcrunch_outbox later
                    WHERE later.chat_id = call.chat_id
                      AND later.id != %(id)s
                      AND later.state
                          IN ('pending', 'sending', 'unknown')) AS more
      FROM call
"""
_PUT_OFF = """
       UPDATE helpcrunch_outbox
          SET state = %(state)s, error = %(error)s, tries = tries - %(uncounted)s,
              not_before = now() AT TIME ZONE 'UTC'
                           + %(delay)s * INTERVAL '1 second'
        WHERE id = %(id)s
    RETURNING (SELECT mail_message_id FROM helpcrunch_message
                WHERE id = message_id),
              (SELECT recipient_id FROM helpcrunch_message
                WHERE id = message_id)
"""
# Every call that waits for the chat that there will never be.
_GIVE_UP = """
    WITH call AS (
        UPDATE helpcrunch_outbox
           SET state = 'failed', error = %(error)s,
               done_at = now() AT TIME ZONE 'UTC'
         WHERE chat_id = %(chat)s AND state = 'pending'
     RETURNING message_id)
    UPDATE helpcrunch_message message
       SET state = 'failed', error = %(error)s
      FROM call WHERE message.id = call.message_id
 RETURNING message.recipient_id
"""


@dataclass(frozen=True)
class Fate:
    """Whom it concerns what became of a call.

    :ivar mail_message_id: what an operator wrote in Discuss
    :ivar recipient_id: of a broadcast
    :ivar events_wait: the dialogue has events to process
    :ivar more: the dialogue has another call to make
    """

    mail_message_id: int | None = None
    recipient_id: int | None = None
    events_wait: bool = False
    more: bool = False


class OutboxRows:
    """What one sender reads and writes; each method is one statement."""

    def __init__(self, cr, chat_id):
        self.cr = cr
        self.chat_id = chat_id
        self._is_locked = False
        self._in_transaction = False

    def commit(self):
        """Keep what was written, and begin anew with the next statement."""
        self.cr.commit()
        self._in_transaction = False

    def _execute(self, code, **values):
        # Each transaction must see the newest rows, after it has waited for a lock too.
        level = SQL("" if self._in_transaction else worker.READ_COMMITTED)
        self.cr.execute(SQL("%s %s", level, SQL(code, chat=self.chat_id, **values)))
        self._in_transaction = True

    # === WHO SENDS === #

    def lock(self):
        """Become the dialogue's sender, if nobody is.

        :return: whether that is so, and whether the dialogue has events to process
        :rtype: tuple[bool, bool]
        """
        self._execute(_LOCK, lock=LOCK_CLASS)
        self._is_locked, events_wait = self.cr.fetchone()
        if not self._is_locked:
            self.commit()
        return self._is_locked, events_wait

    def unlock_and_look(self):
        """Let others send, commit, and tell whether they left something to do.

        In this order: whoever finds the dialogue locked has committed before.
        """
        self._execute(
            """
            SELECT pg_advisory_unlock(%(lock)s, %(chat)s);
            SELECT EXISTS (
                SELECT FROM helpcrunch_outbox
                 WHERE chat_id = %(chat)s AND state = 'pending'
                   AND COALESCE(not_before, '-infinity')
                       <= now() AT TIME ZONE 'UTC')
            """,
            lock=LOCK_CLASS,
        )
        self._is_locked = False
        is_due = self.cr.fetchone()[0]
        self.commit()
        return is_due

    def unlock_after_failure(self):
        """Let others send, if something went wrong and that was not done."""
        if not self._is_locked or self.cr.closed:
            return
        # Odoo's pool hands the connection on as it is, lock and all.
        self.cr.rollback()
        self._in_transaction = False
        self._execute("SELECT pg_advisory_unlock(%(lock)s, %(chat)s)", lock=LOCK_CLASS)
        self._is_locked = False
        self.commit()

    # === BEFORE THE CALL === #

    def find_head(self):
        """Return the oldest unfinished call, with the account's budget locked.

        A broadcast's call that a live reply waits behind counts as live. Live replies
        that cannot go since long do not slow broadcasts down.

        :rtype: Call | None
        """
        self._execute(_HEAD, agent_event=EVENT_AGENT_MESSAGE, live=PRIORITY_LIVE)
        row = self.cr.dictfetchone()
        return row and Call(**row)

    def claim(self, call, taken):
        """Mark a call as under way, and write down what the budget has left.

        :param dict taken: the calls of the last minute with this one
        :return: False if it was cancelled in between
        """
        self._execute(
            """
            WITH budget AS (
                UPDATE helpcrunch_account_budget SET calls = %(taken)s
                 WHERE account_id = %(account)s)
            UPDATE helpcrunch_outbox
               SET state = 'sending', tries = tries + %(counted)s,
                   claimed_at = now() AT TIME ZONE 'UTC'
             WHERE id = %(id)s AND state = %(state)s
            """,
            taken=Json(taken),
            account=call.account_id,
            counted=1 if call.state == "pending" else 0,
            id=call.id,
            state=call.state,
        )
        return bool(self.cr.rowcount)

    def find_known(self, kind, limit):
        """Return HelpCrunch's ids of what surely came of other calls.

        :param str kind: messages of this chat, or for ``chat`` chats of its customer
        """
        query = """
            SELECT external_id FROM helpcrunch_message
             WHERE chat_id = %(chat)s AND external_id IS NOT NULL
          ORDER BY id DESC LIMIT %(limit)s
            """
        if kind == "chat":
            query = """
                SELECT other.external_id FROM helpcrunch_chat own
                  JOIN helpcrunch_chat other ON other.customer_id = own.customer_id
                 WHERE own.id = %(chat)s
              ORDER BY other.id DESC LIMIT %(limit)s
                """
        self._execute(query, limit=limit)
        return {row[0] for row in self.cr.fetchall()}

    # === AFTER THE CALL === #

    def finish(self, call, state, external_id, sent_at, error=None, unclear=False):
        """Write down how a call ended, for the outbox and for the transcript.

        :param external_id: what HelpCrunch calls the message, None if there is none
        :param float sent_at: Unix seconds by our clock
        :param bool unclear: it is given up, but may have arrived
        :rtype: Fate
        """
        self._execute(
            _FINISH,
            state=state,
            error=error,
            unclear=unclear,
            id=call.id,
            external=str(external_id) if external_id else None,
            position=external_id if isinstance(external_id, int) else None,
            at=sent_at if state == "sent" else None,
        )
        # No row: erased during the call.
        return Fate(**(self.cr.dictfetchone() or {}))

    def put_off(self, call, state, error=None, delay=None):
        """Let a call wait, for so many seconds or until the next look.

        :rtype: Fate
        """
        self._execute(
            _PUT_OFF, state=state, error=error, uncounted=0, delay=delay, id=call.id
        )
        return Fate(*(self.cr.fetchone() or ()))

    def put_back(self, call, blocked_for=None):
        """Put a call back that HelpCrunch did not take; it counts no try.

        :param float blocked_for: seconds in which HelpCrunch takes no call at all
        """
        self._execute(
            _PUT_OFF, state="pending", error=None, uncounted=1, delay=None, id=call.id
        )
        if blocked_for:
            self._execute(
                """
                UPDATE helpcrunch_account_budget
                   SET blocked_until = GREATEST(blocked_until, %(until)s)
                 WHERE account_id = %(account)s
                """,
                until=time.time() + blocked_for,
                account=call.account_id,
            )

    def set_clock_offset(self, call):
        """Remember by how much HelpCrunch's clock is ahead."""
        self._execute(
            """
            UPDATE helpcrunch_account_budget SET clock_offset = %(offset)s
             WHERE account_id = %(account)s
            """,
            offset=call.clock_offset,
            account=call.account_id,
        )
        self.commit()

    def name_chat(self, external_id):
        """Name the dialogue after the chat that was made for it."""
        self._execute(
            "UPDATE helpcrunch_chat SET external_id = %(external)s WHERE id = %(chat)s",
            external=str(external_id),
        )

    def give_up(self, error):
        """Let every call fail that waits for a chat that could not be made.

        :return: ids of the recipients of broadcasts who get no message therefore
        """
        self._execute(_GIVE_UP, error=error)
        return {row[0] for row in self.cr.fetchall() if row[0]}
