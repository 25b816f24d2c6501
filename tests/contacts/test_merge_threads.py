"""Merges beside turns, beside each other and beside people, on real cursors."""

import threading
from unittest.mock import patch

from odoo.exceptions import UserError
from odoo.tests import tagged

from ...jobs import contacts, dialogues, worker
from ...models.contacts import helpcrunch_duplicate_merge
from ...models.dialogue.turn import Turn
from ..common import MANAGER_GROUP, PATIENCE
from ..common_threads import ThreadCase

PHONE = "+380 67 123 4567"
NUMBER = "+380671234567"


@tagged("post_install", "-at_install")
class TestMergeThreads(ThreadCase):
    def setUp(self):
        super().setUp()
        with self.transaction(self.manager_id) as env:
            fields = env["ir.model.fields"]
            for name in ("phone", "function"):
                env["helpcrunch.step"].create(
                    {
                        "name": f"Your {name}?",
                        "message": f"Your {name}?",
                        "step_type": "update_contact",
                        "bot_id": self.bot_id,
                        "field_id": fields._get("res.partner", name).id,
                        "merge_by_phone": name == "phone",
                        "alias_ids": [(0, 0, {"name": f"/{name}"})],
                    },
                )

    def _clean_up(self):
        with self.transaction() as env:
            env["crm.lead"].search([("name", "=", "By hand")]).unlink()
            env["helpcrunch.duplicate"].search([]).unlink()
        result = super()._clean_up()
        with self.transaction() as env:
            env["res.partner"].search([("phone_sanitized", "=", NUMBER)]).unlink()
        return result

    def says(self, *texts, customer=5001):
        """Let a customer write; the webhooks are taken in and worked off."""
        for text in texts:
            self.helpcrunch.customer_says(customer, text, application=2, name="Taras")
            for webhook in self.helpcrunch.captured(clear=True):
                self.receive(webhook)
            self.settle()
        self.helpcrunch.captured(clear=True)
        with self.transaction() as env:
            return (
                self.chats(env)
                .filtered(lambda chat: chat.customer_id.external_id == str(customer))[
                    :1
                ]
                .id
            )

    def contact(self):
        with self.transaction() as env:
            return env["res.partner"].create({"name": "Old", "phone": PHONE}).id

    def merge(self):
        contacts.merge_contacts(self.dbname)

    def test_many_merges_of_one_number_at_once(self):
        old = self.contact()
        customers = range(5001, 5007)
        for customer in customers:
            self.says("Hi", "/phone", PHONE, customer=customer)
        with self.transaction() as env:
            new = set(self.chats(env).partner_id.ids)
            self.assertEqual(len(new), len(customers))
        self.together(*[self.merge] * 4)
        # Whoever found a row locked left it to the others.
        self.merge()
        with self.transaction() as env:
            partners = env["res.partner"]
            self.assertEqual(
                partners.search([("phone_sanitized", "=", NUMBER)]).id, old
            )
            self.assertFalse(partners.browse(new).exists())
            self.assertEqual(self.chats(env).partner_id.id, old)
            self.assertEqual(len(self.chats(env)), len(customers))
            self.assertEqual(len(partners.browse(old).helpcrunch_customer_ids), 6)
            self.assertFalse(env["helpcrunch.duplicate"].search([]))

    def test_a_merge_waits_for_a_turn_of_the_merged_contact(self):
        self._merge_beside_a_turn(of_old=False)

    def test_a_merge_waits_for_a_turn_of_the_survivor(self):
        self._merge_beside_a_turn(of_old=True)

    def _merge_beside_a_turn(self, of_old):
        """Let a merge begin while a turn has written its contact and not committed."""
        old = self.contact()
        mine = self.says("Hi", "/phone", PHONE)
        self.merge()
        other = self.says("Hi", "/phone", PHONE, customer=5002)
        chat_id, customer = (mine, 5001) if of_old else (other, 5002)
        self.says("/function", customer=customer)
        entered, go_on = threading.Event(), threading.Event()
        flush = Turn.flush

        def slow_flush(turn):
            entered.set()
            go_on.wait(PATIENCE)
            flush(turn)

        self.helpcrunch.customer_says(customer, "Painter", application=2)
        webhooks = self.helpcrunch.captured(clear=True)
        with patch.object(Turn, "flush", slow_flush):
            turn = threading.Thread(
                target=lambda: [self.receive(webhook) for webhook in webhooks]
            )
            turn.start()
            self.assertTrue(entered.wait(PATIENCE))
            merge = threading.Thread(target=self.merge)
            merge.start()
            merge.join(0.5)
            self.assertTrue(merge.is_alive(), "the merge did not wait for the turn")
            go_on.set()
            turn.join(PATIENCE)
            merge.join(PATIENCE)
        self.settle()
        self.merge()
        with self.transaction() as env:
            partner = env["res.partner"].browse(old)
            self.assertEqual(self.chats(env).partner_id, partner)
            self.assertEqual(partner.function, "Painter")
            self.assertEqual(env["helpcrunch.chat"].browse(chat_id).answer, "Painter")

    def test_a_turn_that_came_during_a_merge_sees_the_survivor(self):
        old = self.contact()
        chat_id = self.says("Hi", "/phone", PHONE)
        locked, go_on = threading.Event(), threading.Event()
        with self.transaction() as env:
            duplicates = env.registry["helpcrunch.duplicate"]
        merge = duplicates._merge

        def slow_merge(row, newer, older):
            locked.set()
            go_on.wait(PATIENCE)
            merge(row, newer, older)

        with patch.object(duplicates, "_merge", slow_merge):
            thread = threading.Thread(target=self.merge)
            thread.start()
            self.assertTrue(locked.wait(PATIENCE))
            self.helpcrunch.customer_says(5001, "lead", application=2)
            # Stored and answered at once; the dialogue is busy, so its turn waits.
            for webhook in self.helpcrunch.captured(clear=True):
                self.receive(webhook)
            with self.transaction() as env:
                self.assertEqual(self.pending(env), 1)
            go_on.set()
            thread.join(PATIENCE)
        dialogues.take_turns(self.dbname, chat_id)
        self.settle()
        with self.transaction() as env:
            chat = env["helpcrunch.chat"].browse(chat_id)
            self.assertEqual(chat.partner_id.id, old)
            self.assertEqual(chat.lead_ids.partner_id.id, old)
            self.assertEqual(self.pending(env), 0)

    def test_what_somebody_just_writes_about_the_contact_follows(self):
        old = self.contact()
        self.says("Hi", "/phone", PHONE)
        with self.transaction() as env:
            new = self.chats(env).partner_id.id
        with self.transaction() as env:
            # A colleague's transaction, not committed yet.
            env.cr.execute(
                "INSERT INTO crm_lead (name, type, partner_id, user_id, active)"
                " VALUES ('By hand', 'lead', %s, 1, TRUE) RETURNING id",
                (new,),
            )
            lead_id = env.cr.fetchone()[0]
            thread = threading.Thread(target=self.merge)
            thread.start()
            thread.join(0.5)
            self.assertTrue(thread.is_alive(), "the merge did not wait for the lead")
        thread.join(PATIENCE)
        with self.transaction() as env:
            self.assertFalse(env["res.partner"].browse(new).exists())
            self.assertEqual(env["crm.lead"].browse(lead_id).partner_id.id, old)

    def test_who_holds_a_contact_for_long_keeps_no_customer_waiting(self):
        self.contact()
        chat_id = self.says("Hi", "/phone", PHONE)
        with self.registry.cursor() as cr:
            cr.execute(
                "SELECT id FROM res_partner WHERE phone_sanitized = %s FOR UPDATE",
                (NUMBER,),
            )
            with (
                patch.object(helpcrunch_duplicate_merge, "_LOCK_TIMEOUT", "300ms"),
                patch.object(worker, "submit_later") as submit_later,
                self.assertLogs(contacts.__name__, "WARNING"),
            ):
                self.merge()
            alarms = [call.args[:2] for call in submit_later.call_args_list]
            self.assertIn((5, contacts.merge_contacts), alarms)
            # The dialogue is free again, and the merge waits for its time.
            self.says("/start")
            cr.rollback()
        with self.transaction() as env:
            row = env["helpcrunch.duplicate"].search([("chat_id", "=", chat_id)])
            self.assertEqual((row.state, row.tries), ("queued", 1))
            self.assertEqual(self.pending(env), 0)

    def test_the_button_says_so_when_somebody_holds_a_contact(self):
        merger_id = self._create_person(
            "thread_merger", f"{MANAGER_GROUP},base.group_partner_manager"
        )
        old = self.contact()
        with self.transaction() as env:
            env["helpcrunch.account"].browse(self.account_id).trust_typed_phone = False
        self.says("Hi", "/phone", PHONE)
        self.merge()
        with self.registry.cursor() as cr:
            cr.execute("SELECT id FROM res_partner WHERE id = %s FOR UPDATE", (old,))
            with (
                patch.object(helpcrunch_duplicate_merge, "_LOCK_TIMEOUT", "300ms"),
                self.assertRaisesRegex(UserError, "Somebody is changing Old / Taras"),
                self.transaction(merger_id) as env,
            ):
                env["helpcrunch.duplicate"].search([]).action_merge()
            cr.rollback()
        with self.transaction() as env:
            self.assertEqual(env["helpcrunch.duplicate"].search([]).state, "open")

    def test_a_dialogue_that_opens_beside_a_merge_finds_its_contact(self):
        old = self.contact()
        self.says("Hi", "/phone", PHONE)
        with self.transaction() as env:
            customer = self.chats(env).customer_id
            new = customer.partner_id.id
        # A second chat of the same customer begins while the merge is under way.
        self.helpcrunch.set(closed_chat="new")
        self.helpcrunch.close(self.helpcrunch.chats()[-1]["id"])
        self.helpcrunch.captured(clear=True)
        self.helpcrunch.customer_says(5001, "Hi again", application=2)
        webhooks = self.helpcrunch.captured(clear=True)
        self.together(
            self.merge, *[lambda hook=hook: self.receive(hook) for hook in webhooks]
        )
        self.settle()
        self.merge()
        with self.transaction() as env:
            self.assertFalse(env["res.partner"].browse(new).exists())
            self.assertEqual(self.chats(env).partner_id.id, old)
