"""The stand-in as one object: start it, talk to it, stop it."""

import json
import threading
from pathlib import Path

from .api import Api
from .control import Control
from .desktop import Desktop
from .state import Desk
from .storage import DataFile
from .stream import Hub
from .toggles import Toggles
from .webhooks import Webhooks
from .wire import Response, Server

_PAGES = Path(__file__).resolve().parent / "pages"
_ADDRESSES = {
    "/": "chat.html",
    "/inbox": "inbox.html",
    "/settings": "settings.html",
    "/_test": "switches.html",
    "/_test/": "switches.html",
}
_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}
_NOT_VERBS = {"start", "stop"}
_SAVE_EVERY = 5


class StandIn(Control, Desktop):
    """A HelpCrunch of one's own; also a context manager.

    :param port: 0 takes a free one, see :attr:`url`
    :param rate_limit: REST calls a minute, 0 = no limit
    :param data: path of a JSON file that keeps the state between starts
    """

    def __init__(
        self,
        port=0,
        api_key="test-api-key",
        signing_key="test-signing-key",
        rate_limit=120,
        host="127.0.0.1",
        data=None,
    ):
        self.api_key = api_key
        self.signing_key = signing_key
        self._address = (host, port)
        self._stopping = threading.Event()
        self._server = None
        self.switches = Toggles(rate_limit=rate_limit)
        self.hub = Hub()
        self.desk = Desk(self.switches, self.hub.show)
        self.webhooks = Webhooks(self.switches, signing_key)
        self.api = Api(self.desk, self.webhooks, self.switches, api_key, self._stopping)
        self._file = DataFile(data, self.desk, self.webhooks) if data else None
        self._keeper = threading.Thread(
            target=self._keep, name="helpcrunch-keeper", daemon=True
        )

    # === LIFE === #

    def start(self):
        """Listen and serve from threads; returns at once."""
        if self._file:
            self._file.load()
        self._server = Server(self._address, self._serve)
        self._server.start()
        self._keeper.start()
        return self

    def stop(self):
        """Stop serving and sending, save the state; harmless a second time."""
        if self._server is None or self._stopping.is_set():
            return
        self._stopping.set()
        self.hub.stop()
        self._server.stop()
        self.webhooks.stop()
        self._keeper.join()
        if self._file:
            self._file.save()

    def __enter__(self):
        """Start."""
        return self.start()

    def __exit__(self, *_):
        """Stop."""
        self.stop()

    def reset(self):
        """Begin anew: no customers, chats, webhook rows, logs; switches as at start."""
        with self.desk.lock:
            self.switches.reset()
            self.desk.reset()
            self.webhooks.reset()
            self.api.reset()
        self.hub.show("reset", {})

    @property
    def url(self):
        """Return the address; the REST API is below it at ``/v1``."""
        host, port = self._server.server_address[:2]
        return f"http://{host}:{port}"

    def _keep(self):
        """Wake snoozed chats and save now and then."""
        seconds = 0
        while not self._stopping.wait(1):
            with self.desk.lock:
                self.desk.wake()
                self.desk.reassign_waiting()
                self._done()
            seconds += 1
            if self._file and seconds % _SAVE_EVERY == 0:
                self._file.save()

    # === HTTP === #

    def _serve(self, request):
        if request.path.startswith("/v1/"):
            return self.api.handle(request)
        if request.path == "/_test/stream":
            response = Response(content_type="text/event-stream")
            response.headers.append(("Cache-Control", "no-store"))
            response.stream = self.hub.listen
            return response
        if request.path.startswith("/_test/") and request.path != "/_test/":
            return self._verb(request)
        return self._page(request)

    def _verb(self, request):
        """Call a verb with the JSON body, or the query of a GET, as arguments."""
        name = request.path.removeprefix("/_test/")
        verb = self._method(name)
        if verb is None:
            return Response.json({"error": f"unknown verb {name}"}, 404)
        try:
            arguments = (
                json.loads(request.body) if request.body else request.parameters()
            )
            result = verb(**arguments)
        except LookupError as error:
            return Response.json({"error": str(error)}, 404)
        except (TypeError, ValueError) as error:
            return Response.json({"error": str(error)}, 400)
        return Response.json(_readable(result))

    def _method(self, name):
        if name.startswith("_") or name in _NOT_VERBS:
            return None
        if any(name in vars(kind) for kind in (Control, Desktop, StandIn)):
            method = getattr(self, name)
            return method if callable(method) else None
        return None

    @staticmethod
    def _page(request):
        name = _ADDRESSES.get(request.path)
        if name is None and request.path.startswith("/static/"):
            name = request.path.removeprefix("/static/")
        path = _PAGES / (name or "")
        known = path.parent == _PAGES and path.suffix in _TYPES and path.is_file()
        if request.method != "GET" or not known:
            return Response(404, b"not found", "text/plain")
        response = Response(200, path.read_bytes(), _TYPES[path.suffix])
        response.headers.append(("Cache-Control", "no-store"))
        response.headers.append(("X-Content-Type-Options", "nosniff"))
        return response


def _readable(result):
    """Return a verb's result as JSON data: bytes become text."""
    if isinstance(result, bytes):
        return result.decode()
    if isinstance(result, dict):
        return {key: _readable(value) for key, value in result.items()}
    if isinstance(result, list):
        return [_readable(value) for value in result]
    return result
