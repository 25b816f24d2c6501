"""One stand-in per test class, a client for it and a receiver of webhooks."""

import http.client
import json
import threading
import unittest
from urllib.parse import urlsplit

from patience import PATIENCE

from helpcrunch.standin import StandIn
from helpcrunch.webhooks import sign
from helpcrunch.wire import Response, Server

KEY = "test-api-key"
SIGNING_KEY = "test-signing-key"
BOT, MARIA, ANDREW = 301, 302, 303


class Receiver:
    """A small server that takes webhooks; ``statuses`` are its next answers."""

    def __init__(self):
        self.requests = []
        self.statuses = []
        self.hold = None
        self._server = Server(("127.0.0.1", 0), self._take)
        self._server.start()
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/hook?a=1"

    def _take(self, request):
        self.requests.append(request)
        if self.hold:
            self.hold.wait(PATIENCE)
        return Response.json({}, self.statuses.pop(0) if self.statuses else 200)

    def stop(self):
        """Stop."""
        self._server.stop()

    @property
    def bodies(self):
        """Return the parsed bodies."""
        return [json.loads(request.body) for request in self.requests]

    @property
    def events(self):
        """Return the event types in the order of arrival."""
        return [body["event"] for body in self.bodies]


class StandInCase(unittest.TestCase):
    """Starts a stand-in once per class and empties it before each test."""

    @classmethod
    def setUpClass(cls):
        """Start."""
        super().setUpClass()
        cls.server = StandIn().start()
        cls.addClassCleanup(cls.server.stop)
        cls.address = urlsplit(cls.server.url).netloc

    def setUp(self):
        """Empty the stand-in."""
        super().setUp()
        self.server.reset()
        self.connection = http.client.HTTPConnection(self.address, timeout=PATIENCE)
        self.addCleanup(self.connection.close)

    def call(self, method, path, body=None, key=KEY):
        """Make a REST call; return status and parsed body."""
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        text = None if body is None else json.dumps(body)
        self.connection.request(method, f"/v1{path}", text, headers)
        response = self.connection.getresponse()
        self.headers = response.headers
        text = response.read()
        if response.headers["Content-Type"] != "application/json":
            return response.status, text
        return response.status, json.loads(text)

    def ok(self, method, path, body=None, status=200):
        """Make a REST call that must succeed; return the body."""
        answered, payload = self.call(method, path, body)
        self.assertEqual(answered, status, payload)
        return payload

    def verb(self, name, **arguments):
        """Call a verb over HTTP; return status and parsed body."""
        self.connection.request("POST", f"/_test/{name}", json.dumps(arguments))
        response = self.connection.getresponse()
        return response.status, json.loads(response.read())

    def say(self, chat, text="Hello", agent=BOT, kind="message", **more):
        """Post a message by REST."""
        body = {"chat": chat, "text": text, "type": kind, "agent": agent, **more}
        return self.ok("POST", "/messages", body)

    def receiver(self):
        """Return a new receiver."""
        receiver = Receiver()
        self.addCleanup(receiver.stop)
        return receiver

    def idle(self, timeout=PATIENCE):
        """Wait for the webhooks."""
        self.assertTrue(self.server.wait_idle(timeout), "webhooks are still pending")

    def events(self):
        """Return the names of the captured webhooks."""
        return [item["event"] for item in self.server.captured()]

    def in_threads(self, function, count):
        """Run a function in threads; return their results."""
        results = []
        threads = [
            threading.Thread(target=lambda: results.append(function()))
            for _ in range(count)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return results

    def assertSigned(self, headers, body, key=SIGNING_KEY):
        """Check the signature of raw bytes."""
        headers = {name.lower(): value for name, value in headers.items()}
        self.assertEqual(headers["x-helpcrunch-signature"], sign(key, body))
