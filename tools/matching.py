"""Which phrase did the customer type? Pure functions on text.

Both sides of a comparison, the phrase an administrator wrote and the text a customer
typed, go through :func:`normalize`, so that case, spaces, trailing punctuation and the
kind of apostrophe make no difference (spec 4.1).
"""

import re
import unicodedata
from functools import lru_cache

MATCH_KINDS = ("exact", "starts", "contains_word")

_APOSTROPHES = str.maketrans(dict.fromkeys("’ʼ‘`´ʹ＇′", "'"))
_SPACES = re.compile(r"\s+")
# A pile of more marks than this is no writing, and to sort it takes its square in
# time (Unicode's UAX #15 draws the line of "stream-safe" text here too).
_MAX_MARKS = 30
# What nobody sees though Unicode calls it a letter, a mark or a symbol (its property
# Default_Ignorable_Code_Point, and the empty Braille cell); zero-width characters and
# direction marks are of category Cf. The keycap is a frame round a digit (1️⃣), and
# skin tones are shades of one sign.
_INVISIBLE = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u20e3\u2065\u2800\u3164"
    "\ufe00-\ufe0f\uffa0\ufff0-\ufff8\U0001f3fb-\U0001f3ff\U000e0000-\U000e0fff]"
)
# Telegram's deep links send up to 64 letters, digits, "_" and "-".
_START = re.compile(r"\s*(/start)(?:@\w+)?\s+(\S{1,256})\s*", re.IGNORECASE)


def normalize(text):
    """Return ``text`` in the form in which phrases are compared.

    NFKC, case folded, trimmed, inner spaces collapsed, one apostrophe for all, emoji
    variation marks, skin tones and invisible characters dropped, letters of another
    alphabet inside of a word made those of the word, trailing punctuation dropped, a
    leading ``/`` optional. A text of which nothing would be left, such as ``"?"``,
    keeps its punctuation.

    >>> normalize("  Ліди ! ")
    'ліди'
    >>> normalize("/Start") == normalize("start")
    True
    """
    # Apostrophes first: NFKC turns an acute accent into a space and a mark.
    text = drop_invisible(text.translate(_APOSTROPHES))
    text = unicodedata.normalize("NFKC", text).casefold()
    # Case folding may undo the composition (İ), so once more.
    text = _fold_mixed(unicodedata.normalize("NFKC", text))
    text = _SPACES.sub(" ", text).strip()
    stripped = text.removeprefix("/").lstrip()
    end = len(stripped)
    while end and (stripped[end - 1] == " " or _is_punctuation(stripped[end - 1])):
        end -= 1
    return stripped[:end] or text


def tidy(text):
    """Return what a person typed as it is to be kept: one line, nothing unseen in it.

    Case, accents, punctuation and emoji stay; joiners between visible characters too,
    since they make one sign out of several.

    >>> tidy(" \\u200bОлена\\u202f Коваль\\u2800")
    'Олена Коваль'
    """
    return " ".join(filter(None, map(_trim_unseen, text.split())))


def is_blank(text):
    """Tell whether nobody sees anything of a text."""
    return not any(
        unicodedata.category(char)[0] not in "MZC" for char in drop_invisible(text)
    )


def read_start(text):
    """Return the payload of ``/start promo42``, which a deep link sends, or None."""
    match = _START.fullmatch(drop_invisible(text))
    return match and match[2]


def drop_invisible(text):
    """Return ``text`` without what nobody sees, and without absurd piles of marks.

    Marks are counted as NFKC will see them: some letters become marks there.
    """
    if text.isascii():
        return text
    kept, marks = [], 0
    for char in text:
        if _is_invisible(char):
            continue
        first, last = _count_marks(char)
        marks = marks + first if last is None else last
        if marks <= _MAX_MARKS:
            kept.append(char)
    return "".join(kept)


@lru_cache(maxsize=4096)
def _is_invisible(char):
    category = unicodedata.category(char)
    if category == "Cc":
        return not char.isspace()
    return category == "Cf" or bool(_INVISIBLE.match(char))


@lru_cache(maxsize=4096)
def _count_marks(char):
    """Return how many marks a character goes on with, decomposed, and ends with.

    The second is None if it is made of nothing but marks.
    """
    parts = unicodedata.normalize("NFKD", char)
    marks = [unicodedata.category(part).startswith("M") for part in parts]
    if all(marks):
        return len(marks), None
    return marks.index(False), marks[::-1].index(False)


def _trim_unseen(word):
    seen = [place for place, char in enumerate(word) if not _is_unseen(char)]
    if not seen:
        return ""
    word = word[seen[0] : seen[-1] + 1]
    return "".join(char for char in word if char in _JOINERS or not _is_unseen(char))


# Zero-width joiners, variation selectors and the keycap belong to what they stand in.
_JOINERS = "\u200c\u200d\u20e3\ufe0e\ufe0f"
_SEEN_AT_THE_END = re.compile("[\u20e3\ufe0e\ufe0f\U0001f3fb-\U0001f3ff]")


def _is_unseen(char):
    return _is_invisible(char) and not _SEEN_AT_THE_END.match(char)


def _is_punctuation(char):
    return unicodedata.category(char).startswith("P")


def is_command(text):
    """Tell whether the customer typed a leading ``/``."""
    return drop_invisible(text).lstrip().startswith(("/", "／"))


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
_LATIN = "abcehikmoptxyïë"
_UKRAINIAN = "авсенікмортхуїё"
_TO_UKRAINIAN = str.maketrans(_LATIN, _UKRAINIAN)
_TO_LATIN = str.maketrans(_UKRAINIAN, _LATIN)
# Marks belong to the letter before them, and to its word.
_RUN = re.compile(r"[\w\u0300-\u036f]+")
_CYRILLIC = re.compile(r"[\u0400-\u04ff]")
_LATIN_LETTER = re.compile(r"[a-z\u00df-\u024f]")
_ONLY_UKRAINIAN = re.compile(rf"(?![{_UKRAINIAN}])[\u0400-\u04ff]")
_ONLY_LATIN = re.compile(rf"(?![{_LATIN}])[a-z\u00df-\u024f]")


def _fold_mixed(text):
    """Write each word in one alphabet, so that doing it again changes nothing.

    A letter that is another one now may become one with its mark, and decide then.
    """
    for _pass in range(3):
        folded = unicodedata.normalize("NFKC", _RUN.sub(_fold_mixed_run, text))
        if folded == text:
            break
        text = folded
    return text


def _fold_mixed_run(match):
    """Write a word of two alphabets, which no person means, in the one it is of.

    A letter that only one of them has decides; if none has, it is Ukrainian.
    """
    run = match[0]
    if run.isascii() or not (_CYRILLIC.search(run) and _LATIN_LETTER.search(run)):
        return run
    is_latin, is_ukrainian = _ONLY_LATIN.search(run), _ONLY_UKRAINIAN.search(run)
    if is_latin and is_ukrainian:
        return run
    return run.translate(_TO_LATIN if is_latin else _TO_UKRAINIAN)


def fold_look_alikes(text):
    """Return normalised text with a letter that stands alone made Ukrainian.

    Answers of a list are compared in this form too: "A" of "A, B, C" is a different
    text to a computer in either alphabet, and the same to a person.
    """
    return _RUN.sub(_fold_lone_letter, _fold_mixed(text))


def _fold_lone_letter(match):
    run = match[0]
    return run.translate(_TO_UKRAINIAN) if len(run) == 1 else run
