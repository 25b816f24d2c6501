from odoo.tests import HttpCase, tagged

from ..common import HelpcrunchCase
from ..script.test_media import PNG


@tagged("post_install", "-at_install")
class TestStory(HelpcrunchCase, HttpCase):
    """The manual's example from the first word to the lead, as a customer lives it."""

    def setUp(self):
        super().setUp()
        self.env["ir.model.fields"].create(
            {
                "model_id": self.env["ir.model"]._get_id("res.partner"),
                "name": "x_birthday",
                "field_description": "Birthday",
                "ttype": "date",
            },
        )
        self.seller = self.env["res.users"].create({"name": "Seller", "login": "story"})
        self.team = self.env["crm.team"].create({"name": "Chats"})
        self.tag = self.env["crm.tag"].create({"name": "From a chat"})
        thanks = self.step("Дякуємо!")
        lead = self.step(
            "Передаю менеджеру",
            "create_lead",
            next_step_id=thanks,
            lead_user_id=self.seller,
            lead_team_id=self.team,
            lead_type="lead",
            lead_tag_ids=[(6, 0, self.tag.ids)],
        )
        birthday = self.question("Дата народження?", "x_birthday", lead)
        country = self.question("Країна?", "country_id", birthday)
        gave_up = self.step("Обійдемося без пошти", next_step_id=country)
        email = self.question("Пошта?", "email", country, failed_step_id=gave_up)
        phone = self.question("Телефон?", "phone", email)
        known = self.step(
            "Телефон уже знаємо",
            partner_domain="[('phone', '!=', False)]",
            fallback_step_id=phone,
            next_step_id=email,
        )
        name = self.question("Ім'я?", "name", known)
        leads = self.step(
            "Ліди", message="Гілка лідів", alias="Ліди", next_step_id=name
        )
        self.media = self.env["helpcrunch.step.media"].create(
            {
                "name": "Прайс",
                "step_id": leads.id,
                "attachment": PNG,
                "filename": "прайс.png",
            },
        )
        ask = self.step("З чим ви бажаєте працювати?", "free_input")
        self.step("Вітаємо!", alias="/start", next_step_id=ask)

    def question(self, text, field, following, **vals):
        return self.step(
            text,
            "update_contact",
            field_id=self.field(field),
            next_step_id=following,
            invalid_message=f"Ще раз: {text}",
            **vals,
        )

    def test_from_welcome_to_lead(self):
        self.assertEqual(
            self.says("Добрий день"), ["Вітаємо!", "З чим ви бажаєте працювати?"]
        )
        branch = self.says("ліди ")
        self.assertEqual((branch[0], branch[2]), ("Гілка лідів", "Ім'я?"))
        self.assertIn(self.media._get_url(), branch[1])
        self.assertEqual(self.says("Олена Коваль"), ["Телефон?"])
        self.env.company.country_id = self.env.ref("base.ua")
        self.assertEqual(self.says("067 123 45 67"), ["Пошта?"])
        self.assertEqual(self.says("не пошта"), ["Ще раз: Пошта?"])
        self.assertEqual(self.says("olena@example.com"), ["Країна?"])
        self.assertEqual(self.says("Ukraine"), ["Дата народження?"])
        self.assertEqual(self.says("24.08.1991"), ["Передаю менеджеру", "Дякуємо!"])

        partner = self.partner()
        self.assertEqual(
            partner.mapped(lambda p: (p.name, p.phone, p.email, p.country_id.code)),
            [("Олена Коваль", "+380 67 123 4567", "olena@example.com", "UA")],
        )
        self.assertEqual(str(partner.x_birthday), "1991-08-24")
        lead = self.chat().lead_ids
        self.assertEqual(
            (lead.user_id, lead.team_id, lead.tag_ids, lead.type, lead.source_id),
            (self.seller, self.team, self.tag, "lead", self.bot.source_id),
        )
        for line in ("ліди", "Країна?", "24.08.1991", "Передаю менеджеру"):
            self.assertIn(line, lead.description)

    def test_three_wrong_emails_leave_by_the_other_way(self):
        self.says("Добрий день", phone="+380671234567")
        self.says("Ліди")
        # The filter "has a phone" spares this customer the question.
        self.assertEqual(self.says("Олена"), ["Телефон уже знаємо", "Пошта?"])
        self.says("раз")
        self.says("два")
        self.assertEqual(self.says("три"), ["Обійдемося без пошти", "Країна?"])
        self.assertFalse(self.partner().email)

    def test_the_image_opens(self):
        path = self.media._get_url().partition("/helpcrunch/")[2]
        answer = self.url_open(f"/helpcrunch/{path}")
        self.assertEqual(answer.status_code, 200)
        self.assertEqual(answer.headers["Content-Type"], "image/png")
        self.assertEqual(answer.headers["X-Content-Type-Options"], "nosniff")
        part = self.url_open(f"/helpcrunch/{path}", headers={"Range": "bytes=1-3"})
        self.assertEqual((part.status_code, part.content), (206, b"PNG"))
        wrong = self.url_open(f"/helpcrunch/media/{'x' * 32}/прайс.png")
        self.assertEqual(wrong.status_code, 404)
