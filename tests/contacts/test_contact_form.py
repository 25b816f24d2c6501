"""The contact's form: dialogues of all channels, tags, opt-out; families and roles."""

from odoo.tests import Form, new_test_user, tagged

from ..common import CUSTOMER, HelpcrunchCase

VIBER = 3


@tagged("post_install", "-at_install")
class TestContactForm(HelpcrunchCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.step("Welcome", alias="/start")
        cls.operator = new_test_user(
            cls.env,
            "operator",
            "helpcrunch_chatbot.group_operator,base.group_partner_manager",
        )
        cls.clerk = new_test_user(
            cls.env, "clerk", "base.group_user,base.group_partner_manager"
        )

    def setUp(self):
        super().setUp()
        profile = {"name": "Taras", "email": "taras@example.com"}
        self.says("Hi", **profile)
        self.says("Hi", customer=5002, application=VIBER, **profile)
        self.taras = self.partner()

    def form(self, user):
        return Form(self.taras.with_user(user), view="base.view_partner_form")

    def test_every_dialogue_of_every_channel(self):
        form = self.form(self.manager)
        self.assertEqual(len(form.helpcrunch_chat_ids), 2)
        self.assertEqual(form.helpcrunch_chat_count, 2)
        names = self.taras.helpcrunch_customer_ids.application_id.mapped("name")
        tags = self.taras.helpcrunch_category_ids
        self.assertEqual(form.helpcrunch_category_ids.ids, tags.ids)
        self.assertEqual(set(tags.mapped("name")), set(names))
        action = self.taras.with_user(self.manager).action_view_helpcrunch_chats()
        chats = self.env["helpcrunch.chat"].search(action["domain"])
        self.assertEqual(chats, self.taras.helpcrunch_chat_ids)

    def test_opt_out_of_all_channels(self):
        for user in (self.manager, self.operator):
            form = self.form(user)
            self.assertFalse(form.helpcrunch_opt_out)
            form.helpcrunch_opt_out = True
            form.save()
            customers = self.taras.helpcrunch_customer_ids
            self.assertEqual(customers.mapped("opt_out"), [True, True])
            self.assertIn("not wanted", self.taras.message_ids[0].body)
            self.taras.helpcrunch_opt_out = False
            self.assertEqual(customers.mapped("opt_out"), [False, False])

    def test_a_contact_without_dialogues_gets_no_note(self):
        partners = self.env["res.partner"].with_user(self.operator)
        form = Form(partners, view="base.view_partner_form")
        form.name = "Olena"
        notes = form.save().message_ids.mapped("body")
        self.assertNotIn("broadcasts", " ".join(notes))
        partner = partners.create({"name": "O.", "helpcrunch_opt_out": False})
        self.assertNotIn("broadcasts", " ".join(partner.message_ids.mapped("body")))

    def test_a_company_counts_its_peoples_dialogues(self):
        company = self.env["res.partner"].create({"name": "Firm", "is_company": True})
        self.taras.parent_id = company
        self.assertEqual(self.taras.commercial_partner_id, company)
        company = company.with_user(self.manager)
        self.assertEqual(company.helpcrunch_chat_count, 2)
        action = company.action_view_helpcrunch_chats()
        chats = self.env["helpcrunch.chat"].search(action["domain"])
        self.assertEqual(chats, self.taras.helpcrunch_chat_ids)
        # The tab tells of the contact itself.
        self.assertFalse(company.helpcrunch_chat_ids)

    def test_an_operator_sees_only_own_dialogues(self):
        self.chat().user_id = self.operator
        form = self.form(self.operator)
        self.assertEqual(len(form.helpcrunch_chat_ids), 1)
        self.assertEqual(form.helpcrunch_chat_count, 1)

    def test_others_see_a_form_as_before(self):
        form = self.form(self.clerk)
        self.assertNotIn("helpcrunch_chat_ids", form._view["fields"])
        form.name = "Taras Sh."
        form.save()
        self.assertEqual(self.taras.with_user(self.clerk).helpcrunch_chat_count, 0)

    def test_who_may_be_double_shows(self):
        other = self.env["res.partner"].create({"name": "T."})
        row = self.list_pair(other, self.taras)
        partner = self.taras.with_user(self.manager)
        self.assertEqual(partner.helpcrunch_duplicate_count, 1)
        action = partner.action_view_helpcrunch_duplicates()
        self.assertEqual(self.env["helpcrunch.duplicate"].search(action["domain"]), row)

    def test_five_hundred_dialogues_cost_no_more_queries(self):
        # What the browser asks for: the first page of the list, and the numbers.
        page = {"application_id": {}, "bot_id": {}, "state": {}, "last_message_at": {}}
        asked = {
            "helpcrunch_chat_ids": {"fields": page, "limit": 40},
            "helpcrunch_customer_ids": {"fields": {"opt_out": {}}, "limit": 40},
            "helpcrunch_category_ids": {"fields": {"display_name": {}}},
            **dict.fromkeys(("helpcrunch_opt_out", "helpcrunch_chat_count"), {}),
        }

        def queries():
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self.taras.with_user(self.manager).web_read(asked)
            return self.env.cr.sql_log_count - before

        queries()
        few = queries()
        self.env["helpcrunch.chat"].create(
            [
                {
                    "account_id": self.account.id,
                    "external_id": f"many{number}",
                    "bot_id": self.bot.id,
                    "partner_id": self.taras.id,
                    "application_id": self.chat().application_id.id,
                }
                for number in range(500)
            ],
        )
        self.assertLessEqual(queries(), few)

    def test_customer_of_the_binding_is_the_contact(self):
        self.assertEqual(
            set(self.taras.helpcrunch_customer_ids.mapped("external_id")),
            {str(CUSTOMER), "5002"},
        )
