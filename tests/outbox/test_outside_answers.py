"""Answers are not believed by their status, nor rows by being there."""

import json
from datetime import timedelta
from unittest.mock import patch

from odoo import fields
from odoo.tests import HttpCase, tagged
from odoo.tools import mute_logger

from ...exceptions import HelpcrunchError, UnknownOutcomeError, UnreachableError
from ...jobs import dialogues, worker
from ...jobs.sender import Sender
from ...tools import shapes, webhook
from ..common import BOT_AGENT, CUSTOMER, HelpcrunchCase
from ..messenger.test_api_client import ClientCase
from .test_delivery import DeliveryCase

_MODELS = "odoo.addons.helpcrunch_chatbot.models.messenger"
_HTML = "<html><body>Somebody else's secret</body></html>"
# What somebody may answer with a 200 who is not HelpCrunch, or not well.
_NONSENSE = (
    '{"errors": [{"code": "x", "message": "no"}]}',
    "[]",
    "null",
    "{}",
    "true",
    '{"data": null}',
    '{"id": true}',
    '{"id": "abc"}',
    f'{{"id": {"9" * 400}}}',
    "",
)


@tagged("post_install", "-at_install")
class TestClientDoor(ClientCase):
    def setUp(self):
        super().setUp()
        self.api = self.client(timeout=5)

    def answers(self, body, status=200, mimetype="application/json"):
        """Let the next call be answered so."""
        self.helpcrunch.set(
            fail_next=[{"fail": status, "body": body, "type": mimetype}]
        )

    def test_a_post_is_done_only_if_helpcrunch_says_so(self):
        for body in _NONSENSE:
            with self.subTest(body=body[:40]):
                self.answers(body)
                with self.assertRaises(UnknownOutcomeError):
                    self.api.send_message(self.chat, "x", BOT_AGENT)
                self.answers(body)
                with self.assertRaises(UnknownOutcomeError):
                    self.api.create_chat(CUSTOMER, 2)

    def test_a_put_needs_no_body(self):
        for form in ("object", "empty", "no_content"):
            self.helpcrunch.set(put_answer=form)
            for status in ("pending", "opened"):
                self.api.set_chat_status(self.chat, status)
                self.assertEqual(self.helpcrunch.chat(self.chat)["status"], status)
            self.api.set_assignee(self.chat, 302)
        for body in (_NONSENSE[0], "true", '{"id": 1}', _HTML):
            self.answers(body)
            with self.subTest(body=body), self.assertRaises(UnknownOutcomeError):
                self.api.set_assignee(self.chat, 302)

    def test_lists_of_which_something_is_concluded(self):
        good = '{"id": 1, "name": "A"}'
        lists = (
            *_NONSENSE,
            '{"data": {}}',
            '{"data": [null]}',
            f'{{"data": [{good}, {{"name": "no id"}}]}}',
            f'{{"data": [{good}, 5]}}',
            f'{{"data": [{good}], "errors": ["x"]}}',
        )
        for body in lists:
            for call in (
                self.api.get_agents,
                self.api.get_applications,
                self.api.get_departments,
            ):
                self.answers(body)
                with self.subTest(body=body[:40]), self.assertRaises(HelpcrunchError):
                    call()
        self.answers('{"data": []}')
        self.assertEqual(self.api.get_departments(), [])
        self.answers('{"data": []}')
        with self.assertRaises(HelpcrunchError):
            # Somebody has made the key.
            self.api.get_agents()

    def test_one_bad_row_of_many_is_skipped(self):
        self.answers('{"data": [null, {"id": 7, "text": 5}, {"id": 8, "text": "x"}]}')
        rows = self.api.get_messages(self.chat)
        self.assertEqual(([row["id"] for row in rows], rows.told), ([8], 3))
        self.answers('{"data": [null]}')
        with self.assertRaises(UnknownOutcomeError):
            self.api.search_chats([])

    def test_a_list_that_ignores_the_offset_is_read_twice_at_most(self):
        rows = [{"id": number} for number in range(100)]
        body = json.dumps({"data": rows})
        self.helpcrunch.requests_log(clear=True)
        self.helpcrunch.set(fail_next=[{"fail": 200, "body": body}] * 9)
        self.assertEqual(len(self.api.get_agents()), 100)
        self.assertEqual(len(self.helpcrunch.requests_log()), 2)

    def test_references_and_texts_of_another_shape(self):
        for assignee, expected in (
            ("302", 302),
            ('{"id": "302"}', 302),
            ("[302]", None),
            ("true", None),
            ('"abc"', None),
        ):
            self.answers(f'{{"id": {self.chat}, "assignee": {assignee}}}')
            told = self.api.get_chat(self.chat)["assignee"]
            with self.subTest(assignee=assignee):
                self.assertEqual(told and told["id"], expected)
        self.answers(f'{{"id": {CUSTOMER}, "name": {{}}, "email": [], "phone": 38067}}')
        told = self.api.get_customer(CUSTOMER)
        self.assertEqual(
            (told["name"], told["email"], told["phone"]), (None, None, "38067")
        )

    def test_somebody_else_is_not_taken_for_the_one_asked_for(self):
        self.answers('{"id": 5}')
        with self.assertRaises(UnknownOutcomeError):
            self.api.get_customer(CUSTOMER)

    def test_who_stands_in_between_is_temporary(self):
        for status in (301, 302, 307, 403, 404):
            self.answers(_HTML, status, "text/html")
            with self.subTest(status=status):
                with self.assertRaises(UnreachableError) as caught:
                    self.api.send_message(self.chat, "x", BOT_AGENT)
                self.assertEqual(caught.exception.status, status)
                self.assertNotIn("secret", str(caught.exception))
        for status in (408, 425, 500, 502):
            self.answers(_HTML, status, "text/html")
            with self.subTest(status=status):
                with self.assertRaises(UnknownOutcomeError) as caught:
                    self.api.send_message(self.chat, "x", BOT_AGENT)
                self.assertNotIn("secret", str(caught.exception))

    def test_nobodys_words_are_repeated(self):
        for status in (400, 401, 403, 404, 409, 429, 500):
            for body in (_HTML, '{"inner": "secret"}', '{"errors": "secret"}'):
                self.answers(body, status)
                with (
                    self.subTest(status=status, body=body),
                    self.assertRaises(HelpcrunchError) as caught,
                ):
                    self.api.get_organization()
                self.assertNotIn("secret", str(caught.exception))

    def test_ids(self):
        for value, expected in (
            (7, "7"),
            ("7", "7"),
            (" 7 ", "7"),
            ("abc", None),
            ("9" * 400, None),
            (int("9" * 400), None),
            (True, None),
            (-1, None),
            (1.5, None),
            (None, None),
            ([7], None),
            ("\u0667", None),
        ):
            with self.subTest(value=str(value)[:10]):
                self.assertEqual(shapes.read_id(value), expected)

    def test_ids_of_webhooks(self):
        for chat in ("abc", "9" * 400, int("9" * 400), True, [1], {"id": 1}):
            body = {
                "event": "message.chat.customer",
                "id": "e1",
                "eventData": {
                    "chat_id": chat,
                    "customer": {"id": chat},
                    "agent": chat,
                    "message": {"id": chat, "applicationId": chat, "text": "x"},
                },
            }
            event = webhook.parse(json.dumps(body).encode())
            known = (event.chat, event.message, event.application)
            with self.subTest(chat=str(chat)[:10]):
                self.assertEqual(known, (None, None, None))
                self.assertEqual(event.position, 0)


@tagged("post_install", "-at_install")
class TestOutsideAnswers(DeliveryCase):
    """What becomes of messages and messengers when the answers are none."""

    def deliver(self):
        with self.enter_test_mode_if_needed():
            dialogues.deliver(self.env.cr.dbname, self.chat().id)
            self.work()
        self.env.invalidate_all()
        self.hears(int(self.chat().external_id))

    def test_nothing_is_sent_that_nobody_hears(self):
        self.says("Hi")
        for count, body in enumerate(_NONSENSE, start=1):
            with self.subTest(body=body[:40]):
                self.helpcrunch.set(
                    fail_next=[{"fail": 200, "body": body, "path": "POST /v1/messages"}]
                )
                self.assertEqual(self.says("leads"), [])
                self.assertEqual(self._calls()[-1].state, "unknown")
                self._make_due()
                self.deliver()
                self.assertEqual(self._calls()[-1].state, "sent")
                self.assertEqual(self._said("About leads"), count)

    def test_a_proxy_in_between_costs_no_text_and_no_order(self):
        self.step("Two", alias="two", next_step_id=self.step("Second"))
        self.says("Hi")
        for count, status in enumerate((302, 403, 404, 408), start=1):
            with self.subTest(status=status):
                self.helpcrunch.set(
                    fail_next=[
                        {
                            "fail": status,
                            "body": _HTML,
                            "type": "text/html",
                            "path": "POST /v1/messages",
                        }
                    ]
                )
                self.assertEqual(self.says("two"), [])
                self._make_due()
                self.deliver()
                self.assertEqual(
                    (self._said("Two"), self._said("Second")), (count,) * 2
                )
        lines = self.helpcrunch.messages(int(self.chat().external_id))
        said = [line["text"] for line in lines if line["from"] == "agent"]
        self.assertEqual(said, ["Welcome", *["Two", "Second"] * 4])
        self.assertNotIn("failed", self._calls().mapped("state"))

    def test_a_status_without_an_answer_holds_nothing_up(self):
        self.says("Hi")
        for form in ("empty", "no_content"):
            self.helpcrunch.set(put_answer=form)
            chat = self.chat()
            self.env["helpcrunch.outbox"].create(
                {
                    "account_id": self.account.id,
                    "chat_id": chat.id,
                    "kind": "status",
                    "payload": {"status": "pending"},
                }
            )
            self.env.flush_all()
            self.assertEqual(self.says("leads"), ["About leads"])
            self.assertEqual(set(self._calls().mapped("state")), {"sent"})

    def test_connecting_archives_nothing_for_nonsense(self):
        account = self.account.with_user(self.manager)
        for path in ("GET /v1/agents", "GET /v1/applications", "GET /v1/departments"):
            for body in (*_NONSENSE, '{"data": [null]}', '{"data": [{"name": "A"}]}'):
                with (
                    self.subTest(path=path, body=body[:40]),
                    mute_logger(f"{_MODELS}.helpcrunch_account_connect"),
                ):
                    agents = self.account.agent_ids
                    self.helpcrunch.set(
                        fail_next=[{"fail": 200, "body": body, "path": path}]
                    )
                    account.action_connect()
                    self.assertEqual(self.account.state, "error")
                    self.assertIn("did not answer as expected", self.account.error)
                    self.env.invalidate_all()
                    self.assertEqual(self.account.agent_ids, agents)
                    self.assertEqual(len(self.account.application_ids), 6)

    def test_a_chat_without_a_number_stops_nothing(self):
        self.says("Hi")
        with self.enter_test_mode_if_needed():
            for number, chat in enumerate(("abc", "9" * 400, True), start=1):
                data = {
                    "chat_id": chat,
                    "customer": {"id": CUSTOMER},
                    "message": {"id": number, "text": "leads"},
                }
                event = self.helpcrunch.webhook("message.chat.customer", data)
                self.assertEqual(self.receive(event), 200)
                self.work()
        self.env.invalidate_all()
        self.assertEqual(self.says("leads")[-1:], ["About leads"])
        failed = self.env["helpcrunch.event"].search([("state", "=", "failed")])
        self.assertFalse(failed)

    def test_an_old_chat_with_a_strange_assignee(self):
        chat = self.helpcrunch.customer_says(CUSTOMER, "Hi", application=2)["chat"]
        self.helpcrunch.captured()
        self.by_machine(self.account).connected_at = fields.Datetime.now() + timedelta(
            hours=1
        )
        for customer, assignee in ((5101, "302"), (5102, "[302]"), (5103, '"x"')):
            chat = self.helpcrunch.customer_says(customer, "Hi", application=2)["chat"]
            said_at = self.helpcrunch.chat(chat)["createdAt"]
            body = {"id": chat, "createdAt": said_at, "status": "opened"}
            body = json.dumps(body)[:-1] + f', "assignee": {assignee}}}'
            events = self.helpcrunch.captured()
            self.helpcrunch.set(
                fail_next=[{"fail": 200, "body": body, "path": f"GET /v1/chats/{chat}"}]
            )
            with self.enter_test_mode_if_needed():
                for event in reversed(events):
                    if event["event"] == "message.chat.customer":
                        self.receive(event)
                self.work()
            self.env.invalidate_all()
            with self.subTest(assignee=assignee):
                expected = "paused" if assignee == "302" else "bot"
                self.assertEqual(self.chat(customer).state, expected)

    def test_customers_of_another_shape(self):
        self.helpcrunch.set(
            fail_next=[
                {
                    "fail": 200,
                    "path": "GET /v1/customers",
                    "body": json.dumps(
                        {
                            "id": CUSTOMER,
                            "name": ["x"],
                            "email": "@x",
                            "phone": {"a": 1},
                            "locale": 5,
                            "location": {"countryCode": []},
                            "tags": [None, {"name": 5}, "Lead"],
                        }
                    ),
                }
            ]
        )
        self.assertEqual(self.says("Hi"), ["Welcome"])
        self.assertFalse(self.partner().email)
        self.assertEqual(self.chat().customer_id.category_ids.mapped("name"), ["Lead"])

    # === THE KEY IS TRIED AGAIN === #

    def run_cron(self):
        with (
            self.enter_test_mode_if_needed(),
            patch.object(
                worker, "submit", lambda function, *a, bulk=False: function(*a)
            ),
        ):
            self.env.ref("helpcrunch_chatbot.ir_cron_deliver").method_direct_trigger()
        self.env.invalidate_all()

    def test_a_key_that_is_taken_again_sends_what_waits(self):
        self.says("Hi")
        self.helpcrunch.set(refuse_key=True)
        self.says("leads")
        self.assertEqual(self.account.state, "error")
        self.assertTrue(self.account.activity_ids)
        self.helpcrunch.requests_log(clear=True)
        self.run_cron()
        self.assertEqual(self.helpcrunch.requests_log(), [], "it was tried at once")
        waits = []
        for _try in range(8):
            self.by_machine(self.account).retry_at = fields.Datetime.now()
            self.run_cron()
            wait = self.account.retry_at - fields.Datetime.now()
            waits.append(round(wait.total_seconds() / 60))
        self.assertEqual(waits, [2, 5, 10, 30, 60, 60, 60, 60])
        self.assertEqual(self.account.state, "error")
        self.helpcrunch.set(refuse_key=False)
        self.by_machine(self.account).retry_at = fields.Datetime.now()
        self.run_cron()
        self.assertEqual((self.account.state, self.account.error), ("connected", False))
        self.assertFalse(self.account.activity_ids)
        self.run_cron()
        self.assertEqual(self._said("About leads"), 1)

    def test_connecting_during_an_outage_is_tried_again_too(self):
        self.helpcrunch.set(down=True)
        with mute_logger(f"{_MODELS}.helpcrunch_account_connect"):
            self.account.with_user(self.manager).action_connect()
        self.assertEqual(self.account.state, "error")
        self.helpcrunch.set(down=False)
        self.by_machine(self.account).retry_at = fields.Datetime.now()
        self.run_cron()
        self.assertEqual(self.account.state, "connected")

    def test_a_new_key_is_tried_soon(self):
        self.helpcrunch.set(refuse_key=True)
        with mute_logger(f"{_MODELS}.helpcrunch_account_connect"):
            self.account.with_user(self.manager).action_connect()
        self.by_machine(self.account).write(
            {"retries": 5, "retry_at": fields.Datetime.now()}
        )
        self.account.with_user(self.manager).api_key = "test-api-key"
        wait = self.account.retry_at - fields.Datetime.now()
        self.assertLessEqual(wait, timedelta(minutes=1))
        self.assertEqual(self.account.retries, 0)

    def test_who_never_connected_is_left_alone(self):
        other = self.env["helpcrunch.account"].create(
            {"name": "New", "api_key": "x", "api_url": f"{self.helpcrunch.url}/v1"}
        )
        with mute_logger(f"{_MODELS}.helpcrunch_account_connect"):
            other.action_connect()
        self.by_machine(other).retry_at = fields.Datetime.now()
        self.assertNotIn(
            other.id,
            [row.account_id for row in self.env["helpcrunch.account"]._claim_lost()],
        )

    def test_a_courier_is_no_worse_for_it(self):
        self.says("Hi")
        sender = Sender(self.env.cr.dbname, self.chat().id)
        with self.enter_test_mode_if_needed():
            sender.run()
        self.assertIsNone(sender.delivery.refused)


@tagged("post_install", "-at_install")
class TestOutsideAddresses(HttpCase, HelpcrunchCase):
    def test_addresses_that_are_none(self):
        for path in (
            "/helpcrunch/webhook/%00",
            "/helpcrunch/webhook/a%00b",
            "/helpcrunch/webhook/%ED%A0%80",
            f"/helpcrunch/webhook/{self.account.webhook_token}%00",
        ):
            with self.subTest(path=path):
                self.assertEqual(self.url_open(path, data=b"{}").status_code, 404)
        for path in ("/helpcrunch/media/%00/a.png", "/helpcrunch/media/a%00/a.png"):
            with self.subTest(path=path):
                self.assertEqual(self.url_open(path).status_code, 404)

    def test_media_whose_file_is_gone(self):
        step = self.step("Photo")
        media = self.env["helpcrunch.step.media"].create(
            {
                "name": "a.png",
                "step_id": step.id,
                "media_type": "file",
                "attachment": "aGVsbG8gdGhlcmU=",
            }
        )
        path = f"/helpcrunch/media/{media.token}/a.png"
        self.assertEqual(self.url_open(path).status_code, 200)
        step.active = False
        self.assertEqual(self.url_open(path).status_code, 200, "the step is archived")
        attachment = self.env["ir.attachment"].search(
            [
                ("res_model", "=", media._name),
                ("res_id", "=", media.id),
                ("res_field", "=", "attachment"),
            ]
        )
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE ir_attachment SET store_fname = %s, db_datas = NULL WHERE id = %s",
            ["00/" + "0" * 40, attachment.id],
        )
        attachment.invalidate_recordset()
        self.assertEqual(self.url_open(path).status_code, 404)
        attachment.unlink()
        self.env.flush_all()
        self.assertEqual(self.url_open(path).status_code, 404)
