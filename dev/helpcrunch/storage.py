"""Keeping the state in a JSON file between starts."""

import json
import os
import tempfile
from pathlib import Path

from . import records

_COUNTERS = ("next_customer_id", "next_chat_id", "next_message_id", "next_action_id")


def _fields(record, without=()):
    return {
        name: getattr(record, name) for name in record.__slots__ if name not in without
    }


def snapshot(desk, webhooks):
    """Return the state as JSON data; holds the desk's lock meanwhile."""
    with desk.lock:
        return {
            "counters": {name: getattr(desk, name) for name in _COUNTERS},
            "visitors": [dict(visitor) for visitor in desk.visitors],
            "customers": [_fields(one) for one in desk.customers.values()],
            "chats": [
                {
                    **_fields(chat, without=("messages",)),
                    "messages": [_fields(message) for message in chat.messages],
                }
                for chat in desk.chats.values()
            ],
            "webhooks": list(webhooks.rows),
        }


def restore(data, desk, webhooks):
    """Put a saved state back into an empty desk."""
    with desk.lock:
        for name in _COUNTERS:
            setattr(desk, name, data["counters"][name])
        desk.visitors = data["visitors"]
        for values in data["customers"]:
            customer = records.Customer(**values)
            desk.customers[customer.id] = customer
            if customer.user_id is not None:
                desk.by_user_id[customer.user_id] = customer.id
        for values in data["chats"]:
            messages = [records.Message(**line) for line in values.pop("messages")]
            chat = records.Chat(**values, messages=messages)
            desk.chats[chat.id] = chat
            if chat.snoozed_until is not None:
                desk.snoozed.add(chat.id)
        webhooks.restore_rows(data["webhooks"])


class DataFile:
    """The file behind ``--data``; written to a neighbour first, then renamed."""

    def __init__(self, path, desk, webhooks):
        self._path = Path(path)
        self._desk = desk
        self._webhooks = webhooks
        self._saved = None

    def load(self):
        """Read the file if it is there.

        :raise ValueError: If it is no JSON
        """
        if self._path.exists():
            data = json.loads(self._path.read_text(encoding="utf-8"))
            restore(data, self._desk, self._webhooks)
        self._saved = self._state()

    def _state(self):
        return (self._desk.version, tuple(row["id"] for row in self._webhooks.rows))

    def save(self):
        """Write the file unless nothing changed since the last time."""
        state = self._state()
        if state == self._saved:
            return
        text = json.dumps(snapshot(self._desk, self._webhooks))
        self._path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=self._path.parent, prefix=self._path.name)
        with os.fdopen(handle, "w", encoding="utf-8") as neighbour:
            neighbour.write(text)
        Path(name).replace(self._path)
        self._saved = state
