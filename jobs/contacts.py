"""What HelpCrunch is asked about customers, and contacts that turn out to be one."""

import logging
import traceback

from psycopg2 import errors

from ..exceptions import HelpcrunchError, KeyRefusedError, RejectedError
from . import budget, worker

_logger = logging.getLogger(__name__)


def look_up_customers(dbname):
    """Ask HelpCrunch about customers whose phone and tags are not known (any more)."""
    questions = worker.call(
        dbname, "helpcrunch.customer", "_claim_unknown", committed=True
    )
    refused, unasked = set(), []
    for question in questions:
        account_id = question.connection.account_id
        if account_id in refused or not budget.take(dbname, account_id):
            refused.add(account_id)
            unasked.append(question.customer_id)
            continue
        try:
            profile = question.connection.get_client().get_customer(question.customer)
        except KeyRefusedError:
            # The sender tells the administrator; asking on would be of no use.
            refused.add(account_id)
            continue
        except RejectedError:
            profile = None
        except (HelpcrunchError, ValueError) as error:
            _logger.info("no word about %s: %s", question.customer, error)
            continue
        _call(dbname, "_learn", profile, ids=question.customer_id)
    if unasked:
        _call(dbname, "_unclaim", ids=unasked)


def _call(dbname, method, *args, ids):
    worker.call(dbname, "helpcrunch.customer", method, *args, ids=ids)


def merge_contacts(dbname):
    """Look up and merge what customers' answers asked for, oldest first."""
    for row_id in worker.call(dbname, "helpcrunch.duplicate", "_find_queued"):
        settle_duplicate(dbname, row_id)
    # One alarm rings for all that wait: whoever waits longer than the first needs the
    # next one.
    wait = worker.call(dbname, "helpcrunch.duplicate", "_get_next_wait")
    if wait is not None:
        worker.submit_later(wait + 0.1, merge_contacts, dbname)


def settle_duplicate(dbname, row_id):
    """Settle one look-up; whatever becomes of it never stops another one."""
    try:
        worker.run(dbname, _settle_duplicate, row_id, committed=True)
    except Exception as error:
        _logger.warning("look-up %s failed", row_id, exc_info=error)
        text = "".join(traceback.format_exception(error))
        worker.guarded(_put_off, dbname, row_id, text)


def _settle_duplicate(env, row_id):
    try:
        env["helpcrunch.duplicate"].browse(row_id)._settle()
    except errors.LockNotAvailable as error:
        # No clash to try again at once: that would keep the dialogues locked meanwhile.
        raise TimeoutError("somebody holds one of the contacts") from error


def _put_off(dbname, row_id, error):
    delay = worker.call(
        dbname, "helpcrunch.duplicate", "_note_failure", error, ids=row_id
    )
    if delay:
        worker.submit_later(delay, merge_contacts, dbname)
