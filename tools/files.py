"""Links and files in what people write: HelpCrunch hands a file over as its address."""

import re
from pathlib import PurePosixPath
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

# helpcrunch-api.md 2.2: a customer's file is an Uploadcare address or a bare UUID.
FILE_HOST = "ucarecdn.com"
_UUID = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
_BARE_UUID = re.compile(rf"(?<![^\s\[(]){_UUID}(?![^\s\]),;.])", re.IGNORECASE)
# A second address right after a comma is one of its own, and no part of the first.
_LINK = re.compile(r"https?://(?:(?![,;|]https?://)[^\s<>\"'])+", flags=re.IGNORECASE)
_CLOSING = {")": "(", "]": "[", "}": "{"}
# Nobody clicks on more; a message may be made of nothing but links.
_MAX_LINKS = 50
_NAME_LENGTH = 60
_KINDS = {
    "image": {"jpg", "jpeg", "png", "gif", "webp", "bmp", "avif"},
    "video": {"mp4", "webm", "mov", "m4v", "ogv"},
    "audio": {"mp3", "ogg", "oga", "opus", "wav", "m4a", "aac", "weba"},
}


class File(NamedTuple):
    """An address in a text.

    :ivar int start: where it begins in the text, with the bracket around it
    :ivar int end: where the text goes on
    :ivar str kind: ``image``, ``video`` or ``audio`` as its ending says, else ``file``
    :ivar str name: the file's own name, empty if it has none
    """

    start: int
    end: int
    url: str
    kind: str
    name: str

    def is_at(self, *places):
        """Tell whether it lies where HelpCrunch keeps files, or where we do.

        :param str places: what addresses of our own begin with
        """
        scheme, host, path = _split(self.url)
        if re.search(r"[/\\]\.|\\", unquote(path)):
            # A browser goes up to other addresses of the place by it.
            return False
        return (scheme, host) == ("https", FILE_HOST) or self.url.startswith(places)


def find_files(text):
    """Return the addresses that a text holds, in order: files and any other links.

    Brackets around an address (``[https://…/a.jpg]``), and what punctuation follows
    it, are no part of it. A bare Uploadcare UUID is one only among nothing but other
    addresses: between words it may be anybody's number.

    :rtype: list of File
    """
    text = text or ""
    found, position = [], 0
    for _ in range(_MAX_LINKS):
        if not (match := _LINK.search(text, position)):
            break
        url = _cut_link(match[0])
        start, position = match.start(), match.start() + len(url)
        if url.endswith("://"):
            continue
        if text[max(start - 1, 0)] == "[" and text[position : position + 1] == "]":
            start, position = start - 1, position + 1
        found.append(_make_file(start, position, url))
    return found + _find_uuids(text, found)


def is_only_file(text):
    """Tell whether a text says nothing but addresses, so that it is no name."""
    return bool((found := find_files(text)) and not _get_words(text, found))


def _find_uuids(text, found):
    if found or len(text) > 50 * 40:
        # Who sends a link writes no bare ids beside it.
        return []
    uuids = [
        File(
            match.start(),
            match.end(),
            f"https://{FILE_HOST}/{match[0].lower()}/",
            "file",
            "",
        )
        for match in _BARE_UUID.finditer(text)
    ]
    return [] if _get_words(text, uuids) else uuids


def _get_words(text, found):
    """Return what a text says beside the addresses in it."""
    parts, position = [], 0
    for file in found:
        parts.append(text[position : file.start])
        position = file.end
    return re.sub(r"[\W_]+", "", "".join([*parts, text[position:]]))


def _cut_link(link):
    """Drop what ends a sentence or closes a bracket that was opened before."""
    opened = []
    for place, letter in enumerate(link):
        if letter in _CLOSING.values():
            opened.append(letter)
        elif letter in _CLOSING:
            if not opened or opened.pop() != _CLOSING[letter]:
                link = link[:place]
                break
    return link.rstrip(".,;:!?")


def _make_file(start, end, url):
    path = PurePosixPath(unquote(_split(url)[2]))
    ending = path.suffix
    kinds = (kind for kind, known in _KINDS.items() if ending[1:].lower() in known)
    # On Uploadcare a path may end with the id or an operation instead of a name.
    name = " ".join(path.name.split()) if ending else ""
    if len(name) > _NAME_LENGTH:
        ending = ending[:9]
        name = f"{name[: _NAME_LENGTH - 1 - len(ending)]}…{ending}"
    return File(start, end, url, next(kinds, "file"), name)


def _split(url):
    """Return scheme, host and path; the host with all that stands beside it."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return "", "", ""
    return parts.scheme.lower(), parts.netloc.lower(), parts.path
