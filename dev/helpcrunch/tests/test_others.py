"""HelpCrunch as other clients know it: what section 7 says since they were read."""

import time
from email.utils import parsedate_to_datetime

from .base import BOT, MARIA, StandInCase


class TestAsOthersKnowIt(StandInCase):
    def setUp(self):
        """Let one customer write."""
        super().setUp()
        self.chat = self.server.customer_says(5001, "Hi", application=2)["chat"]

    def codes(self):
        """Return the technical lines of the chat."""
        lines = self.server.messages(chat=self.chat, tech=True)
        return [line["text"] for line in lines if line["type"] == "tech"]

    def say(self, status=200):
        """Answer by REST."""
        body = {"chat": self.chat, "text": "x", "agent": BOT, "type": "message"}
        return self.ok("POST", "/messages", body, status=status)

    def test_technical_lines_are_codes(self):
        self.say()
        self.ok("PUT", "/chats/status", {"id": self.chat, "status": "closed"})
        self.assertEqual(
            self.codes(),
            [
                "chat_status_changed",
                "chat_auto_assigned",
                "chat_status_changed_by_public_api",
            ],
        )

    def test_a_customer_opens_a_chat_that_rests(self):
        for status in ("pending", "onhold", "closed"):
            self.server.set_status(self.chat, status)
            self.server.customer_says(5001, "Still there?")
            self.assertEqual(self.server.chat(self.chat)["status"], "opened", status)

    def test_a_chat_is_given_to_the_next_by_itself(self):
        self.server.assign(self.chat, MARIA)
        self.server.set(reassign_after=0.2)
        self.server.customer_says(5001, "Hello?")
        deadline = time.monotonic() + 20
        while self.server.chat(self.chat)["assignee"]["id"] == MARIA:
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.05)
        self.assertEqual(self.codes()[-1], "chat_auto_assigned")
        self.server.set(reassign_after=0)
        after = self.server.chat(self.chat)["assignee"]["id"]
        self.assertNotEqual(self.server.reassign(self.chat)["assignee"]["id"], after)

    def test_a_message_may_be_created(self):
        self.server.set(message_status=201)
        self.assertTrue(self.say(status=201)["id"])

    def test_an_update_may_have_no_answer(self):
        for form, status in (("empty", 200), ("no_content", 204)):
            self.server.set(put_answer=form)
            self.connection.request(
                "PUT",
                "/v1/chats/assignee",
                f'{{"id": {self.chat}, "assignee": {MARIA}}}',
                {"Authorization": "Bearer test-api-key"},
            )
            response = self.connection.getresponse()
            self.assertEqual((response.status, response.read()), (status, b""))
        self.assertEqual(self.server.chat(self.chat)["assignee"]["id"], MARIA)

    def test_the_name_of_the_chats_id(self):
        self.server.set(capture=True)
        for key in ("chatId", "id", "chat_id"):
            self.server.set(chat_id_key=key)
            self.server.customer_says(5001, "Hi")
            self.server.close(self.chat)
            for webhook in self.server.captured():
                self.assertEqual(webhook["json"]["eventData"][key], self.chat)

    def test_what_was_never_edited(self):
        self.assertTrue(self.say()["updatedAt"])
        self.server.set(updated_at="null")
        self.assertIsNone(self.say()["updatedAt"])

    def test_a_list_that_begins_anew(self):
        self.server.set(ignore_offset=True)
        self.assertTrue(self.ok("GET", "/agents?offset=100&limit=100")["data"])

    def test_the_clock(self):
        self.server.set(clock_shift=600)
        at = int(self.say()["createdAt"])
        told = parsedate_to_datetime(self.headers["Date"]).timestamp()
        self.assertAlmostEqual(at, time.time() + 600, delta=30)
        self.assertAlmostEqual(told, at, delta=30)

    def test_customers(self):
        one = self.ok(
            "POST", "/customers", {"userId": 77, "unsubscribed": True}, status=201
        )
        self.assertEqual((one["userId"], one["unsubscribed"]), ("77", True))
        for _time in range(2):
            other = self.ok("POST", "/customers", {"userId": ""}, status=201)
            self.assertIsNone(other["userId"])
        whole, longer = "n" * 255, "n" * 256
        path = f"/customers/{one['id']}"
        for value, status in ((whole, 200), (longer, 400)):
            data = [{"property": "plan", "value": value}]
            for body in ({"notes": value}, {"customData": data}):
                self.assertEqual(self.call("PATCH", path, body)[0], status)

    def test_an_answer_of_ones_own(self):
        self.server.set(fail_next=[{"fail": 200, "body": "[]"}, 302, 408])
        self.assertEqual(self.call("GET", "/agents"), (200, []))
        for status in (302, 408):
            answer = self.call("GET", "/agents")
            self.assertEqual((answer[0], answer[1][:6]), (status, b"<html>"))
