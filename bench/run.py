"""Measure the addon beside a bare INSERT and beside Odoo's own live chat chatbot."""

import argparse
import hashlib
import hmac
import http.client
import json
import os
import platform
import re
import statistics
import sys
import threading
import time
import uuid
from collections import Counter
from datetime import date
from pathlib import Path

import broadcasts
import burst
import consulting
import contacts
import drawing
import notifications
import statements
from live.server import OdooServer, StandIn, said, wait_for
from visitor import Visitor

PARTS = (
    "webhook",
    "turn",
    "livechat",
    "operators",
    "memory",
    "burst",
    "contacts",
    "broadcasts",
    "notifications",
    "drawing",
)
_KEY = b"test-signing-key"
_LIVE_CHAT = """
script = env["chatbot.script"].create({"title": "Bench"})
for number in range(3):
    env["chatbot.script.step"].create({
        "chatbot_script_id": script.id, "sequence": number,
        "step_type": "free_input_single", "message": "Question %s" % number})
channel = env["im_livechat.channel"].create({"name": "Bench"})
env["im_livechat.channel.rule"].create({
    "channel_id": channel.id, "chatbot_script_id": script.id, "action": "auto_popup"})
env.cr.commit()
print("CHANNEL=%s SCRIPT=%s" % (channel.id, script.id))
"""


# A turn alone, as the worker takes it after the answer; nothing is sent meanwhile.
_TURNS = """
import json, time
from odoo.addons.helpcrunch_chatbot.jobs import dialogues, worker
from odoo.addons.helpcrunch_chatbot.tools import webhook
worker.submit = worker.submit_later = lambda *arguments, **options: None
chat = env["helpcrunch.chat"].search([], limit=1)
account, dbname, times = chat.account_id, env.cr.dbname, []
for number in range(400):
    moment = time.time()
    event = webhook.interpret("bench-%s" % number, "message.chat.customer", {
        "chat_id": chat.external_id, "customer": {"id": 1}, "message": {
            "id": 10**8 + number, "text": "ping", "createdAt": moment}}, {})
    env["helpcrunch.event"]._store(account.id, account.company_id.id, event)
    env.cr.commit()
    began = time.perf_counter()
    dialogues.take_turns(dbname, chat.id)
    times.append(time.perf_counter() - began)
env["helpcrunch.outbox"]._cancel_unsent([("chat_id", "=", chat.id)], "bench")
env.cr.commit()
print("TIMES=" + json.dumps(times[100:]))
"""


def percentile(values, share):
    ordered = sorted(values)
    return ordered[min(int(len(ordered) * share), len(ordered) - 1)]


def summary(times, seconds):
    """Return p50 and p99 in milliseconds and the number per second."""
    return (
        1000 * statistics.median(times),
        1000 * percentile(times, 0.99),
        len(times) / seconds,
    )


class Bench:
    """One server, one stand-in, and what was measured on them."""

    def __init__(self, turns):
        self.turns = turns
        self.rows = []
        self.turn_figures = {}
        self.helpcrunch = StandIn(port=0, rate_limit=0)
        self.helpcrunch.start()
        self.odoo = OdooServer(
            "bench",
            modules=",im_livechat,hc_floor",
            addons_path=Path(__file__).resolve().parent / "floor",
        )
        self.odoo.sql("CREATE TABLE hc_floor (id serial PRIMARY KEY, body text)")
        self.odoo.wire(self.helpcrunch)
        self._listen()

    def say(self, text):
        print(f"bench: {text}", file=sys.stderr, flush=True)

    def clients(self, number, count, work):
        """Run ``work(client, turn)`` ``count`` times in all; return times, seconds."""
        times, lock = [], threading.Lock()

        def run(client):
            mine = []
            for turn in range(count // number):
                began = time.perf_counter()
                work(client, turn)
                mine.append(time.perf_counter() - began)
            with lock:
                times.extend(mine)

        return times, self.together(number, run)

    def together(self, number, run):
        """Run ``run(client)`` for so many clients at once; return the seconds."""
        threads = [threading.Thread(target=run, args=(n,)) for n in range(number)]
        began = time.perf_counter()
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return time.perf_counter() - began

    def row(self, what, times, seconds, note=""):
        p50, p99, per_second = summary(times, seconds)
        self.rows.append((what, p50, p99, per_second, note))
        self.say(
            f"{what}: p50 {p50:.1f} ms, p99 {p99:.1f} ms, {per_second:.0f}/s {note}"
        )
        return p50, per_second

    def measure(self, script):
        """Return what a script for Odoo's shell prints as TIMES."""
        printed = self.odoo.shell(script)
        return json.loads(printed.partition("TIMES=")[2].splitlines()[0])

    def queries(self, path):
        """Return how many queries each request to a path took, by the log."""
        found = rf"POST {path} HTTP/1.1\" 200 - (\d+) "
        return list(map(int, re.findall(found, self.odoo.log.read_text())))

    # === PARTS === #

    def webhook(self):
        """Time to the webhook's answer, beside the least it can cost.

        The events are of a kind that needs no turn, so that only taking in is timed.
        """
        local = threading.local()

        def post(path, event):
            if not hasattr(local, "link"):
                local.link = http.client.HTTPConnection("127.0.0.1", self.odoo.port)
            body = json.dumps(event).encode()
            local.link.request(
                "POST",
                path,
                body,
                {
                    "Content-Type": "application/json",
                    "X-HelpCrunch-Signature": hmac.new(
                        _KEY, body, hashlib.sha1
                    ).hexdigest(),
                },
            )
            answer = local.link.getresponse()
            answer.read()
            if answer.status != 200:
                raise RuntimeError(answer.status)

        def event():
            return {
                "id": str(uuid.uuid4()),
                "event": "chat.rated",
                "createdAt": int(time.time()),
                "eventData": {"chat_id": 1, "customer": {"id": 5}, "note": "x" * 300},
            }

        for path in ("/hc_floor", self.odoo.webhook_path):
            self.clients(1, 50, lambda *_: post(path, event()))  # noqa: B023
        for number in (1, 8):
            floor = self.row(
                f"INSERT floor, {number} client(s)",
                *self.clients(number, 800, lambda *_: post("/hc_floor", event())),
            )
            ours = self.row(
                f"webhook answered, {number} client(s)",
                *self.clients(
                    number, 800, lambda *_: post(self.odoo.webhook_path, event())
                ),
            )
            self.rows[-1] = (
                *self.rows[-1][:4],
                f"{ours[0] / floor[0]:.2f} x the floor",
            )

    def _listen(self):
        """Be told of each reply by the stand-in: looking all the time costs a core."""
        self.answers, self.arrived = Counter(), threading.Condition()
        receive = self.helpcrunch.desk.agent_message

        def agent_message(chat, *arguments, **options):
            message = receive(chat, *arguments, **options)
            with self.arrived:
                self.answers[chat.id] += 1
                self.arrived.notify_all()
            return message

        self.helpcrunch.desk.agent_message = agent_message

    def _answered(self, chat, count):
        # One text was the welcome.
        with self.arrived:
            if not self.arrived.wait_for(lambda: self.answers[chat] > count, 60):
                raise TimeoutError(chat)

    def _open(self, number):
        """Open dialogues; return their chats' ids."""
        chats = []
        for client in range(number):
            chat = self.helpcrunch.customer_says(
                self.next_customer + client, "Hi", application=2, name="Taras"
            )["chat"]
            wait_for(lambda chat=chat: said(self.helpcrunch, chat, "Welcome"), 20)
            chats.append(chat)
        self.base = self.next_customer
        self.next_customer += number
        return chats

    next_customer = 10000
    arguments = (
        "--workers=0",
        "--max-cron-threads=1",
        "--log-handler=:WARNING",
        "--log-handler=werkzeug:INFO",
    )

    def turn(self):
        """A customer's text until the reply is at HelpCrunch."""
        for number in (1, 8):
            chats = self._open(number)

            def talk(client, turn, chats=chats):
                self.helpcrunch.customer_says(self.base + client, "ping", application=2)
                self._answered(chats[client], turn + 1)

            p50, per_second = self.row(
                f"text to reply at HelpCrunch, {number} client(s)",
                *self.clients(number, 400, talk),
            )
            self.turn_figures[number] = (p50, per_second)

        chats = self._open(1)

        def say_once(turn):
            self.helpcrunch.customer_says(self.base, "ping", application=2)
            self._answered(chats[0], turn + 1)

        statements.measure(self, say_once)
        times = self.measure(_TURNS)
        self.row("turn alone, text to reply committed", times, sum(times), "one thread")

    def settle(self):
        """Wait until the calls are written down too, and nobody looks again."""
        time.sleep(1)

    def livechat(self):
        """Odoo's own chatbot: the visitor's answer and the next step."""
        printed = self.odoo.shell(_LIVE_CHAT)
        channel, script = map(
            int, re.search(r"CHANNEL=(\d+) SCRIPT=(\d+)", printed).groups()
        )
        for number in (1, 8):
            visitors = [Visitor(self.odoo.port, channel, script) for _ in range(number)]
            p50, per_second = self.row(
                f"live chat chatbot turn, {number} client(s)",
                *self.clients(
                    number, 160, lambda client, _turn, v=visitors: v[client].turn()
                ),
            )
            asked = sum(
                statistics.median(self.queries(path))
                for path in ("/mail/message/post", "/chatbot/step/trigger")
            )
            self.rows[-1] = (*self.rows[-1][:4], f"{asked:.0f} queries")
            ours = self.turn_figures.get(number)
            if ours:
                faster, more = p50 / ours[0], ours[1] / per_second
                note = f"{asked:.0f} queries; ours: {faster:.1f} x as fast"
                note += f", {more:.1f} x as many turns"
                self.rows[-1] = (*self.rows[-1][:4], note)
                self.say(note)

    def memory(self):
        """The server's memory before and after many turns."""
        chats = self._open(8)
        base, done = self.base, [0]

        def talk(client, turn):
            self.helpcrunch.customer_says(base + client, "ping", application=2)
            self._answered(chats[client], turn + 1)
            done[0] += 1
            if done[0] % 1000 == 0:
                self.say(f"  {done[0]} turns, {self.odoo.memory():.0f} MiB")

        warm = max(self.turns // 10, 80)
        self.clients(8, warm, talk)
        before = self.odoo.memory()
        chats[:] = self._open(8)
        base = self.base
        done[0] = 0
        times, seconds = self.clients(8, self.turns, talk)
        after = self.odoo.memory()
        self.row(
            f"{self.turns} turns, 8 clients",
            times,
            seconds,
            f"memory {before:.0f} MiB before, {after:.0f} MiB after",
        )

    def burst(self):
        """Three hundred replies at once on an account of 120 calls a minute."""
        burst.measure(self)

    def contacts(self):
        """Merges among 200,000 contacts; long dialogues and contacts of many."""
        contacts.measure(self)

    def operators(self):
        """A customer's text until Discuss shows it, an operator's until it is out."""
        consulting.measure(self)

    def broadcasts(self):
        """Ten thousand recipients beside live customers, and kill -9."""
        broadcasts.measure(self)

    def notifications(self):
        """A server action run on ten thousand records, and kill -9."""
        notifications.measure(self)

    def drawing(self):
        """A trial, a bot of 500 steps, a month of figures."""
        drawing.measure(self)

    # === TABLE === #

    def print_table(self):
        version = self.odoo.sql("SHOW server_version")[0].split()[0]
        memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
        print(
            f"\n{date.today()}, {os.cpu_count()} cores, {memory:.0f} GiB,"
            f" {platform.system()}, Python {platform.python_version()},"
            f" PostgreSQL {version}, Odoo {os.environ.get('ODOO_VERSION', '19.0')};"
            " one threaded server, database, load and stand-in on the same machine.\n"
        )
        print("| What | p50 ms | p99 ms | per s | |\n|---|---|---|---|---|")
        for what, p50, p99, per_second, note in self.rows:
            figures = ("-" if value is None else f"{value:.1f}" for value in (p50, p99))
            print(f"| {what} | {' | '.join(figures)} | {per_second:.1f} | {note} |")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("parts", nargs="*", default=PARTS, metavar="PART")
    parser.add_argument("--turns", type=int, default=10000)
    options = parser.parse_args()
    bench = Bench(options.turns)
    try:
        bench.odoo.start(*bench.arguments)
        for part in PARTS:
            if part in options.parts:
                bench.say(f"{part} ...")
                getattr(bench, part)()
        bench.print_table()
    finally:
        bench.odoo.drop()
        bench.helpcrunch.stop()


if __name__ == "__main__":
    main()
