"""``{{ partner.name | "friend" }}`` in the texts of steps.

A placeholder is a name from a white list with an optional default in quotes. There are
no expressions: nothing here evaluates anything.
"""

import re

from ..const import PLACEHOLDER_LIMIT

# Found and read in two steps that never go over a character twice: a pattern that did
# both would take minutes for a few hundred spaces.
_BRACES = re.compile(r"\{\{([^{}]*)\}\}")
_CONTENT = re.compile(
    r"""\s*(?P<name>[a-z_][\w.]*)\s*
        (?:\|\s*(?P<default>"[^"]*"|'[^']*'|«[^»]*»|“[^”]*”|„[^“”]*[“”])\s*)?""",
    re.VERBOSE,
)


def find_problems(text, is_known):
    """Return the placeholders of ``text`` that nobody could fill in, as written.

    Braces that are never closed are one too: customers would read them.

    :param is_known: callable that tells whether a name is on the white list
    """
    problems = []
    for match in _BRACES.finditer(text or ""):
        name, _default = _read(match[1])
        if not name or not is_known(name):
            problems.append(match[0])
    _before, braces, unclosed = _BRACES.sub("", text or "").partition("{{")
    if braces:
        problems.append(braces + unclosed[:40])
    return problems


def read_names(text):
    """Return ``(name, default)`` of each well-formed placeholder of a text."""
    found = (_read(match[1]) for match in _BRACES.finditer(text or ""))
    return [(name, default) for name, default in found if name]


def fill(text, get_value):
    """Return ``text`` with its placeholders filled in, in one pass.

    A value that itself looks like a placeholder (a customer may well be called
    ``{{ chat.id }}``) stays what it is.

    :param get_value: callable from a name to its text; empty = use the default
    """

    def replace(match):
        name, default = _read(match[1])
        value = (name and get_value(name)) or default
        return str(value)[:PLACEHOLDER_LIMIT]

    return _BRACES.sub(replace, text or "")


def _read(content):
    """Return name and default of a placeholder; no name if it is not well-formed."""
    match = _CONTENT.fullmatch(content)
    if not match:
        return "", ""
    return match["name"], (match["default"] or "")[1:-1]
