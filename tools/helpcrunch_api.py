"""The HelpCrunch REST API, version 1. The only file that imports ``requests``.

Facts are from HelpCrunch's developer pages; the keys in the docstrings (D-…) name
the page. The client knows nothing of Odoo's models: text and numbers in, JSON of the
expected shape out (:mod:`.shapes`), and one of the five errors of ``exceptions`` when
it did not work.
"""

import http.client
import re
import ssl
import threading
import time
from email.utils import parsedate_to_datetime
from http.cookiejar import DefaultCookiePolicy

import requests
from urllib3 import Timeout
from urllib3.exceptions import HTTPError

from ..const import API_TIMEOUT, PREFETCH_TIMEOUT
from ..exceptions import (
    KeyRefusedError,
    RateLimitedError,
    RejectedError,
    UnknownOutcomeError,
    UnreachableError,
)
from . import shapes
from .log import mask_secrets
from .text import clean

# Largest page of a list (D-msg-list).
PAGE = 100
# An account with more agents or applications than this is not one.
_MAX_PAGES = 50
# A hundred messages of the longest kind are a fraction of this.
_MAX_ANSWER = 16 * 1024 * 1024
_CHUNK = 65536
_KEY = re.compile(r"[\x21-\x7e]+")
# What a proxy in between says with a page of its own, HelpCrunch being none the wiser.
_PROXY_REFUSALS = (403, 404, 407, 421)
# Gone with the next try: 408 Request Timeout, 425 Too Early.
_PASSING_REFUSALS = (408, 425)
_MAX_RETRY_AFTER = 600

_local = threading.local()


class _PunctualAdapter(requests.adapters.HTTPAdapter):
    """Gives up after so many seconds in all, connecting and waiting together."""

    def __init__(self, seconds):
        self._seconds = seconds
        super().__init__()

    def send(self, request, timeout=None, **kwargs):
        seconds = timeout or self._seconds
        deadline = time.monotonic() + seconds
        response = super().send(request, timeout=Timeout(total=seconds), **kwargs)
        # urllib3 gives each piece of the body the whole time anew. Version 1 cannot
        # tell the pieces apart, there it stays so.
        if hasattr(response.raw, "read1"):
            try:
                response._content = _read_body(response.raw, deadline)
            except HTTPError as error:
                response.close()
                raise requests.exceptions.ConnectionError(error) from error
            except requests.exceptions.RequestException:
                response.close()
                raise
        return response


def _read_body(raw, deadline):
    parts, size = [], 0
    while part := raw.read1(_CHUNK, decode_content=True):
        parts.append(part)
        size += len(part)
        if time.monotonic() > deadline:
            raise requests.exceptions.ReadTimeout("the answer took too long")
        if size > _MAX_ANSWER:
            raise requests.exceptions.ContentDecodingError("the answer is too large")
    return b"".join(parts)


class _Bearer(requests.auth.AuthBase):
    """Sends the key; given as a header, a netrc file of the server would replace it."""

    def __init__(self, key):
        self._key = key

    def __call__(self, request):
        request.headers["Authorization"] = f"Bearer {self._key}"
        return request


def _session(seconds):
    # Kept per thread: a connection is reused, and sessions are not thread safe.
    sessions = _local.__dict__.setdefault("sessions", {})
    if seconds not in sessions:
        sessions[seconds] = session = requests.Session()
        session.mount("https://", _PunctualAdapter(seconds))
        session.mount("http://", _PunctualAdapter(seconds))
        # All accounts call one host, and none is to be taken for another.
        session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    return sessions[seconds]


class HelpcrunchApi:
    """One account's API.

    :param str api_url: address with the version, e.g. ``https://host/v1``
    :param str api_key: the bare key, permanent and account-wide (D-start)
    :param float timeout: seconds a call may take in all
    :ivar clock_offset: seconds that the clock of the last answer was ahead of ours,
        None before one that told
    """

    def __init__(self, api_url, api_key, timeout=API_TIMEOUT):
        self._api_url = api_url.rstrip("/")
        self._api_key = api_key
        self._timeout = timeout
        self.clock_offset = None

    # === READING === #

    def get_organization(self):
        """Return the account's organisation: ``id``, ``domain``, … (D-org)."""
        # The only single object that comes wrapped (helpcrunch-api.md 1.6).
        answer = self._call("GET", "/organization")
        return shapes.read_object(answer, shapes.organization_row)

    def get_agents(self):
        """Return all team members: ``id``, ``name``, ``email``, ``role`` (D-agents)."""
        agents = self._list("/agents")
        if not agents:
            # Somebody made the key. Nobody is to conclude that all have left.
            raise UnknownOutcomeError("the list of agents is empty")
        return agents

    def get_applications(self):
        """Return widgets, apps and messengers: ``id``, ``displayName``, ``type``."""
        return self._list("/applications")

    def get_departments(self):
        """Return departments: ``id``, ``name``, ``agents`` (D-depts)."""
        return self._list("/departments")

    def get_customer(self, customer):
        """Return one customer (D-cust-model), waiting at most three seconds."""
        answer = self._call(
            "GET", f"/customers/{int(customer)}", timeout=PREFETCH_TIMEOUT
        )
        # Bare at the root; one old client saw it under `data` (2.8).
        return shapes.read_object(answer, shapes.customer_row, wanted=customer)

    def get_chat(self, chat):
        """Return one chat (D-chat-get), waiting at most three seconds."""
        answer = self._call("GET", f"/chats/{int(chat)}", timeout=PREFETCH_TIMEOUT)
        return shapes.read_object(answer, shapes.chat_row, wanted=chat)

    def get_messages(self, chat, limit=PAGE, offset=0):
        """Return messages of a chat, newest first (D-msg-list)."""
        answer = self._call(
            "GET",
            f"/chats/{int(chat)}/messages",
            params={"limit": limit, "offset": offset},
        )
        return shapes.read_rows(answer, shapes.message_row)

    def search_chats(self, filters, limit=PAGE, offset=0):
        """Return the newest chats that fit all ``filters``, newest message first.

        :param filters: list of ``(field, operator, value)`` (D-chat-search); dates are
            Unix seconds
        """
        body = {
            "sort": "chats.lastMessageAt",
            "order": "desc",
            "limit": limit,
            "offset": offset,
        }
        if filters:
            body["filter"] = [
                {"field": field, "operator": operator, "value": value}
                for field, operator, value in filters
            ]
        if len(filters) > 1:
            body["comparison"] = "AND"
        answer = self._call("POST", "/chats/search", json=body)
        return shapes.read_rows(answer, shapes.chat_row)

    # === WRITING === #

    def send_message(self, chat, text, agent, markdown_text=None, private=False):
        """Write into a chat as an agent and return the message (D-msg-create).

        There is no idempotency key: after :class:`UnknownOutcomeError` read the chat
        before sending again.

        :param agent: id of the team member who speaks; without one HelpCrunch would
            take the text for the customer's, so it is required here
        :param markdown_text: the same text with markdown
        :param private: a note only agents see
        """
        if not agent:
            raise RejectedError("no agent to speak as")
        body = {
            "chat": int(chat),
            "text": text,
            "agent": int(agent),
            "type": "private" if private else "message",
        }
        if markdown_text:
            body["markdownText"] = markdown_text
        answer = self._call("POST", "/messages", json=body)
        return shapes.read_object(answer, shapes.message_row)

    def create_chat(self, customer, application):
        """Make an empty chat for a customer and return it (D-chat-create).

        A message is to follow. There is no idempotency key: after
        :class:`UnknownOutcomeError` look for the chat before making another one.

        :param application: id of the channel; without one newer pages refuse the call
        """
        body = {"customer": int(customer), "application": int(application)}
        answer = self._call("POST", "/chats", json=body)
        return shapes.read_object(answer, shapes.chat_row)

    def set_chat_status(self, chat, status):
        """Set a chat's status: ``opened``, ``pending``, ``closed`` (D-chat-status)."""
        body = {"id": int(chat), "status": status}
        shapes.check_update(self._call("PUT", "/chats/status", json=body), chat)

    def set_assignee(self, chat, agent):
        """Make a team member responsible for a chat (D-chat-assignee).

        :param agent: id of the team member; None puts the chat back into the common
            queue
        """
        body = {"id": int(chat), "assignee": int(agent) if agent else None}
        shapes.check_update(self._call("PUT", "/chats/assignee", json=body), chat)

    # === TRANSPORT === #

    def _list(self, path):
        rows = {}
        for _page in range(_MAX_PAGES):
            answer = self._call(
                "GET", path, params={"limit": PAGE, "offset": len(rows)}
            )
            page = shapes.read_rows(answer, shapes.team_row, strict=True)
            before = len(rows)
            rows |= {row["id"]: row for row in page}
            # Whether these lists have pages at all is unknown (helpcrunch-api.md 8).
            if len(page) < PAGE or len(rows) == before:
                break
        return list(rows.values())

    def _call(self, method, path, timeout=None, **kwargs):
        """Make one call and return the JSON of its answer.

        :return: None for a PUT that was answered without a body
        :raise KeyRefusedError: 401, or a key that no header can carry
        :raise RateLimitedError: 429
        :raise RejectedError: another 4xx
        :raise UnreachableError: no connection, or somebody in between answered;
            nothing was done
        :raise UnknownOutcomeError: 5xx, time-out, or an answer that is no JSON
        """
        if not _KEY.fullmatch(self._api_key or ""):
            raise KeyRefusedError("the API key is empty or has spaces or odd letters")
        began = time.time()
        try:
            response = _session(timeout or self._timeout).request(
                method,
                f"{self._api_url}{path}",
                auth=_Bearer(self._api_key),
                headers={"Accept": "application/json"},
                # A redirect would carry the key to somebody else.
                allow_redirects=False,
                **kwargs,
            )
        except (
            requests.exceptions.ConnectTimeout,
            requests.exceptions.InvalidURL,
            requests.exceptions.InvalidSchema,
            requests.exceptions.MissingSchema,
            # A host with letters that HTTP cannot carry.
            UnicodeError,
        ) as error:
            raise UnreachableError(_describe_failure(error)) from error
        except requests.exceptions.ConnectionError as error:
            if _never_connected(error):
                raise UnreachableError(_describe_failure(error)) from error
            raise UnknownOutcomeError(_describe_failure(error)) from error
        except requests.exceptions.RequestException as error:
            raise UnknownOutcomeError(_describe_failure(error)) from error
        self.clock_offset = _read_offset(response, began, time.time())
        return self._read(response, method)

    def _read(self, response, method):
        status = response.status_code
        if status < 300:
            if method == "PUT" and not response.content.strip():
                return None
            try:
                # What HelpCrunch tells goes into the database.
                return clean(response.json())
            except (ValueError, RecursionError) as error:
                raise UnknownOutcomeError("answer is no JSON", status) from error
        told = _read_errors(response)
        message = self._describe(f"HTTP {status} {told or _get_reason(status)}")
        if status == 401:
            raise KeyRefusedError(message, status)
        if status == 429:
            raise RateLimitedError(message, _retry_after(response))
        if status < 400:
            raise UnreachableError(f"redirected, check the address: {message}", status)
        if status in _PROXY_REFUSALS and not told:
            raise UnreachableError(message, status)
        if status >= 500 or status in _PASSING_REFUSALS:
            raise UnknownOutcomeError(message, status)
        raise RejectedError(message, status)

    def _describe(self, error):
        return mask_secrets(error, self._api_key)[:500]


def _read_errors(response):
    """Return what HelpCrunch said, in either of its two styles (1.5).

    Only in that shape: whoever else answers may be a service of the inner network,
    whose words are nobody's business.
    """
    try:
        errors = response.json()["errors"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return ""
    if not isinstance(errors, list):
        return ""
    words = [
        f"{error.get('code', '')}: {error.get('message', '')}"
        for error in errors
        if isinstance(error, dict)
        and isinstance(error.get("code"), str)
        and isinstance(error.get("message"), str | None)
    ]
    return clean("; ".join(words)[:400])


def _get_reason(status):
    return http.client.responses.get(status, "")


def _describe_failure(error):
    """Return why there was no answer, in words that repeat nothing of one."""
    for cause in _causes(error):
        if isinstance(cause, ssl.SSLError):
            told = getattr(cause, "verify_message", "") or getattr(cause, "reason", "")
            return str(told or "no encrypted connection")
        if isinstance(cause, OSError) and cause.strerror:
            return cause.strerror
    names = [type(cause).__name__ for cause in _causes(error)]
    return names[-1]


def _read_offset(response, began, ended):
    """Return by how many seconds the answer's clock is ahead of ours, or None."""
    try:
        moment = parsedate_to_datetime(response.headers["Date"]).timestamp()
    except (KeyError, TypeError, ValueError, OverflowError):
        return None
    # Whole seconds, cut off.
    return moment + 0.5 - (began + ended) / 2


# An encrypted connection that broke in the middle is an SSL error as well; these say
# that it never began.
_NO_ENCRYPTION = (
    "WRONG_VERSION_NUMBER",
    "RECORD_LAYER_FAILURE",
    "UNSUPPORTED_PROTOCOL",
)


def _never_connected(error):
    """Tell a refused or unresolved connection from one that broke in the middle."""
    return any(
        type(cause).__name__ in ("NewConnectionError", "NameResolutionError")
        or isinstance(cause, ssl.CertificateError)
        or getattr(cause, "reason", None) in _NO_ENCRYPTION
        for cause in _causes(error)
    )


def _causes(error):
    """Return an error and what it wraps, outermost first."""
    causes = []
    while isinstance(error, BaseException) and error not in causes:
        causes.append(error)
        reason = getattr(error, "reason", None)
        if not isinstance(reason, BaseException):
            reason = error.args[0] if error.args else None
        if not isinstance(reason, BaseException):
            # Aborted connections carry words and then the cause.
            reason = next(
                (arg for arg in error.args if isinstance(arg, BaseException)), None
            )
        error = reason or error.__cause__
    return causes


def _retry_after(response):
    # Not documented by HelpCrunch (1.4); honoured if it comes.
    value = response.headers.get("Retry-After", "")
    if not (value.isascii() and value.isdigit()):
        return None
    # int() refuses thousands of digits in a way of its own.
    return min(int(value), _MAX_RETRY_AFTER) if len(value) < 9 else _MAX_RETRY_AFTER
