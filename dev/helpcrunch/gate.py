"""What stands before the work of a REST call: key, limit, planned trouble."""

import threading
from collections import deque

from .clock import steady
from .refusals import Refusal
from .wire import Response


class Gate:
    """Decides whether a call gets in, and what goes wrong with it."""

    def __init__(self, toggles, api_key):
        self._toggles = toggles
        self._authorization = f"Bearer {api_key}"
        self._calls = deque()
        self._guard = threading.Lock()

    def reset(self):
        """Forget the calls of the last minute."""
        with self._guard:
            self._calls.clear()

    def admit(self, headers):
        """Check key and limit, and count the call.

        :raise Refusal: 401 or 429
        """
        if (
            self._toggles.refuse_key
            or headers.get("authorization") != self._authorization
        ):
            raise Refusal.unauthorized()
        wait = self._count()
        if wait:
            raise Refusal.too_many(wait)

    def _count(self):
        """Count a call; return 0, or the seconds until there is room again.

        The account has 120 calls in any 60 seconds, over all routes (section 1.4).
        A refused call does not count.
        """
        limit, window = self._toggles.rate_limit, self._toggles.rate_window
        if not limit:
            return 0
        with self._guard:
            now = steady()
            while self._calls and self._calls[0] <= now - window:
                self._calls.popleft()
            if len(self._calls) < limit:
                self._calls.append(now)
                return 0
            return max(self._calls[len(self._calls) - limit] + window - now, 0.001)

    def used(self):
        """Return how many calls of the present window are counted."""
        with self._guard:
            since = steady() - self._toggles.rate_window
            return sum(moment > since for moment in self._calls)

    def next_failure(self, call):
        """Take the first planned failure that fits this call, or None.

        :param call: "POST /v1/messages", matched by the entry's ``path``
        """
        if not self._toggles.fail_next:
            return None
        with self._guard:
            for entry in self._toggles.fail_next:
                if entry.get("path", "") in call:
                    # A new list: the old one may be on its way to a reader.
                    self._toggles.fail_next = [
                        other for other in self._toggles.fail_next if other is not entry
                    ]
                    return entry
        return None


def happens_after(failure):
    """Return whether a failure strikes when the work was done already."""
    return failure["fail"] == "drop_after" or bool(failure.get("after"))


def failed(failure, style):
    """Return the answer, or the silence, of a planned failure."""
    status = failure["fail"]
    if "body" in failure:
        return Response(
            status, failure["body"].encode(), failure.get("type", "application/json")
        )
    if isinstance(status, str):
        response = Response()
        response.drop = True
        return response
    if status == 401:
        return Refusal.unauthorized().response(style)
    if status == 429:
        return Refusal.too_many(failure.get("retry_after", 0)).response(
            style, retry_after="retry_after" in failure
        )
    if status >= 500 or status < 400 or status == 408:
        return broken(status)
    problems = [("chat", "This value is not valid.")]
    return Refusal(status, problems=problems).response(style)


def broken(status):
    """Return the answer of a proxy: an HTML page (5xx bodies are unknown, 1.5)."""
    body = f"<html><body><h1>{status}</h1></body></html>".encode()
    return Response(status, body, "text/html")
