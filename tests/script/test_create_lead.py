import json
import re
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from odoo.tests import new_test_user, tagged
from odoo.tools import html2plaintext

from ...models.dialogue.turn import Turn
from ..common import CUSTOMER, HUMAN_AGENT, HelpcrunchCase, snapshot


@tagged("post_install", "-at_install")
class TestLeadOfDialogue(HelpcrunchCase):
    def setUp(self):
        super().setUp()
        self.thanks = self.step("Thanks")
        self.make = self.step(
            "Passing on", "create_lead", alias="lead", next_step_id=self.thanks
        )
        self.step("Welcome", alias="/start")

    def take(self, webhook):
        """Take in a webhook that the test made."""
        with self.enter_test_mode_if_needed():
            self.assertEqual(self.receive(webhook), 200)
            self.work()
        self.take_in()

    def leads(self, customer=CUSTOMER):
        return self.env["crm.lead"].search(
            [("helpcrunch_chat_id", "=", self.chat(customer).id)], order="id"
        )

    def lead(self, customer=CUSTOMER):
        """Return the only lead of a customer."""
        lead = self.leads(customer)
        self.assertEqual(len(lead), 1)
        return lead

    def lines(self, lead):
        """Return the lines of a lead's conversation, without the link."""
        return [
            html2plaintext(line).replace("\n", " ")
            for line in re.findall(r"<p>.*?</p>", str(lead.description))
        ][1:]

    def test_who_and_where_from(self):
        self.says("Hi", name="Taras", phone="+380671234567", email="t@example.com")
        self.assertEqual(self.says("lead"), ["Passing on", "Thanks"])
        lead, partner = self.lead(), self.partner()
        self.assertEqual(lead.name, "Taras: Shop")
        self.assertEqual(lead.partner_id, partner)
        self.assertEqual((lead.phone, lead.email_from), (partner.phone, partner.email))
        self.assertEqual(lead.email_from, "t@example.com")
        self.assertEqual(lead.source_id, self.bot.source_id)
        self.assertTrue(lead.source_id)
        self.assertEqual(lead.medium_id, self.chat().application_id._get_medium())
        self.assertEqual(lead.company_id, self.account.company_id)

    def test_a_webhook_of_the_older_form_names_no_channel(self):
        self.helpcrunch.customer_says(CUSTOMER, "lead", application=2)
        for webhook in self.helpcrunch.captured(clear=True):
            data = webhook["json"]["eventData"]
            data.pop("applicationId", None)
            data.get("message", {}).pop("applicationId", None)
            self.take(self.helpcrunch.webhook(webhook["event"], data))
        self.assertFalse(self.chat().application_id)
        self.assertFalse(self.lead().medium_id)
        self.assertEqual(self.lead().source_id, self.bot.source_id)

    def test_links_both_ways(self):
        self.says("Hi")
        self.says("lead")
        lead, chat = self.lead(), self.chat()
        self.assertEqual(lead.helpcrunch_chat_id, chat)
        self.assertEqual(lead.helpcrunch_bot_id, self.bot)
        self.assertEqual(lead.helpcrunch_step_id, self.make)
        self.assertEqual((chat.lead_ids, chat.lead_count), (lead, 1))
        leads = self.env["crm.lead"].search(
            chat.with_user(self.manager).action_view_leads()["domain"]
        )
        self.assertEqual(leads, lead)
        self.assertEqual(lead.action_open_helpcrunch_chat()["res_id"], chat.id)
        self.assertIn(f'href="/odoo/helpcrunch.chat/{chat.id}"', lead.description)

    def test_nothing_filled_in_is_nothing_written(self):
        # Odoo would take the user of the transaction, and that user's team.
        self.env["crm.team"].create(
            {"name": "Ours", "member_ids": [(4, self.env.ref("base.user_root").id)]}
        )
        self.says("Hi")
        self.says("lead")
        lead = self.lead()
        self.assertFalse(lead.user_id)
        self.assertFalse(lead.team_id)
        self.assertFalse(lead.tag_ids)
        self.assertEqual(lead.type, "lead")
        self.assertFalse(lead.message_follower_ids)

    def test_all_of_it_filled_in(self):
        seller = self.env["res.users"].create(
            {"name": "Seller", "login": "lead_seller", "email": "seller@example.com"}
        )
        team = self.env["crm.team"].create({"name": "Web"})
        tags = self.env["crm.tag"].create([{"name": "Chat"}, {"name": "Bot"}])
        self.make.write(
            {
                "lead_user_id": seller.id,
                "lead_team_id": team.id,
                "lead_tag_ids": [(6, 0, tags.ids)],
                "lead_type": "opportunity",
            },
        )
        self.says("Hi")
        self.says("lead")
        lead = self.lead()
        self.assertEqual(
            (lead.user_id, lead.team_id, lead.tag_ids, lead.type),
            (seller, team, tags, "opportunity"),
        )

    def test_a_salesperson_without_a_team_gets_none(self):
        seller = self.env["res.users"].create(
            {"name": "Seller", "login": "lead_seller"}
        )
        self.env["crm.team"].create({"name": "Web", "member_ids": [(4, seller.id)]})
        self.make.lead_user_id = seller
        self.says("Hi")
        self.says("lead")
        self.assertEqual(self.lead().user_id, seller)
        self.assertFalse(self.lead().team_id)

    def test_the_conversation_with_this_turns_lines(self):
        ask = self.step("Your wish?", "free_input", next_step_id=self.make)
        self.step("Again", alias="again", next_step_id=ask)
        self.says("Hi", name="Taras")
        self.says("again")
        self.says("A bicycle")
        lines = self.lines(self.lead())
        expected = [
            ("Taras", "Hi"),
            ("Shop", "Welcome"),
            ("Taras", "again"),
            ("Shop", "Again"),
            ("Shop", "Your wish?"),
            ("Taras", "A bicycle"),
            ("Shop", "Passing on"),
        ]
        self.assertEqual(len(lines), len(expected), lines)
        for line, (author, text) in zip(lines, expected, strict=True):
            self.assertTrue(line.startswith(f"*{author}*"), line)
            self.assertTrue(line.endswith(text), line)

    def test_lines_stay_in_order_while_helpcrunch_is_away(self):
        self.step("One", alias="go", next_step_id=self.make)
        self.says("Hi")
        self.helpcrunch.set(down=True)
        self.says("go")
        lines = self.chat()._get_last_messages()[-4:]
        self.assertEqual(lines.mapped("state")[1:], ["outgoing"] * 3)
        self.assertEqual(lines.mapped("body"), ["go", "One", "Passing on", "Thanks"])

    def test_times_are_in_the_bots_time_zone(self):
        at = datetime(2026, 1, 15, 22, 30, tzinfo=UTC)
        self.says("Hi")
        self.chat().message_ids.occurred_at = at.replace(tzinfo=None)
        self.says("lead")
        local = at.astimezone(ZoneInfo("Europe/Kyiv"))
        line = self.lines(self.lead())[0]
        self.assertIn(local.strftime("%m/%d/%Y 12:%M:%S"), line)
        self.assertNotEqual(local.date(), at.date())

    def test_a_person_is_named_too(self):
        self.says("Hi")
        chat = self.chat()
        self.helpcrunch.agent_says(HUMAN_AGENT, int(chat.external_id), "Can I help?")
        self.take_in()
        chat.with_user(self.manager).action_return_to_bot()
        # The button's turn is over when the button is; clocks need not agree.
        self.settle()
        self.says("lead")
        line = next(line for line in self.lines(self.lead()) if "Can I help?" in line)
        self.assertTrue(line.startswith("*Марія Коваль*"), line)

    def test_what_a_stranger_typed_is_text(self):
        name = "<b>Taras</b><img src=x onerror=alert(1)>"
        self.says("<script>alert(1)</script>", name=name)
        self.says('"><svg/onload=alert(2)> {{ chat.id }}')
        self.says("https://a/onclick=alert(3)//b https://a/onclick=alert(3)//")
        self.says("javascript:alert(4) https://a.example/?x=<script>&y='\"")
        self.says("lead")
        html = str(self.lead().description)
        tags = set(re.findall(r"<\s*/?\s*(\w+)", html))
        self.assertLessEqual(tags, {"div", "p", "a", "b", "br", "small"})
        for tag in re.findall(r"<[^>]*>", html):
            self.assertNotRegex(tag, r"\son\w+\s*=")
        for link in re.findall(r'href="([^"]*)"', html):
            self.assertRegex(link, r"^(https?://|/odoo/)")
        text = html2plaintext(html)
        for typed in ("<script>alert(1)</script>", name, "<svg/onload=alert(2)>"):
            self.assertIn(typed, text)
        self.assertIn("{{ chat.id }}", text)
        self.assertEqual(self.lead().name, f"{name}: Shop")

    def test_the_dialogues_own_form_is_as_safe(self):
        self.says("https://a/onclick=alert(3)//b https://a/onclick=alert(3)//")
        messages = self.chat().message_ids
        html = str(messages.filtered(lambda line: line.direction == "in").html)
        self.assertEqual(html.count("<a "), 2)
        for tag in re.findall(r"<[^>]*>", html):
            self.assertRegex(
                tag,
                r'^(</a>|<a href="https://a/onclick=alert\(3\)//b?" target="_blank" '
                r'rel="noreferrer noopener">)$',
            )

    def test_one_pass_one_lead(self):
        self.says("Hi")
        self.says("lead")
        event = self.env["helpcrunch.event"].search(
            [("chat_id", "=", self.chat().id), ("trace", "!=", False)],
            order="id desc",
            limit=1,
        )
        self.assertIn("lead", self.codes())
        # The same webhook once more.
        data = json.loads(event.payload)
        self.take(self.helpcrunch.webhook(event.event_type, data, id=event.external_id))
        self.lead()
        # And the same message in another envelope.
        self.take(self.helpcrunch.webhook(event.event_type, data))
        self.lead()
        # The same pass once more, as when a transaction is run again.
        turn = Turn(self.chat(), snapshot(position=0))
        self.patch(turn, "flush", lambda: None)
        self.make._enter_create_lead(turn.chat)
        self.lead()

    def test_two_passes_two_leads(self):
        self.says("Hi")
        self.says("lead")
        self.says("A bicycle")
        self.says("lead")
        first, second = self.leads()
        self.assertNotEqual(first.helpcrunch_turn, second.helpcrunch_turn)
        self.assertNotIn("bicycle", first.description)
        self.assertIn("bicycle", second.description)

    def test_two_steps_of_one_turn_two_leads(self):
        second = self.step("Second", "create_lead")
        self.thanks.next_step_id = second
        self.says("Hi")
        self.assertEqual(self.says("lead"), ["Passing on", "Thanks", "Second"])
        self.assertEqual(self.leads().helpcrunch_step_id, self.make | second)

    def test_a_customer_of_another_dialogue_has_a_lead_of_its_own(self):
        self.says("Hi", name="Taras")
        self.says("My secret")
        self.says("Hi", customer=5002, name="Olena")
        self.says("lead", customer=5002)
        self.assertFalse(self.leads())
        self.assertNotIn("secret", self.lead(5002).description)

    def test_a_conversation_in_ukrainian(self):
        self.env["res.lang"]._activate_lang("uk_UA")
        self.make.with_context(lang="uk_UA").message = "Передаю"
        self.says("Вітаю", name="Олена", locale="uk")
        self.assertEqual(self.says("lead"), ["Передаю", "Thanks"])
        lines = self.lines(self.lead())
        self.assertTrue(lines[0].endswith("Вітаю"), lines)
        self.assertTrue(lines[-1].endswith("Передаю"), lines)

    def test_a_deleted_contact_is_made_anew(self):
        self.says("Hi", name="Taras")
        self.partner().unlink()
        self.says("lead")
        self.assertEqual(self.lead().partner_id.name, "Taras")
        self.assertEqual(self.partner(), self.lead().partner_id)

    def test_the_button_pressed_again_leads_to_the_same_lead(self):
        self.says("Hi")
        for _time in range(2):
            self.chat().with_user(self.manager).action_create_lead()
            self.settle()
            self.assertEqual(self.leads().mapped("type"), ["lead"])

    def test_the_button_of_a_bot_without_such_a_step(self):
        self.make.unlink()
        self.says("Hi", name="Taras")
        self.chat().with_user(self.manager).action_create_lead()
        self.settle()
        lead = self.chat().lead_ids
        self.assertEqual(lead.partner_id.name, "Taras")
        self.assertEqual(lead.type, self.account.helpcrunch_crm_type)
        self.assertFalse(lead.helpcrunch_step_id)

    def test_a_team_of_another_company_is_refused(self):
        company = self.env["res.company"].create({"name": "Other"})
        team = self.env["crm.team"].create({"name": "Theirs", "company_id": company.id})
        with self.refused("another company"):
            self.make.lead_team_id = team

    def test_a_salesperson_of_another_company_is_refused(self):
        company = self.env["res.company"].create({"name": "Other"})
        user = new_test_user(
            self.env,
            "theirs",
            "sales_team.group_sale_salesman",
            company_id=company.id,
            company_ids=[(6, 0, company.ids)],
        )
        with self.refused("“theirs.*” does not work in the messenger's company"):
            self.make.lead_user_id = user
        user.company_ids |= self.make.company_id
        self.make.lead_user_id = user
        self.says("Hi", name="Taras")
        self.says("lead")
        self.assertEqual(self.lead().user_id, user)
        self.assertEqual(self.lead().company_id, self.make.company_id)


@tagged("post_install", "-at_install")
class TestChecksOfChanges(HelpcrunchCase):
    """What is refused in a new step is refused in a change of an old one too."""

    def test_a_private_field_chosen_later(self):
        step = self.step("Ask", "update_contact", field_id=self.field("name"))
        for name in ("user_id", "company_id", "active"):
            with self.subTest(name=name), self.refused("cannot be asked for"):
                step.field_id = self.field(name)
        with self.refused("choose the field"):
            step.field_id = False

    def test_unknown_placeholders_written_later(self):
        step = self.step("Ask", "update_contact", field_id=self.field("name"))
        for name in ("message", "done_message", "invalid_message"):
            with self.subTest(name=name), self.refused("partner.user_id"):
                step[name] = "Hi {{ partner.user_id }}"
