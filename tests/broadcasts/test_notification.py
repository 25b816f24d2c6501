from unittest.mock import patch

from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import Form, new_test_user, tagged
from odoo.tools import mute_logger

from ..common import add_ukrainian
from ..common_notifications import NotificationCase

LOGGERS = (
    "odoo.addons.helpcrunch_chatbot.models.notifications.ir_actions_server",
    "odoo.addons.helpcrunch_chatbot.models.notifications.helpcrunch_broadcast",
)


@tagged("post_install", "-at_install")
class TestNotification(NotificationCase):
    """A record of Odoo's starts a step in the dialogue of its contact."""

    def test_your_order_has_left(self):
        self.customers(1)
        lead = self.lead(name="S00042")
        answer = self.run_on(lead)
        self.assertEqual(answer["params"]["type"], "success")
        # Whoever saves it does not wait for HelpCrunch, nor for a plan.
        self.assertEqual(self.recipients(lead).mapped("chat_id").ids, [])
        self.assertEqual(self.heard(5001), ["Welcome"])
        run = self.send_noted(lead)
        self.assertEqual(self.heard(5001)[1:], ["Order S00042 has left."])
        self.assertEqual((run.kind, run.state), ("action", "done"))
        self.assertIn("“Sent” was said to", self.notes(lead)[0])
        event = self.chat().event_ids.filtered(
            lambda row: row.event_type == "broadcast.message"
        )
        self.assertIn("started_by_action", [line["code"] for line in event.trace])
        self.assertEqual(self.action.helpcrunch_outcome, "Sent: 1")

    def test_the_flow_goes_on_and_tells_more_of_the_record(self):
        self.sent.next_step_id = self.step(
            "More", message="{{ record.name }}, {{ record.expected_revenue }}"
        )
        self.action.helpcrunch_field_ids |= self.env["ir.model.fields"]._get(
            "crm.lead", "expected_revenue"
        )
        self.customers(1)
        self.notify(self.lead(name="S1", expected_revenue=1200))
        self.assertIn("S1, $", self.heard(5001)[-1])
        self.assertIn("1,200.00", self.heard(5001)[-1])

    def test_the_newest_dialogue(self):
        self.customers(1)
        partner = self.partner()
        self.says("Hi", customer=5002)
        self.by_machine(self.chat(5002)).partner_id = partner
        self.by_machine(self.chat(5002).customer_id).partner_id = partner
        self.notify(self.lead(5001))
        self.assertEqual(self.count(5001, "has left"), 0)
        self.assertEqual(self.count(5002, "has left"), 1)

    # === ONCE === #

    def test_the_same_record_twice_is_once(self):
        self.customers(1)
        lead = self.lead()
        self.notify(lead)
        answer = self.run_on(lead)
        self.assertEqual(answer["params"]["type"], "warning")
        self.assertEqual(len(self.recipients(lead)), 1)
        both = lead | self.lead(name="B")
        self.assertIn("before", self.run_on(both)["params"]["message"])
        self.assertEqual(len(self.recipients(both)), 2)
        self.send_noted(both)
        self.assertEqual(self.count(5001, "has left"), 2)

    def test_each_time(self):
        self.action.helpcrunch_once = False
        self.customers(1)
        lead = self.lead()
        self.notify(lead)
        self.notify(lead)
        self.assertEqual(self.count(5001, "has left"), 2)

    def test_who_could_not_get_it_may_come_again(self):
        lead = self.lead(customer=None)
        self.notify(lead)
        self.assertEqual(self.reasons(lead), ["no_contact"])
        self.customers(1)
        lead.partner_id = self.partner()
        self.notify(lead)
        self.assertEqual(self.reasons(lead), ["no_contact", "sent"])

    def test_once_for_each_action(self):
        self.customers(1)
        lead = self.lead()
        self.notify(lead)
        self.notify(lead, action=self.make_action(name="Another"))
        self.assertEqual(self.count(5001, "has left"), 2)

    # === RUNS === #

    def test_what_comes_one_by_one_stands_in_one_broadcast_of_the_day(self):
        self.customers(3)
        leads = [self.lead(customer) for customer in (5001, 5002, 5003)]
        runs = {self.notify(lead) for lead in leads}
        self.assertEqual(len(runs), 1)
        self.assertEqual(runs.pop().sent_count, 3)
        several = self.lead(5001, name="B") | self.lead(5002, name="C")
        run = self.notify(several)
        self.assertEqual(run.sent_count, 2)

    def test_one_transaction_is_one_run(self):
        self.customers(2)
        leads = self.lead(5001) | self.lead(5002)
        self.commit()
        for lead in leads:
            self.action.with_user(self.seller).with_context(
                active_model="crm.lead", active_ids=lead.ids, active_id=lead.id
            ).run()
        self.assertEqual(len(self.recipients(leads).broadcast_id), 1)

    def test_a_run_that_has_begun_takes_nobody_in(self):
        self.customers(2)
        first, second = self.lead(5001), self.lead(5002)
        self.notify(first)
        # Still the same transaction, as in a test of somebody else's.
        self.action.with_user(self.seller).with_context(
            active_model="crm.lead", active_ids=second.ids, active_id=second.id
        ).run()
        self.send_noted(second)
        self.assertEqual(self.reasons(second), ["sent"])

    def test_a_savepoint_takes_the_run_back(self):
        self.customers(2)
        first, second = self.lead(5001), self.lead(5002)
        self.run_on(second | first)
        self.env.flush_all()
        fresh = self.lead(5001, name="B")
        self.commit()
        try:
            with self.env.cr.savepoint():
                self.run_on(fresh)
                raise UserError("the import refused it")
        except UserError:
            self.env.invalidate_all()
        self.assertFalse(self.recipients(fresh))
        self.run_on(fresh)
        self.assertEqual(len(self.recipients(fresh)), 1)

    def test_a_notification_waits_for_no_news(self):
        self.customers(3)
        self.plan()
        self.account.requests_per_minute = 120
        lead = self.lead(5003)
        self.run_on(lead)
        self.start()
        self.assertEqual(self.reasons(lead), ["sent"])
        self.assertEqual(sum(self.count(number) for number in (5001, 5002, 5003)), 0)

    def test_many_cost_a_run_no_more_than_few(self):
        self.customers(1)
        partner = self.partner()
        leads = self.env["crm.lead"].create(
            [{"name": str(n), "partner_id": partner.id} for n in range(405)]
        )
        counts = [
            self._count_queries(leads[a:b]) for a, b in ((0, 2), (2, 5), (5, 405))
        ]
        self.assertEqual(counts[1], counts[2])
        self.assertLessEqual(counts[2][0], 12)
        self.assertEqual(len(self.recipients(leads)), 405)

    def _count_queries(self, leads):
        """Return the queries of a run of the action, and of its beginning."""
        found = []
        for do in (
            lambda: self.run_on(leads, user=self.administrator),
            self.env["helpcrunch.broadcast"]._start_runs,
        ):
            self.env.flush_all()
            self.env.invalidate_all()
            leads.mapped("name")
            before = self.env.cr.sql_log_count
            do()
            self.env.flush_all()
            found.append(self.env.cr.sql_log_count - before)
        return found

    # === THE RULES OF BROADCASTS === #

    def test_who_gets_none_is_counted_and_said(self):
        self.customers(4)
        self.says("STOP", customer=5001)
        self.by_machine(self.chat(5002).customer_id).blocked = True
        stranger = self.env["res.partner"].create({"name": "Stranger"})
        leads = (
            self.lead(5001)
            | self.lead(5002)
            | self.lead(5003)
            | self.lead(None, partner_id=stranger.id)
            | self.lead(None)
            | self.lead(5004)
        )
        other = self.env["res.company"].create({"name": "Other"})
        self.env.cr.execute(
            "UPDATE res_partner SET company_id = %s WHERE id = %s",
            [other.id, self.partner(5003).id],
        )
        run = self.notify(leads)
        self.assertEqual(
            self.reasons(leads),
            ["opted_out", "blocked", "company", "no_dialogue", "no_contact", "sent"],
        )
        self.assertIn("The record has no contact: 1", run.reasons)
        self.assertIn("Wants no broadcasts: 1", self.action.helpcrunch_outcome)
        self.assertIn("no dialogue", self.notes(leads[3])[0])

    def test_the_same_refusal_is_noted_once(self):
        lead = self.lead(None)
        self.notify(lead)
        self.notify(lead)
        self.assertEqual(self.reasons(lead), ["no_contact"] * 2)
        self.assertEqual(len(self.notes(lead)), 1)

    def test_quiet_hours_and_at_once(self):
        self.customers(1)
        self.bot.write({"quiet_from": 0, "quiet_to": 23.99})
        lead = self.lead()
        self.run_on(lead)
        self.start()
        self.look(2)
        self.assertEqual(self.reasons(lead), ["pending"])
        at_once = self.make_action(name="Hurry", helpcrunch_at_once=True)
        self.notify(lead, action=at_once)
        self.assertEqual(self.count(5001, "has left"), 1)
        self.bot.quiet_to = 0
        self.look(2)
        self.assertEqual(self.count(5001, "has left"), 2)

    def test_an_operator_is_not_disturbed(self):
        self.connect(5001)
        lead = self.lead()
        self.run_on(lead)
        self.start()
        self.look(2)
        self.assertEqual(self.count(5001, "has left"), 0)
        self.orders(self.olena, "/close")
        self.later_on(minutes=11)
        self.look(2)
        self.assertEqual(self.count(5001, "has left"), 1)

    def test_the_reply_window(self):
        self.customers(1)
        self.chat().application_id.reply_window = 1
        self.by_machine(self.chat()).last_customer_message_at = "2020-01-01 00:00:00"
        lead = self.lead()
        self.notify(lead)
        self.assertEqual(self.reasons(lead), ["silent"])

    def test_a_closed_chat_gets_a_new_one(self):
        self.customers(1)
        self.helpcrunch.close(int(self.chat().external_id))
        self.take_in()
        self.notify(self.lead())
        self.assertEqual(self.count(5001, "has left"), 1)

    def test_an_open_question_is_asked_again_after_a_question(self):
        self.step(
            "Your name?",
            "update_contact",
            alias="name",
            field_id=self.field("name"),
        )
        come = self.step(
            "Come",
            "choice",
            message="{{ record.name }}: will you come?",
            answer_ids=[
                Command.create({"name": "Yes", "target_step_id": self.thanks.id})
            ],
        )
        self.customers(1)
        self.says("name")
        self.notify(
            self.lead(name="Tuesday"),
            action=self.make_action(helpcrunch_step_id=come.id),
        )
        self.assertIn("Tuesday: will you come?", self.heard(5001)[-1])
        self.assertEqual(self.says("1"), ["Thank you", "Your name?"])

    def test_a_step_that_works_is_not_done_twice(self):
        step = self.step("Call back", "create_lead", message="We will call you.")
        action = self.make_action(helpcrunch_step_id=step.id)
        self.customers(1)
        lead = self.lead()
        self.helpcrunch.set(fail_next=[{"fail": 400, "path": "POST /v1/messages"}])
        run = self.notify(lead, action=action)
        self.assertEqual(self.reasons(lead), ["refused"])
        made = [("helpcrunch_step_id", "=", step.id)]
        self.assertEqual(self.env["crm.lead"].search_count(made), 1)
        run.with_user(self.manager).action_retry_failed()
        self.deliver()
        self.send_rest(run)
        self.assertEqual(self.reasons(lead), ["sent"])
        self.assertEqual(self.count(5001, "We will call"), 1)
        self.assertEqual(self.env["crm.lead"].search_count(made), 1)

    def test_a_silent_step_to_an_operator(self):
        step = self.step(
            "Over", "forward_operator", message=False, queue_id=self.queue.id
        )
        self.queue.joined_message = ""
        self.customers(1)
        lead = self.lead()
        self.notify(lead, action=self.make_action(helpcrunch_step_id=step.id))
        self.settle()
        self.assertEqual(self.reasons(lead), ["sent"])
        self.assertEqual(self.chat().user_id, self.olena)

    # === IN BETWEEN === #

    def test_the_record_is_deleted(self):
        self.customers(1)
        gone, late = self.lead(name="gone"), self.lead(name="late")
        leads = gone | late
        self.run_on(leads)
        self.by_machine(gone).unlink()
        with self.nothing_goes_out():
            self.start()
            self.assertEqual(self.reasons(gone), ["record_gone"])
        self.bot.write({"quiet_from": 0, "quiet_to": 23.99})
        with self.enter_test_mode_if_needed():
            self.env["helpcrunch.broadcast"]._keep_quiet()
        self.by_machine(late).unlink()
        self.bot.quiet_to = 0
        self.look(2)
        self.assertEqual(self.count(5001, "late"), 0)

    def test_the_step_is_archived_or_deleted(self):
        self.customers(1)
        lead = self.lead()
        self.run_on(lead)
        self.sent.unlink()
        self.start()
        self.look()
        self.assertEqual(self.reasons(lead), ["step_gone"])
        with self.assertLogs(LOGGERS[0], "WARNING"):
            self.assertFalse(self.run_on(self.lead(name="B")))
        self.assertIn("deleted", str(self.action.activity_ids.note))

    def test_the_bot_is_archived(self):
        self.customers(1)
        lead = self.lead()
        self.run_on(lead)
        self.bot.active = False
        self.start()
        self.assertEqual(self.reasons(lead), ["bot_off"])
        self.assertEqual(self.heard(5001), ["Welcome"])

    def test_the_action_is_deleted(self):
        self.customers(1)
        lead = self.lead()
        self.run_on(lead)
        self.action.unlink()
        self.start()
        self.look()
        self.assertEqual(self.reasons(lead), ["action_gone"])

    # === TROUBLE IS NOBODY'S WHO SAVES === #

    def test_whatever_goes_wrong_the_record_is_saved(self):
        self.customers(1)
        lead = self.lead()
        recipients = self.registry["helpcrunch.broadcast.recipient"]

        def fail(recipients, *args):
            recipients.env.cr.execute("SELECT 1 / 0")

        with (
            patch.object(recipients, "_insert_records", fail),
            mute_logger("odoo.sql_db"),
            self.assertLogs(LOGGERS[0], "WARNING"),
        ):
            self.assertFalse(self.run_on(lead))
            self.assertFalse(self.run_on(lead))
        lead.name = "Saved"
        self.env.flush_all()
        self.assertFalse(self.recipients(lead))
        activity = self.action.activity_ids
        self.assertEqual(len(activity), 1)
        self.assertEqual(activity.user_id, self.administrator)

    def test_a_way_that_is_gone_is_told(self):
        self.customers(1)
        lead = self.lead()
        self.run_on(lead)
        self.env.cr.execute(
            "UPDATE ir_act_server SET helpcrunch_partner_path = 'x_gone' WHERE id = %s",
            [self.action.id],
        )
        self.env.invalidate_all()
        with self.assertLogs(LOGGERS[1], "WARNING"):
            self.start()
        self.assertEqual(self.reasons(lead), ["error"])
        self.assertTrue(self.action.activity_ids)

    # === WHAT CAN BE SAVED === #

    def test_the_way_to_the_contact(self):
        self.assertEqual(self.action.helpcrunch_partner_path, "partner_id")
        self.assertEqual(self.make_action("res.partner").helpcrunch_partner_path, "id")
        for path, words in (
            ("nowhere", "no field"),
            ("name", "no field"),
            ("user_id", "leads to no contact"),
            ("partner_id.name", "no field"),
            ("user_id.nowhere", "no field"),
            ("tag_ids", "no field"),
            ("id", "no field"),
        ):
            with self.subTest(path=path), self.refused(words):
                self.action.helpcrunch_partner_path = path
        self.action.helpcrunch_partner_path = "user_id.partner_id"

    def test_a_way_over_another_record(self):
        self.customers(1)
        lead = self.lead(None)
        self.by_machine(self.seller).partner_id = self.partner()
        self.action.helpcrunch_partner_path = "user_id.partner_id"
        lead.user_id = self.seller
        self.notify(lead)
        self.assertEqual(self.reasons(lead), ["sent"])

    def test_a_way_that_is_in_no_column(self):
        self.customers(1)
        self.action.helpcrunch_partner_path = "partner_id.self"
        lead, nobody = self.lead(), self.lead(None)
        self.notify(lead | nobody)
        self.assertEqual(self.reasons(lead | nobody), ["sent", "no_contact"])

    def test_contacts_themselves(self):
        self.customers(1)
        action = self.make_action("res.partner")
        partner = self.by_machine(self.partner())
        partner.name = "Taras"
        self.notify(partner, action=action, user=self.manager)
        self.assertEqual(self.heard(5001)[-1], "Order Taras has left.")
        self.assertTrue(self.notes(partner))

    def test_what_may_be_told(self):
        get_field = self.env["ir.model.fields"]._get
        for field, words in (
            (get_field("crm.lead", "activity_ids"), "words"),
            (get_field("res.partner", "name"), "none of its records"),
        ):
            with self.subTest(field=field.name), self.refused(words):
                self.action.helpcrunch_field_ids |= field

    def test_names_that_nobody_tells(self):
        with self.refused("does not tell that"):
            self.sent.message = "{{ record.phone }}"
        with self.refused("does not tell that"):
            self.action.helpcrunch_field_ids = False
        with self.refused("nobody knows"):
            self.sent.message = "{{ record.partner_id.name }}"
        with self.refused("nobody knows"):
            self.sent.message = "{{ records.name }}"
        other = self.step("Other", message="{{ record.phone }}")
        with self.refused("does not tell that"):
            self.action.helpcrunch_step_id = other
        other.message = "{{ record.name }}"
        self.action.helpcrunch_step_id = other

    def test_reached_without_a_record_it_says_the_default(self):
        self.sent.alias_ids = [Command.create({"name": "order"})]
        self.customers(1)
        self.assertEqual(self.says("order"), ["Order yours has left."])
        self.notify(self.lead(name="S1"))
        self.assertEqual(self.says("order"), ["Order S1 has left."])
        self.says("/start")
        self.assertEqual(self.says("order"), ["Order yours has left."])

    def problems(self, step):
        self.env.invalidate_all()
        return [
            row["code"]
            for row in self.bot.with_user(self.manager).get_problems()
            if row["step_id"] == step.id
        ]

    def test_the_check_of_the_bot(self):
        self.assertNotIn("unreachable", self.problems(self.sent))
        self.assertNotIn("told_without", self.problems(self.sent))
        self.sent.message = "{{ record.name }}"
        self.assertNotIn("told_without", self.problems(self.sent))
        self.sent.alias_ids = [Command.create({"name": "order"})]
        self.assertIn("told_without", self.problems(self.sent))
        self.sent.message = "{{ values.number }}"
        self.assertIn("told_without", self.problems(self.sent))
        later = self.step("Later", message="{{ record.phone }}")
        self.sent.next_step_id = later
        self.assertIn("untold_field", self.problems(later))
        later.message = "{{ record.name }}"
        self.assertNotIn("untold_field", self.problems(later))

    # === PEOPLE === #

    def test_the_form_of_the_administrator(self):
        form = Form(
            self.env["ir.actions.server"]
            .with_user(self.administrator)
            .with_context(default_model_id=self.env["ir.model"]._get("crm.lead").id)
        )
        form.state = "helpcrunch_step"
        self.assertEqual(form.helpcrunch_partner_path, "partner_id")
        form.helpcrunch_step_id = self.thanks.with_user(self.administrator)
        action = form.save()
        self.assertEqual(action.name, "Thank you")
        self.assertTrue(action.helpcrunch_once)
        self.assertEqual(
            self.thanks.with_user(self.administrator).server_action_count, 1
        )
        opened = self.thanks.with_user(self.administrator).action_view_server_actions()
        self.assertEqual(action.search(opened["domain"]), action)
        self.assertTrue(action.action_view_helpcrunch_runs())

    def test_who_may_make_and_run_it(self):
        for user in (self.manager, self.olena, self.seller):
            with self.assertRaises(AccessError):
                self.env["ir.actions.server"].with_user(user).create(
                    {
                        "name": "Mine",
                        "model_id": self.action.model_id.id,
                        "state": "helpcrunch_step",
                        "helpcrunch_step_id": self.sent.id,
                    }
                )
        self.customers(1)
        lead = self.lead()
        for login, group in (("clerk", "base.group_user"), ("p", "base.group_portal")):
            user = new_test_user(self.env, login, group)
            with (
                self.assertRaises(AccessError),
                mute_logger("odoo.addons.base.models.ir_actions"),
            ):
                self.run_on(lead, user=user)
            with self.assertRaises(AccessError):
                self.action.with_user(user).action_view_helpcrunch_runs()
        self.assertFalse(self.recipients(lead))
        with self.assertRaises(AccessError):
            self.thanks.with_user(self.manager).action_view_server_actions()

    def test_who_opens_the_record(self):
        self.customers(1)
        lead = self.lead()
        self.notify(lead)
        row = self.recipients(lead)
        self.assertEqual(row.record_name, lead.name)
        self.assertEqual(row.action_open_record()["res_id"], lead.id)
        with self.assertRaises(AccessError):
            row.with_user(self.seller).action_open_record()

    # === AS ODOO STARTS IT === #

    def test_a_scheduled_action(self):
        self.customers(2)
        leads = self.lead(5001, name="due") | self.lead(5002, name="later")
        cron = (
            self.env["ir.cron"]
            .with_user(self.administrator)
            .create(
                {
                    "name": "Due",
                    "model_id": self.action.model_id.id,
                    "state": "helpcrunch_step",
                    "helpcrunch_step_id": self.sent.id,
                    "helpcrunch_field_ids": self.action.helpcrunch_field_ids.ids,
                    "helpcrunch_domain": "[('name', '=', 'due')]",
                    "interval_type": "days",
                }
            )
        )
        self.assertTrue(cron.action_view_helpcrunch_runs())
        for _day in range(2):
            self.commit()
            cron.with_user(self.env.ref("base.user_root")).ir_actions_server_id.run()
        self.send_noted(leads)
        self.assertEqual(self.reasons(leads), ["sent"])
        # As Odoo's form makes scheduled actions: by code.
        self.action.helpcrunch_domain = "[('name', '=', 'later')]"
        code = f"env['ir.actions.server'].browse({self.action.id}).run()"
        caller = cron.copy({"state": "code", "code": code})
        self.commit()
        caller.with_user(self.env.ref("base.user_root")).ir_actions_server_id.run()
        self.send_noted(leads)
        self.assertEqual(self.reasons(leads), ["sent", "sent"])
        with self.refused("cannot be read"):
            cron.helpcrunch_domain = "[('nowhere', '=', 1)]"

    def test_an_automation_rule(self):
        if "base.automation" not in self.env:
            self.skipTest("automation rules are not installed")
        rules = self.env["base.automation"].with_user(self.administrator)
        told = self.action.helpcrunch_field_ids
        rules.create(
            {
                "name": "Won",
                "model_id": self.action.model_id.id,
                "trigger": "on_create_or_write",
                "filter_domain": "[('priority', '=', '3')]",
                "action_server_ids": [
                    Command.create(
                        {
                            "name": "Tell",
                            "usage": "base_automation",
                            "model_id": self.action.model_id.id,
                            "state": "helpcrunch_step",
                            "helpcrunch_step_id": self.sent.id,
                            "helpcrunch_field_ids": told.ids,
                        }
                    )
                ],
            }
        )
        self.customers(2)
        leads = self.lead(5001) | self.lead(5002)
        self.assertFalse(self.recipients(leads))
        self.commit()
        leads.write({"priority": "3"})
        leads.write({"name": "again", "priority": "3"})
        self.env.flush_all()
        self.assertEqual(len(self.recipients(leads)), 2)
        self.assertEqual(len(self.recipients(leads).broadcast_id), 1)
        self.send_noted(leads)
        self.assertEqual(self.count(5001, "has left"), 1)
        self.assertEqual(self.count(5002, "has left"), 1)


@tagged("post_install", "-at_install")
class TestNotificationValues(NotificationCase):
    """Values as Odoo shows them, in the customer's language."""

    def test_every_kind_of_field(self):
        add_ukrainian(self.env)
        self.action.unlink()
        self.sent.message = (
            "{{ record.expected_revenue }}|{{ record.date_deadline }}|"
            "{{ record.type }}|{{ record.user_id }}|{{ record.probability }}|"
            "{{ record.active }}|{{ record.description }}|{{ record.tag_ids }}|"
            '{{ record.phone | "no phone" }}|{{ record.date_open }}'
        )
        names = [
            "expected_revenue",
            "date_deadline",
            "type",
            "user_id",
            "probability",
            "description",
            "tag_ids",
            "phone",
            "date_open",
            "active",
        ]
        self.customers(1)
        partner = self.by_machine(self.partner())
        partner.write({"lang": "uk_UA", "tz": "Europe/Kyiv"})
        tags = self.env["crm.tag"].create([{"name": "Нове"}, {"name": "VIP"}])
        action = self.make_action(tell=names)
        lead = self.by_machine(
            self.lead(
                expected_revenue=1234.5,
                date_deadline="2026-12-24",
                description="<p>Two <b>boxes</b></p>",
                tag_ids=[Command.set(tags.ids)],
                user_id=self.seller.id,
            )
        )
        lead.write({"date_open": "2026-07-01 09:30:00", "phone": False})
        lead.write({"probability": 12.5})
        self.notify(lead, action=action)
        told = self.heard(5001)[-1].split("|")
        self.assertIn("1 234,50", told[0].replace("\xa0", " "))
        self.assertEqual(told[1], "24.12.2026")
        self.assertNotEqual(told[2], "opportunity")
        self.assertEqual(told[3], self.seller.name)
        self.assertIn("12,5", told[4])
        self.assertEqual(told[5], "так")
        self.assertIn("Two *boxes*", told[6])
        self.assertEqual(told[7:9], ["Нове, VIP", "no phone"])
        self.assertIn("12:30", told[9])

    def test_a_value_is_no_placeholder_and_is_cut(self):
        self.customers(1)
        self.notify(self.lead(name="{{ chat.id }}" + "x" * 600))
        self.assertIn("{{ chat.id }}", self.heard(5001)[-1])
        self.assertLess(len(self.heard(5001)[-1]), 530)

    def test_a_field_that_is_told_no_more_says_the_default(self):
        self.customers(1)
        lead = self.lead()
        self.run_on(lead)
        self.env.cr.execute("DELETE FROM ir_act_server_helpcrunch_field_rel")
        self.env.invalidate_all()
        self.send_noted(lead)
        self.assertEqual(self.heard(5001)[-1], "Order yours has left.")
