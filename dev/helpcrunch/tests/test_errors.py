"""Refusals: validation of every route and both styles of error bodies."""

from .base import BOT, StandInCase

INVALID = {"code": "invalid_request", "message": "Invalid request"}
_FIELD_MISTAKES = (
    ("POST", "/messages", {"text": "x", "type": "message"}, "chat"),
    ("POST", "/messages", {"chat": "seven", "text": "x", "type": "message"}, "chat"),
    ("POST", "/messages", {"chat": True, "text": "x", "type": "message"}, "chat"),
    ("POST", "/messages", {"chat": 7001, "type": "message"}, "text"),
    ("POST", "/messages", {"chat": 7001, "text": "", "type": "message"}, "text"),
    ("POST", "/messages", {"chat": 7001, "text": "x"}, "type"),
    ("POST", "/messages", {"chat": 7001, "text": "x", "type": "email"}, "type"),
    (
        "POST",
        "/messages",
        {"chat": 7001, "text": "x", "type": "message", "agent": "bot"},
        "agent",
    ),
    (
        "POST",
        "/messages",
        {"chat": 7001, "text": "x", "type": "message", "agentId": 1},
        "agentId",
    ),
    ("POST", "/chats", {"customer": 5001}, "application"),
    ("POST", "/chats", {"application": 1}, "customer"),
    ("PUT", "/chats/status", {"id": 7001, "status": "open"}, "status"),
    ("PUT", "/chats/status", {"id": 7001, "status": 5}, "status"),
    ("PUT", "/chats/status", {"status": "opened"}, "id"),
    ("PUT", "/chats/assignee", {"id": 7001}, "assignee"),
    ("PUT", "/chats/assignee", {"id": 7001, "assignee": "me"}, "assignee"),
    ("PUT", "/chats/department", {"id": 7001, "department": None}, "department"),
    ("PUT", "/chats/snooze", {"id": 7001, "snoozedUntil": "later"}, "snoozedUntil"),
    ("PUT", "/chats/readByAgent", {"id": 7001, "read": "yes"}, "read"),
    ("PUT", "/chats/rate", {"id": 7001, "rating": "good"}, "rating"),
    ("PUT", "/chats/rate", {"id": 7001, "rating": "great"}, "rating"),
    ("POST", "/customers", {"mobile": "1"}, "mobile"),
    ("POST", "/customers", {"name": 5}, "name"),
    ("POST", "/customers", {"email": "nobody"}, "email"),
    ("POST", "/customers", {"tags": [{"color": "#fff"}]}, "tags[0].name"),
    ("POST", "/customers", {"customData": {"plan": "gold"}}, "customData"),
    ("POST", "/customers", {"blocked": True}, "blocked"),
    ("PATCH", "/customers/5001", {"firstSeen": "today"}, "firstSeen"),
    ("PATCH", "/customers/5001", {"blocked": "yes"}, "blocked"),
    ("PUT", "/customers/batch", [], "body"),
    ("PUT", "/customers/batch", [{"customer": 5001}] * 11, "body"),
    ("PUT", "/customers/batch", [{"name": "x"}], "customer"),
    ("PUT", "/customers/5001/tags", {}, "tags"),
    ("POST", "/events", {"customer": 5001, "name": "x", "data": {}}, "data"),
    ("GET", "/chats?limit=101", None, "limit"),
    ("GET", "/chats?limit=0", None, "limit"),
    ("GET", "/chats?offset=-1", None, "offset"),
    ("GET", "/chats?sort=id", None, "sort"),
    ("GET", "/chats?sort=chats.createdAt&order=up", None, "order"),
    ("GET", "/chats?filter=x", None, "filter"),
)
_MISSING = (
    (
        "POST",
        "/messages",
        {"chat": 1, "text": "x", "type": "message", "agent": BOT},
        "Chat",
    ),
    (
        "POST",
        "/messages",
        {"chat": 7001, "text": "x", "type": "message", "agent": 9},
        "Agent",
    ),
    ("POST", "/chats", {"customer": 1, "application": 1}, "Customer"),
    ("POST", "/chats", {"customer": 5001, "application": 9}, "Application"),
    (
        "POST",
        "/chats",
        {"customer": 5001, "application": 1, "department": 9},
        "Department",
    ),
    ("GET", "/chats/1", None, "Chat"),
    ("GET", "/chats/1/messages", None, "Chat"),
    ("PUT", "/chats/status", {"id": 1, "status": "opened"}, "Chat"),
    ("PUT", "/chats/assignee", {"id": 7001, "assignee": 9}, "Agent"),
    ("PUT", "/chats/department", {"id": 7001, "department": 9}, "Department"),
    ("GET", "/customers/1", None, "Customer"),
    ("PATCH", "/customers/1", {"name": "x"}, "Customer"),
    ("DELETE", "/customers/1", None, "Customer"),
    ("PUT", "/customers/1/tags", {"tags": [{"name": "x"}]}, "Customer"),
    ("POST", "/events", {"customer": 1, "name": "x", "data": {"a": 1}}, "Customer"),
    ("GET", "/agents/9/unsubscribe", None, "Agent"),
)


class TestErrors(StandInCase):
    """Section 1.5, with the validation of section 7."""

    def setUp(self):
        """Let there be one chat, 7001 of customer 5001."""
        super().setUp()
        self.server.set(rate_limit=0)
        self.server.customer_says(5001, "Hi")

    def errors(self, status, method, path, body=None, **more):
        """Make a call that must fail; return its errors."""
        answered, payload = self.call(method, path, body, **more)
        self.assertEqual(answered, status, (method, path, body, payload))
        self.assertEqual(set(payload), {"errors"})
        for error in payload["errors"]:
            self.assertEqual(set(error), {"code", "message"})
        return payload["errors"]

    def test_wrong_field_is_named(self):
        for method, path, body, field in _FIELD_MISTAKES:
            with self.subTest(path=path, body=body):
                first, *rest = self.errors(400, method, path, body)
                self.assertEqual(first, INVALID)
                self.assertIn(field, [error["code"] for error in rest])

    def test_nothing_changed_by_a_refused_call(self):
        self.errors(400, "POST", "/messages", {"chat": 7001, "text": "x"})
        self.assertEqual(len(self.server.messages(7001)), 1)

    def test_several_wrong_fields_have_an_entry_each(self):
        errors = self.errors(400, "POST", "/messages", {})
        self.assertEqual(
            [error["code"] for error in errors],
            ["invalid_request", "chat", "text", "type"],
        )
        self.assertEqual(errors[1]["message"], "This value should be of type numeric.")

    def test_body_that_is_no_object(self):
        for body in ("text", [1], 5):
            self.errors(400, "POST", "/messages", body)
        self.errors(400, "POST", "/messages")

    def test_missing_things(self):
        for method, path, body, kind in _MISSING:
            with self.subTest(path=path, body=body):
                self.assertEqual(
                    self.errors(404, method, path, body),
                    [INVALID, {"code": "not_found", "message": f"{kind} not found"}],
                )

    def test_unknown_routes(self):
        for method, path in (
            ("GET", "/"),
            ("GET", "/messages"),
            ("PATCH", "/chats/7001"),
            ("POST", "/chats/7001/messages"),
            ("GET", "/webhooks"),
            ("PUT", "/chats/7001/status"),
        ):
            self.errors(404, method, path, {} if method != "GET" else None)

    def test_key(self):
        expected = [INVALID, {"code": "unauthorized", "message": "Unauthorized"}]
        for key in (None, "other", f"<{'test-api-key'}>"):
            self.assertEqual(self.errors(401, "GET", "/agents", key=key), expected)
        self.server.set(refuse_key=True)
        self.assertEqual(self.errors(401, "GET", "/agents"), expected)

    def test_old_style(self):
        self.server.set(error_style="old")
        for status, call, error in (
            (401, ("GET", "/agents", None, "bad"), ("invalid_token", "Invalid token")),
            (404, ("GET", "/chats/1"), ("chat_not_found", "Chat not found")),
            (404, ("GET", "/customers/1"), ("entity_not_found", "Customer not found")),
            (
                400,
                ("PUT", "/chats/status", {"id": 7001, "status": "x"}),
                ("invalid_chat_value", "status value is invalid"),
            ),
            (
                400,
                ("PUT", "/chats/assignee", {"id": 7001, "assignee": "x"}),
                ("invalid_chat_value", "assignee value is invalid"),
            ),
            (
                400,
                ("POST", "/messages", {"chat": "x", "text": "x", "type": "message"}),
                ("invalid_chat_value", "Invalid chat ID"),
            ),
        ):
            method, path, body, key = (*call, None, None)[:4]
            more = {"key": key} if key else {}
            answered, payload = self.call(method, path, body, **more)
            self.assertEqual(answered, status)
            code, message = error
            self.assertEqual(payload["errors"], [{"code": code, "message": message}])

    def test_rating_an_open_chat_in_the_old_style(self):
        self.server.set(error_style="old")
        body = {"id": 7001, "rating": "great"}
        errors = self.errors(400, "PUT", "/chats/rate", body)
        self.assertEqual(errors[0]["code"], "invalid_request")
        self.assertIn("closed", errors[0]["message"])

    def test_taken_user_id_comes_first_in_both_styles(self):
        self.ok("POST", "/customers", {"userId": "odoo_1"}, status=201)
        for style in ("new", "old"):
            self.server.set(error_style=style)
            for method, path in (("POST", "/customers"), ("PATCH", "/customers/5001")):
                errors = self.errors(400, method, path, {"userId": "odoo_1"})
                self.assertEqual(errors[0]["code"], "invalid_userId_value")

    def test_digit_strings_are_ids(self):
        body = {"chat": "7001", "text": "x", "type": "message", "agent": "301"}
        self.assertEqual(self.ok("POST", "/messages", body)["chat"], 7001)

    def test_limit_can_be_clamped(self):
        self.server.set(clamp_limit=True)
        self.ok("GET", "/chats?limit=500")

    def test_custom_attributes_must_be_known(self):
        self.server.set(custom_attributes=["plan"])
        data = [{"property": "plan", "value": "gold"}]
        self.ok("PATCH", "/customers/5001", {"customData": data})
        data = [{"property": "colour", "value": "red"}]
        self.errors(400, "PATCH", "/customers/5001", {"customData": data})
