"""What happens at steps, added up: agrees with the events it comes from."""

from collections import Counter
from datetime import timedelta

from odoo import fields
from odoo.tests import tagged

from ..common_broadcasts import BroadcastCase

COUNTS = (
    "entered",
    "passed_by",
    "went_on",
    "answered",
    "invalid",
    "failed",
    "left_here",
)


@tagged("post_install", "-at_install")
class TestStepStatistic(BroadcastCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.noted = cls.step("Noted.")
        cls.sorry = cls.step("Never mind.")
        cls.ask = cls.step(
            "Your e-mail?",
            "update_contact",
            alias="mail",
            field_id=cls.field("email"),
            max_attempts=2,
            next_step_id=cls.noted,
            failed_step_id=cls.sorry,
        )
        cls.statistics = cls.as_manager("helpcrunch.step.statistic")

    def add_up(self):
        """Open the figures of the bot, as a manager does."""
        self.bot.with_user(self.manager).action_view_statistics()
        self.env.invalidate_all()

    def figures(self, step):
        row = self.statistics.search([("step_id", "=", step.id)])
        return {name: row[name] for name in COUNTS if row[name]}

    def talk(self):
        """One answers, one gives up, one goes away."""
        for customer, texts in (
            (5001, ("Hi", "mail", "a@example.com")),
            (5002, ("Hi", "mail", "what?", "no")),
            (5003, ("Hi", "mail")),
        ):
            for text in texts:
                self.says(text, customer=customer)

    def set_back(self, **delta):
        """Let all events lie longer back, and the bot's making."""
        seconds = timedelta(**delta).total_seconds()
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE helpcrunch_event SET occurred_at = occurred_at - %s,"
            " received_at = received_at - %s * INTERVAL '1 second'",
            [seconds, seconds],
        )
        self.env.cr.execute(
            "UPDATE helpcrunch_bot SET create_date = create_date"
            " - %s * INTERVAL '1 second' WHERE id = %s",
            [seconds, self.bot.id],
        )
        self.env.invalidate_all()

    def test_what_happens_at_a_question(self):
        self.talk()
        self.add_up()
        self.assertEqual(
            self.figures(self.ask),
            {
                "entered": 3,
                "went_on": 2,
                "answered": 1,
                "invalid": 2,
                "failed": 1,
                "left_here": 1,
            },
        )
        # Nothing follows: the end of the flow is no place to leave.
        self.assertEqual(self.figures(self.noted), {"entered": 1})
        welcome = self.bot.step_ids.filtered(lambda step: step.name == "Welcome")
        # Words that lead elsewhere answer whatever was said.
        self.assertEqual(
            self.figures(welcome), {"entered": 3, "went_on": 3, "answered": 3}
        )

    def test_words_that_lead_elsewhere_are_an_answer(self):
        asks = self.step("What is it about?", "free_input", alias="ask")
        self.says("Hi")
        self.says("ask")
        self.says("mail")
        self.add_up()
        self.assertEqual(
            self.figures(asks), {"entered": 1, "went_on": 1, "answered": 1}
        )

    def test_whoever_sees_a_menu_and_goes_has_left(self):
        menu = self.step("Prices or news?", alias="menu")
        for customer, texts in ((5001, ("Hi", "menu")), (5002, ("Hi", "mail"))):
            for text in texts:
                self.says(text, customer=customer)
        self.add_up()
        self.assertEqual(self.figures(menu), {"entered": 1})
        self.as_manager("helpcrunch.step.alias").create(
            {"step_id": self.noted.id, "name": "Prices", "scope_step_id": menu.id}
        )
        self.add_up()
        self.assertEqual(self.figures(menu), {"entered": 1, "left_here": 1})
        self.says("prices", customer=5001)
        self.add_up()
        self.assertEqual(
            self.figures(menu), {"entered": 1, "went_on": 1, "answered": 1}
        )

    def test_whoever_gets_a_person_has_not_left(self):
        queue = self.as_manager("helpcrunch.operator.queue").create({"name": "Us"})
        forward = self.step(
            "One moment.", "forward_operator", alias="person", queue_id=queue
        )
        self.says("Hi")
        self.says("person")
        self.assertEqual(self.chat().state, "queued")
        self.add_up()
        self.assertEqual(self.figures(forward), {"entered": 1})

    def test_the_figures_agree_with_the_events(self):
        self.talk()
        self.says("help me", customer=5001)
        self.says("what do you sell?", customer=5003)
        self.add_up()
        entered, invalid = Counter(), Counter()
        for event in self.env["helpcrunch.event"].search([]):
            for line in event.trace or []:
                entered[line.get("step")] += line["code"] == "enter"
                invalid[line.get("step")] += line["code"] == "invalid"
        for step in self.bot.step_ids:
            figures = self.figures(step)
            self.assertEqual(figures.get("entered", 0), entered[step.id], step.name)
            self.assertEqual(figures.get("invalid", 0), invalid[step.id], step.name)
        self.assertEqual(invalid[self.ask.id], 3)

    def test_adding_up_twice_gives_the_same(self):
        self.talk()
        self.add_up()
        names = [
            *COUNTS,
            "step_id",
            "day",
            "median_seconds",
            "answer_times",
            "followed",
        ]
        first = self.statistics.search([]).read(names, load=None)
        self.add_up()
        again = self.statistics.search([]).read(names, load=None)
        for row in (*first, *again):
            row.pop("id")
        self.assertTrue(first)
        self.assertEqual(again, first)

    def test_they_outlive_the_events(self):
        self.talk()
        self.set_back(days=4)
        cron = self.env.ref("helpcrunch_chatbot.ir_cron_add_up")
        with self.enter_test_mode_if_needed():
            self.env.flush_all()
            cron.method_direct_trigger()
        self.env.invalidate_all()
        today = self.bot._get_today()
        row = self.statistics.search([("step_id", "=", self.ask.id)])
        self.assertEqual((row.day, row.entered), (today - timedelta(days=4), 3))
        self.assertEqual(self.bot.statistics_until, today - timedelta(days=2))
        self.env["helpcrunch.event"].search([]).unlink()
        with self.enter_test_mode_if_needed():
            self.env.flush_all()
            cron.method_direct_trigger()
        self.env.invalidate_all()
        self.assertEqual(row.entered, 3)

    def test_what_comes_the_next_day_belongs_to_the_entry(self):
        self.says("Hi")
        self.says("mail")
        self.set_back(hours=20)
        self.says("a@example.com")
        self.add_up()
        row = self.statistics.search([("step_id", "=", self.ask.id)])
        self.assertEqual(
            (row.day, row.answered), (self.bot._get_today() - timedelta(days=1), 1)
        )
        self.assertEqual(row.median_seconds // 3600, 20)

    def test_after_a_day_whoever_comes_back_had_left(self):
        self.says("Hi")
        self.says("mail")
        self.set_back(hours=25)
        self.says("a@example.com")
        self.add_up()
        self.assertEqual(self.figures(self.ask), {"entered": 1, "left_here": 1})

    def test_the_median_is_of_all_answers(self):
        vals = {
            "step_id": self.ask.id,
            "bot_id": self.bot.id,
            "company_id": self.bot.company_id.id,
        }
        self.env["helpcrunch.step.statistic"].create(
            [
                {**vals, "day": "2026-11-01", "answer_times": [10, 20, 30]},
                {**vals, "day": "2026-11-02", "answer_times": [100]},
                {**vals, "day": "2026-11-03", "answer_times": []},
            ]
        )
        ((median,),) = self.statistics._read_group([], [], ["median_seconds:avg"])
        self.assertEqual(median, 25)

    def test_a_broadcast_enters_its_step(self):
        self.customers(2)
        self.send()
        self.add_up()
        self.assertEqual(self.figures(self.news)["entered"], 2)

    def test_the_picture_shows_them(self):
        self.talk()
        self.add_up()
        picture = self.bot.with_user(self.manager).get_picture()
        (box,) = [row for row in picture["steps"] if row["id"] == self.ask.id]
        self.assertEqual(box["figures"], {"entered": 3, "went_on": 2, "left_here": 1})
        ways = {
            (row["kind"], row["to"]): row["times"]
            for row in picture["edges"]
            if row["from"] == self.ask.id
        }
        self.assertEqual(ways["next", self.noted.id], 1)
        self.assertEqual(ways["failed", self.sorry.id], 1)
        # Nobody came there.
        (box,) = [row for row in picture["steps"] if row["id"] == self.news.id]
        self.assertIsNone(box["figures"])

    def test_a_way_leads_through_a_step_that_is_passed_by(self):
        vip = self.step(
            "For friends",
            alias="gift",
            partner_domain="[('name', '=', 'Nobody')]",
            fallback_step_id=self.sorry,
        )
        self.says("Hi")
        self.says("gift")
        self.add_up()
        self.assertEqual(self.figures(vip), {"passed_by": 1})
        self.assertFalse(
            self.statistics.search([("step_id", "=", vip.id)]).answer_times
        )
        picture = self.bot.with_user(self.manager).get_picture()
        (edge,) = [row for row in picture["edges"] if row["from"] == vip.id]
        self.assertEqual((edge["kind"], edge["times"]), ("fallback", 1))
        (box,) = [row for row in picture["steps"] if row["id"] == vip.id]
        self.assertIsNone(box["figures"])

    def test_old_figures_are_not_in_the_picture(self):
        self.talk()
        self.add_up()
        month = fields.Date.today() - timedelta(days=32)
        for row in self.env["helpcrunch.step.statistic"].search([]):
            row.day = month
        picture = self.bot.with_user(self.manager).get_picture()
        self.assertFalse([row for row in picture["steps"] if row["figures"]])
        self.assertFalse([row for row in picture["edges"] if row["times"]])

    def test_a_new_bot_of_an_old_messenger_has_no_backlog(self):
        self.talk()
        self.set_back(days=20)
        new = self.bot.with_user(self.manager).copy()
        today = self.by_machine(new)._get_today()
        self.assertEqual(self.by_machine(new)._find_days_to_add_up(), [today])

    def test_a_backlog_is_left_to_the_night(self):
        self.talk()
        self.set_back(days=20)
        self.add_up()
        self.assertFalse(self.statistics.search([]))
        cron = self.env.ref("helpcrunch_chatbot.ir_cron_add_up")
        triggers = self.env["ir.cron.trigger"].search([("cron_id", "=", cron.id)])
        self.assertTrue(triggers)
