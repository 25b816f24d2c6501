"""The rate limit, and trouble on purpose."""

import http.client
import threading
import time

from patience import PATIENCE

from .base import KEY, StandInCase


class TestLimits(StandInCase):
    """Section 1.4 and the switches of trouble."""

    def status(self, path="/organization"):
        """Make a call on a connection of its own; return the status."""
        connection = http.client.HTTPConnection(self.address, timeout=10)
        try:
            connection.request(
                "GET", f"/v1{path}", headers={"Authorization": f"Bearer {KEY}"}
            )
            return connection.getresponse().status
        finally:
            connection.close()

    def test_exactly_so_many_calls_under_threads(self):
        self.server.set(rate_limit=50)
        results = self.in_threads(
            lambda: [self.status() for _ in range(10)].count(200), 12
        )
        self.assertEqual(sum(results), 50)
        self.assertEqual(self.server.rate_used(), 50)

    def test_window_rolls(self):
        self.server.set(rate_limit=2, rate_window=3600)
        self.assertEqual([self.status() for _ in range(3)], [200, 200, 429])
        self.server.set(rate_window=0.001)
        time.sleep(0.002)
        self.assertEqual(self.status(), 200)

    def test_bodies_of_429(self):
        self.server.set(rate_limit=1)
        self.status()
        status, payload = self.call("GET", "/agents")
        self.assertEqual(status, 429)
        self.assertEqual(
            [error["code"] for error in payload["errors"]],
            ["invalid_request", "too_many_requests"],
        )
        self.assertIsNone(self.headers["Retry-After"])
        self.server.set(error_style="old", retry_after=True)
        _, payload = self.call("GET", "/agents")
        self.assertEqual(
            payload["errors"],
            [
                {
                    "code": "too_many_requests",
                    "message": "You have exceeded your requests limit",
                }
            ],
        )
        self.assertIn(int(self.headers["Retry-After"]), range(55, 61))

    def test_a_wrong_key_costs_nothing(self):
        self.server.set(rate_limit=1)
        self.call("GET", "/agents", key="bad")
        self.assertEqual(self.status(), 200)

    def test_planned_failures(self):
        self.server.set(fail_next=[500, {"fail": 502, "path": "/chats"}])
        self.assertEqual(self.status(), 500)
        self.assertEqual(self.status(), 200)
        self.assertEqual(self.status("/chats"), 502)
        self.assertEqual(self.status("/chats"), 200)
        self.server.set(fail_next=[401, {"fail": 429, "retry_after": 7}, 400, 404])
        self.assertEqual(self.status(), 401)
        self.assertEqual(self.call("GET", "/agents")[0], 429)
        self.assertEqual(self.headers["Retry-After"], "7")
        self.assertEqual([self.status(), self.status()], [400, 404])

    def test_dropped_connections(self):
        chat = self.server.customer_says(5001, "Hi")["chat"]
        for fail, stored in (("drop_before", 1), ("drop_after", 2)):
            self.server.set(fail_next=[fail])
            with self.assertRaises(http.client.RemoteDisconnected):
                self.say(chat)
            self.assertEqual(len(self.server.messages(chat)), stored)

    def test_error_after_the_work(self):
        chat = self.server.customer_says(5001, "Hi")["chat"]
        self.server.set(fail_next=[{"fail": 504, "after": True}])
        body = {"chat": chat, "text": "x", "type": "message", "agent": 301}
        self.assertEqual(self.call("POST", "/messages", body)[0], 504)
        self.assertEqual(len(self.server.messages(chat)), 2)

    def test_late_answer_after_the_work(self):
        chat = self.server.customer_says(5001, "Hi")["chat"]
        receiver = self.receiver()
        self.server.add_webhook(receiver.url)
        self.server.set(latency_after=PATIENCE)
        self.connection.timeout = 3
        with self.assertRaises(TimeoutError):
            self.say(chat, "late")
        self.assertEqual(self.server.messages(chat)[-1]["text"], "late")
        self.idle()
        self.assertIn("message.chat.agent", receiver.events)

    def test_late_work(self):
        chat = self.server.customer_says(5001, "Hi")["chat"]
        self.server.set(latency=[2, 2.1])
        thread = threading.Thread(target=self.say, args=(chat,))
        thread.start()
        self.assertEqual(len(self.server.messages(chat)), 1)
        thread.join()
        self.assertEqual(len(self.server.messages(chat)), 2)

    def test_down(self):
        self.server.set(down=True)
        self.assertEqual(self.status(), 503)
        self.assertEqual(self.verb("set", down=False)[0], 200)
        self.assertEqual(self.status(), 200)

    def test_log_of_calls(self):
        chat = self.server.customer_says(5001, "Hi")["chat"]
        self.say(chat, "x")
        self.ok("GET", f"/chats/{chat}/messages?limit=5")
        self.call("PUT", "/chats/status", {"id": 1, "status": "opened"})
        first, second, third = self.server.requests_log(clear=True)
        self.assertEqual((first["method"], first["path"]), ("POST", "/v1/messages"))
        self.assertEqual((first["status"], first["chat"]), (200, chat))
        self.assertEqual(first["body"]["text"], "x")
        self.assertEqual(second["path"], f"/v1/chats/{chat}/messages?limit=5")
        self.assertEqual(second["chat"], chat)
        self.assertEqual((third["status"], third["chat"]), (404, 1))
        self.assertEqual(self.server.requests_log(), [])

    def test_a_call_is_quick_among_thousands_of_chats(self):
        self.server.set(rate_limit=0)
        for number in range(3000):
            self.server.customer_says(10000 + number, "Hi", name=f"N{number}")
        self.ok("GET", "/organization")
        search = {
            "filter": [{"field": "chats.customer", "operator": "=", "value": 11000}]
        }
        began = time.perf_counter()
        for _ in range(100):
            self.say(8000, "x")
            self.assertEqual(self.ok("POST", "/chats/search", search)["total"], 1)
            self.ok("GET", "/chats/8000/messages")
        each = (time.perf_counter() - began) / 300
        self.assertLess(each, 0.01)  # is 0.2 ms; a busy machine gets some room
