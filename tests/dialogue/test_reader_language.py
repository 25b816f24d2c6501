"""What staff reads is in the language of staff, not of the customer (spec 5)."""

from odoo import fields
from odoo.tests import tagged

from ..common_operators import OperatorCase


@tagged("post_install", "-at_install")
class TestReaderLanguage(OperatorCase):
    """A Ukrainian shop, the bot too; its customer speaks English."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["res.lang"].with_user(cls.administrator)._activate_lang("uk_UA")
        cls.bot.language_id = cls.env["res.lang"]._lang_get("uk_UA")
        for user in (cls.manager, cls.olena, cls.petro):
            user.lang = "uk_UA"
        cls.env.company.partner_id.lang = "en_US"

    def arrives(self):
        """Let an English customer come."""
        return self.says("Hi", locale="en")

    def in_ukrainian(self, source, **values):
        text = self.env(context={"lang": "uk_UA"})._(source, **values)
        self.assertNotEqual(text, source)
        return text

    def test_a_circle_is_told_in_the_administrators_language(self):
        second = self.step("Second")
        second.next_step_id = self.step("First", alias="go", next_step_id=second)
        self.arrives()
        self.says("go")
        told = self.in_ukrainian("The bot goes round in a circle")
        self.assertEqual(self.bot.activity_ids.summary, told)

    def test_a_note_on_a_contact_is_in_the_bots_language(self):
        ask = self.step("Who?", "update_contact", field_id=self.field("name"))
        ask.alias_ids = [(0, 0, {"name": "name"})]
        self.arrives()
        self.says("name")
        self.says("Taras Shevchenko")
        told = self.in_ukrainian(
            "%(field)s given in a chat: %(new)s (before: %(old)s)",
            field="Ім'я",
            new="Taras Shevchenko",
            old="",
        )
        note = self.partner().message_ids[0].body.striptags()
        self.assertIn(told.split(",")[1][:20], note)

    def test_why_a_message_was_taken_back_is_in_the_language_of_staff(self):
        self.arrives()
        self.helpcrunch.set(down=True)
        self.says("/start")
        self.agent_writes("I am here")
        taken = self.env["helpcrunch.message"].search(
            [("chat_id", "=", self.chat().id), ("state", "=", "cancelled")]
        )
        told = self.in_ukrainian("A person took the dialogue over.")
        self.assertEqual(set(taken.mapped("error")), {told})

    def test_a_refused_key_is_told_in_the_administrators_language(self):
        self.arrives()
        self.helpcrunch.set(refuse_key=True)
        self.says("help me")
        activity = self.account.activity_ids
        told = self.in_ukrainian("HelpCrunch refused the key")
        self.assertEqual(activity.summary, told)
        self.assertNotIn("HelpCrunch refused the key", activity.note)
        # Is taken back in any language.
        self.manager.lang = "en_US"
        self.helpcrunch.set(refuse_key=False)
        self.account.action_connect()
        self.assertFalse(self.account.activity_ids)

    def _speaks_in_tokyo(self, user):
        user.with_user(self.administrator).write({"lang": "uk_UA", "tz": "Asia/Tokyo"})

    def test_a_lead_is_in_the_sellers_language_and_time(self):
        self._speaks_in_tokyo(self.olena)
        self.step("Lead", "create_lead", alias="lead", lead_user_id=self.olena)
        self.arrives()
        self.says("lead")
        lead = self.chat().lead_ids
        self.assertIn("Asia/Tokyo", lead.description)
        at = self.chat().message_ids[-1:].occurred_at
        day = fields.Datetime.context_timestamp(
            lead.with_context(tz="Asia/Tokyo"), at
        ).strftime("%d.%m.%Y")
        self.assertIn(day, lead.description)

    def test_an_ordered_lead_is_in_the_operators_language(self):
        """Whose lead it becomes reads it, also if the step names nobody."""
        self._speaks_in_tokyo(self.olena)
        self.arrives()
        self.says("help me")
        self.orders(self.olena, "/lead")
        lead = self.chat().lead_ids
        self.assertEqual(lead.user_id, self.olena)
        self.assertIn("Asia/Tokyo", lead.description)
        self.assertNotIn("The dialogue in Odoo", lead.description)
