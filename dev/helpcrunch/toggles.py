"""Switches of the stand-in: each exists because the sources disagree or are silent."""

from dataclasses import dataclass


def _boolean(value):
    if not isinstance(value, bool):
        raise ValueError("true or false is expected")
    return value


def _seconds(value):
    if isinstance(value, (list, tuple)) and len(value) == 2:
        return [_seconds(value[0]), _seconds(value[1])]
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise ValueError("seconds or [from, to] are expected")
    return value


def _number(value):
    if not isinstance(value, (int, float)):
        raise ValueError("a number is expected")
    return value


def _count(value):
    return int(_number(value))


def _numbers(value):
    return [_number(item) for item in value]


def _names(value):
    return None if value is None else [str(name) for name in value]


def _failures(value):
    entries = [
        dict(item) if isinstance(item, dict) else {"fail": item} for item in value
    ]
    for entry in entries:
        fail = entry.get("fail")
        if fail not in {"drop_before", "drop_after"} and not isinstance(fail, int):
            raise ValueError("a status, drop_before or drop_after is expected")
    return entries


def _choice(*values):
    def check(value):
        if value not in values:
            raise ValueError(f"one of {', '.join(values)} is expected")
        return value

    check.values = values
    return check


@dataclass(frozen=True)
class Toggle:
    """One switch: what it starts with, how a value is checked, what it is for."""

    default: object
    check: object
    help: str


TOGGLES = {
    # REST
    "rate_limit": Toggle(120, _count, "REST calls per window and key, 0 = no limit"),
    "rate_window": Toggle(60, _number, "length of the rolling window in seconds"),
    "retry_after": Toggle(False, _boolean, "429 answers carry Retry-After"),
    "error_style": Toggle("new", _choice("new", "old"), "generation of error bodies"),
    "clamp_limit": Toggle(False, _boolean, "limit over 100 is cut, not refused"),
    "empty_filter": Toggle(
        "all", _choice("all", "refuse"), "what a search with filter [] does"
    ),
    "message_status": Toggle(
        200, _choice(200, 201), "status of the answer to POST /messages"
    ),
    "put_answer": Toggle(
        "object",
        _choice("object", "empty", "no_content"),
        "PUT answers the chat, 200 without a body, or 204",
    ),
    "ignore_offset": Toggle(False, _boolean, "lists begin anew at every page"),
    "updated_at": Toggle(
        "created",
        _choice("created", "null"),
        "updatedAt of a message that was never edited",
    ),
    "both_totals": Toggle(False, _boolean, "lists carry total and meta.total"),
    "timestamps": Toggle(
        "seconds",
        _choice("seconds", "milliseconds", "integer"),
        "form of times in REST answers",
    ),
    "custom_attributes": Toggle(
        None, _names, "list of known custom attributes, null = any name"
    ),
    "merge_custom_data": Toggle(
        False, _boolean, "PATCH merges customData instead of replacing it"
    ),
    "team_online": Toggle(True, _boolean, "teamOnline of the organisation"),
    # The life of a chat
    "auto_assign": Toggle(True, _boolean, "a replying agent gets an unassigned chat"),
    "closed_chat": Toggle(
        "reopen",
        _choice("reopen", "new"),
        "a customer's message after closing: same chat or a new one",
    ),
    "closed_agent_message": Toggle(
        "keep",
        _choice("keep", "reopen", "refuse"),
        "an agent's message into a closed chat: stays closed, reopens, 400",
    ),
    "chat_new_for_api": Toggle(False, _boolean, "POST /chats sends chat.new too"),
    "tech_lines": Toggle(True, _boolean, "status and assignee leave tech messages"),
    "reassign_after": Toggle(
        0,
        _number,
        "a chat whose customer waits so many seconds gets the next agent, 0 = never",
    ),
    "clock_shift": Toggle(0, _number, "seconds added to HelpCrunch's clock"),
    # Webhooks
    "chat_id_key": Toggle(
        "chat_id",
        _choice("chat_id", "chatId", "id"),
        "name of the chat's id in message and chat events",
    ),
    "echo": Toggle(True, _boolean, "messages posted by REST come back as webhooks"),
    "duplicate": Toggle(0, _count, "how many more times each webhook is delivered"),
    "webhook_before_answer": Toggle(
        False, _boolean, "webhooks are delivered before the REST call is answered"
    ),
    "reorder": Toggle(False, _boolean, "chat.new comes after the first message"),
    "concurrent": Toggle(
        False, _boolean, "webhooks of one customer go out at once, not in turn"
    ),
    "webhook_retries": Toggle(
        [1, 5, 25], _numbers, "seconds before each further try after a failure"
    ),
    "webhook_timeout": Toggle(10, _number, "seconds a receiver has to answer"),
    "event_data_as_string": Toggle(False, _boolean, "eventData is JSON text"),
    "wrong_signature": Toggle(False, _boolean, "webhooks are signed with a wrong key"),
    "webhook_delay": Toggle(0, _seconds, "seconds, or [from, to], before delivery"),
    "webhook_loss": Toggle(0, _number, "share of webhooks that get lost, 0 to 1"),
    "webhook_loss_next": Toggle(0, _count, "the next N webhooks get lost"),
    "capture": Toggle(False, _boolean, "webhooks are kept for captured(), not sent"),
    # Trouble
    "latency": Toggle(0, _seconds, "seconds, or [from, to], before the work of a call"),
    "latency_after": Toggle(
        0, _seconds, "seconds, or [from, to], between the work and the answer"
    ),
    "fail_next": Toggle(
        [], _failures, "what happens to the next calls: see the README"
    ),
    "down": Toggle(False, _boolean, "every REST call is answered 503"),
    "refuse_key": Toggle(False, _boolean, "every REST call is answered 401"),
}


class Toggles:
    """The values of all switches, as attributes."""

    def __init__(self, **start):
        self._start = start
        self.reset()

    def reset(self):
        """Put every switch back to what it was at the start."""
        self.set(**{name: toggle.default for name, toggle in TOGGLES.items()})
        self.set(**self._start)

    def set(self, **values):
        """Change switches; nothing changes when one value is wrong.

        :raise ValueError: If a name or a value is unknown
        """
        checked = {}
        for name, value in values.items():
            if name not in TOGGLES:
                raise ValueError(f"unknown toggle {name}")
            try:
                checked[name] = TOGGLES[name].check(value)
            except (TypeError, ValueError) as error:
                raise ValueError(f"{name}: {error}") from error
        for name, value in checked.items():
            setattr(self, name, value)

    def all(self):
        """Return every switch with its present value."""
        return {name: getattr(self, name) for name in TOGGLES}

    @staticmethod
    def described():
        """Return default, choices and help of every switch, for the panel page."""
        return {
            name: {
                "default": toggle.default,
                "choices": list(getattr(toggle.check, "values", ())),
                "help": toggle.help,
            }
            for name, toggle in TOGGLES.items()
        }
