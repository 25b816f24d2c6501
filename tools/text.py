"""Small things done to text that comes in from, or goes out to, a stranger."""

import re
from html import escape

import lxml.html

from ..const import TEXT_LIMIT

# Python reads JSON far deeper than it can walk through it afterwards.
_MAX_DEPTH = 50
_BREAKS = ("\n\n", "\n", ". ", "! ", "? ", "; ", ", ", " ")
# helpcrunch-api.md 2.2: a customer's file is an Uploadcare address or a bare UUID.
_UUID = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
_BARE_UUID = re.compile(rf"\s*({_UUID})\s*", re.IGNORECASE)
# Nobody clicks on more; a message may be made of nothing but links.
_MAX_LINKS = 50
_LINK = re.compile(r"https?://[^\s<>\"']+")


def clean(value, depth=_MAX_DEPTH):
    """Drop what PostgreSQL cannot store: NUL characters and lone surrogates.

    Works through lists and objects, as a webhook's payload nests them.

    :raise ValueError: nested deeper than anybody means it
    """
    if isinstance(value, str):
        return value.replace("\0", "").encode("utf-8", "ignore").decode()
    if isinstance(value, dict | list) and not depth:
        raise ValueError("nested too deep")
    if isinstance(value, dict):
        return {clean(key): clean(item, depth - 1) for key, item in value.items()}
    if isinstance(value, list):
        return [clean(item, depth - 1) for item in value]
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
    # Rather a short part than a link in two.
    return next((cut for cut in range(limit, 0, -1) if text[cut].isspace()), limit)


def file_links(text):
    """Return the addresses of files and pages that a customer's message holds.

    A bare Uploadcare UUID opens as ``https://ucarecdn.com/<uuid>/``
    (helpcrunch-api.md 2.2, seen in C-viewer).

    :return: different addresses, none of them a part of another: whoever puts one
        after the other into HTML would put the second inside of the first
    """
    if match := _BARE_UUID.fullmatch(text or ""):
        return [f"https://ucarecdn.com/{match[1].lower()}/"]
    found = (match[0].rstrip(".,;:!?)") for match in _LINK.finditer(text or ""))
    links = list(dict.fromkeys(found))
    return [
        link
        for link in links[:_MAX_LINKS]
        if not any(link in other and link != other for other in links)
    ]


def cut_marked(markup, css_class):
    """Return HTML without the elements of a class; None if it has none of them."""
    root = lxml.html.fragment_fromstring(markup, "div")
    found = root.find_class(css_class)
    if not found:
        return None
    for element in found:
        element.drop_tree()
    return escape(root.text or "", quote=False) + "".join(
        lxml.html.tostring(child, encoding="unicode") for child in root
    )
