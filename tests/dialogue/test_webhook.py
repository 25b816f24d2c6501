import json
from queue import Queue
from unittest.mock import patch

from odoo.tests import HttpCase, tagged

from ...const import WEBHOOK_MAX_BYTES
from ...jobs import dialogues
from ...tools import signature
from ...tools.webhook import Receipt
from ..common import PATIENCE, HelpcrunchCase

KEY = "test-signing-key"


@tagged("post_install", "-at_install")
class TestWebhook(HelpcrunchCase, HttpCase):
    """The answers of spec 9, over real HTTP, and that a refusal changes nothing."""

    def setUp(self):
        super().setUp()
        self.path = f"/helpcrunch/webhook/{self.account.webhook_token}"

    def _post(self, body, path=None, key=KEY, **headers):
        """Post a body as HelpCrunch does; return ``(status, new events)``."""
        if isinstance(body, dict):
            body = json.dumps(body)
        if isinstance(body, str):
            body = body.encode()
        headers.setdefault("Content-Type", "application/json")
        if key:
            headers.setdefault(
                "X-HelpCrunch-Signature", signature.compute_signature(body, key)
            )
        before = self._everything()
        response = self.opener.post(
            self.base_url() + (path or self.path),
            data=body,
            headers=headers,
            timeout=PATIENCE,
        )
        if response.status_code != 200:
            self.assertEqual(self._everything(), before, "a refusal changed something")
        else:
            self.assertEqual(response.json(), {})
        self.assertNotIn("session_id", response.cookies)
        return response.status_code

    def _everything(self):
        self.env.invalidate_all()
        return [
            self.env[model].with_context(active_test=False).search([]).ids
            for model in (
                "helpcrunch.event",
                "helpcrunch.chat",
                "helpcrunch.customer",
                "helpcrunch.message",
                "helpcrunch.outbox",
                "res.partner",
                "crm.lead",
            )
        ] + self.env["helpcrunch.account.arrival"].search([]).mapped("last_at")

    def _event(self, **values):
        return {
            "event": "message.chat.customer",
            "eventData": {
                "chat_id": 7001,
                "agent": None,
                "customer": {"id": 5001, "name": "Customer A"},
                "message": {
                    "applicationId": 2,
                    "createdAt": "1795424400.915",
                    "id": 90001,
                    "text": "Good day",
                },
            },
            "attempts": 0,
            "lastAttemptAt": 1795424401,
            "createdAt": 1795424401,
            "id": "0b1c2d3e-1111-4222-8333-444455556666",
            **values,
        }

    def _stored(self):
        return self.env["helpcrunch.event"].search(
            [("account_id", "=", self.account.id)]
        )

    def test_the_stand_ins_webhooks_are_accepted(self):
        self.helpcrunch.customer_says(5001, "Їжак — hi", application=2)
        for webhook in self.helpcrunch.captured(clear=True):
            response = self.url_open(
                self.path, data=webhook["body"], headers=webhook["headers"]
            )
            self.assertEqual((response.status_code, response.json()), (200, {}))
        events = self._stored()
        self.assertEqual(
            sorted(events.mapped("event_type")),
            ["chat.new", "customer.new", "message.chat.customer"],
        )
        message = events.filtered(lambda event: "message" in event.event_type)
        self.assertEqual(message._get_data().message_text(), "Їжак — hi")
        self.assertEqual(message.state, "pending")

    def test_signature(self):
        body = json.dumps(self._event())
        self.assertEqual(self._post(body, key="forged"), 401)
        self.assertEqual(self._post(body, key=None), 401)
        for nonsense in ("", "x" * 40, "ї", "0" * 10000):
            headers = {"X-HelpCrunch-Signature": nonsense.encode().decode("latin-1")}
            self.assertEqual(self._post(body, key=None, **headers), 401)
        self.account.webhook_secret = False
        self.assertEqual(self._post(body), 401)
        self.assertEqual(self._post(body, key=""), 401)

    def test_unknown_token(self):
        body = json.dumps(self._event())
        self.assertEqual(self._post(body, path=self.path + "x"), 404)
        self.assertEqual(self._post(body, path=self.path[:-1], key="forged"), 404)
        self.account.active = False
        self.assertEqual(self._post(body), 404)

    def test_oversized(self):
        event = self._event()
        event["eventData"]["message"]["text"] = "x" * WEBHOOK_MAX_BYTES
        self.assertEqual(self._post(event), 413)
        self.assertEqual(self._post(event, key="forged"), 413)
        self.assertEqual(self._post(event, path=self.path + "x"), 404)
        event["eventData"]["message"]["text"] = "x" * (WEBHOOK_MAX_BYTES - 1000)
        self.assertEqual(self._post(event), 200)

    def test_oversized_without_a_length(self):
        def chunks():
            yield b"x" * WEBHOOK_MAX_BYTES
            yield b"x" * 1000

        response = self.opener.post(
            self.base_url() + self.path, data=chunks(), timeout=PATIENCE
        )
        # Werkzeug's server does not read chunked bodies; either way nothing enters.
        self.assertIn(response.status_code, (401, 413))
        self.assertFalse(self._stored())

    def test_malformed(self):
        for body in (
            "",
            "no json",
            "[]",
            '"text"',
            "null",
            "{}",
            '{"event": "chat.new"}',
            '{"id": "1"}',
            '{"id": "", "event": "chat.new"}',
            '{"id": {}, "event": "chat.new"}',
            '{"id": "1", "event": 5}',
            '{"id": "1", "event": "chat.new", "eventData": "{broken"}',
            '{"id": "1", "event": "chat.new", "x": NaN}',
            "[" * 100000,
            b'{"id": "1", "event": "chat.new", "x": "\xff"}',
            b"\x00",
        ):
            with self.subTest(body=body[:40]):
                self.assertEqual(self._post(body), 400)

    def test_strange_but_usable(self):
        for number, data in enumerate(
            (
                None,
                [],
                "text",
                {},
                {"chat_id": {}},
                {"chat_id": 1, "customer": 5, "message": "x"},
                {"chat_id": 1, "message": {"id": [], "createdAt": "never"}},
                {"chat_id": 1, "message": {"createdAt": 1e308, "text": 5}},
                {"chat_id": "\ud800", "message": {"text": "\u0000\ud800"}},
            )
        ):
            if data == "text":
                continue
            with self.subTest(data=data):
                event = self._event(id=f"strange-{number}", eventData=data)
                self.assertEqual(self._post(event), 200)
        self.take_in()
        self.assertFalse(self._stored().filtered(lambda e: e.state == "failed"))

    def test_event_data_as_json_text(self):
        event = self._event()
        event["eventData"] = json.dumps(event["eventData"])
        self.assertEqual(self._post(event), 200)
        self.assertEqual(self._stored()._get_data().message_text(), "Good day")

    def test_nul_and_lone_surrogates_are_dropped(self):
        event = self._event()
        event["eventData"]["message"]["text"] = "a\u0000b\ud83dc😀"
        self.assertEqual(self._post(event), 200)
        self.assertEqual(self._stored()._get_data().message_text(), "abc😀")

    def test_unknown_event_is_stored_as_ignored(self):
        self.assertEqual(self._post(self._event(event="chat.sneezed")), 200)
        self.assertEqual(self._stored().state, "ignored")

    def test_old_event_is_ignored(self):
        event = self._event(createdAt=1600000000)
        event["eventData"]["message"]["createdAt"] = "1600000000.5"
        self.assertEqual(self._post(event), 200)
        self.assertEqual(
            (self._stored().state, self._stored().reason), ("ignored", "old")
        )

    def test_duplicates_do_nothing(self):
        self.assertEqual(self._post(self._event()), 200)
        self.assertEqual(self._post(self._event()), 200)
        # The same message in another envelope: one address registered twice.
        self.assertEqual(self._post(self._event(id="another")), 200)
        self.assertEqual(len(self._stored()), 1)

    def test_other_methods(self):
        for method in ("GET", "PUT", "DELETE"):
            response = self.opener.request(
                method, self.base_url() + self.path, timeout=PATIENCE
            )
            self.assertEqual(response.status_code, 405)

    def test_after_work_is_told_what_came(self):
        # The work starts when the answer is gone, so it may come a moment later.
        receipts = Queue()
        events = self.registry["helpcrunch.event"]
        with patch.object(
            events, "_start_after_work", lambda self, receipt: receipts.put(receipt)
        ):
            self._post(self._event())
            self._post(self._event())
            first, second = (receipts.get(timeout=PATIENCE) for _post in range(2))
        self.assertEqual(first.event_id, self._stored().id)
        self.assertIsNone(second.event_id)

    def test_arrival_is_noted_apart_from_the_account(self):
        write_date = self.account.write_date
        with self.enter_test_mode_if_needed():
            dialogues._arrivals.clear()
            dialogues.after_webhook(
                self.env.cr.dbname,
                Receipt(self.account.id, "chat.new"),
            )
        self.env.invalidate_all()
        arrival = self.account.arrival_ids.filtered(
            lambda row: row.event_type == "chat.new"
        )
        self.assertTrue(arrival.last_at)
        self.assertEqual(self.account.write_date, write_date)
