"""What an operator may order with a slash."""

import re

COMMANDS = ("lead", "close", "transfer", "pause", "resume", "help")
_COMMAND = re.compile(
    rf"\s*/({'|'.join(COMMANDS)})(?:\s+(.*))?\s*", re.IGNORECASE | re.DOTALL
)


def parse_command(text):
    """Return ``(name, argument)`` of a command, None for anything else."""
    match = _COMMAND.fullmatch(text or "")
    return match and (match[1].lower(), (match[2] or "").strip())
