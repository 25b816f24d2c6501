"""Doors that only our own forms kept shut: methods, fields and context keys by RPC."""

import inspect

from odoo import models
from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tests import new_test_user, tagged

from ...const import PRIVATE_API_PARAMETER
from ...tools import network
from ..common_operators import OperatorCase

MANAGER = "helpcrunch_chatbot.group_manager"
OPERATOR = "helpcrunch_chatbot.group_operator"
# Public methods that refuse nobody, and why.
_OPEN = {
    "set_my_availability": "changes the caller's own rows only; test_operator_roles",
}


class RightsCase(OperatorCase):
    """A manager, people with less, and one of another company."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.add_outsiders()
        cls.seller = new_test_user(
            cls.env, "rights seller", "sales_team.group_sale_salesman"
        )
        cls.selling_operator = new_test_user(
            cls.env, "rights both", f"{OPERATOR},sales_team.group_sale_salesman"
        )
        cls.other_company = cls.env["res.company"].create({"name": "Other company"})
        cls.stranger = cls._create_manager(cls.other_company)

    def denied(self, user):
        """Expect a refusal of rights, whoever words it."""
        # A missing right is one too.
        return self.assertRaises(UserError, msg=user.login)


@tagged("post_install", "-at_install")
class TestPublicMethods(RightsCase):
    """What has no underscore can be called by everybody, portal included."""

    def _methods(self, model):
        """Return the public methods that our addon brings."""
        for name in dir(type(model)):
            if name.startswith("_"):
                continue
            method = getattr(type(model), name, None)
            module = getattr(method, "__module__", "") or ""
            if not inspect.isfunction(method) or "helpcrunch_chatbot" not in module:
                continue
            yield name

    def test_nobody_without_a_role_calls_any(self):
        chat = self.connect()
        self.env["helpcrunch.chat.assign"].create(
            {"chat_id": chat.id, "queue_id": self.queue.id}
        )
        step = self.step("News", "schedule", state="paused")
        self.env["helpcrunch.broadcast"]._plan(step, "2026-01-01 10:00:00")
        self.bot.with_user(self.manager).action_save_version()
        self.bot.with_user(self.manager).action_view_statistics()
        self.env["helpcrunch.bot.import"].create({})
        self.env["helpcrunch.login"].create({"customer_id": chat.customer_id.id})
        self.env["helpcrunch.duplicate"].create(
            {
                "company_id": self.account.company_id.id,
                "kind": "phone",
                "value": "+380671234567",
                "state": "open",
                "reason": "untrusted",
                "partner_id": self.partner().id,
                "older_partner_id": self.env.user.partner_id.id,
            }
        )
        tried = set()
        for model_name in sorted(self.env):
            if not model_name.startswith("helpcrunch."):
                continue
            model = self.env[model_name]
            if model._abstract:
                continue
            record = model.search([], limit=1)
            for name in self._methods(model):
                # What Odoo itself has is in the table of rights.
                if hasattr(models.BaseModel, name) or name in _OPEN:
                    continue
                tried.add((model_name, name))
                for user in (self.clerk, self.portal, self.seller):
                    with (
                        self.subTest(model=model_name, method=name, user=user.login),
                        self.denied(user),
                    ):
                        method = getattr(record.with_user(user), name)
                        parameters = inspect.signature(method).parameters.values()
                        method(*["x" for row in parameters if row.default is row.empty])
        self.assertGreater(len(tried), 30)

    def test_contact_and_lead(self):
        self.connect()
        lead = self.env["crm.lead"].create({"name": "Own", "user_id": self.seller.id})
        for user in (self.clerk, self.portal, self.seller):
            partner = self.partner().with_user(user)
            for name in self._methods(partner):
                if name.startswith("action_"):
                    with self.subTest(method=name, user=user.login), self.denied(user):
                        getattr(partner, name)()
            with self.denied(user):
                lead.with_user(user).action_open_helpcrunch_chat()

    def test_the_leads_of_a_broadcast(self):
        step = self.step("News", "schedule", state="paused")
        self.says("Hi")
        broadcast = self.env["helpcrunch.broadcast"]._plan(step, "2026-01-01 10:00:00")
        for user in (self.clerk, self.portal, self.seller, self.olena, self.stranger):
            with self.denied(user):
                broadcast.with_user(user).action_view_leads()
        self.assertTrue(broadcast.with_user(self.manager).action_view_leads())


@tagged("post_install", "-at_install")
class TestMachineFields(RightsCase):
    """What only the machine writes is written by nobody, by RPC either."""

    def test_what_is_the_machines_own(self):
        self.connect()
        chat = self.chat()
        pair = self.list_pair(
            self.partner(), self.env["res.partner"].create({"name": "Older"})
        )
        # Not marked read-only in the form only.
        event = chat.event_ids[:1]
        call = self.env["helpcrunch.outbox"].search([("chat_id", "=", chat.id)])[:1]
        session = chat.session_ids[:1]
        for record, name, value in (
            (event, "payload", "{}"),
            (event, "state", "pending"),
            (event, "chat_id", False),
            (call, "payload", {"text": "forged"}),
            (call, "state", "pending"),
            (chat.message_ids[:1], "body", "forged"),
            (chat, "external_id", "666"),
            (chat, "state", "bot"),
            (chat, "partner_id", self.env.user.partner_id.id),
            (chat, "user_id", self.manager.id),
            (chat, "bot_id", False),
            (chat, "message_ids", [Command.create({"body": "forged"})]),
            (chat.customer_id, "external_id", "666"),
            (chat.customer_id, "partner_id", self.env.user.partner_id.id),
            (chat.customer_id, "blocked", True),
            (self.account.agent_ids[:1], "external_id", "666"),
            (self.account.agent_ids[:1], "email", "forged@example.com"),
            (self.account.application_ids[:1], "external_id", "666"),
            (self.account, "webhook_token", "guessed"),
            (self.account, "state", "connected"),
            (self.account, "organization_domain", "elsewhere"),
            (session, "state", "done"),
            (pair, "partner_id", self.env.user.partner_id.id),
            (pair, "state", "dismissed"),
            (self.account.arrival_ids[:1], "last_at", "2026-01-01 00:00:00"),
            (self.account.budget_ids[:1], "calls", {}),
        ):
            self.assertTrue(record, name)
            with (
                self.subTest(model=record._name, field=name),
                self.denied(self.manager),
            ):
                record.with_user(self.manager).write({name: value})

    def test_links_of_contacts_move_nothing(self):
        self.connect()
        other = self.env["res.partner"].create({"name": "Other"})
        for name, record in (
            ("helpcrunch_chat_ids", self.chat()),
            ("helpcrunch_customer_ids", self.chat().customer_id),
        ):
            with self.denied(self.manager):
                other.with_user(self.manager).write({name: [Command.link(record.id)]})
            with self.denied(self.manager):
                self.partner().with_user(self.manager).write({name: [Command.clear()]})

    def test_what_people_may_write_stays_theirs(self):
        self.connect()
        agent = self.account.agent_ids[:1].with_user(self.manager)
        agent.write({"is_bot": True, "user_id": self.olena.id})
        channel = self.account.application_ids[:1].with_user(self.manager)
        channel.write({"name": "Ours", "reply_window": 12})
        customer = self.chat().customer_id.with_user(self.manager)
        customer.opt_out = True
        self.assertTrue(customer.opt_out)

    def test_buttons_still_do_it(self):
        self.helpcrunch.set(fail_next=[{"fail": 400, "path": "POST /v1/messages"}])
        self.says("Hi")
        call = self.env["helpcrunch.outbox"].search([("state", "=", "failed")])
        call.with_user(self.manager).action_send_again()
        self.assertEqual(call.state, "pending")
        pair = self.list_pair(
            self.partner(), self.env["res.partner"].create({"name": "Older"})
        )
        pair.with_user(self.manager).action_dismiss()
        self.assertEqual(pair.state, "dismissed")
        pair.with_user(self.manager).action_decide_again()
        self.assertEqual(pair.state, "open")
        chat = self.chat().with_user(self.manager)
        chat.action_create_lead()
        chat.action_pause()
        self.settle()
        self.assertEqual(chat.state, "paused")
        chat.action_return_to_bot()
        self.settle()
        self.assertEqual(chat.state, "bot")
        # Last: what is done once fails again, and the next orders stand behind it.
        event = self.chat().event_ids[:1]
        event.state = "failed"
        event.with_user(self.manager).action_retry()
        self.assertEqual(event.state, "pending")

    def test_a_lead_is_linked_to_no_dialogue_by_hand(self):
        chat = self.connect()
        for user in (
            self.seller,
            self.selling_operator,
            self.sales_manager,
            self.manager,
        ):
            leads = self.env["crm.lead"].with_user(user)
            lead = leads.create({"name": "Mine", "user_id": user.id})
            with self.denied(user):
                lead.helpcrunch_chat_id = chat.id
            with self.denied(user):
                leads.create({"name": "Mine", "helpcrunch_chat_id": chat.id})
            with self.denied(user):
                leads.with_context(default_helpcrunch_chat_id=chat.id).create(
                    {"name": "Mine"}
                )
        with self.denied(self.seller):
            lead.with_user(self.seller).read(["helpcrunch_chat_id"])

    def test_no_dialogue_in_the_export_of_leads(self):
        for user in (self.seller, self.sales_manager):
            offered = self.env["crm.lead"].with_user(user).fields_get()
            self.assertFalse([name for name in offered if "helpcrunch" in name])

    def test_the_name_of_a_dialogue_knows_who_asks(self):
        chat = self.connect()
        self.assertIn("·", chat.with_user(self.olena).display_name)
        # As Odoo reads what a field leads to.
        seen = chat.with_user(self.petro).sudo().display_name
        self.assertEqual(seen, chat.external_id)


@tagged("post_install", "-at_install")
class TestContextKeys(RightsCase):
    def test_none_opens_a_door(self):
        foreign = self.env["helpcrunch.bot"].create(
            {"name": "Foreign", "account_id": self.account.id}
        )
        target = self.env["helpcrunch.step"].create(
            {"name": "There", "bot_id": foreign.id, "step_type": "text", "message": "x"}
        )
        forged = {
            "helpcrunch_copying_bot": True,
            "helpcrunch_same_filter": True,
            "helpcrunch_automatic": True,
            "helpcrunch_clock": True,
        }
        self.forward.next_step_id = self.thanks
        step = self.forward.with_user(self.manager).with_context(**forged)
        with self.refused("another bot"):
            step.next_step_id = target.id
        with self.refused("may not read"):
            step.partner_domain = "[('signup_type', '=', 'reset')]"
        line = self.thanks.alias_ids.filtered("automatic")
        with self.refused("stays"):
            line.with_user(self.manager).with_context(**forged).unlink()
        news = self.step("News", "schedule", interval_type="days", run_time=9)
        news.with_user(self.manager).with_context(**forged).run_time = 15
        self.assertEqual(news.next_run.minute, 0)
        self.assertIn("15:00", news.with_context(lang="en_US").next_runs)


@tagged("post_install", "-at_install")
class TestHandOverWizard(RightsCase):
    def test_nothing_of_somebody_elses_dialogue(self):
        chat = self.connect()
        wizards = self.env["helpcrunch.chat.assign"]
        for user in (self.petro, self.clerk, self.portal, self.stranger):
            mine = wizards.with_user(user)
            with self.denied(user):
                mine.create({"chat_id": chat.id, "queue_id": self.queue.id})
            with self.denied(user):
                mine.with_context(default_chat_id=chat.id).onchange(
                    {},
                    [],
                    {"chat_id": {"fields": {"display_name": {}}}, "queue_id": {}},
                )
            with self.denied(user):
                mine.onchange(
                    {"chat_id": chat.id}, ["chat_id"], {"chat_id": {}, "holder_id": {}}
                )

    def test_who_had_it_hands_over_no_more(self):
        self.add_operator(self.petro)
        chat = self.connect()
        self.orders(self.olena, "/transfer Petro")
        self.assertEqual(chat.user_id, self.petro)
        with self.refused("not yours any more"):
            self.env["helpcrunch.chat.assign"].with_user(self.olena).create(
                {"chat_id": chat.id, "queue_id": self.queue.id}
            )


@tagged("post_install", "-at_install")
class TestCompanies(RightsCase):
    def test_arrivals_and_budget(self):
        for records in (self.account.arrival_ids, self.account.budget_ids):
            self.assertTrue(records.with_user(self.manager).search([]))
            self.assertFalse(records.with_user(self.stranger).search([]))

    def test_every_model_of_ours_knows_companies(self):
        rules = self.env["ir.rule"].search([("groups", "=", False)])
        covered = set(rules.mapped("model_id.model"))
        for model_name in self.env:
            model = self.env[model_name]
            if not model_name.startswith("helpcrunch.") or model._abstract:
                continue
            if not model._transient:
                self.assertIn(model_name, covered)

    def test_nothing_is_given_to_a_company_out_of_sight(self):
        foreign = self.env["helpcrunch.account"].create(
            {"name": "Foreign", "company_id": self.other_company.id}
        )
        foreign_bot = self.env["helpcrunch.bot"].create(
            {"name": "Foreign", "account_id": foreign.id}
        )
        foreign_queue = self.env["helpcrunch.operator.queue"].create(
            {"name": "Foreign", "company_id": self.other_company.id}
        )
        fresh = self.env["helpcrunch.account"].create({"name": "Fresh"})
        fresh_queue = self.env["helpcrunch.operator.queue"].create({"name": "Fresh"})
        for record, name, value in (
            (fresh, "company_id", self.other_company),
            (self.account, "company_id", self.other_company),
            (self.bot, "account_id", foreign),
            (self.thanks, "bot_id", foreign_bot),
            (fresh_queue, "company_id", self.other_company),
            (self.operator, "queue_id", foreign_queue),
        ):
            with self.subTest(model=record._name), self.denied(self.manager):
                record.with_user(self.manager)[name] = value

    def test_managers_of_today_hear_of_a_refused_key(self):
        former = new_test_user(self.env, "rights former", MANAGER)
        account = (
            self.env["helpcrunch.account"].with_user(former).create({"name": "Mine"})
        )
        self.assertEqual(account.sudo()._get_responsible(), former)
        former.group_ids = self.env.ref("base.group_user")
        told = account.sudo()._get_responsible()
        self.assertNotEqual(told, former)
        self.assertTrue(told.has_group(MANAGER))
        self.assertIn(account.company_id, told.company_ids)
        account.sudo().company_id = self.other_company
        self.assertEqual(account.sudo()._get_responsible(), self.stranger)


@tagged("post_install", "-at_install")
class TestApiAddress(RightsCase):
    def test_only_who_runs_the_server_changes_it(self):
        accounts = self.env["helpcrunch.account"]
        inside = "http://10.0.0.1/v1"
        for account, context in ((self.account, {}), (accounts.create({}), {})):
            with self.denied(self.manager):
                account.with_user(self.manager).with_context(**context).api_url = inside
        with self.denied(self.manager):
            accounts.with_user(self.manager).create({"api_url": inside})
        with self.denied(self.manager):
            accounts.with_user(self.manager).with_context(
                default_api_url=inside
            ).create({})
        copied = self.account.with_user(self.manager).copy()
        self.assertEqual(copied.api_url, accounts.create({}).api_url)
        self.account.with_user(
            self.administrator
        ).api_url = "https://test.example.com/v1"

    def test_private_addresses_only_with_the_setting(self):
        parameters = self.env["ir.config_parameter"].with_user(self.administrator)
        parameters.set_param(PRIVATE_API_PARAMETER, False)
        account = self.account.with_user(self.administrator)
        for host in (
            *("127.0.0.1", "localhost", "10.1.2.3", "192.168.0.5", "169.254.169.254"),
            *("[::1]", "[::ffff:127.0.0.1]", "127.1", "2130706433", "0.0.0.0"),
        ):
            with self.subTest(host=host), self.refused("into the network of this"):
                account.api_url = f"http://{host}:8069/v1"
        account.api_url = "https://api.helpcrunch.com/v1"
        account.api_url = "https://9.9.9.9/v1"
        parameters.set_param(PRIVATE_API_PARAMETER, "True")
        account.api_url = "http://127.0.0.1:8069/v1"
        # The setting may go again, or say no.
        for value in (False, "False", "0", "nonsense"):
            parameters.set_param(PRIVATE_API_PARAMETER, value)
            with self.subTest(value), self.refused("into the network of this"):
                account.with_user(self.manager).action_connect()

    def test_what_is_private(self):
        self.assertTrue(network.is_private("127.0.0.1"))
        self.assertFalse(network.is_private("9.9.9.9"))
        self.assertFalse(network.is_private("nobody.invalid"))
