"""*Try it*: a dialogue with the engine itself that leaves nothing behind."""

from unittest.mock import patch

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from ..common_operators import OperatorCase

PHONE = "+380 67 123 45 67"


@tagged("post_install", "-at_install")
class TestTrial(OperatorCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.lead = cls.step("Lead made", "create_lead", alias="lead")
        cls.phone = cls.step(
            "Your number?",
            "update_contact",
            alias="/phone",
            field_id=cls.env["ir.model.fields"].browse(cls.field("phone")),
            merge_by_phone=True,
            done_message="Thank you for {{ partner.phone }}.",
            next_step_id=cls.lead,
        )
        cls.step(
            "For friends",
            alias="friends",
            partner_domain="[('phone', '!=', False)]",
            fallback_step_id=cls.phone,
        )
        cls.other = cls.step("Nobody's")

    def tries(self, *texts, **options):
        """Let the manager try; return the turns."""
        bot = self.bot.with_user(self.manager)
        return bot.try_dialogue(list(texts), options)["turns"]

    def said(self, *texts, **options):
        return [turn["said"] for turn in self.tries(*texts, **options)]

    # === THE ENGINE === #

    def test_what_the_bot_says_and_why(self):
        welcome, lost, phone, answer = self.tries("hm", "/phone", PHONE)
        self.assertEqual((welcome["text"], welcome["said"]), ("", ["Welcome"]))
        self.assertIn("The dialogue began.", welcome["why"])
        self.assertEqual(lost["said"], ["I did not understand."])
        self.assertEqual(phone["said"], ["Your number?"])
        self.assertEqual(
            answer["said"], ["Thank you for +380 67 123 4567.", "Lead made"]
        )
        self.assertIn("Contact: Phone is now “+380 67 123 4567”.", answer["effects"])
        self.assertTrue(
            any("is made" in sentence for sentence in answer["effects"]), answer
        )

    def test_it_is_what_customers_get(self):
        texts = ["/phone", PHONE, "friends", "lead", "?"]
        heard = [self.says("/start"), *(self.says(text) for text in texts)]
        self.assertEqual(self.said("/start", *texts)[1:], heard)

    def test_a_step_from_here(self):
        turns = self.tries(PHONE, step_id=self.phone.id)
        self.assertEqual(turns[0]["said"], ["Your number?"])
        self.assertEqual(turns[1]["said"][-1], "Lead made")

    def test_an_existing_contact_feels_the_filter(self):
        friend = self.env["res.partner"].create({"name": "Iryna", "phone": PHONE})
        self.assertEqual(self.said("friends")[-1], ["Your number?"])
        self.assertEqual(
            self.said("friends", partner_id=friend.id)[-1], ["For friends"]
        )

    def test_a_new_customer_has_name_and_language(self):
        self.env["res.lang"]._activate_lang("uk_UA")
        self.bot.with_context(lang="uk_UA").fallback_message = "Не розумію."
        self.assertEqual(self.said("hm", language="uk_UA")[-1], ["Не розумію."])
        self.bot.fallback_message = "{{ partner.name }}?"
        self.assertEqual(self.said("hm", name="Oksana")[-1], ["Oksana?"])

    def test_operators_who_are_there_or_not(self):
        self.operator.available = False
        waiting = self.tries("help me")[-1]
        self.assertEqual(waiting["said"], ["One moment.", "You are number 1."])
        self.assertEqual(
            waiting["effects"], ["The customer waits in the queue “Sales”."]
        )
        there = self.tries("help me", operators="free")[-1]
        self.assertEqual(there["said"], ["One moment.", "Olena is here."])
        self.assertEqual(there["effects"], ["“Olena” gets the dialogue."])
        self.operator.available = True
        nobody = self.tries("help me", operators="none")[-1]
        self.assertEqual(nobody["said"], ["One moment.", "You are number 1."])

    def test_working_hours_at_another_moment(self):
        self.queue.calendar_id = self.env["resource.calendar"].create(
            {
                "name": "Mornings",
                "tz": "UTC",
                "attendance_ids": [
                    (
                        0,
                        0,
                        {
                            "name": "Monday",
                            "dayofweek": "0",
                            "hour_from": 8,
                            "hour_to": 12,
                        },
                    )
                ],
            }
        )
        self.queue.closed_message = "We are closed."
        for at, answer in (
            ("2026-11-30 09:00:00", "Olena is here."),
            ("2026-11-30 19:00:00", "We are closed."),
        ):
            self.assertEqual(self.said("help me", at=at)[-1][-1], answer)

    def test_a_merge_is_foretold(self):
        self.env["res.partner"].create({"name": "Older Iryna", "phone": PHONE})
        answer = self.tries("/phone", PHONE)[-1]
        self.assertIn(
            "The contact would become a part of “Older Iryna”.", answer["effects"]
        )

    def test_opting_out(self):
        stop = self.tries("STOP")[-1]
        self.assertIn("The customer gets no more broadcasts.", stop["effects"])

    def test_a_bot_that_is_not_live_and_not_connected(self):
        self.by_machine(self.account).state = "draft"
        self.bot.live = False
        self.assertEqual(self.said("lead")[-1], ["Lead made"])
        self.assertFalse(self.bot.live)

    def test_a_step_that_cannot_do_its_work_is_passed_by(self):
        def refuse(step, chat):
            raise UserError("no room for it")

        model = self.registry["helpcrunch.step"]
        with patch.object(model, "_enter_create_lead", refuse):
            turn = self.tries("lead")[-1]
        self.assertTrue(any("no room for it" in line for line in turn["why"]), turn)

    # === NO TRACE === #

    def _count_rows(self):
        self.env.flush_all()
        self.env.cr.execute(
            "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace ="
            " 'public'::regnamespace ORDER BY relname"
        )
        counts = {}
        for (table,) in self.env.cr.fetchall():
            # What is written is seen by its age, whoever keeps the number of rows.
            self.env.cr.execute(f'SELECT count(*), max(xmin::text) FROM "{table}"')
            counts[table] = self.env.cr.fetchone()
        return counts

    def test_a_hundred_trials_leave_nothing(self):
        self.says("Hi")
        self.tries("Hi")
        before = self._count_rows()
        version = self.bot.version
        hooks = len(self.env.cr.postcommit._funcs), len(self.env.cr.precommit._funcs)
        for _number in range(100):
            self.tries("/phone", PHONE, "help me", "STOP", operators="free")
        self.assertEqual(self._count_rows(), before)
        self.assertEqual(self.bot.version, version)
        self.assertEqual(
            (len(self.env.cr.postcommit._funcs), len(self.env.cr.precommit._funcs)),
            hooks,
        )
        self.assertEqual(self.helpcrunch.captured(), [])

    def test_a_trial_that_fails_leaves_nothing_either(self):
        before = self._count_rows()
        model = self.registry["helpcrunch.event"]
        with (
            patch.object(model, "_take_turn", side_effect=ZeroDivisionError),
            self.assertRaises(ZeroDivisionError),
        ):
            self.tries("Hi")
        self.assertEqual(self._count_rows(), before)

    # === WHO, AND WHAT IS NONE === #

    def test_managers_only(self):
        self.add_outsiders()
        for user in (self.olena, self.clerk, self.portal):
            with self.subTest(user.login), self.assertRaises(AccessError):
                self.bot.with_user(user).try_dialogue(["Hi"])

    def test_what_is_no_trial_is_refused_in_words(self):
        foreign = self.env["helpcrunch.bot"].create(
            {"name": "Other", "account_id": self.account.id}
        )
        step = self.env["helpcrunch.step"].create(
            {"name": "Theirs", "bot_id": foreign.id, "step_type": "text"}
        )
        for texts, options in (
            ("Hi", {}),
            ([1], {}),
            (["Hi"] * 101, {}),
            (["x" * 5001], {}),
            (["Hi"], {"step_id": step.id}),
            (["Hi"], {"step_id": "1; DROP TABLE"}),
            (["Hi"], {"partner_id": 10**8}),
            (["Hi"], {"language": "xx_XX"}),
            (["Hi"], {"operators": "some"}),
            (["Hi"], {"reader": 1}),
            (["Hi"], {"at": "tomorrow"}),
        ):
            with self.subTest(options=options), self.assertRaises(UserError):
                self.bot.with_user(self.manager).try_dialogue(texts, options)

    def test_a_contact_out_of_sight(self):
        company = self.env["res.company"].create({"name": "Elsewhere"})
        hidden = self.env["res.partner"].create(
            {"name": "Hidden", "company_id": company.id}
        )
        with self.assertRaises(AccessError):
            self.tries("Hi", partner_id=hidden.id)
