"""The calls of the outbox: one function a kind, which registers itself.

A call is made outside of any transaction, from what the sender read of its row.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

from ..tools import clock
from ..tools.connection import Connection
from ..tools.webhook import read_time

# So many seconds may HelpCrunch's clock be behind what we know of it.
_CLOCKS_DIFFER = 60


@dataclass
class Call:
    """One outbox row that is next in its dialogue, and what it takes to make the call.

    :ivar kind: names the function here that makes it, see :func:`kind`
    :ivar state: ``pending``; ``sending`` and ``unknown`` have to be judged first
    :ivar priority: of the most urgent call that waits in the dialogue
    :ivar live_waits: a live reply waits for the budget; None if this is one
    :ivar body: of the message that it says, None for other kinds
    :ivar chat: HelpCrunch's number of the chat
    :ivar agent: HelpCrunch's number of the bot's agent
    :ivar calls: of the last minute, as the budget counts them
    :ivar blocked_until: seconds since 1970; HelpCrunch takes nothing before
    :ivar clock_offset: seconds by which HelpCrunch's clock is ahead, None: not known
    :ivar agent_speaks: an agent's message waits for its turn
    :ivar delay: seconds until it is due, None: it is
    :ivar age: seconds since somebody began to make it
    :ivar waited: seconds since it was queued
    """

    id: int
    kind: str
    payload: dict | None
    state: str
    tries: int
    priority: int
    live_waits: bool | None
    body: str | None
    chat: str | None
    agent: str | None
    account_id: int
    account_state: str
    api_url: str
    api_key: str | None
    requests_per_minute: int
    broadcast_share: int
    calls: list | None
    blocked_until: float
    clock_offset: float | None
    agent_speaks: bool
    delay: Decimal | None
    age: Decimal | None
    waited: Decimal | None


@dataclass(frozen=True)
class Kind:
    """One kind of call.

    :ivar make: function of the client, the :class:`Call` and its payload
    :ivar is_own: tells of the call and of something that HelpCrunch has whether this
        came of that; None: it does no harm to make the call twice
    """

    make: Callable
    is_own: Callable | None


_KINDS = {}


def kind(*, is_own):
    """Register a function as the kind of call of that name.

    :param is_own: see :class:`Kind`. After an unknown outcome a call is repeated unless
        this finds what came of it, so there is no default.
    """

    def register(function):
        _KINDS[function.__name__] = Kind(function, is_own)
        return function

    return register


def make(call):
    """Make the call of one outbox row, by its kind.

    :param Call call: the row
    :return: what HelpCrunch answered
    :raise HelpcrunchError: as the client does
    """
    return _KINDS[call.kind].make(_get_client(call), call, call.payload or {})


def leaves_something(call):
    """Tell whether one can find in HelpCrunch what came of a call, and has to look."""
    return _KINDS[call.kind].is_own is not None


def read_back(call, limit):
    """Return what HelpCrunch has where a call would have left something, newest first.

    Messages of the call's chat; for a call that makes a chat, chats of the customer.
    """
    client = _get_client(call)
    if call.kind == "chat":
        customer = int(call.payload["customer"])
        return client.search_chats([("chats.customer", "=", customer)], limit=limit)
    return client.get_messages(call.chat, limit=limit)


def find_own(call, rows, known):
    """Return what came of a call among what HelpCrunch has, or None.

    Nothing is one's own that is known to be another's.

    :param rows: messages or chats as HelpCrunch tells them, newest first
    :param set known: HelpCrunch's ids of what belongs to other calls
    """
    is_own = _KINDS[call.kind].is_own
    return next(
        (row for row in rows if str(row.get("id")) not in known and is_own(call, row)),
        None,
    )


def _is_own_chat(call, row):
    """A chat of the same channel, made by a program since the call was queued."""
    began = time.time() - float(call.waited) - _CLOCKS_DIFFER
    made_at = read_time(row.get("createdAt"))
    return (
        row.get("createdWith") == "public_api"
        and str(row.get("applicationId")) == str(call.payload.get("application"))
        and made_at is not None
        and clock.to_ours(made_at, call.clock_offset) >= began
    )


def _is_own_message(call, row):
    """A message of the same agent with the same text."""
    payload = call.payload or {}
    texts = {
        " ".join(text.split())
        for text in (
            call.body,
            payload.get("markdown"),
            payload.get("text"),
            payload.get("secret_body"),
        )
        if text
    }
    author = row.get("agent")
    return (
        isinstance(author, dict)
        and str(author.get("id")) == (payload.get("agent") or call.agent)
        and " ".join((row.get("text") or "").split()) in texts
    )


def _get_client(call):
    return Connection(call.account_id, call.api_url, call.api_key or "").get_client()


@kind(is_own=_is_own_message)
def message(client, call, payload):
    return client.send_message(
        call.chat,
        payload.get("secret_body") or call.body,
        payload.get("agent") or call.agent,
        markdown_text=payload.get("markdown"),
    )


@kind(is_own=_is_own_message)
def note(client, call, payload):
    return client.send_message(call.chat, payload["text"], call.agent, private=True)


@kind(is_own=None)
def status(client, call, payload):
    return client.set_chat_status(call.chat, payload["status"])


@kind(is_own=_is_own_chat)
def chat(client, call, payload):
    return client.create_chat(payload["customer"], payload["application"])


@kind(is_own=None)
def assignee(client, call, payload):
    return client.set_assignee(call.chat, payload["agent"])
