"""What the courier reads and writes of the outbox, each step in plain SQL."""

import logging
import time

from odoo.tools import SQL

from ..const import EVENT_AGENT_MESSAGE, PRIORITY_LIVE, RATE_LIMIT_DELAY
from ..tools import clock
from ..tools.webhook import read_time
from . import worker
from .calls import Call

# The courier's cursor is its own, and each step must be there after a crash.
# pylint: disable=invalid-commit

_logger = logging.getLogger(__name__)
# The oldest unfinished call of a dialogue, with the account's budget locked. Its joins
# are in a good order as they stand: to look for a better one costs more than they do.
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
          FOR NO KEY UPDATE OF budget
"""
# How a call ended, for the outbox, the transcript and what comes next.
_FINISH = """
    WITH call AS (
        UPDATE helpcrunch_outbox
           SET state = %(state)s, error = %(error)s, not_before = NULL,
               done_at = now() AT TIME ZONE 'UTC',
               payload = CASE WHEN %(unclear)s
                   THEN COALESCE(payload, '{}')
                        || '{"outcome": "unknown"}'
                   ELSE payload END
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
"""


class CourierRows:
    """The rows of one dialogue's lane; :class:`.courier.Courier` decides about them.

    :ivar told: messages of operators in Discuss whose fate is known now, or why they
        wait
    :ivar events_wait: does the dialogue have events to process?
    :ivar opened: was the dialogue's chat made in HelpCrunch just now?
    """

    def __init__(self, chat_id):
        self.cr = None
        self.chat_id = chat_id
        self.account_id = None
        self.sent, self.told = 0, []
        self.events_wait, self.opened = False, False
        self.wait = None
        self.out_of_budget = False
        self.in_transaction = False

    def _execute(self, code, **values):
        """Run the first statement of a transaction that must see the newest rows."""
        self.cr.execute(SQL("%s %s", SQL(worker.READ_COMMITTED), SQL(code, **values)))

    def _find_head(self):
        """Return the oldest unfinished call, with the account's budget locked.

        A broadcast's call that a live reply waits behind counts as live. Live replies
        that cannot go since long do not slow broadcasts down.
        """
        values = {
            "chat": self.chat_id,
            "agent_event": EVENT_AGENT_MESSAGE,
            "live": PRIORITY_LIVE,
        }
        if self.in_transaction:
            self.cr.execute(SQL(_HEAD, **values))
        else:
            self._execute(_HEAD, **values)
        self.in_transaction = False
        row = self.cr.dictfetchone()
        if not row:
            return None
        self.account_id = row["account_id"]
        return Call(**row)

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

    def _find_known(self, kind, limit):
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
        self.cr.execute(SQL(query, chat=self.chat_id, limit=limit))
        return {row[0] for row in self.cr.fetchall()}

    # === THE RESULT === #

    def _finish(self, call, state, answer=None, error=None, unclear=False):
        """Write down how a call ended, for the outbox and for the transcript.

        :param bool unclear: it is given up, but may have arrived
        :return: True if the dialogue has another call to make
        """
        answer = answer if isinstance(answer, dict) else {}
        external_id = answer.get("id")
        told_at = read_time(answer.get("createdAt"))
        sent_at = clock.to_ours(told_at, call.clock_offset) if told_at else time.time()
        self.cr.execute(
            SQL(
                _FINISH,
                state=state,
                error=error,
                unclear=unclear,
                id=call.id,
                external=str(external_id) if external_id else None,
                position=external_id if isinstance(external_id, int) else None,
                at=sent_at if state == "sent" else None,
            ),
        )
        # No row: erased during the call.
        told, self.events_wait, more = self.cr.fetchone() or (None, False, False)
        self.told += [told] if told else []
        if call.kind == "chat":
            more = self._note_chat(state, external_id, error) and more
        self.cr.commit()
        self.sent += 1
        return more

    def _note_clock(self, call, answer, began):
        """Learn from what HelpCrunch made just now by how much its clock is ahead."""
        told_at = answer and read_time(answer.get("createdAt"))
        known = call.clock_offset
        call.clock_offset = clock.measure(told_at, began, time.time(), known)
        if call.clock_offset != known:
            _logger.info(
                "messenger %s: HelpCrunch's clock is %s s ahead of ours",
                call.account_id,
                call.clock_offset,
            )
            self._execute(
                """
                UPDATE helpcrunch_account_budget SET clock_offset = %(offset)s
                 WHERE account_id = %(account)s
                """,
                offset=call.clock_offset,
                account=call.account_id,
            )
            self.cr.commit()

    def _note_chat(self, state, external_id, error):
        """Name the dialogue after the chat that was made for it, or give it up.

        :return: whether its messages have a chat to go to
        """
        if state == "sent" and external_id:
            self.opened = True
            query = "UPDATE helpcrunch_chat SET external_id = %s WHERE id = %s"
            self.cr.execute(SQL(query, str(external_id), self.chat_id))
            return True
        self.cr.execute(
            SQL(
                """
                WITH call AS (
                    UPDATE helpcrunch_outbox
                       SET state = 'failed', error = %(error)s,
                           done_at = now() AT TIME ZONE 'UTC'
                     WHERE chat_id = %(chat)s AND state = 'pending'
                 RETURNING message_id)
                UPDATE helpcrunch_message message
                   SET state = 'failed', error = %(error)s
                  FROM call WHERE message.id = call.message_id
                """,
                error=error,
                chat=self.chat_id,
            ),
        )
        return False

    def _return_to_queue(self, call, limited=None):
        """Put a call back that HelpCrunch did not take; it counts no try."""
        self._set_waiting(call, "pending", None, count=False)
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
                account=call.account_id,
            )
            self.cr.commit()

    def _set_waiting(self, call, state, error, delay=None, count=True):
        self.cr.execute(
            SQL(
                """
                UPDATE helpcrunch_outbox
                   SET state = %s, error = %s, tries = tries - %s,
                       not_before = now() AT TIME ZONE 'UTC'
                                    + %s * interval '1 second'
                 WHERE id = %s
             RETURNING (SELECT mail_message_id FROM helpcrunch_message
                         WHERE id = message_id)
                """,
                state,
                error,
                0 if count else 1,
                delay,
                call.id,
            ),
        )
        row = self.cr.fetchone()
        self.cr.commit()
        if row and row[0] and error:
            # Its writer is to know why it waits.
            self.told.append(row[0])
