"""What an operator orders with a slash."""

import re

_COMMAND = re.compile(r"\s*/(\w+)(?:\s+(.*))?\s*", re.DOTALL)


def parse_command(text, names):
    """Return ``(name, argument)`` of a command, None for anything else.

    :param names: the commands that there are, in small letters
    """
    match = _COMMAND.fullmatch(text or "")
    if not match or match[1].lower() not in names:
        return None
    return match[1].lower(), (match[2] or "").strip()
