"""Webhooks: envelope, signature, data, order, repetition, loss."""

import json
import threading
import time

from patience import PATIENCE

from helpcrunch.webhooks import sign

from .base import BOT, MARIA, SIGNING_KEY, StandInCase

CUSTOMER = {"id", "name", "email", "userId"}


class TestWebhooks(StandInCase):
    """Section 3."""

    def setUp(self):
        """Let webhooks be kept, and make them quick when they are sent."""
        super().setUp()
        self.server.set(capture=True, webhook_retries=[0.05, 0.05, 0.05])

    def deliver(self, *events):
        """Send webhooks to a new receiver, which is returned."""
        receiver = self.receiver()
        self.server.set(capture=False)
        self.server.add_webhook(receiver.url, list(events) or "*")
        return receiver

    def test_vector_of_the_document(self):
        self.assertEqual(
            sign("test-signing-key", b'{"event":"chat.new"}'),
            "1a79c5adeb8db204a6119d796a18f3785363dde2",
        )

    def test_first_message_of_an_unknown_customer(self):
        message = self.server.customer_says(5001, "Hi", application=2, name="A")
        customer, chat, spoken = self.server.captured()
        self.assertEqual(customer["event"], "customer.new")
        self.assertEqual(chat["event"], "chat.new")
        self.assertEqual(spoken["event"], "message.chat.customer")
        data = spoken["json"]["eventData"]
        self.assertEqual(set(data), {"chat_id", "agent", "customer", "message"})
        self.assertEqual((data["chat_id"], data["agent"]), (message["chat"], None))
        self.assertEqual(set(data["customer"]), CUSTOMER)
        self.assertEqual(
            set(data["message"]),
            {
                "applicationId",
                "broadcastType",
                "createdAt",
                "updatedAt",
                "edited",
                "id",
                "read",
                "text",
            },
        )
        self.assertEqual(data["message"]["applicationId"], 2)
        self.assertEqual(data["message"]["id"], message["id"])
        self.assertRegex(data["message"]["createdAt"], r"^\d{10}\.\d{3}$")

    def test_envelope(self):
        self.server.customer_says(5001, "Hi")
        for item in self.server.captured():
            envelope = json.loads(item["body"])
            self.assertEqual(
                set(envelope),
                {"event", "eventData", "attempts", "lastAttemptAt", "createdAt", "id"},
            )
            self.assertEqual(envelope["attempts"], 0)
            self.assertIsInstance(envelope["createdAt"], int)
            self.assertIsInstance(envelope["lastAttemptAt"], int)
            self.assertRegex(envelope["id"], r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-")
            self.assertEqual(item["headers"]["Content-Type"], "application/json")
            self.assertSigned(item["headers"], item["body"])

    def test_chat_event(self):
        chat = self.server.customer_says(5001, "Hi")["chat"]
        self.server.captured()
        self.server.assign(chat, MARIA)
        (item,) = self.server.captured()
        data = item["json"]["eventData"]
        self.assertEqual(
            set(data),
            {
                "chat_id",
                "communicatedAgents",
                "customer",
                "closedBy",
                "status",
                "closedAt",
                "rating",
                "createdAt",
                "snoozedUntil",
                "applicationId",
                "applications",
                "department",
                "assignee",
            },
        )
        self.assertEqual(data["assignee"]["id"], MARIA)
        self.assertEqual(set(data["customer"]), CUSTOMER)
        self.assertRegex(data["createdAt"], r"^\d{10}\.\d{3}$")

    def test_customer_event(self):
        self.server.customer_says(5001, "Hi")
        self.server.captured()
        self.server.set_email(5001, "a@example.test")
        (item,) = self.server.captured()
        self.assertEqual(item["event"], "customer.email_updated")
        self.assertEqual(
            item["json"]["eventData"],
            {
                "id": 5001,
                "name": None,
                "userId": None,
                "email": "a@example.test",
                "unsubscribed": False,
                "customData": {},
            },
        )

    def test_echo(self):
        chat = self.server.customer_says(5001, "Hi")["chat"]
        self.server.set(auto_assign=False)
        self.server.set_status(chat, "opened")
        self.server.captured()
        self.say(chat)
        self.say(chat, kind="private")
        self.say(chat, agent=None)
        echoed = ["message.chat.agent", "message.private", "message.chat.customer"]
        kept = self.server.captured()
        self.assertEqual([item["event"] for item in kept], echoed)
        self.assertEqual(kept[0]["json"]["eventData"]["agent"]["id"], BOT)
        self.server.set(echo=False)
        self.say(chat)
        self.assertEqual(self.events(), [])
        self.server.agent_says(MARIA, chat, "I am no echo")
        self.assertEqual(self.events(), ["message.chat.agent"])

    def test_delivery(self):
        receiver = self.deliver()
        self.server.customer_says(5001, "Привіт / https://example.test/")
        self.idle()
        self.assertEqual(
            receiver.events, ["customer.new", "chat.new", "message.chat.customer"]
        )
        for request in receiver.requests:
            self.assertEqual((request.method, request.target), ("POST", "/hook?a=1"))
            self.assertSigned(request.headers, request.body)
        text = receiver.bodies[2]["eventData"]["message"]["text"]
        self.assertEqual(text, "Привіт / https://example.test/")
        log = self.server.webhook_log(clear=True)
        self.assertEqual([entry["status"] for entry in log], [200] * 3)
        self.assertEqual(log[0]["url"], receiver.url)

    def test_rows_choose_events_and_keys(self):
        receiver = self.deliver("chat.new", "message.chat.customer")
        self.server.add_webhook(receiver.url, "chat.new", key="other")
        self.server.customer_says(5001, "Hi")
        self.idle()
        self.assertEqual(sorted(receiver.events)[:2], ["chat.new", "chat.new"])
        self.assertEqual(len(receiver.events), 3)
        self.assertEqual(len({body["id"] for body in receiver.bodies}), 3)
        second = [item for item in receiver.requests if b"chat.new" in item.body][1]
        self.assertSigned(second.headers, second.body, "other")

    def test_answer_comes_before_the_webhook_or_after_it(self):
        chat = self.server.customer_says(5001, "Hi")["chat"]
        receiver = self.deliver("message.chat.agent")
        receiver.hold = threading.Event()
        self.say(chat)  # answered although the receiver is not done
        receiver.hold.set()
        self.idle()
        self.server.set(webhook_before_answer=True)
        self.say(chat)
        self.assertEqual(len(receiver.requests), 2)

    def test_retries_keep_the_id(self):
        receiver = self.deliver("chat.new")
        receiver.statuses = [500, 302, 404]
        self.server.customer_says(5001, "Hi")
        self.idle()
        self.assertEqual([body["attempts"] for body in receiver.bodies], [0, 1, 2, 3])
        self.assertEqual(len({body["id"] for body in receiver.bodies}), 1)
        for request in receiver.requests:
            self.assertSigned(request.headers, request.body)
        statuses = [entry["status"] for entry in self.server.webhook_log()]
        self.assertEqual(statuses, [500, 302, 404, 200])

    def test_given_up(self):
        receiver = self.deliver("chat.new")
        receiver.statuses = [500] * 9
        self.server.customer_says(5001, "Hi")
        self.idle()
        self.assertEqual(len(receiver.requests), 4)

    def test_nobody_there(self):
        self.server.set(capture=False)
        self.server.add_webhook("http://127.0.0.1:9/", "chat.new")
        self.server.customer_says(5001, "Hi")
        self.idle()
        self.assertIn("Refused", self.server.webhook_log()[0]["status"])

    def test_a_retry_does_not_hold_up_the_next(self):
        self.server.set(webhook_retries=[0.3])
        receiver = self.deliver("message.chat.customer")
        receiver.statuses = [500]
        for text in "12":
            self.server.customer_says(5001, text)
        self.idle()
        texts = [body["eventData"]["message"]["text"] for body in receiver.bodies]
        self.assertEqual(texts, ["1", "2", "1"])

    def test_order_per_customer_by_default(self):
        receiver = self.deliver("message.chat.customer")
        for number in range(60):
            self.server.customer_says(5001 + number % 3, str(number))
        self.idle()
        for customer in (5001, 5002, 5003):
            numbers = [
                int(body["eventData"]["message"]["text"])
                for body in receiver.bodies
                if body["eventData"]["customer"]["id"] == customer
            ]
            self.assertEqual(numbers, sorted(numbers))
            self.assertEqual(len(numbers), 20)

    def test_concurrent(self):
        self.server.set(concurrent=True)
        receiver = self.deliver("message.chat.customer")
        receiver.hold = threading.Event()
        for text in "1234":
            self.server.customer_says(5001, text)
        deadline = time.monotonic() + PATIENCE
        while len(receiver.requests) < 4 and time.monotonic() < deadline:
            time.sleep(0.01)
        self.assertEqual(len(receiver.requests), 4)
        receiver.hold.set()

    def test_duplicates(self):
        self.server.set(duplicate=1)
        receiver = self.deliver("chat.new")
        self.server.customer_says(5001, "Hi")
        self.idle()
        self.assertEqual(len(receiver.requests), 2)
        self.assertEqual(len({body["id"] for body in receiver.bodies}), 1)

    def test_reorder(self):
        self.server.set(reorder=True)
        self.server.customer_says(5001, "Hi")
        self.assertEqual(
            self.events(), ["customer.new", "message.chat.customer", "chat.new"]
        )

    def test_event_data_as_string(self):
        self.server.set(event_data_as_string=True)
        self.server.customer_says(5001, "Hi")
        data = self.server.captured()[2]["json"]["eventData"]
        self.assertEqual(json.loads(data)["message"]["text"], "Hi")

    def test_wrong_signature(self):
        self.server.set(wrong_signature=True)
        self.server.customer_says(5001, "Hi")
        item = self.server.captured()[0]
        self.assertNotEqual(
            item["headers"]["X-HelpCrunch-Signature"], sign(SIGNING_KEY, item["body"])
        )

    def test_delay(self):
        self.server.set(webhook_delay=0.2)
        receiver = self.deliver("chat.new")
        began = time.monotonic()
        self.server.customer_says(5001, "Hi")
        self.assertEqual(receiver.requests, [])
        self.idle()
        self.assertGreaterEqual(time.monotonic() - began, 0.2)
        self.assertEqual(receiver.events, ["chat.new"])

    def test_loss(self):
        receiver = self.deliver("message.chat.customer")
        self.server.set(webhook_loss_next=1)
        for text in "12":
            self.server.customer_says(5001, text)
        self.idle()
        texts = [body["eventData"]["message"]["text"] for body in receiver.bodies]
        self.assertEqual(texts, ["2"])
        self.server.set(webhook_loss=1)
        self.server.customer_says(5001, "3")
        self.idle()
        self.assertEqual(len(receiver.requests), 1)
        statuses = [entry["status"] for entry in self.server.webhook_log()]
        self.assertEqual(statuses, ["lost", 200, "lost"])

    def test_reset_forgets_what_waits(self):
        self.server.set(webhook_delay=60)
        self.deliver()
        self.server.customer_says(5001, "Hi")
        self.assertFalse(self.server.wait_idle(0.05))
        self.server.reset()
        self.idle()

    def test_forged(self):
        item = self.server.webhook("chat.new", {"chat_id": 1}, id="abc", attempts=2)
        self.assertEqual(item["json"]["id"], "abc")
        self.assertEqual(item["json"]["attempts"], 2)
        self.assertSigned(item["headers"], item["body"])
        item = self.server.webhook("x.y", {}, key="k", lastAttemptAt=5, createdAt=4)
        self.assertEqual(
            (item["json"]["lastAttemptAt"], item["json"]["createdAt"]), (5, 4)
        )
        self.assertSigned(item["headers"], item["body"], "k")

    def test_capture_uses_the_rows_when_there_are_some(self):
        self.server.add_webhook("http://example.test/a", ["chat.new", "chat.closed"])
        self.server.customer_says(5001, "Hi")
        (item,) = self.server.captured(clear=False)
        self.assertEqual(item["url"], "http://example.test/a")
        self.assertEqual(len(self.server.captured()), 1)
        self.assertEqual(self.server.captured(), [])
