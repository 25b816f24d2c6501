"""Who sees log-ins, and who ends them."""

from psycopg2 import IntegrityError

from odoo.exceptions import AccessError
from odoo.tests import Form, new_test_user, tagged
from odoo.tools import mute_logger

from ..common_logins import LoginCase


@tagged("post_install", "-at_install")
class TestLoginRoles(LoginCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.operator = new_test_user(
            cls.env, "desk", "helpcrunch_chatbot.group_operator"
        )
        cls.stranger = cls._create_manager(cls.other_company)

    def setUp(self):
        super().setUp()
        self.enterContext(mute_logger("odoo.addons.helpcrunch_chatbot.jobs.dialogues"))
        self.mine = self.logs_in(self.oksana, name="Taras")

    def seen(self, user):
        return self.env["helpcrunch.login"].with_user(user).search([])

    def test_who_reads(self):
        for user in (self.manager, self.administrator):
            self.assertEqual(self.seen(user).ids, self.mine.ids, user.login)
        self.assertFalse(self.seen(self.stranger), "another company's")
        for user in (
            *(self.operator, self.roman, self.clerk, self.oksana, self.portal),
            self.stranger,
        ):
            with self.assertRaises(AccessError, msg=user.login):
                self.mine.with_user(user).read(["state"])

    def test_nobody_reads_the_digest(self):
        for user in (self.manager, self.administrator):
            with self.assertRaises(AccessError):
                self.mine.with_user(user).read(["token_digest"])
            with self.assertRaises(AccessError):
                self.seen(user).search([("token_digest", "like", "a")])

    def test_nobody_writes(self):
        for user in (self.manager, self.administrator, self.oksana):
            mine = self.mine.with_user(user)
            for vals in ({"state": "active"}, {"user_id": user.id}):
                with self.assertRaises(AccessError):
                    mine.write(vals)
            with self.assertRaises(AccessError):
                mine.create({"customer_id": mine.customer_id.id, "state": "active"})
            with self.assertRaises(AccessError):
                mine.unlink()
        customer = self.mine.customer_id
        for user in (self.manager, self.administrator):
            with self.assertRaises(AccessError):
                customer.with_user(user).user_id = user

    def test_who_ends(self):
        for user in (self.operator, self.roman, self.clerk, self.stranger, self.portal):
            for record, method in (
                (self.mine, "action_end"),
                (self.mine.customer_id, "action_end_login"),
                (self.chat(), "action_end_login"),
            ):
                with self.assertRaises(AccessError, msg=user.login):
                    getattr(record.with_user(user), method)()
        self.assertEqual(self.mine.state, "active")

    def test_a_manager_ends_it_everywhere(self):
        manager = self.manager
        for press in (
            lambda: self.active().with_user(manager).action_end(),
            lambda: self.chat().customer_id.with_user(manager).action_end_login(),
            lambda: self.chat().with_user(manager).action_end_login(),
        ):
            login = self.active()
            press()
            self.assertEqual((login.state, login.end_reason), ("ended", "manager"))
            self.assertEqual(login.ended_by_id, manager)
            self.assertNotEqual(self.partner(), self.oksana.partner_id)
            self.settle()
            self.assertIn("login_ended", self.codes())
            self.logs_in()

    def test_the_own_in_preferences(self):
        view = self.env.ref("base.view_users_form_simple_modif")
        for user, count in ((self.oksana, 1), (self.clerk, 0)):
            me = user.with_user(user)
            self.assertEqual(Form(me, view=view).helpcrunch_login_count, count)
            theirs = self.oksana.with_user(user).helpcrunch_login_count
            self.assertEqual(theirs, count, "of others nobody learns it")
        action = self.oksana.with_user(self.oksana).action_view_helpcrunch_logins()
        page = self.opens(self.oksana, action["url"])
        self.presses(action["url"], page, login_id=self.mine.id)
        self.assertEqual(self.mine.end_reason, "user")

    def test_days(self):
        account = self.account.with_user(self.manager)
        for days in (0, -1):
            with mute_logger("odoo.sql_db"), self.assertRaises(IntegrityError):
                account.login_days = days
                account.flush_recordset()
