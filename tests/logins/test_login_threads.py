"""One link, two users at the same moment, on real cursors."""

from odoo.service.model import retrying
from odoo.tests import tagged
from odoo.tools import mute_logger

from ...jobs import dialogues
from ..common import BOT_AGENT
from ..common_logins import LINK
from ..common_threads import ThreadCase

_ROUNDS = 5


@tagged("post_install", "-at_install")
class TestLoginThreads(ThreadCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.user_ids = [
            cls._create_person(f"thread_login_{number}", "base.group_user")
            for number in range(2)
        ]

    def setUp(self):
        super().setUp()
        with self.transaction(self.manager_id) as env:
            env["helpcrunch.step"].create(
                {
                    "name": "Log in",
                    "step_type": "login",
                    "bot_id": self.bot_id,
                    "alias_ids": [(0, 0, {"name": "login"})],
                }
            )
        self.addCleanup(self._log_out)

    def _log_out(self):
        """Leave users' contacts alone when dialogues and their contacts are deleted."""
        with self.transaction() as env:
            self.chats(env).customer_id._end_login("manager")

    def ask(self):
        """Let the customer ask for a link; return its token."""
        self.helpcrunch.customer_says(5001, "login", application=2)
        for webhook in self.helpcrunch.captured(clear=True):
            self.receive(webhook)
        self.settle()
        texts = [
            row["text"]
            for row in self.helpcrunch.messages(7001)
            if row["from"] == "agent" and row["agent"]["id"] == int(BOT_AGENT)
        ]
        return LINK.search(texts[-1])[2]

    def confirm(self, user_id, token, told):
        """Confirm as Odoo's server does: a clash is taken again."""
        with self.transaction(user_id) as env:

            def request():
                # sudo: as the controller has it; the token is the permission
                login_sudo = env["helpcrunch.login"].sudo()._find(token)
                return login_sudo._confirm(env.user.sudo())

            told.append((user_id, retrying(request, env)))

    def test_one_wins(self):
        chat_id = self.begin()
        for _round in range(_ROUNDS):
            token, told = self.ask(), []
            with mute_logger("odoo.service.model", "odoo.sql_db"):
                self.together(
                    *[
                        lambda user_id=user_id, token=token, told=told: self.confirm(
                            user_id, token, told
                        )
                        for user_id in self.user_ids
                    ]
                )
            dialogues.take_turns(self.dbname, chat_id)
            self.settle()
            self.assertEqual(
                sorted(str(problem) for _user, problem in told), ["None", "used"]
            )
            (winner,) = [user for user, problem in told if problem is None]
            with self.transaction() as env:
                customer = self.chats(env).customer_id
                self.assertEqual(customer.user_id.id, winner)
                active = customer.login_ids.filtered(lambda row: row.state == "active")
                self.assertEqual(active.user_id.id, winner)
                self.assertFalse(self.pending(env))
            # Who is logged in already is sent no link.
            self._log_out()
