"""The real screens in a real browser: a manager draws, an operator looks."""

from odoo import fields
from odoo.fields import Command
from odoo.tests import HttpCase, new_test_user, tagged


@tagged("post_install", "-at_install")
class TestTours(HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.account = cls.env["helpcrunch.account"].create({"name": "HelpCrunch"})
        new_test_user(
            cls.env, "manager", "helpcrunch_chatbot.group_manager", name="Manager"
        )
        cls.operator = new_test_user(
            cls.env, "operator", "helpcrunch_chatbot.group_operator", name="Operator"
        )

    def test_manager_draws_a_bot(self):
        self.start_tour("/odoo", "helpcrunch_draw_bot", login="manager", timeout=120)
        bot = self.env["helpcrunch.bot"].search([("name", "=", "Tour bot")])
        self.assertEqual(bot.account_id, self.account)
        welcome, topic = bot.step_ids
        self.assertEqual(welcome.name, "Welcome")
        self.assertEqual(welcome.message, "Hello!")
        self.assertEqual(welcome.alias_ids.filtered("name").name, "/start")
        self.assertEqual(welcome.media_ids.mapped("name"), ["Price list"])
        self.assertEqual(welcome.media_ids.filename, "prices.txt")
        self.assertEqual(topic.step_type, "free_input")
        self.assertFalse(bot.warning)

    def test_manager_makes_the_example(self):
        self.env["helpcrunch.bot"].search([]).active = False
        self.start_tour("/odoo", "helpcrunch_example_bot", login="manager")
        bot = self.env["helpcrunch.bot"].search([])
        self.assertGreater(len(bot.step_ids), 5)

    def test_operator_sees_dialogues_only(self):
        chat = self.env["helpcrunch.chat"].create(
            {
                "account_id": self.account.id,
                "external_id": "7001",
                "user_id": self.operator.id,
                "partner_id": self.env["res.partner"].create({"name": "Olena"}).id,
            },
        )
        self.env["helpcrunch.message"].create(
            {
                "chat_id": chat.id,
                "company_id": chat.company_id.id,
                "direction": "in",
                "author_type": "customer",
                "body": "Is anybody there?",
                "occurred_at": "2026-01-01 10:00:00",
            },
        )
        self.start_tour("/odoo", "helpcrunch_operator", login="operator")

    def test_operator_sees_who_waits(self):
        queue = self.env["helpcrunch.operator.queue"].create(
            {
                "name": "Sales",
                "operator_ids": [Command.create({"user_id": self.operator.id})],
            },
        )
        self.env["helpcrunch.chat"].create(
            {
                "account_id": self.account.id,
                "external_id": "7002",
                "state": "queued",
                "queue_id": queue.id,
                "queued_at": fields.Datetime.subtract(fields.Datetime.now(), hours=3),
                "partner_id": self.env["res.partner"].create({"name": "Taras"}).id,
            },
        )
        self.start_tour("/odoo", "helpcrunch_waiting", login="operator")
