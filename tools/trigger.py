"""Read what an outside event says, and the names that it may tell values under."""

import json
import re
from dataclasses import dataclass, field

from ..const import PLACEHOLDER_LIMIT, VALUES_LIMIT
from .text import clean

# By what an event may say whom it is about.
WHOM = ("customer", "phone", "email", "user_id")
_KEYS = {"id", "step", "bot", "values", *WHOM}
_ID_LIMIT = 200
_TOLD = re.compile(r"(?:record|values)\.[a-z_][A-Za-z0-9_]{0,62}")
_NAME = re.compile(r"[a-z_][A-Za-z0-9_]{0,62}")


class MalformedTriggerError(ValueError):
    """The body is no event of ours.

    :ivar code: which rule it breaks, as :data:`helpcrunch.account` words it
    :ivar name: of what breaks it
    """

    def __init__(self, code, name=""):
        super().__init__(f"{code} {name}")
        self.code, self.name = code, name


@dataclass(frozen=True)
class Trigger:
    """An outside event.

    :ivar key: its own id; the same again is the same event
    :ivar step: code of the step that it starts
    :ivar bot: name of the step's bot, None: whichever has the step
    :ivar whom: how it names the customer, one of :data:`WHOM`
    :ivar value: the customer's number, phone, e-mail or user id
    :ivar values: texts for ``{{ values.<name> }}``
    """

    key: str
    step: str
    bot: str | None
    whom: str
    value: str
    values: dict = field(default_factory=dict)


def is_told(name):
    """Tell whether a placeholder's value comes from a record or an outside event."""
    return bool(_TOLD.fullmatch(name))


def parse(body):
    """Return the :class:`Trigger` of a request's raw body.

    :param bytes body: as received
    :raise MalformedTriggerError: not usable, and it will not get better
    """
    try:
        told = clean(json.loads(body, parse_constant=_refuse))
    except (ValueError, RecursionError) as error:
        raise MalformedTriggerError("no_json") from error
    if not isinstance(told, dict):
        raise MalformedTriggerError("no_json")
    if unknown := sorted(set(told) - _KEYS):
        raise MalformedTriggerError("unknown", unknown[0][:60])
    named = [name for name in WHOM if told.get(name) is not None]
    if len(named) != 1:
        raise MalformedTriggerError("whom")
    return Trigger(
        _read_text(told, "id", numbers=True),
        _read_text(told, "step"),
        None if told.get("bot") is None else _read_text(told, "bot"),
        named[0],
        _read_text(told, named[0], numbers=named[0] in ("customer", "user_id")),
        _read_values(told.get("values")),
    )


def _refuse(name):
    # Python reads NaN and Infinity; JSON and the database do not.
    raise ValueError(name)


def _read_text(told, name, numbers=False):
    value = told.get(name)
    if numbers and isinstance(value, int) and not isinstance(value, bool):
        # More digits than anybody counts by; Python would refuse to write them.
        value = str(value) if abs(value) < 10**30 else None
    if not isinstance(value, str) or not value.strip():
        raise MalformedTriggerError("text", name)
    if len(value) > _ID_LIMIT:
        raise MalformedTriggerError("long", name)
    return value.strip()


def _read_values(values):
    if values is None:
        return {}
    if not isinstance(values, dict):
        raise MalformedTriggerError("values")
    if len(values) > VALUES_LIMIT:
        raise MalformedTriggerError("many")
    for name, value in values.items():
        if not _NAME.fullmatch(name):
            raise MalformedTriggerError("name", name[:60])
        if not isinstance(value, str):
            raise MalformedTriggerError("value", name)
        if len(value) > PLACEHOLDER_LIMIT:
            raise MalformedTriggerError("long", name)
    return values
