"""What a customer means who shops by typing. Pure functions on text.

Words are compared as everything that people type is compared (spec 4.1). English and
Ukrainian are known whatever is spoken: a customer of an English bot may well write
«далі». Other languages bring the words that they are told to type.
"""

import re
from functools import lru_cache

from odoo.addons.helpcrunch_chatbot.tools import matching, typed_values

COMMANDS = {
    "next": "next, more, forward, >, далі, дальше, ще, вперед, наступна",
    "back": "back, previous, <, назад, попередня",
    "list": "list, all, catalogue, catalog, products, список, всі, усі, каталог, "
    "товари, меню",
    "cart": "cart, basket, my cart, кошик, корзина, мій кошик",
    "order": "order, checkout, confirm, замовити, оформити, замовляю, оформлюю, "
    "підтвердити, підтверджую, оформити замовлення",
    "yes": "yes, y, ok, okay, sure, +, так, т, ага, добре, звісно, да",
    "no": "no, n, no thanks, nothing, -, ні, н, ні дякую, нічого, нет",
    "empty": "empty, clear, empty cart, очистити, очистити кошик, спорожнити",
    "leave": "leave, exit, quit, вийти, вихід, вийти з каталогу",
}
_NUMBERS = {
    1: "one, один, одна, одне, одну",
    2: "two, pair, два, дві, двоє, пара, пару",
    3: "three, три, троє",
    4: "four, чотири, четверо",
    5: "five, п'ять",
    6: "six, шість",
    7: "seven, сім",
    8: "eight, вісім",
    9: "nine, дев'ять",
    10: "ten, десять",
    12: "dozen, дюжина, дюжину",
}
# What people call Odoo's units, by the names that those have in English.
_UNITS = {
    "units": ("шт", "од", "pc", "piece", "item", "unit"),
    "kg": ("кг", "кіло", "kg", "kilo"),
    "g": ("г", "гр", "грам", "g", "gram"),
    "l": ("л", "літр", "l", "lit"),
    "m": ("м", "метр", "m", "met"),
    "hours": ("год", "h", "hour"),
    "days": ("дн", "день", "дні", "day"),
}
# Normalised, "№" is "no".
_POSITION = r"(?:no|n|#|номер|number|товар|позиці[яюї]|рядок|item|line)?[ .]*(\d{1,9})"
_ITEM = re.compile(_POSITION + r"[).]*")
_REMOVE = re.compile(
    r"(?:remove|delete|drop|прибрати|прибери|видалити|видали|забрати|забери|мінус)[ :]+"
    + _POSITION
)
_QUANTITY = re.compile(r"[xх×*]? ?([-+]?\d(?:[\d .,']*\d)?) ?([^\d]*)")
_SHORTEST_STEM = 3
_SHORTEST_WORD = 2
_LONG_WORD = 6


@lru_cache(maxsize=1)
def _get_commands():
    return {
        _fold(word): name
        for name, words in COMMANDS.items()
        for word in words.split(", ")
    }


@lru_cache(maxsize=1)
def _get_numbers():
    return {
        _fold(word): number
        for number, words in _NUMBERS.items()
        for word in words.split(", ")
    }


def _fold(text):
    return matching.fold_look_alikes(matching.normalize(text))


def read_command(text, own):
    """Return the name of the command that a text is, or None.

    :param dict own: words by the names of commands, in the customer's language

    >>> read_command(" Далі! ", {}), read_command("Weiter", {"next": "weiter"})
    ('next', 'next')
    """
    key = _fold(text)
    for name, word in own.items():
        if key == _fold(word):
            return name
    return _get_commands().get(key)


def read_item(text):
    """Return the number of an item of a list, or None if the text is none.

    >>> read_item("2"), read_item("№2"), read_item("2."), read_item("дві")
    (2, 2, 2, 2)
    """
    key = matching.normalize(text)
    if "%" in text:
        return None
    match = _ITEM.fullmatch(key)
    return int(match[1]) if match else _get_numbers().get(_fold(key))


def read_removal(text):
    """Return the number of the line that is to be removed, or None.

    >>> read_removal("Прибрати 2"), read_removal("remove №3")
    (2, 3)
    """
    match = _REMOVE.fullmatch(matching.normalize(text))
    return int(match[1]) if match else None


def read_quantity(text, thousands_separator):
    """Return ``(number, word for the unit)`` that a text means, or None.

    >>> read_quantity("2 шт.", " "), read_quantity("2,5кг", " ")
    ((2.0, 'шт'), (2.5, 'кг'))
    >>> read_quantity("дві", " "), read_quantity("some", " ")
    ((2.0, ''), None)
    """
    if "%" in text:
        return None
    key = matching.normalize(text)
    match = _QUANTITY.fullmatch(key)
    if match:
        number = typed_values.read_number(match[1], thousands_separator)
        return None if number is None else (number, match[2].strip(" ."))
    word, _space, unit = key.partition(" ")
    number = _get_numbers().get(_fold(word))
    return number and (float(number), unit)


def is_unit(word, names):
    """Tell whether a word that somebody typed is a unit with one of these names.

    A name's beginning is enough: people decline words.

    >>> is_unit("шт", ["Units"]), is_unit("упаковки", ["Упаковка 6"])
    (True, True)
    """
    word = matching.normalize(word)
    for name in map(matching.normalize, filter(None, names)):
        stems = _UNITS.get(name, ())
        if word == name or any(
            word == stem or (len(stem) > 1 and word.startswith(stem)) for stem in stems
        ):
            return True
        first = name.partition(" ")[0]
        stem = first[: max(_SHORTEST_STEM, len(first) - 2)]
        if len(stem) >= _SHORTEST_STEM and word.startswith(stem):
            return True
    return False


def cut_endings(text):
    """Return the words of a text without what changes when they are declined.

    >>> cut_endings("Зеленого чаю"), cut_endings("стільці"), cut_endings("м'ята")
    ('зелен ча', 'стіл', "м'я")
    """
    return " ".join(
        word[: max(_SHORTEST_WORD, len(word) - (2 if len(word) < _LONG_WORD else 3))]
        for word in matching.normalize(text).split()
    )


def split_search(text, most):
    """Return the words to look for, as patterns for LIKE that mean only themselves.

    An apostrophe stands for any kind of it.
    """
    patterns = []
    for word in matching.normalize(text).split()[:most]:
        escaped = re.sub(r"([\\%_])", r"\\\1", word[:40])
        patterns.append(escaped.replace("'", "_"))
    return patterns
