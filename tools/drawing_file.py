"""The file of a bot: JSON of a shape that is checked before anything is read of it."""

import json

FORMAT = "helpcrunch_chatbot.bot"
VERSION = 1
MAX_BYTES = 200 * 1024 * 1024
_MAX_STEPS = 5000
# What every step has, whatever its type.
_STEP_TEXTS = ("code", "name", "step_type")


class DrawingFileError(ValueError):
    """The file is none of a bot, or a broken one.

    :ivar reason: ``large``, ``json``, ``foreign``, ``newer``, ``shape`` or ``twice``
    :ivar place: where it is wrong, for people: ``steps[3].code``
    """

    def __init__(self, reason, place=""):
        super().__init__(f"{reason} {place}".strip())
        self.reason = reason
        self.place = place


def dump(data):
    """Return the text of a bot's file: the same bot, the same bytes."""
    content = {"format": FORMAT, "format_version": VERSION, **data}
    return json.dumps(content, ensure_ascii=False, indent=1) + "\n"


def parse(content):
    """Return ``{"bot": {...}, "steps": [...]}`` of a file.

    :param content: its text, or bytes in UTF-8
    :raise DrawingFileError: with the place
    """
    if len(content) > MAX_BYTES:
        raise DrawingFileError("large")
    try:
        data = json.loads(content, parse_constant=_refuse)
    except (ValueError, RecursionError, TypeError) as error:
        place = f"line {error.lineno}" if hasattr(error, "lineno") else ""
        raise DrawingFileError("json", place) from error
    if not isinstance(data, dict) or data.get("format") != FORMAT:
        raise DrawingFileError("foreign")
    version = data.get("format_version")
    if isinstance(version, bool) or not isinstance(version, int):
        raise DrawingFileError("shape", "format_version")
    if version > VERSION:
        raise DrawingFileError("newer")
    bot, steps = data.get("bot"), data.get("steps")
    if not isinstance(bot, dict) or not _is_text(bot.get("name")):
        raise DrawingFileError("shape", "bot.name")
    if not isinstance(steps, list) or len(steps) > _MAX_STEPS:
        raise DrawingFileError("shape", "steps")
    _check_steps(steps)
    return {"bot": bot, "steps": steps}


def _check_steps(steps):
    codes = set()
    for number, step in enumerate(steps):
        place = f"steps[{number}]"
        if not isinstance(step, dict):
            raise DrawingFileError("shape", place)
        for name in _STEP_TEXTS:
            if not _is_text(step.get(name)):
                raise DrawingFileError("shape", f"{place}.{name}")
        if step["code"] in codes:
            raise DrawingFileError("twice", f"{place}.code")
        codes.add(step["code"])
        for name in ("alias_ids", "answer_ids", "media_ids"):
            lines = step.get(name, [])
            if not isinstance(lines, list) or not all(
                isinstance(line, dict) for line in lines
            ):
                raise DrawingFileError("shape", f"{place}.{name}")


def _is_text(value):
    return isinstance(value, str) and bool(value.strip()) and "\0" not in value


def _refuse(name):
    raise ValueError(name)
