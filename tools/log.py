"""Keep keys out of whatever is logged or shown."""

import re

_BEARER = re.compile(r"(?i)(bearer\s+|api[_-]?key[\"'=:\s]+)[^\s\"',]+")
_TOKEN = re.compile(r"(/helpcrunch/webhook/)[\w-]+")


def mask_secrets(text, *secrets):
    """Return ``text`` without bearer keys, webhook tokens and the given secrets.

    :param secrets: values that must not be seen whatever stands around them
    :rtype: str
    """
    text = str(text)
    # First of all: a pattern ends at a space or comma, and a key may have one inside.
    for secret in secrets:
        if secret:
            # Errors quote what they refuse, with "\\n" for a new line.
            for shown in (secret, repr(secret)[1:-1]):
                text = text.replace(shown, "***")
    return _TOKEN.sub(r"\1***", _BEARER.sub(r"\1***", text))
