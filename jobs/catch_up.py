"""Fetch the messages whose webhooks never came, after an outage of either side.

Fetch, then store: HelpCrunch is asked between transactions, and each chat is stored in
a short one of its own. One bad row is one skipped row, one account's trouble its own.
"""

import logging
import time

from ..exceptions import HelpcrunchError, RateLimitedError, RejectedError
from ..tools import clock
from ..tools.helpcrunch_api import PAGE, HelpcrunchApi
from ..tools.webhook import read_time
from . import dialogues as work
from . import worker

_logger = logging.getLogger(__name__)

_MAX_PAGES = 5


def run(dbname):
    """Compare every connected messenger's chats with our transcripts."""
    for account_id in worker.run(dbname, _find_accounts):
        try:
            catch_up(dbname, account_id)
        except HelpcrunchError as error:
            _logger.warning("messenger %s: no catch-up: %s", account_id, error)
        except Exception:
            # One account's trouble never stops another's.
            _logger.exception("messenger %s: no catch-up", account_id)


def _find_accounts(env):
    return env["helpcrunch.account"].search([("state", "=", "connected")]).ids


def catch_up(dbname, account_id):
    """Store one messenger's missed messages as events.

    Only chats that changed since the last look and whose last message is unknown here
    are read, so that an idle account costs one call.

    :return: number of messages taken in
    :raise HelpcrunchError: as the client does; the next run begins at the same time
    """
    began = time.time()
    plan = worker.run(dbname, _plan, account_id)
    if not plan:
        return 0
    client = HelpcrunchApi(plan["api_url"], plan["api_key"])
    rows = _fetch_chats(dbname, plan, client)
    missed = 0
    for chat in worker.run(dbname, _pick_unknown, account_id, rows):
        missed += _catch_up_chat(dbname, plan, client, chat)
    worker.run(dbname, _note, account_id, began)
    if missed:
        _logger.info("messenger %s: caught up %s messages", account_id, missed)
    return missed


def _plan(env, account_id):
    return env["helpcrunch.account"].browse(account_id).exists()._plan_catch_up()


def _pick_unknown(env, account_id, rows):
    return env["helpcrunch.account"].browse(account_id)._pick_unknown_chats(rows)


def _note(env, account_id, began):
    env["helpcrunch.account"].browse(account_id).exists()._note_catch_up(began)


def _fetch_chats(dbname, plan, client):
    """Return HelpCrunch's open chats in which something was said since the last look.

    Newest first; chats in which nothing was said come first or last, nobody knows.
    """
    rows, changed, offset = set(), [], 0
    for _page in range(_MAX_PAGES):
        _spend_call(dbname, plan)
        page = client.search_chats([("chats.status", "!=", "closed")], offset=offset)
        if plan["clock_offset"] is None:
            # No message of ours has told it yet.
            plan["clock_offset"] = clock.settle(client.clock_offset)
        offset += page.told
        new = [row for row in page if row["id"] not in rows]
        rows |= {row["id"] for row in new}
        times = [_find_time(plan, row.get("lastMessageAt")) for row in new]
        changed += [
            row
            for row, at in zip(new, times, strict=True)
            if at and at >= plan["since"]
        ]
        is_over = any(at and at < plan["since"] for at in times)
        if is_over or not new or page.told < PAGE:
            break
    return changed


def _find_time(plan, value):
    moment = read_time(value)
    return moment and clock.to_ours(moment, plan["clock_offset"])


def _catch_up_chat(dbname, plan, client, chat):
    _spend_call(dbname, plan)
    try:
        lines = client.get_messages(chat["id"])
    except RejectedError as error:
        _logger.info("chat %s cannot be read: %s", chat["id"], error)
        return 0
    try:
        return worker.run(dbname, _store, plan, chat, lines)
    except Exception:
        _logger.exception("chat %s cannot be taken in", chat["id"])
        return 0


def _store(env, plan, chat, lines):
    account = env["helpcrunch.account"].browse(plan["account_id"]).exists()
    return account._store_missed(plan, chat, lines) if account else 0


def _spend_call(dbname, plan):
    """Take a call out of the account's budget, which replies need too.

    :raise RateLimitedError: there is none left now; the next run goes on
    """
    if not work.take_budget(dbname, plan):
        raise RateLimitedError("the calls of this minute are used up", None)
