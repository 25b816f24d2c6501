from odoo.exceptions import AccessError
from odoo.tests import Form, HttpCase, new_test_user, tagged

from .common import HelpcrunchCase


@tagged("post_install", "-at_install")
class TestForms(HelpcrunchCase):
    """The step form shows what its type uses, and nothing else (manual 1)."""

    shown = {
        "text": set(),
        "free_input": set(),
        "update_contact": {"field_id", "add_category_ids", "done_message", "skip_word"},
        "create_lead": {"lead_user_id", "lead_team_id", "lead_type", "lead_tag_ids"},
        "choice": {"answer_ids"},
    }

    def test_fields_follow_the_type(self):
        types = dict(self.env["helpcrunch.step"]._fields["step_type"].selection)
        self.assertEqual(set(types), set(self.shown))
        everything = set().union(*self.shown.values())
        with Form(
            self.env["helpcrunch.step"].with_context(default_bot_id=self.bot.id)
        ) as form:
            form.name = "Any"
            form.message = "Any"
            for step_type, fields in self.shown.items():
                form.step_type = step_type
                for name in everything:
                    with self.subTest(step_type=step_type, field=name):
                        self.assertEqual(
                            form._get_modifier(name, "invisible"), name not in fields
                        )
            form.step_type = "text"

    def test_every_type_has_its_verbs(self):
        for step_type in self.shown:
            for verb in ("enter", "check"):
                self.assertTrue(
                    hasattr(self.env["helpcrunch.step"], f"_{verb}_{step_type}")
                )

    def test_a_phrase_taken_is_refused_naming_the_step(self):
        self.step("First", alias="Ліди")
        with self.refused("First"):
            self.step("Second", alias=" ЛІДИ! ")

    def test_automatic_alias_follows_the_link(self):
        one, two, three = (self.step(name) for name in ("One", "Two", "Three"))
        one.next_step_id = two
        self.assertEqual(two.alias_ids.code, one)
        self.assertTrue(two.alias_ids.automatic)
        one.next_step_id = three
        self.assertFalse(two.alias_ids)
        self.assertEqual(three.alias_ids.code, one)

    def test_bad_drawings_are_refused(self):
        for vals, words in (
            ({"partner_domain": "[('nothing', '=', 1)]"}, "filter"),
            ({"partner_domain": "__import__('os')"}, "filter"),
            ({"message": "Hi {{ partner.user_id }}"}, "partner.user_id"),
            ({"message": "Hi {{ 1 + 1 }}"}, "1 \\+ 1"),
        ):
            with self.subTest(vals=vals), self.refused(words):
                self.step("Bad", **vals)
        other = self.bot.copy()
        foreign = self.env["helpcrunch.step"].create(
            {"name": "Foreign", "bot_id": other.id, "step_type": "text"}
        )
        with self.refused("another bot"):
            self.step("Bad", next_step_id=foreign)

    def test_a_step_in_use_is_not_deleted(self):
        ask = self.step("Ask", "free_input")
        welcome = self.step("Welcome", alias="/start", next_step_id=ask)
        with self.refused("Welcome"):
            ask.unlink()
        self.says("Hi")
        welcome.next_step_id = False
        with self.refused("stands"):
            ask.unlink()

    def test_two_bots_on_one_channel_are_refused(self):
        with self.refused("Shop"):
            self.env["helpcrunch.bot"].create(
                {"name": "Rival", "account_id": self.account.id}
            )
        channel = self.account.application_ids[0]
        self.env["helpcrunch.bot"].create(
            {
                "name": "Own channel",
                "account_id": self.account.id,
                "application_ids": [(6, 0, channel.ids)],
            },
        )


@tagged("post_install", "-at_install")
class TestRoles(HelpcrunchCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        group = "helpcrunch_chatbot.group_"
        cls.manager = new_test_user(cls.env, "hc_manager", f"{group}manager")
        cls.operator = new_test_user(cls.env, "hc_operator", f"{group}operator")
        cls.employee = new_test_user(cls.env, "hc_employee", "base.group_user")
        cls.portal = new_test_user(cls.env, "hc_portal", "base.group_portal")

    def setUp(self):
        super().setUp()
        self.step("Welcome", alias="/start")
        self.says("Hi", customer=5001)
        self.says("Hi", customer=5002)

    def _chats(self, user):
        return self.env["helpcrunch.chat"].with_user(user).search([])

    def test_operators_see_their_own_dialogues(self):
        self.assertFalse(self._chats(self.operator))
        mine = self.chat(5001)
        mine.user_id = self.operator
        self.assertEqual(self._chats(self.operator), mine)
        messages = self.env["helpcrunch.message"].with_user(self.operator).search([])
        self.assertEqual(messages.chat_id, mine)
        self.assertTrue(mine.with_user(self.operator).transcript)

    def test_managers_see_all_of_their_companies(self):
        self.assertLessEqual(
            {5001, 5002},
            {int(chat.customer_id.external_id) for chat in self._chats(self.manager)},
        )
        company = self.env["res.company"].create({"name": "Other"})
        self.account.company_id = company
        self.assertFalse(self._chats(self.manager))
        for model in (
            "account",
            "bot",
            "step",
            "customer",
            "message",
            "event",
            "outbox",
        ):
            rows = self.env[f"helpcrunch.{model}"].with_user(self.manager).search([])
            self.assertFalse(
                rows.filtered(lambda row: row.sudo().company_id == company)
            )

    def test_others_see_nothing(self):
        for user in (self.employee, self.portal, self.env.ref("base.public_user")):
            for model in ("account", "bot", "step", "chat", "message", "event"):
                with self.subTest(user=user.login, model=model):
                    with self.assertRaises(AccessError):
                        self.env[f"helpcrunch.{model}"].with_user(user).search([])

    def test_keys_are_for_managers(self):
        account = self.account.with_user(self.operator)
        for name in ("api_key", "webhook_secret", "webhook_token", "webhook_url"):
            with self.subTest(name=name), self.assertRaises(AccessError):
                account.read([name])
        self.assertTrue(self.account.with_user(self.manager).read(["api_key"]))

    def test_operators_draw_nothing(self):
        with self.assertRaises(AccessError):
            self.bot.with_user(self.operator).name = "Mine"

    def test_menus(self):
        root = self.env.ref("helpcrunch_chatbot.helpcrunch_menu_root").id
        menus = self.env["ir.ui.menu"]
        for user, names in (
            (self.manager, {"Dialogues", "Configuration"}),
            (self.operator, {"Dialogues"}),
            (self.employee, set()),
        ):
            visible = menus.with_user(user).search([("parent_id", "=", root)])
            seen = visible._filter_visible_menus()
            self.assertEqual(set(seen.mapped("name")), names)


@tagged("post_install", "-at_install")
class TestTours(HttpCase):
    """The screens themselves, as each role."""

    def test_a_manager_draws_a_bot(self):
        new_test_user(self.env, "hc_manager", "helpcrunch_chatbot.group_manager")
        self.env["helpcrunch.account"].create({"name": "Tour"})
        self.start_tour("/odoo", "helpcrunch_chatbot_manager", login="hc_manager")
        bot = self.env["helpcrunch.bot"].search([("name", "=", "Tour bot")])
        self.assertEqual(bot.step_ids.mapped("name"), ["Hello"])
        self.assertEqual(bot.step_ids.alias_ids.mapped("name"), ["/start"])
        self.assertFalse(bot.warning)

    def test_an_operator_sees_dialogues_only(self):
        new_test_user(self.env, "hc_operator", "helpcrunch_chatbot.group_operator")
        self.start_tour("/odoo", "helpcrunch_chatbot_operator", login="hc_operator")
