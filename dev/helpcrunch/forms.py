"""Checks of request bodies and queries, collected field by field."""

from .refusals import Refusal

BLANK = "This value should not be blank."
NOT_NUMERIC = "This value should be of type numeric."
NO_CHOICE = "The value you selected is not a valid choice."


def number(value):
    """Return an id or a time as int, or None when it is none.

    Digit strings are accepted, since a live client sends them (section 2.1).
    """
    if isinstance(value, int) and not isinstance(value, bool):
        return value if value >= 0 else None
    if isinstance(value, str) and value.isascii() and value.isdigit():
        return int(value)
    return None


class Form:
    """One body or query; :meth:`done` refuses with everything that was wrong.

    A field the documents do not know is refused: whether HelpCrunch does so is
    unknown, but it finds misspelt names in clients.

    :param about: "chat" for routes with the old code ``invalid_chat_value``
    """

    def __init__(self, body, fields, about=""):
        if not isinstance(body, dict):
            raise Refusal.bad_body()
        self.body = body
        self.about = about
        self.problems = [
            (name, "This field was not expected.")
            for name in body
            if name not in fields
        ]

    def blame(self, field, message):
        """Note a wrong field."""
        self.problems.append((field, message))

    def number(self, field, required=False, default=None):
        """Return a number; null counts as not given."""
        given = self.body.get(field)
        if given is None:
            if required:
                self.blame(field, NOT_NUMERIC)
            return default
        value = number(given)
        if value is None:
            self.blame(field, NOT_NUMERIC)
        return value

    def text(self, field, required=False):
        """Return a text, or None when it is not given."""
        given = self.body.get(field)
        if given is None and not required:
            return None
        if given is None or given == "":
            self.blame(field, BLANK)
        elif not isinstance(given, str):
            self.blame(field, "This value should be of type string.")
        return given

    def choice(self, field, values):
        """Return a required value of a list, or of a dict's keys mapped by it."""
        given = self.body.get(field)
        if given is None or given == "":
            self.blame(field, BLANK)
        elif not isinstance(given, str) or given not in values:
            self.blame(field, NO_CHOICE)
        else:
            return values[given] if isinstance(values, dict) else given
        return None

    def boolean(self, field):
        """Return a required true or false."""
        given = self.body.get(field)
        if not isinstance(given, bool):
            self.blame(field, "This value should be of type bool.")
        return given

    def done(self):
        """Refuse with 400 when anything was wrong."""
        if self.problems:
            raise Refusal(400, problems=self.problems, about=self.about)
