"""What is wrong with a drawing, one test for each problem."""

import re
from pathlib import Path

from odoo.exceptions import AccessError
from odoo.tests import tagged

from ..common_operators import OperatorCase


@tagged("post_install", "-at_install")
class TestProblems(OperatorCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company = cls.by_machine(cls.account.company_id)
        cls.company.country_id = cls.env.ref("base.ua")

    def codes_of(self, step=None):
        """Return the codes of a step's problems, or of the bot's own."""
        self.env.invalidate_all()
        step_id = step.id if step else False
        return [
            problem["code"]
            for problem in self.bot.with_user(self.manager).get_problems()
            if problem["step_id"] == step_id
        ]

    def test_a_sound_drawing_has_none(self):
        self.thanks.active = False
        self.forward.next_step_id = False
        self.assertEqual(self.bot.with_user(self.manager).get_problems(), [])
        self.assertEqual(self.bot.with_user(self.manager).problem_count, 0)

    def test_the_example_has_none_that_customers_feel(self):
        bot = self.as_manager("helpcrunch.bot")._create_example()
        self.assertEqual(
            [row for row in bot.get_problems() if row["level"] == "error"], []
        )

    # === THE BOT === #

    def test_no_start(self):
        self.bot.step_ids.alias_ids.filtered(lambda row: row.name == "/start").unlink()
        self.assertIn("no_start", self.codes_of())

    def test_no_start_for_the_whole_bot(self):
        alias = self.bot.step_ids.alias_ids.filtered(lambda row: row.name == "/start")
        others = self.bot.step_ids - alias.step_id
        first = self.bot.step_ids[0]
        self.assertNotIn("unreachable", self.codes_of(first))
        # In one step only, it begins nothing: the first step of the list does.
        alias.step_id = others[-1]
        alias.scope_step_id = others[0]
        self.assertIn("no_start", self.codes_of())
        self.assertNotIn("unreachable", self.codes_of(first))
        picture = self.bot.with_user(self.manager).get_picture()
        (start,) = [row["id"] for row in picture["steps"] if row["is_start"]]
        self.assertEqual(start, first.id)
        self.says("Hi", customer=5099)
        self.assertEqual(self.chat(5099).step_id, first)

    def test_an_alias_has_a_twin_in_some_step(self):
        prices = self.step("Prices", alias="more")
        detail = self.step("Detail")
        self.assertNotIn("alias_has_twin", self.codes_of(prices))
        self.as_manager("helpcrunch.step.alias").create(
            {"step_id": detail.id, "name": "More", "scope_step_id": self.thanks.id}
        )
        self.assertIn("alias_has_twin", self.codes_of(prices))
        self.assertNotIn("alias_has_twin", self.codes_of(detail))

    def test_no_steps(self):
        bot = self.as_manager("helpcrunch.bot").create(
            {"name": "Empty", "account_id": self.account.id}
        )
        self.assertIn("no_steps", [row["code"] for row in bot.get_problems()])

    def test_not_connected(self):
        self.by_machine(self.account).state = "error"
        self.assertIn("not_connected", self.codes_of())

    def test_served_by_another(self):
        copy = self.bot.with_user(self.manager).copy()
        codes = [row["code"] for row in copy.get_problems()]
        self.assertIn("served_by_another", codes)

    def test_a_channel_is_served_by_nobody(self):
        channel, *others = self.account.application_ids
        self.assertTrue(others)
        self.assertNotIn("served_by_nobody", self.codes_of())
        self.bot.application_ids = channel
        problem = next(
            row
            for row in self.bot.with_user(self.manager).get_problems()
            if row["code"] == "served_by_nobody"
        )
        names = ", ".join(other.display_name for other in others)
        self.assertIn(f"serves {names}: ", problem["message"])
        # What serves nobody itself has nothing to say about it.
        self.bot.live = False
        self.assertNotIn("served_by_nobody", self.codes_of())
        self.bot.live = True
        rest = self.as_manager("helpcrunch.bot").create(
            {"name": "The rest", "account_id": self.account.id, "live": True}
        )
        self.assertNotIn("served_by_nobody", self.codes_of())
        self.assertFalse(rest._find_unserved_channels())

    def test_no_fallback_step(self):
        self.bot.fallback_limit = 2
        self.assertIn("no_fallback_step", self.codes_of())
        self.bot.fallback_step_id = self.thanks
        self.assertNotIn("no_fallback_step", self.codes_of())

    def test_the_language_is_not_active(self):
        self.bot.language_id = (
            self.env["res.lang"]
            .with_context(active_test=False)
            .search([("code", "=", "uk_UA")])
        )
        self.assertIn("language_inactive", self.codes_of())

    def test_channels_that_are_gone(self):
        channel = self.account.application_ids[0]
        self.bot.application_ids = channel
        self.by_machine(channel).active = False
        self.assertIn("channels_gone", self.codes_of())

    # === WAYS === #

    def test_unreachable(self):
        lost = self.step("Lost")
        self.assertIn("unreachable", self.codes_of(lost))
        self.thanks.next_step_id = lost
        self.assertNotIn("unreachable", self.codes_of(lost))

    def test_only_by_name(self):
        lost = self.step("Lost")
        self.step("Where to?", "free_input", alias="where")
        self.assertEqual(self.codes_of(lost), ["only_by_name"])
        self.thanks.next_step_id = lost
        self.assertEqual(self.codes_of(lost), [])

    def test_circle(self):
        one = self.step("One", alias="one")
        two = self.step("Two", next_step_id=one)
        one.next_step_id = two
        problem = next(
            row
            for row in self.bot.with_user(self.manager).get_problems()
            if row["code"] == "circle"
        )
        self.assertIn("One → Two → One", problem["message"])
        self.assertEqual(problem["level"], "error")
        two.step_type = "free_input"
        self.assertNotIn("circle", self.codes_of(one) + self.codes_of(two))

    def test_dead_end(self):
        asks = self.step("E-mail?", "free_input", alias="mail")
        self.bot.step_ids.alias_ids.filtered("phrase").filtered(
            lambda row: row.step_id != asks
        ).unlink()
        self.assertIn("dead_end", self.codes_of(asks))
        asks.next_step_id = self.thanks
        self.assertNotIn("dead_end", self.codes_of(asks))

    # === PHRASES === #

    def test_an_alias_that_refuses_broadcasts(self):
        step = self.step("Stop it", alias="STOP")
        self.assertIn("alias_is_opt_out", self.codes_of(step))

    def test_an_alias_that_calls_an_operator(self):
        step = self.step("Machines", alias="operator")
        self.assertIn("alias_calls_operator", self.codes_of(step))

    # === STEPS === #

    def test_long_text(self):
        step = self.step("Long", alias="long", message="x" * 1001)
        self.assertEqual(self.codes_of(step), ["long_text"])

    def test_missing_translation(self):
        self.env["res.lang"]._activate_lang("uk_UA")
        step = self.step("Prices", alias="prices")
        number = self.step("+380 44", alias="number")
        self.assertNotIn("missing_translation", self.codes_of(step))
        self.says("Hi", customer=5077)
        self.partner(5077).lang = "uk_UA"
        self.assertIn("missing_translation", self.codes_of(step))
        self.assertNotIn("missing_translation", self.codes_of(number))
        step.with_context(lang="uk_UA").message = "Ціни"
        self.assertNotIn("missing_translation", self.codes_of(step))

    def test_older_translation(self):
        self.env["res.lang"]._activate_lang("uk_UA")
        step = self.step("Prices", alias="prices")
        step.with_context(lang="uk_UA").message = "Ціни"
        step.with_context(lang="en_US").message = "New prices"
        self.assertIn("older_translation", self.codes_of(step))

    def test_filters(self):
        step = self.step(
            "VIP", alias="vip", partner_domain="[('ref', '=', 'nobody has it')]"
        )
        self.assertIn("empty_filter", self.codes_of(step))
        self.assertIn("no_fallback", self.codes_of(step))
        step.fallback_step_id = self.thanks
        self.assertNotIn("no_fallback", self.codes_of(step))
        (problem,) = [
            row
            for row in self.bot.with_user(self.manager).get_problems()
            if row["code"] == "empty_filter"
        ]
        self.assertIn(f"go on to “{self.thanks.name}”", problem["message"])

    def test_leads_are_switched_off(self):
        self.assertFalse(self.manager.has_group("crm.group_use_lead"))
        step = self.step("A lead", "create_lead", alias="lead")
        self.assertIn("leads_off", self.codes_of(step))
        step.lead_type = "opportunity"
        self.assertNotIn("leads_off", self.codes_of(step))

    def test_choice(self):
        step = self.step(
            "Which?", "choice", alias="which", answer_ids=[(0, 0, {"name": "Red"})]
        )
        self.assertIn("answer_leads_nowhere", self.codes_of(step))
        step.next_step_id = self.thanks
        self.assertNotIn("answer_leads_nowhere", self.codes_of(step))

    def test_queues(self):
        self.by_machine(self.olena).active = False
        self.assertIn("queue_empty", self.codes_of(self.forward))
        self.queue.active = False
        self.assertIn("queue_archived", self.codes_of(self.forward))

    def test_archived_records(self):
        seller = self._user("seller", "Seller")
        lead = self.step("Lead", "create_lead", alias="lead", lead_user_id=seller)
        self.assertNotIn("archived_record", self.codes_of(lead))
        self.by_machine(seller).active = False
        self.assertIn("archived_record", self.codes_of(lead))

    def test_phones(self):
        phone = self.env["ir.model.fields"].browse(self.field("phone"))
        step = self.step(
            "Number?",
            "update_contact",
            alias="number",
            field_id=phone,
            next_step_id=self.thanks,
        )
        self.assertEqual(self.codes_of(step), ["no_invalid_message"])
        self.company.country_id = False
        self.assertIn("phone_without_country", self.codes_of(step))

    def test_schedules(self):
        step = self.step("News", "schedule", next_run="2100-01-01 07:00:00")
        self.assertEqual(self.codes_of(step), ["no_recipients"])
        self.says("Hi")
        self.assertEqual(self.codes_of(step), [])
        self.by_machine(step).schedule_state = "finished"
        self.assertIn("schedule_finished", self.codes_of(step))

    def test_the_readme_names_them_all(self):
        root = Path(__file__).resolve().parents[2]
        told = (root / "README.md").read_text()
        for folder in ("models/drawing", "models/script", "models/notifications"):
            for path in (root / folder).rglob("*.py"):
                found = re.findall(
                    r'"(\w+)",\s+"(?:error|warning|info)"', path.read_text()
                )
                for code in set(found) - {"error", "warning"}:
                    self.assertIn(f"`{code}`", told, path)

    # === WHO === #

    def test_managers_only(self):
        with self.assertRaises(AccessError):
            self.bot.with_user(self.olena).get_problems()

    def test_nothing_of_it_stands_in_the_way_of_a_turn(self):
        self.assertEqual(self.says("Hi"), ["Welcome"])
