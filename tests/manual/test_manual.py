"""One test for each row of the user's manual that is about contacts and leads.

The numbers are the manual's chapters. What exactly is accepted, refused and locked is
proved elsewhere; here the manual's own sentences come true.
"""

from odoo.tests import new_test_user, tagged
from odoo.tools import html2plaintext

from ..common import HelpcrunchCase

VIBER = 3


@tagged("post_install", "-at_install")
class TestManual(HelpcrunchCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env.company.country_id = cls.env.ref("base.ua")
        cls.step("Вітаю!", alias="/start")

    def ask(self, name, **vals):
        """Draw a question for a field of the contact and lead a customer there."""
        self.step(
            "Питання?", "update_contact", alias="ask", field_id=self.field(name), **vals
        )
        self.says("Добрий день", name="Тарас")
        self.says("ask")

    def test_manual_1_3_filter_on_the_phone(self):
        ask = self.step(
            "Телефон?", "update_contact", alias="ask", field_id=self.field("phone")
        )
        self.step(
            "Дякую",
            alias="order",
            partner_domain="[('phone', '!=', False)]",
            fallback_step_id=ask,
        )
        self.says("Добрий день", name="Тарас")
        self.assertEqual(self.says("order"), ["Телефон?"])
        self.says("0671234567")
        self.assertEqual(self.says("order"), ["Дякую"])

    def test_manual_2_a_new_customer_gets_a_card(self):
        before = self.env["res.partner"].search([])
        self.ask("city")
        self.says("Канів")
        made = self.env["res.partner"].search([]) - before
        self.assertEqual(
            made.mapped(lambda card: (card.name, card.city)), [("Тарас", "Канів")]
        )
        self.assertEqual(self.partner(), made)

    def test_manual_2_a_known_customer_is_updated_and_not_doubled(self):
        known = self.env["res.partner"].create({"name": "T", "email": "t@example.com"})
        before = self.env["res.partner"].search_count([])
        self.step(
            "Питання?", "update_contact", alias="ask", field_id=self.field("city")
        )
        self.says("Добрий день", name="Тарас", email="t@example.com")
        self.says("ask")
        self.says("Канів")
        self.assertEqual((self.partner(), known.city), (known, "Канів"))
        self.assertEqual(self.env["res.partner"].search_count([]), before)

    def test_manual_4_a_text_field_waits_for_a_text(self):
        self.ask("city")
        self.assertTrue(self.chat().waiting)
        self.says("Канів")
        self.assertFalse(self.chat().waiting)
        self.assertEqual(self.partner().city, "Канів")

    def test_manual_4_a_phone_waits_for_a_phone(self):
        self.ask("phone", contact_button_label="Надіслати контакт")
        # HelpCrunch shows no button, so the number is typed.
        self.assertEqual(self.says("Тарас"), ["Питання?"])
        self.says("067 123 45 67")
        self.assertEqual(self.partner().phone, "+380 67 123 4567")

    def test_manual_4_several_tags_are_added_and_removed(self):
        tags = self.env["res.partner.category"].create(
            [{"name": name} for name in ("Чат", "Новий", "Холодний", "Без телефону")]
        )
        self.ask(
            "city",
            add_category_ids=[(6, 0, tags[:2].ids)],
            remove_category_ids=[(6, 0, tags[2:].ids)],
        )
        self.partner().category_id |= tags[2:]
        self.says("Канів")
        self.assertEqual(self.partner().category_id & tags, tags[:2])

    def test_manual_4_message_after_the_update(self):
        self.ask("city", done_message="Дякуємо, {{ partner.name }}!")
        self.assertEqual(self.says("Канів"), ["Дякуємо, Тарас!"])

    def test_manual_4_the_next_step_may_come_later(self):
        self.ask("city")
        self.assertEqual(self.says("Канів"), [])
        asked = self.bot.step_ids.filtered("field_id")
        asked.next_step_id = self.step("Далі")
        self.says("ask")
        self.assertEqual(self.says("Київ"), ["Далі"])

    def test_manual_4_all_channels_stand_on_the_contacts_tab(self):
        old = self.env["res.partner"].create({"name": "Т", "phone": "067 123-45-67"})
        self.ask("phone", merge_by_phone=True)
        self.says("0671234567")
        for text in ("Вітаю", "ask", "0671234567"):
            self.says(text, customer=5002, application=VIBER, name="Taras")
        self.merge()
        self.assertEqual(self.partner() | self.partner(5002), old)
        self.assertEqual(
            old.helpcrunch_chat_ids.application_id,
            old.helpcrunch_customer_ids.application_id,
        )
        self.assertEqual(len(old.helpcrunch_chat_ids), 2)
        self.assertLessEqual(
            old.helpcrunch_chat_ids.application_id.category_id, old.category_id
        )

    def test_manual_6_the_answer_chooses_the_branch(self):
        branches = {name: self.step(name) for name in ("Ліди", "Замовлення")}
        self.step(
            "З чим будемо працювати?",
            "choice",
            alias="ask",
            answer_ids=[
                (0, 0, {"name": name, "target_step_id": target.id})
                for name, target in branches.items()
            ],
        )
        self.says("Добрий день")
        self.assertEqual(
            self.says("ask"), ["З чим будемо працювати?\n1. Ліди\n2. Замовлення"]
        )
        self.assertEqual(self.says("2"), ["Замовлення"])
        self.says("ask")
        self.assertEqual(self.says("ліди"), ["Ліди"])

    def test_manual_7_the_lead_is_as_the_step_says(self):
        seller = new_test_user(self.env, "seller", "sales_team.group_sale_salesman")
        team = self.env["crm.team"].create({"name": "Чати"})
        tag = self.env["crm.tag"].create({"name": "З чату"})
        for kind in ("lead", "opportunity"):
            self.step(
                f"Передаю {kind}",
                "create_lead",
                alias=kind,
                lead_type=kind,
                lead_user_id=seller,
                lead_team_id=team,
                lead_tag_ids=[(6, 0, tag.ids)],
            )
        self.says("Добрий день", name="Тарас", phone="+380671234567")
        self.says("Потрібен велосипед")
        self.says("https://ucarecdn.com/1c2d3e4f-0000-4000-8000-000000000000/photo.jpg")
        for kind in ("lead", "opportunity"):
            self.says(kind)
            lead = self.chat().lead_ids.filtered(
                lambda lead, kind=kind: lead.type == kind
            )
            self.assertEqual(
                (lead.user_id, lead.team_id, lead.tag_ids, lead.partner_id),
                (seller, team, tag, self.partner()),
            )
            # The whole conversation, and where the lead came from.
            said = html2plaintext(lead.description)
            self.assertIn("Потрібен велосипед", said)
            self.assertIn(f"Передаю {kind}", said)
            self.assertIn('href="https://ucarecdn.com/1c2d3e4f', str(lead.description))
            self.assertEqual(lead.source_id, self.bot.source_id)
            self.assertIn("Telegram", lead.medium_id.name)
        self.assertEqual(self.bot.lead_count, 2)
        self.assertEqual(self.chat().lead_count, 2)
