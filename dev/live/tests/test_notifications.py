"""Records and outside events that start a step, on real servers."""

import json
import os
import subprocess
import time
from urllib.error import HTTPError
from urllib.request import Request, urlopen

from patience import PATIENCE

from live.case import LiveCase
from live.server import said, wait_for

_SETTLED = (
    "SELECT count(*) FROM helpcrunch_broadcast_recipient"
    " WHERE res_id IS NOT NULL AND state = 'sent'"
)


class NotificationLiveCase(LiveCase):
    """A step "Sent" that tells of an order."""

    def setUp(self):
        super().setUp()
        self.odoo.sql(
            "DELETE FROM helpcrunch_broadcast; DELETE FROM ir_act_server"
            " WHERE state = 'helpcrunch_step';"
            "DELETE FROM helpcrunch_step WHERE name = 'Sent'"
        )

    def draw_step(self):
        manager = self.odoo.log_in("manager")
        (self.bot_id,) = manager.search("helpcrunch.bot", [])
        self.step_id = manager.create(
            "helpcrunch.step",
            {
                "name": "Sent",
                "code": "order_sent",
                "message": 'Order {{ values.number | "yours" }} has left.',
                "step_type": "text",
                "bot_id": self.bot_id,
            },
        )
        return manager

    def come(self, customers):
        """Let customers begin their dialogues; return the chats."""
        chats = [self.says("Hi", 7000 + number) for number in range(customers)]
        for chat in chats:
            self.assert_said(chat, "Welcome")
        self.helpcrunch.wait_idle(PATIENCE)
        return chats


class TestTriggerByHttp(NotificationLiveCase):
    def test_the_example_of_the_form_by_curl(self):
        """Copy the example of the messenger's form, fill in the key, and run it."""
        self.odoo.start("--workers=2", "--max-cron-threads=0")
        manager = self.draw_step()
        (account_id,) = manager.search("helpcrunch.account", [])
        (chat,) = self.come(1)
        self.odoo.sql(
            "UPDATE res_partner SET phone_sanitized = '+380671234567' WHERE id"
            " IN (SELECT partner_id FROM helpcrunch_chat)"
        )
        example = manager.read("helpcrunch.account", account_id, "trigger_example")
        began = time.monotonic()
        answers = [self._run(example) for _time in range(2)]
        self.assertEqual([row["repeated"] for row in answers], [False, True])
        self.assert_said(chat, "Order 1042 has left.")
        print(f"said {time.monotonic() - began:.2f} s after two curls")

    def _run(self, script):
        """Run a script of a shop's; return what Odoo answers."""
        (key,) = self.odoo.sql("SELECT webhook_secret FROM helpcrunch_account")
        done = subprocess.run(
            ["bash", "-ec", script],
            env={**os.environ, "SIGNING_KEY": key},
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            check=True,
        )
        return json.loads(done.stdout)

    def test_a_stranger(self):
        self.odoo.start("--workers=2", "--max-cron-threads=0")
        self.draw_step()
        self.come(1)
        path = self.odoo.webhook_path.replace("/webhook/", "/trigger/")
        body = json.dumps({"id": 1, "step": "order_sent", "customer": 7000}).encode()
        with self.assertRaises(HTTPError) as caught:
            urlopen(
                Request(
                    self.odoo.url + path,
                    body,
                    {
                        "Content-Type": "application/json",
                        "X-HelpCrunch-Signature": "0" * 40,
                    },
                ),
                timeout=PATIENCE,
            )
        with caught.exception as answer:
            self.assertEqual(answer.status, 401)
            self.assertIn("signature", json.load(answer)["error"])
        self.assertEqual(
            self.odoo.sql("SELECT count(*) FROM helpcrunch_broadcast"), [0]
        )


class TestRunOnRecords(NotificationLiveCase):
    def test_kill_in_the_middle_of_a_run(self):
        """The power is cut before and in the middle of a run: each record once."""
        customers = 40
        self.odoo.start("--workers=2")
        self.draw_step()
        chats = self.come(customers)
        administrator = self.odoo.log_in("admin")
        (model_id,) = administrator.search("ir.model", [("model", "=", "res.partner")])
        action_id = administrator.create(
            "ir.actions.server",
            {
                "name": "Sent",
                "model_id": model_id,
                "state": "helpcrunch_step",
                "helpcrunch_step_id": self.step_id,
            },
        )
        partner_ids = self.odoo.sql("SELECT DISTINCT partner_id FROM helpcrunch_chat")
        self.odoo.sql("UPDATE helpcrunch_account SET requests_per_minute = 360")
        self.odoo.sql("UPDATE helpcrunch_account_budget SET calls = '{}'")
        self.helpcrunch.set(latency=0.1, latency_after=0.2)
        administrator.call(
            "ir.actions.server",
            "run",
            [action_id],
            context={"active_model": "res.partner", "active_ids": partner_ids},
        )
        self.odoo.kill()
        for enough in (8, 20):
            self._start_again()
            self._wait_awake(lambda n=enough: self.odoo.sql(_SETTLED)[0] >= n)
            self.odoo.kill()
        self.helpcrunch.set(latency=0, latency_after=0)
        self._start_again()
        self._wait_awake(lambda: self.odoo.sql(_SETTLED) == [customers])
        self.helpcrunch.wait_idle(PATIENCE)
        for chat in chats:
            self.assertEqual(
                len(said(self.helpcrunch, chat, "Order yours has left.")), 1
            )
        noted = "SELECT count(*) FROM mail_message WHERE body LIKE '%was said to%'"
        self._wait_awake(lambda: self.odoo.sql(noted) == [customers])

    def _start_again(self):
        self.odoo.sql(
            "UPDATE helpcrunch_outbox SET not_before = NULL,"
            " claimed_at = claimed_at - INTERVAL '20 seconds'"
            " WHERE state IN ('sending', 'unknown', 'pending')"
        )
        self.odoo.start("--workers=2")

    def _wait_awake(self, is_true):
        for _look in range(20):
            self.odoo.wake_crons()
            if wait_for(is_true, 5):
                return
        self.fail(f"sent: {self.odoo.sql(_SETTLED)}")
