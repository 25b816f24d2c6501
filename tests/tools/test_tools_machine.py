"""The pure tools behind webhooks and calls: what a machine sends, and secrets."""

import json
import random

from odoo.tests import BaseCase, tagged

from ...jobs import worker
from ...tools import budget, log, signature, webhook
from ..common import PATIENCE


@tagged("post_install", "-at_install")
class TestMachineTools(BaseCase):
    # === SIGNATURE === #

    def test_signature(self):
        # RFC 2202, test case 2.
        body, key = b"what do ya want for nothing?", "Jefe"
        digest = "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79"
        self.assertEqual(signature.compute_signature(body, key), digest)
        self.assertTrue(signature.is_signed(body, key, digest))
        self.assertTrue(signature.is_signed(body, key, f" {digest} "))
        for claimed in (None, "", digest[:-1], digest + "0", "0" * 40, "їжак", "\xff"):
            with self.subTest(claimed=claimed):
                self.assertFalse(signature.is_signed(body, key, claimed))
        self.assertFalse(signature.is_signed(body + b" ", key, digest))
        for secret in (None, "", False):
            empty = signature.compute_signature(body, "")
            with self.subTest(secret=secret):
                self.assertFalse(signature.is_signed(body, secret, empty))

    # === WEBHOOKS === #

    def parse(self, **envelope):
        body = {"id": "e1", "event": "message.chat.customer", **envelope}
        return webhook.parse(json.dumps(body).encode())

    def test_a_message_event(self):
        data = {
            "chat_id": 7001,
            "customer": {"id": 5001, "name": "Taras"},
            "message": {
                "id": 9001,
                "text": "Привіт",
                "createdAt": "1601557390.769",
                "applicationId": 2,
            },
        }
        for form in (data, json.dumps(data)):
            event = self.parse(createdAt=1601557400, eventData=form)
            self.assertEqual(
                (event.chat, event.customer, event.application, event.message),
                ("7001", "5001", "2", "9001"),
            )
            self.assertEqual(event.message_text(), "Привіт")
            self.assertEqual(event.occurred_at, 1601557390.769)
            self.assertEqual(event.position, 9001)
            self.assertEqual(event.message_key, "message:9001")
            self.assertEqual(event.customer_data()["name"], "Taras")

    def test_bodies_that_will_never_be_events(self):
        for body in (
            b"",
            b"{",
            b"null",
            b"[]",
            b'"x"',
            b"1",
            b"\xff\xfe\xfd",
            b"[" * 100000,
            b'{"id": "1"}',
            b'{"event": "x"}',
            b'{"id": true, "event": "x"}',
            b'{"id": 1.5, "event": "x"}',
            b'{"id": "", "event": "x"}',
            b'{"id": "  ", "event": "x"}',
            b'{"id": "1", "event": " "}',
            b'{"id": "1", "event": ["x"]}',
            b'{"id": "\\u0000", "event": "x"}',
            b'{"id": "\\ud800", "event": "x"}',
            b'{"id": "1", "event": "x", "eventData": "oops"}',
            b'{"id": "1", "event": "x", "eventData": "[]"}',
            b'{"id": "1", "event": "x", "eventData": {"a": NaN}}',
            b'{"id": "1", "event": "x", "eventData": {"a": -Infinity}}',
            b'{"id": ' + b"9" * 5000 + b', "event": "x"}',
        ):
            with self.subTest(body=body[:60]):
                with self.assertRaises(webhook.MalformedWebhookError):
                    webhook.parse(body)

    def test_deep_bodies_are_refused_and_never_crash(self):
        for depth in (60, 150, 300, 400, 480, 700, 900, 2000, 50000):
            nested = b'{"a":' * depth + b'"\\u0000"' + b"}" * depth
            with self.subTest(depth=depth):
                with self.assertRaises(webhook.MalformedWebhookError):
                    webhook.parse(b'{"id":"1","event":"x","eventData":%s}' % nested)

    def test_odd_payloads_are_events_all_the_same(self):
        odd = (None, True, 0, -1, 1.5, "", "x", "²", [], [1], {}, {"id": []}, "9" * 99)
        for value in odd:
            payloads = [
                {"message": value, "customer": value, "agent": value},
                {
                    "chat_id": value,
                    "id": value,
                    "status": value,
                    "message": {
                        "id": value,
                        "text": value,
                        "createdAt": value,
                        "applicationId": value,
                        "broadcastType": value,
                    },
                },
            ]
            for data in payloads:
                for kind in (
                    "message.chat.customer",
                    "customer.deleted",
                    "chat.closed",
                ):
                    with self.subTest(kind=kind, data=data):
                        event = self.parse(event=kind, createdAt=value, eventData=data)
                        self.assertIsInstance(event.message_text(), str)
                        self.assertIsInstance(event.customer_data(), dict)
                        self.assertFalse(event.is_closed())
                        self.assertGreater(event.occurred_at, 0)
                        self.assertGreaterEqual(event.position, 0)
                        event.broadcast_type()
                        self.assertIsNone(event.rating())
                        for name in ("chat", "customer", "agent", "message"):
                            found = getattr(event, name)
                            self.assertTrue(found is None or len(found) <= 64)

    def test_long_ids_are_clipped(self):
        event = self.parse(
            id="e" * 500, event="x" * 500, eventData={"chat_id": "9" * 99}
        )
        self.assertEqual(len(event.external_id), 64)
        self.assertEqual(len(event.event_type), 100)
        self.assertIsNone(event.chat, "no id of HelpCrunch's is that long")

    def test_data_that_is_no_object_is_none(self):
        for value in (None, 1, [], True):
            with self.subTest(value=value):
                self.assertEqual(self.parse(eventData=value).payload, {})

    def test_characters_the_database_cannot_hold_are_dropped(self):
        event = self.parse(
            eventData={"message": {"id": 1, "text": "a\0b\ud800c 👍"}, "x\0": 1}
        )
        self.assertEqual(event.message_text(), "abc 👍")
        self.assertEqual(event.payload["x"], 1)

    def test_times(self):
        for value, seconds in (
            (1603885746, 1603885746),
            ("1603885746", 1603885746),
            ("1601557390.769", 1601557390.769),
            (None, None),
            (True, None),
            ("", None),
            ("yesterday", None),
            ("nan", None),
            ("inf", None),
            (0, None),
            (-5, None),
            (10**20, None),
            (10**400, None),
            ([], None),
        ):
            with self.subTest(value=value):
                self.assertEqual(webhook.read_time(value), seconds)

    # === BUDGET === #

    def test_random_calls_never_go_over_the_limit(self):
        numbers = random.Random(7)
        for limit in (1, 3, 10):
            now, calls, made = 1000.0, {}, []
            for _number in range(400):
                bulk = 30 if numbers.random() < 0.4 else None
                wait, calls = budget.take(calls, limit, now, bulk, live_waits=True)
                if not wait:
                    made.append((now, bulk))
                now += numbers.choice((0, 0.1, 1.5, wait or 4))
            self.assertGreater(len(made), limit * 3)
            for moment, _bulk in made:
                minute = [bulk for at, bulk in made if moment <= at < moment + 60]
                self.assertLessEqual(len(minute), limit)
                self.assertLessEqual(
                    sum(bulk is not None for bulk in minute), max(1, limit * 30 // 100)
                )

    def _make_bulk_calls(self, calls, now, seconds, limit, **kwargs):
        """Make every bulk call that may be made, second by second."""
        made = []
        while now < 1000 + seconds:
            wait, calls = budget.take(calls, limit, now, 30, **kwargs)
            if wait:
                now += wait
            else:
                made.append(now)
        return made, calls

    def test_broadcasts_use_what_live_replies_leave(self):
        made, calls = self._make_bulk_calls({}, 1000, 600, 120)
        for start in range(1000, 1540):
            minute = [at for at in made if start <= at < start + 60]
            # Never more than 95 percent, and evenly spread.
            self.assertLessEqual(len(minute), 114)
            self.assertLessEqual(sum(at < start + 1 for at in minute), 2)
        self.assertAlmostEqual(
            len(made) / 10, budget.bulk_rate(120, 30), delta=0.01 * len(made)
        )
        # A live reply finds room, at once and six times.
        for _number in range(6):
            wait, calls = budget.take(calls, 120, 1600)
            self.assertEqual(wait, 0)

    def test_broadcasts_keep_to_their_share_while_live_replies_wait(self):
        made, calls = self._make_bulk_calls({}, 1000, 61, 120, live_waits=True)
        self.assertEqual(len(made), 36)
        self.assertGreater(budget.take(calls, 120, 1061, 30, live_waits=True)[0], 0)
        self.assertEqual(budget.take(calls, 120, 1061, 30)[0], 0)

    def test_the_more_live_replies_the_more_room_for_them(self):
        # A quarter more than live replies used stays free, or five percent of all.
        for live, bulk in ((0, 114), (20, 94), (40, 70), (80, 36), (100, 20)):
            calls = {"1000": [live, 0]}
            made, _calls = self._make_bulk_calls(calls, 1001, 61, 120)
            self.assertEqual(len(made), bulk, live)

    def test_after_the_wait_there_is_room(self):
        numbers = random.Random(8)
        for _number in range(200):
            now, calls = 1000.0, {}
            for _call in range(5):
                now += numbers.uniform(0, 9)
                wait, calls = budget.take(calls, 5, now)
                self.assertEqual(wait, 0)
            wait, same = budget.take(calls, 5, now)
            self.assertGreater(wait, 0)
            self.assertEqual(same, calls)
            self.assertEqual(budget.used(calls, now), 5)
            self.assertEqual(budget.take(calls, 5, now + wait)[0], 0)

    def test_the_budget_it_is_given_stays_as_it_is(self):
        calls = {"1000": [1, 0]}
        _wait, taken = budget.take(calls, 10, 1000)
        self.assertEqual(calls, {"1000": [1, 0]})
        self.assertEqual(taken, {"1000": [2, 0]})

    def test_a_small_account_has_broadcasts_too(self):
        self.assertEqual(budget.take(None, 10, 1000, 0)[0], 0)
        self.assertEqual(budget.take(None, 1, 1000, 1)[0], 0)

    # === ALARMS === #

    def test_the_earliest_alarm_wins(self):
        rung = []
        for seconds in (2000, 0.02, 1000):
            worker.submit_later(seconds, rung.append, "now")
        self.assertTrue(worker.wait_for_quiet(PATIENCE))
        self.assertEqual(rung, ["now"])

    # === LOG === #

    def test_keys_are_kept_out_of_texts(self):
        for shown in (
            "Authorization: Bearer s3cr3t-key",
            "authorization: bearer   s3cr3t-key, x",
            "api_key=s3cr3t-key",
            "'api-key': 's3cr3t-key'",
            "API key s3cr3t-key",
            "/helpcrunch/webhook/s3cr3t-key?x",
            "whatever s3cr3t-key stands in",
        ):
            with self.subTest(shown=shown):
                self.assertNotIn("s3cr3t", log.mask_secrets(shown, "s3cr3t-key"))
        self.assertEqual(log.mask_secrets("as it is", "", None), "as it is")
        self.assertNotIn("abc", log.mask_secrets("/helpcrunch/webhook/abc"))

    def test_a_key_is_hidden_in_the_quotes_of_an_error(self):
        for key in ("s3cr3t\n", "s3cr3t it's\t", "їs3cr3t\\x"):
            with self.subTest(key=key):
                shown = log.mask_secrets(f"bad header {key!r}", key)
                self.assertNotIn("s3cr3t", shown)

    def test_a_key_with_a_comma_or_a_space_inside(self):
        for key in ("ab,s3cr3t", "ab s3cr3t", 'ab"s3cr3t'):
            with self.subTest(key=key):
                shown = log.mask_secrets(f"Authorization: Bearer {key}", key)
                self.assertNotIn("s3cr3t", shown)
