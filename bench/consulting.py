"""Operators: a customer's text until Discuss shows it, and an operator's on its way."""

import http.client
import json
import time

import websocket

_DRAW = """
from odoo.fields import Command
group = env.ref("helpcrunch_chatbot.group_operator")
user = env["res.users"].with_context(no_reset_password=True).create({
    "name": "Bench", "login": "bench", "password": "bench-bench",
    "group_ids": [Command.link(group.id)]})
queue = env["helpcrunch.operator.queue"].create({
    "name": "Bench", "max_active_chats": 1000, "joined_message": "",
    "operator_ids": [Command.create({"user_id": user.id})]})
env["helpcrunch.step"].create({
    "name": "To an operator", "message": "One moment", "queue_id": queue.id,
    "step_type": "forward_operator", "bot_id": env["helpcrunch.bot"].search([]).id,
    "alias_ids": [Command.create({"name": "operator please"})]})
env.cr.commit()
"""
# Fifty operators, five hundred open sessions; one asks, is assigned, and ends.
_ASSIGN = """
import json, time
from odoo.fields import Command
from odoo.addons.helpcrunch_chatbot.jobs import dialogues, operators, worker
worker.submit = worker.submit_later = lambda *arguments, **options: None
group = env.ref("helpcrunch_chatbot.group_operator")
users = env["res.users"].with_context(no_reset_password=True).create([
    {"name": "Many %s" % n, "login": "many%s" % n,
     "group_ids": [Command.link(group.id)]} for n in range(50)])
queue = env["helpcrunch.operator.queue"].create({
    "name": "Many", "max_active_chats": 20,
    "operator_ids": [Command.create({"user_id": user.id}) for user in users]})
account = env["helpcrunch.account"].search([], limit=1)
chats = env["helpcrunch.chat"].create([{
    "external_id": "8%06d" % n, "account_id": account.id,
    "state": "operator" if n < 500 else "queued", "queue_id": queue.id,
    "queued_at": "2026-01-01 00:00:00"} for n in range(700)])
env["helpcrunch.operator.session"].create([{
    "chat_id": chat.id, "company_id": account.company_id.id, "queue_id": queue.id,
    "operator_id": queue.operator_ids[n % 50].id,
    "user_id": users[n % 50].id} for n, chat in enumerate(chats[:500])])
for chat in chats[501:]:
    chat.queue_id = False
env.cr.commit()
for table in ("helpcrunch_operator_session", "helpcrunch_chat", "helpcrunch_operator"):
    env.cr.execute("ANALYZE " + table)
times = []
for chat in chats[501:]:
    chat.queue_id = queue
    env.cr.commit()
    began = time.perf_counter()
    operators.assign_waiting(env.cr.dbname, queue.id)
    times.append(time.perf_counter() - began)
    env.invalidate_all()
print("TIMES=" + json.dumps(times[50:]))
"""


class Operator:
    """An operator's web client: the calls it makes, and what the bus tells it."""

    def __init__(self, port, version):
        self.link = http.client.HTTPConnection("127.0.0.1", port)
        self.cookie = ""
        self.rpc(
            "/web/session/authenticate",
            db=self._database(),
            login="bench",
            password="bench-bench",
        )
        self.socket = websocket.create_connection(
            f"ws://127.0.0.1:{port}/websocket?version={version}",
            cookie=self.cookie,
            origin=f"http://127.0.0.1:{port}",
            timeout=30,
        )
        self.subscribe()

    def subscribe(self):
        """Listen to what the user may hear now; a page does so for each new channel."""
        data = {"channels": [], "last": 0}
        self.socket.send(json.dumps({"event_name": "subscribe", "data": data}))

    def _database(self):
        return self.rpc("/web/database/list")[0]

    def hear(self, text):
        """Wait until the bus brings a message with this text."""
        while text not in self.socket.recv():
            pass

    def write(self, thread, text):
        self.rpc(
            "/mail/message/post",
            thread_model="discuss.channel",
            thread_id=thread,
            post_data={
                "body": text,
                "message_type": "comment",
                "subtype_xmlid": "mail.mt_comment",
            },
        )

    def rpc(self, path, **params):
        self.link.request(
            "POST",
            path,
            json.dumps({"jsonrpc": "2.0", "method": "call", "params": params}),
            {"Content-Type": "application/json", "Cookie": self.cookie},
        )
        answer = self.link.getresponse()
        for header, value in answer.getheaders():
            if header.lower() == "set-cookie" and "session_id" in value:
                self.cookie = value.partition(";")[0]
        data = json.loads(answer.read())
        if "error" in data:
            raise RuntimeError(data["error"]["data"]["debug"])
        return data["result"]


def measure(bench):
    """Add the rows of this part to a bench's table."""
    bench.odoo.shell(_DRAW)
    version = bench.odoo.shell(
        "from odoo.addons.bus.websocket import WebsocketConnectionHandler as Handler\n"
        "print('VERSION=' + Handler._VERSION)"
    )
    operator = Operator(
        bench.odoo.port, version.partition("VERSION=")[2].splitlines()[0]
    )
    (chat,) = bench._open(1)
    customer = bench.base
    bench.helpcrunch.customer_says(customer, "operator please", application=2)
    bench._answered(chat, 1)
    threads = []
    while not threads:
        time.sleep(0.1)
        threads = bench.odoo.sql(
            "SELECT id FROM discuss_channel WHERE helpcrunch_session_id IS NOT NULL"
        )
    operator.subscribe()
    operator.hear("operator please")

    def customer_writes(_client, turn):
        text = f"customer {turn} writes"
        bench.helpcrunch.customer_says(customer, text, application=2)
        operator.hear(text)

    def operator_writes(_client, turn):
        before = bench.answers[chat]
        operator.write(threads[0], f"operator {turn} writes")
        bench._answered(chat, before)

    bench.row("customer's text to Discuss", *bench.clients(1, 300, customer_writes))
    bench.row("operator's text to HelpCrunch", *bench.clients(1, 300, operator_writes))
    times = bench.measure(_ASSIGN)
    bench.row("assignment, 50 operators, 500 sessions", times, sum(times), "5 queries")
