"""Transactions of our own, and the small pool of threads that calls HelpCrunch.

Nothing here remembers work: rows in the database do (architecture 2). A thread or a
timer that dies with its process is only a wake-up that comes later, from ir.cron.
"""

import logging
import os
import random
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import psycopg2
from psycopg2 import errors

from odoo import SUPERUSER_ID, api
from odoo.modules.registry import Registry

_logger = logging.getLogger(__name__)

# Calls may take ten seconds each and hold a connection and a thread meanwhile; the
# HTTP workers stay free (measured in odoo-runtime.md).
POOL_SIZE = 8
# Broadcasts have a pool of their own: live replies never wait for one of its threads.
BULK_POOL_SIZE = 4
CLASHES = (
    errors.SerializationFailure,
    errors.DeadlockDetected,
    errors.LockNotAvailable,
)
# Somebody else made the same row first, or took away (merged) one that we refer to.
OVERTAKEN = (errors.UniqueViolation, errors.ForeignKeyViolation)
# Put before the first statement of a transaction that waits for locks. Odoo's tests,
# whose shared cursor is in the middle of a transaction, set it to nothing.
READ_COMMITTED = "SET TRANSACTION ISOLATION LEVEL READ COMMITTED;"
_MAX_TRIES = 10
# Waits up to here have an alarm in the process; ir.cron looks every minute anyway.
_ALARM_SECONDS = 90

_pools = {}
_pools_lock = threading.Lock()
_running = set()
_alarms = {}
_alarms_lock = threading.Lock()


@contextmanager
def transaction(dbname, committed=False):
    """Open an environment of the superuser on a cursor of its own.

    Commits when the block ends well, rolls back when it raises.

    :param bool committed: see every row as it is when a statement runs, not as it was
        when the transaction began. Whoever waits for a lock needs this: under Odoo's
        REPEATABLE READ it would go on reading the snapshot from before the wait.
    """
    registry = Registry(dbname)
    threading.current_thread().dbname = dbname
    try:
        with registry.cursor() as cr:
            if committed and READ_COMMITTED:
                cr.execute(READ_COMMITTED)
            yield api.Environment(cr, SUPERUSER_ID, {})
        # Caches that the block cleared are stale in other processes too.
        registry.signal_changes()
    except BaseException:
        registry.reset_changes()
        raise


def run(dbname, function, *args, committed=False):
    """Return ``function(env, *args)``, run in a transaction of its own.

    When another transaction got in between it runs again in a new one, after a short
    random wait, so ``function`` must have no effect outside of the database.

    :raise psycopg2.Error: if it clashed ten times in a row
    """
    for attempt in range(1, _MAX_TRIES + 1):
        try:
            with transaction(dbname, committed) as env:
                return function(env, *args)
        except (*CLASHES, *OVERTAKEN) as error:
            if attempt == _MAX_TRIES:
                raise
            _logger.debug("try %s clashed, again: %s", attempt, error)
            # Jitter, so that those who clashed do not clash again.
            time.sleep(random.uniform(0.005, 0.03 * attempt))
    return None


def call(dbname, model, method, *args, ids=None, committed=False):
    """Return what a model's method answers, called in a transaction of its own.

    The one way from a job to a model.

    :param ids: of the records to call it on; None: on the model itself
    :return: None if ``ids`` are given and no record of them is left
    :raise psycopg2.Error: as :func:`run`
    """

    def run_method(env):
        records = env[model]
        if ids is not None:
            records = records.browse(ids).exists()
        return getattr(records, method)(*args) if ids is None or records else None

    return run(dbname, run_method, committed=committed)


def submit(function, *args, bulk=False):
    """Run ``function(*args)`` soon in the pool of this process, logging what it raises.

    A pool that is shutting down with its process takes nothing more: the rows wait for
    another process or for cron.

    :param bool bulk: it is a broadcast's, and live replies come first
    """
    try:
        future = _pool(bulk).submit(guarded, function, *args)
        _running.add(future)
        future.add_done_callback(_running.discard)
        return future
    except RuntimeError:
        _logger.info("process is ending, %s is left to cron", function.__name__)
        return None


def submit_later(seconds, function, *args, bulk=False):
    """Run ``function(*args)`` in the pool in ``seconds``, once for equal arguments.

    The earliest alarm wins. A long wait has none: ir.cron looks every minute.
    """
    if seconds > _ALARM_SECONDS:
        return
    key = (function.__qualname__, args)
    moment = time.monotonic() + seconds

    def ring():
        with _alarms_lock:
            if _alarms.get(key, (None, None))[1] is timer:
                del _alarms[key]
        submit(function, *args, bulk=bulk)

    timer = threading.Timer(seconds, ring)
    timer.daemon = True
    with _alarms_lock:
        set_for, former = _alarms.get(key, (None, None))
        if former and set_for <= moment:
            return
        if former:
            former.cancel()
        _alarms[key] = (moment, timer)
        timer.start()


def wait_for_quiet(seconds=30):
    """Wait until this process has nothing more to do; False if it takes too long.

    For tests, and for a process that wants to end in peace.
    """
    deadline = time.monotonic() + seconds
    while _running or _alarms:
        if time.monotonic() > deadline:
            return False
        time.sleep(0.01)
    return True


def _pool(bulk=False):
    # Prefork workers are forked from a process that may have had a pool: threads do
    # not survive a fork, so each process has its own.
    with _pools_lock:
        key = (os.getpid(), bulk)
        if key not in _pools:
            _pools[key] = (
                ThreadPoolExecutor(BULK_POOL_SIZE, "helpcrunch-bulk")
                if bulk
                else ThreadPoolExecutor(POOL_SIZE, "helpcrunch")
            )
        return _pools[key]


def guarded(function, *args):
    """Return ``function(*args)``, or None after logging what it raised."""
    try:
        return function(*args)
    except psycopg2.Error as error:
        # The database went away or kept clashing: the row is still there for cron.
        _logger.warning("%s left to cron: %s", function.__name__, error)
    except Exception:
        _logger.exception("%s%r failed", function.__name__, args)
    return None
