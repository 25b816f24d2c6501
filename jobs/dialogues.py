"""Work outside of a request's transaction.

Each function opens transactions of its own. Rows say what is to do, so any process may
do it, at the same time as others and again after a crash; ir.cron calls the same
functions for what was left behind. Turns are quick and run where they are; whatever
calls HelpCrunch runs in the pool of threads (:mod:`.worker`).
"""

import logging
import time
import traceback

from psycopg2 import errors

from ..const import AFTER_WORK_SECONDS, API_TIMEOUT, EVENT_TYPES
from ..exceptions import HelpcrunchError, KeyRefusedError, RejectedError
from ..tools.helpcrunch_api import HelpcrunchApi
from . import worker
from .sender import Courier

_logger = logging.getLogger(__name__)

# Waits up to here have an alarm in the process; ir.cron looks every minute anyway.
_ALARM_SECONDS = 90
# How often somebody looks what broadcasts have to send next: a little at a time, so
# that live replies find no rush before them.
_FEED_SECONDS = 0.25

_arrivals = {}


def after_webhook(dbname, receipt):
    """Do what one webhook brought: take the dialogue's turns, note the arrival."""
    if "event_id" in receipt:
        if receipt["chat_id"]:
            take_turns(dbname, receipt["chat_id"])
        else:
            worker.submit(open_dialogue, dbname, receipt["event_id"])
    _note_arrival(dbname, receipt["account_id"], receipt["event_type"])


def submit_turns(dbname, chat_ids):
    """Have the turns of dialogues taken in the pool, where something waits."""
    worker.submit(_submit_waiting, dbname, chat_ids)


def _submit_waiting(dbname, chat_ids):
    # A contact may have hundreds of dialogues, and hardly one of them waits.
    for chat_id in worker.run(dbname, _find_waiting, chat_ids):
        worker.submit(take_turns, dbname, chat_id)


def _find_waiting(env, chat_ids):
    return env["helpcrunch.event"]._find_waiting(chat_ids)


def submit_drain(dbname):
    """Have whatever waits to be sent looked through in the pool."""
    worker.submit(drain, dbname)


# === TURNS === #


def take_turns(dbname, chat_id):
    """Take turns of one dialogue until nothing waits, at most five seconds.

    After every commit it looks again in a new transaction: an event stored meanwhile
    found the dialogue locked and relies on that.
    """
    deadline = time.monotonic() + AFTER_WORK_SECONDS
    while time.monotonic() < deadline:
        outcome = _take_next(dbname, chat_id)
        if outcome is None:
            return
        if outcome.wait:
            # Whoever set the alarm for it may be gone, or has set it for another one.
            if outcome.wait <= _ALARM_SECONDS:
                worker.submit_later(outcome.wait + 0.1, take_turns, dbname, chat_id)
            return
        if outcome.said:
            worker.submit(deliver, dbname, chat_id, bulk=outcome.is_bulk)
        if outcome.state == "pending":
            # Put off until it is known when the question was sent: the courier wakes.
            worker.submit_later(1, take_turns, dbname, chat_id)
            return
        # Mostly nothing waits: one table tells, for a tenth of what the statement costs
        # that takes the next turn.
        if not worker.run(dbname, _has_waiting, chat_id):
            return
    worker.submit_later(0.1, take_turns, dbname, chat_id)


def _take_next(dbname, chat_id):
    """Take one turn; return what came of it, None if there is no more to do here."""
    picked = {}
    try:
        return worker.run(dbname, _take_turn, chat_id, picked)
    except worker.CLASHES:
        _logger.info("dialogue %s is busy, left to cron", chat_id)
    except Exception as error:
        if "event_id" not in picked:
            raise
        return _take_turn_carefully(dbname, chat_id, picked, error)
    return None


def _has_waiting(env, chat_id):
    return env["helpcrunch.event"]._has_waiting(chat_id)


def _take_turn(env, chat_id, picked, careful=None):
    return env["helpcrunch.event"]._take_turn(chat_id, picked, careful)


def _take_turn_carefully(dbname, chat_id, picked, error):
    """Take a turn that failed once more, with a net under each step.

    :return: what came of it, None if it failed all the same and was put off
    """
    _logger.warning(
        "event %s failed, is tried step by step", picked["event_id"], exc_info=error
    )
    try:
        return worker.run(dbname, _take_turn, chat_id, picked, type(error))
    except worker.CLASHES:
        _logger.info("dialogue %s is busy, left to cron", chat_id)
    except Exception as again:  # noqa: BLE001
        _put_off(dbname, picked["event_id"], again, chat_id, picked["tries"])
    return None


def _put_off(dbname, event_id, error, chat_id=None, seen=None):
    _logger.warning("event %s failed", event_id, exc_info=error)
    text = "".join(traceback.format_exception(error))
    delay = worker.run(
        dbname,
        lambda env: (
            env["helpcrunch.event"].browse(event_id).exists()._note_failure(text, seen)
        ),
    )
    # After the last failure at once: the next event need not wait any longer.
    if chat_id:
        worker.submit_later(delay or 0.1, take_turns, dbname, chat_id)
    elif delay:
        worker.submit_later(delay, open_dialogue, dbname, event_id)


# === NEW DIALOGUES === #


def open_dialogue(dbname, event_id):
    """Give an event of an unknown chat its dialogue, then take its turns.

    HelpCrunch is asked who the customer is between two transactions, never in one.
    """
    try:
        chat_id, question = worker.run(dbname, _prepare_opening, event_id)
        if question:
            profile, chat = _ask_helpcrunch(dbname, question)
            chat_id = worker.run(dbname, _open, event_id, profile, chat, committed=True)
    except Exception as error:  # noqa: BLE001
        _put_off(dbname, event_id, error)
        return
    if chat_id:
        take_turns(dbname, chat_id)


def open_dialogue_later(dbname, event_id):
    """Try again when a chat that is being made has its number, or else is none."""
    worker.submit_later(API_TIMEOUT, open_dialogue, dbname, event_id)


def _prepare_opening(env, event_id):
    # It may have been erased with all that its customer said.
    event = env["helpcrunch.event"].browse(event_id).exists()
    return env["helpcrunch.chat"]._prepare_opening(event)


def _open(env, event_id, profile, chat):
    event = env["helpcrunch.event"].browse(event_id)
    return env["helpcrunch.chat"]._open(event, profile, chat).id


def _ask_helpcrunch(dbname, question):
    """Return what HelpCrunch tells of a customer and a chat, None if it is silent."""
    api_client = HelpcrunchApi(question["api_url"], question["api_key"])
    answers = []
    for wanted, ask in (
        (question["customer"], api_client.get_customer),
        (question["chat"], api_client.get_chat),
    ):
        answer = None
        if wanted and question["api_key"] and take_budget(dbname, question):
            try:
                answer = ask(wanted)
            except (HelpcrunchError, ValueError) as error:
                # The webhook's own data will do; the rest follows later.
                _logger.info("HelpCrunch does not tell about %s: %s", wanted, error)
        answers.append(answer)
    return answers


def take_budget(dbname, question):
    """Take one live call out of an account's budget; False if there is none now."""
    wait = worker.run(
        dbname,
        lambda env: env["helpcrunch.account.budget"]._take(question["account_id"]),
        committed=True,
    )
    return not wait


# === CONTACTS === #


def submit_customer_look_ups(dbname):
    """Have HelpCrunch asked about the customers it has not told of, soon and once."""
    worker.submit_later(1, look_up_customers, dbname)


def look_up_customers(dbname):
    """Ask HelpCrunch about customers whose phone and tags are not known (any more)."""
    questions = worker.run(
        dbname, lambda env: env["helpcrunch.customer"]._claim_unknown()
    )
    refused, unasked = set(), []
    for question in questions:
        account_id = question["account_id"]
        if account_id in refused or not take_budget(dbname, question):
            refused.add(account_id)
            unasked.append(question["id"])
            continue
        client = HelpcrunchApi(question["api_url"], question["api_key"])
        try:
            profile = client.get_customer(question["customer"])
        except KeyRefusedError:
            # The courier tells the administrator; asking on would be of no use.
            refused.add(account_id)
            continue
        except RejectedError:
            profile = None
        except (HelpcrunchError, ValueError) as error:
            _logger.info("no word about %s: %s", question["customer"], error)
            continue
        worker.run(dbname, _learn, question["id"], profile)
    worker.run(dbname, _unclaim, unasked)


def _unclaim(env, customer_ids):
    env["helpcrunch.customer"].browse(customer_ids).exists().asked_at = False


def _learn(env, customer_id, profile):
    env["helpcrunch.customer"].browse(customer_id).exists()._learn(profile)


def submit_merges(dbname):
    """Have the queued look-ups of equal contacts settled in the pool."""
    worker.submit(merge_contacts, dbname)


def merge_contacts(dbname):
    """Look up and merge what customers' answers asked for, oldest first."""
    ids = worker.run(dbname, lambda env: env["helpcrunch.duplicate"]._find_queued())
    for row_id in ids:
        settle_duplicate(dbname, row_id)
    # One alarm rings for all that wait: whoever waits longer than the first needs the
    # next one.
    wait = worker.run(dbname, lambda env: env["helpcrunch.duplicate"]._get_next_wait())
    if wait is not None and wait <= _ALARM_SECONDS:
        worker.submit_later(wait + 0.1, merge_contacts, dbname)


def settle_duplicate(dbname, row_id):
    """Settle one look-up; whatever becomes of it never stops another one."""
    try:
        worker.run(dbname, _settle_duplicate, row_id, committed=True)
    except Exception as error:
        _logger.warning("look-up %s failed", row_id, exc_info=error)
        text = "".join(traceback.format_exception(error))
        worker.guarded(_put_off_merge, dbname, row_id, text)


def _settle_duplicate(env, row_id):
    try:
        env["helpcrunch.duplicate"].browse(row_id)._settle()
    except errors.LockNotAvailable as error:
        # No clash to try again at once: that would keep the dialogues locked meanwhile.
        raise TimeoutError("somebody holds one of the contacts") from error


def _put_off_merge(dbname, row_id, error):
    delay = worker.run(dbname, _note_failed_merge, row_id, error)
    if delay and delay <= _ALARM_SECONDS:
        worker.submit_later(delay, merge_contacts, dbname)


def _note_failed_merge(env, row_id, error):
    row = env["helpcrunch.duplicate"].browse(row_id).exists()
    # Their dialogues were locked, perhaps, and nobody has looked at them since.
    env["helpcrunch.event"]._wake(row._find_contacts().helpcrunch_chat_ids.ids)
    return row._note_failure(error)


# === OPERATORS === #


def submit_assignment(dbname, queue_id):
    """Have operators found in the pool for whoever waits in a queue."""
    worker.submit(assign_waiting, dbname, queue_id)


def assign_waiting(dbname, queue_id):
    """Give free operators to those who wait, and let their dialogues know."""
    for chat_id in worker.run(dbname, _assign_waiting, queue_id, committed=True):
        worker.submit(take_turns, dbname, chat_id)


def take_waiting(dbname, queue_id, chat_id, user_id):
    """Give one who waits to the person who asks for the dialogue, if that may be."""
    if worker.run(dbname, _take_waiting, queue_id, chat_id, user_id, committed=True):
        take_turns(dbname, chat_id)


def _take_waiting(env, queue_id, chat_id, user_id):
    queue = env["helpcrunch.operator.queue"].browse(queue_id).exists()
    chat = env["helpcrunch.chat"].browse(chat_id)
    user = env["res.users"].browse(user_id)
    return queue._give(chat, user) if queue else []


def _assign_waiting(env, queue_id):
    queue = env["helpcrunch.operator.queue"].browse(queue_id).exists()
    return queue._assign_waiting() if queue else []


# === BROADCASTS === #


def run_schedule(dbname, step_id):
    """Let a schedule step run if its moment has come; trouble stops no other one."""
    try:
        worker.run(dbname, lambda env: env["helpcrunch.broadcast"]._run_step(step_id))
    except Exception as error:
        _logger.exception("schedule step %s could not run", step_id)
        worker.run(dbname, _tell_failed_run, step_id, str(error))


def _tell_failed_run(env, step_id, error):
    env["helpcrunch.broadcast"]._tell_failed_run(step_id, error)


def submit_broadcasts(dbname):
    """Have somebody look, in the pool, what broadcasts have to send."""
    worker.submit(send_broadcasts, dbname, bulk=True)


def send_broadcasts(dbname, alone=False):
    """Send the next messages of all broadcasts, and come again while there are more.

    :param bool alone: look even if another process has just looked (ir.cron)
    """
    if alone:
        worker.run(dbname, lambda env: env["helpcrunch.broadcast"]._keep_quiet())
    chat_ids, is_more = worker.run(dbname, _feed_broadcasts, alone, committed=True)
    # Counted from here: the next look must not take a slow one for somebody else's.
    looked_at = time.monotonic()
    for chat_id in chat_ids:
        take_turns(dbname, chat_id)
    if is_more:
        pause = max(_FEED_SECONDS - (time.monotonic() - looked_at), 0.1)
        worker.submit_later(pause, send_broadcasts, dbname, bulk=True)


def _feed_broadcasts(env, alone):
    return env["helpcrunch.broadcast"]._feed(alone)


# === DELIVERY === #


def deliver(dbname, chat_id):
    """Send what one dialogue has to say, in order, as far as it may go now."""
    courier = Courier(dbname, chat_id)
    courier.run()
    if courier.refused:
        worker.run(dbname, _pause_account, courier.account_id, courier.refused)
    if courier.wait is not None and courier.wait <= _ALARM_SECONDS:
        if courier.out_of_budget:
            worker.submit_later(courier.wait, drain, dbname)
        else:
            worker.submit_later(courier.wait, deliver, dbname, chat_id)
    if courier.told:
        worker.run(dbname, _tell_deliveries, courier.told)
    if courier.opened:
        # What HelpCrunch told of the new chat waits for it.
        worker.run(dbname, _adopt_events, chat_id)
    if courier.opened or (courier.sent and courier.events_wait):
        # A text was put off until it is known when the question was sent.
        worker.submit(take_turns, dbname, chat_id)


def _adopt_events(env, chat_id):
    chat = env["helpcrunch.chat"].browse(chat_id).exists()
    if chat:
        chat._adopt_events(chat)


def _tell_deliveries(env, message_ids):
    env["mail.message"].browse(message_ids).exists()._send_helpcrunch_delivery()


def drain(dbname, wait=False):
    """Send what waits in all dialogues, live replies first, within the budgets.

    :param bool wait: return only when the calls are made (ir.cron)
    :return: number of dialogues that had something to send
    """
    due = worker.run(dbname, lambda env: env["helpcrunch.outbox"]._find_due_chats())
    futures = [
        worker.submit(deliver, dbname, chat_id, bulk=bulk) for chat_id, bulk in due
    ]
    if wait:
        for future in filter(None, futures):
            future.result()
    return len(due)


def _pause_account(env, account_id, error):
    env["helpcrunch.account"].browse(account_id)._pause(error)


# === ARRIVALS === #


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
