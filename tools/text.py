"""Small things done to text that comes in from, or goes out to, a stranger."""

import re
import unicodedata
from html import escape

import lxml.html

from ..const import TEXT_LIMIT

# Python reads JSON far deeper than it can walk through it afterwards.
_MAX_DEPTH = 50
_BREAKS = ("\n\n", "\n", ". ", "! ", "? ", "; ", ", ", " ")


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


_BLOCKS = {"p", "div", "ul", "ol", "blockquote", "pre", "h1", "h2", "h3", "h4", "h5"}
_MARKS = {"b": "**", "strong": "**", "i": "*", "em": "*"}


def html_to_markdown(html):
    """Return what a person wrote in Odoo as ``(text, markdown)`` for HelpCrunch.

    HelpCrunch knows bold, italic and links (helpcrunch-api.md 8); all else is reduced
    to text and line ends. ``markdown`` is None for a text without any of them.
    """
    if not html:
        return "", None
    root = lxml.html.fragment_fromstring(str(html), "div")
    text = _tidy(_render(root, marked=False))
    markdown = _tidy(_render(root, marked=True))
    return text, markdown if markdown != text else None


def _render(element, marked):
    parts = [element.text or ""]
    for number, child in enumerate(element, start=1):
        if isinstance(child.tag, str):
            parts.append(_render_element(child, number, marked))
        parts.append(child.tail or "")
    return "".join(parts)


def _render_element(child, number, marked):
    if child.tag == "br":
        return "\n"
    inner = _render(child, marked)
    if child.tag == "li":
        ordered = child.getparent().tag == "ol"
        return f"\n{f'{number}.' if ordered else '-'} {inner.strip()}\n"
    if child.tag in _BLOCKS:
        return f"\n{inner}\n"
    if child.tag == "a":
        return _render_link(child.get("href") or "", inner.strip(), marked)
    mark = _MARKS.get(child.tag) if marked and inner.strip() else None
    if not mark:
        return inner
    # Spaces inside of the marks would show them as they are.
    head = inner[: len(inner) - len(inner.lstrip())]
    tail = inner[len(inner.rstrip()) :]
    return f"{head}{mark}{inner.strip()}{mark}{tail}"


def _render_link(url, label, marked):
    if not url.startswith(("http://", "https://", "mailto:")) or label in ("", url):
        # A mention of a colleague, or a bare address.
        return label or url
    return f"[{label}]({url})" if marked else f"{label} ({url})"


def _tidy(text):
    lines = [line.strip() for line in text.replace("\xa0", " ").split("\n")]
    text = re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()
    # Pasted texts begin with characters nobody sees; a command would not be known.
    while text and (text[0].isspace() or unicodedata.category(text[0]) == "Cf"):
        text = text[1:]
    return text
