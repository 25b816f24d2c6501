"""The state machine of chats, and searching them."""

from .base import ANDREW, BOT, MARIA, StandInCase


class TestStates(StandInCase):
    """Section 7, State."""

    def setUp(self):
        """Keep webhooks."""
        super().setUp()
        self.server.set(capture=True, rate_limit=0)

    def new_chat(self):
        """Return the id of a chat a customer opened; its webhooks are forgotten."""
        chat = self.server.customer_says(5001, "Hi")["chat"]
        self.server.captured()
        return chat

    def test_chat_made_by_rest(self):
        customer = self.ok("POST", "/customers", {"name": "A"}, status=201)["id"]
        body = {"customer": customer, "application": 2}
        chat = self.ok("POST", "/chats", body, status=201)["id"]
        self.assertEqual(self.events(), ["customer.new"])
        message = self.server.customer_says(customer, "Hi")
        self.assertEqual(message["chat"], chat)
        self.assertEqual(self.server.chat(chat)["status"], "new")
        self.assertEqual(
            self.events(), ["message.chat.customer", "chat.status_updated"]
        )
        self.server.set(chat_new_for_api=True)
        self.ok("POST", "/chats", {**body, "assignee": BOT}, status=201)
        self.assertEqual(self.events(), ["chat.new", "chat.assigned"])

    def test_reply_opens_and_assigns(self):
        chat = self.new_chat()
        self.say(chat, "Hello")
        self.assertEqual(
            self.events(),
            ["message.chat.agent", "chat.status_updated", "chat.assigned"],
        )
        shown = self.server.chat(chat)
        self.assertEqual(shown["status"], "opened")
        self.assertEqual(shown["assignee"]["id"], BOT)
        self.assertEqual(shown["lastCommunicatedAgentId"], BOT)
        self.assertEqual([agent["id"] for agent in shown["agents"]], [BOT])
        self.assertEqual(shown["lastMessageText"], "Hello")
        self.server.agent_says(MARIA, chat, "Me too")
        shown = self.server.chat(chat)
        self.assertEqual(shown["assignee"]["id"], BOT)
        self.assertEqual([agent["id"] for agent in shown["agents"]], [BOT, MARIA])

    def test_no_auto_assign(self):
        self.server.set(auto_assign=False)
        chat = self.new_chat()
        self.say(chat)
        self.assertIsNone(self.server.chat(chat)["assignee"])

    def test_broadcast_is_no_reply(self):
        chat = self.new_chat()
        self.server.agent_says(MARIA, chat, "Sale", broadcast_type="manual chat")
        (item,) = self.server.captured()
        data = item["json"]["eventData"]
        self.assertEqual(data["message"]["broadcastType"], "manual chat")
        self.assertEqual(self.server.chat(chat)["status"], "new")

    def test_note_changes_nothing(self):
        chat = self.new_chat()
        before = self.server.chat(chat)
        note = self.server.note(ANDREW, chat, "/lead")
        self.assertEqual((note["type"], note["agent"]["id"]), ("private", ANDREW))
        self.assertEqual(self.server.chat(chat), before)
        self.assertEqual(self.events(), ["message.private"])
        body = {"chat": chat, "text": "no author", "type": "private"}
        self.assertIsNone(self.ok("POST", "/messages", body)["agent"])

    def test_closed_chat_reopens(self):
        chat = self.new_chat()
        self.server.close(chat, by="customer")
        self.assertEqual(self.events(), ["chat.status_updated", "chat.closed"])
        shown = self.server.chat(chat)
        self.assertEqual((shown["status"], shown["closedBy"]), ("closed", "customer"))
        self.assertIsNotNone(shown["closedAt"])
        self.assertEqual(self.server.customer_says(5001, "Again")["chat"], chat)
        shown = self.server.chat(chat)
        self.assertEqual((shown["status"], shown["closedBy"]), ("opened", None))
        self.assertIsNone(shown["closedAt"])

    def test_closed_chat_gives_way_to_a_new_one(self):
        self.server.set(closed_chat="new")
        chat = self.server.customer_says(5001, "Hi", application=3)["chat"]
        self.server.close(chat)
        self.server.captured()
        other = self.server.customer_says(5001, "Again")["chat"]
        self.assertNotEqual(other, chat)
        self.assertEqual(self.server.chat(other)["applicationId"], 3)
        self.assertEqual(self.events(), ["chat.new", "message.chat.customer"])

    def test_agent_writes_into_a_closed_chat(self):
        for toggle, status in (("keep", "closed"), ("reopen", "opened")):
            self.server.set(closed_agent_message=toggle)
            chat = self.new_chat()
            self.server.close(chat)
            self.say(chat)
            self.assertEqual(self.server.chat(chat)["status"], status)
        self.server.close(chat)
        self.server.set(closed_agent_message="refuse")
        body = {"chat": chat, "text": "x", "type": "message", "agent": BOT}
        self.assertEqual(self.call("POST", "/messages", body)[0], 400)
        with self.assertRaises(ValueError):
            self.server.agent_says(MARIA, chat, "x")

    def test_one_chat_per_application(self):
        first = self.server.customer_says(5001, "Hi", application=1)["chat"]
        second = self.server.customer_says(5001, "Hi", application=2)["chat"]
        self.assertNotEqual(first, second)
        self.assertEqual(self.server.customer_says(5001, "Hi")["chat"], second)
        message = self.server.customer_says(5001, "Hi", application=1)
        self.assertEqual(message["chat"], first)
        self.assertEqual(
            self.server.customer_says(5001, "x", chat=first)["chat"], first
        )

    def test_updates_by_rest(self):
        chat = self.new_chat()
        body = {"id": chat, "status": "on hold"}
        self.assertEqual(self.ok("PUT", "/chats/status", body)["status"], "onhold")
        body = {"id": chat, "assignee": ANDREW}
        shown = self.ok("PUT", "/chats/assignee", body)
        self.assertEqual(shown["assignee"]["id"], ANDREW)
        body = {"id": chat, "assignee": None}
        self.assertIsNone(self.ok("PUT", "/chats/assignee", body)["assignee"])
        body = {"id": chat, "department": 12}
        shown = self.ok("PUT", "/chats/department", body)
        self.assertEqual(shown["department"], {"id": 12, "name": "Support"})
        body = {"id": chat, "status": "closed"}
        self.assertEqual(self.ok("PUT", "/chats/status", body)["closedBy"], "agent")
        self.assertEqual(
            self.events(),
            [
                "chat.status_updated",
                "chat.assigned",
                "chat.assigned",
                "chat.status_updated",
                "chat.closed",
            ],
        )
        self.ok("PUT", "/chats/status", body)
        self.assertEqual(self.events(), [], "nothing changed")

    def test_snooze(self):
        chat = self.new_chat()
        until = int(self.server.desk.now()) + 60
        body = {"id": chat, "snoozedUntil": str(until)}
        shown = self.ok("PUT", "/chats/snooze", body)
        self.assertEqual(shown["snoozedUntil"], str(until))
        body["snoozedUntil"] = None
        self.assertIsNone(self.ok("PUT", "/chats/snooze", body)["snoozedUntil"])
        self.assertEqual(self.events(), ["chat.snoozed", "chat.unsnoozed"])

    def test_snooze_ends_by_itself(self):
        chat = self.new_chat()
        self.server.snooze(chat, int(self.server.desk.now()) + 60)
        self.server.set(clock_shift=61)
        with self.server.desk.lock:
            self.server.desk.wake()
        self.assertIsNone(self.server.chat(chat)["snoozedUntil"])

    def test_read(self):
        chat = self.new_chat()
        self.assertIs(self.server.chat(chat)["readByAgent"], False)
        self.assertEqual(self.server.inbox()[0]["unread"], 1)
        body = {"id": chat, "read": True}
        self.assertIs(self.ok("PUT", "/chats/readByAgent", body)["readByAgent"], True)
        self.assertIs(self.server.messages(chat)[0]["read"], True)
        self.assertEqual(self.server.inbox()[0]["unread"], 0)
        self.say(chat)
        self.assertIs(self.server.chat(chat)["readByCustomer"], False)
        shown = self.ok("PUT", "/chats/readByCustomer", body)
        self.assertIs(shown["readByCustomer"], True)

    def test_rating(self):
        chat = self.new_chat()
        with self.assertRaises(ValueError):
            self.server.rate(chat, "great")
        self.server.close(chat)
        with self.assertRaises(ValueError, msg="no agent wrote"):
            self.server.rate(chat, "great")
        self.say(chat)
        self.server.captured()
        body = {"id": chat, "rating": "very poor"}
        self.assertEqual(self.ok("PUT", "/chats/rate", body)["rating"], "very poor")
        self.assertEqual(self.events(), ["chat.rated"])
        self.assertEqual(self.call("PUT", "/chats/rate", body)[0], 400)

    def test_files_of_customers(self):
        link = self.server.customer_sends_file(5001)["text"]
        self.assertRegex(link, r"^https://ucarecdn\.com/[0-9a-f-]{36}/photo\.jpg$")
        bare = self.server.customer_sends_file(5001, bare=True)["text"]
        self.assertRegex(bare, r"^[0-9a-f-]{36}$")

    # === SEARCH === #

    def search(self, *filters, comparison=None, **more):
        """Search chats; return their ids."""
        body = {
            "filter": [
                {"field": f"chats.{field}", "operator": operator, "value": value}
                for field, operator, value in filters
            ],
            **more,
        }
        if comparison:
            body["comparison"] = comparison
        return [chat["id"] for chat in self.ok("POST", "/chats/search", body)["data"]]

    def test_search(self):
        one = self.server.customer_says(5001, "a", email="a@x.test", tags=["VIP"])
        two = self.server.customer_says(5002, "b", application=2)
        one, two = one["chat"], two["chat"]
        self.say(one)
        self.server.close(one)
        self.assertEqual(self.search(("customer", "=", 5001)), [one])
        self.assertEqual(self.search(("customer", "=", "5002")), [two])
        self.assertEqual(self.search(("customer", "=", 1)), [])
        self.assertEqual(self.search(("status", "!=", "closed")), [two])
        self.assertEqual(self.search(("assignee", "=", BOT)), [one])
        self.assertEqual(self.search(("agents", "=", BOT)), [one])
        self.assertEqual(self.search(("customer.email", "~", "X.test")), [one])
        tags = [{"name": "VIP"}]
        self.assertEqual(self.search(("customer.tagsData", "=", tags)), [one])
        both = (("createdAt", ">=", 1), ("createdAt", "<=", 9999999999))
        self.assertEqual(
            self.search(*both, comparison="AND", sort="chats.createdAt", order="DESC"),
            [two, one],
        )
        either = (("customer", "=", 5001), ("customer", "=", 5002))
        self.assertEqual(self.search(*either, comparison="OR"), [one, two])
        self.assertEqual(self.search(*either, comparison="AND"), [])

    def test_search_without_filter(self):
        self.server.customer_says(5001, "a")
        for body in ({}, {"limit": 10, "offset": 0}):
            answer = self.ok("POST", "/chats/search", body)
            self.assertEqual(answer["total"], 1)
            self.assertNotIn("meta", answer)
        self.assertEqual(self.ok("POST", "/chats/search", {"filter": []})["total"], 1)
        self.server.set(empty_filter="refuse")
        self.assertEqual(self.call("POST", "/chats/search", {"filter": []})[0], 400)

    def test_search_refused(self):
        good = {"field": "chats.customer", "operator": "=", "value": 1}
        for change, code in (
            ({"field": ""}, "filter[0].field"),
            ({"field": "chats.id"}, "filter[0].field"),
            ({"operator": "like"}, "filter[0].operator"),
            ({"operator": "~"}, "filter[0].operator"),
            ({"value": "x"}, "filter[0].value"),
            ({"value": None}, "filter[0].value"),
        ):
            status, payload = self.call(
                "POST", "/chats/search", {"filter": [{**good, **change}]}
            )
            self.assertEqual(status, 400)
            self.assertEqual(payload["errors"][1]["code"], code)
        status, payload = self.call("POST", "/chats/search", {"filter": [good, good]})
        self.assertEqual(payload["errors"][1]["code"], "comparison")

    def test_sorted_lists(self):
        chats = [self.server.customer_says(5001 + n, "x")["chat"] for n in range(3)]
        self.server.desk.chats[chats[0]].last_message_at += 60
        answer = self.ok("GET", "/chats?sort=chats.lastMessageAt&order=desc&limit=1")
        self.assertEqual([chat["id"] for chat in answer["data"]], chats[:1])
        answer = self.ok("GET", "/chats?offset=1&limit=1")
        self.assertEqual([chat["id"] for chat in answer["data"]], chats[1:2])
        self.assertEqual(answer["meta"]["total"], 3)
