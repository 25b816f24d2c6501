"""Erasing what one customer said, and forgetting what is old."""

import json
from datetime import timedelta

from markupsafe import Markup

from odoo import fields
from odoo.exceptions import AccessError
from odoo.tests import new_test_user, tagged

from ...jobs import catch_up
from ...jobs.sender import Sender
from ...models.dialogue import helpcrunch_account as catch_up_rows
from ..common import CUSTOMER, HelpcrunchCase

SECRET = "my secret word"


@tagged("post_install", "-at_install")
class TestPrivacy(HelpcrunchCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.thanks = cls.step("Thanks")
        cls.step("Lead", "create_lead", alias="lead", next_step_id=cls.thanks)
        cls.step("Welcome", alias="/start")

    def setUp(self):
        super().setUp()
        self.says("Hi", name="Taras", email="taras@example.com")
        self.says(SECRET)
        self.says("lead")
        self.says("Hi", customer=5002, name="Olena")
        self.says(f"{SECRET} of Olena", customer=5002)
        self.taras, self.lead = self.partner(), self.chat().lead_ids

    def traces(self, text=SECRET):
        """Return how many rows of ours hold a text, by table."""
        self.env.flush_all()
        counts = {}
        for table, column in (
            ("helpcrunch_message", "body"),
            ("helpcrunch_event", "payload"),
            ("helpcrunch_chat", "answer"),
            ("crm_lead", "description"),
        ):
            self.env.cr.execute(
                f"SELECT count(*) FROM {table} WHERE {column} LIKE %s", (f"%{text}%",)
            )
            counts[table] = self.env.cr.fetchone()[0]
        return {table: number for table, number in counts.items() if number}

    def erase(self):
        self.taras.with_user(self.manager).action_erase_helpcrunch_data()

    def test_the_button_erases_one_customers_conversations(self):
        both = self.traces()
        self.assertIn("crm_lead", both)
        others = self.traces(f"{SECRET} of Olena")
        customer = self.chat().customer_id
        self.lead.description = (
            Markup("Ivan &lt;ivan@example.com&gt; 5 &lt; 6 &lt;script&gt;")
            + self.lead.description
            + Markup("<p>Call on Monday</p>")
        )
        self.erase()
        self.assertEqual(self.traces(), others)
        # Of the customer only the number is left, and whose it is.
        self.assertFalse(customer.name or customer.locale)
        self.assertEqual(customer.partner_id, self.taras)
        self.assertFalse(self.taras.helpcrunch_chat_ids)
        # What a colleague added to the lead is no conversation.
        for text in ("Call on Monday", "ivan@example.com", "5 &lt; 6 &lt;script&gt;"):
            self.assertIn(text, self.lead.description)
        self.assertEqual(self.lead.partner_id, self.taras)
        self.assertIn("erased: 1", self.taras.message_ids[0].body)
        self.assertTrue(self.chat(5002))

    def test_events_without_a_dialogue_go_too(self):
        for event in ("message.chat.customer", "customer.email_updated"):
            data = {"id": CUSTOMER, "name": SECRET}
            if event.startswith("message"):
                data = {
                    "chat_id": int(self.chat().external_id),
                    "customer": {"id": CUSTOMER},
                    "message": {"id": 88888, "text": SECRET},
                }
            with self.enter_test_mode_if_needed():
                self.receive(self.helpcrunch.webhook(event, data))
        chat = self.chat()
        self.env["helpcrunch.event"].search([("chat_id", "=", chat.id)]).chat_id = False
        self.erase()
        self.assertNotIn("helpcrunch_event", self.traces(f'{SECRET}"'))
        rows = self.env["helpcrunch.event"].search(
            [("customer_external_id", "=", str(CUSTOMER))]
        )
        self.assertTrue(rows)
        self.assertFalse(any(rows.mapped("payload")) or rows.chat_id)
        self.assertNotIn("pending", rows.mapped("state"))

    def test_nothing_comes_back_by_itself(self):
        event = self.env["helpcrunch.event"].search(
            [
                ("event_type", "=", "message.chat.customer"),
                ("customer_external_id", "=", str(CUSTOMER)),
            ],
            limit=1,
        )
        data = json.loads(event.payload)
        others = self.traces(f"{SECRET} of Olena")
        self.erase()
        # The catch-up looks at HelpCrunch's open chats, and a webhook is repeated.
        self.patch(catch_up_rows, "_GRACE_SECONDS", -60)
        with self.enter_test_mode_if_needed():
            missed = catch_up.catch_up(self.env.cr.dbname, self.account.id)
            self.assertEqual(missed, 0)
            self.receive(self.helpcrunch.webhook("message.chat.customer", data))
            self.work()
        self.assertEqual(self.traces(), others)
        self.assertFalse(self.chat())

    def test_events_of_other_messengers_stay(self):
        other = self._create_account(name="Second")
        self.env["helpcrunch.chat"].create(
            {
                "account_id": other.id,
                "external_id": "424242",
                "partner_id": self.taras.id,
            },
        )
        # Somebody else's chat, whose number is that of ours in the other messenger.
        event = self.env["helpcrunch.event"].create(
            {
                "account_id": self.account.id,
                "external_id": "x",
                "event_type": "message.chat.customer",
                "chat_external_id": "424242",
                "payload": "{}",
            },
        )
        self.erase()
        self.assertEqual((event.payload, event.state), ("{}", "pending"))

    def test_copies_and_merged_leads_forget_too(self):
        copy = self.lead.copy()
        self.assertIn(SECRET, copy.description)
        leads = self.env["crm.lead"].create(
            [
                {"name": name, "partner_id": self.taras.id, "type": "opportunity"}
                for name in "AB"
            ],
        )
        leads[0].description = copy.description
        head = leads.merge_opportunity()
        self.assertIn(SECRET, head.description)
        self.assertIn(SECRET, " ".join(head.message_ids.mapped("body")))
        self.erase()
        for lead in (copy, head):
            self.assertNotIn(SECRET, lead.description)
            self.assertNotIn(SECRET, " ".join(lead.message_ids.mapped("body")))

    def test_notes_of_answers_go_other_notes_stay(self):
        self.step(
            "Your job?",
            "update_contact",
            alias="job",
            field_id=self.field("function"),
        )
        self.says("job")
        self.says("Secret agent")
        self.taras.message_post(body="Call on Monday")
        self.erase()
        notes = " ".join(self.taras.message_ids.mapped("body"))
        self.assertNotIn("Secret agent", notes)
        self.assertIn("Call on Monday", notes)
        self.assertEqual(self.taras.function, "Secret agent")

    def test_dialogues_of_a_company_out_of_sight_stay(self):
        company = self.env["res.company"].create({"name": "Other"})
        theirs = self._create_account(name="Theirs", company_id=company.id)
        chat = self.env["helpcrunch.chat"].create(
            {
                "account_id": theirs.id,
                "external_id": "1",
                "partner_id": self.taras.id,
            },
        )
        self.erase()
        self.assertTrue(chat.exists())
        self.assertEqual(self.taras.helpcrunch_chat_ids, chat)

    def test_not_the_same_is_not_forgotten(self):
        other = self.env["res.partner"].create({"name": "Other"})
        row = self.list_pair(
            other, self.taras, state="dismissed", chat_id=self.chat().id
        )
        self.erase()
        self.assertTrue(row.exists())

    def test_a_description_that_cannot_be_told_apart_goes_whole(self):
        self.lead.description = f"<p>{SECRET}, he said</p>"
        self.erase()
        self.assertNotIn(SECRET, self.lead.description)

    def test_who_writes_again_begins_anew(self):
        self.taras.helpcrunch_opt_out = True
        self.erase()
        self.assertEqual(self.says("Hi"), ["Welcome"])
        self.assertEqual(self.partner(), self.taras)
        self.assertTrue(self.taras.helpcrunch_opt_out)

    def test_erased_while_helpcrunch_is_at_the_call(self):
        self.helpcrunch.set(down=True)
        self.says("lead")
        self.helpcrunch.set(down=False)
        self.chat().flush_recordset()
        chat_id = self.chat().id
        self.env["helpcrunch.outbox"].search(
            [("chat_id", "=", chat_id), ("state", "in", ("pending", "unknown"))]
        ).write({"state": "pending", "not_before": False})
        sender = Sender(self.env.cr.dbname, chat_id)
        finish = sender._finish

        def erase_and_finish(*args, **kwargs):
            self.erase()
            return finish(*args, **kwargs)

        self.patch(sender, "_finish", erase_and_finish)
        with self.enter_test_mode_if_needed():
            sender.run()
        self.assertFalse(self.chat())

    def test_only_a_manager_erases(self):
        operator = new_test_user(
            self.env,
            "operator",
            "helpcrunch_chatbot.group_operator,base.group_partner_manager",
        )
        with self.assertRaises(AccessError):
            self.taras.with_user(operator).action_erase_helpcrunch_data()
        with self.assertRaises(AccessError):
            self.chat().with_user(self.manager).unlink()
        self.assertTrue(self.chat())

    def test_odoos_privacy_look_up_finds_and_deletes(self):
        if "privacy.lookup.wizard" not in self.env:
            self.skipTest("Odoo's privacy look-up is not installed")
        wizards = self.env["privacy.lookup.wizard"].with_user(self.administrator)
        wizard = wizards.create({"name": "Taras", "email": "taras@example.com"})
        wizard.action_lookup()
        found = wizard.line_ids.mapped("res_model")
        for model in ("helpcrunch.chat", "helpcrunch.customer", "crm.lead"):
            self.assertIn(model, found)
        others = self.traces(f"{SECRET} of Olena")
        wizard.line_ids.action_unlink_all()
        self.assertEqual(self.traces(), others)
        self.assertFalse(
            self.env["helpcrunch.customer"].search(
                [("external_id", "=", str(CUSTOMER))]
            )
        )

    # === RETENTION === #

    def days_ago(self, days):
        return fields.Datetime.now() - timedelta(days=days)

    def set_retention(self, name, days):
        self.env.flush_all()
        parameter = f"helpcrunch_chatbot.{name}"
        self.env["ir.config_parameter"].set_param(parameter, days and str(days))

    def test_old_events_are_forgotten(self):
        events = self.env["helpcrunch.event"].search([("chat_id", "=", self.chat().id)])
        events[0].received_at = self.days_ago(31)
        events[1].write({"received_at": self.days_ago(31), "state": "pending"})
        self.set_retention("retention_days", 30)
        self.env["helpcrunch.event"]._gc_old_events()
        self.assertFalse(events[0].exists())
        self.assertEqual(events[1:].exists(), events[1:])

    def test_a_retention_that_is_no_number_forgets_nothing_new(self):
        event = self.env["helpcrunch.event"]
        for days, meant in (("0", 0), ("-5", 0), ("ninety", 90), (False, 90)):
            self.set_retention("retention_days", days)
            self.assertEqual(event._get_retention_days(), meant)
        for days in ("0", "ninety", ""):
            self.set_retention("retention_days", days)
            self.set_retention("transcript_retention_days", days)
            self.env["helpcrunch.event"]._gc_old_events()
            self.env["helpcrunch.message"]._gc_old_messages()
            # Nor is a webhook too old then.
            self.says(f"Keep {days}")
            self.assertIn(f"Keep {days}", self.chat().message_ids.mapped("body"))
        self.assertIn(SECRET, self.chat().message_ids.mapped("body"))

    def test_old_lines_are_forgotten(self):
        lines = self.chat().message_ids
        lines[0].occurred_at = self.days_ago(31)
        lines[1].write({"occurred_at": self.days_ago(31), "state": "outgoing"})
        lines[2].occurred_at = self.days_ago(29)
        self.set_retention("transcript_retention_days", 30)
        done, more = self.env["helpcrunch.message"]._gc_old_messages()
        self.assertEqual((done, more), (1, False))
        self.assertFalse(lines[0].exists())
        self.assertEqual(lines[1:].exists(), lines[1:])
        self.assertTrue(self.chat().lead_ids)
        self.assertTrue(self.chat().exists())

    def test_old_answers_are_forgotten(self):
        chat = self.chat()
        chat.write({"answer": SECRET, "variables": {"ask": SECRET}})
        self.set_retention("transcript_retention_days", 30)
        self.env["helpcrunch.message"]._gc_old_messages()
        chat.invalidate_recordset()
        self.assertEqual(chat.answer, SECRET)
        chat.last_message_at = self.days_ago(31)
        self.env.flush_all()
        self.env["helpcrunch.message"]._gc_old_messages()
        chat.invalidate_recordset()
        self.assertFalse(chat.answer or chat.variables)

    def test_transcripts_may_be_kept_for_ever(self):
        lines = self.chat().message_ids
        lines.occurred_at = self.days_ago(10000)
        self.set_retention("transcript_retention_days", 0)
        self.env["helpcrunch.message"]._gc_old_messages()
        self.assertEqual(lines.exists(), lines)
