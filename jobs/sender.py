"""The sender of the outbox: one dialogue's calls to HelpCrunch, one after the other."""

import logging
import time
from contextlib import closing
from dataclasses import dataclass, field

from odoo.modules.registry import Registry

from ..const import (
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
from ..tools import budget, clock, retry
from ..tools.webhook import read_time
from . import calls
from .outbox_rows import OutboxRows

_logger = logging.getLogger(__name__)
# So many of the chat's messages are read to judge a call.
_HISTORY = 50
# Look again after so long whether a turn that is under way has come to its end.
_TURN_SECONDS = 0.2


@dataclass
class Delivery:
    """What came of one run of a sender.

    :ivar account_id: whose calls they were; None if there was none
    :ivar wait: seconds until there may be something to do again, None: nothing waits
    :ivar out_of_budget: it waits for the account's budget, so others may go before
    :ivar refused: the error if HelpCrunch refused the key
    :ivar sent: number of calls that are settled now
    :ivar told: ids of the ``mail.message`` of operators in Discuss whose fate is known
        now, or why they wait
    :ivar recipient_ids: of broadcasts, whose messages these were
    :ivar events_wait: the dialogue has events to process
    :ivar opened: the dialogue's chat was made in HelpCrunch just now
    """

    account_id: int | None = None
    wait: float | None = None
    out_of_budget: bool = False
    refused: Exception | None = None
    sent: int = 0
    told: list = field(default_factory=list)
    recipient_ids: set = field(default_factory=set)
    events_wait: bool = False
    opened: bool = False

    @property
    def concerns_others(self):
        """Whether somebody has to be told what came of it."""
        return bool(self.refused or self.told or self.recipient_ids or self.opened)

    def note(self, fate):
        """Remember whom a call that was settled or put off concerns."""
        if fate.mail_message_id:
            self.told.append(fate.mail_message_id)
        if fate.recipient_id:
            self.recipient_ids.add(fate.recipient_id)


class Sender:
    """Sends the outbox of one dialogue: reads its rows, decides, calls, writes.

    Who sends for a dialogue holds a session-level advisory lock: it survives the
    commits between the calls and dies with the connection, so that a crash shows at
    once. Every step is committed before the next: "sending" before the call, the
    result after it. A row found in "sending" without a sender is judged by reading the
    chat, never repeated blindly.

    :param on_events: called if the dialogue has events to process: somebody who came
        while its last turn was under way relies on a look after that turn's commit
    """

    def __init__(self, dbname, chat_id, on_events=None):
        self.dbname = dbname
        self.chat_id = chat_id
        self.on_events = on_events
        self.rows = None
        self.delivery = Delivery()
        # Nothing goes until an administrator has done something.
        self.is_stopped = False

    def run(self):
        """Send until nothing is due. What another sender is at, is left to it.

        :rtype: Delivery
        """
        with closing(Registry(self.dbname).cursor()) as cr:
            self.rows = OutboxRows(cr, self.chat_id)
            while self._lock():
                is_due = False
                try:
                    while self._send_next():
                        pass
                    is_due = self.rows.unlock_and_look()
                finally:
                    self.rows.unlock_after_failure()
                # Somebody may have found the lock taken after our last look.
                if not is_due or self.is_stopped or self.delivery.wait is not None:
                    break
        return self.delivery

    def _lock(self):
        is_locked, events_wait = self.rows.lock()
        if events_wait and self.on_events:
            self.on_events()
        return is_locked

    def _send_next(self):
        """Send the oldest call of the dialogue; False when nothing more is to do."""
        call = self.rows.find_head()
        if not call:
            return False
        self.delivery.account_id = call.account_id
        if not self._may_go(call) or not self._claim(call):
            return False
        self.rows.commit()
        return self._make(call) if call.state == "pending" else self._judge(call)

    def _may_go(self, call):
        """Tell whether the call may be made now; else note when to come back."""
        if call.account_state != "connected" or not call.agent:
            self.is_stopped = True
            return False
        delay = float(call.delay or 0)
        if call.kind == "message" and call.agent_speaks:
            # A person may have taken the dialogue over; its turn will tell.
            delay = max(delay, _TURN_SECONDS)
        if call.state == "sending":
            # Its sender is gone, but HelpCrunch may be at the call still.
            delay = JUDGE_AFTER_SECONDS - float(call.age or JUDGE_AFTER_SECONDS)
        if delay > 0:
            self.delivery.wait = delay
            return False
        return True

    def _claim(self, call):
        """Take the call out of the budget and mark it; False if that may not be now."""
        now = time.time()
        wait = max(0, call.blocked_until - now)
        if not wait:
            bulk = call.priority > PRIORITY_LIVE
            wait, taken = budget.take(
                call.calls,
                call.requests_per_minute,
                now,
                call.broadcast_share if bulk else None,
                call.live_waits,
            )
        if wait:
            self.delivery.wait, self.delivery.out_of_budget = wait, True
            return False
        # Cancelled in between? Then the next look finds another head.
        return self.rows.claim(call, taken)

    # === THE CALL === #

    def _make(self, call):
        """Make a call and write down what came of it.

        :return: True if the dialogue's next call may go
        """
        began = time.time()
        try:
            answer = calls.make(call)
        except KeyRefusedError as error:
            self.delivery.refused, self.is_stopped = error, True
            self.rows.put_back(call)
            return False
        except RateLimitedError as error:
            _logger.info("messenger %s: too many requests", call.account_id)
            self.delivery.wait = error.seconds or RATE_LIMIT_DELAY
            self.delivery.out_of_budget = True
            self.rows.put_back(call, blocked_for=self.delivery.wait)
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
            self.rows.set_clock_offset(call)

    def _finish(self, call, state, answer=None, error=None, unclear=False):
        """Write down how a call ended, for the outbox and for the transcript.

        :param bool unclear: it is given up, but may have arrived
        :return: True if the dialogue has another call to make
        """
        answer = answer if isinstance(answer, dict) else {}
        told_at = read_time(answer.get("createdAt"))
        sent_at = clock.to_ours(told_at, call.clock_offset) if told_at else time.time()
        fate = self.rows.finish(
            call, state, answer.get("id"), sent_at, error=error, unclear=unclear
        )
        self.delivery.sent += 1
        self.delivery.note(fate)
        self.delivery.events_wait = fate.events_wait
        more = fate.more
        if call.kind == "chat":
            # Its messages have a chat to go to now, or never will.
            self.delivery.opened = state == "sent" and bool(answer.get("id"))
            if self.delivery.opened:
                self.rows.name_chat(answer["id"])
            else:
                self.delivery.recipient_ids |= self.rows.give_up(error)
                more = False
        if more:
            self.rows.commit()
        return more

    def _retry_later(self, call, error, state):
        """Back off, or give up after the last wait.

        :return: True if the dialogue's next call may go
        """
        delay = retry.get_delay(OUTBOX_RETRY_DELAYS, call.tries + 1)
        if delay is None:
            unclear = state == "unknown"
            return self._finish(call, "failed", error=str(error), unclear=unclear)
        self._put_off(call, state, error, delay)
        return False

    def _put_off(self, call, state, error, delay):
        self.delivery.wait = delay
        # Its writer is to know why it waits.
        self.delivery.note(self.rows.put_off(call, state, str(error), delay))

    # === JUDGING === #

    def _judge(self, call):
        """Find out by reading the chat whether a call had been made."""
        try:
            found = self._find_in_chat(call)
        except KeyRefusedError as error:
            self.delivery.refused, self.is_stopped = error, True
            return False
        except RejectedError as error:
            # There is no such chat any more.
            return self._finish(call, "failed", error=str(error))
        except HelpcrunchError as error:
            self._put_off(call, "unknown", error, OUTBOX_RETRY_DELAYS[0])
            return False
        if found:
            _logger.info("call %s had arrived at HelpCrunch", call.id)
            return self._finish(call, "sent", found)
        self.rows.put_off(call, "pending")
        self.rows.commit()
        return True

    def _find_in_chat(self, call):
        """Return what HelpCrunch has of a call already, or None."""
        if not calls.leaves_something(call):
            return None
        found = calls.read_back(call, _HISTORY)
        known = self.rows.find_known(call.kind, 4 * _HISTORY)
        self.rows.commit()
        return calls.find_own(call, found, known)
