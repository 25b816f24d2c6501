"""Lists: paging, sorting, filters (section 1.6)."""

from heapq import nlargest, nsmallest
from itertools import islice

from .forms import BLANK, NO_CHOICE, NOT_NUMERIC, Form, number
from .refusals import Refusal

MAX_LIMIT = 100
_OPERATORS = {
    "=": lambda have, want: have == want,
    "!=": lambda have, want: have != want,
    ">": lambda have, want: have is not None and have > want,
    "<": lambda have, want: have is not None and have < want,
    ">=": lambda have, want: have is not None and have >= want,
    "<=": lambda have, want: have is not None and have <= want,
    "~": lambda have, want: want.lower() in (have or "").lower(),
    "!~": lambda have, want: want.lower() not in (have or "").lower(),
}
_ALLOWED = {
    "number": {"=", "!=", ">", "<", ">=", "<="},
    "string": {"=", "!=", "~", "!~"},
    "status": {"=", "!=", "~", "!~"},
    "numbers": {"="},
    "tags": {"="},
}


def normal_status(text):
    """Return a status without spaces and hyphens (section 5)."""
    return text.lower().replace(" ", "").replace("-", "").replace("_", "")


def _seconds(moment):
    return None if moment is None else int(moment)


def _channel(word):
    # Messenger ids are searchable but no fields of the object: createdFrom and
    # integrationId carry them (section 4).
    def read(desk, customer):
        return customer.integration_id if customer.created_from == word else None

    return ("string", read)


CHAT_FIELDS = {
    "chats.assignee": ("number", lambda desk, chat: chat.assignee_id),
    "chats.agents": ("numbers", lambda desk, chat: chat.agent_ids),
    "chats.createdAt": ("number", lambda desk, chat: _seconds(chat.created_at)),
    "chats.updatedAt": (
        "number",
        lambda desk, chat: _seconds(chat.last_message_at or chat.created_at),
    ),
    "chats.closedAt": ("number", lambda desk, chat: _seconds(chat.closed_at)),
    "chats.department": ("number", lambda desk, chat: chat.department_id),
    "chats.status": ("status", lambda desk, chat: normal_status(chat.status)),
    "chats.rating": ("string", lambda desk, chat: chat.rating),
    "chats.customer": ("number", lambda desk, chat: chat.customer_id),
    "chats.customer.email": (
        "string",
        lambda desk, chat: desk.customers[chat.customer_id].email,
    ),
    "chats.customer.userId": (
        "string",
        lambda desk, chat: desk.customers[chat.customer_id].user_id,
    ),
    "chats.customer.tagsData": (
        "tags",
        lambda desk, chat: desk.customers[chat.customer_id].tags,
    ),
}
CUSTOMER_FIELDS = {
    "customers.id": ("number", lambda desk, one: one.id),
    "customers.name": ("string", lambda desk, one: one.name),
    "customers.email": ("string", lambda desk, one: one.email),
    "customers.company": ("string", lambda desk, one: one.company),
    "customers.phone": ("string", lambda desk, one: one.phone),
    "customers.countryCode": ("string", lambda desk, one: one.country_code),
    "customers.city": ("string", lambda desk, one: one.city),
    "customers.regionCode": ("string", lambda desk, one: one.region_code),
    "customers.lastSeen": ("number", lambda desk, one: _seconds(one.last_seen)),
    "customers.userId": ("string", lambda desk, one: one.user_id),
    "customers.tagsData": ("tags", lambda desk, one: one.tags),
    "customers.telegramId": _channel("telegram"),
    "customers.facebookId": _channel("facebook"),
    "customers.instagramId": _channel("instagram"),
    "customers.viberId": _channel("viber"),
    "customers.whatsappId": _channel("whatsapp"),
}
CHAT_SORTS = {
    "chats.createdAt": lambda chat: chat.created_at,
    "chats.lastCustomerMessageAt": lambda chat: chat.last_customer_message_at or 0,
    "chats.lastMessageAt": lambda chat: chat.last_message_at or 0,
    "chats.closedAt": lambda chat: chat.closed_at or 0,
}
CUSTOMER_SORTS = {
    "customers.firstSeen": lambda one: one.first_seen or 0,
    "customers.lastSeen": lambda one: one.last_seen or 0,
}
_PAGE = ("offset", "limit", "sort", "order")


class Page:
    """Paging and sorting of one call, from a query or a search body.

    :param values: dict of the query or body
    :param sorts: sortable fields and their keys
    :param toggles: what becomes of too high a limit and of the offset
    :raise Refusal: If one of them is wrong
    """

    def __init__(self, values, sorts, toggles, fields=()):
        form = Form(values, (*_PAGE, *fields))
        self.offset = form.number("offset", default=0)
        self.limit = form.number("limit", default=MAX_LIMIT)
        if self.limit is not None and self.limit > MAX_LIMIT:
            if toggles.clamp_limit:
                self.limit = MAX_LIMIT
            else:
                form.blame("limit", "This value should be 100 or less.")
        if self.limit == 0:
            form.blame("limit", "This value should be 1 or more.")
        sort = values.get("sort")
        if sort is not None and sort not in sorts:
            form.blame("sort", NO_CHOICE)
        order = values.get("order")
        if order is not None and str(order).lower() not in {"asc", "desc"}:
            form.blame("order", NO_CHOICE)
        form.done()
        if toggles.ignore_offset:
            self.offset = 0
        self._key = sorts.get(sort)
        self.descending = str(order).lower() == "desc"

    def _place(self, record):
        return self._key(record), record.id

    def cut(self, records):
        """Return the records of the page, out of a list or a view of a dict."""
        end = self.offset + self.limit
        if self._key is not None:
            # Pages are small and lists may be long: no full sort.
            best = nlargest if self.descending else nsmallest
            return best(end, records, key=self._place)[self.offset :]
        if self.descending:
            records = reversed(records)
        return list(islice(records, self.offset, end))


def filters(body, fields, empty):
    """Return a function (desk, record) that tells whether a record fits.

    Without any filter both searches return everything (section 1.6, C-pipe).

    :param empty: what the toggle ``empty_filter`` says of an empty list
    :raise Refusal: If field, operator, value or comparison is wrong
    """
    given = body.get("filter")
    if given is None or (given == [] and empty == "all"):
        return None
    if not isinstance(given, list) or not given:
        raise Refusal(400, problems=[("filter", BLANK)])
    problems, tests = [], []
    for place, entry in enumerate(given):
        test = _test(entry, fields, f"filter[{place}]", problems)
        tests.append(test)
    comparison = body.get("comparison")
    if comparison not in {"AND", "OR"} and (len(given) > 1 or comparison is not None):
        problems.append(("comparison", NO_CHOICE))
    if problems:
        raise Refusal(400, problems=problems)
    some_or_all = any if comparison == "OR" else all
    return lambda desk, record: some_or_all(test(desk, record) for test in tests)


def _test(entry, fields, where, problems):
    if not isinstance(entry, dict) or set(entry) - {"field", "operator", "value"}:
        problems.append((where, "This value is not valid."))
        return None
    field, operator = entry.get("field"), entry.get("operator")
    if not field:
        problems.append((f"{where}.field", BLANK))
        return None
    if field not in fields:
        problems.append((f"{where}.field", NO_CHOICE))
        return None
    kind, read = fields[field]
    if operator not in _ALLOWED[kind]:
        problems.append((f"{where}.operator", NO_CHOICE))
        return None
    value = _value(kind, entry.get("value"))
    if value is None:
        wrong = NOT_NUMERIC if kind.startswith("number") else "This value is not valid."
        problems.append((f"{where}.value", wrong))
        return None
    if kind == "numbers":
        return lambda desk, record: value in read(desk, record)
    if kind == "tags":
        return lambda desk, record: value <= {tag["name"] for tag in read(desk, record)}
    compare = _OPERATORS[operator]
    return lambda desk, record: compare(read(desk, record), value)


def _value(kind, given):
    """Return the value in the field's type, or None: then the query fails."""
    if kind.startswith("number"):
        return number(given)
    if kind == "tags":
        if not isinstance(given, list) or not given:
            return None
        names = {tag.get("name") for tag in given if isinstance(tag, dict)}
        return names if len(names) == len(given) and None not in names else None
    if not isinstance(given, str):
        return None
    return normal_status(given) if kind == "status" else given


def only_number(body, field):
    """Return the value of an equality every result must meet, for an index."""
    given = body.get("filter")
    if isinstance(given, list) and body.get("comparison") != "OR":
        for entry in given:
            if entry.get("field") == field and entry.get("operator") == "=":
                return number(entry.get("value"))
    return None
