"""Read the body of a HelpCrunch webhook (helpcrunch-api.md 3.3 to 3.6)."""

import json
import math
import time
from dataclasses import dataclass

from ..const import (
    EVENT_AGENT_MESSAGE,
    EVENT_CUSTOMER_MESSAGE,
    EVENT_NOTE,
    RATINGS,
)
from . import clock
from .shapes import customer_row, read_id
from .text import clean

_CHAT_KEYS = ("chat_id", "chatId", "id")
_MESSAGE_EVENTS = (EVENT_CUSTOMER_MESSAGE, EVENT_AGENT_MESSAGE, EVENT_NOTE)
# Marks a customer's message that HelpCrunch shows as answered already.
ANSWERED = "helpcrunch_chatbot_answered"


class MalformedWebhookError(ValueError):
    """The body is no JSON object, or lacks an event id or an event type."""


@dataclass
class EventData:
    """One event in our own words. Ids are texts, as HelpCrunch writes them.

    :ivar external_id: of the event itself; what comes twice has it twice
    :ivar payload: the event as HelpCrunch, or Odoo, tells it
    :ivar occurred_at: Unix seconds by our clock
    :ivar chat: HelpCrunch's number, as are the next four; None if it names none
    """

    external_id: str
    event_type: str
    payload: dict
    occurred_at: float
    chat: str | None = None
    customer: str | None = None
    application: str | None = None
    agent: str | None = None
    message: str | None = None

    @property
    def message_key(self):
        """What is the same when one message comes in two envelopes.

        Or under two kinds of event: a line is said once, by whomever.
        """
        kind = "message" if self.event_type in _MESSAGE_EVENTS else self.event_type
        return f"{kind}:{self.message}" if self.message else None

    @property
    def is_about_customer(self):
        """Whether it is told of a customer, and not of one of the chats."""
        return _is_about_customer(self.event_type)

    @property
    def position(self):
        """Order among messages of one moment: HelpCrunch's ids grow."""
        number = self.message or ""
        return int(number) if number.isascii() and number.isdigit() else 0

    def message_text(self):
        """Return what was written, empty for a message without text."""
        message = self.payload.get("message")
        text = message.get("text") if isinstance(message, dict) else None
        return text if isinstance(text, str) else ""

    def broadcast_type(self):
        """Return the kind of mass or automatic message, if this is one."""
        message = self.payload.get("message")
        return message.get("broadcastType") if isinstance(message, dict) else None

    def is_closed(self):
        """Tell whether a chat event says that the chat is closed now."""
        return str(self.payload.get("status")).lower() == "closed"

    def assignee(self):
        """Return the id of the agent who is responsible now, None for nobody (3.5)."""
        return id_of(self.payload.get("assignee"))

    def closed_by_customer(self):
        """Tell whether the customer closed the chat (helpcrunch-api.md 5)."""
        return str(self.payload.get("closedBy")).lower() == "customer"

    def rating(self):
        """Return what the customer says of the chat, None for what nobody can say."""
        rating = str(self.payload.get("rating")).lower()
        return rating if rating in dict(RATINGS) else None

    def customer_data(self):
        """Return what the event itself tells of the customer: name, e-mail, userId."""
        customer = self.payload.get("customer")
        return (customer_row(customer) or {}) if isinstance(customer, dict) else {}


@dataclass(frozen=True)
class Receipt:
    """What of a webhook has to be done after its answer.

    :ivar event_id: of the stored event; None if it needs no turn
    :ivar chat_id: the dialogue's, None if it has still to be made
    """

    account_id: int
    event_type: str
    event_id: int | None = None
    chat_id: int | None = None


def parse(body, offset=None):
    """Return the :class:`EventData` of a request's raw body.

    Accepts ``eventData`` as an object or as JSON text, times as numbers or text, and
    drops characters the database cannot hold.

    :param bytes body: as received
    :param float offset: seconds that HelpCrunch's clock is ahead of ours
    :raise MalformedWebhookError: not usable, and it will not get better
    """
    envelope = _read_object(body)
    external_id = _text(envelope.get("id"))
    event_type = envelope.get("event")
    if not external_id or not isinstance(event_type, str) or not event_type.strip():
        raise MalformedWebhookError("no event id or type")
    data = envelope.get("eventData")
    if isinstance(data, str):
        # C-market saw it so (helpcrunch-api.md 3.3).
        data = _read_object(data)
    if not isinstance(data, dict):
        data = {}
    # Only a catch-up says so.
    data.pop(ANSWERED, None)
    return interpret(
        external_id[:200], event_type.strip()[:100], data, envelope, offset
    )


def interpret(external_id, event_type, data, envelope, offset=None):
    """Return the :class:`EventData` of an event whose payload is already read."""
    message = data.get("message")
    message = message if isinstance(message, dict) else {}
    told_at = read_time(message.get("createdAt")) or read_time(
        envelope.get("createdAt")
    )
    is_customer_event = _is_about_customer(event_type)
    return EventData(
        external_id=external_id,
        event_type=event_type,
        payload=data,
        occurred_at=clock.to_ours(told_at, offset) if told_at else time.time(),
        # Three names for it are in use (3.5).
        chat=None
        if is_customer_event
        else next(filter(None, (read_id(data.get(key)) for key in _CHAT_KEYS)), None),
        customer=read_id(data.get("id"))
        if is_customer_event
        else id_of(data.get("customer")),
        application=read_id(message.get("applicationId") or data.get("applicationId")),
        agent=id_of(data.get("agent")),
        message=read_id(message.get("id")),
    )


def read_time(value):
    """Return Unix seconds as a number, from a number or text; None if it is neither.

    Pages and versions disagree: ``1603885746``, ``"1603885746"``,
    ``"1601557390.769"``, null (helpcrunch-api.md 2.2).
    """
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        seconds = float(value)
    except (ValueError, OverflowError):
        return None
    # Outside of these years it is no time of an event.
    return seconds if math.isfinite(seconds) and 0 < seconds < 32503680000 else None


def _read_object(text):
    try:
        # Always cleaned: lone surrogates may come escaped or as bytes.
        value = clean(json.loads(text, parse_constant=_refuse))
    except (ValueError, RecursionError) as error:
        raise MalformedWebhookError("no JSON") from error
    if not isinstance(value, dict):
        raise MalformedWebhookError("no JSON object")
    return value


def _refuse(name):
    # Python reads NaN and Infinity; JSON and the database do not.
    raise ValueError(name)


def _is_about_customer(event_type):
    return event_type.startswith("customer.")


def _text(value):
    """Return an event's own id as text: numbers and UUIDs occur."""
    if isinstance(value, bool) or not isinstance(value, int | str):
        return None
    try:
        return str(value).strip()[:64] or None
    except ValueError:
        # A number of thousands of digits.
        return None


def id_of(value):
    """Return the id of an agent or customer, given as an object or as a number."""
    return read_id(value.get("id") if isinstance(value, dict) else value)
