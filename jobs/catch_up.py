"""Fetch the messages whose webhooks never came, after an outage of either side.

Fetch, then store: HelpCrunch is asked between transactions, and each chat is stored in
a short one of its own. One bad row is one skipped row, one account's trouble its own.
"""

import logging
import time
from dataclasses import dataclass

from ..exceptions import HelpcrunchError, RateLimitedError, RejectedError
from ..tools import clock
from ..tools.connection import Connection
from ..tools.helpcrunch_api import PAGE
from ..tools.webhook import read_time
from . import budget, worker

_logger = logging.getLogger(__name__)

_MAX_PAGES = 5


@dataclass
class CatchUp:
    """What one look at a messenger's chats needs to know.

    :ivar since: Unix seconds by our clock; what is older is known
    :ivar clock_offset: seconds by which HelpCrunch's clock is ahead, None: not known
    """

    connection: Connection
    since: float
    clock_offset: float | None


def run(dbname):
    """Compare every connected messenger's chats with our transcripts."""
    for account_id in worker.call(dbname, "helpcrunch.account", "_find_connected"):
        try:
            catch_up(dbname, account_id)
        except HelpcrunchError as error:
            _logger.warning("messenger %s: no catch-up: %s", account_id, error)
        except Exception:
            # One account's trouble never stops another's.
            _logger.exception("messenger %s: no catch-up", account_id)


def catch_up(dbname, account_id):
    """Store one messenger's missed messages as events.

    Only chats that changed since the last look and whose last message is unknown here
    are read, so that an idle account costs one call.

    :return: number of messages taken in
    :raise HelpcrunchError: as the client does; the next run begins at the same time
    """
    began = time.time()
    plan = _call(dbname, account_id, "_plan_catch_up")
    if not plan:
        return 0
    client = plan.connection.get_client()
    rows = _fetch_chats(dbname, plan, client)
    missed = 0
    for chat in _call(dbname, account_id, "_pick_unknown_chats", rows) or ():
        missed += _catch_up_chat(dbname, plan, client, chat)
    _call(dbname, account_id, "_note_catch_up", began)
    if missed:
        _logger.info("messenger %s: caught up %s messages", account_id, missed)
    return missed


def _call(dbname, account_id, method, *args):
    return worker.call(dbname, "helpcrunch.account", method, *args, ids=account_id)


def _fetch_chats(dbname, plan, client):
    """Return HelpCrunch's open chats in which something was said since the last look.

    Newest first; chats in which nothing was said come first or last, nobody knows.
    """
    rows, changed, offset = set(), [], 0
    for _page in range(_MAX_PAGES):
        _spend_call(dbname, plan)
        page = client.search_chats([("chats.status", "!=", "closed")], offset=offset)
        if plan.clock_offset is None:
            # No message of ours has told it yet.
            plan.clock_offset = clock.settle(client.clock_offset)
        offset += page.told
        new = [row for row in page if row["id"] not in rows]
        rows |= {row["id"] for row in new}
        times = [_find_time(plan, row.get("lastMessageAt")) for row in new]
        changed += [
            row for row, at in zip(new, times, strict=True) if at and at >= plan.since
        ]
        is_over = any(at and at < plan.since for at in times)
        if is_over or not new or page.told < PAGE:
            break
    return changed


def _find_time(plan, value):
    moment = read_time(value)
    return moment and clock.to_ours(moment, plan.clock_offset)


def _catch_up_chat(dbname, plan, client, chat):
    _spend_call(dbname, plan)
    try:
        lines = client.get_messages(chat["id"])
    except RejectedError as error:
        _logger.info("chat %s cannot be read: %s", chat["id"], error)
        return 0
    try:
        account_id = plan.connection.account_id
        return _call(dbname, account_id, "_store_missed", plan, chat, lines) or 0
    except Exception:
        _logger.exception("chat %s cannot be taken in", chat["id"])
        return 0


def _spend_call(dbname, plan):
    """Take a call out of the account's budget, which replies need too.

    :raise RateLimitedError: there is none left now; the next run goes on
    """
    if not budget.take(dbname, plan.connection.account_id):
        raise RateLimitedError("the calls of this minute are used up", None)
