import json
from unittest.mock import patch

from odoo.fields import Command
from odoo.tests import HttpCase, tagged

from ...const import WEBHOOK_MAX_BYTES
from ...jobs import broadcasts
from ...tools import signature
from ..common import CUSTOMER, PATIENCE, add_ukrainian
from ..common_broadcasts import BroadcastCase

KEY = "test-signing-key"
_TABLES = (
    "helpcrunch_broadcast",
    "helpcrunch_broadcast_recipient",
    "helpcrunch_event",
    "helpcrunch_chat",
    "helpcrunch_message",
    "helpcrunch_outbox",
    "helpcrunch_customer",
    "res_partner",
    "mail_message",
    "ir_logging",
)


@tagged("post_install", "-at_install")
class TestTrigger(BroadcastCase, HttpCase):
    """A shop posts events, over real HTTP; a refusal changes nothing."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.sent = cls.step(
            "Sent",
            code="order_sent",
            message='Order {{ values.number | "yours" }} has left.',
        )

    def setUp(self):
        super().setUp()
        self.path = f"/helpcrunch/trigger/{self.account.webhook_token}"
        self.customers(1)

    def post(self, body, path=None, key=KEY, **headers):
        """Post a body as a shop does; return ``(status, answer)``."""
        if not isinstance(body, bytes):
            body = (body if isinstance(body, str) else json.dumps(body)).encode()
        if key:
            headers.setdefault(
                "X-HelpCrunch-Signature", signature.compute_signature(body, key)
            )
        headers.setdefault("Content-Type", "application/json")
        before = self.count_rows()
        response = self.opener.post(
            self.base_url() + (path or self.path),
            data=body,
            headers=headers,
            timeout=PATIENCE,
        )
        self.assertNotIn("session_id", response.cookies)
        if response.status_code != 202:
            self.assertEqual(self.count_rows(), before, "a refusal changed something")
        try:
            return response.status_code, response.json()
        except ValueError:
            return response.status_code, {}

    def count_rows(self):
        self.env.flush_all()
        self.env.invalidate_all()
        counts = {}
        for table in _TABLES:
            self.env.cr.execute(f'SELECT count(*) FROM "{table}"')
            counts[table] = self.env.cr.fetchone()[0]
        return counts

    def event(self, **vals):
        """Return an event for the one customer; None takes a key out."""
        told = {
            "id": "order-1",
            "step": "order_sent",
            "customer": CUSTOMER,
            "values": {"number": "1042"},
            **vals,
        }
        return {key: value for key, value in told.items() if value is not None}

    def refused(self, status, words, body, **kwargs):
        """Expect an event to be refused, with these words in the answer."""
        found, answer = self.post(body, **kwargs)
        self.assertEqual(found, status, answer)
        self.assertIn(words, answer["error"])

    def recipients(self):
        return self.as_manager("helpcrunch.broadcast.recipient").search(
            [("broadcast_id.kind", "=", "trigger")]
        )

    def start(self):
        """Begin what was accepted, as the pool does after the commit."""
        with self.enter_test_mode_if_needed():
            self.env.flush_all()
            broadcasts.start_runs(self.env.cr.dbname)
            self.work()
            self.take_own_events()
        self.env.invalidate_all()

    def send_noted(self):
        """Begin and send what was accepted."""
        self.start()
        self.send_rest(self.recipients()[-1:].broadcast_id)

    # === ACCEPTED === #

    def test_an_order_of_the_shop(self):
        status, answer = self.post(self.event())
        self.assertEqual(status, 202)
        self.assertEqual(
            answer,
            {
                "id": "order-1",
                "step": "order_sent",
                "bot": "Shop",
                "customer": str(CUSTOMER),
                "values": ["number"],
                "repeated": False,
            },
        )
        self.assertEqual(self.heard(CUSTOMER), ["Welcome"])
        self.send_noted()
        self.assertEqual(self.heard(CUSTOMER)[1:], ["Order 1042 has left."])
        self.assertEqual(self.recipients().state, "sent")
        trace = [event.trace for event in self.chat().event_ids if event.trace]
        self.assertIn("started_by_trigger", str(trace))

    def test_once_for_each_id(self):
        self.post(self.event())
        status, answer = self.post(self.event())
        self.assertEqual((status, answer["repeated"]), (202, True))
        self.post(self.event(id=2))
        self.post(self.event(id="2"))
        self.assertEqual(len(self.recipients()), 2)
        self.send_noted()
        self.assertEqual(self.count(CUSTOMER, "has left"), 2)
        # One by one, they stand in one broadcast of the day.
        self.assertEqual(len(self.recipients().broadcast_id), 1)
        self.assertEqual(self.post(self.event())[1]["repeated"], True)

    def test_whom(self):
        partner = self.by_machine(self.partner())
        partner.write({"phone": "+380671234567", "email": "Taras@Example.com"})
        self.says("Again", customer=CUSTOMER)
        self.by_machine(self.chat().customer_id).site_user_id = "shop-7"
        self.by_machine(self.account.company_id).country_id = self.env.ref("base.ua")
        for number, whom in enumerate(
            (
                {"phone": "+38 067 123-45-67"},
                {"phone": "067 123 45 67"},
                {"email": "taras@example.com"},
                {"user_id": "shop-7"},
                {"customer": str(CUSTOMER)},
            )
        ):
            with self.subTest(whom=whom):
                event = self.event(id=f"whom-{number}", **{"customer": None, **whom})
                self.assertEqual(self.post(event)[0], 202)
        self.assertEqual(self.recipients().partner_id, self.partner())
        self.assertEqual(len(self.recipients()), 5)

    def test_the_user_id_is_what_helpcrunch_told(self):
        self.says("Hi", customer=5002, user_id="shop-8")
        event = self.event(customer=None, user_id="shop-8")
        self.assertEqual(self.post(event)[0], 202)
        self.assertEqual(self.recipients().partner_id, self.partner(5002))

    def test_the_rules_of_broadcasts(self):
        self.says("STOP")
        self.assertEqual(self.post(self.event())[0], 202)
        self.send_noted()
        self.assertEqual(self.recipients().reason, "opted_out")
        self.assertEqual(self.count(CUSTOMER, "has left"), 0)

    def test_a_bot_that_is_archived_meanwhile(self):
        self.post(self.event())
        self.bot.active = False
        self.start()
        self.assertEqual(self.heard(CUSTOMER), ["Welcome"])
        self.assertEqual(self.recipients().broadcast_id.state, "done")
        self.assertEqual(self.recipients().reason, "bot_off")

    def test_values_are_texts_and_nothing_else(self):
        self.sent.message = '{{ values.a }}|{{ values.b | "none" }}'
        hostile = "<b>{{ partner.name }}</b> {{ values.b }}\0"
        self.post(self.event(values={"a": hostile, "b": ""}))
        self.send_noted()
        self.assertEqual(
            self.heard(CUSTOMER)[-1],
            "<b>{{ partner.name }}</b> {{ values.b }}|none",
        )
        self.assertIn("&lt;b&gt;", str(self.chat().transcript))

    def test_erased_with_the_dialogue(self):
        self.post(self.event())
        self.send_noted()
        row = self.by_machine(self.recipients())
        self.by_machine(self.chat()).unlink()
        self.assertFalse(row.values)

    # === REFUSED === #

    def test_a_stranger_learns_nothing(self):
        body = json.dumps(self.event())
        nobody = json.dumps(self.event(customer=9999))
        words = set()
        for text in (body, nobody, "nonsense", json.dumps(self.event(step="none"))):
            for headers in (
                {"key": "forged"},
                {"key": None},
                {"key": None, "X-HelpCrunch-Signature": "x" * 40},
                {"key": None, "X-HelpCrunch-Signature": "0" * 10000},
            ):
                status, answer = self.post(text, **headers)
                self.assertEqual(status, 401)
                words.add(answer["error"])
        self.assertEqual(len(words), 1)
        self.account.webhook_secret = False
        self.assertEqual(self.post(body)[0], 401)
        self.assertEqual(self.post(body, key="")[0], 401)

    def test_signed_for_another_body(self):
        other = json.dumps(self.event(id="other")).encode()
        header = {"X-HelpCrunch-Signature": signature.compute_signature(other, KEY)}
        self.assertEqual(self.post(self.event(), **header)[0], 401)

    def test_wrong_addresses(self):
        for path in (self.path + "x", self.path[:-1], "/helpcrunch/trigger/x%00y"):
            self.assertEqual(self.post(self.event(), path=path)[0], 404)
        self.account.active = False
        self.assertEqual(self.post(self.event())[0], 404)

    def test_too_large(self):
        event = self.event(values={"a": "x" * WEBHOOK_MAX_BYTES})
        self.assertEqual(self.post(event)[0], 413)
        self.assertEqual(self.post(event, key="forged")[0], 413)

    def test_garbage(self):
        for body in (
            "",
            "no json",
            "[]",
            '"text"',
            "null",
            "{}",
            '{"id": NaN}',
            b"\xff",
        ):
            with self.subTest(body=body):
                self.assertEqual(self.post(body)[0], 400)
        self.assertEqual(self.post("[" * 20000)[0], 400)

    def test_wrong_types(self):
        for words, vals in (
            ("“id”", {"id": None}),
            ("“id”", {"id": ""}),
            ("“id”", {"id": ["x"]}),
            ("“id”", {"id": True}),
            ("“id”", {"id": 1.5}),
            ("“id”", {"id": 10**40}),
            ("“id”", {"id": "x" * 201}),
            ("“step”", {"step": None}),
            ("“step”", {"step": 5}),
            ("“bot”", {"bot": {"name": "x"}}),
            ("exactly one", {"customer": None}),
            ("exactly one", {"phone": "+380671234567"}),
            ("“customer”", {"customer": {"id": 5001}}),
            ("no phone number", {"customer": None, "phone": "call me"}),
            ("no phone number", {"customer": None, "phone": "+"}),
            ("no e-mail", {"customer": None, "email": "@x"}),
            ("no object", {"values": ["x"]}),
            ("no object", {"values": "x"}),
            ("“number” is no text", {"values": {"number": 5}}),
            ("“number” is no text", {"values": {"number": None}}),
            ("“A b”", {"values": {"A b": "x"}}),
            ("too long", {"values": {"number": "x" * 501}}),
            ("more than 50", {"values": {f"v{n}": "x" for n in range(51)}}),
            ("“colour”", {"colour": "red"}),
        ):
            with self.subTest(vals=str(vals)[:60]):
                self.refused(400, words, self.event(**vals))

    def test_no_such_step(self):
        self.refused(404, "no live bot".capitalize(), self.event(step="nowhere"))
        self.refused(404, "No live bot", self.event(bot="Other"))
        self.sent.active = False
        self.refused(404, "No live bot", self.event())
        self.sent.active = True
        self.bot.live = False
        self.refused(404, "No live bot", self.event())

    def test_a_draft_is_no_bot_of_the_step(self):
        self.bot.with_user(self.manager).action_make_draft()
        self.assertEqual(self.post(self.event())[0], 202)

    def test_several_bots_have_the_step(self):
        other = self.as_manager("helpcrunch.bot").create(
            {
                "name": "Telegram",
                "account_id": self.account.id,
                "application_ids": [Command.set(self.account.application_ids[-1:].ids)],
                "live": True,
            }
        )
        self.step("Sent", code="order_sent", bot_id=other.id)
        self.refused(409, "Several bots", self.event())
        self.refused(404, "no dialogue", self.event(bot="Telegram"))
        self.assertEqual(self.post(self.event(bot="Shop"))[0], 202)

    def test_several_people(self):
        self.customers(1, first=5002)
        for customer in (CUSTOMER, 5002):
            self.by_machine(self.partner(customer)).phone = "+380671234567"
        event = self.event(customer=None, phone="+380671234567")
        self.refused(409, "Several people", event)
        # One person in two channels is one.
        partner = self.by_machine(self.partner())
        self.by_machine(self.chat(5002).customer_id).partner_id = partner
        self.assertEqual(self.post(event)[0], 202)

    def test_nobody(self):
        self.env["res.partner"].create(
            {"name": "No customer", "email": "known@example.com"}
        )
        for whom in (
            {"customer": 9999},
            {"customer": None, "phone": "+380670000000"},
            {"customer": None, "email": "known@example.com"},
            {"customer": None, "user_id": "nobody"},
        ):
            with self.subTest(whom=whom):
                self.refused(404, "Nobody", self.event(**whom))

    def test_people_of_another_messenger(self):
        other = self._create_account(
            name="Other", company_id=self.env["res.company"].create({"name": "B"}).id
        )
        path = f"/helpcrunch/trigger/{self.by_machine(other).webhook_token}"
        self.refused(404, "No live bot", self.event(), path=path)

    def test_in_the_language_of_the_request(self):
        add_ukrainian(self.env)
        event = self.event(customer=9999)
        self.refused(404, "Nobody", event, **{"Accept-Language": "fr"})
        _status, answer = self.post(event, **{"Accept-Language": "uk"})
        self.assertNotIn("Nobody", answer["error"])
        self.assertIn("9999", answer["error"])

    # === THE MACHINE === #

    def test_three_queries(self):
        body = json.dumps(self.event()).encode()
        accounts = self.env["helpcrunch.account"]
        self.env.flush_all()
        before = self.env.cr.sql_log_count
        with patch.object(self.registry["helpcrunch.broadcast"], "_start_runs_soon"):
            status, _answer = accounts._receive_trigger(
                self.account.webhook_token,
                lambda: body,
                len(body),
                signature.compute_signature(body, KEY),
            )
        self.assertEqual(status, 202)
        # One more reads the token just above.
        self.assertLessEqual(self.env.cr.sql_log_count - before, 4)

    def test_the_example_on_the_form(self):
        account = self.account.with_user(self.manager)
        self.assertTrue(account.trigger_url.endswith(self.path))
        self.assertIn("openssl dgst -sha1", account.trigger_example)
        self.assertIn(self.path, account.trigger_example)
        self.assertIn("printf %s", account.trigger_example)
        self.assertEqual(
            self.account.with_user(self.olena).fields_get(["trigger_url"]), {}
        )
