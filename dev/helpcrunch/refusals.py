"""Error answers in both documented styles (section 1.5)."""

import math

from .wire import Response

_OLD_404 = {"Chat": "chat_not_found"}


class Refusal(Exception):
    """A REST call is refused.

    :param status: HTTP status
    :param problems: pairs (field, message) of a 400
    :param own_code: code of an entry that stands before all others
    :param about: "chat" for routes whose old code is always ``invalid_chat_value``
    """

    def __init__(
        self, status, new=None, old=None, problems=(), own_code=None, about=""
    ):
        super().__init__(status, new or problems)
        self.status = status
        self.new = new
        self.old = old
        self.problems = list(problems)
        self.own_code = own_code
        self.about = about
        self.wait = 0

    @classmethod
    def unauthorized(cls):
        """Return the 401 of a missing or wrong key."""
        return cls(
            401, ("unauthorized", "Unauthorized"), ("invalid_token", "Invalid token")
        )

    @classmethod
    def not_found(cls, kind):
        """Return the 404 of a thing that is not there."""
        message = f"{kind} not found"
        return cls(
            404,
            ("not_found", message),
            (_OLD_404.get(kind, "entity_not_found"), message),
        )

    @classmethod
    def too_many(cls, wait):
        """Return the 429; ``wait`` is the number of seconds until there is room."""
        refusal = cls(
            429,
            ("too_many_requests", "Too many requests"),
            ("too_many_requests", "You have exceeded your requests limit"),
        )
        refusal.wait = wait
        return refusal

    @classmethod
    def bad_body(cls):
        """Return the 400 of a body that is no JSON object."""
        return cls(400, problems=[("body", "This value should be of type object.")])

    def entries(self, style):
        """Return the list of codes and messages in the given style."""
        pairs = self._old_pairs() if style == "old" else self._new_pairs()
        if self.own_code:
            pairs.insert(0, (self.own_code, self.problems[0][1]))
        return [{"code": code, "message": message} for code, message in pairs]

    def _new_pairs(self):
        specific = [self.new] if self.new else self.problems
        return [("invalid_request", "Invalid request"), *specific]

    def _old_pairs(self):
        if self.old:
            return [self.old]
        if self.own_code:
            return []
        field, message = self.problems[0]
        if field == "rating" and "Chat " in message:
            return [("invalid_request", message)]  # D-chat-rate
        chat = self.about == "chat"
        if field == "id" or (field == "chat" and chat):
            return [("invalid_chat_value", "Invalid chat ID")]
        code = "invalid_chat_value" if chat else f"invalid_{field}_value"
        return [(code, f"{field} value is invalid")]

    def response(self, style, retry_after=False):
        """Return the HTTP answer."""
        response = Response.json({"errors": self.entries(style)}, self.status)
        if retry_after and self.status == 429:
            response.headers.append(("Retry-After", str(math.ceil(self.wait))))
        return response
