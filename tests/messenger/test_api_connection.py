"""What a call carries, and what stays in the process between two calls."""

import os
import ssl
import tempfile
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from unittest.mock import patch

import urllib3

from odoo.tests import BaseCase, tagged

from ...const import EVENT_TYPES
from ...exceptions import UnknownOutcomeError, UnreachableError
from ...tools import helpcrunch_api
from ...tools.helpcrunch_api import HelpcrunchApi
from ..common import HelpcrunchCase


class Recorder(BaseHTTPRequestHandler):
    """Writes down who calls with what, and gives everybody a cookie."""

    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self.server.calls.append((self.client_address, dict(self.headers)))
        body = b'{"id": 1}'
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Set-Cookie", "session=of-the-first-account; Path=/")
        self.end_headers()
        for number in range(len(body)):
            self.wfile.write(body[number : number + 1])
            self.wfile.flush()
            if self.server.stopping.wait(self.server.pause):
                return

    def log_message(self, *args):
        """Say nothing: the tests look at the calls."""


@tagged("post_install", "-at_install")
class TestApiConnection(BaseCase):
    def setUp(self):
        super().setUp()
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Recorder)
        self.server.daemon_threads = True
        self.server.calls, self.server.pause = [], 0
        self.server.stopping = threading.Event()
        thread = threading.Thread(target=self.server.serve_forever, args=(0.05,))
        thread.start()
        self.addCleanup(thread.join)
        self.addCleanup(self.server.server_close)
        self.addCleanup(self.server.shutdown)
        self.addCleanup(self.server.stopping.set)

    def client(self, key="key-one", timeout=5):
        port = self.server.server_port
        return HelpcrunchApi(f"http://127.0.0.1:{port}/v1", key, timeout)

    def test_one_connection_for_many_calls(self):
        for _number in range(3):
            self.client().get_organization()
        self.assertEqual(len({address for address, _headers in self.server.calls}), 1)

    def test_each_thread_has_a_connection_of_its_own(self):
        threads = [
            threading.Thread(target=self.client().get_organization)
            for _number in range(2)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(len({address for address, _headers in self.server.calls}), 2)

    def test_accounts_share_no_cookie(self):
        self.client("key-one").get_organization()
        self.client("key-two").get_organization()
        (_, first), (_, second) = self.server.calls
        self.assertEqual(first["Authorization"], "Bearer key-one")
        self.assertEqual(second["Authorization"], "Bearer key-two")
        self.assertNotIn("Cookie", second)

    def test_a_netrc_file_does_not_replace_the_key(self):
        with tempfile.NamedTemporaryFile("w", suffix="netrc") as netrc:
            netrc.write("machine 127.0.0.1 login somebody password else\n")
            netrc.flush()
            with patch.dict(os.environ, NETRC=netrc.name):
                self.client().get_organization()
        self.assertEqual(self.server.calls[0][1]["Authorization"], "Bearer key-one")

    def test_an_answer_in_drops_takes_no_longer_than_allowed(self):
        # Nine drops, the last one after an hour: the client gives up before.
        self.server.pause = 450
        with self.assertRaises(UnknownOutcomeError):
            self.client(timeout=0.5).get_organization()

    def test_only_what_failed_before_the_call_is_safe_to_repeat(self):
        for reason, expected in (
            (ssl.SSLCertVerificationError("certificate"), UnreachableError),
            (ssl.SSLEOFError("cut in the middle"), UnknownOutcomeError),
        ):
            wrapped = urllib3.exceptions.MaxRetryError(
                None, "/", urllib3.exceptions.SSLError(reason)
            )
            error = helpcrunch_api.requests.exceptions.SSLError(wrapped)
            with (
                self.subTest(reason=reason),
                patch.object(
                    helpcrunch_api.requests.Session, "request", side_effect=error
                ),
                self.assertRaises(expected),
            ):
                self.client().get_organization()


@tagged("post_install", "-at_install")
class TestApiAnswers(HelpcrunchCase):
    def test_what_the_database_cannot_hold(self):
        self.step("Welcome", alias="/start", message="Hi, {{ partner.name }}")
        said = self.says("Hi", name="Ta\0ras \ud83d", email="t@example.com")
        self.assertEqual(said, ["Hi, Taras"])

    def test_events_of_a_new_version_are_listed_when_connecting_again(self):
        arrivals = self.by_machine(self.account).arrival_ids
        arrivals.filtered(lambda row: row.event_type == "customer.subscribed").unlink()
        self.account.action_connect()
        kinds = self.account.arrival_ids.mapped("event_type")
        self.assertEqual(sorted(kinds), sorted(EVENT_TYPES))
