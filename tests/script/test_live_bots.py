"""A bot serves nobody until it is switched on, and two never serve one channel."""

import importlib.util
from pathlib import Path

from odoo.tests import tagged

from ..common import TELEGRAM, HelpcrunchCase

_MIGRATION = (
    Path(__file__).parent.parent.parent / "migrations/19.0.2.0.0/post-migrate.py"
)


@tagged("post_install", "-at_install")
class TestLiveBots(HelpcrunchCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.step("Welcome", alias="/start")
        cls.telegram = cls.account.application_ids.filtered(
            lambda channel: channel.external_id == str(TELEGRAM)
        )

    def draw(self, name, channels=None):
        """Draw a bot with one step, as a manager does."""
        return self.as_manager("helpcrunch.bot").create(
            {
                "name": name,
                "account_id": self.account.id,
                "application_ids": [(6, 0, channels.ids if channels else [])],
                "step_ids": [
                    (
                        0,
                        0,
                        {
                            "name": name,
                            "message": f"This is {name}",
                            "alias_ids": [(0, 0, {"name": "/start"})],
                        },
                    )
                ],
            },
        )

    def test_a_new_bot_serves_nobody_until_it_is_switched_on(self):
        second = self.draw("Another", self.telegram)
        self.assertFalse(second.live)
        self.assertEqual(self.says("Hi"), ["Welcome"])
        second.action_go_live()
        self.assertEqual(self.says("Hi", 5002), ["This is Another"])
        second.action_take_off()
        self.assertEqual(self.says("Hi", 5003), ["Welcome"])

    def test_a_second_bot_for_all_channels_is_saved_and_refused_when_switched_on(self):
        second = self.draw("Another")
        with self.refused("“Another” and “Shop”"):
            second.action_go_live()
        self.bot.with_user(self.manager).action_take_off()
        second.action_go_live()
        self.assertEqual(self.says("Hi"), ["This is Another"])

    def test_a_live_bot_does_not_get_the_channels_of_another(self):
        for channels, words in (
            (self.telegram, "“Third” and “Another” both answer"),
            (self.env["helpcrunch.application"], "all channels of the messenger"),
        ):
            others = self.account.application_ids - self.telegram
            second = self.draw("Another", self.telegram)
            third = self.draw("Third", others)
            (second | third).live = True
            with self.subTest(words), self.refused(words):
                third.application_ids = channels
            (second | third).live = False

    def test_taken_off_a_bot_stops_at_once(self):
        self.says("Hi")
        self.bot.with_user(self.manager).action_take_off()
        self.assertEqual(self.says("Anybody?"), [])
        self.assertEqual(self.codes(), ["no_bot"])
        self.bot.with_user(self.manager).action_go_live()
        self.assertEqual(self.says("Anybody?"), ["Welcome"])

    def test_a_bot_whose_channel_is_switched_off_answers_nobody(self):
        # By name it would come first.
        second = self.draw("A bot of one channel", self.telegram)
        second.action_go_live()
        self.assertFalse(second.warning)
        self.telegram.active = False
        second.invalidate_recordset()
        self.assertEqual(second.application_ids, self.telegram)
        self.assertIn(self.telegram.name, second.warning)
        self.assertEqual(self.says("Hi", application=1), ["Welcome"])
        self.assertEqual(self.says("Hi", 5002, application=TELEGRAM), ["Welcome"])
        # Nor does it become the rival of the bot that serves all.
        self.bot.action_take_off()
        self.bot.action_go_live()

    def test_a_dialogue_leaves_a_bot_whose_channel_is_switched_off(self):
        second = self.draw("Another", self.telegram)
        second.action_go_live()
        self.assertEqual(self.says("Hi"), ["This is Another"])
        self.telegram.active = False
        self.assertEqual(self.says("Hi"), ["Welcome"])

    def test_a_copy_is_drawn_beside_the_live_one(self):
        copy = self.bot.with_user(self.manager).copy()
        self.assertTrue(copy.active)
        self.assertFalse(copy.live)
        self.assertEqual(self.says("Hi"), ["Welcome"])

    def test_nothing_is_broadcast_by_a_bot_that_is_not_live(self):
        self.says("Hi")
        news = self.step("News", "schedule", next_run="2100-01-01 07:00:00")
        bot = self.bot.with_user(self.manager)
        bot.action_take_off()
        with self.refused("“Shop” is not live"):
            news.with_user(self.manager).action_run_now()
        news.next_run = "2020-01-01 07:00:00"
        broadcasts = self.env["helpcrunch.broadcast"]
        self.assertNotIn(news.id, broadcasts._find_due_steps())
        bot.action_go_live()
        self.assertNotIn(news.id, broadcasts._find_due_steps(), "missed, not due")

    def test_bots_of_an_older_version_are_live_after_the_upgrade(self):
        second = self.draw("Another", self.telegram)
        spec = importlib.util.spec_from_file_location("post_migrate", _MIGRATION)
        script = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(script)
        self.env.flush_all()
        script.migrate(self.env.cr, "19.0.1.3.0")
        self.env.invalidate_all()
        self.assertTrue(second.live)
