"""Verbs over HTTP, pages, the live stream, keeping state, starting and stopping."""

import json
import re
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import unittest
import urllib.request
from pathlib import Path

from patience import PATIENCE

from helpcrunch.control import Control
from helpcrunch.standin import StandIn
from helpcrunch.toggles import TOGGLES

from .base import MARIA, StandInCase

FOLDER = Path(__file__).resolve().parent.parent


class TestControl(StandInCase):
    """The verbs and pages."""

    def test_verbs_over_http(self):
        status, message = self.verb("customer_says", customer=5001, text="Привіт")
        self.assertEqual((status, message["text"]), (200, "Привіт"))
        chat = message["chat"]
        self.assertEqual(
            self.verb("agent_says", agent=MARIA, chat=chat, text="x")[0], 200
        )
        self.assertEqual(self.verb("close", chat=chat)[1]["status"], "closed")
        texts = [line["text"] for line in self.verb("messages", chat=chat)[1]]
        self.assertEqual(texts, ["Привіт", "x"])
        self.assertGreater(len(self.verb("messages", chat=chat, tech=True)[1]), 2)
        self.assertEqual(self.verb("set", capture=True)[1]["capture"], True)
        self.verb("customer_says", customer=5001, text="again")
        kept = self.verb("captured")[1]
        self.assertEqual(json.loads(kept[0]["body"])["event"], kept[0]["event"])
        self.assertEqual(self.verb("wait_idle", timeout=1), (200, True))
        self.assertEqual(self.verb("reset")[0], 200)
        self.assertEqual(self.verb("chats"), (200, []))

    def test_verbs_by_get(self):
        self.server.customer_says(5001, "x")
        with urllib.request.urlopen(f"{self.server.url}/_test/chat?id=7001") as answer:
            self.assertEqual(json.load(answer)["id"], 7001)

    def test_refused_verbs(self):
        self.assertEqual(self.verb("customer_shouts")[0], 404)
        for hidden in ("stop", "start", "_done", "__init__", "url", "desk"):
            self.assertEqual(self.verb(hidden)[0], 404, hidden)
        self.assertEqual(self.verb("close", chat=1)[0], 404)
        self.assertEqual(self.verb("close", chat="x")[0], 400)
        self.assertEqual(self.verb("close")[0], 400)
        self.assertEqual(self.verb("set", colour="red")[0], 400)
        self.assertEqual(self.verb("set", error_style="modern")[0], 400)
        self.assertEqual(self.verb("add_webhook", url="here")[0], 400)
        self.assertEqual(self.verb("customer_says", customer=1, age=5)[0], 400)

    def test_a_wrong_toggle_changes_nothing(self):
        with self.assertRaises(ValueError):
            self.server.set(echo=False, error_style="modern")
        self.assertIs(self.server.toggles()["echo"], True)

    def test_reset_restores_toggles_of_the_start(self):
        self.server.set(rate_limit=5, echo=False)
        self.server.reset()
        self.assertEqual(self.server.toggles()["rate_limit"], 120)
        self.assertIs(self.server.toggles()["echo"], True)

    def test_pages(self):
        for path in ("/", "/inbox", "/settings", "/_test/", "/static/style.css"):
            with urllib.request.urlopen(self.server.url + path) as answer:
                body = answer.read().decode()
            for link in re.findall(r'(?:src|href)="([^"]+)"', body):
                self.assertTrue(link.startswith(("/", "#")), link)
        for path in ("/static/../state.py", "/static/%2e%2e/state.py", "/static/"):
            self.connection.request("GET", path)
            response = self.connection.getresponse()
            response.read()
            self.assertEqual(response.status, 404, path)

    def test_data_of_the_pages(self):
        names = [person["name"] for person in self.server.people()]
        self.assertEqual(names, ["Олена", "Taras"])
        added = self.server.add_visitor("Iryna", application=6)
        self.server.customer_says(added["customer"], "Hi", name="Iryna", application=6)
        self.server.customer_says(9000, "Hi")
        people = self.server.people()
        self.assertEqual([one["customer"] for one in people], [5001, 5002, 5003, 9000])
        self.assertEqual(len(people[2]["messages"]), 1)
        self.assertEqual(self.server.inbox()[0]["customer"]["id"], 9000)
        chat = people[2]["chat"]["id"]
        self.assertEqual(self.server.inbox_row(chat)["id"], chat)
        self.assertEqual(self.server.conversation(chat)["customer"]["name"], "Iryna")
        self.assertEqual(self.server.account()["apiKey"], "test-api-key")
        self.assertEqual(set(self.server.panel()), set(TOGGLES))
        self.assertIn("chat.new", self.server.event_types())
        self.assertEqual(self.server.latest_deliveries(), [])

    def test_stream(self):
        with socket.create_connection(
            self.address.split(":"), timeout=PATIENCE
        ) as page:
            page.sendall(b"GET /_test/stream HTTP/1.1\r\nHost: x\r\n\r\n")
            lines = page.makefile("rb")
            while lines.readline() != b"retry: 1000\n":
                pass
            lines.readline()
            self.server.customer_says(5001, "Hi")
            kinds = []
            while "message" not in kinds:
                line = lines.readline().decode()
                if line.startswith("event: "):
                    kinds.append(line.removeprefix("event: ").strip())
            self.assertEqual(kinds, ["customer", "chat", "message"])
            data = json.loads(lines.readline().decode().removeprefix("data: "))
            self.assertEqual(data["message"]["text"], "Hi")

    def test_readme_names_everything(self):
        text = (FOLDER / "README.md").read_text(encoding="utf-8")
        verbs = [name for name in vars(Control) if not name.startswith("_")]
        for name in [*verbs, *TOGGLES]:
            self.assertIn(f"`{name}", text, f"{name} is missing in the README")


class TestLife(unittest.TestCase):
    """Start, stop, keep."""

    def test_state_is_kept(self):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "deep", "state.json")
            with StandIn(data=path) as first:
                chat = first.customer_says(5001, "Привіт", user_id="u1")["chat"]
                first.snooze(chat, 4000000000)
                first.add_webhook("http://example.test/", "chat.new", key="k")
                first.add_visitor("Iryna")
                before = (first.chats(), first.customers(), first.messages(chat))
            self.assertEqual(list(path.parent.iterdir()), [path])
            with StandIn(data=path) as second:
                after = (second.chats(), second.customers(), second.messages(chat))
                self.assertEqual(after, before)
                self.assertEqual(second.webhook_rows()[0]["key"], "k")
                self.assertEqual(second.desk.by_user_id, {"u1": 5001})
                self.assertEqual(len(second.people()), 3)
                message = second.customer_says(5001, "x")
                self.assertGreater(message["id"], before[2][-1]["id"])

    def test_stop_does_not_wait(self):
        standin = StandIn().start()
        standin.set(latency=30)
        threading.Thread(
            target=self._swallow, args=(f"{standin.url}/v1/agents",), daemon=True
        ).start()
        standin.stop()
        standin.stop()
        left = [one.name for one in threading.enumerate() if "helpcrunch" in one.name]
        self.assertEqual(left, [])

    @staticmethod
    def _swallow(url):
        try:
            urllib.request.urlopen(url, timeout=PATIENCE)
        except OSError:
            return  # cut by the stop, as it should be

    def test_command(self):
        for number in (signal.SIGTERM, signal.SIGINT):
            process = subprocess.Popen(
                [sys.executable, str(FOLDER), "--port", "0", "--api-key", "k2"],
                stdout=subprocess.PIPE,
                text=True,
            )
            with process:
                url = process.stdout.readline().split()[-1]
                request = urllib.request.Request(
                    f"{url}/v1/agents", headers={"Authorization": "Bearer k2"}
                )
                with urllib.request.urlopen(request) as answer:
                    self.assertEqual(json.load(answer)["meta"]["total"], 4)
                process.send_signal(number)
                self.assertEqual(process.wait(PATIENCE), 0)
