"""The real client against the stand-in HelpCrunch, over real HTTP."""

import socket
import threading
from types import SimpleNamespace

from odoo.tests import BaseCase, tagged
from odoo.tools import mute_logger

from ...exceptions import (
    HelpcrunchError,
    KeyRefusedError,
    RateLimitedError,
    RejectedError,
    UnknownOutcomeError,
    UnreachableError,
)
from ...tools import helpcrunch_api
from ...tools.helpcrunch_api import HelpcrunchApi
from ..common import BOT_AGENT, CUSTOMER, PATIENCE, StandIn

KEY = "test-api-key"
MISSING_CHAT = 999999


class ClientCase(BaseCase):
    """The client and a stand-in alone, without Odoo."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.helpcrunch = StandIn(port=0, api_key=KEY, rate_limit=0)
        cls.helpcrunch.start()
        cls.addClassCleanup(cls.helpcrunch.stop)

    def setUp(self):
        super().setUp()
        self.helpcrunch.reset()
        self.helpcrunch.set(rate_limit=0)
        self.api = self.client()
        message = self.helpcrunch.customer_says(CUSTOMER, "Hi", application=2)
        self.chat = message["chat"]

    def client(self, key=KEY, url=None, timeout=PATIENCE):
        return HelpcrunchApi(f"{url or self.helpcrunch.url}/v1", key, timeout)


@tagged("post_install", "-at_install")
class TestApiClient(ClientCase):
    def fails(self, error, call, *args, status=None):
        """Expect exactly this error, and no key in what it says."""
        with self.assertRaises(HelpcrunchError) as caught:
            call(*args)
        self.assertIs(type(caught.exception), error, str(caught.exception))
        self.assertNotIn(KEY, str(caught.exception))
        self.assertLessEqual(len(str(caught.exception)), 600)
        if status is not None:
            self.assertEqual(caught.exception.status, status)
        return caught.exception

    def says(self, text="Hello"):
        return self.api.send_message(self.chat, text, BOT_AGENT)

    def count_said(self):
        return sum(
            line["from"] == "agent" for line in self.helpcrunch.messages(self.chat)
        )

    # === WHAT WORKS === #

    def test_reading(self):
        self.assertTrue(self.api.get_organization()["domain"])
        self.assertIn(int(BOT_AGENT), [row["id"] for row in self.api.get_agents()])
        self.assertEqual(len(self.api.get_applications()), 6)
        self.assertEqual(
            [row["name"] for row in self.api.get_departments()], ["Sales", "Support"]
        )
        self.assertEqual(self.api.get_customer(CUSTOMER)["id"], CUSTOMER)
        self.assertEqual(self.api.get_chat(self.chat)["id"], self.chat)
        self.assertEqual(self.api.get_messages(self.chat)[0]["text"], "Hi")

    def test_writing(self):
        message = self.api.send_message(
            str(self.chat), "Вітаю 👍", BOT_AGENT, markdown_text="**Вітаю** 👍"
        )
        self.assertTrue(message["id"])
        sent = self.helpcrunch.requests_log()[-1]["body"]
        self.assertEqual(
            (sent["text"], sent["markdownText"]), ("Вітаю 👍", "**Вітаю** 👍")
        )
        self.assertEqual(self.helpcrunch.messages(self.chat)[-1]["from"], "agent")
        self.api.send_message(self.chat, "Between us", BOT_AGENT, private=True)
        sent = self.helpcrunch.requests_log()[-1]["body"]
        self.assertEqual(sent["type"], "private")
        self.api.set_chat_status(self.chat, "closed")
        self.assertEqual(self.helpcrunch.chat(self.chat)["status"], "closed")

    def test_nobody_speaks_for_the_customer(self):
        self.helpcrunch.requests_log(clear=True)
        for agent in (None, "", 0, False):
            self.fails(RejectedError, self.api.send_message, self.chat, "x", agent)
        self.assertEqual(self.helpcrunch.requests_log(), [])

    def test_searching(self):
        other = self.helpcrunch.customer_says(5002, "Hi", application=1)["chat"]
        self.helpcrunch.close(other)
        self.assertEqual(len(self.api.search_chats([])), 2)
        found = self.api.search_chats([("chats.status", "=", "closed")])
        self.assertEqual([row["id"] for row in found], [other])
        found = self.api.search_chats(
            [("chats.customer", "=", CUSTOMER), ("chats.status", "!=", "closed")]
        )
        self.assertEqual([row["id"] for row in found], [self.chat])
        self.assertEqual(len(self.api.search_chats([], limit=1)), 1)
        self.assertEqual(self.api.search_chats([], offset=2), [])

    def test_lists_of_more_than_one_page(self):
        agents = [{"id": number} for number in range(250)]
        pages = []

        def answer(method, path, params=None, **_kwargs):
            pages.append(params["offset"])
            return {"data": agents[params["offset"] :][: params["limit"]]}

        self.patch(self.api, "_call", answer)
        self.assertEqual(self.api.get_agents(), agents)
        self.assertEqual(pages, [0, 100, 200])

    def test_messages_of_more_than_one_page(self):
        for number in range(120):
            self.helpcrunch.customer_says(CUSTOMER, f"Line {number}")
        newest = self.api.get_messages(self.chat)
        older = self.api.get_messages(self.chat, offset=len(newest))
        self.assertEqual(len(newest), 100)
        self.assertEqual(newest[0]["text"], "Line 119")
        self.assertEqual(older[-1]["text"], "Hi")
        self.assertFalse({row["id"] for row in newest} & {row["id"] for row in older})

    def test_an_endless_list_ends(self):
        calls = []

        def answer(*args, **_kwargs):
            calls.append(args)
            return {"data": [{"id": 1}] * 100}

        self.patch(self.api, "_call", answer)
        self.api.get_agents()
        self.assertLessEqual(len(calls), 50)

    # === WHAT HELPCRUNCH REFUSES === #

    def test_a_refused_key(self):
        for style in ("new", "old"):
            self.helpcrunch.set(error_style=style)
            with self.subTest(style=style):
                wrong = self.client(key="wrong-key")
                error = self.fails(KeyRefusedError, wrong.get_organization, status=401)
                self.assertNotIn("wrong-key", str(error))
                self.assertRegex(str(error), "nauthorized|Invalid token")

    def test_a_key_no_header_can_carry_does_nothing(self):
        for key in ("ключ", "test-api-key\n", "a\r\nX: b", "test-api-key\u2028"):
            with self.subTest(key=key):
                client = self.client(key=key)
                with self.assertRaises(HelpcrunchError) as caught:
                    client.send_message(self.chat, "x", BOT_AGENT)
                # Not "it may have been done": that would be looked up in vain.
                self.assertNotIsInstance(caught.exception, UnknownOutcomeError)
                self.assertNotIn(key.strip(), str(caught.exception))
        self.assertEqual(self.count_said(), 0)

    def test_both_styles_of_errors_are_told(self):
        told = {}
        for style in ("new", "old"):
            self.helpcrunch.set(error_style=style)
            error = self.fails(
                RejectedError, self.api.get_chat, MISSING_CHAT, status=404
            )
            told[style] = str(error)
        self.assertIn("not_found: Chat not found", told["new"])
        self.assertIn("chat_not_found", told["old"])

    def test_another_refusal(self):
        self.fails(
            RejectedError, self.api.send_message, self.chat, "x", 999, status=404
        )
        error = self.fails(
            RejectedError, self.api.set_chat_status, self.chat, "burning", status=400
        )
        self.assertIn("status", str(error))
        for status in (400, 403, 404, 409, 413, 422):
            self.helpcrunch.set(fail_next=[status])
            with self.subTest(status=status):
                self.fails(RejectedError, self.says, status=status)
        self.assertEqual(self.count_said(), 0)

    def test_too_many_requests(self):
        self.helpcrunch.set(rate_limit=1)
        self.api.get_organization()
        for style in ("new", "old"):
            self.helpcrunch.set(error_style=style)
            error = self.fails(RateLimitedError, self.says, status=429)
            self.assertIsNone(error.seconds)
        self.helpcrunch.set(retry_after=True)
        error = self.fails(RateLimitedError, self.says, status=429)
        self.assertGreater(error.seconds, 0)
        self.assertLessEqual(error.seconds, 60)
        self.helpcrunch.set(rate_limit=0, fail_next=[{"fail": 429, "retry_after": 7}])
        self.assertEqual(self.fails(RateLimitedError, self.says).seconds, 7)
        self.assertEqual(self.count_said(), 0)

    def test_a_strange_retry_after(self):
        for value, seconds in (
            ("7", 7),
            ("999999", 600),
            ("", None),
            ("-5", None),
            ("1.5", None),
            ("9" * 5000, 600),
            ("\u00b2", None),
            ("Wed, 21 Oct 2026 07:28:00 GMT", None),
        ):
            with self.subTest(value=value):
                response = SimpleNamespace(headers={"Retry-After": value})
                self.assertEqual(helpcrunch_api._retry_after(response), seconds)

    # === WHAT NOBODY KNOWS === #

    def test_trouble_of_the_server(self):
        for status in (500, 502, 503, 504):
            self.helpcrunch.set(fail_next=[status])
            with self.subTest(status=status):
                self.fails(UnknownOutcomeError, self.says, status=status)
        self.helpcrunch.set(down=True)
        self.fails(UnknownOutcomeError, self.says, status=503)
        self.helpcrunch.set(down=False)
        self.assertEqual(self.count_said(), 0)

    def test_done_and_yet_an_error(self):
        self.helpcrunch.set(fail_next=[{"fail": 504, "after": True}])
        self.fails(UnknownOutcomeError, self.says, status=504)
        self.assertEqual(self.count_said(), 1)

    def test_a_connection_that_is_cut(self):
        for number, moment in enumerate(("drop_before", "drop_after")):
            self.helpcrunch.set(fail_next=[moment])
            with self.subTest(moment=moment):
                self.fails(UnknownOutcomeError, self.says, status=0)
                self.assertEqual(self.count_said(), number)
        self.says()
        self.assertEqual(self.count_said(), 2)

    def test_a_slow_answer(self):
        self.api = self.client(timeout=2)
        self.helpcrunch.set(latency_after=30)
        self.fails(UnknownOutcomeError, self.says, status=0)
        self.assertEqual(self.count_said(), 1)
        self.helpcrunch.set(latency_after=0)
        self.api = self.client()
        self.assertTrue(self.says()["id"])

    def test_nobody_waits_long_for_who_the_customer_is(self):
        self.patch(helpcrunch_api, "PREFETCH_TIMEOUT", 0.5)
        self.helpcrunch.set(latency=2)
        self.fails(UnknownOutcomeError, self.api.get_customer, CUSTOMER)
        self.fails(UnknownOutcomeError, self.api.get_chat, self.chat)
        # The rest has the client's own patience.
        self.assertTrue(self.api.get_organization())

    # === WHAT NEVER ARRIVES === #

    def test_nobody_listens(self):
        with socket.socket() as unused:
            unused.bind(("127.0.0.1", 0))
            url = f"http://127.0.0.1:{unused.getsockname()[1]}"
            self.api = self.client(url=url)
            self.fails(UnreachableError, self.says, status=0)

    def test_addresses_that_are_none(self):
        for url in ("", "nonsense", "ftp://127.0.0.1", "http://", "http://["):
            with self.subTest(url=url):
                client = HelpcrunchApi(url, KEY, 1)
                self.fails(UnreachableError, client.get_organization)

    def test_no_encryption_on_the_other_side(self):
        url = self.helpcrunch.url.replace("http://", "https://")
        self.fails(UnreachableError, self.client(url=url).get_organization)

    # === WHO IS NOT HELPCRUNCH === #

    def answers_with(self, raw):
        """Let the client talk to a server that answers with these bytes."""
        server = socket.create_server(("127.0.0.1", 0))
        self.addCleanup(server.close)
        self.received = []

        def serve():
            connection, _address = server.accept()
            with connection:
                self.received.append(connection.recv(65536))
                connection.sendall(raw)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        self.addCleanup(thread.join, 5)
        return self.client(url=f"http://127.0.0.1:{server.getsockname()[1]}")

    def http(self, body, status="200 OK", **headers):
        lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        return "\r\n".join([*lines, "Connection: close", "", ""]).encode() + body

    def test_a_redirect_is_not_followed(self):
        self.helpcrunch.requests_log(clear=True)
        target = f"{self.helpcrunch.url}/v1/organization"
        for status in ("301 Moved", "302 Found", "307 Temporary", "308 Permanent"):
            client = self.answers_with(self.http(b"", status, Location=target))
            with self.subTest(status=status):
                error = self.fails(UnreachableError, client.get_organization)
                self.assertIn("redirected", str(error))
        self.assertEqual(self.helpcrunch.requests_log(), [])

    def test_an_error_that_repeats_the_key(self):
        for body in (
            f"Bearer {KEY} is wrong".encode(),
            f'{{"errors": [{{"code": "x", "message": "no {KEY}"}}]}}'.encode(),
        ):
            for status, error in (
                ("400 Bad", RejectedError),
                ("401 No", KeyRefusedError),
                ("429 Slow", RateLimitedError),
                ("500 Oh", UnknownOutcomeError),
            ):
                with self.subTest(body=body, status=status):
                    client = self.answers_with(self.http(body, status))
                    self.fails(error, client.get_organization)
                    self.assertIn(KEY.encode(), self.received[0])

    def test_answers_that_are_no_json(self):
        for body in (b"", b"<html>", b"{", b"\xff\xff"):
            with self.subTest(body=body):
                client = self.answers_with(self.http(body))
                self.fails(
                    UnknownOutcomeError, client.send_message, self.chat, "x", BOT_AGENT
                )

    def test_json_of_another_shape_is_not_believed(self):
        for body in (b"[]", b"null", b"1", b'"x"', b"{}", b'{"data": null}'):
            for call in (
                lambda client: client.get_organization(),
                lambda client: client.get_agents(),
                lambda client: client.get_chat(1),
                lambda client: client.get_customer(1),
                lambda client: client.get_messages(1),
                lambda client: client.search_chats([]),
            ):
                with self.subTest(body=body):
                    client = self.answers_with(self.http(body))
                    self.fails(UnknownOutcomeError, call, client)

    def test_errors_of_another_shape_are_told(self):
        for body in (
            b"",
            b"plain words",
            b"[]",
            b'{"errors": null}',
            b'{"errors": "no"}',
            b'{"errors": ["no"]}',
            b'{"errors": {"code": "no"}}',
            b'{"errors": []}',
            b"\xff" * 5000,
        ):
            with self.subTest(body=body[:30]):
                client = self.answers_with(self.http(body, "400 Bad"))
                self.fails(RejectedError, client.get_organization, status=400)

    @mute_logger("urllib3.connection")
    def test_half_an_answer(self):
        whole = self.http(b'{"id": 1}')
        for raw in (b"", b"nonsense\r\n\r\n", whole[:20], whole[:-3]):
            with self.subTest(raw=raw):
                client = self.answers_with(raw)
                self.fails(
                    UnknownOutcomeError, client.send_message, self.chat, "x", BOT_AGENT
                )
