"""Keep keys out of whatever is logged, stored or shown."""

import logging
import re

_BEARER = re.compile(r"(?i)(bearer\s+|api[_-]?key[\"'=:\s]+)[^\s\"',]+")
_TOKEN = re.compile(r"(/helpcrunch/webhook/)[\w-]+")
# As it is, and as the address that somebody is led back to after logging in.
_LOGIN = re.compile(
    r"(helpcrunch(?:/|%(?:25)*2F)login(?:/|%(?:25)*2F))[\w-]{16,}", re.I
)
# What stands in place of a one-time link's token.
MASK = "…"
# Who writes down addresses that were asked for, and statements that failed.
_LOGGERS = ("werkzeug", "odoo.sql_db")


def mask_secrets(text, *secrets):
    """Return ``text`` without bearer keys, tokens in addresses and the given secrets.

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
    return mask_links(_TOKEN.sub(r"\1***", _BEARER.sub(r"\1***", text)))


def mask_links(text):
    """Return ``text`` with one-time links that open nothing any more.

    >>> mask_links("Open https://odoo.example/helpcrunch/login/0123456789abcdef!")
    'Open https://odoo.example/helpcrunch/login/…!'
    """
    return _LOGIN.sub(rf"\1{MASK}", text)


class _LinkFilter(logging.Filter):
    """Lets every line pass, without the tokens of one-time links."""

    def filter(self, record):
        text = record.getMessage()
        masked = mask_links(text)
        if masked != text:
            record.msg, record.args = masked, ()
        return True


def keep_links_out():
    """Keep one-time links out of the server's log, whoever asks for their page."""
    for name in _LOGGERS:
        logger = logging.getLogger(name)
        if not any(isinstance(known, _LinkFilter) for known in logger.filters):
            logger.addFilter(_LinkFilter())
