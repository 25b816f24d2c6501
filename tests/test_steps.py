from datetime import date

from odoo.tests import tagged

from .common import CUSTOMER, HelpcrunchCase

PNG = (
    b"iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9"
    b"awAAAABJRU5ErkJggg=="
)


@tagged("post_install", "-at_install")
class TestUpdateContact(HelpcrunchCase):
    """Manual 4: ask for a field of the contact, check the answer, store it."""

    def ask(self, name, **vals):
        """Let a fresh dialogue begin with a question for a field."""
        self.after = self.step("After")
        step = self.step(
            "Ask",
            "update_contact",
            alias="/start",
            field_id=self.field(name),
            **{"next_step_id": self.after, **vals},
        )
        self.says("Hi", name="Taras", email="taras@example.com")
        return step

    def custom(self, kind, **vals):
        """Make a custom field of the contact; return its name."""
        name = f"x_{kind}"
        self.env["ir.model.fields"].create(
            {
                "model_id": self.env["ir.model"]._get_id("res.partner"),
                "name": name,
                "field_description": f"Custom {kind}",
                "ttype": kind,
                **vals,
            },
        )
        return name

    def tries(self, name, good, bad):
        """Check what each text becomes, and that the bad ones become nothing."""
        partner, customer = self.partner(), self.chat().customer_id
        for text, value in good.items():
            with self.subTest(text=text):
                self.assertEqual(
                    partner._helpcrunch_convert(name, text, customer), value
                )
        for text in (*bad, "x" * 1001, "a\x00b", "\x07", "", "   "):
            with self.subTest(text=text[:20]):
                self.assertIsNone(partner._helpcrunch_convert(name, text, customer))

    def test_name_is_stored_and_the_old_one_kept(self):
        self.ask("name", done_message="Thank you, {{ partner.name }}.")
        before = self.env["res.partner"].search_count([])
        self.assertEqual(
            self.says("<b>Olena</b>"), ["Thank you, <b>Olena</b>.", "After"]
        )
        self.assertEqual(self.partner().name, "<b>Olena</b>")
        self.assertEqual(self.env["res.partner"].search_count([]), before)
        note = "".join(self.partner().message_ids.mapped("body"))
        self.assertIn("&lt;b&gt;Olena", note)
        self.assertIn("Taras", note)
        self.assertNotIn("<b>", note)

    def test_email(self):
        gave_up = self.step("Gave up")
        self.ask("email", invalid_message="No e-mail", failed_step_id=gave_up)
        self.assertEqual(self.says("not an e-mail"), ["No e-mail"])
        self.assertEqual(self.says("a@b"), ["No e-mail"])
        # None on the last attempt, then elsewhere.
        self.assertEqual(self.says("@"), ["Gave up"])
        self.assertEqual(self.partner().email, "taras@example.com")
        self.says("/start")
        self.assertEqual(self.says(" Olena@Example.COM "), ["After"])
        self.assertEqual(self.partner().email, "olena@example.com")
        self.tries(
            "email",
            {"a@example.com": "a@example.com", "Name <b@example.com>": "b@example.com"},
            ["a b", "a@b@c", "a@x.com, b@x.com"],
        )

    def test_the_question_again_without_a_message_of_its_own(self):
        self.ask("email", max_attempts=2)
        self.assertEqual(self.says("x"), ["Ask"])
        self.assertEqual(self.says("x"), ["After"])

    def test_phone_in_the_region_of_contact_customer_company(self):
        self.ask("phone")
        partner, customer = self.partner(), self.chat().customer_id
        self.account.company_id.country_id = self.env.ref("base.us")
        partner.country_id = False
        convert = partner._helpcrunch_convert
        self.assertEqual(convert("phone", "202 555 0123", customer), "+1 202-555-0123")
        customer.country_code = "ua"
        self.assertEqual(
            convert("phone", "(067) 123-45-67", customer), "+380 67 123 4567"
        )
        partner.country_id = self.env.ref("base.pl")
        self.assertEqual(convert("phone", "512 345 678", customer), "+48 512 345 678")
        self.tries(
            "phone",
            {"+380671234567": "+380 67 123 4567", "00380671234567": "+380 67 123 4567"},
            ["12", "phone", "+999 1", "067", "1" * 30],
        )
        self.says("+380 67 123 45 67")
        self.assertEqual(partner.phone, "+380 67 123 4567")

    def test_country_by_name_or_code(self):
        self.env["res.lang"]._activate_lang("uk_UA")
        ukraine = self.env.ref("base.ua")
        ukraine.with_context(lang="uk_UA").name = "Україна"
        self.ask("country_id")
        self.tries(
            "country_id",
            dict.fromkeys(("Україна", "україна!", "UKRAINE", "ua"), ukraine.id),
            ["Nowhere", "U", "1"],
        )
        self.says("україна")
        self.assertEqual(self.partner().country_id, ukraine)

    def test_state_and_language(self):
        self.ask("state_id")
        state = self.env.ref("base.state_us_5")
        self.partner().country_id = state.country_id
        self.tries("state_id", {"California": state.id, "ca": state.id}, ["Utopia"])
        self.tries("lang", {"English (US)": "en_US", "en": "en_US"}, ["Klingon"])

    def test_dates(self):
        name = self.custom("date")
        self.ask(name)
        day = date(1985, 2, 1)
        self.tries(
            name,
            dict.fromkeys(("01.02.1985", "1985-02-01", "1.2.85", "02/01/1985"), day),
            ["31.02.2000", "tomorrow", "1", "1.2", "1.2.3.4", "0.0.0", "13/13/2000"],
        )
        self.assertEqual(self.says("01.02.1985"), ["After"])
        self.assertEqual(self.partner()[name], day)

    def test_numbers(self):
        whole, decimal = self.custom("integer"), self.custom("float")
        self.ask(whole)
        self.tries(
            decimal,
            {"1.5": 1.5, "1,5": 1.5, "1 234,5": 1234.5, "1,234": 1234.0, "-2": -2.0},
            ["one", "1.2.3", "1e5", "NaN", "inf", "9" * 40, "1,2,3"],
        )
        self.tries(whole, {"42": 42, "1 000": 1000}, ["1.5", "9" * 12, "x"])
        self.says("42")
        self.assertEqual(self.partner()[whole], 42)

    def test_boolean_and_selection(self):
        flag = self.custom("boolean")
        size = self.custom(
            "selection",
            selection_ids=[
                (0, 0, {"value": "s", "name": "Small"}),
                (0, 0, {"value": "l", "name": "Large"}),
            ],
        )
        self.ask(size)
        self.tries(flag, {"так": True, "YES": True, "Ні.": False, "no": False}, ["hm"])
        self.tries(size, {"small": "s", "L": "l", "Large!": "l"}, ["Medium"])
        self.says("large")
        self.assertEqual(self.partner()[size], "l")

    def test_skip_word(self):
        self.ask("name", skip_word="skip", done_message="Thanks")
        self.assertEqual(self.says("Skip!"), ["After"])
        self.assertEqual(self.partner().name, "Taras")

    def test_tags_only_after_an_accepted_answer(self):
        tags = self.env["res.partner.category"].create([{"name": "A"}, {"name": "B"}])
        self.ask(
            "email",
            add_category_ids=[(6, 0, tags[0].ids)],
            remove_category_ids=[(6, 0, tags[1].ids)],
        )
        partner = self.partner()
        partner.category_id |= tags[1]
        self.says("x")
        self.assertEqual(partner.category_id & tags, tags[1])
        self.says("x@example.com")
        self.assertEqual(partner.category_id & tags, tags[0])

    def test_only_a_command_interrupts(self):
        self.ask("name")
        self.step("Leads", alias=["Ліди", "/help"])
        self.assertEqual(self.says("Ліди"), ["After"])
        self.assertEqual(self.partner().name, "Ліди")
        self.says("/start")
        self.assertEqual(self.says("/help"), ["Leads"])

    def test_a_deleted_contact_is_made_anew(self):
        self.ask("name")
        self.partner().unlink()
        self.assertEqual(self.says("Olena"), ["After"])
        self.assertEqual(self.partner().name, "Olena")

    def test_forbidden_fields_are_refused(self):
        for name in ("user_id", "company_id", "vat", "active", "comment", "barcode"):
            with (
                self.subTest(name=name),
                self.refused("cannot be asked for"),
            ):
                self.step("Ask", "update_contact", field_id=self.field(name))


@tagged("post_install", "-at_install")
class TestChoice(HelpcrunchCase):
    def setUp(self):
        super().setUp()
        self.leads = self.step("About leads")
        self.after = self.step("After")
        self.ask = self.step(
            "What about?",
            "choice",
            alias="/start",
            next_step_id=self.after,
            failed_step_id=self.step("Gave up"),
            max_attempts=2,
            answer_ids=[
                (0, 0, {"name": "Ліди", "target_step_id": self.leads.id}),
                (0, 0, {"name": "Замовлення"}),
                (0, 0, {"name": "Запчастини"}),
            ],
        )
        self.says("Hi")

    def test_number_wording_beginning_look_alikes(self):
        said = self.helpcrunch.messages(7001)[-1]["text"]
        self.assertEqual(said, "What about?\n1. Ліди\n2. Замовлення\n3. Запчастини")
        for text in ("1", "1.", "ліди", " ЛІДИ! ", "лі", "Лiди"):
            with self.subTest(text=text):
                self.assertEqual(self.says(text), ["About leads"])
                self.says("/start")
        self.assertEqual(self.says("замов"), ["After"])
        self.assertEqual(self.chat().answer, "Замовлення")

    def test_anything_else_repeats_then_gives_up(self):
        question = "What about?\n1. Ліди\n2. Замовлення\n3. Запчастини"
        # Two answers begin so.
        self.assertEqual(self.says("за"), [question])
        self.assertEqual(self.says("4"), ["Gave up"])

    def test_copying_the_bot_copies_the_answers_with_their_targets(self):
        twin = self.bot.copy()
        ask = twin.step_ids.filtered(lambda step: step.step_type == "choice")
        self.assertEqual(ask.answer_ids[0].target_step_id.bot_id, twin)
        self.assertEqual(ask.next_step_id.bot_id, twin)
        self.assertEqual(ask.alias_ids.mapped("name"), ["/start"])
        after = twin.step_ids.filtered(lambda step: step.name == "After")
        self.assertEqual(after.alias_ids.filtered("automatic").code, ask)


@tagged("post_install", "-at_install")
class TestCreateLead(HelpcrunchCase):
    def setUp(self):
        super().setUp()
        self.thanks = self.step("Thanks")
        self.seller = self.env["res.users"].create(
            {"name": "Seller", "login": "seller", "email": "seller@example.com"}
        )
        self.team = self.env["crm.team"].create({"name": "Web"})
        self.tag = self.env["crm.tag"].create({"name": "Chat"})
        self.make = self.step(
            "Passing on",
            "create_lead",
            alias="lead",
            next_step_id=self.thanks,
            lead_user_id=self.seller,
            lead_team_id=self.team,
            lead_type="opportunity",
            lead_tag_ids=[(6, 0, self.tag.ids)],
        )
        self.step("Welcome", alias="/start")
        self.says("Hi <script>alert(1)</script>", name="Taras", phone="+380671234567")

    def leads(self):
        return self.env["crm.lead"].search(
            [("helpcrunch_chat_id", "=", self.chat().id)], order="id"
        )

    def test_the_lead_carries_everything(self):
        self.assertEqual(self.says("lead"), ["Passing on", "Thanks"])
        lead = self.leads()
        self.assertEqual(len(lead), 1)
        self.assertEqual(lead.type, "opportunity")
        self.assertEqual(lead.user_id, self.seller)
        self.assertEqual(lead.team_id, self.team)
        self.assertEqual(lead.tag_ids, self.tag)
        self.assertEqual(lead.partner_id, self.partner())
        self.assertEqual(lead.phone, "+380 67 123 4567")
        self.assertEqual(lead.source_id, self.bot.source_id)
        self.assertIn("Telegram", lead.medium_id.name)
        self.assertEqual(self.chat().lead_ids, lead)
        text = lead.description
        self.assertNotIn("<script>", text)
        self.assertIn("&lt;script&gt;", text)
        for line in ("Welcome", "lead", "Passing on", "Taras", self.bot.name):
            self.assertIn(line, text)
        self.assertIn(f"/odoo/helpcrunch.chat/{self.chat().id}", text)

    def test_empty_fields_stay_empty(self):
        self.make.write(
            {"lead_user_id": False, "lead_team_id": False, "lead_type": "lead"}
        )
        self.says("lead")
        lead = self.leads()
        self.assertEqual(lead.type, "lead")
        self.assertFalse(lead.user_id or lead.team_id)

    def test_two_passes_two_leads(self):
        self.says("lead")
        self.says("lead")
        self.assertEqual(len(self.leads()), 2)

    def test_the_button_makes_one_too(self):
        action = self.chat().action_create_lead()
        lead = self.env["crm.lead"].browse(action["res_id"])
        self.assertEqual((lead.user_id, lead.type), (self.seller, "opportunity"))


@tagged("post_install", "-at_install")
class TestMedia(HelpcrunchCase):
    def test_an_image_goes_as_a_link_after_the_text(self):
        step = self.step("Welcome", alias="/start")
        media = self.env["helpcrunch.step.media"].create(
            {
                "name": "Price list",
                "step_id": step.id,
                "attachment": PNG,
                "filename": "прайс.png",
            },
        )
        said = self.says("Hi")
        self.assertEqual(said[0], "Welcome")
        self.assertIn(media.token, said[1])
        self.assertEqual(self.chat(CUSTOMER).message_ids[0].body, media._get_url())

    def test_type_and_size_are_checked(self):
        step = self.step("Welcome")
        media = self.env["helpcrunch.step.media"]
        vals = {
            "name": "Bad",
            "step_id": step.id,
            "attachment": b"PGh0bWw+PC9odG1sPg==",
        }
        with self.refused("no Image"):
            media.create(vals)
        self.env["ir.config_parameter"].set_param(
            "helpcrunch_chatbot.media_max_mb", "1"
        )
        large = {**vals, "media_type": "file", "attachment": b"QUFB" * 400000}
        with self.refused("larger than 1 MB"):
            media.create(large)
