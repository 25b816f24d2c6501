"""The screens: what each step type shows, and who sees what."""

from lxml import etree

from odoo.exceptions import AccessError, ValidationError
from odoo.fields import Command
from odoo.tests import Form, TransactionCase, new_test_user, tagged

from ..common import add_ukrainian

PIXEL = (
    b"iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9"
    b"awAAAABJRU5ErkJggg=="
)

OPERATOR = "helpcrunch_chatbot.group_operator"
MANAGER = "helpcrunch_chatbot.group_manager"

# On the form of every step, in the order of the manual.
COMMON_FIELDS = [
    "name",
    "bot_id",
    "step_type",
    "next_step_id",
    "partner_domain",
    "fallback_step_id",
    "message",
    "flow",
    "alias_ids",
    "media_ids",
]
TYPE_FIELDS = {
    "text": set(),
    "free_input": set(),
    "update_contact": {
        "field_id",
        "add_category_ids",
        "remove_category_ids",
        "done_message",
        "contact_button_label",
        "skip_word",
        "invalid_message",
        "max_attempts",
        "failed_step_id",
    },
    "forward_operator": {"no_operator_step_id", "queue_id"},
    "create_lead": {"lead_user_id", "lead_team_id", "lead_type", "lead_tag_ids"},
    "schedule": {
        "interval_number",
        "interval_type",
        "run_time",
        "last_run",
        "next_run",
    },
    "choice": {"answer_ids", "invalid_message", "max_attempts", "failed_step_id"},
}
REQUIRED_FIELDS = {
    "update_contact": {"field_id"},
    "create_lead": {"lead_type"},
    "forward_operator": {"queue_id"},
    "schedule": {"interval_number", "interval_type"},
}


class ScreensCase(TransactionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env = cls.env(context={**cls.env.context, "tracking_disable": True})
        cls.account = cls.env["helpcrunch.account"].create(
            {"name": "HelpCrunch", "api_key": "key", "webhook_secret": "secret"}
        )
        cls.bot = cls.env["helpcrunch.bot"].create(
            {"name": "Shop", "account_id": cls.account.id, "live": True}
        )
        cls.manager = new_test_user(cls.env, "manager", MANAGER)
        cls.operator = new_test_user(cls.env, "operator", OPERATOR)

    @classmethod
    def step(cls, name, bot=None, **vals):
        return cls.env["helpcrunch.step"].create(
            {"name": name, "bot_id": (bot or cls.bot).id, **vals}
        )

    def open_step(self, step_type="text", **defaults):
        """Open an empty step as the button *Add a step* does, as a manager."""
        action = self.bot.with_user(self.manager).action_add_step()
        form = Form(
            self.env["helpcrunch.step"]
            .with_user(self.manager)
            .with_context(**action["context"], **defaults),
            view="helpcrunch_chatbot.helpcrunch_step_view_form",
        )
        form.name = "New one"
        form.step_type = step_type
        return form


@tagged("post_install", "-at_install")
class TestScreensOfSteps(ScreensCase):
    """The step's form: one page, the manual's order, fields by type."""

    def shown(self, form, names):
        return {name for name in names if not form._get_modifier(name, "invisible")}

    def test_every_type_is_known_here(self):
        types = self.env["helpcrunch.step"]._fields["step_type"].get_values(self.env)
        self.assertLessEqual(set(TYPE_FIELDS), set(types))

    def test_fields_by_type(self):
        of_types = set().union(*TYPE_FIELDS.values())
        for step_type, expected in TYPE_FIELDS.items():
            with self.subTest(step_type):
                form = self.open_step(step_type)
                self.assertEqual(self.shown(form, of_types), expected)
                self.assertEqual(
                    self.shown(form, COMMON_FIELDS), set(COMMON_FIELDS), step_type
                )

    def test_required_by_type(self):
        for step_type in TYPE_FIELDS:
            with self.subTest(step_type):
                form = self.open_step(step_type)
                self.assertEqual(
                    {
                        name
                        for name in set().union(*REQUIRED_FIELDS.values())
                        if form._get_modifier(name, "required")
                    },
                    REQUIRED_FIELDS.get(step_type, set()),
                )

    def test_order_of_the_manual(self):
        names = list(self.open_step()._view["fields"])
        places = [names.index(name) for name in COMMON_FIELDS]
        self.assertEqual(places, sorted(places), names)

    def test_draw_a_text_step_with_alias_and_picture(self):
        form = self.open_step()
        form.message = "Hello!"
        with form.alias_ids.new() as alias:
            alias.name = "/start"
        with form.media_ids.new() as media:
            media.name = "Photo"
            media.attachment = PIXEL.decode()
        step = form.save()
        self.assertEqual(step.bot_id, self.bot)
        self.assertEqual(step.alias_summary, "/start")
        self.assertEqual(step.media_ids.mimetype, "image/png")

    def test_a_new_step_comes_last(self):
        first = self.step("First", sequence=70)
        form = self.open_step()
        self.assertEqual(self.bot.step_ids, first)
        step = form.save()
        self.assertEqual(self.bot.step_ids[-1], step)

    def test_draw_a_choice(self):
        target = self.step("Orders")
        form = self.open_step("choice")
        with self.assertRaises(ValidationError):
            form.save()
        with form.answer_ids.new() as answer:
            answer.name = "To the orders"
            answer.target_step_id = target
        self.assertEqual(form.save().answer_ids.target_step_id, target)

    def test_draw_a_question_for_a_contact_field(self):
        form = self.open_step("update_contact")
        with self.assertRaises(AssertionError):
            form.save()
        form.field_id = self.env["ir.model.fields"]._get("res.partner", "phone")
        self.assertEqual(form.save().max_attempts, 3)

    def test_merging_is_offered_for_the_phone_only(self):
        form = self.open_step("update_contact")
        for name, offered in (("phone", True), ("email", False), ("phone", True)):
            form.field_id = self.env["ir.model.fields"]._get("res.partner", name)
            self.assertEqual(self.shown(form, ["merge_by_phone"]) != set(), offered)
        form.merge_by_phone = True
        step = form.save()
        self.assertTrue(step.merge_by_phone)
        # The form tells what the messenger's setting means for this step.
        self.assertTrue(step.trusts_phone)
        account = Form(self.account.with_user(self.manager))
        account.trust_typed_phone = False
        account.save()
        self.assertFalse(step.trusts_phone)

    def test_automatic_alias_cannot_be_edited(self):
        target = self.step("Target")
        self.step("Before", next_step_id=target.id)
        with Form(target) as form, form.alias_ids.edit(0) as alias:
            self.assertTrue(alias.automatic)
            with self.assertRaises(AssertionError):
                alias.name = "mine"

    def test_leads_switched_off(self):
        self.env.ref("crm.group_use_lead").implied_by_ids = False
        self.env.ref("base.group_user").implied_ids -= self.env.ref(
            "crm.group_use_lead"
        )
        step = self.step("Lead", step_type="create_lead")
        self.assertTrue(step.with_user(self.manager).lead_feature_missing)
        groups = f"{MANAGER},base.group_system,sales_team.group_sale_manager"
        admin = new_test_user(self.env, "boss", groups)
        step.with_user(admin).action_enable_leads()
        step.invalidate_recordset()
        self.assertFalse(step.with_user(self.manager).lead_feature_missing)

    def test_every_row_opens_its_step_on_a_page(self):
        step = self.step("Hello")
        action = step.action_open()
        self.assertEqual(
            (action["res_id"], action["views"]), (step.id, [(False, "form")])
        )
        self.assertEqual(action["target"], "current")


@tagged("post_install", "-at_install")
class TestScreensOfRoles(ScreensCase):
    """Who sees which menu and which rows."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.internal = new_test_user(cls.env, "internal", "base.group_user")
        cls.portal = new_test_user(cls.env, "portal", "base.group_portal")
        cls.mine = cls.chat("1", user_id=cls.operator.id)
        cls.other = cls.chat("2", user_id=cls.manager.id)
        cls.nobodys = cls.chat("3")

    @classmethod
    def chat(cls, external_id, account=None, **vals):
        account = account or cls.account
        customer = cls.env["helpcrunch.customer"].create(
            {"account_id": account.id, "external_id": external_id, "name": external_id}
        )
        chat = cls.env["helpcrunch.chat"].create(
            {
                "account_id": account.id,
                "external_id": external_id,
                "customer_id": customer.id,
                **vals,
            },
        )
        cls.env["helpcrunch.message"].create(
            {
                "chat_id": chat.id,
                "company_id": account.company_id.id,
                "direction": "in",
                "author_type": "customer",
                "body": f"I am {external_id}",
                "occurred_at": "2026-01-01 10:00:00",
            },
        )
        return chat

    def menus(self, user):
        """Return the names of our menus that a user has."""
        visible = self.env["ir.ui.menu"].with_user(user)._visible_menu_ids()
        ours = self.env["ir.model.data"].search(
            [("module", "=", "helpcrunch_chatbot"), ("model", "=", "ir.ui.menu")]
        )
        return {
            row.name
            for row in ours
            if {int(part) for part in self._path(row.res_id)} <= visible
        }

    def _path(self, menu_id):
        """Return a menu and those above it: Odoo shows it only with all of them."""
        return self.env["ir.ui.menu"].browse(menu_id).parent_path.split("/")[:-1]

    def test_menus_of_a_manager(self):
        self.assertLessEqual(
            {
                "helpcrunch_menu_root",
                "helpcrunch_chat_menu",
                "helpcrunch_menu_configuration",
                "helpcrunch_bot_menu",
                "helpcrunch_account_menu",
                "helpcrunch_step_alias_menu",
                "helpcrunch_step_media_menu",
                "helpcrunch_event_menu",
                "helpcrunch_agent_menu",
                "helpcrunch_duplicate_menu",
            },
            self.menus(self.manager),
        )

    def test_menus_of_an_operator(self):
        self.assertEqual(
            self.menus(self.operator),
            {
                "helpcrunch_menu_root",
                "helpcrunch_menu_reporting",
                "helpcrunch_dialogue_report_menu",
                "helpcrunch_operator_report_menu",
                "helpcrunch_chat_menu",
                "helpcrunch_chat_menu_waiting",
                "helpcrunch_operator_menu",
                "mail_canned_response_menu",
            },
        )

    def test_the_first_screen_leads_on(self):
        company = self.env["res.company"].create({"name": "New"})
        user = new_test_user(
            self.env,
            "newcomer",
            "helpcrunch_chatbot.group_manager",
            company_id=company.id,
            company_ids=[Command.set(company.ids)],
        )

        chats = self.env["helpcrunch.chat"].with_user(user)

        def done():
            self.env.flush_all()
            return [step["is_done"] for step in chats.get_first_steps()]

        self.assertEqual(done(), [False] * 4)
        account = self.env["helpcrunch.account"].with_user(user).create({"name": "M"})
        account.sudo().state = "connected"
        self.assertEqual(done(), [True, False, False, False])
        bot = (
            self.env["helpcrunch.bot"]
            .with_user(user)
            .create({"name": "First", "account_id": account.id})
        )
        self.assertEqual(done(), [True, False, True, False])
        # The last step leads to the very bot that is to go live.
        action = chats.get_first_steps()[3]["action"]
        self.assertEqual((action["res_model"], action["res_id"]), (bot._name, bot.id))
        bot.action_go_live()
        self.assertEqual(done(), [True, False, True, True])
        self.env["helpcrunch.operator.queue"].with_user(user).create(
            {"name": "Us", "operator_ids": [Command.create({"user_id": user.id})]}
        )
        # All is done: the list says what it always says.
        self.assertEqual(done(), [])

    def test_the_first_screen_tells_others_nothing(self):
        chats = self.env["helpcrunch.chat"]
        self.assertEqual(chats.with_user(self.operator).get_first_steps(), [])
        for user in (self.internal, self.portal):
            with self.assertRaises(AccessError):
                chats.with_user(user).get_first_steps()

    def test_no_menus_for_others(self):
        self.assertFalse(self.menus(self.internal))
        with self.assertRaises(AccessError):
            self.menus(self.portal)

    def test_operator_sees_the_own_dialogues(self):
        env = self.env(user=self.operator)
        chats = self.mine + self.other + self.nobodys
        domain = [("id", "in", chats.ids)]
        self.assertEqual(env["helpcrunch.chat"].search(domain), self.mine)
        messages = env["helpcrunch.message"].search([("chat_id", "in", chats.ids)])
        self.assertEqual(messages.chat_id, self.mine)
        customers = env["helpcrunch.customer"].search(
            [("id", "in", chats.customer_id.ids)]
        )
        self.assertEqual(customers, self.mine.customer_id)
        with self.assertRaises(AccessError):
            self.other.with_user(self.operator).read(["state"])

    def test_manager_sees_all_dialogues(self):
        chats = self.mine + self.other + self.nobodys
        seen = (
            self.env["helpcrunch.chat"]
            .with_user(self.manager)
            .search([("id", "in", chats.ids)])
        )
        self.assertEqual(seen, chats)

    def test_other_companies_stay_unseen(self):
        company = self.env["res.company"].create({"name": "Others"})
        account = self.env["helpcrunch.account"].create(
            {"name": "Theirs", "company_id": company.id}
        )
        bot = self.env["helpcrunch.bot"].create(
            {"name": "Their bot", "account_id": account.id}
        )
        step = self.step("Their step", bot, alias_ids=[(0, 0, {"name": "theirs"})])
        chat = self.chat("4", account, user_id=self.operator.id)
        rows = [account, bot, step, step.alias_ids, chat, chat.message_ids]
        for user in (self.manager, self.operator):
            for row in rows:
                model = row.with_user(user)
                if not model.has_access("read") and not model.browse().has_access(
                    "read"
                ):
                    continue
                with self.subTest(user=user.login, model=row._name):
                    self.assertFalse(model.search([("id", "in", row.ids)]))

    def test_strangers_get_nothing(self):
        public = self.env.ref("base.public_user")
        models = [
            name
            for name in self.env.registry
            if name.startswith("helpcrunch.") and not self.env[name]._abstract
        ]
        self.assertGreater(len(models), 10)
        for user in (self.internal, self.portal, public):
            for name in models:
                with self.subTest(user=user.login, model=name):
                    self.assertFalse(self.env[name].with_user(user).has_access("read"))

    def test_operator_cannot_read_keys(self):
        account = self.account.with_user(self.operator)
        self.assertEqual(account.name, "HelpCrunch")
        names = account.fields_get()
        for key in ("api_key", "webhook_secret", "webhook_token", "webhook_url"):
            self.assertNotIn(key, names)
            with self.assertRaises(AccessError):
                account.read([key])

    def test_operator_cannot_draw(self):
        step = self.step("Hello")
        with self.assertRaises(AccessError):
            step.with_user(self.operator).write({"message": "Mine"})
        with self.assertRaises(AccessError):
            self.mine.with_user(self.operator).write({"state": "done"})

    def test_forms_open_for_their_users(self):
        """Every field of every screen may be read by those who see the screen."""
        chat = self.mine.with_user(self.operator)
        view = "helpcrunch_chatbot.helpcrunch_chat_view_form"
        form = Form(chat, view=view)
        self.assertIn("I am 1", str(form.transcript))
        self.assertIn(
            "why", Form(self.mine.with_user(self.manager), view=view)._view["fields"]
        )
        self.assertNotIn("why", form._view["fields"])
        account = Form(self.account.with_user(self.manager))
        self.assertIn("/helpcrunch/webhook/", account.webhook_url)
        self.assertEqual(
            {line["status"] for line in account.arrival_ids._records}, {"never"}
        )


@tagged("post_install", "-at_install")
class TestScreensOnPhones(TransactionCase):
    """A phone shows cards: a list is wider, its buttons are out of sight."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.manager = new_test_user(cls.env, "manager", MANAGER)

    def arch(self, model, view_type):
        """Return a view of a model as a manager gets it."""
        model = self.env[model].with_user(self.manager)
        model = model.with_context(lang=self.manager.lang)
        views = model.get_views([(None, view_type)])
        return etree.fromstring(views["views"][view_type]["arch"])

    def our_actions(self):
        data = self.env["ir.model.data"].search(
            [
                ("module", "=", "helpcrunch_chatbot"),
                ("model", "=", "ir.actions.act_window"),
            ]
        )
        return self.env["ir.actions.act_window"].browse(data.mapped("res_id"))

    def test_every_main_list_has_cards(self):
        actions = self.our_actions().filtered(
            lambda action: (
                "list" in action.view_mode and "pivot" not in action.view_mode
            )
        )
        self.assertGreater(len(actions), 10)
        for action in actions:
            with self.subTest(action.name):
                self.assertIn("kanban", action.view_mode.split(","))

    def test_every_list_in_a_form_has_cards(self):
        models = {*self.our_actions().mapped("res_model"), "res.partner"}
        lists = 0
        for model in sorted(models):
            for node in self.arch(model, "form").xpath("//field[list]"):
                if model == "res.partner" and "helpcrunch" not in node.get("name"):
                    continue
                lists += 1
                with self.subTest(model=model, field=node.get("name")):
                    self.assertTrue(node.xpath("kanban"))
        self.assertGreater(lists, 8)

    def test_headers_of_numbers_fit(self):
        """Odoo gives a number so much room, whatever stands above it."""
        longest = {"integer": 9, "float": 12}
        add_ukrainian(self.env)
        headers = 0
        for lang in ("en_US", "uk_UA"):
            self.manager.lang = lang
            for field, label in self.columns():
                headers += 1
                with self.subTest(field=str(field), label=label):
                    self.assertLessEqual(len(label), longest.get(field.type, 99))
        self.assertGreater(headers, 20)

    def columns(self):
        """Yield each field that stands in a list of ours, with its header."""
        for model in sorted(set(self.our_actions().mapped("res_model"))):
            for view_type in ("form", "list"):
                fields = self.env[model]._fields
                for node in self.arch(model, view_type).xpath("//list/field"):
                    if (
                        node.get("column_invisible")
                        or node.get("optional") == "hide"
                        or node.get("widget") == "handle"
                    ):
                        continue
                    lines = node.xpath("ancestor::field[1]/@name")
                    of = fields[lines[0]].comodel_name if lines else model
                    field = self.env[of]._fields[node.get("name")]
                    label = node.get("string") or field._description_string(
                        self.env(context={"lang": self.manager.lang})
                    )
                    yield field, label

    def test_no_column_has_a_fixed_width(self):
        """A fixed width fits the labels of one language only."""
        for model in sorted(set(self.our_actions().mapped("res_model"))):
            for view_type in ("form", "list"):
                for node in self.arch(model, view_type).xpath("//list/field[@width]"):
                    with self.subTest(model=model, field=node.get("name")):
                        self.assertFalse(node.get("width"))
