"""Real threads on real cursors: what one shared test cursor cannot show."""

import threading
import time
from contextlib import contextmanager
from unittest.mock import patch

from odoo import SUPERUSER_ID, api
from odoo.fields import Command
from odoo.modules.registry import DummyRLock, Registry
from odoo.tests import BaseCase, get_db_name, new_test_user

from ..const import PRIVATE_API_PARAMETER
from ..jobs import dialogues, worker
from .common import MANAGER_GROUP, PATIENCE, StandIn, connect_messenger
from .common_operators import OPERATOR_GROUP

_SOURCE = "concurrency test"
OPERATORS = 5


class ThreadCase(BaseCase):
    """Each test commits what it makes; the account's deletion takes it all away.

    People's work is done by people here too: ``transaction()`` is the machine's, and
    ``transaction(user_id)`` somebody's.
    """

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.dbname = get_db_name()
        cls.registry = Registry(cls.dbname)
        # The thread that runs the tests holds this lock; ours would wait for ever.
        lock = patch.object(Registry, "_lock", DummyRLock())
        lock.start()
        cls.addClassCleanup(lock.stop)
        cls.helpcrunch = StandIn(port=0, rate_limit=0)
        cls.helpcrunch.start()
        cls.addClassCleanup(cls.helpcrunch.stop)
        cls.manager_id = cls._create_person("thread_manager", MANAGER_GROUP)
        cls.administrator_id = cls._create_person("thread_admin", "base.group_system")

    @classmethod
    def _create_person(cls, login, groups):
        """Return the id of somebody new, who is gone when the class is done."""
        with cls.transaction() as env:
            quiet = env(context={"no_reset_password": True})
            user_id = new_test_user(quiet, login, groups).id
        cls.addClassCleanup(cls._delete_person, user_id)
        return user_id

    @classmethod
    def _delete_person(cls, user_id):
        with cls.transaction() as env:
            user = env["res.users"].browse(user_id)
            partner = user.partner_id
            user.unlink()
            partner.unlink()

    def setUp(self):
        super().setUp()
        self.helpcrunch.reset()
        self.helpcrunch.set(capture=True, rate_limit=0)
        with self.transaction(self.administrator_id) as env:
            env["ir.config_parameter"].set_param(PRIVATE_API_PARAMETER, "True")
        with self.transaction(self.manager_id) as env:
            account = connect_messenger(
                env, self.administrator_id, self.helpcrunch.url, name=_SOURCE
            )
            bot = env["helpcrunch.bot"].create(
                {"name": _SOURCE, "account_id": account.id, "live": True}
            )
            ask = env["helpcrunch.step"].create(
                {
                    "name": "Ask",
                    "message": "What about?",
                    "step_type": "free_input",
                    "bot_id": bot.id,
                },
            )
            env["helpcrunch.step"].create(
                {
                    "name": "Welcome",
                    "message": "Welcome",
                    "step_type": "text",
                    "bot_id": bot.id,
                    "next_step_id": ask.id,
                    "alias_ids": [(0, 0, {"name": "/start"})],
                },
            )
            env["helpcrunch.step"].create(
                {
                    "name": "Make a lead",
                    "message": False,
                    "step_type": "create_lead",
                    "bot_id": bot.id,
                    "alias_ids": [(0, 0, {"name": "lead"})],
                },
            )
            self.account_id, self.bot_id = account.id, bot.id
            self.token = account.webhook_token
        self.addCleanup(self._clean_up)

    def _clean_up(self):
        worker.wait_for_quiet(PATIENCE)
        with self.transaction() as env:
            chats = env["helpcrunch.chat"].search(
                [("account_id", "=", self.account_id)]
            )
            partners = chats.partner_id
            env["crm.lead"].search([("helpcrunch_bot_id", "=", self.bot_id)]).unlink()
            account = env["helpcrunch.account"].browse(self.account_id)
            tags = account.category_id | account.application_ids.category_id
            chats.unlink()
            env["helpcrunch.bot"].browse(self.bot_id).unlink()
            account.unlink()
            partners.unlink()
            tags.unlink()

    @classmethod
    @contextmanager
    def transaction(cls, user_id=SUPERUSER_ID):
        """Open a transaction of the machine's, or of somebody's."""
        with cls.registry.cursor() as cr:
            yield api.Environment(cr, user_id, {})

    def together(self, *functions):
        """Run all functions at the same moment, each in a thread of its own."""
        barrier = threading.Barrier(len(functions))
        errors = []

        def run(function):
            barrier.wait()
            try:
                function()
            except Exception as error:  # noqa: BLE001
                errors.append(error)

        threads = [
            threading.Thread(target=run, args=(function,)) for function in functions
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(PATIENCE)
            self.assertFalse(thread.is_alive())
        self.assertFalse(errors)

    def receive(self, webhook, do_work=True):
        """Take a webhook in as a worker does: store, commit, then the work."""
        with self.transaction() as env:
            status, receipt = env["helpcrunch.event"]._receive(
                self.token,
                lambda: webhook["body"],
                None,
                webhook["headers"]["X-HelpCrunch-Signature"],
            )
        self.assertEqual(status, 200)
        if do_work:
            dialogues.after_webhook(self.dbname, receipt)
        return receipt

    def settle(self):
        """Wait until the pool has nothing to do: no cron is running here."""
        self.assertTrue(worker.wait_for_quiet(PATIENCE))

    def pending(self, env):
        return env["helpcrunch.event"].search_count(
            [("account_id", "=", self.account_id), ("state", "=", "pending")]
        )

    def chats(self, env):
        return env["helpcrunch.chat"].search([("account_id", "=", self.account_id)])

    def begin(self):
        """Let the dialogue of customer 5001 begin and rest at its question."""
        self.helpcrunch.customer_says(5001, "Hi", application=2, name="Taras")
        for webhook in self.helpcrunch.captured(clear=True):
            self.receive(webhook)
        self.settle()
        self.helpcrunch.captured(clear=True)
        with self.transaction() as env:
            return self.chats(env).id

    def queue(self, chat, texts):
        """Queue texts of the bot, as a turn does."""
        now = time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime())
        messages = chat.env["helpcrunch.message"].create(
            [
                {
                    "chat_id": chat.id,
                    "direction": "out",
                    "author_type": "bot",
                    "state": "outgoing",
                    "occurred_at": now,
                    "body": text,
                }
                for text in texts
            ],
        )
        chat.env["helpcrunch.outbox"].create(
            [
                {
                    "account_id": chat.account_id.id,
                    "chat_id": chat.id,
                    "message_id": message.id,
                }
                for message in messages
            ],
        )


class OperatorThreadCase(ThreadCase):
    """Queues with the same five operators; "help me" leads to the first."""

    cap = 3
    operators = OPERATORS
    queues = ("Threads",)

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.user_ids = [
            cls._create_person(f"thread_operator_{number}", OPERATOR_GROUP)
            for number in range(cls.operators)
        ]

    def setUp(self):
        super().setUp()
        with self.transaction(self.manager_id) as env:
            queues = env["helpcrunch.operator.queue"].create(
                [
                    {
                        "name": name,
                        "max_active_chats": self.cap,
                        "joined_message": "",
                        "operator_ids": [
                            Command.create({"user_id": user_id})
                            for user_id in self.user_ids
                        ],
                    }
                    for name in self.queues
                ],
            )
            self.queue_ids = queues.ids
            self.queue_id = self.queue_ids[0]
            env["helpcrunch.step"].create(
                {
                    "name": "To an operator",
                    "message": False,
                    "step_type": "forward_operator",
                    "bot_id": self.bot_id,
                    "queue_id": self.queue_id,
                    "alias_ids": [(0, 0, {"name": "help me"})],
                },
            )

    def _clean_up(self):
        result = super()._clean_up()
        with self.transaction() as env:
            env["helpcrunch.operator.queue"].browse(self.queue_ids).unlink()
            env["res.users"].browse(self.user_ids).helpcrunch_max_active_chats = 0
        return result

    def make_crowd(self, env, rows):
        """Make dialogues of one contact that differ in these values.

        What is said in them is another test's business.
        """
        env["helpcrunch.account"].browse(self.account_id).state = "draft"
        partner = env["res.partner"].create({"name": "Crowd"})
        return env["helpcrunch.chat"].create(
            [
                {
                    "external_id": str(90000 + number),
                    "account_id": self.account_id,
                    "bot_id": self.bot_id,
                    "partner_id": partner.id,
                    **row,
                }
                for number, row in enumerate(rows)
            ],
        )
