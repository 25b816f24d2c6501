"""Small things done to text that comes in from, or goes out to, a stranger."""

import re

from ..const import TEXT_LIMIT

_BREAKS = ("\n\n", "\n", ". ", "! ", "? ", "; ", ", ", " ")
# helpcrunch-api.md 2.2: a customer's file is an Uploadcare address or a bare UUID.
_UUID = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
_BARE_UUID = re.compile(rf"\s*({_UUID})\s*", re.IGNORECASE)
_LINK = re.compile(r"https?://[^\s<>\"']+")


def clean(value):
    """Drop what PostgreSQL cannot store: NUL characters and lone surrogates.

    Works through lists and objects, as a webhook's payload nests them.
    """
    if isinstance(value, str):
        return value.replace("\0", "").encode("utf-8", "ignore").decode()
    if isinstance(value, dict):
        return {clean(key): clean(item) for key, item in value.items()}
    if isinstance(value, list):
        return [clean(item) for item in value]
    return value


def split_text(text, limit=TEXT_LIMIT):
    """Cut a long text into parts of at most ``limit`` characters.

    Cuts at the end of a paragraph, else of a line, a sentence, a word; a word longer
    than the limit is cut where it must be. Nothing but white space at a cut is lost.

    :return: list of parts, empty for a text of white space
    """
    parts = []
    text = text.strip()
    while len(text) > limit:
        cut = _find_cut(text, limit)
        parts.append(text[:cut].rstrip())
        text = text[cut:].lstrip()
    if text:
        parts.append(text)
    return parts


def _find_cut(text, limit):
    for mark in _BREAKS:
        # Not in the first half: a short greeting alone in a part looks broken.
        position = text.rfind(mark, limit // 2, limit - len(mark) + 1)
        if position > 0:
            return position + len(mark)
    return limit


def file_links(text):
    """Return the addresses of files and pages that a customer's message holds.

    A bare Uploadcare UUID opens as ``https://ucarecdn.com/<uuid>/``
    (helpcrunch-api.md 2.2, seen in C-viewer).
    """
    if match := _BARE_UUID.fullmatch(text or ""):
        return [f"https://ucarecdn.com/{match[1].lower()}/"]
    return [link.rstrip(".,;:!?)") for link in _LINK.findall(text or "")]
