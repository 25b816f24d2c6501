"""A step that cannot do its work never silences the dialogue (spec 4)."""

from contextlib import contextmanager
from unittest.mock import patch

import psycopg2
from psycopg2 import errors

from odoo import fields
from odoo.exceptions import UserError, ValidationError
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

from ...jobs import contacts, dialogues, worker
from ...models.dialogue.turn_careful import CarefulTurn
from ..common import HelpcrunchCase, snapshot

_QUIET = mute_logger("odoo.addons.helpcrunch_chatbot.jobs.dialogues", "odoo.sql_db")


@tagged("post_install", "-at_install")
class TestStepRefused(HelpcrunchCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.boss = new_test_user(
            cls.env,
            "boss",
            "base.group_system,helpcrunch_chatbot.group_manager,"
            "sales_team.group_sale_manager",
        )
        company = cls.account.company_id.with_user(cls.boss)
        company.country_id = cls.env.ref("base.ua")
        cls.step("Welcome", alias="/start", message=False)
        cls.after = cls.step("After", "free_input", alias="after")

    def setUp(self):
        super().setUp()
        self.enterContext(_QUIET)

    @contextmanager
    def broken(self, error, verb="_enter_text", says="Broken"):
        """Let an addon do some work in a step and then refuse, as addons do."""
        steps = self.env.registry["helpcrunch.step"]
        usual = getattr(steps, verb)

        def refuse(step, chat, *args):
            if step.name != says:
                return usual(step, chat, *args)
            chat._say("Never said")
            chat.partner_id.comment = "Never written"
            raise error(step) if callable(error) else error

        with patch.object(steps, verb, refuse):
            yield

    def events(self):
        return self.env["helpcrunch.event"].search([("chat_id", "=", self.chat().id)])

    def activities(self):
        return self.bot.activity_ids

    def failed(self):
        return self.events().filtered("error")

    def test_a_refusal_leads_to_the_fallback_and_is_told_once(self):
        fallback = self.step("Instead")
        broken = self.step(
            "Broken", alias="go", fallback_step_id=fallback, next_step_id=self.after
        )
        first = self.step("First", alias="begin", next_step_id=broken)
        with self.broken(UserError("The customer 42 is not in the mood")):
            self.assertEqual(self.says("begin"), ["First", "Instead"])
        self.assertEqual(self.chat().step_id, fallback)
        self.assertFalse(self.failed())
        self.assertFalse(self.partner().comment, "what it wrote is taken back")
        self.assertIn("not in the mood", self.chat().why)
        self.assertIn("“Broken” cannot do its work", self.activities().summary)
        self.assertTrue(
            self.activities().user_id.has_group("helpcrunch_chatbot.group_manager")
        )
        # The same cause again, with another number, and a cause of another kind.
        with self.broken(UserError("The customer 43 is not in the mood")):
            self.assertEqual(self.says("go", 5002), ["Instead"])
        self.assertEqual(len(self.activities()), 1)
        with self.broken(ValueError("something else")):
            self.assertEqual(self.says("go", 5003), ["Instead"])
        self.assertEqual(len(self.activities()), 2)
        first.next_step_id = False

    def test_without_a_fallback_the_flow_goes_on(self):
        broken = self.step("Broken", alias="go", next_step_id=self.after)
        with self.broken(KeyError("x")):
            self.assertEqual(self.says("go"), ["After"])
        broken.next_step_id = False
        with self.broken(KeyError("x")):
            self.assertEqual(self.says("go", 5002), ["I did not understand."])
            self.assertEqual(self.says("after", 5002), ["After"])
        self.assertFalse(self.failed())

    def test_what_the_database_refuses_is_cured_too(self):
        self.step("Broken", alias="go", next_step_id=self.after)

        def refuse(step):
            step.env.cr.execute("SELECT no_such_column FROM res_partner")

        with self.broken(refuse):
            self.assertEqual(self.says("go"), ["After"])
        self.assertIn("no_such_column", self.chat().why)

    def test_an_answer_that_is_refused(self):
        partners = self.env.registry["res.partner"]
        usual = partners.write
        refused = ValidationError("No such city")

        def write(partner, vals):
            if vals.get("city") == "Atlantis":
                raise refused
            return usual(partner, vals)

        self.step(
            "City?",
            "update_contact",
            alias="go",
            field_id=self.field("city"),
            next_step_id=self.after,
        )
        self.assertEqual(self.says("go"), ["City?"])
        with patch.object(partners, "write", write):
            self.assertEqual(self.says("Atlantis"), ["After"])
        self.assertFalse(self.partner().city)
        self.assertFalse(self.failed())

    def test_only_a_turn_that_failed_gets_nets(self):
        self.step("Fine", alias="fine")
        self.step("Broken", alias="go", next_step_id=self.after)
        nets = []
        usual = CarefulTurn._try

        def count(turn, step, *args):
            nets.append(step.name)
            return usual(turn, step, *args)

        with patch.object(CarefulTurn, "_try", count):
            self.assertEqual(self.says("fine"), ["Fine"])
            self.assertEqual(nets, [])
            with self.broken(KeyError("x")):
                self.assertEqual(self.says("go"), ["After"])
            self.assertEqual(nets, ["Broken", "After"])

    def test_a_clash_is_no_refusal(self):
        turn = CarefulTurn(self.chat(), snapshot(failed_with=ValueError))
        for error, is_refusal in (
            (errors.SerializationFailure(), False),
            (errors.DeadlockDetected(), False),
            (psycopg2.InterfaceError(), False),
            # Somebody was quicker; no refusal before trying again has not helped.
            (errors.UniqueViolation(), False),
            (errors.UndefinedColumn(), True),
            (ValueError(), True),
        ):
            with self.subTest(error=type(error)):
                self.assertEqual(turn._is_refusal(error), is_refusal)
        turn.snapshot.failed_with = errors.UniqueViolation
        self.assertTrue(turn._is_refusal(errors.UniqueViolation()))

    def make_field(self):
        model = self.env["ir.model"]._get("res.partner")
        return (
            self.env["ir.model.fields"]
            .with_user(self.boss)
            .create(
                {
                    "name": "x_size",
                    "field_description": "Size",
                    "model_id": model.id,
                    "ttype": "char",
                }
            )
        )

    def test_a_field_that_a_step_needs_is_not_deleted(self):
        field = self.make_field()
        asking = self.step("Size?", "update_contact", field_id=field)
        with self.refused("“Size” cannot be deleted: step “Size.” of bot “Shop”"):
            field.unlink()
        asking.unlink()
        for domain in (
            "[('x_size', '=', 'XL')]",
            "['|', ('name', '=', 'x'), ('parent_id.x_size', '=', 'XL')]",
            "[('child_ids', 'any', [('x_size', '=', 'XL')])]",
        ):
            step = self.step("Big ones", partner_domain=domain)
            with self.subTest(domain), self.refused("step “Big ones”"):
                field.unlink()
            step.unlink()
        self.step("Other", partner_domain="[('ref', '=', 'x_size')]")
        field.unlink()
        self.assertFalse(field.exists())

    def test_a_filter_whose_field_is_gone_all_the_same(self):
        step = self.step("Broken", alias="go", fallback_step_id=self.after)
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE helpcrunch_step SET partner_domain = %s WHERE id = %s",
            ["[('x_gone', '=', 'XL')]", step.id],
        )
        self.env.invalidate_all()
        self.assertEqual(self.says("go"), ["After"])
        self.assertIn("x_gone", self.activities().summary)

    def test_a_question_whose_field_is_gone_all_the_same(self):
        step = self.step(
            "Size?",
            "update_contact",
            alias="go",
            field_id=self.field("city"),
            next_step_id=self.after,
        )
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE helpcrunch_step SET field_id = NULL WHERE id = %s", [step.id]
        )
        self.env.invalidate_all()
        self.assertEqual(self.says("go"), ["After"])

    def test_a_contact_in_another_company_still_gets_its_lead(self):
        self.step("Thanks", "create_lead", alias="lead", next_step_id=self.after)
        self.says("Hi")
        company = self.env["res.company"].create({"name": "Elsewhere"})
        self.boss.company_ids += company
        self.partner().with_user(self.boss).company_id = company
        self.assertEqual(self.says("lead"), ["Thanks", "After"])
        lead = self.chat().lead_ids
        self.assertEqual(lead.contact_name, self.partner().name)
        self.assertEqual(lead.company_id, self.account.company_id)
        self.assertFalse(self.failed())

    def test_a_messenger_with_dialogues_stays_in_its_company(self):
        company = self.env["res.company"].create({"name": "Elsewhere"})
        self.boss.company_ids += company
        account = self.account.with_user(self.boss)
        self.says("Hi")
        with self.refused("“HelpCrunch” stays in company"):
            account.company_id = company
        account.company_id = account.company_id
        self.assertEqual(self.says("after"), ["After"])

    def test_a_salesperson_who_has_left(self):
        seller = new_test_user(self.env, "seller", "sales_team.group_sale_salesman")
        step = self.step("Thanks", "create_lead", alias="lead", lead_user_id=seller)
        self.says("Hi")
        seller.with_user(self.boss).active = False
        self.assertEqual(self.says("lead"), ["Thanks"])
        self.assertFalse(self.chat().lead_ids.user_id)
        self.assertIn("without a salesperson", self.activities().summary)
        self.says("lead", 5002)
        self.assertEqual(len(self.activities()), 1)
        self.assertEqual(step.lead_user_id, seller)

    def test_a_language_that_was_switched_off(self):
        self.env["res.lang"]._activate_lang("pl_PL")
        polish = self.env["res.lang"]._lang_get("pl_PL")
        self.bot.language_id = polish
        self.step("Hello", alias="hello")
        self.assertEqual(self.says("hello"), ["Hello"])
        polish.with_user(self.boss).active = False
        self.assertEqual(self.says("hello", 5002), ["Hello"])
        self.assertEqual(self.says("after"), ["After"])
        self.assertFalse(self.failed())


@tagged("post_install", "-at_install")
class TestWakeUps(HelpcrunchCase):
    """What was due is not forgotten when an alarm is lost."""

    def setUp(self):
        super().setUp()
        self.enterContext(_QUIET)
        self.alarms = []
        patcher = patch.object(
            worker,
            "submit_later",
            lambda seconds, function, *args, bulk=False: self.alarms.append(
                (seconds, function, args)
            ),
        )
        patcher.start()
        self.addCleanup(patcher.stop)
        self.step("Welcome", alias="/start")

    def test_an_event_that_is_put_off_is_come_back_for(self):
        self.says("Hi")
        chat = self.chat()
        self.alarms.clear()
        with patch.object(
            self.env.registry["helpcrunch.chat"],
            "_on_message_chat_customer",
            side_effect=ValueError("Not now"),
        ):
            self.says("One")
        self.assertTrue(self.alarms, "one for the second try")
        # The alarm is lost. The customer writes at once: whoever finds nothing due
        # sets the next one.
        self.alarms.clear()
        self.assertEqual(self.says("Two"), [])
        self.assertEqual(
            [(function, args[-1]) for _seconds, function, args in self.alarms],
            [(dialogues.take_turns, chat.id)],
        )
        self.assertLess(self.alarms[0][0], 2)

    def test_two_who_fail_at_one_moment_count_one_try(self):
        self.says("Hi")
        event = self.env["helpcrunch.event"].search([], limit=1)
        event.write({"state": "pending", "tries": 0})
        self.assertEqual(event._note_failure("first", 0), 1)
        self.assertLessEqual(event._note_failure("second", 0), 1)
        self.assertEqual(event.tries, 1)

    def test_a_merge_that_is_put_off_is_come_back_for(self):
        pair = self.env["res.partner"].create([{"name": "A"}, {"name": "B"}])
        self.list_pair(
            pair[1],
            pair[0],
            state="queued",
            not_before=fields.Datetime.add(fields.Datetime.now(), minutes=1),
        )
        self.merge()
        self.assertEqual(
            [function for _seconds, function, _args in self.alarms],
            [contacts.merge_contacts],
        )
