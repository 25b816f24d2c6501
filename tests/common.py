"""A bot, a messenger and the stand-in HelpCrunch, and tests that read as dialogues."""

import sys
from contextlib import contextmanager, nullcontext
from pathlib import Path
from unittest.mock import patch

from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tests import TransactionCase, new_test_user

from ..const import PRIVATE_API_PARAMETER
from ..jobs import contacts, dialogues, operators, worker
from ..models.dialogue import helpcrunch_account as catch_up_rows
from ..models.dialogue.turn_snapshot import TurnSnapshot

# The stand-in is a program of its own beside the addon, not a part of it.
sys.path.append(str(Path(__file__).resolve().parent.parent / "dev"))
from helpcrunch.standin import StandIn
from patience import PATIENCE  # noqa: F401 - other tests have it from here

BOT_AGENT = "301"
HUMAN_AGENT = 302
CUSTOMER = 5001
TELEGRAM = 2
MANAGER_GROUP = "helpcrunch_chatbot.group_manager"


def add_ukrainian(env):
    """Install the language of the manual, and the terms of the addon in it."""
    env["res.lang"]._activate_lang("uk_UA")
    addon = env["ir.module.module"].search([("name", "=", "helpcrunch_chatbot")])
    addon._update_translations("uk_UA")


def snapshot(**facts):
    """Return what a turn knows of an event, where a test makes the turn."""
    known = {"event_id": 1, "tries": 0, "payload": "{}", "event_type": "chat.new"}
    return TurnSnapshot(**known | {"external_id": "1", "occurred_at": 0.0} | facts)


def connect_messenger(manager, administrator, url, **vals):
    """Let a manager make a messenger and connect it to the stand-in.

    :param manager: environment of the app's manager
    :param administrator: Odoo's, a user or an id: where to find HelpCrunch is no
        business of the manager
    :param str url: of the stand-in
    """
    account = manager["helpcrunch.account"].create(
        {
            "name": "HelpCrunch",
            "api_key": "test-api-key",
            "webhook_secret": "test-signing-key",
            "requests_per_minute": 100000,
            **vals,
        },
    )
    account.with_user(administrator).api_url = f"{url}/v1"
    account.action_connect()
    account.bot_agent_id = account.agent_ids.filtered(
        lambda agent: agent.external_id == BOT_AGENT
    )
    account.action_connect()
    return account


class HelpcrunchCase(TransactionCase):
    """Everything real: stand-in, HTTP, client, engine; one shared test cursor.

    ``says`` lets a customer write in the stand-in, takes the webhooks in as the
    controller would, takes the turns, delivers the calls, and returns what the customer
    then reads. Only the threads are replaced: what would run in the pool runs here, one
    after the other, since the test cursor cannot be shared.

    People's work is done by people: messenger, bot and steps are made by ``manager``,
    who has the app's role and no other. ``self.env`` is the machine: webhooks, threads.
    """

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env = cls.env(context={**cls.env.context, "tracking_disable": True})
        cls.helpcrunch = StandIn(port=0, rate_limit=0)
        cls.helpcrunch.start()
        cls.addClassCleanup(cls.helpcrunch.stop)
        cls.manager = new_test_user(
            cls.env, "shop_manager", MANAGER_GROUP, name="Manager"
        )
        cls.administrator = new_test_user(
            cls.env, "odoo_administrator", "base.group_system", name="Administrator"
        )
        # Whoever runs the server lets it call the stand-in, on this very computer.
        cls.env["ir.config_parameter"].set_param(PRIVATE_API_PARAMETER, "True")
        cls.account = cls._create_account()
        cls.bot = cls.as_manager("helpcrunch.bot").create(
            {
                "name": "Shop",
                "live": True,
                "account_id": cls.account.id,
                "tz": "Europe/Kyiv",
                "fallback_message": "I did not understand.",
            },
        )

    @classmethod
    def as_manager(cls, model):
        """Return a model as the manager of the app has it, who has no other role."""
        return cls.env[model].with_user(cls.manager)

    @classmethod
    def by_machine(cls, record):
        """Return a record as webhooks, crons and threads have it."""
        return record.with_env(cls.env)

    @classmethod
    def _create_manager(cls, company):
        """Return the manager of another company, who sees nothing of the first."""
        return new_test_user(
            cls.env,
            f"manager_of_{company.id}",
            MANAGER_GROUP,
            company_id=company.id,
            company_ids=[Command.set(company.ids)],
        )

    @classmethod
    def add_outsiders(cls):
        """Hire people without a role of the app, who may not come near it."""
        cls.clerk = new_test_user(cls.env, "clerk", "base.group_user")
        cls.portal = new_test_user(cls.env, "portal", "base.group_portal")
        cls.sales_manager = new_test_user(
            cls.env, "sales_manager", "sales_team.group_sale_manager"
        )

    @classmethod
    def _create_account(cls, **vals):
        manager = cls.manager
        if company := cls.env["res.company"].browse(vals.get("company_id")):
            manager = cls._create_manager(company)
            cls.administrator.company_ids |= company
        return connect_messenger(
            cls.env(user=manager), cls.administrator, cls.helpcrunch.url, **vals
        )

    def setUp(self):
        super().setUp()
        self.helpcrunch.reset()
        self.helpcrunch.set(capture=True, rate_limit=0)
        self.jobs = []
        for target, name, replacement in (
            (worker, "READ_COMMITTED", ""),
            (
                worker,
                "submit",
                lambda function, *args, bulk=False: self.jobs.append((function, args)),
            ),
            (worker, "submit_later", lambda seconds, function, *args, bulk=False: None),
        ):
            patcher = patch.object(target, name, replacement)
            patcher.start()
            self.addCleanup(patcher.stop)

    # === DRAWING === #

    @classmethod
    def step(cls, name, step_type="text", alias=None, **vals):
        """Draw a step; ``alias`` is a phrase or several, ``message`` its name."""
        phrases = [alias] if isinstance(alias, str) else alias or []
        return cls.as_manager("helpcrunch.step").create(
            {
                "name": name,
                "bot_id": cls.bot.id,
                "step_type": step_type,
                "message": name,
                "alias_ids": [(0, 0, {"name": phrase}) for phrase in phrases],
                **{
                    key: value.id if hasattr(value, "id") else value
                    for key, value in vals.items()
                },
            },
        )

    @classmethod
    def field(cls, name):
        return cls.env["ir.model.fields"]._get("res.partner", name).id

    @contextmanager
    def refused(self, words):
        """Expect a drawing to be refused, with these words in the message."""
        # Odoo's assertRaises rolls back what was refused; assertRaisesRegex does not.
        with self.assertRaises(UserError) as caught:
            yield
        self.assertRegex(str(caught.exception), words)

    # === TALKING === #

    def says(self, text, customer=CUSTOMER, application=TELEGRAM, **profile):
        """Let a customer write; return the texts that the customer reads then."""
        message = self.helpcrunch.customer_says(
            customer, text, application=application, **profile
        )
        return self.hears(message["chat"])

    def hears(self, chat):
        """Take in all webhooks and return the bot's new texts in a chat."""
        before = self._count_heard(chat)
        self.take_in()
        texts = [
            message["text"]
            for message in self.helpcrunch.messages(chat)
            if message["from"] == "agent" and message["agent"]["id"] == int(BOT_AGENT)
        ]
        self._heard[chat] = len(texts)
        return texts[before:]

    def _count_heard(self, chat):
        if not hasattr(self, "_heard"):
            self._heard = {}
        return self._heard.get(chat, 0)

    def enter_test_mode_if_needed(self):
        """Let other cursors be this test's; an ``HttpCase`` does so by itself."""
        if self._registry_patched:
            return nullcontext()
        return self.enter_registry_test_mode()

    def take_in(self):
        """Receive every webhook, take every turn, make every call."""
        with self.enter_test_mode_if_needed():
            while webhooks := self.helpcrunch.captured(clear=True):
                for webhook in webhooks:
                    self.receive(webhook)
                self.work()
                self.take_own_events()
        self.env.invalidate_all()

    def receive(self, webhook):
        """Hand one webhook to the inbox, as the controller does."""
        events = self.env["helpcrunch.event"]
        status, receipt = events._receive(
            self.account.webhook_token,
            lambda: webhook["body"],
            len(webhook["body"]),
            webhook["headers"]["X-HelpCrunch-Signature"],
        )
        self.env.flush_all()
        if receipt:
            dialogues.after_webhook(self.env.cr.dbname, receipt)
        return status

    def work(self):
        """Run what waits for the pool of threads."""
        while self.jobs:
            function, args = self.jobs.pop(0)
            function(*args)

    def merge(self):
        """Look up and merge what the customers' answers asked for."""
        with self.enter_test_mode_if_needed():
            contacts.merge_contacts(self.env.cr.dbname)
            self.take_own_events()
        self.env.invalidate_all()

    def take_own_events(self):
        """Find operators, and take the turns of what Odoo itself put into the inbox."""
        events = self.env["helpcrunch.event"]
        queues = self.env["helpcrunch.operator.queue"]
        own = [
            ("origin", "=", "odoo"),
            ("state", "=", "pending"),
            ("not_before", "=", False),
        ]
        waiting = None
        while True:
            self.env.flush_all()
            for queue_id in queues._find_waiting_queues():
                operators.assign_waiting(self.env.cr.dbname, queue_id)
            self.work()
            before, waiting = waiting, events.search(own)
            if not waiting or waiting == before:
                # What is left stands behind something that has to wait.
                return
            for chat in waiting.chat_id:
                dialogues.take_turns(self.env.cr.dbname, chat.id)
            self.work()

    def settle(self):
        """Do all that Odoo itself has started, then what HelpCrunch answers to it."""
        with self.enter_test_mode_if_needed():
            self.take_own_events()
        self.take_in()

    def catch_up(self):
        """Have the cron fetch what no webhook brought, and do what it leads to."""
        with (
            patch.object(catch_up_rows, "_GRACE_SECONDS", -5),
            self.enter_test_mode_if_needed(),
        ):
            for cron in ("catch_up", "process_events"):
                self.env.ref(
                    f"helpcrunch_chatbot.ir_cron_{cron}"
                ).method_direct_trigger()
            self.work()
        self.env.invalidate_all()

    def list_pair(self, newer, older, **vals):
        """Put two contacts on the list of possible duplicates."""
        return self.env["helpcrunch.duplicate"].create(
            {
                "company_id": self.account.company_id.id,
                "kind": "phone",
                "value": "+380671234567",
                "state": "open",
                "reason": "untrusted",
                "partner_id": newer.id,
                "older_partner_id": older.id,
                **vals,
            },
        )

    def presses_merge(self, pair):
        """Let a manager who may merge contacts merge two of them."""
        login = "shop_merger"
        user = self.env["res.users"].search([("login", "=", login)])
        user = user or new_test_user(
            self.env, login, f"{MANAGER_GROUP},base.group_partner_manager"
        )
        pair.with_user(user).action_merge()

    # === LOOKING === #

    def chat(self, customer=CUSTOMER):
        """Return the newest dialogue of a customer."""
        return self.env["helpcrunch.chat"].search(
            [("customer_id.external_id", "=", str(customer))], limit=1, order="id desc"
        )

    def partner(self, customer=CUSTOMER):
        return self.chat(customer).partner_id

    def codes(self, customer=CUSTOMER):
        """Return the codes of the newest turn's trace."""
        event = self.env["helpcrunch.event"].search(
            [("chat_id", "=", self.chat(customer).id), ("trace", "!=", False)],
            order="id desc",
            limit=1,
        )
        return [line["code"] for line in event.trace or []]
