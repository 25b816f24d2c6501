"""What operators tell each other in a dialogue never reaches the customer."""

import json

from odoo.tests import tagged

from ..common import HUMAN_AGENT
from ..common_operators import OperatorCase


@tagged("post_install", "-at_install")
class TestNotes(OperatorCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.add_operator(cls.petro)

    def invite(self):
        """Let Olena ask Petro to look at her dialogue."""
        self.connect()
        partner = self.petro.partner_id
        self.channel().with_user(self.olena).add_members(partner.ids)

    def assert_kept_inside(self, message, before):
        """Expect the last message to be a note, which HelpCrunch's staff sees too."""
        self.assertEqual(self.texts(), before)
        self.assertEqual(message.subtype_id, self.env.ref("mail.mt_note"))
        line = self.chat().message_ids.filtered("is_note")
        self.assertEqual(line.mail_message_id, message)
        self.assertEqual(self.notes(), [f"{message.author_id.name}: {line.body}"])
        # Neither came back from HelpCrunch as somebody else's.
        self.assertFalse(message._get_helpcrunch_deliveries())
        self.assertEqual(self.session().user_id, self.olena)

    def test_a_note(self):
        self.connect()
        before = self.texts()
        message = self.writes(
            self.olena, "He has bought before", subtype_xmlid="mail.mt_note"
        )
        self.take_in()
        self.assert_kept_inside(message, before)
        self.assertEqual(self.lines()[-1], "He has bought before")
        self.assertFalse(self.session().first_response_at)

    def test_a_mention_of_a_colleague(self):
        self.invite()
        before = self.texts()
        message = self.writes(
            self.olena, "@Petro look at this", partner_ids=self.petro.partner_id.ids
        )
        self.take_in()
        self.assert_kept_inside(message, before)

    def test_a_colleague_who_was_invited(self):
        self.invite()
        before = self.texts()
        message = self.writes(self.petro, "Give him a discount")
        self.take_in()
        self.assert_kept_inside(message, before)
        # Whoever takes it over speaks to the customer.
        self.orders(self.olena, "/transfer Petro")
        self.writes(self.petro, "Hello, this is Petro")
        self.assertEqual(self.texts()[-1], "Hello, this is Petro")

    def test_a_command_is_one_whoever_writes_it(self):
        self.invite()
        before = self.texts()
        # A file of a colleague's is for colleagues, whatever stands beside it.
        self.writes(
            self.petro, "/Lead A bicycle", attachments=[("discounts.txt", b"1")]
        )
        self.assertEqual(self.chat().lead_ids.name, "A bicycle")
        self.assertEqual(self.texts(), before)

    def test_whatever_says_that_colleagues_are_meant(self):
        self.invite()
        before = self.texts()
        link = '<a data-oe-model="res.partner" data-oe-id="1">@Petro</a> he lies'
        note = self.env.ref("mail.mt_note")
        for body, vals in (
            (link, {}),
            ("@everyone he lies", {"special_mentions": ["everyone"]}),
            ("He lies", {"subtype_id": note.id}),
        ):
            with self.subTest(body=body):
                message = self.writes(self.olena, body, **vals)
                self.assertEqual(self.texts(), before)
                self.assertEqual(message.subtype_id, note)
        # And what is for the customer is shown as that.
        message = self.writes(self.olena, "Hello", subtype_xmlid=None)
        self.assertEqual(self.texts()[-1], "Hello")
        self.assertEqual(message.subtype_id, self.env.ref("mail.mt_comment"))

    def test_an_answer_to_a_note_is_one(self):
        self.connect()
        before = self.texts()
        note = self.writes(self.olena, "He pays late", subtype_xmlid="mail.mt_note")
        self.writes(self.olena, "I know", parent_id=note.id)
        self.assertEqual(self.texts(), before)
        self.assertEqual(self.notes(), ["Olena: He pays late", "Olena: I know"])

    def test_a_quote_is_sent_as_one(self):
        self.connect()
        self.says("Do you have red ones?\nOr blue?")
        asked = self.channel().message_ids.sorted("id")[-1]
        self.writes(self.olena, "Only <b>blue</b> ones", parent_id=asked.id)
        self.assertEqual(
            self.texts()[-1], "> Do you have red ones?\n\nOnly **blue** ones"
        )
        told = self.channel().message_ids.sorted("id")[0]
        self.assertIn("Conversation so far", told.body)
        self.writes(self.olena, "I see", parent_id=told.id)
        self.assertEqual(self.texts()[-1], "I see")
        self.writes(self.olena, "And green", parent_id=asked.id)
        self.assertEqual(self.texts()[-1], "> Do you have red ones?\nAnd green")

    def test_names_of_files(self):
        self.connect()
        self.writes(
            self.olena,
            "",
            subtype_xmlid="mail.mt_note",
            attachments=[("price list.pdf", b"1")],
        )
        self.assertEqual(self.notes(), ["Olena: price list.pdf"])

    def test_notes_of_helpcrunch_are_seen_by_both(self):
        self.invite()
        chat = int(self.chat().external_id)
        self.helpcrunch.note(HUMAN_AGENT, chat, "Nice customer")
        self.take_in()
        self.assertIn("Nice customer", self.lines()[-1])
        self.assertFalse(self.chat().message_ids[0].mail_message_id)


@tagged("post_install", "-at_install")
class TestHandedOver(OperatorCase):
    """The screen of whoever is relieved does not change under her hands."""

    def handed_over(self, change):
        """Return what Olena's web client is told while the dialogue changes hands."""
        told = []
        partner = self.olena.partner_id
        for row in self.announced(change):
            if json.loads(row.channel)[1:] == [partner._name, partner.id]:
                payload = json.loads(row.message)["payload"]
                told += payload.get("discuss.channel") or []
        # No window is closed, and nobody is sent elsewhere.
        self.assertFalse([one for one in told if "close_chat_window" in one])
        (info,) = [
            one["helpcrunch_info"]
            for one in told
            if one.get("helpcrunch_info", {}).get("handed_to")
        ]
        self.assertFalse(info["is_open"] or info["is_mine"])
        self.assertNotIn(partner, self.channel().channel_partner_ids)
        return info["handed_to"]

    def test_to_a_colleague(self):
        self.add_operator(self.petro)
        self.connect()
        name = self.handed_over(lambda: self.orders(self.olena, "/transfer Petro"))
        self.assertEqual(name, "Petro")
        self.assertEqual(self.channel().channel_partner_ids, self.petro.partner_id)

    def test_to_a_queue(self):
        self.as_manager("helpcrunch.operator.queue").create({"name": "Support"})
        self.connect()
        name = self.handed_over(lambda: self.orders(self.olena, "/transfer Support"))
        self.assertEqual(name, "Support")

    def test_to_an_agent_of_helpcrunch(self):
        self.connect()
        self.later()
        name = self.handed_over(lambda: self.agent_writes("I know him"))
        self.assertEqual(name, self.session().agent_id.name)

    def test_who_had_it_before(self):
        self.add_operator(self.petro)
        self.connect()
        channel = self.channel().with_user(self.petro)
        self.assertEqual(channel._get_helpcrunch_info()["former"], [])
        self.orders(self.olena, "/transfer Petro")
        former = channel._get_helpcrunch_info()["former"]
        self.assertEqual([row["name"] for row in former], ["Olena"])

    def test_whoever_was_invited_is_told_too(self):
        self.add_operator(self.petro)
        self.connect()
        self.orders(self.olena, "/transfer Petro")
        self.channel().with_user(self.petro).add_members(self.olena.partner_id.ids)
        self.add_operator(self._user("ivan", "Ivan"))
        name = self.handed_over(lambda: self.orders(self.petro, "/transfer Ivan"))
        self.assertEqual(name, "Ivan")


@tagged("post_install", "-at_install")
class TestTroubleInDiscuss(OperatorCase):
    def test_operators_are_told_at_once(self):
        self.connect()
        account = self.by_machine(self.account)
        for state, told in (
            ("error", "does not let the messenger"),
            ("connected", '"trouble":false'),
        ):
            news = self.announced(lambda state=state: account.write({"state": state}))
            self.assertTrue(
                news.filtered(lambda row, told=told: told in row.message), state
            )
        # What changes nothing tells nobody.
        self.assertFalse(self.announced(lambda: account.write({"state": "connected"})))
