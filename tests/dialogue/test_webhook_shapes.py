"""Webhooks as others know them, and as nobody should send them."""

import json
from itertools import count

from odoo.tests import tagged

from ...tools import signature
from ..common import CUSTOMER, HelpcrunchCase

_numbers = count(1)


@tagged("post_install", "-at_install")
class TestWebhookShapes(HelpcrunchCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.step("Welcome", alias="/start")
        cls.step("Prices", alias="prices")

    def post(self, event_type, data, **envelope):
        """Post an event with a signed body; return its row."""
        number = f"shape-{next(_numbers)}"
        body = json.dumps(
            {"id": number, "event": event_type, "eventData": data, **envelope}
        ).encode()
        signed = signature.compute_signature(body, "test-signing-key")
        headers = {"X-HelpCrunch-Signature": signed}
        with self.enter_test_mode_if_needed():
            status = self.receive({"body": body, "headers": headers})
            self.work()
        self.assertEqual(status, 200)
        self.env.invalidate_all()
        return self.env["helpcrunch.event"].search([("external_id", "=", number)])

    def test_other_names_of_the_chat(self):
        for key in ("chat_id", "chatId", "id"):
            with self.subTest(key):
                self.says("Hi", 5001)
                chat = self.chat()
                self.post(
                    "chat.closed",
                    {
                        key: int(chat.external_id),
                        "customer": {"id": CUSTOMER},
                        "status": "closed",
                    },
                )
                self.assertEqual(chat.state, "done")
                self.by_machine(chat).state = "bot"

    def test_an_event_without_a_chat_touches_no_dialogue(self):
        self.says("Hi")
        chat = self.chat()
        for value in (None, True, "", "abc", "7" * 400, [1], {"id": 1}, -1, 1.5):
            for key in ("chat_id", "chatId", "id"):
                with self.subTest(key=key, value=value):
                    event = self.post(
                        "chat.closed",
                        {key: value, "customer": {"id": CUSTOMER}, "status": "closed"},
                    )
                    self.assertEqual(event.state, "ignored")
                    self.assertIn("no chat", event.reason_text)
                    self.assertFalse(event.chat_id)
        self.assertEqual(chat.state, "bot")
        self.assertEqual(self.says("prices"), ["Prices"])

    def test_a_customer_without_a_number(self):
        self.says("Hi")
        for value in (None, True, "x", "7" * 400, [CUSTOMER]):
            event = self.post("customer.blocked", {"id": value})
            self.assertEqual((event.state, event.reason), ("ignored", "no_customer"))
        self.assertFalse(self.chat().customer_id.blocked)

    def test_one_message_under_two_kinds_of_event(self):
        self.says("Hi")
        chat = int(self.chat().external_id)
        for first, second, number in (
            ("message.chat.customer", "message.chat.agent", 990001),
            ("message.chat.agent", "message.chat.customer", 990002),
            ("message.private", "message.chat.agent", 990003),
            ("message.chat.customer", "message.private", 990004),
        ):
            with self.subTest(first=first, second=second):
                data = {
                    "chat_id": chat,
                    "customer": {"id": CUSTOMER},
                    "agent": {"id": 301},
                    "message": {"id": number, "text": "prices"},
                }
                self.assertTrue(self.post(first, data))
                self.assertFalse(self.post(second, data))
        self.assertFalse(self.env["helpcrunch.event"].search([("error", "!=", False)]))

    def test_what_is_no_number_beside_the_chat(self):
        self.says("Hi")
        chat = int(self.chat().external_id)
        for value in (True, "7" * 400, 10**399, [1], {"id": [1]}, "x", 1.5):
            for name, data in (
                ("message.id", {"message": {"id": value, "text": "prices"}}),
                (
                    "application",
                    {"message": {"applicationId": value, "id": 1, "text": "prices"}},
                ),
                (
                    "agent",
                    {
                        "agent": value,
                        "message": {"id": next(_numbers) + 10**6, "text": "prices"},
                    },
                ),
            ):
                data.setdefault("customer", {"id": CUSTOMER})
                with self.subTest(name, value=value):
                    data["message"].setdefault("id", None)
                    if name == "application":
                        data["message"]["id"] = next(_numbers) + 10**6
                    event = self.post(
                        "message.chat.customer", {"chat_id": chat, **data}
                    )
                    self.assertEqual(event.state, "done")
                    self.assertFalse(event.error)
            event = self.post("chat.assigned", {"chat_id": chat, "assignee": value})
            self.assertFalse(event.error)

    def test_names_and_addresses_that_are_no_text(self):
        for number, value in enumerate((5, True, ["a"], {"a": 1}, None)):
            event = self.post(
                "message.chat.customer",
                {
                    "chat_id": 888000 + number,
                    "customer": {
                        "id": 777000 + number,
                        "name": value,
                        "email": value,
                        "userId": value,
                    },
                    "message": {"id": 666000 + number, "text": "Hi"},
                },
            )
            with self.subTest(value=value):
                self.assertEqual((event.state, event.error), ("done", False))

    def test_the_assignee_of_an_old_chat(self):
        account = self.by_machine(self.account)
        human, bot = 302, int(account.bot_agent_id.external_id)
        chats = self.env["helpcrunch.chat"]
        account.connected_at = "2026-01-01 00:00:00"
        for assignee, held in (
            (human, True),
            (str(human), True),
            ({"id": human}, True),
            (bot, False),
            ({"id": bot}, False),
            ([], False),
            ([human], False),
            ({"id": [human]}, False),
            (True, False),
            ("9" * 400, False),
            (None, False),
        ):
            with self.subTest(assignee=assignee):
                remote = {"createdAt": 1700000000, "assignee": assignee}
                self.assertEqual(chats._is_held_by_person(account, remote), held)
