"""A database of the version before, in the middle of its work, becomes one of today."""

from patience import PATIENCE

from live.server import wait_for
from live.tests.test_broadcasts import BroadcastLiveCase

# What 19.0.3.0.0 had instead of what 19.0.4.0.0 has, as that version wrote it.
_TURN_BACK = """
    DROP INDEX helpcrunch_step_due_idx;
    ALTER TABLE helpcrunch_step RENAME COLUMN schedule_state TO state;
    CREATE INDEX helpcrunch_step_due_idx ON helpcrunch_step (next_run)
     WHERE step_type = 'schedule' AND state = 'planned';
    DROP INDEX helpcrunch_step_alias__scope_step_id_index;
    ALTER TABLE helpcrunch_step_alias RENAME COLUMN scope_step_id TO code;
    CREATE INDEX helpcrunch_step_alias__code_index ON helpcrunch_step_alias (code)
     WHERE code IS NOT NULL;
    ALTER TABLE helpcrunch_broadcast ADD fed_at float8;
    ALTER TABLE helpcrunch_broadcast_recipient
      ADD message_id int4 REFERENCES helpcrunch_message ON DELETE SET NULL,
      ADD last_message_id int4 REFERENCES helpcrunch_message ON DELETE SET NULL;
    UPDATE helpcrunch_broadcast_recipient recipient
       SET message_id = lines.first, last_message_id = lines.last
      FROM (SELECT recipient_id, min(id) AS first, max(id) AS last
              FROM helpcrunch_message GROUP BY recipient_id) lines
     WHERE lines.recipient_id = recipient.id;
    ALTER TABLE helpcrunch_message DROP COLUMN recipient_id;
    UPDATE helpcrunch_outbox
       SET payload = COALESCE(payload, '{}') || '{"outcome": "unknown"}'
     WHERE is_unclear;
    UPDATE helpcrunch_outbox
       SET payload = payload || jsonb_build_object('echoed', echoed_events)
     WHERE echoed_events IS NOT NULL;
    ALTER TABLE helpcrunch_outbox DROP COLUMN is_unclear, DROP COLUMN echoed_events;
    DELETE FROM ir_model_fields
     WHERE (model, name) IN (
               ('helpcrunch.step', 'schedule_state'),
               ('helpcrunch.step.alias', 'scope_step_id'),
               ('helpcrunch.message', 'recipient_id'),
               ('helpcrunch.broadcast.recipient', 'message_ids'),
               ('helpcrunch.outbox', 'is_unclear'),
               ('helpcrunch.outbox', 'echoed_events'));
    DELETE FROM ir_model_data
     WHERE model = 'ir.model.fields'
       AND res_id NOT IN (SELECT id FROM ir_model_fields);
    UPDATE ir_module_module SET latest_version = '19.0.3.0.0'
     WHERE name = 'helpcrunch_chatbot'
"""


class TestUpgrade(BroadcastLiveCase):
    """Nothing is lost and nothing is said twice."""

    customers = 12

    def test_from_the_version_before(self):
        self.odoo.start("--workers=0", "--max-cron-threads=1")
        self.draw_broadcast()
        manager = self.odoo.log_in("manager")
        self._draw_scoped_alias(manager)
        chats = [self.says("Hi", 7000 + number) for number in range(self.customers)]
        for chat in chats:
            self.assert_said(chat, "Welcome")
        self._send_half_of_the_broadcast()
        sent = self.count_sent()
        # Written, and not taken by HelpCrunch any more.
        self.says("ping 3", 7001)
        waiting = (
            "SELECT id FROM helpcrunch_outbox WHERE priority = 0"
            " AND state IN ('pending', 'unknown')"
        )
        self.assertTrue(wait_for(lambda: self.odoo.sql(waiting)))
        self.odoo.stop()
        self.odoo.sql(_TURN_BACK)
        self.assertLess(0, sent)
        self.assertLess(sent, self.customers)

        self.odoo.upgrade()
        self.helpcrunch.set(down=False)
        self.make_due()
        self.odoo.start("--workers=0", "--max-cron-threads=1")
        self.wait_until_all_are_sent(self.customers)
        self.helpcrunch.wait_idle(PATIENCE)
        for chat in chats:
            self.assert_said(chat, "News")
            self.assert_said(chat, "Then")
        self.assert_said(chats[1], "Answer 3")
        # The dialogue stands where the flow has led it, and knows the word there.
        self.says("more", 7000)
        self.assert_said(chats[0], "More of it")
        (step,) = manager.search("helpcrunch.step", [("name", "=", "News")])
        self.assertEqual(manager.read("helpcrunch.step", step, "state"), "planned")
        self.assertEqual(
            self.odoo.sql(
                "SELECT column_name FROM information_schema.columns"
                " WHERE table_name = 'helpcrunch_broadcast_recipient'"
                "   AND column_name LIKE '%message_id'"
            ),
            [],
        )

    def _draw_scoped_alias(self, manager):
        (bot_id,) = manager.search("helpcrunch.bot", [])
        (place_id,) = manager.search("helpcrunch.step", [("name", "=", "Then")])
        manager.create(
            "helpcrunch.step",
            {
                "name": "More of it",
                "message": "More of it",
                "step_type": "text",
                "bot_id": bot_id,
                "alias_ids": [(0, 0, {"name": "more", "code": place_id})],
            },
        )

    def _send_half_of_the_broadcast(self):
        """Send some, then let HelpCrunch be away."""
        self.start_broadcast(per_minute=120)
        self.wait_awake(lambda: self.count_sent() >= 3)
        self.helpcrunch.set(down=True)
        refused = "SELECT id FROM helpcrunch_outbox WHERE priority > 0 AND error != ''"
        self.assertTrue(wait_for(lambda: self.odoo.sql(refused)))
