"""Merging by phone: the manual's five steps, and who is merged with whom."""

from odoo.tests import tagged

from ..common import CUSTOMER, TELEGRAM, HelpcrunchCase

PHONE = "+380 67 123 4567"
VIBER = 3


class MergeCase(HelpcrunchCase):
    """A bot that asks for a phone number and merges by it."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env.company.country_id = cls.env.ref("base.ua")
        cls.welcome_tag, cls.known_tag, cls.stale_tag = cls.env[
            "res.partner.category"
        ].create([{"name": "Welcome"}, {"name": "Known"}, {"name": "No phone"}])
        cls.done = cls.step("Now it is clear, {{ partner.name }}")
        cls.ask = cls.step(
            "Your number?",
            "update_contact",
            alias="/start",
            field_id=cls.field("phone"),
            merge_by_phone=True,
            next_step_id=cls.done,
            add_category_ids=[(6, 0, cls.welcome_tag.ids)],
            remove_category_ids=[(6, 0, cls.stale_tag.ids)],
        )

    def contact(self, name="Тарас Шевченко", phone="067 123-45-67", **vals):
        return self.env["res.partner"].create({"name": name, "phone": phone, **vals})

    def tells(
        self, text="0671234567", customer=CUSTOMER, application=TELEGRAM, **profile
    ):
        """Let a customer begin and give a number; return the contact of before."""
        profile = {"name": "Taras", "locale": "en", **profile}
        self.says("Hi", customer=customer, application=application, **profile)
        partner = self.partner(customer)
        self.says(text, customer=customer, application=application)
        return partner

    def listed(self):
        return self.env["helpcrunch.duplicate"].search([("state", "!=", "queued")])

    def reason(self, **vals):
        """Return why a contact with the same number is not merged, None if it is."""
        old = self.contact(**vals)
        new = self.tells()
        self.merge()
        self.assertEqual(bool(new.exists()), bool(self.listed()))
        if new.exists():
            self.assertEqual(self.listed().older_partner_id, old)
            self.assertEqual(self.listed().partner_id, new)
        return self.listed().reason


@tagged("post_install", "-at_install")
class TestMergeByPhone(MergeCase):
    def test_manual_4_merge_in_five_steps(self):
        old = self.contact(email="taras@example.com", category_id=self.known_tag.ids)
        # 1. The contact bound to the HelpCrunch customer is made.
        self.says("Hi", name="Taras", locale="en")
        new = self.partner()
        self.assertEqual(new.helpcrunch_customer_ids.external_id, str(CUSTOMER))
        new.category_id |= self.stale_tag
        channel_tags = self.account.category_id | self.chat().application_id.category_id
        # The bot does not wait for the merge.
        self.assertEqual(self.says("+38 067 1234567"), ["Now it is clear, Taras"])
        self.assertTrue(new.exists())
        # 2. The oldest contact with this number is found.
        self.merge()
        # 3. Its phone is in normal form.
        self.assertEqual(old.phone, PHONE)
        # 4. The new contact is part of it,
        self.assertFalse(new.exists())
        # 5. and it stays, with dialogues, tags and the tags of the channels.
        self.assertEqual(self.partner(), old)
        self.assertEqual(old.helpcrunch_chat_ids, self.chat())
        self.assertEqual(old.helpcrunch_customer_ids, self.chat().customer_id)
        self.assertEqual(
            old.category_id, self.known_tag | self.welcome_tag | channel_tags
        )
        self.assertEqual((old.name, old.email), ("Тарас Шевченко", "taras@example.com"))
        # It counts from the next turn on, and the dialogue tells of it.
        self.assertIn("merged", self.codes())
        self.says("/start")
        self.assertEqual(self.says("067 123 45 67"), [f"Now it is clear, {old.name}"])

    def test_all_channels_meet_on_one_contact(self):
        old = self.contact()
        self.tells()
        self.tells("067 123 45 67", customer=5002, application=VIBER, name="T. Sh.")
        self.merge()
        self.assertEqual(self.partner(), old)
        self.assertEqual(self.partner(5002), old)
        self.assertEqual(len(old.helpcrunch_customer_ids), 2)
        self.assertEqual(len(old.helpcrunch_category_ids), 2)

    def test_two_contacts_of_chats_meet_whoever_gives_the_number_first(self):
        self.says("Hi", name="Taras", locale="en")
        first = self.partner()
        self.tells(customer=5002, application=VIBER, name="T. Sh.")
        self.merge()
        self.says("0671234567")
        self.merge()
        self.assertEqual(self.partner(), first)
        self.assertEqual(self.partner(5002), first)

    def test_the_oldest_of_several(self):
        oldest = self.contact("Oldest")
        younger = self.contact("Younger")
        self.tells()
        self.merge()
        self.assertEqual(self.partner(), oldest)
        self.assertTrue(younger.exists())

    def test_again_changes_nothing(self):
        old = self.contact()
        self.tells()
        self.merge()
        before = old.read()
        self.merge()
        self.says("/start")
        self.says("0671234567")
        self.merge()
        after = old.read()
        for row in (*before, *after):
            for name in ("write_date", "message_ids", "avatar_128"):
                row.pop(name, None)
        self.assertEqual(self.partner(), old)
        self.assertFalse(self.env["helpcrunch.duplicate"].search([]))
        self.assertEqual(before[0]["category_id"], after[0]["category_id"])
        self.assertEqual(before[0]["phone"], after[0]["phone"])

    def test_a_number_that_helpcrunch_knew_already(self):
        old = self.contact()
        self.tells(phone="+380671234567")
        self.merge()
        self.assertEqual(self.partner(), old)

    def test_a_contact_of_unknown_age_is_the_oldest_and_stops_nobody(self):
        self.contact("Old")
        oldest = self.contact("Imported")
        self.env.cr.execute(
            "UPDATE res_partner SET create_date = NULL WHERE id = %s", (oldest.id,)
        )
        oldest.invalidate_recordset()
        self.tells()
        self.merge()
        self.assertEqual(self.partner(), oldest)

    def test_a_pair_that_was_listed_before_it_could_be_merged(self):
        self.account.trust_typed_phone = False
        old = self.contact()
        self.tells()
        self.merge()
        self.assertTrue(self.listed())
        self.account.trust_typed_phone = True
        self.says("/start")
        self.says("0671234567")
        self.merge()
        self.assertEqual(self.partner(), old)
        self.assertFalse(self.env["helpcrunch.duplicate"].search([]))

    def test_nobody_else_has_the_number(self):
        new = self.tells()
        self.merge()
        self.assertEqual(self.partner(), new)
        self.assertFalse(self.env["helpcrunch.duplicate"].search([]))

    def test_without_the_setting_nobody_is_merged(self):
        self.ask.merge_by_phone = False
        self.contact()
        new = self.tells()
        self.merge()
        self.assertTrue(new.exists())
        self.assertFalse(self.env["helpcrunch.duplicate"].search([]))

    def test_an_archived_contact_is_nobody(self):
        self.contact(active=False)
        new = self.tells()
        self.merge()
        self.assertEqual(self.partner(), new)

    def test_a_number_corrected_before_the_merge(self):
        old = self.contact()
        new = self.tells()
        new.phone = "+380 50 000 0000"
        self.merge()
        self.assertTrue(new.exists() and old.exists())
        self.assertFalse(self.env["helpcrunch.duplicate"].search([]))

    # === COMPANIES === #

    def test_a_contact_of_another_company_is_somebody_else(self):
        company = self.env["res.company"].create({"name": "Other"})
        company.country_id = self.env.ref("base.ua")
        self.contact(company_id=company.id)
        new = self.tells()
        self.merge()
        self.assertEqual(self.partner(), new)

    def test_a_contact_of_all_companies_stays_one(self):
        old = self.contact(company_id=False)
        self.tells()
        self.merge()
        self.assertEqual(self.partner(), old)
        self.assertFalse(old.company_id)

    def test_a_shared_contact_is_not_hidden_in_one_company(self):
        old = self.contact(company_id=self.account.company_id.id)
        self.says("Hi", name="Taras", locale="en")
        self.partner().company_id = False
        self.says("0671234567")
        self.merge()
        self.assertEqual(self.listed().reason, "company")
        self.assertTrue(old.exists() and self.partner() != old)

    def test_a_contact_that_was_moved_to_another_company_is_not_merged(self):
        company = self.env["res.company"].create({"name": "Other"})
        self.contact()
        self.says("Hi", name="Taras", locale="en")
        self.partner().company_id = company
        self.says("0671234567")
        self.merge()
        self.assertEqual(self.listed().reason, "company")

    def test_children_keep_their_company(self):
        self.contact(company_id=False)
        new = self.tells()
        company = self.account.company_id
        child = self.contact("Child", False, parent_id=new.id, company_id=company.id)
        self.merge()
        self.assertFalse(new.exists())
        self.assertEqual(child.company_id, company)

    # === WHAT WAS ANSWERED === #

    def test_answers_are_written_again_on_the_survivor(self):
        function = self.step(
            "Your job?",
            "update_contact",
            field_id=self.field("function"),
            add_category_ids=[(6, 0, self.known_tag.ids)],
        )
        self.done.next_step_id = function
        old = self.contact(function="Poet", city="Kyiv", category_id=self.stale_tag.ids)
        self.tells()
        self.says("Painter")
        self.partner().city = "Kaniv"
        self.merge()
        self.assertEqual(old.function, "Painter")
        # Nobody asked for the town here, so the old one stays.
        self.assertEqual(old.city, "Kyiv")
        self.assertLessEqual(self.known_tag | self.welcome_tag, old.category_id)
        self.assertNotIn(self.stale_tag, old.category_id)
        notes = " ".join(old.message_ids.mapped("body"))
        self.assertIn("Painter (before: Poet)", notes)
        self.assertIn("067 123-45-67", notes)

    def test_what_was_asked_after_the_number_counts_too(self):
        self.done.next_step_id = self.step(
            "Your e-mail?", "update_contact", field_id=self.field("email")
        )
        old = self.contact()
        self.tells()
        self.says("new@example.com")
        self.merge()
        self.assertEqual(old.email, "new@example.com")

    def test_what_somebody_emptied_since_empties_nothing(self):
        self.account.trust_typed_phone = False
        old = self.contact(function="Poet")
        self.done.next_step_id = self.step(
            "Your job?", "update_contact", field_id=self.field("function")
        )
        new = self.tells()
        self.says("Painter")
        self.merge()
        new.write({"phone": False, "function": False})
        self.presses_merge(self.listed())
        self.assertFalse(new.exists())
        self.assertEqual((old.phone, old.function), ("067 123-45-67", "Poet"))

    def test_leads_and_lines_follow(self):
        self.done.next_step_id = self.step("Lead", "create_lead")
        old = self.contact()
        new = self.tells()
        lead = self.chat().lead_ids
        self.assertEqual(lead.partner_id, new)
        lines = self.chat().message_ids
        self.merge()
        self.assertEqual(lead.partner_id, old)
        self.assertEqual(self.chat().message_ids, lines)
        self.assertEqual(self.chat().lead_ids, lead)
