"""Operators under load: real threads, real cursors, nothing shared but the database."""

import json
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

from odoo.tests import tagged

from ...jobs import dialogues, operators
from ...tools import webhook
from ..common import HUMAN_AGENT, PATIENCE
from ..common_threads import OPERATORS, OperatorThreadCase

_CAP = 3
_REQUESTS = 200
# As many as two busy Odoo servers have; PostgreSQL allows a hundred connections.
_THREADS = 24


@tagged("post_install", "-at_install")
class TestOperatorThreads(OperatorThreadCase):
    cap = _CAP

    def make_requests(self, count):
        """Make dialogues whose customers have all just asked for an operator."""
        with self.transaction() as env:
            account = env["helpcrunch.account"].browse(self.account_id)
            asked = {
                "started_at": "2026-01-01 00:00:00",
                "last_customer_message_at": "2026-01-01 00:00:00",
            }
            chats = self.make_crowd(env, [asked] * count)
            now = time.time()
            for chat in chats:
                message = {"id": chat.id, "text": "help me", "createdAt": str(now)}
                event = webhook.interpret(
                    f"crowd:{chat.id}",
                    "message.chat.customer",
                    {"chat_id": chat.external_id, "message": message},
                    {"createdAt": now},
                )
                env["helpcrunch.event"]._store(
                    self.account_id, account.company_id.id, event
                )
            return chats.ids

    def ask(self, chat_id):
        """Take the turn of one request, and do what it starts after its commit."""
        dialogues.take_turns(self.dbname, chat_id)
        operators.assign_waiting(self.dbname, self.queue_id)

    def sessions(self, env):
        return env["helpcrunch.operator.session"].search(
            [("queue_id", "=", self.queue_id)], order="id"
        )

    def test_two_hundred_requests_at_once(self):
        chat_ids = self.make_requests(_REQUESTS)
        watching, most = threading.Event(), Counter()

        def watch():
            while not watching.is_set():
                with self.transaction() as env:
                    active = self.sessions(env).filtered(
                        lambda row: row.state == "active"
                    )
                    counts = Counter(row.operator_id.id for row in active)
                    for operator, count in counts.items():
                        most[operator] = max(most[operator], count)
                time.sleep(0.01)

        watcher = threading.Thread(target=watch)
        watcher.start()
        with ThreadPoolExecutor(_THREADS) as pool:
            list(pool.map(self.ask, chat_ids))
        self.settle()
        watching.set()
        watcher.join(PATIENCE)
        with self.transaction() as env:
            sessions = self.sessions(env)
            # Never above the cap, and every place is taken.
            self.assertEqual(len(sessions), OPERATORS * _CAP)
            self.assertEqual(set(most.values()), {_CAP})
            # The rotation is exact.
            queue = env["helpcrunch.operator.queue"].browse(self.queue_id)
            order = queue.operator_ids.ids
            self.assertEqual(sessions.mapped("operator_id").ids, order)
            self.assertEqual([row.operator_id.id for row in sessions], order * _CAP)
            # The others wait, each knows the own place.
            chats = env["helpcrunch.chat"].browse(chat_ids)
            waiting = chats.filtered(lambda chat: chat.state == "queued")
            self.assertEqual(len(waiting), _REQUESTS - OPERATORS * _CAP)
            waiting = waiting.sorted(lambda chat: (chat.queued_at, chat.id))
            self.assertTrue(all(waiting.mapped("queue_told")))
            self.assertEqual(self.pending(env), 0)
            expected = waiting.ids
        # Whoever waits longest comes first, one for each place that becomes free.
        for number in range(7):
            with self.transaction() as env:
                oldest = self.sessions(env).filtered(lambda row: row.state == "active")
                oldest[0]._end("operator")
            operators.assign_waiting(self.dbname, self.queue_id)
            self.settle()
            with self.transaction() as env:
                last = self.sessions(env)[-1]
                self.assertEqual(last.chat_id.id, expected[number])
                self.assertEqual(last.operator_id.id, order[number % OPERATORS])

    def test_one_place_and_many_who_assign(self):
        """What one transaction gives away, another one does not give again."""
        chat_ids = self.make_requests(OPERATORS * _CAP + 1)
        for chat_id in chat_ids:
            dialogues.take_turns(self.dbname, chat_id)
        self.together(
            *[lambda: operators.assign_waiting(self.dbname, self.queue_id)] * 12
        )
        self.settle()
        with self.transaction() as env:
            sessions = self.sessions(env)
            self.assertEqual(len(sessions), OPERATORS * _CAP)
            self.assertEqual(len(sessions.chat_id), OPERATORS * _CAP)

    def test_a_cap_over_two_queues(self):
        with self.transaction(self.administrator_id) as env:
            env["res.users"].browse(self.user_ids[0]).helpcrunch_max_active_chats = 1
        with self.transaction(self.manager_id) as env:
            user = env["res.users"].browse(self.user_ids[0])
            first = env["helpcrunch.operator.queue"].browse(self.queue_id)
            first.operator_ids.filtered(lambda row: row.user_id != user).unlink()
            other = first.copy({"name": "Other"})
            env["helpcrunch.operator"].create(
                {"queue_id": other.id, "user_id": user.id}
            )
            other_id = other.id
        self.queue_ids.append(other_id)
        chat_ids = self.make_requests(8)
        for chat_id in chat_ids:
            dialogues.take_turns(self.dbname, chat_id)
        with self.transaction() as env:
            env["helpcrunch.chat"].browse(chat_ids[::2]).queue_id = other_id
        queues = (self.queue_id, other_id) * 6
        self.together(
            *[
                lambda queue_id=queue_id: operators.assign_waiting(
                    self.dbname, queue_id
                )
                for queue_id in queues
            ]
        )
        self.settle()
        with self.transaction() as env:
            active = env["helpcrunch.operator.session"].search(
                [("user_id", "=", self.user_ids[0]), ("state", "=", "active")]
            )
            self.assertEqual(len(active), 1)

    def test_takeover_while_a_turn_runs(self):
        """A person writes in the middle of a turn: the bot says not one word more."""
        chat_id = self.begin()
        with self.transaction(self.manager_id) as env:
            env["helpcrunch.step"].create(
                {
                    "name": "Long story",
                    "message": "Once upon a time",
                    "step_type": "text",
                    "bot_id": self.bot_id,
                    "alias_ids": [(0, 0, {"name": "story"})],
                },
            )
            external_id = int(env["helpcrunch.chat"].browse(chat_id).external_id)
        self.helpcrunch.customer_says(5001, "story", application=2)
        (question,) = [
            row
            for row in self.helpcrunch.captured(clear=True)
            if row["event"] == "message.chat.customer"
        ]
        self.receive(question, do_work=False)
        self.helpcrunch.agent_says(HUMAN_AGENT, external_id, "I am here")
        (takeover,) = [
            row
            for row in self.helpcrunch.captured(clear=True)
            if row["event"] == "message.chat.agent"
        ]
        with self.transaction() as env:
            # The turn runs; its cursor is not committed when the person's word comes.
            env["helpcrunch.event"]._take_turn(chat_id)
            self.receive(takeover, do_work=False)
        # Now the sender comes first, as it well may.
        dialogues.deliver(self.dbname, chat_id)
        dialogues.take_turns(self.dbname, chat_id)
        self.settle()
        with self.transaction() as env:
            chat = env["helpcrunch.chat"].browse(chat_id)
            self.assertEqual(chat.state, "operator")
            lines = chat.message_ids.filtered(lambda row: row.body.startswith("Once"))
            self.assertEqual(lines.mapped("state"), ["cancelled"])
        heard = [row["text"] for row in self.helpcrunch.messages(external_id)]
        self.assertNotIn("Once upon a time", heard)
        self.assertEqual(json.dumps(heard).count("I am here"), 1)
