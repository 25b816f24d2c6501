"""A small HTTP/1.1 server: threads, keep-alive, one write per answer.

The standard ``http.server`` builds an e-mail parser per request; load benches share
two cores with this process, so the few lines HTTP really needs stand here.
"""

import json
import socket
import socketserver
import threading
import traceback
from http import HTTPStatus
from urllib.parse import parse_qsl

_MAX_LINE = 65536
_MAX_BODY = 10 * 1024 * 1024
_REASONS = {status.value: status.phrase for status in HTTPStatus}


class BadRequest(Exception):
    """The bytes are no HTTP request this server reads."""


class Request:
    """One parsed request."""

    __slots__ = ("body", "headers", "method", "path", "query")

    def __init__(self, method, target, headers, body):
        self.method = method
        self.path, _, self.query = target.partition("?")
        self.headers = headers
        self.body = body

    @property
    def target(self):
        """Return path and query as they came."""
        return f"{self.path}?{self.query}" if self.query else self.path

    def parameters(self):
        """Return the query as a dict, the last value of a name wins."""
        return dict(parse_qsl(self.query, keep_blank_values=True))


class Response:
    """One answer.

    ``after`` runs when the answer is out, ``drop`` closes the connection instead of
    answering, ``stream`` gets a write function and keeps the connection.
    """

    __slots__ = ("after", "body", "content_type", "drop", "headers", "status", "stream")

    def __init__(self, status=200, body=b"", content_type="application/json"):
        self.status = status
        self.body = body
        self.content_type = content_type
        self.headers = []
        self.after = None
        self.drop = False
        self.stream = None

    @classmethod
    def json(cls, payload, status=200):
        """Return an answer with a JSON body."""
        body = json.dumps(payload, separators=(",", ":")).encode()
        return cls(status, body)

    def head(self, close):
        """Return status line and headers as bytes."""
        lines = [
            f"HTTP/1.1 {self.status} {_REASONS.get(self.status, 'Unknown')}",
            f"Content-Type: {self.content_type}",
        ]
        if self.stream is None:
            lines.append(f"Content-Length: {len(self.body)}")
        lines.extend(f"{name}: {value}" for name, value in self.headers)
        if close:
            lines.append("Connection: close")
        return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


class _Connection(socketserver.StreamRequestHandler):
    disable_nagle_algorithm = True
    timeout = 300  # an idle keep-alive connection is given up
    rbufsize = 65536

    def handle(self):
        try:
            while self._exchange():
                pass
        except (OSError, EOFError):
            return  # the client went away, nobody is left to tell
        except BadRequest as error:
            self._send(Response(400, str(error).encode(), "text/plain"), close=True)

    def _exchange(self):
        """Serve one request; return whether the connection stays open."""
        request, close = self._read()
        try:
            response = self.server.app(request)
        except Exception:  # noqa: BLE001 - the border of one request
            traceback.print_exc()
            response = Response(500, b"the stand-in failed", "text/plain")
        try:
            if response.drop:
                return False
            self._send(response, close or response.stream is not None)
            if response.stream is not None:
                response.stream(self.connection.sendall)
                return False
            return not close
        finally:
            if response.after is not None:
                response.after()

    def _send(self, response, close):
        self.connection.sendall(response.head(close) + response.body)

    def _line(self):
        line = self.rfile.readline(_MAX_LINE + 1)
        if not line:
            raise EOFError
        if len(line) > _MAX_LINE:
            raise BadRequest("line too long")
        return line.decode("latin-1").rstrip("\r\n")

    def _read(self):
        words = self._line().split(" ")
        if len(words) != 3 or not words[2].startswith("HTTP/1."):
            raise BadRequest("not HTTP/1.x")
        headers = {}
        while line := self._line():
            name, _, value = line.partition(":")
            headers[name.strip().lower()] = value.strip()
        if headers.get("expect", "").lower() == "100-continue":
            self.connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
        request = Request(words[0], words[1], headers, self._body(headers))
        connection = headers.get("connection", "").lower()
        close = connection == "close" or (
            words[2] == "HTTP/1.0" and connection != "keep-alive"
        )
        return request, close

    def _body(self, headers):
        if "chunked" in headers.get("transfer-encoding", "").lower():
            return self._chunks()
        length = headers.get("content-length", "0")
        if not length.isdigit() or int(length) > _MAX_BODY:
            raise BadRequest("bad content length")
        body = self.rfile.read(int(length))
        if len(body) < int(length):
            raise EOFError
        return body

    def _chunk_length(self):
        try:
            return int(self._line().partition(";")[0], 16)
        except ValueError as error:
            raise BadRequest("bad chunk length") from error

    def _chunks(self):
        parts, size = [], 0
        while length := self._chunk_length():
            size += length
            if size > _MAX_BODY:
                raise BadRequest("body too long")
            parts.append(self.rfile.read(length))
            self._line()
        while self._line():
            pass  # trailers
        return b"".join(parts)


class Server(socketserver.ThreadingTCPServer):
    """Listens at once, serves from threads, closes everything at stop.

    :param address: host and port, port 0 takes a free one
    :param app: called with each :class:`Request`, returns a :class:`Response`
    """

    allow_reuse_address = True
    daemon_threads = True
    block_on_close = False
    request_queue_size = 256

    def __init__(self, address, app):
        self.app = app
        self._open = set()
        self._guard = threading.Lock()
        super().__init__(address, _Connection)
        self._thread = threading.Thread(
            target=self.serve_forever, args=(0.05,), name="helpcrunch-http", daemon=True
        )

    def start(self):
        """Serve from a thread of its own."""
        self._thread.start()

    def stop(self):
        """Stop listening and cut the connections that are still open."""
        self.shutdown()
        self._thread.join()
        self.server_close()
        with self._guard:
            connections = list(self._open)
        for connection in connections:
            self._cut(connection)

    @staticmethod
    def _cut(connection):
        try:
            connection.shutdown(socket.SHUT_RDWR)
        except OSError:
            return  # closed by the other side in the meantime

    def process_request(self, request, client_address):
        """Remember the connection so that :meth:`stop` can close it."""
        with self._guard:
            self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request):
        """Forget a connection that is done."""
        with self._guard:
            self._open.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request, client_address):
        """Show what broke; the base class prints it in a form of its own."""
        traceback.print_exc()
