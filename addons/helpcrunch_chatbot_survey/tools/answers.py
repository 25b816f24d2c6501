"""What a customer's text means as an answer to a question. Pure functions.

Nothing guesses: a text that means nothing is ``None``, and the customer is asked again.
"""

import re

from odoo.addons.helpcrunch_chatbot.tools import matching

# What people put between the numbers of a list, words too.
_BETWEEN = re.compile(r"[\s,;+&/]+(?:(?:and|or|та|і|й|або|и|или)[\s,;+&/]+)?")
_NUMBER = re.compile(r"(\d{1,4})[.)]?")
# "4: something else": the number of the line for it, and the words.
_WITH_WORDS = re.compile(r"(\d{1,4})(?:[.):,;–—-]\s*|\s+)(.*[^\W\d_].*)", re.DOTALL)
_JOINTS = re.compile(r"[,;\n]+")
_TIME = r"(\d{1,2})[:.](\d{2})(?:[:.]\d{2})?\s*([ap]\.?m\.?)?"
_TIME_LAST = re.compile(
    rf"(.*\d{{1,4}}\.?)(?:[\s,]+(?:о|об|в|у|at)?\s*|T){_TIME}", re.I
)
_TIME_FIRST = re.compile(rf"{_TIME}[\s,]+(\d.*)", re.I)


def read_numbers(text):
    """Return the numbers of lines that a text names, or None.

    >>> read_numbers("1, 3 та 4"), read_numbers("2."), read_numbers("2 apples")
    ([1, 3, 4], [2], None)
    """
    if "%" in text:
        return None
    parts = [part for part in _BETWEEN.split(matching.normalize(text)) if part]
    numbers = [_NUMBER.fullmatch(part) for part in parts]
    if not numbers or not all(numbers):
        return None
    return list(dict.fromkeys(int(number[1]) for number in numbers))


def read_number_and_words(text):
    """Return the number of a line and the words after it, or None.

    >>> read_number_and_words("4: by bicycle")
    (4, 'by bicycle')
    """
    found = _WITH_WORDS.fullmatch(text.strip())
    return found and (int(found[1]), found[2].strip())


def find_wordings(text, wordings):
    """Return the places of the lines that a text names in words, or None.

    The whole line, or a beginning that only one has; several between commas.

    :param list wordings: of the lines, as people read them
    """
    place = find_wording(text, wordings)
    if place is not None:
        return [place]
    places = [find_wording(part, wordings) for part in _JOINTS.split(text) if part]
    if len(places) < 2 or None in places:
        return None
    return list(dict.fromkeys(places))


def find_wording(text, wordings):
    """Return the place of the line that a text is, or begins, or None."""
    wanted = _fold(text)
    known = [_fold(wording) for wording in wordings]
    if wanted in known:
        return known.index(wanted)
    # A single letter at the end of a beginning is no word of its own: not folded.
    beginning = matching.normalize(text)
    places = [
        place
        for place, wording in enumerate(wordings)
        if matching.normalize(wording or "").startswith(beginning)
    ]
    return places[0] if beginning and len(places) == 1 else None


def split_moment(text):
    """Return ``(date as text, hour, minute)`` of a date and an hour, or None.

    >>> split_moment("31.12.2026 18:30"), split_moment("6:30 pm 31.12.2026")
    (('31.12.2026', 18, 30), ('31.12.2026', 18, 30))
    """
    text = matching.tidy(text)
    if found := _TIME_LAST.fullmatch(text):
        day, hour, minute, half = found.groups()
    elif found := _TIME_FIRST.fullmatch(text):
        hour, minute, half, day = found.groups()
    else:
        return None
    hour, minute = int(hour), int(minute)
    if half:
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + (12 if half[0] in "pP" else 0)
    return (day, hour, minute) if hour < 24 and minute < 60 else None


def _fold(text):
    return matching.fold_look_alikes(matching.normalize(text or ""))
