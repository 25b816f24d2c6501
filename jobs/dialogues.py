"""The work of one dialogue: take its turns, send its calls.

Each function opens transactions of its own. Rows say what is to do, so any process may
do it, at the same time as others and again after a crash; ir.cron calls the same
functions for what was left behind. Turns are quick and run where they are; whatever
calls HelpCrunch runs in the pool of threads (:mod:`.worker`).
"""

import logging
import time
import traceback
from dataclasses import dataclass

from ..const import AFTER_WORK_SECONDS, EVENT_TYPES
from ..exceptions import HelpcrunchError
from . import budget, worker
from .sender import Sender

_logger = logging.getLogger(__name__)

_arrivals = {}


@dataclass
class Attempt:
    """One try to take a turn, for whoever has to say what became of it.

    :ivar event_id: set as soon as the turn knows its event
    :ivar tries: how often that event had failed before
    :ivar failed_with: the kind of error the turn failed with just now; its steps get a
        net each then
    """

    event_id: int | None = None
    tries: int = 0
    failed_with: type | None = None


# === ARRIVALS === #


def after_webhook(dbname, receipt):
    """Do what one webhook brought: take the dialogue's turns, note the arrival.

    :param Receipt receipt: what was stored
    """
    if receipt.chat_id:
        take_turns(dbname, receipt.chat_id)
    elif receipt.event_id:
        worker.submit(open_dialogue, dbname, receipt.event_id)
    _note_arrival(dbname, receipt.account_id, receipt.event_type)


def _note_arrival(dbname, account_id, event_type):
    key = (dbname, account_id, event_type)
    now = time.monotonic()
    # This memory only spares writes: a process without it writes once more.
    if event_type not in EVENT_TYPES or _arrivals.get(key, now - 60) > now - 60:
        return
    _arrivals[key] = now
    try:
        with worker.transaction(dbname) as env:
            env["helpcrunch.account.arrival"]._record(account_id, event_type)
    except worker.CLASHES:
        _logger.debug("another worker noted the arrival of %s", event_type)


# === TURNS === #


def take_turns_where_due(dbname, chat_ids):
    """Have the turns taken of those dialogues that have one waiting.

    A contact may have hundreds of dialogues, and hardly one of them waits.
    """
    for chat_id in worker.call(dbname, "helpcrunch.event", "_find_waiting", chat_ids):
        worker.submit(take_turns, dbname, chat_id)


def take_turns(dbname, chat_id):
    """Take turns of one dialogue until nothing waits, at most five seconds.

    After every commit somebody looks again in a new transaction: an event stored
    meanwhile found the dialogue locked and relies on that.
    """
    deadline = time.monotonic() + AFTER_WORK_SECONDS
    while time.monotonic() < deadline:
        outcome = _take_next(dbname, chat_id)
        if outcome is None:
            return
        if outcome.wait:
            # Whoever set the alarm for it may be gone, or has set it for another one.
            worker.submit_later(outcome.wait + 0.1, take_turns, dbname, chat_id)
            return
        is_sending = outcome.said and worker.submit(
            deliver, dbname, chat_id, bulk=outcome.is_bulk
        )
        if outcome.state == "pending":
            # Put off until it is known when the question was sent: the sender wakes.
            worker.submit_later(1, take_turns, dbname, chat_id)
            return
        if is_sending and not outcome.is_bulk:
            # The sender's first statement looks, in a transaction of its own.
            return
        # Mostly nothing waits: one table tells, for a tenth of what the statement costs
        # that takes the next turn.
        if not worker.call(dbname, "helpcrunch.event", "_has_waiting", chat_id):
            return
    worker.submit_later(0.1, take_turns, dbname, chat_id)


def _take_next(dbname, chat_id):
    """Take one turn; return what came of it, None if there is no more to do here."""
    attempt = Attempt()
    try:
        return _take_turn(dbname, chat_id, attempt)
    except worker.CLASHES:
        _logger.info("dialogue %s is busy, left to cron", chat_id)
    except Exception as error:
        if not attempt.event_id:
            raise
        attempt.failed_with = type(error)
        return _take_carefully(dbname, chat_id, attempt, error)
    return None


def _take_turn(dbname, chat_id, attempt):
    return worker.call(dbname, "helpcrunch.event", "_take_turn", chat_id, attempt)


def _take_carefully(dbname, chat_id, attempt, error):
    """Take a turn that failed once more, with a net under each step.

    :return: what came of it, None if it failed all the same and was put off
    """
    _logger.warning(
        "event %s failed, is tried step by step", attempt.event_id, exc_info=error
    )
    try:
        return _take_turn(dbname, chat_id, attempt)
    except worker.CLASHES:
        _logger.info("dialogue %s is busy, left to cron", chat_id)
    except Exception as again:  # noqa: BLE001
        delay = _put_off(dbname, attempt.event_id, again, attempt.tries)
        # After the last failure at once: the next event need not wait any longer.
        worker.submit_later(delay or 0.1, take_turns, dbname, chat_id)
    return None


def _put_off(dbname, event_id, error, seen=None):
    _logger.warning("event %s failed", event_id, exc_info=error)
    text = "".join(traceback.format_exception(error))
    return worker.call(
        dbname, "helpcrunch.event", "_note_failure", text, seen, ids=event_id
    )


# === NEW DIALOGUES === #


def open_dialogue(dbname, event_id):
    """Give an event of an unknown chat its dialogue, then take its turns.

    HelpCrunch is asked who the customer is between two transactions, never in one.
    """
    try:
        chat_id, question = worker.call(
            dbname, "helpcrunch.chat", "_prepare_opening", event_id
        )
        if question:
            answers = _ask_helpcrunch(dbname, question)
            chat_id = worker.call(
                dbname, "helpcrunch.chat", "_open", event_id, *answers, committed=True
            )
    except Exception as error:  # noqa: BLE001
        if delay := _put_off(dbname, event_id, error):
            worker.submit_later(delay, open_dialogue, dbname, event_id)
        return
    if chat_id:
        take_turns(dbname, chat_id)


def _ask_helpcrunch(dbname, question):
    """Return what HelpCrunch tells of a customer and a chat, None if it is silent."""
    connection = question.connection
    api_client = connection.get_client()
    answers = []
    for wanted, ask in (
        (question.customer, api_client.get_customer),
        (question.chat, api_client.get_chat),
    ):
        answer = None
        if wanted and connection.api_key and budget.take(dbname, connection.account_id):
            try:
                answer = ask(wanted)
            except (HelpcrunchError, ValueError) as error:
                # The webhook's own data will do; the rest follows later.
                _logger.info("HelpCrunch does not tell about %s: %s", wanted, error)
        answers.append(answer)
    return answers


# === DELIVERY === #


def deliver(dbname, chat_id):
    """Send what one dialogue has to say, in order, as far as it may go now."""
    delivery = Sender(
        dbname, chat_id, lambda: worker.submit(take_turns, dbname, chat_id)
    ).run()
    if delivery.wait is not None:
        if delivery.out_of_budget:
            worker.submit_later(delivery.wait, drain, dbname)
        else:
            worker.submit_later(delivery.wait, deliver, dbname, chat_id)
    if delivery.concerns_others:
        worker.call(dbname, "helpcrunch.outbox", "_after_delivery", chat_id, delivery)
    if delivery.opened or (delivery.sent and delivery.events_wait):
        # A text was put off until it is known when the question was sent.
        worker.submit(take_turns, dbname, chat_id)


def drain(dbname, wait=False):
    """Send what waits in all dialogues, live replies first, within the budgets.

    :param bool wait: return only when the calls are made (ir.cron)
    :return: number of dialogues that had something to send
    """
    due = worker.call(dbname, "helpcrunch.outbox", "_find_due_chats")
    futures = [
        worker.submit(deliver, dbname, chat_id, bulk=bulk) for chat_id, bulk in due
    ]
    if wait:
        for future in filter(None, futures):
            future.result()
    return len(due)
