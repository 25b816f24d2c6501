"""Nobody is the superuser: who may set a messenger up, and what it takes."""

from odoo.exceptions import AccessError
from odoo.tests import new_test_user, tagged

from ..common import BOT_AGENT, MANAGER_GROUP, HelpcrunchCase
from ..common_operators import OPERATOR_GROUP


@tagged("post_install", "-at_install")
class TestPeopleConnect(HelpcrunchCase):
    """*Connect*, as the people it is for."""

    def new_account(self, user, **vals):
        account = (
            self.env["helpcrunch.account"]
            .with_user(user)
            .create(
                {
                    "name": f"Of {user.name}",
                    "api_key": "test-api-key",
                    "webhook_secret": "test-signing-key",
                    **vals,
                }
            )
        )
        account.with_user(self.administrator).api_url = f"{self.helpcrunch.url}/v1"
        return account

    def test_connect_as_each_who_may(self):
        for user in (self.manager, self.administrator):
            with self.subTest(user.login):
                account = self.new_account(user)
                answer = account.action_connect()
                self.assertEqual(answer["params"]["type"], "warning")
                self.assertFalse(answer["params"]["sticky"], "would outlive its cause")
                self.assertEqual(account.state, "error")
                self.assertTrue(account.application_ids)
                account.bot_agent_id = account.agent_ids.filtered(
                    lambda agent: agent.external_id == BOT_AGENT
                )
                # Who has come in between is read in by the second press.
                agents = account.agent_ids
                newest = agents.sorted("id")[-1]
                self.by_machine(newest).unlink()
                account.action_connect()
                self.assertEqual(account.state, "connected")
                self.assertFalse(account.error)
                self.assertEqual(len(account.agent_ids), len(agents))

    def test_connect_as_nobody_else(self):
        operator = new_test_user(self.env, "operator", OPERATOR_GROUP)
        clerk = new_test_user(self.env, "clerk", "base.group_user")
        company = self.env["res.company"].create({"name": "Other"})
        stranger = self._create_manager(company)
        for user in (operator, clerk, stranger):
            with self.subTest(user.login), self.assertRaises(AccessError):
                self.account.with_user(user).action_connect()

    def test_an_administrator_of_odoo_has_the_role(self):
        self.assertTrue(self.administrator.has_group(MANAGER_GROUP))
        account = self.account.with_user(self.administrator)
        self.assertEqual(account.api_key, "test-api-key")
        menu = self.env.ref("helpcrunch_chatbot.helpcrunch_menu_root")
        self.assertIn(
            menu.id,
            self.env["ir.ui.menu"].with_user(self.administrator)._visible_menu_ids(),
        )
