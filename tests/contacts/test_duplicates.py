"""The list of possible duplicates: what a person has to decide."""

from odoo.exceptions import AccessError
from odoo.tests import new_test_user, tagged, users

from .test_merge import PHONE, MergeCase


@tagged("post_install", "-at_install")
class TestPossibleDuplicates(MergeCase):
    """The list of what a person has to decide."""

    def setUp(self):
        super().setUp()
        self.account.trust_typed_phone = False
        self.operator = new_test_user(
            self.env, "operator", "helpcrunch_chatbot.group_operator"
        )
        self.old = self.contact()
        self.new = self.tells()
        self.merge()
        self.row = self.listed()

    @users("shop_manager")
    def test_a_manager_merges_with_one_click(self):
        self.partner().company_id = False
        action = self.row.with_user(self.env.user).action_merge()
        self.assertEqual(action["res_id"], self.old.id)
        self.assertFalse(self.new.exists())
        self.assertFalse(self.row.exists())
        self.assertEqual(self.old.message_ids[0].author_id, self.env.user.partner_id)

    @users("shop_manager")
    def test_not_the_same_is_asked_only_once(self):
        self.row.with_user(self.env.user).action_dismiss()
        self.assertEqual(self.row.state, "dismissed")
        self.says("/start")
        self.says("0671234567")
        self.merge()
        self.assertEqual(self.listed(), self.row)
        self.assertEqual(self.row.state, "dismissed")
        self.row.with_user(self.env.user).action_decide_again()
        self.assertEqual(self.row.state, "open")

    @users("shop_manager")
    def test_the_next_one_is_looked_at_then(self):
        self.row.with_user(self.env.user).action_dismiss()
        other = self.contact("Other")
        self.says("/start")
        self.says("0671234567")
        self.merge()
        row = self.listed() - self.row
        self.assertEqual(row.older_partner_id | row.partner_id, other | self.new)

    @users("shop_manager")
    def test_side_by_side(self):
        self.old.write({"city": "Kyiv", "name": "<b>Old</b>"})
        row = self.row.with_user(self.env.user)
        html = str(row.comparison)
        for text in ("Kyiv", "&lt;b&gt;Old&lt;/b&gt;", "Taras", PHONE):
            self.assertIn(text, html)
        self.assertEqual(row.display_name, "<b>Old</b> ≟ Taras")
        lines = {line["label"]: line for line in row._get_comparison()}
        self.assertEqual([key for key in lines if lines[key]["differs"]], ["Name"])
        # What a merge would make of them, and does.
        after = {label: line["after"] for label, line in lines.items()}
        self.assertEqual(
            (after["Name"], after["City"], after["Phone"]),
            ("<b>Old</b>", "Kyiv", PHONE),
        )
        row.action_merge()
        self.assertEqual(
            (self.old.name, self.old.city, self.old.phone),
            ("<b>Old</b>", "Kyiv", PHONE),
        )
        self.assertIn(f"/odoo/res.partner/{self.old.id}", html)

    def test_parent_and_child_can_be_merged_by_hand(self):
        for parent, child in ((self.old, self.new), (self.new, self.old)):
            with self.subTest(parent=parent.name), self.env.cr.savepoint() as savepoint:
                child.parent_id = parent
                self.row.with_user(self.manager).action_merge()
                self.assertFalse(self.new.exists())
                self.assertFalse(self.old.parent_id)
                savepoint.rollback()
                self.env.invalidate_all()

    def test_two_users_are_refused_in_odoos_words(self):
        for partner, login in ((self.old, "one"), (self.new, "two")):
            new_test_user(self.env, login).partner_id = partner
        with self.refused("linked to more than one user"):
            self.row.with_user(self.env.ref("base.user_admin")).action_merge()
        self.assertTrue(self.new.exists())

    def test_a_colleagues_contact_needs_the_rights_on_users(self):
        new_test_user(self.env, "one").partner_id = self.old
        with self.refused("You may not merge"):
            self.row.with_user(self.manager).action_merge()
        self.row.with_user(self.env.ref("base.user_admin")).action_merge()
        self.assertFalse(self.new.exists())
        self.assertEqual(self.old.user_ids.login, "one")

    def test_several_at_a_time(self):
        first, second, third = (self.contact(name) for name in "ABC")
        rows = self.list_pair(second, first) + self.list_pair(third, second)
        rows += self.list_pair(third, first)
        rows.with_user(self.manager).action_merge()
        self.assertEqual((first | second | third).exists(), first)
        self.assertFalse(rows.exists())

    def test_other_pairs_of_a_merged_contact_stay_in_order(self):
        between = self.contact("Between")
        self.env.cr.execute(
            "UPDATE res_partner SET create_date = now() - interval '1 day' * %s"
            " WHERE id = %s; UPDATE res_partner SET create_date = now() - interval"
            " '1 day' * %s WHERE id = %s",
            (9, self.old.id, 5, between.id),
        )
        self.env.invalidate_all()
        other = self.list_pair(self.new, between)
        self.row.with_user(self.manager).action_merge()
        self.assertEqual(other.older_partner_id, self.old)
        self.assertEqual(other.partner_id, between)

    def test_not_the_same_outlives_a_merge_of_one_of_them(self):
        other = self.contact("Other")
        dismissed = self.list_pair(other, self.new, state="dismissed")
        asked = self.list_pair(other, self.old)
        self.row.with_user(self.manager).action_merge()
        self.assertEqual((dismissed | asked).exists().state, "dismissed")

    def test_a_contact_out_of_sight_does_not_block_the_list(self):
        company = self.env["res.company"].create({"name": "Other"})
        self.old.company_id = company
        row = self.row.with_user(self.manager)
        self.assertIn(self.old.name, row.display_name)
        self.assertFalse(row.comparison)
        with self.refused("You may not merge"):
            row.action_merge()

    def test_a_company_keeps_its_name_when_a_person_is_merged_into_it(self):
        firm = self.contact("Firm", "050 111 22 33", is_company=True)
        self.ask.next_step_id = self.step(
            "Your name?", "update_contact", field_id=self.field("name")
        )
        self.says("Hi", customer=5002, name="T.", locale="en")
        self.says("0501112233", customer=5002)
        self.says("Nazar", customer=5002)
        self.merge()
        row = self.listed() - self.row
        self.assertEqual((row.reason, row.older_partner_id), ("kind", firm))
        after = {line["label"]: line["after"] for line in row._get_comparison()}
        row.with_user(self.manager).action_merge()
        self.assertEqual((firm.name, firm.phone), ("Firm", "+380 50 111 2233"))
        self.assertEqual((after["Name"], after["Phone"]), (firm.name, firm.phone))

    def test_the_gravest_reason_stays(self):
        self.old.write({"is_company": True, "email": "taras@example.com"})
        self.row.unlink()
        self.ask.next_step_id = self.step(
            "Your e-mail?", "update_contact", field_id=self.field("email")
        )
        self.says("/start")
        self.says("0671234567")
        self.merge()
        self.assertEqual(self.listed().reason, "kind")
        self.says("taras@example.com")
        self.merge()
        self.assertEqual((self.listed().reason, self.listed().kind), ("kind", "phone"))

    def test_what_is_not_kept_is_written_down(self):
        self.old.city = "Kyiv"
        self.new.write({"city": "Lviv", "street": "Franka 1", "function": "Poet"})
        self.old.function = "Poet"
        self.row.with_user(self.manager).action_merge()
        self.assertEqual((self.old.city, self.old.street), ("Kyiv", "Franka 1"))
        notes = " ".join(self.old.message_ids.mapped("body"))
        self.assertIn("City: Lviv", notes)
        self.assertNotIn("Franka", notes)
        self.assertNotIn("Poet", notes)

    def test_no_broadcasts_for_a_part_means_none_for_the_whole(self):
        self.says("Hi", customer=5002, name="T.", locale="en")
        other = self.partner(5002)
        other.helpcrunch_opt_out = True
        row = self.list_pair(other, self.new)
        row.with_user(self.manager).action_merge()
        self.assertEqual(len(self.new.helpcrunch_customer_ids), 2)
        self.assertEqual(self.new.helpcrunch_customer_ids.mapped("opt_out"), [True] * 2)

    def test_a_new_customer_whose_email_several_have(self):
        self.contact("A", False, email="team@example.com")
        self.contact("B", False, email="team@example.com")
        self.says("Hi", customer=5002, name="T.", email="team@example.com")
        self.merge()
        row = self.listed() - self.row
        self.assertEqual(row.reason, "email")
        self.assertIn(self.partner(5002), row.partner_id | row.older_partner_id)

    def test_an_equal_email_is_listed_and_never_merged(self):
        self.account.trust_typed_phone = True
        other = self.contact("Olena", phone=False, email="olena@example.com")
        self.done.next_step_id = self.step(
            "Your e-mail?", "update_contact", field_id=self.field("email")
        )
        self.says("Hi", customer=5002, name="O.", locale="en")
        self.says("050 111 22 33", customer=5002)
        self.says("Olena@Example.com", customer=5002)
        self.merge()
        row = self.listed() - self.row
        self.assertEqual((row.reason, row.older_partner_id), ("email", other))
        self.assertEqual(row.partner_id, self.partner(5002))

    def test_nobody_else_sees_the_list(self):
        duplicates = self.env["helpcrunch.duplicate"]
        self.assertFalse(duplicates.with_user(self.operator).has_access("read"))
        with self.assertRaises(AccessError):
            self.row.with_user(self.operator).action_merge()
        company = self.env["res.company"].create({"name": "Other"})
        stranger = self._create_manager(company)
        self.assertFalse(duplicates.with_user(stranger).search([]))
