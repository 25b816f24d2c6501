"""Keep keys out of whatever is logged or shown."""

import re

_BEARER = re.compile(r"(?i)(bearer\s+|api[_-]?key[\"'=:\s]+)[^\s\"',]+")
_TOKEN = re.compile(r"(/helpcrunch/webhook/)[\w-]+")


def mask_secrets(text, *secrets):
    """Return ``text`` without bearer keys, webhook tokens and the given secrets.

    :param secrets: values that must not be seen whatever stands around them
    :rtype: str
    """
    text = _TOKEN.sub(r"\1***", _BEARER.sub(r"\1***", str(text)))
    for secret in secrets:
        if secret:
            text = text.replace(secret, "***")
    return text
