"""The shapes of what HelpCrunch tells, checked once, where it comes in.

An answer is not believed by its status, nor a row by being there: a proxy, a test
server or a fault of HelpCrunch's may say anything with a 200. Behind this door ids are
numbers, references are objects with an id or None, texts are texts or None.
"""

from ..exceptions import UnknownOutcomeError

# JSON's numbers are exact up to here, and so is the column that orders messages.
_MAX_ID = 2**53


def read_id(value):
    """Return an id of HelpCrunch's as digits, None for anything else.

    HelpCrunch writes numbers; older pages and some clients digit strings
    (helpcrunch-api.md 1.6).
    """
    if isinstance(value, str):
        value = value.strip()
        # int() refuses thousands of digits in a way of its own.
        if not (value.isascii() and value.isdigit() and len(value) <= 16):
            return None
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        return None
    return str(value) if 0 <= value < _MAX_ID else None


def read_object(answer, tidy, wanted=None):
    """Return a single object, bare or below ``data`` (helpcrunch-api.md 1.6).

    :param tidy: one of this module's functions for a kind of row
    :param wanted: the id it must have
    :raise UnknownOutcomeError: it is something else
    """
    row = None
    if isinstance(answer, dict) and not answer.get("errors"):
        row = tidy(answer.get("data", answer))
    if row is None or (wanted is not None and row["id"] != int(wanted)):
        raise UnknownOutcomeError("the answer is not what HelpCrunch answers here")
    return row


class Rows(list):
    """The good rows of a list.

    :ivar told: how many rows there were, the bad ones too
    """

    told = 0


def read_rows(answer, tidy, strict=False):
    """Return the rows of a list; they are below ``data``.

    :param tidy: one of this module's functions for a kind of row
    :param bool strict: one row that is none makes the whole list wrong, because
        somebody will conclude from what is missing; else it is skipped
    :raise UnknownOutcomeError: it is no list, or none of its rows is one
    """
    rows = None
    if isinstance(answer, dict) and not answer.get("errors"):
        rows = answer.get("data")
    if not isinstance(rows, list):
        raise UnknownOutcomeError("the answer is not a list of HelpCrunch's")
    good = Rows(row for row in map(tidy, rows) if row is not None)
    good.told = len(rows)
    if len(good) < len(rows) and (strict or not good):
        raise UnknownOutcomeError("the answer is a list with rows that are none")
    return good


def check_update(answer, chat):
    """Accept what a PUT on a chat may answer: the chat, or nothing (1.6, 2.7).

    :raise UnknownOutcomeError: it is something else
    """
    if answer not in (None, {}, []):
        read_object(answer, chat_row, wanted=chat)


# === KINDS OF ROWS: each returns a tidy copy, or None === #


def organization_row(row):
    """Tidy the organisation."""
    if not isinstance(row, dict) or not ("id" in row or row.get("domain")):
        return None
    return {**row, "domain": _text(row.get("domain"))}


def team_row(row):
    """Tidy an agent, an application or a department."""
    return _tidy(row, texts=("name", "email", "role", "displayName", "type"))


def message_row(row):
    """Tidy a message of a chat."""
    row = _tidy(row, texts=("from", "type", "broadcastType"), references=("agent",))
    if row is None or not isinstance(row.get("text"), str | None):
        return None
    return row


def chat_row(row):
    """Tidy a chat."""
    row = _tidy(
        row,
        texts=("status", "createdWith"),
        references=("assignee", "customer"),
    )
    if row is not None:
        for name in ("applicationId", "lastMessageId"):
            row[name] = _number(row.get(name))
    return row


def customer_row(row):
    """Tidy a customer."""
    return _tidy(
        row, texts=("name", "email", "phone", "locale", "userId", "createdFrom")
    )


def _tidy(row, texts=(), references=()):
    number = _number(row.get("id")) if isinstance(row, dict) else None
    if number is None:
        return None
    return {
        **row,
        **{name: _text(row[name]) for name in texts if name in row},
        **{name: _reference(row[name]) for name in references if name in row},
        "id": number,
    }


def _number(value):
    digits = read_id(value)
    return None if digits is None else int(digits)


def _text(value):
    if isinstance(value, int | float) and not isinstance(value, bool):
        value = str(value)
    return value if isinstance(value, str) else None


def _reference(value):
    """Return an agent or customer as an object, also if only the number was told."""
    if not isinstance(value, dict):
        value = {"id": value}
    return _tidy(value, texts=("name", "email"))
