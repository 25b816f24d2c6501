"""Which phrase did the customer type? Pure functions on text.

Both sides of a comparison, the phrase an administrator wrote and the text a customer
typed, go through :func:`normalize`, so that case, spaces, trailing punctuation and the
kind of apostrophe make no difference (spec 4.1).
"""

import re
import unicodedata

MATCH_KINDS = ("exact", "starts", "contains_word")

_APOSTROPHES = str.maketrans(dict.fromkeys("’ʼ‘`´ʹ＇′", "'"))
_SPACES = re.compile(r"\s+")
_WORD = re.compile(r"[\w']+")


def normalize(text):
    """Return ``text`` in the form in which phrases are compared.

    NFKC, case folded, trimmed, inner spaces collapsed, one apostrophe for all, emoji
    variation marks and other invisible characters dropped, trailing punctuation
    dropped, a leading ``/`` optional. A text of which nothing would be left, such as
    ``"?"``, keeps its punctuation.

    >>> normalize("  Ліди ! ")
    'ліди'
    >>> normalize("/Start") == normalize("start")
    True
    """
    # Apostrophes first: NFKC turns an acute accent into a space and a mark.
    text = unicodedata.normalize("NFKC", text.translate(_APOSTROPHES)).casefold()
    # Case folding may undo the composition (İ), so once more.
    text = unicodedata.normalize("NFKC", text)
    text = "".join(char for char in text if not _is_invisible(char))
    text = _SPACES.sub(" ", text).strip()
    stripped = text.removeprefix("/").lstrip()
    while stripped and _is_punctuation(stripped[-1]):
        stripped = stripped[:-1].rstrip()
    return stripped or text


def _is_invisible(char):
    # Variation selectors are marks (Mn); zero-width characters are formats (Cf).
    return "\ufe00" <= char <= "\ufe0f" or unicodedata.category(char) == "Cf"


def _is_punctuation(char):
    return unicodedata.category(char).startswith("P")


def is_command(text):
    """Tell whether the customer typed a leading ``/``."""
    return text.lstrip().startswith("/")


def fits(kind, phrase, text):
    """Tell whether the normalised ``text`` matches the normalised ``phrase``.

    :param kind: ``exact``, ``starts`` (the text begins with the phrase, which ends at
        the end of a word) or ``contains_word`` (the phrase's words stand in the text,
        side by side)
    """
    if kind == "exact":
        return text == phrase
    if not phrase or phrase not in text:
        return False
    if kind == "starts":
        return text.startswith(phrase) and _ends_word(text, len(phrase))
    position = text.find(phrase)
    while position >= 0:
        if _begins_word(text, position) and _ends_word(text, position + len(phrase)):
            return True
        position = text.find(phrase, position + 1)
    return False


def _begins_word(text, position):
    return position == 0 or not (_WORD.match(text[position - 1 : position]))


def _ends_word(text, position):
    return position >= len(text) or not (_WORD.match(text[position : position + 1]))


def best(candidates, text):
    """Return the value of the candidate that ``text`` matches best, or None.

    Inside one rank exact beats ``starts`` beats ``contains_word``, a longer phrase
    beats a shorter one, and the earlier line wins a tie (spec 4.1).

    :param candidates: iterable of ``(kind, normalised phrase, value)``
    :param text: normalised text
    """
    found = [
        (MATCH_KINDS.index(kind), -len(phrase), position, value)
        for position, (kind, phrase, value) in enumerate(candidates)
        if fits(kind, phrase, text)
    ]
    return min(found, key=lambda row: row[:3])[3] if found else None


# Latin letters (lower case, but B, H, K, M, T look alike as capitals) and the
# Ukrainian ones a reader takes them for.
_LOOK_ALIKES = str.maketrans("abcehikmoptxy", "авсенікмортху")


def fold_look_alikes(text):
    """Return normalised text with Latin letters that look Ukrainian made Ukrainian.

    "Чат" typed with a Latin "a" is a different text to a computer and the same to a
    person; answers of a list are compared in this form too.
    """
    return text.translate(_LOOK_ALIKES)
