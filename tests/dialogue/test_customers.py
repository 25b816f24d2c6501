"""HelpCrunch customers: bound once, and kept up to date by what HelpCrunch tells."""

from datetime import timedelta

from odoo.tests import tagged

from ...jobs import contacts
from ..common import CUSTOMER, TELEGRAM, HelpcrunchCase

VIBER = 3


@tagged("post_install", "-at_install")
class TestCustomers(HelpcrunchCase):
    def setUp(self):
        super().setUp()
        self.step("Welcome", alias="/start")
        self.step("Answer", alias="ping")

    def customer(self, external_id=CUSTOMER):
        return (
            self.env["helpcrunch.customer"]
            .with_context(active_test=False)
            .search([("external_id", "=", str(external_id))])
        )

    def look_up(self):
        """Ask HelpCrunch about customers, as the pool of threads does."""
        with self.enter_test_mode_if_needed():
            contacts.look_up_customers(self.env.cr.dbname)
        self.env.invalidate_all()

    def tags(self, customer=CUSTOMER):
        """Return names of the contact's tags but those of messenger and channel."""
        own = self.account.category_id | self.account.application_ids.category_id
        return set((self.partner(customer).category_id - own).mapped("name"))

    def goes_on_as(self, customer):
        """Let the chat go on under another customer's id, as after a merge there."""
        data = {
            "chat_id": int(self.chat().external_id),
            "customer": {"id": customer, "name": "Taras"},
            "message": {"id": 99999, "text": "ping", "applicationId": TELEGRAM},
        }
        with self.enter_test_mode_if_needed():
            self.receive(self.helpcrunch.webhook("message.chat.customer", data))
            self.work()
        self.env.invalidate_all()

    # === TAGS === #

    def test_tags_follow_helpcrunch(self):
        self.says("Hi", name="Taras", tags=["Wholesale", "VIP"])
        self.assertEqual(self.tags(), {"Wholesale", "VIP"})
        self.helpcrunch.set_tags(CUSTOMER, ["VIP", "Late"])
        self.take_in()
        # The event does not tell the tags, so they are asked for outside of the turn.
        self.assertEqual(self.tags(), {"Wholesale", "VIP"})
        self.assertFalse(self.customer().is_known)
        self.look_up()
        self.assertEqual(self.tags(), {"VIP", "Late"})
        self.assertTrue(self.customer().is_known)
        self.helpcrunch.set_tags(CUSTOMER, [])
        self.take_in()
        self.look_up()
        self.assertEqual(self.tags(), set())

    def test_tags_given_in_odoo_stay(self):
        self.says("Hi", name="Taras", tags=["VIP"])
        tag = self.env["res.partner.category"].create({"name": "Friend"})
        self.partner().category_id |= tag
        self.helpcrunch.set_tags(CUSTOMER, [])
        self.take_in()
        self.look_up()
        self.assertEqual(self.tags(), {"Friend"})
        channels = self.account.category_id | self.chat().application_id.category_id
        self.assertLessEqual(channels, self.partner().category_id)

    def test_a_tag_that_another_channel_has_too_stays(self):
        self.says("Hi", name="Taras", tags=["VIP"])
        self.says("Hi", customer=5002, application=VIBER, name="T.", tags=["VIP"])
        partner = self.partner()
        other = self.partner(5002)
        self.env["base.partner.merge.automatic.wizard"]._merge(
            [partner.id, other.id], partner
        )
        self.helpcrunch.set_tags(CUSTOMER, [])
        self.take_in()
        self.look_up()
        self.assertEqual(self.tags(), {"VIP"})
        self.assertFalse(self.customer().category_ids)

    # === WHO DOES NOT WANT === #

    def test_unsubscribed_and_subscribed_again(self):
        self.says("Hi", name="Taras")
        self.helpcrunch.unsubscribe(CUSTOMER)
        self.take_in()
        self.assertTrue(self.customer().opt_out)
        self.assertTrue(self.partner().helpcrunch_opt_out)
        self.assertIn("unsubscribed", str(self.chat().why))
        self.helpcrunch.subscribe(CUSTOMER)
        self.take_in()
        self.assertFalse(self.customer().opt_out)

    def test_a_no_said_here_outlives_a_subscription_there(self):
        self.says("Hi", name="Taras")
        self.helpcrunch.unsubscribe(CUSTOMER)
        self.take_in()
        self.partner().helpcrunch_opt_out = True
        self.helpcrunch.subscribe(CUSTOMER)
        self.take_in()
        self.assertTrue(self.customer().opt_out)

    def both_channels(self):
        """Let one person write through two channels."""
        for customer, channel in ((CUSTOMER, TELEGRAM), (5002, VIBER)):
            self.says(
                "Hi",
                customer=customer,
                application=channel,
                name="Taras",
                email="taras@example.com",
            )
        return self.customer(), self.customer(5002)

    def test_what_helpcrunch_says_is_of_one_channel(self):
        first, second = self.both_channels()
        self.helpcrunch.unsubscribe(CUSTOMER)
        self.helpcrunch.unsubscribe(5002)
        self.helpcrunch.subscribe(CUSTOMER)
        self.take_in()
        self.assertEqual((first.opt_out, second.opt_out), (False, True))

    def test_what_is_said_here_is_of_all_channels_and_of_new_ones(self):
        first, second = self.both_channels()
        first.opt_out = True
        self.assertTrue(second.opt_out)
        third = {"name": "T.", "email": "taras@example.com", "application": VIBER}
        self.says("Hi", customer=5003, **third)
        self.assertTrue(self.customer(5003).opt_out)
        self.helpcrunch.unsubscribe(5003)
        self.helpcrunch.subscribe(5003)
        self.take_in()
        self.assertEqual(
            (first + second + self.customer(5003)).mapped("opt_out"), [True] * 3
        )

    def test_a_merge_does_not_take_unsubscribed_for_a_word(self):
        self.says("Hi", name="Taras")
        self.says("Hi", customer=5002, name="T.", application=VIBER)
        self.helpcrunch.unsubscribe(5002)
        self.take_in()
        partner, other = self.partner(), self.partner(5002)
        self.env["base.partner.merge.automatic.wizard"]._merge(
            [partner.id, other.id], partner
        )
        self.helpcrunch.subscribe(5002)
        self.take_in()
        self.assertFalse(partner.helpcrunch_opt_out)

    def test_without_budget_nobody_counts_as_asked(self):
        self.says("Hi", name="Taras")
        self.customer().is_known = False
        self.by_machine(self.account).budget_ids.blocked_until = 2**31
        self.look_up()
        self.assertFalse(self.customer().asked_at)

    def test_unsubscribed_before_the_first_word(self):
        self.helpcrunch.customer_says(CUSTOMER, "Hi", application=TELEGRAM)
        self.helpcrunch.unsubscribe(CUSTOMER)
        self.take_in()
        self.assertTrue(self.customer().opt_out)

    # === WHO MAY NOT === #

    def test_a_blocked_customer_hears_nothing_more(self):
        self.says("Hi", name="Taras")
        self.helpcrunch.set(down=True)
        self.says("ping")
        self.helpcrunch.set(down=False)
        self.helpcrunch.block(CUSTOMER)
        self.take_in()
        self.assertTrue(self.customer().blocked)
        unsent = self.chat().message_ids.filtered(lambda line: line.body == "Answer")
        self.assertEqual(unsent.state, "cancelled")
        self.assertIn("blocked", unsent.error)

    def test_a_blocked_customer_is_not_answered(self):
        self.says("Hi", name="Taras")
        self.customer().blocked = True
        self.assertEqual(self.says("ping"), [])
        self.assertEqual(self.codes(), ["blocked"])
        self.assertEqual(self.chat().message_ids[0].body, "ping")
        # The webhook of the unblocking was lost, and HelpCrunch is asked.
        self.look_up()
        self.assertEqual(self.says("ping"), ["Answer"])

    def test_unblocked(self):
        self.says("Hi", name="Taras")
        self.helpcrunch.block(CUSTOMER)
        self.helpcrunch.unblock(CUSTOMER)
        self.take_in()
        self.assertFalse(self.customer().blocked)
        self.assertEqual(self.says("ping"), ["Answer"])

    def test_a_deleted_customer_keeps_contact_and_dialogues(self):
        self.says("Hi", name="Taras")
        partner, chat = self.partner(), self.chat()
        self.helpcrunch.delete_customer(CUSTOMER)
        self.take_in()
        self.assertFalse(self.customer().active)
        self.assertTrue(partner.exists() and chat.exists())
        self.assertEqual(partner.helpcrunch_customer_ids, self.customer())

    # === WHO IS WHO === #

    def test_email_told_later(self):
        self.says("Hi", name="Taras")
        self.helpcrunch.set_email(CUSTOMER, "taras@example.com")
        self.take_in()
        self.assertEqual(self.partner().email, "taras@example.com")
        self.helpcrunch.set_email(CUSTOMER, "other@example.com")
        self.take_in()
        self.assertEqual(self.partner().email, "taras@example.com")

    def test_what_helpcrunch_did_not_tell_at_first_follows_later(self):
        self.env.company.country_id = self.env.ref("base.ua")
        self.helpcrunch.set(down=True)
        self.says("Hi", name="Taras", phone="0671234567", tags=["VIP"])
        self.assertFalse(self.customer().is_known)
        self.assertFalse(self.partner().phone)
        self.look_up()
        self.assertFalse(self.customer().is_known)
        self.helpcrunch.set(down=False)
        # Nobody asks for the same customer all the time.
        self.look_up()
        self.assertFalse(self.customer().is_known)
        self.customer().asked_at -= timedelta(minutes=6)
        self.look_up()
        self.assertTrue(self.customer().is_known)
        self.assertEqual(self.partner().phone, "+380 67 123 4567")
        self.assertEqual(self.tags(), {"VIP"})

    def test_a_customer_that_helpcrunch_does_not_know_is_asked_for_once(self):
        self.says("Hi", name="Taras")
        self.customer().write({"is_known": False, "external_id": "99999"})
        self.look_up()
        self.assertTrue(self.env["helpcrunch.customer"].search([]).is_known)

    def test_several_customers_of_one_contact(self):
        self.says("Hi", name="Taras", email="taras@example.com")
        self.says(
            "Hi", customer=5002, application=VIBER, name="T.", email="taras@example.com"
        )
        partner = self.partner()
        self.assertEqual(self.partner(5002), partner)
        self.assertEqual(len(partner.helpcrunch_customer_ids), 2)
        self.assertEqual(len(partner.helpcrunch_chat_ids), 2)
        self.assertEqual(
            set(partner.helpcrunch_category_ids.mapped("name")),
            set(partner.helpcrunch_customer_ids.application_id.mapped("name")),
        )

    def test_a_chat_that_goes_on_under_another_customers_id(self):
        self.says("Hi", name="Taras")
        chat, partner = self.chat(), self.partner()
        self.goes_on_as(5055)
        self.assertEqual(chat.customer_id.external_id, "5055")
        self.assertEqual(chat.partner_id, partner)
        self.assertEqual(chat.customer_id.partner_id, partner)
        self.assertIn("rebound", self.codes(5055))

    def test_a_chat_that_goes_on_under_a_blocked_customers_id(self):
        self.says("Hi", name="Taras")
        self.says("Hi", customer=5055, name="T.")
        self.customer(5055).blocked = True
        self.goes_on_as(5055)
        event = self.env["helpcrunch.event"].search([("message_key", "like", "99999")])
        codes = [line["code"] for line in event.trace]
        self.assertEqual(codes, ["rebound", "blocked"])

    def test_events_of_strangers_make_nobody(self):
        customers = self.env["helpcrunch.customer"].search_count([])
        partners = self.env["res.partner"].search_count([])
        for event in ("new", "tags_changed", "unsubscribed", "blocked", "deleted"):
            with self.enter_test_mode_if_needed():
                status = self.receive(
                    self.helpcrunch.webhook(f"customer.{event}", {"id": 424242})
                )
                self.work()
            self.assertEqual(status, 200)
        self.assertEqual(self.env["helpcrunch.customer"].search_count([]), customers)
        self.assertEqual(self.env["res.partner"].search_count([]), partners)
