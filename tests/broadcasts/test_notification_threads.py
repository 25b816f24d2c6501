import json
from unittest.mock import patch

from odoo.tests import tagged

from ...jobs import broadcasts, worker
from ...tools import signature
from ..common_threads import ThreadCase


@tagged("post_install", "-at_install")
class TestNotificationThreads(ThreadCase):
    """Many at once start a step for one record, or send one event."""

    def setUp(self):
        super().setUp()
        with self.transaction(self.manager_id) as env:
            self.step_id = (
                env["helpcrunch.step"]
                .create(
                    {
                        "name": "Sent",
                        "code": "sent",
                        "message": "It has left.",
                        "step_type": "text",
                        "bot_id": self.bot_id,
                    }
                )
                .id
            )
        with self.transaction(self.administrator_id) as env:
            self.action_id = (
                env["ir.actions.server"]
                .create(
                    {
                        "name": "Sent",
                        "model_id": env["ir.model"]._get("crm.lead").id,
                        "state": "helpcrunch_step",
                        "helpcrunch_step_id": self.step_id,
                    }
                )
                .id
            )
        chat_id = self.begin()
        with self.transaction() as env:
            partner = env["helpcrunch.chat"].browse(chat_id).partner_id
            self.chat = int(env["helpcrunch.chat"].browse(chat_id).external_id)
            leads = env["crm.lead"].create(
                [{"name": str(n), "partner_id": partner.id} for n in range(3)]
            )
            self.lead_ids = leads.ids

    def _clean_up(self):
        with self.transaction() as env:
            env["crm.lead"].browse(self.lead_ids).unlink()
            env["ir.actions.server"].browse(self.action_id).unlink()
        return super()._clean_up()

    def run_action(self):
        """Run the action on the leads, in a transaction of the administrator's."""
        with self.transaction(self.administrator_id) as env:
            env["ir.actions.server"].browse(self.action_id).with_context(
                active_model="crm.lead",
                active_ids=self.lead_ids,
                active_id=self.lead_ids[0],
            ).run()

    def recipients(self, env):
        return env["helpcrunch.broadcast.recipient"].search(
            [("broadcast_id.step_id", "=", self.step_id)]
        )

    def said(self):
        return [
            message["text"]
            for message in self.helpcrunch.messages(self.chat)
            if message["from"] == "agent" and message["text"] == "It has left."
        ]

    def begin_all(self, times=1):
        """Begin and send everything, by several at a time."""
        with patch.object(broadcasts, "DISPATCH_SECONDS", 0.05):
            self.together(*[lambda: broadcasts.start_runs(self.dbname)] * times)
            self.settle()

    def test_twelve_run_it_on_the_same_records(self):
        self.together(*[self.run_action] * 12)
        with self.transaction() as env:
            self.assertEqual(
                sorted(self.recipients(env).mapped("res_id")), self.lead_ids
            )
        self.begin_all(6)
        self.assertEqual(len(self.said()), 3)

    def test_a_run_that_clashed_is_noted_later(self):
        with self.transaction(self.administrator_id) as env:
            action = env["ir.actions.server"].browse(self.action_id)
            env["crm.lead"].browse(self.lead_ids).mapped("name")
            self.run_action()
            with patch.object(worker, "submit") as submit:
                answer = action.with_context(
                    active_model="crm.lead", active_ids=self.lead_ids
                ).run()
            self.assertFalse(answer)
            # What the user saves goes on.
            env["crm.lead"].browse(self.lead_ids[0]).name = "Saved"
            self.assertFalse(submit.called)
        broadcasts.note_run(self.dbname, self.action_id, tuple(self.lead_ids))
        with self.transaction() as env:
            self.assertEqual(len(self.recipients(env)), 3)
            self.assertEqual(env["crm.lead"].browse(self.lead_ids[0]).name, "Saved")

    def test_a_rollback_leaves_nothing(self):
        with self.registry.cursor() as cr:
            env = self._environment(cr)
            env["ir.actions.server"].browse(self.action_id).with_context(
                active_model="crm.lead", active_ids=self.lead_ids
            ).run()
            cr.rollback()
        with self.transaction() as env:
            self.assertFalse(self.recipients(env))
        self.run_action()
        self.begin_all(3)
        self.assertEqual(len(self.said()), 3)

    def test_what_became_of_it_stands_on_the_record_once(self):
        """Eight look after a broadcast that has ended: nobody clashes, nobody waits."""
        self.run_action()
        with patch.object(
            self.registry["helpcrunch.broadcast.recipient"], "_note_on_records"
        ):
            self.begin_all()
        noting = [lambda: broadcasts.dispatch_broadcasts(self.dbname)] * 8
        with self.assertNoLogs("odoo.sql_db", "ERROR"):
            self.together(*noting)
        with self.transaction() as env:
            for lead in env["crm.lead"].browse(self.lead_ids):
                notes = [b for b in lead.message_ids.mapped("body") if "was said" in b]
                self.assertEqual(len(notes), 1)
            self.assertTrue(all(self.recipients(env).mapped("noted")))

    def _environment(self, cr):
        with self.transaction(self.administrator_id) as env:
            return env(cr=cr)

    def test_killed_before_it_began(self):
        self.run_action()
        with self.transaction() as env:
            self.assertTrue(self.recipients(env).broadcast_id.fresh)
        # No wake-up is left; ir.cron comes.
        with patch.object(broadcasts, "DISPATCH_SECONDS", 0.05):
            broadcasts.dispatch_broadcasts(self.dbname, everything=True)
            self.settle()
        self.assertEqual(len(self.said()), 3)

    def test_twelve_send_one_event(self):
        body = json.dumps({"id": "once", "step": "sent", "customer": 5001}).encode()
        answers = []

        def post():
            with self.transaction() as env:
                answers.append(
                    env["helpcrunch.account"]._receive_trigger(
                        self.token,
                        lambda: body,
                        len(body),
                        signature.compute_signature(body, "test-signing-key"),
                    )
                )

        self.together(*[post] * 12)
        self.assertEqual([status for status, _answer in answers], [202] * 12)
        self.assertEqual(
            sorted(answer["repeated"] for _status, answer in answers),
            [False] + [True] * 11,
        )
        self.begin_all(6)
        self.assertEqual(len(self.said()), 1)
