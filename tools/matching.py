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
# A pile of more marks than this is no writing, and to sort it takes its square in
# time (Unicode's UAX #15 draws the line of "stream-safe" text here too).
_MAX_MARKS = 30


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
    text = _drop_invisible(text.translate(_APOSTROPHES))
    text = unicodedata.normalize("NFKC", text).casefold()
    # Case folding may undo the composition (İ), so once more.
    text = unicodedata.normalize("NFKC", text)
    text = _SPACES.sub(" ", text).strip()
    stripped = text.removeprefix("/").lstrip()
    end = len(stripped)
    while end and (stripped[end - 1] == " " or _is_punctuation(stripped[end - 1])):
        end -= 1
    return stripped[:end] or text


def _drop_invisible(text):
    """Return ``text`` without what nobody sees, and without absurd piles of marks."""
    if text.isascii():
        return text
    kept, marks = [], 0
    for char in text:
        category = unicodedata.category(char)
        if _is_invisible(char, category):
            continue
        marks = marks + 1 if category.startswith("M") else 0
        if marks <= _MAX_MARKS:
            kept.append(char)
    return "".join(kept)


def _is_invisible(char, category):
    # Variation selectors are marks (Mn), zero-width characters formats (Cf); the
    # keycap is a frame around a digit (1️⃣).
    return category == "Cf" or "\ufe00" <= char <= "\ufe0f" or char == "\u20e3"


def _is_punctuation(char):
    return unicodedata.category(char).startswith("P")


def is_command(text):
    """Tell whether the customer typed a leading ``/``."""
    return _drop_invisible(text).lstrip().startswith(("/", "／"))


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
        return text.startswith(phrase) and not _cuts_word(text, len(phrase))
    position = text.find(phrase)
    while position >= 0:
        end = position + len(phrase)
        if not _cuts_word(text, position) and not _cuts_word(text, end):
            return True
        position = text.find(phrase, position + 1)
    return False


def _cuts_word(text, position):
    """Tell whether a word goes on from before ``position`` to after it.

    An apostrophe belongs to a word only between two letters: "об'єкт" is one word,
    "'leads'" is a word in quotes.
    """
    before = text[max(position - 2, 0) : position]
    after = text[position : position + 2]
    if after.startswith("'"):
        after = after[1:]
    elif before.endswith("'"):
        before = before[:-1]
    return bool(before and after and _is_in_word(before[-1]) and _is_in_word(after[0]))


def _is_in_word(char):
    return char.isalnum() or char == "_" or unicodedata.category(char).startswith("M")


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


_RUN = re.compile(r"\w+")
_CYRILLIC = re.compile(r"[\u0400-\u04ff]")


def fold_look_alikes(text):
    """Return normalised text with Latin letters that look Ukrainian made Ukrainian.

    "Чат" typed with a Latin "a" is a different text to a computer and the same to a
    person; answers of a list are compared in this form too. Only a letter that stands
    alone or among Ukrainian ones is taken for one: "Hi" is a greeting and not "Ні".
    """
    return _RUN.sub(_fold_run, text)


def _fold_run(match):
    run = match[0]
    if len(run) == 1 or _CYRILLIC.search(run):
        return run.translate(_LOOK_ALIKES)
    return run
