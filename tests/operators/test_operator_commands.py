from odoo.fields import Command
from odoo.tests import tagged

from ..common import HUMAN_AGENT
from ..common_operators import OperatorCase


@tagged("post_install", "-at_install")
class TestOperatorCommands(OperatorCase):
    """/lead, /close, /transfer, /pause, /resume, /help: in Discuss and HelpCrunch."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["res.config.settings"].create({"group_use_lead": True}).execute()
        cls.lead_step = cls.step(
            "Make a lead",
            "create_lead",
            alias="lead",
            message="",
            lead_type="opportunity",
            lead_tag_ids=[(6, 0, cls.env["crm.tag"].create({"name": "From chat"}).ids)],
        )

    def leads(self):
        return self.chat().lead_ids.sorted("id")

    def test_parse(self):
        parse_command = self.env["helpcrunch.chat"]._parse_command
        self.assertEqual(parse_command("/lead Red bicycle"), ("lead", "Red bicycle"))
        self.assertEqual(parse_command("  /CLOSE "), ("close", ""))
        for text in ("lead", "/leads", "see /lead", "/", "", None, "/lead/x"):
            self.assertIsNone(parse_command(text), text)

    def test_lead_with_a_title_once_in_a_session(self):
        self.connect(name="Taras")
        self.says("A red bicycle")
        self.orders(self.olena, "/lead Red bicycle")
        lead = self.leads()
        self.assertEqual(lead.name, "Red bicycle")
        self.assertEqual(lead.user_id, self.olena)
        self.assertEqual(lead.tag_ids.name, "From chat")
        self.assertEqual(lead.type, self.account.helpcrunch_crm_type)
        self.assertEqual(lead.partner_id, self.partner())
        self.assertIn("A red bicycle", lead.description)
        self.assertEqual(self.lines()[-1], "Lead created: Red bicycle")
        # She reads no leads: the name without a link.
        link = f"/odoo/crm.lead/{lead.id}"
        self.assertNotIn(link, str(self.channel().message_ids[0].body))
        self.olena.with_user(self.administrator).group_ids = [
            Command.link(self.env.ref("sales_team.group_sale_salesman").id)
        ]
        self.orders(self.olena, "/lead Another")
        self.assertIn(link, str(self.channel().message_ids[0].body))
        self.assertEqual(self.leads(), lead)
        self.assertIn("There is a lead already", self.lines()[-1])
        self.assertNotIn("Red bicycle", " ".join(self.texts()))
        # The next session makes its own.
        self.orders(self.olena, "/resume")
        self.says("help me")
        self.orders(self.olena, "/lead Another")
        self.assertEqual(self.leads().mapped("name"), ["Red bicycle", "Another"])

    def test_the_steps_salesperson_comes_first(self):
        self.lead_step.lead_user_id = self.petro
        self.connect()
        self.orders(self.olena, "/lead")
        self.assertEqual(self.leads().user_id, self.petro)

    def test_the_step_passed_last_tells(self):
        self.step(
            "Later lead",
            "create_lead",
            alias="other",
            message="",
            lead_type="lead",
            lead_user_id=self.petro,
        )
        self.says("Hi")
        self.says("other")
        self.says("help me")
        self.orders(self.olena, "/lead")
        self.assertEqual(self.leads()[-1].user_id, self.petro)

    def test_answer_to_an_agent_is_a_private_note_with_a_link(self):
        self.connect()
        chat = self.chat()
        self.helpcrunch.note(HUMAN_AGENT, int(chat.external_id), "/lead Red bicycle")
        self.take_in()
        lead = self.leads()
        self.assertEqual(lead.name, "Red bicycle")
        self.assertIn(f"/odoo/crm.lead/{lead.id}", self.notes()[-1])
        self.assertTrue(self.notes()[-1].startswith("Lead created"))
        self.assertNotIn("created", " ".join(self.texts()))

    def test_a_command_is_no_takeover(self):
        self.says("Hi")
        self.agent_writes("/lead Red bicycle")
        self.assertEqual(self.chat().state, "bot")
        self.assertEqual(self.leads().name, "Red bicycle")

    def test_a_customers_text_is_never_a_command(self):
        self.connect()
        self.says("/lead for me")
        self.says("/close")
        self.assertFalse(self.leads())
        self.assertEqual(self.chat().state, "operator")

    def test_helpbot_and_mass_messages_order_nothing(self):
        self.says("Hi")
        chat = int(self.chat().external_id)
        self.helpcrunch.agent_says(1, chat, "/lead one")
        self.helpcrunch.agent_says(
            HUMAN_AGENT, chat, "/lead two", broadcast_type="manual chat"
        )
        self.take_in()
        self.assertFalse(self.leads())

    def test_close_without_an_operator(self):
        self.says("Hi")
        self.helpcrunch.note(HUMAN_AGENT, int(self.chat().external_id), "/close")
        self.take_in()
        self.assertEqual(self.chat().state, "done")
        self.assertEqual(self.remote()["status"], "closed")

    def test_transfer_to_an_operator(self):
        self.add_operator(self.petro)
        chat = self.connect(name="Taras")
        channel = self.channel()
        self.orders(self.olena, "/transfer petro")
        self.assertEqual(chat.user_id, self.petro)
        self.assertEqual(chat.session_ids[-1].end_reason, "transfer")
        self.assertEqual(self.channel(), channel)
        self.assertEqual(channel.channel_partner_ids, self.petro.partner_id)
        self.assertFalse(channel.with_user(self.olena).has_access("read"))
        self.assertEqual(self.texts()[-1], "Petro is here.")
        self.orders(self.petro, "/close")
        self.assertEqual(self.texts()[-1], "Thank you")

    def test_transfer_to_a_queue(self):
        other = self.queue.copy({"name": "Support"})
        self.add_operator(self.petro, other, available=False)
        chat = self.connect()
        self.orders(self.olena, "/transfer Support")
        self.assertEqual((chat.state, chat.queue_id), ("queued", other))
        self.assertEqual(self.texts()[-1], "You are number 1.")
        other.operator_ids.available = True
        self.settle()
        self.assertEqual(chat.user_id, self.petro)

    def test_transfer_to_the_own_queue_goes_to_somebody_else(self):
        self.add_operator(self.petro)
        self.connect(5001)
        self.connect(5002)
        self.orders(self.olena, "/transfer Sales")
        self.assertEqual(self.chat().user_id, self.petro)

    def test_transfer_asks_to_whom(self):
        chat = self.connect()
        self.orders(self.olena, "/transfer")
        self.assertEqual(len(chat.session_ids), 1)
        self.assertIn("To whom?", self.lines()[-1])

    def test_transfer_is_no_request_of_the_flow(self):
        self.forward.no_operator_step_id = self.step("Call us tomorrow")
        chat = self.connect()
        self.operator.available = False
        self.orders(self.olena, "/transfer Sales")
        self.assertEqual(chat.state, "queued")
        self.assertEqual(self.texts()[-1], "You are number 1.")

    def test_transfer_to_nobody_known(self):
        self.add_operator(self.petro, available=False)
        chat = self.connect()
        self.orders(self.olena, "/transfer Nobody")
        self.assertIn("To whom?", self.lines()[-1])
        self.assertIn("Petro", self.lines()[-1])
        self.orders(self.olena, "/transfer Petro")
        self.assertIn("Petro is away", self.lines()[-1])
        self.assertEqual(chat.user_id, self.olena)

    def test_pause_and_resume(self):
        chat = self.connect()
        self.orders(self.olena, "/pause")
        self.assertEqual(chat.state, "paused")
        self.assertEqual(self.says("Anybody?"), [])
        self.writes(self.olena, "Yes")
        self.assertEqual(chat.state, "operator")
        self.orders(self.olena, "/resume")
        self.assertEqual(chat.state, "bot")
        self.assertEqual(self.texts()[-1], "Thank you")
        self.assertNotEqual(self.remote()["status"], "closed")

    def test_pause_and_resume_from_helpcrunch_without_an_operator(self):
        self.thanks.next_step_id = self.step("How was it?", "free_input")
        self.says("Hi")
        self.says("Thank you")
        chat = self.chat()
        self.thanks.alias_ids = [(0, 0, {"name": "thanks"})]
        self.says("thanks")
        self.helpcrunch.note(HUMAN_AGENT, int(chat.external_id), "/pause")
        self.take_in()
        self.assertEqual(chat.state, "paused")
        self.says("Hello?")
        self.helpcrunch.note(HUMAN_AGENT, int(chat.external_id), "/resume")
        self.take_in()
        self.assertEqual(self.texts()[-1], "How was it?")
        self.assertEqual(chat.state, "bot")

    def test_help_and_unknown_orders_reach_nobody_else(self):
        chat = self.connect()
        before = self.texts()
        self.orders(self.olena, "/help")
        self.orders(self.olena, "/nonsense")
        message = self.writes(self.olena, "<p>/secret words</p>")
        self.assertEqual(message.message_type, "notification")
        self.assertIn("the customer did not get it", message.body)
        self.assertEqual(self.texts(), before)
        self.assertFalse(
            chat.message_ids.filtered(lambda row: "secret" in (row.body or ""))
        )
