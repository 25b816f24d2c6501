"""Who is not merged by itself, merges that fail, and merges by hand."""

from odoo.tests import new_test_user, tagged

from ...jobs import contacts
from .test_merge import PHONE, MergeCase


@tagged("post_install", "-at_install")
class TestUnsafeMerges(MergeCase):
    # === NOT SAFE === #

    def test_a_user_is_not_merged(self):
        user = new_test_user(self.env, "shevchenko")
        user.partner_id.write({"phone": "067 123-45-67", "email": False})
        new = self.tells()
        self.merge()
        self.assertTrue(new.exists())
        self.assertEqual(self.listed().reason, "user")

    def test_neither_is_one_who_was_a_user(self):
        user = new_test_user(self.env, "shevchenko")
        user.active = False
        user.partner_id.write({"phone": "067 123-45-67", "email": False})
        self.tells()
        self.merge()
        self.assertEqual(self.listed().reason, "user")

    def test_two_emails_are_not_merged(self):
        self.contact(email="old@example.com")
        new = self.tells(email="new@example.com")
        self.merge()
        self.assertTrue(new.exists())
        self.assertEqual(self.listed().reason, "emails")

    def test_one_email_in_two_spellings_is(self):
        old = self.contact(email="Taras <TARAS@example.com>", active=False)
        self.tells(email="taras@example.com")
        old.active = True
        self.merge()
        self.assertEqual(self.partner(), old)

    def test_parent_and_child_are_not_merged(self):
        parent = self.contact()
        self.says("Hi", name="Taras", locale="en")
        self.partner().parent_id = parent
        self.says("0671234567")
        self.merge()
        self.assertEqual(self.listed().reason, "family")

    def test_nor_are_two_people_of_one_company(self):
        company = self.contact("Firm", phone=False, is_company=True)
        self.contact(parent_id=company.id)
        self.says("Hi", name="Taras", locale="en")
        self.partner().parent_id = company
        self.says("0671234567")
        self.merge()
        self.assertEqual(self.listed().reason, "family")

    def test_a_firm_does_not_come_along_unasked(self):
        firm = self.contact("Firm", phone=False, is_company=True, vat="UA999")
        old = self.contact(vat="UA111")
        self.says("Hi", name="Taras", locale="en")
        self.partner().parent_id = firm
        self.says("0671234567")
        self.merge()
        self.assertEqual(self.listed().reason, "family")
        self.assertEqual(old.vat, "UA111")

    def test_a_company_is_no_person(self):
        self.assertEqual(self.reason(is_company=True), "kind")

    def test_nor_is_an_address(self):
        self.assertEqual(self.reason(type="delivery"), "kind")

    def test_a_child_contact_stays_in_its_company(self):
        company = self.contact("Firm", phone=False, is_company=True)
        old = self.contact(parent_id=company.id)
        new = self.tells()
        child = self.contact("Child", phone=False, parent_id=new.id)
        self.merge()
        self.assertEqual(self.partner(), old)
        self.assertEqual(old.commercial_partner_id, company)
        self.assertEqual(child.parent_id, old)
        self.assertEqual(child.commercial_partner_id, company)

    def test_a_typed_phone_that_is_not_trusted(self):
        self.account.trust_typed_phone = False
        old = self.contact()
        new = self.tells()
        self.merge()
        self.assertEqual(self.listed().reason, "untrusted")
        # Until somebody decides, the dialogue goes on with its own contact.
        self.says("/start")
        self.assertEqual(self.says("0671234567"), ["Now it is clear, Taras"])
        self.merge()
        self.assertEqual(len(self.listed()), 1)
        self.presses_merge(self.listed())
        self.assertFalse(new.exists())
        self.assertEqual(self.partner(), old)
        self.assertEqual(old.phone, PHONE)

    # === WHEN IT FAILS === #

    def test_a_merge_that_fails_is_tried_again_and_then_left_to_a_person(self):
        self.contact()
        new = self.tells()
        row = self.env["helpcrunch.duplicate"].search([])
        wizard = self.env.registry["base.partner.merge.automatic.wizard"]

        def refuse(*args, **kwargs):
            raise ValueError("No room")

        self.patch(wizard, "_merge", refuse)
        with self.assertLogs("odoo.addons.helpcrunch_chatbot.jobs.contacts", "WARNING"):
            self.merge()
        self.assertEqual((row.state, row.tries), ("queued", 1))
        self.assertIn("No room", row.error)
        # Not before its time.
        self.merge()
        self.assertEqual(row.tries, 1)
        for _try in range(4):
            row.not_before = False
            with self.assertLogs(contacts.__name__, "WARNING"):
                self.merge()
        self.assertEqual((row.state, row.reason), ("open", "failed"))
        self.assertEqual(row.partner_id, new)

    # === BY HAND === #

    def test_odoos_own_merge_keeps_dialogues_and_list_right(self):
        self.account.trust_typed_phone = False
        old = self.contact()
        new = self.tells()
        third = self.contact("Third", phone=False)
        self.merge()
        self.env["base.partner.merge.automatic.wizard"]._merge(
            [new.id, third.id], third
        )
        self.assertEqual(self.partner(), third)
        self.assertEqual(self.listed().partner_id, third)
        self.env["base.partner.merge.automatic.wizard"]._merge([third.id, old.id], old)
        self.assertFalse(self.listed())
        self.assertEqual(self.partner(), old)
