"""Real threads on real cursors: what one shared test cursor cannot show."""

import threading
import time
from contextlib import contextmanager
from unittest.mock import patch

from odoo import SUPERUSER_ID, api
from odoo.modules.registry import DummyRLock, Registry
from odoo.tests import BaseCase, get_db_name

from ..const import PRIVATE_API_PARAMETER
from ..models import work
from ..tools import worker
from .common import BOT_AGENT, PATIENCE, StandIn

_SOURCE = "concurrency test"


class ThreadCase(BaseCase):
    """Each test commits what it makes; the account's deletion takes it all away."""

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

    def setUp(self):
        super().setUp()
        self.helpcrunch.reset()
        self.helpcrunch.set(capture=True, rate_limit=0)
        with self.transaction() as env:
            env["ir.config_parameter"].set_param(PRIVATE_API_PARAMETER, "True")
            account = env["helpcrunch.account"].create(
                {
                    "name": _SOURCE,
                    "api_url": f"{self.helpcrunch.url}/v1",
                    "api_key": "test-api-key",
                    "webhook_secret": "test-signing-key",
                    "requests_per_minute": 100000,
                },
            )
            account.action_connect()
            account.bot_agent_id = account.agent_ids.filtered(
                lambda agent: agent.external_id == BOT_AGENT
            )
            account.action_connect()
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

    @contextmanager
    def transaction(self):
        with self.registry.cursor() as cr:
            yield api.Environment(cr, SUPERUSER_ID, {})

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
            work.after_webhook(self.dbname, receipt)
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
