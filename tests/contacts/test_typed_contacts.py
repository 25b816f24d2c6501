"""Contacts that somebody typed a number of: extensions, notes, renaming, language."""

from odoo.tests import new_test_user, tagged

from ..common import CUSTOMER
from .test_merge import PHONE, MergeCase

GIVEN = "+380 67 123 4567"


@tagged("post_install", "-at_install")
class TestTypedContacts(MergeCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        company = cls.account.company_id.with_user(cls.administrator)
        company.partner_id.lang = "en_US"
        cls.reviewer = new_test_user(
            cls.env,
            "typed_reviewer",
            "base.group_user,base.group_partner_manager,"
            "helpcrunch_chatbot.group_manager",
        )

    def merged(self, **vals):
        """Return a known contact that a stranger became by typing its number."""
        old = self.contact("Оксана Гончар", **vals)
        self.tells()
        self.merge()
        self.assertEqual(self.partner(), old)
        return old

    # === EXTENSIONS === #

    def test_another_extension_is_another_line(self):
        for number, (phone, typed) in enumerate(
            (
                ("+380 44 123 45 01 доб. 101", "044 123 45 01 ext. 202"),
                ("+380 44 123 45 02 ext. 101", "0441234502"),
                ("+380 44 123 45 03", "0441234503 x101"),
                ("+380 44 123 45 04 ext. 7", "0441234504 дод. 8"),
            ),
            start=CUSTOMER,
        ):
            old = self.contact("Firm", phone)
            new = self.tells(typed, customer=number)
            self.merge()
            row = self.listed().filtered(
                lambda row, old=old: row.older_partner_id == old
            )
            with self.subTest(phone=phone, typed=typed):
                self.assertTrue(new.exists())
                self.assertEqual((row.partner_id, row.reason), (new, "extension"))
                self.assertEqual(old.phone, phone)

    def test_the_same_extension_is_the_same_line(self):
        self.contact("Reception", "+380 44 123 45 01")
        old = self.contact("Oksana", "+380 44 123 45 01 ext. 101")
        new = self.tells("044 123 45 01 доб. 101")
        self.merge()
        self.assertFalse(new.exists())
        self.assertEqual(self.partner(), old)

    def test_an_extension_lost_in_a_merge_by_hand_is_written_down(self):
        old = self.contact("Firm", "+380 44 123 45 01 ext. 202")
        self.tells("044 123 45 01 ext. 101")
        self.merge()
        self.listed().with_user(self.reviewer).action_merge()
        self.assertEqual(old.phone, "+380 44 123 4501 ext. 101")
        self.assertIn("ext. 202", " ".join(old.message_ids.mapped("body")))

    # === NOTES === #

    def test_a_number_is_noted_once_on_a_merged_contact(self):
        old = self.merged()
        notes = [str(body) for body in old.message_ids.mapped("body")]
        self.assertEqual(sum(f"{GIVEN} (before" in note for note in notes), 1)
        # What was written there before is told, too.
        self.assertEqual(sum("(before: 067 123-45-67)" in note for note in notes), 1)

    def test_so_is_one_in_the_same_spelling(self):
        old = self.merged(phone=PHONE)
        bodies = " ".join(str(body) for body in old.message_ids.mapped("body"))
        self.assertEqual(bodies.count("given in a chat"), 1)

    # === A STRANGER RENAMES NOBODY === #

    def _ask_all(self):
        email = self.step(
            "Your e-mail?",
            "update_contact",
            field_id=self.field("email"),
            next_step_id=self.step("Bye"),
        )
        self.name_step = self.step(
            "Your name?",
            "update_contact",
            alias="name",
            field_id=self.field("name"),
            next_step_id=email,
            add_category_ids=[(6, 0, self.known_tag.ids)],
        )

    def test_a_name_waits_for_a_person(self):
        self._ask_all()
        old = self.merged(email="oksana@example.com")
        self.says("name")
        self.assertEqual(self.says("Петро"), ["Your e-mail?"])
        self.assertIn("review", self.codes())
        self.assertEqual(self.says("petro@example.com"), ["Bye"])
        self.says("/start")
        self.says("050 111 22 33")
        self.merge()
        self.assertEqual(
            (old.name, old.email, old.phone),
            ("Оксана Гончар", "oksana@example.com", GIVEN),
        )
        rows = self.listed()
        self.assertEqual(set(rows.mapped("reason")), {"answer"})
        self.assertEqual(
            {row.kind: row.value for row in rows},
            {
                "name": "Петро",
                "email": "petro@example.com",
                "phone": "+380 50 111 2233",
            },
        )
        self.assertEqual(rows.older_partner_id, old)
        # The tag of an accepted answer is there, and once is enough.
        self.assertIn(self.known_tag, old.category_id)
        self.says("name")
        self.says("Павло")
        self.assertEqual(len(self.listed()), 3)

    def test_a_person_decides(self):
        self._ask_all()
        old = self.merged()
        self.says("name")
        self.says("Петро")
        row = self.listed().with_user(self.reviewer)
        self.assertTrue(row.display_name)
        row.action_dismiss()
        self.says("oksana@example.com")
        self.says("name")
        self.says("Петро")
        self.assertEqual(self.listed().mapped("state"), ["dismissed"])
        self.says("oksana@example.com")
        self.says("name")
        self.says("Оксана Г.")
        row = (self.listed() - row).with_user(self.reviewer)
        self.assertEqual(row.value, "Оксана Г.")
        row.action_merge()
        self.assertFalse(row.exists())
        self.assertEqual(old.name, "Оксана Г.")
        self.assertIn("Оксана Гончар", " ".join(old.message_ids.mapped("body")))

    def test_what_is_empty_or_equal_needs_nobody(self):
        self._ask_all()
        old = self.merged()
        self.says("name")
        self.says("оксана гончар")
        self.says("oksana@example.com")
        self.says("/start")
        self.says("0671234567")
        self.assertEqual(old.name, "Оксана Гончар")
        self.assertEqual(old.email, "oksana@example.com")
        self.assertFalse(self.listed())

    def test_an_own_contact_is_renamed_as_before(self):
        self._ask_all()
        self.tells()
        self.merge()
        self.says("name")
        self.says("Петро")
        self.assertEqual(self.partner().name, "Петро")
        self.assertFalse(self.listed())

    def test_the_list_follows_a_merge_of_the_contact(self):
        self._ask_all()
        old = self.merged()
        self.says("name")
        self.says("Петро")
        older = self.contact("Older", False)
        wizard = self.env["base.partner.merge.automatic.wizard"].with_user(
            self.reviewer
        )
        wizard.create(
            {"partner_ids": [(6, 0, (old | older).ids)], "dst_partner_id": older.id}
        ).action_merge()
        self.assertEqual(self.listed().older_partner_id, older)

    # === LANGUAGE === #

    def test_the_language_is_the_one_that_was_spoken(self):
        self.env["res.lang"]._activate_lang("uk_UA")
        self.done.with_context(lang="uk_UA").message = "Готово"
        self.done.with_context(lang="en_US").message = "Done"
        old = self.contact(lang="en_US")
        self.says("Привіт", name="T", locale="uk")
        self.says("0671234567")
        self.merge()
        self.assertEqual(self.partner(), old)
        self.says("/start")
        self.assertEqual(self.says("0671234567"), ["Готово"])
        # Whoever changes the contact's language means it.
        self.assertEqual(old.lang, "en_US")
        old.with_user(self.reviewer).lang = "uk_UA"
        self.assertEqual(self.chat().customer_id._get_spoken_language(), "uk_UA")

    def test_a_language_that_is_chosen_counts(self):
        self.env["res.lang"]._activate_lang("uk_UA")
        self.step("Lang?", "update_contact", alias="lang", field_id=self.field("lang"))
        self.done.with_context(lang="uk_UA").message = "Готово"
        self.done.with_context(lang="en_US").message = "Done"
        self.contact(lang="en_US")
        self.says("Привіт", name="T", locale="uk")
        self.says("0671234567")
        self.merge()
        self.says("lang")
        self.says("English (US)")
        self.says("/start")
        self.assertEqual(self.says("0671234567"), ["Done"])
