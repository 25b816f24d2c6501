"""REST API v1: from a request to an answer (sections 1 and 2)."""

import json
import random
import threading
from collections import deque
from dataclasses import dataclass
from email.utils import formatdate

from . import api_chats, api_customers, api_team
from .clock import steady, wall
from .forms import number
from .gate import Gate, broken, failed, happens_after
from .people import Missing, NotAllowed
from .refusals import Refusal
from .wire import Response

_LOG_SIZE = 50000
_ROUTES = {**api_chats.ROUTES, **api_customers.ROUTES, **api_team.ROUTES}


@dataclass(slots=True)
class Call:
    """What a route gets: the desk and the parsed parts of the request."""

    desk: object
    toggles: object
    ids: list
    query: dict
    body: object


def _route(method, path):
    """Return the route's function and the ids of its path, or None."""
    words = path.strip("/").split("/")[1:]
    exact = _ROUTES.get((method, "/".join(words)))
    if exact is not None:
        return exact, []
    pattern, ids = [], []
    for place, word in enumerate(words):
        if place == 1:
            ids.append(word)
            pattern.append("{id}")
        else:
            pattern.append(word)
    return _ROUTES.get((method, "/".join(pattern))), ids


class Api:
    """Answers the calls under ``/v1``.

    :param asleep: event that cuts waiting short when the stand-in stops
    """

    def __init__(self, desk, webhooks, toggles, api_key, asleep):
        self.desk = desk
        self.webhooks = webhooks
        self.toggles = toggles
        self.gate = Gate(toggles, api_key)
        self._asleep = asleep
        self._log = deque(maxlen=_LOG_SIZE)
        self._log_guard = threading.Lock()

    def reset(self):
        """Forget log and counted calls."""
        self.gate.reset()
        self._log.clear()

    def log(self, clear=False):
        """Return the calls so far, oldest first."""
        with self._log_guard:
            entries = list(self._log)
            if clear:
                self._log.clear()
        return entries

    def _pause(self, seconds):
        if isinstance(seconds, list):
            seconds = random.uniform(*seconds)
        if seconds:
            self._asleep.wait(seconds)

    def handle(self, request):
        """Answer one request."""
        entry = {
            "time": wall(),
            "method": request.method,
            "path": request.target,
            "status": None,
            "body": None,
            "chat": None,
        }
        began = steady()
        response, jobs = self._answer(request, entry)
        entry["status"] = 0 if response.drop else response.status
        moment = wall() + self.toggles.clock_shift
        response.headers.append(("Date", formatdate(moment, usegmt=True)))
        entry["seconds"] = round(steady() - began, 4)
        with self._log_guard:
            self._log.append(entry)
        if jobs:
            response.after = lambda: self.webhooks.release(jobs)
        return response

    def _answer(self, request, entry):
        """Return the answer and the webhooks that are to follow it."""
        toggles = self.toggles
        if toggles.down:
            return broken(503), ()
        try:
            self.gate.admit(request.headers)
        except Refusal as refusal:
            self._pause(toggles.latency)
            return refusal.response(toggles.error_style, toggles.retry_after), ()
        failure = self.gate.next_failure(f"{request.method} {request.target}")
        self._pause(toggles.latency)
        if failure and not happens_after(failure):
            return failed(failure, toggles.error_style), ()
        response, jobs = self._work(request, entry)
        # The order of answer and webhook is not promised (section 3.9): a late
        # answer comes after them, a quick one before.
        if toggles.webhook_before_answer:
            self.webhooks.release(jobs)
            self.webhooks.wait_tried(jobs, toggles.webhook_timeout)
            jobs = ()
        elif failure or toggles.latency_after:
            self.webhooks.release(jobs)
            jobs = ()
        self._pause(toggles.latency_after)
        if failure:
            return failed(failure, toggles.error_style), ()
        return response, jobs

    def _work(self, request, entry):
        """Run the route; return the answer and the prepared webhooks."""
        style = self.toggles.error_style
        try:
            body = self._body(request, entry)
            function, ids = _route(request.method, request.path)
            if function is None:
                raise Refusal.not_found("Page")
            call = Call(self.desk, self.toggles, ids, request.parameters(), body)
            entry["chat"] = _chat_of(request.path, body)
        except Refusal as refusal:
            return refusal.response(style), ()
        with self.desk.lock:
            try:
                status, payload = function(call)
                response = (
                    Response(status)
                    if payload is None
                    else Response.json(payload, status)
                )
            except Refusal as refusal:
                response = refusal.response(style)
            except Missing as missing:
                response = Refusal.not_found(missing.kind).response(style)
            except NotAllowed as error:
                response = _not_allowed(error).response(style)
            jobs = self.webhooks.prepare(self.desk.take_events())
        return response, jobs

    @staticmethod
    def _body(request, entry):
        if not request.body:
            return None
        try:
            # The body is read as JSON whatever its content type says (section 1.3).
            entry["body"] = json.loads(request.body)
        except ValueError as error:
            entry["body"] = request.body.decode("utf-8", "replace")
            raise Refusal.bad_body() from error
        return entry["body"]


def _not_allowed(error):
    return Refusal(
        400,
        problems=[(error.field, str(error))],
        own_code=error.code,
        about="" if error.code else "chat",
    )


def _chat_of(path, body):
    """Return the id of the chat a call is about, for the log."""
    words = path.strip("/").split("/")
    if words[1] == "messages" and isinstance(body, dict):
        return number(body.get("chat"))
    if words[1] != "chats":
        return None
    if len(words) > 2 and words[2].isdigit():
        return int(words[2])
    return number(body.get("id")) if isinstance(body, dict) else None
