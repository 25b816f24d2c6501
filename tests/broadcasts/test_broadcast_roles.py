from odoo.exceptions import AccessError
from odoo.tests import Form, new_test_user, tagged

from ..common_broadcasts import BroadcastCase

MANAGER = "helpcrunch_chatbot.group_manager"


@tagged("post_install", "-at_install")
class TestBroadcastRoles(BroadcastCase):
    """Who may see broadcasts and order them."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.clerk = new_test_user(cls.env, "clerk", "base.group_user")
        cls.portal = new_test_user(cls.env, "portal", "base.group_portal")

    def test_a_manager_does_all_of_it(self):
        self.customers(3)
        news = self.news.with_user(self.manager)
        self.assertEqual(news.recipient_count, 3)
        action = news.action_run_now()
        broadcast = self.env["helpcrunch.broadcast"].browse(action["res_id"])
        with Form(broadcast.with_user(self.manager)) as form:
            self.assertEqual(form.recipient_count, 3)
        for order in ("pause", "resume", "retry_failed", "resolve_unknown"):
            getattr(broadcast.with_user(self.manager), f"action_{order}")()
        self.look()
        broadcast.with_user(self.manager).action_pause()
        broadcast.with_user(self.manager).action_cancel()
        self.assertEqual(broadcast.state, "cancelled")
        news.action_pause_schedule()
        news.action_resume_schedule()
        broadcast.with_user(self.manager).action_view_recipients()
        broadcast.with_user(self.manager).action_view_leads()

    def test_a_manager_takes_back_what_is_not_sent_yet(self):
        self.customers(2)
        broadcast = self.plan()
        with self.nothing_goes_out():
            self.look()
        mine = broadcast.with_user(self.manager)
        mine.action_pause()
        self.assertFalse(broadcast.recipient_ids.message_ids)
        mine.action_resume()
        with self.nothing_goes_out():
            self.look()
        self.bot.with_user(self.manager).active = False
        self.assertEqual(broadcast.state, "paused")

    def test_a_manager_sends_again(self):
        self.helpcrunch.set(fail_next=[{"fail": 400, "path": "POST /v1/messages"}])
        self.customers(1)
        message = self.chat().message_ids.filtered(lambda row: row.direction == "out")
        self.assertEqual(message.state, "failed")
        message.with_user(self.manager).action_send_again()
        self.deliver()
        self.assertEqual(self.heard(5001), ["Welcome"])

    def test_nobody_else_does_anything(self):
        self.customers(1)
        broadcast = self.plan()
        for user in (self.olena, self.clerk, self.portal):
            for records in (broadcast, broadcast.recipient_ids):
                with self.assertRaises(AccessError):
                    records.with_user(user).search([])
            with self.assertRaises(AccessError):
                broadcast.with_user(user).action_cancel()
            with self.assertRaises(AccessError):
                broadcast.with_user(user).action_pause()
            with self.assertRaises(AccessError):
                self.news.with_user(user).action_run_now()
            with self.assertRaises(AccessError):
                self.news.with_user(user).action_pause_schedule()
        self.assertEqual(broadcast.state, "planned")

    def test_an_operator_may_look_at_a_schedule(self):
        news = self.news.with_user(self.olena)
        self.assertTrue(news.read(["name", "next_runs"])[0]["next_runs"])
        for record in (news, self.bot.with_user(self.olena)):
            with self.assertRaises(AccessError):
                record.read(["broadcast_count"])

    def test_nobody_writes_what_has_happened(self):
        self.customers(1)
        broadcast = self.plan()
        for record in (broadcast, broadcast.recipient_ids):
            with self.assertRaises(AccessError):
                record.with_user(self.manager).state = "done"

    def test_nobody_makes_broadcasts_by_hand(self):
        with self.assertRaises(AccessError):
            self.env["helpcrunch.broadcast"].with_user(self.manager).create(
                {
                    "name": "Mine",
                    "bot_id": self.bot.id,
                    "account_id": self.account.id,
                    "planned_at": "2026-01-01 00:00:00",
                }
            )

    def test_another_company_sees_nothing(self):
        company = self.env["res.company"].create({"name": "Other"})
        stranger = self._create_manager(company)
        self.customers(1)
        broadcast = self.plan()
        for records in (broadcast, broadcast.recipient_ids):
            self.assertFalse(records.with_user(stranger).search([]))
            with self.assertRaises(AccessError):
                records.with_user(stranger).read(["state"])
        with self.assertRaises(AccessError):
            broadcast.with_user(stranger).action_cancel()

    def test_contacts_of_another_company_get_nothing(self):
        self.customers(2)
        company = self.env["res.company"].create({"name": "Other"})
        self.partner(5001).company_id = company
        self.assertEqual(set(self.states(self.send())), {5002})
