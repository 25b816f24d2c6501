"""What a customer's text means as a number, a date or an address. Pure functions.

None of them guesses: a text that means two things, or nothing, is ``None``, and the
customer is asked again (spec 4.4).
"""

import re
import unicodedata
from datetime import date

import phonenumbers

from .matching import drop_invisible

# At most 15 digits: more is no quantity, and a float would not hold it.
_PLAIN = re.compile(r"[+-]?\d{1,15}(?:([.,])\d{1,10})?")
_GROUPED = re.compile(
    r"[+-]?[1-9]\d{0,2}([ .,'])\d{3}(?:\1\d{3}){0,3}(?:(?!\1)[.,]\d{1,10})?"
)
_DATE = re.compile(r"(\d{1,4}) ?([./, -]) ?(\d{1,2}) ?\2 ?(\d{1,4})\.?")
_DASHES = str.maketrans(dict.fromkeys("‐‑‒–—−", "-") | {"’": "'"})
# Two-digit years up to so many from now lie ahead: "next year" is meant more often than
# a birthday ninety years ago.
_YEARS_AHEAD = 10

# A host has a dot; hyphens stand inside of its parts, and it does not end in a number.
_LABEL = r"[^\W_]+(?:-+[^\W_]+)*"
_HOST = rf"(?:{_LABEL}\.)+(?:xn--[a-z0-9-]+|[^\W\d_]{{2,}})"
# Web schemes only: a browser runs what follows some others.
_WEBSITE = re.compile(
    rf"(?:https?://)?{_HOST}(?::\d{{1,5}})?(?:[/?#][^\s<>\"']*)?", re.IGNORECASE
)
_LOCAL = r"[^\s@\"<>(),:;.]+"
_EMAIL = re.compile(rf"{_LOCAL}(?:\.{_LOCAL})*@{_HOST}", re.IGNORECASE)
_AROUND_EMAIL = ".,;:!?<>()[]\"'«»"


def read_number(text, thousands_separator):
    """Return the number that ``text`` means, or None.

    Point and comma are both decimal marks; before exactly three digits a mark groups
    thousands if the language has it for that, or if it stands there twice.

    >>> read_number("1,5", ","), read_number("1,500", ","), read_number("1,500", " ")
    (1.5, 1500.0, 1.5)
    """
    text = _fold(text)
    plain, grouped = _PLAIN.fullmatch(text), _GROUPED.fullmatch(text)
    if grouped and not (plain and plain[1] != _fold(thousands_separator)):
        text = text.replace(grouped[1], "")
    elif not plain:
        return None
    return float(text.replace(",", "."))


def read_date(text, order, today):
    """Return the date that ``text`` means, or None.

    A year of four digits at the front is ISO, points mean day first, all else goes by
    ``order``.

    :param str order: the language's order, e.g. ``"mdy"``
    :param date today: decides which century a year of two digits belongs to
    """
    parts = _DATE.fullmatch(_fold(text))
    if not parts:
        return None
    if len(parts[1]) == 4:
        order = "ymd"
    elif "." in text or (order[0] == "y" and len(parts[4]) == 4):
        order = "dmy"
    found = dict(zip(order, parts.group(1, 3, 4), strict=True))
    year = _read_year(found["y"], today)
    try:
        return date(year, int(found["m"]), int(found["d"])) if year else None
    except ValueError:
        return None


def _read_year(digits, today):
    if len(digits) == 2:
        # As people write birthdays: 85 is 1985, 05 is 2005.
        latest = today.year + _YEARS_AHEAD
        return latest - (latest - int(digits)) % 100
    year = int(digits)
    return year if len(digits) == 4 and 1900 <= year <= 2199 else None


def is_website(text):
    """Tell whether ``text`` is an address of the web, with or without its scheme."""
    return bool(_WEBSITE.fullmatch(text))


def find_email(text):
    """Return the only e-mail address in ``text``, or None.

    >>> find_email("It is <a@example.com>."), find_email("a@example.com b@example.com")
    ('a@example.com', None)
    """
    visible = unicodedata.normalize("NFKC", drop_invisible(text))
    found = [word for word in visible.split() if "@" in word]
    address = found[0].strip(_AROUND_EMAIL) if len(found) == 1 else ""
    address = address.removeprefix("mailto:")
    return address if is_email(address) else None


def read_email(value):
    """Return the normalised address that another system tells, or None.

    "@x" is none, and of two nobody knows which is meant.
    """
    address = find_email(value) if isinstance(value, str) else None
    return address and address.lower()


def is_email(address):
    """Tell whether a normalised address has a name and a host with a dot."""
    return bool(_EMAIL.fullmatch(address))


# How people write the number behind a switchboard; phonenumbers knows some of them.
_EXTENSION = re.compile(
    r"(?<=\d)\)?[\s,;(]*(?:ext(?:ension|n)?|доб(?:авочн\w*)?|дод(?:атков\w*)?"
    r"|вн(?:утр\w*)?|int|[xх#~])[.:]*\s*(?=\d{1,9}(?!\d))",
    re.IGNORECASE,
)
# Digits that a number hangs on to, or that hang on to it.
_MORE_BEFORE = re.compile(r"\d[^\s,;]*$")
_MORE_AFTER = re.compile(r"[^\s,;]*\d")


def find_phones(text, region):
    """Return the different phone numbers in a text, as they are to be written.

    >>> find_phones("067 123 45 23 це мій", "UA")
    ['+380 67 123 4523']

    :param region: code of the country whose numbers have no country code
    """
    found = {}
    text = _EXTENSION.sub(" ext. ", _fold(text))
    for match in phonenumbers.PhoneNumberMatcher(text, region or None):
        if _MORE_BEFORE.search(text[: match.start]) or _MORE_AFTER.match(
            text[match.end :]
        ):
            # Digits that hang on to it: it is part of something else.
            continue
        number = phonenumbers.format_number(
            match.number, phonenumbers.PhoneNumberFormat.INTERNATIONAL
        )
        found[number] = None
    return list(found)


def read_extension(phone):
    """Return the digits behind the switchboard's number, or an empty text."""
    parts = _EXTENSION.split(_fold(phone or ""))
    digits = re.match(r"\d+", parts[1]) if len(parts) > 1 else None
    return digits[0].lstrip("0") if digits else ""


def _fold(text):
    """Return ``text`` with one kind of space, dash and apostrophe.

    Nothing of a text with "²" or "½": they would become digits of another number.
    """
    if any(unicodedata.category(char) == "No" for char in text):
        return ""
    text = unicodedata.normalize("NFKC", drop_invisible(text))
    return text.translate(_DASHES)
