"""Shapes of REST answers, field by field as the document lists them."""

from .base import BOT, StandInCase

AGENT = {"id", "name", "email", "role"}
MESSAGE = {
    "id", "chat", "from", "agent", "type", "text", "read", "edited", "createdAt",
    "updatedAt", "broadcastType",
}  # fmt: skip
CHAT = {
    "id", "status", "createdWith", "createdAt", "lastMessageAt",
    "lastCustomerMessageAt", "closedAt", "snoozedUntil", "lastMessageText",
    "lastMessageId", "closedBy", "rating", "readByAgent", "readByCustomer",
    "applicationId", "lastCommunicatedAgentId", "agents", "assignee", "department",
    "customer",
}  # fmt: skip
CUSTOMER = {
    "id", "name", "email", "company", "notes", "userId", "phone", "firstSeen",
    "lastSeen", "location", "device", "unsubscribed", "blocked", "source", "referer",
    "lastPage", "locale", "createdFrom", "integrationId", "tags", "customData",
}  # fmt: skip


class TestShapes(StandInCase):
    """Sections 2.2 to 2.9, 4 and 5."""

    def test_message_of_an_agent(self):
        chat = self.server.customer_says(5001, "Hi")["chat"]
        message = self.say(chat, "Good day")
        self.assertEqual(set(message), MESSAGE)
        self.assertEqual(set(message["agent"]), AGENT)
        self.assertEqual(message["agent"]["id"], BOT)
        self.assertEqual(
            (message["chat"], message["from"], message["type"], message["text"]),
            (chat, "agent", "message", "Good day"),
        )
        self.assertIs(message["edited"], False)
        self.assertIsNone(message["broadcastType"])
        self.assertRegex(message["createdAt"], r"^\d{10}$")

    def test_message_of_a_customer_has_no_agent(self):
        message = self.server.customer_says(5001, "Hi")
        self.assertEqual(set(message), MESSAGE)
        self.assertIsNone(message["agent"])
        self.assertEqual(message["from"], "customer")

    def test_markdown_is_the_text_that_comes_back(self):
        chat = self.server.customer_says(5001, "Hi")["chat"]
        message = self.say(chat, "Bold", markdownText="**Bold**")
        self.assertEqual(message["text"], "**Bold**")

    def test_messages_come_newest_first_with_total_at_the_root(self):
        chat = self.server.customer_says(5001, "1")["chat"]
        for text in ("2", "3"):
            self.server.customer_says(5001, text)
        answer = self.ok("GET", f"/chats/{chat}/messages")
        self.assertEqual(set(answer), {"data", "total"})
        self.assertEqual([line["text"] for line in answer["data"]], ["3", "2", "1"])
        page = self.ok("GET", f"/chats/{chat}/messages?offset=1&limit=1")
        self.assertEqual([line["text"] for line in page["data"]], ["2"])
        self.assertEqual(page["total"], 3)
        self.assertEqual(self.ok("GET", f"/chats/{chat}/messages?offset=9")["data"], [])

    def test_system_lines_are_agent_messages_without_agent(self):
        chat = self.server.customer_says(5001, "1")["chat"]
        self.server.close(chat)
        line = self.ok("GET", f"/chats/{chat}/messages")["data"][0]
        self.assertEqual(
            (line["type"], line["from"], line["agent"]), ("tech", "agent", None)
        )

    def test_chat(self):
        chat_id = self.server.customer_says(5001, "Hi", application=2, name="A")["chat"]
        chat = self.ok("GET", f"/chats/{chat_id}")
        self.assertEqual(set(chat), CHAT)
        self.assertEqual(
            chat["customer"], {"id": 5001, "name": "A", "email": None, "userId": None}
        )
        self.assertEqual(
            (chat["status"], chat["createdWith"], chat["applicationId"]),
            ("new", "customer_message", 2),
        )
        self.assertEqual((chat["agents"], chat["assignee"]), ([], None))
        self.assertEqual(chat["lastMessageText"], "Hi")
        for field in ("createdAt", "lastMessageAt", "lastCustomerMessageAt"):
            self.assertRegex(chat[field], r"^\d{10}$")

    def test_created_chat_is_empty(self):
        customer = self.ok("POST", "/customers", {"name": "B"}, status=201)
        chat = self.ok(
            "POST",
            "/chats",
            {"customer": customer["id"], "application": 1, "department": 11},
            status=201,
        )
        self.assertEqual(set(chat), CHAT)
        self.assertEqual(
            (chat["status"], chat["createdWith"], chat["agents"]),
            ("empty", "public_api", []),
        )
        self.assertEqual(chat["department"], {"id": 11, "name": "Sales"})
        self.assertIsNone(chat["lastMessageId"])

    def test_customer(self):
        self.server.customer_says(
            5001, "Hi", application=2, name="A", phone="+380501234567", tags=["VIP"]
        )
        customer = self.ok("GET", "/customers/5001")
        self.assertEqual(set(customer), CUSTOMER)
        self.assertEqual(
            set(customer["location"]), {"regionCode", "countryCode", "city"}
        )
        self.assertEqual(customer["createdFrom"], "telegram")
        self.assertRegex(customer["integrationId"], r"^\d+$")
        self.assertEqual(customer["tags"], [{"name": "VIP", "color": "#c377e0"}])
        self.assertEqual(customer["customData"], {})
        self.assertRegex(customer["firstSeen"], r"^\d{10}$")

    def test_team(self):
        agents = self.ok("GET", "/agents")
        self.assertEqual(set(agents), {"data", "meta"})
        self.assertEqual(agents["meta"], {"total": len(agents["data"])})
        roles = {"agentChatOnly", "agent", "superviser", "admin"}
        for agent in agents["data"]:
            self.assertEqual(set(agent), AGENT)
            self.assertIn(agent["role"], roles)
        names = [agent["name"] for agent in agents["data"]]
        self.assertIn("Bot", names)
        self.assertIn("HelpBot", names)
        self.assertEqual(len(self.ok("GET", "/agents?limit=2")["data"]), 2)
        self.assertEqual(self.ok("GET", "/agents/302/unsubscribe")["id"], 302)

    def test_departments(self):
        departments = self.ok("GET", "/departments")
        self.assertEqual(departments["meta"], {"total": 2})
        for department in departments["data"]:
            self.assertEqual(set(department), {"id", "name", "agents"})
            self.assertEqual(set(department["agents"][0]), AGENT)

    def test_applications(self):
        applications = self.ok("GET", "/applications")
        self.assertEqual(applications["meta"], {"total": 6})
        for application in applications["data"]:
            self.assertEqual(
                set(application), {"id", "name", "displayName", "active", "type"}
            )

    def test_organization_is_wrapped(self):
        data = self.ok("GET", "/organization")["data"]
        self.assertEqual(set(data), {"id", "domain", "teamOnline", "chatEnabled"})
        self.assertIs(data["teamOnline"], True)
        self.server.set(team_online=False)
        self.assertIs(self.ok("GET", "/organization")["data"]["teamOnline"], False)

    def test_event_of_a_customer(self):
        self.server.customer_says(5001, "Hi")
        body = {"customer": 5001, "name": "order", "data": {"sum": 5}}
        answer = self.ok("POST", "/events", body)
        self.assertEqual(set(answer), {"id", "name", "data", "createdAt", "customer"})
        self.assertEqual(answer["data"], {"sum": 5})

    def test_totals_and_times_can_be_of_the_other_kind(self):
        chat = self.server.customer_says(5001, "Hi")["chat"]
        self.assertEqual(set(self.ok("GET", "/chats")), {"data", "meta"})
        self.assertEqual(set(self.ok("GET", "/customers")), {"data", "total"})
        self.server.set(both_totals=True, timestamps="milliseconds")
        answer = self.ok("GET", "/chats")
        self.assertEqual((answer["total"], answer["meta"]), (1, {"total": 1}))
        self.assertRegex(answer["data"][0]["createdAt"], r"^\d{10}\.\d{3}$")
        self.server.set(timestamps="integer")
        self.assertIsInstance(self.ok("GET", f"/chats/{chat}")["createdAt"], int)

    def test_clock_shift(self):
        before = int(self.server.customer_says(5001, "Hi")["createdAt"])
        self.server.set(clock_shift=-3600)
        after = int(self.server.customer_says(5001, "Hi")["createdAt"])
        self.assertAlmostEqual(after - before, -3600, delta=2)
