"""The calls of the outbox, one function per kind; a new kind is a new function.

A call is made outside of any transaction, from what the courier read of its row.
"""

import time

from ..tools import clock
from ..tools.helpcrunch_api import HelpcrunchApi
from ..tools.webhook import read_time

# So many seconds may HelpCrunch's clock be behind what we know of it.
_CLOCKS_DIFFER = 60


def make(job):
    """Make the call of one outbox row: the function named after its kind.

    :param dict job: ``kind``, ``payload``, ``body``, ``chat``, ``agent``, ``api_url``,
        ``api_key``
    :return: what HelpCrunch answered
    :raise HelpcrunchError: as the client does
    """
    return _KINDS[job["kind"]](_get_client(job), job, job["payload"] or {})


def read_back(job, limit):
    """Return what HelpCrunch has where a call would have left something, newest first.

    Messages of the call's chat; for a call that makes a chat, chats of the customer.
    """
    client = _get_client(job)
    if job["kind"] == "chat":
        customer = int(job["payload"]["customer"])
        return client.search_chats([("chats.customer", "=", customer)], limit=limit)
    return client.get_messages(job["chat"], limit=limit)


def find_own(job, rows, known):
    """Return what came of a call among what HelpCrunch has, or None.

    A message has the same agent and the same text; a chat the same channel, and was
    made by a program since the call was queued. Neither is one of those known to be
    another's.

    :param rows: messages or chats as HelpCrunch tells them, newest first
    :param set known: HelpCrunch's ids of what belongs to other calls
    """
    is_own = _is_own_chat if job["kind"] == "chat" else _is_own_message
    return next(
        (row for row in rows if str(row.get("id")) not in known and is_own(job, row)),
        None,
    )


def _is_own_chat(job, row):
    began = time.time() - float(job["waited"]) - _CLOCKS_DIFFER
    made_at = read_time(row.get("createdAt"))
    return (
        row.get("createdWith") == "public_api"
        and str(row.get("applicationId")) == str(job["payload"].get("application"))
        and made_at is not None
        and clock.to_ours(made_at, job["clock_offset"]) >= began
    )


def _is_own_message(job, row):
    payload = job["payload"] or {}
    texts = {
        " ".join(text.split())
        for text in (job["body"], payload.get("markdown"), payload.get("text"))
        if text
    }
    author = row.get("agent")
    return (
        isinstance(author, dict)
        and str(author.get("id")) == (payload.get("agent") or job["agent"])
        and " ".join((row.get("text") or "").split()) in texts
    )


def _get_client(job):
    return HelpcrunchApi(job["api_url"], job["api_key"] or "")


def _message(client, job, payload):
    return client.send_message(
        job["chat"],
        job["body"],
        payload.get("agent") or job["agent"],
        markdown_text=payload.get("markdown"),
    )


def _note(client, job, payload):
    return client.send_message(job["chat"], payload["text"], job["agent"], private=True)


def _status(client, job, payload):
    return client.set_chat_status(job["chat"], payload["status"])


def _chat(client, job, payload):
    return client.create_chat(payload["customer"], payload["application"])


def _assignee(client, job, payload):
    return client.set_assignee(job["chat"], payload["agent"])


_KINDS = {
    "message": _message,
    "note": _note,
    "status": _status,
    "assignee": _assignee,
    "chat": _chat,
}
