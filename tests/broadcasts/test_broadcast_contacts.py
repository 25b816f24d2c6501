from pathlib import Path

from odoo.tests import tagged

from ..common_broadcasts import BroadcastCase


@tagged("post_install", "-at_install")
class TestBroadcastContacts(BroadcastCase):
    """Contacts that are merged, deleted or copied while a broadcast goes on."""

    def merge_contacts(self, *customers):
        """Merge contacts by hand, as Odoo's wizard does; the last one survives."""
        partners = [self.partner(customer) for customer in customers]
        wizard = self.env["base.partner.merge.automatic.wizard"].create(
            {"state": "option"}
        )
        wizard._merge(
            [partner.id for partner in partners], partners[-1], extra_checks=False
        )
        self.env.invalidate_all()

    def test_two_recipients_become_one(self):
        self.customers(3)
        broadcast = self.plan()
        self.merge_contacts(5001, 5002)
        self.assertEqual(len(broadcast.recipient_ids), 2)
        self.send_rest(broadcast)
        self.assertEqual(broadcast.sent_count, 2)
        heard = self.heard(5001) + self.heard(5002)
        self.assertEqual(heard.count("News"), 1)

    def test_who_got_it_gets_it_no_more(self):
        self.customers(2)
        broadcast = self.plan()
        first, second = broadcast.recipient_ids
        self.by_machine(second).not_before = "2100-01-01 00:00:00"
        self.look(2)
        self.assertEqual((first.state, second.state), ("sent", "pending"))
        self.merge_contacts(5001, 5002)
        self.assertEqual(broadcast.recipient_ids, first)
        self.assertEqual(first.partner_id, self.partner(5002))
        self.send_rest(broadcast)
        self.assertEqual(broadcast.state, "done")
        self.assertNotIn("News", self.heard(5002))

    def test_broadcasts_of_which_only_one_got_something_stay(self):
        self.customers(1)
        former = self.send()
        self.customers(1, first=5002)
        broadcast = self.send()
        self.merge_contacts(5001, 5002)
        self.assertEqual(former.recipient_ids.partner_id, self.partner(5002))
        self.assertEqual(len(broadcast.recipient_ids), 1)

    def test_a_deleted_contact(self):
        self.customers(2)
        broadcast = self.plan()
        partner = self.partner(5001)
        (self.chat(5001) | self.chat(5002)).lead_ids.unlink()
        partner.unlink()
        self.send_rest(broadcast)
        self.assertEqual(
            broadcast.recipient_ids.mapped("reason"), ["gone", False], "who is gone"
        )
        self.assertEqual(broadcast.state, "done")

    def test_a_neutralized_copy_sends_nothing(self):
        self.customers(2)
        broadcast = self.plan()
        self.look()
        self.env.flush_all()
        root = Path(__file__).resolve().parent.parent.parent
        self.env.cr.execute((root / "data" / "neutralize.sql").read_text())
        self.env.invalidate_all()
        self.assertEqual(broadcast.state, "cancelled")
        self.assertFalse(
            broadcast.recipient_ids.filtered(lambda row: row.state == "pending")
        )
        self.assertEqual(self.news.state, "paused")
