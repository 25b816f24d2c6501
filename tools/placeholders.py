"""``{{ partner.name | "friend" }}`` in the texts of steps.

A placeholder is a name from a white list with an optional default in quotes. There are
no expressions: nothing here evaluates anything.
"""

import re

from ..const import PLACEHOLDER_LIMIT

_PLACEHOLDER = re.compile(
    r"""\{\{\s*
        (?P<name>[a-z_][\w.]*)?\s*
        (?:\|\s*(?P<quote>["'«“])(?P<default>[^"'»”{}]*)["'»”]\s*)?
        (?P<rest>[^{}]*?)\s*
        \}\}""",
    re.VERBOSE,
)


def find_problems(text, is_known):
    """Return the placeholders of ``text`` that nobody could fill in, as written.

    :param is_known: callable that tells whether a name is on the white list
    """
    return [
        match[0]
        for match in _PLACEHOLDER.finditer(text or "")
        if match["rest"] or not match["name"] or not is_known(match["name"])
    ]


def find_names(text):
    """Return the set of names that the placeholders of ``text`` ask for."""
    return {match["name"] for match in _PLACEHOLDER.finditer(text or "")}


def fill(text, get_value):
    """Return ``text`` with its placeholders filled in, in one pass.

    A value that itself looks like a placeholder (a customer may well be called
    ``{{ chat.id }}``) stays what it is.

    :param get_value: callable from a name to its text; empty = use the default
    """

    def replace(match):
        value = get_value(match["name"]) or match["default"] or ""
        return str(value)[:PLACEHOLDER_LIMIT]

    return _PLACEHOLDER.sub(replace, text or "")
