"""Reports agree with the rows they come from, and show each role what is its own."""

from datetime import timedelta

from odoo.exceptions import AccessError
from odoo.tests import tagged

from ..common_broadcasts import BroadcastCase

DIALOGUES = "helpcrunch.dialogue.report"
OPERATORS = "helpcrunch.operator.report"


@tagged("post_install", "-at_install")
class TestReports(BroadcastCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.step(
            "A lead, please",
            "create_lead",
            alias="order",
            lead_type="opportunity",
        )
        cls.add_operator(cls.petro)

    def row(self, customer):
        return self.as_manager(DIALOGUES).search(
            [("chat_id", "=", self.chat(customer).id)]
        )

    def total(self, model, *measures, domain=()):
        """Return sums or averages as the screen asks for them."""
        return self.as_manager(model)._read_group(list(domain), [], measures)[0]

    # === DIALOGUES === #

    def test_by_the_bot_alone_or_handed_over(self):
        self.says("Hi", customer=5001)
        self.connect(5002)
        self.queue.operator_ids.available = False
        self.connect(5003)
        self.assertEqual(self.chat(5003).state, "queued")
        self.env.flush_all()
        chats = self.env["helpcrunch.chat"].search([])
        total, by_bot, handed_over = self.total(
            DIALOGUES, "__count", "by_bot:sum", "handed_over:sum"
        )
        self.assertEqual((total, by_bot, handed_over), (len(chats), 1, 2))
        self.assertEqual(self.row(5002).user_id, self.session(5002).user_id)
        self.assertEqual(self.row(5002).application_id, self.chat(5002).application_id)

    def test_waiting_and_first_response(self):
        chat = self.connect(5001)
        session = self.session(5001)
        self.writes(session.user_id, "Good day", customer=5001)
        self.settle()
        self.by_machine(session).queued_at = session.started_at - timedelta(minutes=3)
        self.by_machine(session).first_response_at = session.started_at + timedelta(
            minutes=2
        )
        self.by_machine(chat).last_message_at = chat.started_at + timedelta(minutes=30)
        self.env.flush_all()
        row = self.row(5001)
        self.assertEqual(row.waiting_minutes, 3)
        self.assertEqual(row.first_response_minutes, 2)
        self.assertEqual(row.length_minutes, 30)
        # Whoever was with the bot alone is in no average.
        self.says("Hi", customer=5002)
        self.env.flush_all()
        waiting, response = self.total(
            DIALOGUES, "waiting_minutes:avg", "first_response_minutes:avg"
        )
        self.assertEqual((waiting, response), (3, 2))

    def test_who_waited_is_noted_when_somebody_comes(self):
        self.queue.operator_ids.available = False
        chat = self.connect(5001)
        since = chat.queued_at
        self.operator.with_user(self.olena).action_toggle_available()
        self.settle()
        self.assertEqual(self.session(5001).queued_at, since)
        # Whoever gets a dialogue from a colleague let nobody wait.
        petro = self.queue.operator_ids.filtered(lambda row: row.user_id == self.petro)
        petro.with_user(self.petro).action_toggle_available()
        self.orders(self.olena, "/transfer Petro", customer=5001)
        self.assertEqual(self.session(5001).user_id, self.petro)
        self.assertFalse(self.session(5001).queued_at)

    def test_leads_and_what_was_won(self):
        for customer in (5001, 5002):
            self.says("Hi", customer=customer)
            self.says("order", customer=customer)
        won, open_one = self.env["crm.lead"].search(
            [("helpcrunch_chat_id", "!=", False)], order="id"
        )
        won.expected_revenue, open_one.expected_revenue = 1500, 700
        won.action_set_won()
        self.env.flush_all()
        self.assertEqual(
            self.total(DIALOGUES, "lead_count:sum", "won_count:sum", "won_revenue:sum"),
            (2, 1, 1500),
        )
        self.assertEqual(self.row(5001).won_revenue, 1500)
        self.assertEqual(self.row(5002).won_count, 0)

    def test_operators_see_their_own_dialogues(self):
        self.connect(5001)
        self.says("Hi", customer=5002)
        own = self.session(5001).user_id
        other = (self.olena | self.petro) - own
        self.env.flush_all()
        report = self.env[DIALOGUES]
        self.assertEqual(report.with_user(own).search([]).chat_id, self.chat(5001))
        self.assertFalse(report.with_user(other).search([]))
        # What was earned is for who sees all leads.
        with self.assertRaises(AccessError):
            report.with_user(own).search([]).read(["won_revenue"])
        self.assertEqual(len(self.as_manager(DIALOGUES).search([])), 2)

    # === OPERATORS === #

    def test_answers_agree_with_the_messages(self):
        self.connect(5001)
        operator = self.session(5001).user_id
        for question, minutes in (("One?", 2), ("Two?", 6)):
            self.says(question, customer=5001)
            session = self.session(5001)
            self.by_machine(session).customer_spoke_at -= timedelta(minutes=minutes)
            self.writes(operator, "Here", customer=5001)
            self.settle()
        # A second word in a row answers nothing.
        self.writes(operator, "And this", customer=5001)
        self.settle()
        self.env.flush_all()
        answers, mean = self.total(
            OPERATORS, "answer_count:sum", "response_minutes:avg"
        )
        lines = self.chat(5001).message_ids.sorted(
            lambda line: (line.occurred_at, line.position, line.id)
        )
        counted, asked = 0, False
        for line in lines:
            if line.author_type == "customer":
                asked = line.occurred_at >= self.session(5001).started_at or asked
            elif line.author_type == "operator" and not line.is_note:
                counted, asked = counted + asked, False
        self.assertEqual(answers, counted)
        self.assertAlmostEqual(mean, 8 / counted, delta=0.5)

    def test_a_mean_counts_each_answer_once(self):
        self.connect(5001)
        self.connect(5002)
        for customer, count, seconds in ((5001, 3, 180), (5002, 1, 540)):
            self.by_machine(self.session(customer)).write(
                {"answer_count": count, "answer_seconds": seconds}
            )
        self.env.flush_all()
        self.assertEqual(self.total(OPERATORS, "response_minutes:avg")[0], 3)

    def test_how_sessions_ended(self):
        for customer, ends in ((5001, "/close"), (5002, None)):
            self.connect(customer)
            if ends:
                self.orders(self.session(customer).user_id, ends, customer=customer)
        self.by_machine(self.session(5001)).end_reason = "timeout"
        self.env.flush_all()
        sessions = self.env["helpcrunch.operator.session"].search([])
        counted = self.total(
            OPERATORS,
            "__count",
            "timeout_count:sum",
            "transfer_count:sum",
            "open_count:sum",
        )
        self.assertEqual(counted, (len(sessions), 1, 0, 1))

    def test_operators_see_their_own_figures(self):
        self.connect(5001)
        own = self.session(5001).user_id
        other = (self.olena | self.petro) - own
        self.env.flush_all()
        self.assertEqual(len(self.env[OPERATORS].with_user(own).search([])), 1)
        self.assertFalse(self.env[OPERATORS].with_user(other).search([]))

    # === BROADCASTS === #

    def test_what_came_of_a_broadcast(self):
        self.customers(4)
        broadcast = self.send()
        self.says("Yes, please", customer=5001)
        self.says("order", customer=5001)
        self.says("STOP", customer=5002)
        self.env.flush_all()
        report = "helpcrunch.broadcast.report"
        counted = self.total(
            report,
            "__count",
            "sent_count:sum",
            "answered_count:sum",
            "opted_out_count:sum",
            "lead_count:sum",
        )
        self.assertEqual(counted, (4, 4, 1, 1, 1))
        self.assertEqual(
            counted[:3],
            (
                broadcast.recipient_count,
                broadcast.sent_count,
                broadcast.answered_count,
            ),
        )
        self.assertEqual(counted[4], broadcast.lead_count)

    def test_who_refused_long_after_it_refused_not_because_of_it(self):
        self.customers(1)
        broadcast = self.send()
        recipient = self.by_machine(broadcast.recipient_ids)
        recipient.sent_at -= timedelta(hours=25)
        self.says("STOP", customer=5001)
        self.assertFalse(recipient.opted_out)

    # === PEOPLE === #

    def test_every_row_opens_what_it_is_about(self):
        self.connect(5001)
        broadcast = self.send()
        self.env.flush_all()
        for model, found in (
            (DIALOGUES, self.chat(5001)),
            (OPERATORS, self.chat(5001)),
            ("helpcrunch.broadcast.report", broadcast),
        ):
            action = self.as_manager(model).search([], limit=1).action_open()
            self.assertEqual(
                (action["res_model"], action["res_id"]), (found._name, found.id)
            )

    def test_of_another_company_nothing(self):
        self.connect(5001)
        self.send()
        self.bot.with_user(self.manager).action_view_statistics()
        self.env.flush_all()
        company = self.env["res.company"].create({"name": "Other"})
        stranger = self._create_manager(company)
        for model in (
            DIALOGUES,
            OPERATORS,
            "helpcrunch.broadcast.report",
            "helpcrunch.step.statistic",
        ):
            self.assertTrue(self.as_manager(model).search([]), model)
            self.assertFalse(self.env[model].with_user(stranger).search([]), model)
