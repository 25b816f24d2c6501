"""The example bot, and copies of it."""

import base64

from odoo.exceptions import UserError
from odoo.tests import tagged

from ..common import add_ukrainian
from ..roles.test_screens import PIXEL, TYPE_FIELDS, ScreensCase


@tagged("post_install", "-at_install")
class TestExample(ScreensCase):
    """The example bot, and copies of a bot."""

    def make(self, user=None):
        model = self.env["helpcrunch.bot"].with_user(user or self.manager)
        action = model.action_create_example()
        return self.env["helpcrunch.bot"].browse(action["res_id"])

    def links(self, bot):
        """Return ``{step code: {link field: target}}``, answers included."""
        steps = bot.with_context(active_test=False).step_ids
        found = {}
        for step in steps:
            links = {name: step[name] for name in step._get_link_fields() if step[name]}
            for number, answer in enumerate(step.answer_ids):
                links[f"answer {number}"] = answer.target_step_id
            found[step.code] = links
        return found

    def test_example_is_sound(self):
        self.bot.active = False
        bot = self.make()
        # Customers do not talk to what nobody has looked at yet.
        self.assertFalse(bot.live)
        self.assertFalse(bot.warning)
        bot.with_user(self.manager).action_go_live()
        self.assertEqual(
            set(bot.step_ids.mapped("step_type")), set(TYPE_FIELDS), "shows every type"
        )
        for code, links in self.links(bot).items():
            for name, target in links.items():
                self.assertEqual(target.bot_id, bot, f"{code}: {name}")
        phrases = set(bot.step_ids.alias_ids.filtered("name").mapped("name"))
        self.assertLessEqual(
            {"/start", "Leads", "Ліди", "Orders", "Замовлення", "Доставки"}, phrases
        )
        bot.step_ids._check_drawing()
        # It writes to nobody before somebody says so.
        reminder = bot.step_ids.filtered(lambda step: step.step_type == "schedule")
        self.assertEqual((reminder.state, reminder.run_time), ("paused", 9))

    def test_every_step_of_the_example_can_be_reached(self):
        self.bot.active = False
        bot = self.make()
        reached = bot.step_ids.filtered(
            lambda step: step.alias_ids.filtered("name") or step.step_type == "schedule"
        )
        links = self.links(bot)
        while news := (
            self.env["helpcrunch.step"].union(
                *(target for step in reached for target in links[step.code].values())
            )
            - reached
        ):
            reached |= news
        self.assertEqual(reached, bot.step_ids)

    def test_example_beside_a_bot_that_serves_all(self):
        bot = self.make()
        self.assertTrue(bot.active)
        self.assertTrue(bot.step_ids)
        with self.assertRaisesRegex(UserError, "Shop"):
            bot.with_user(self.manager).action_go_live()

    def test_example_without_a_messenger(self):
        company = self.env["res.company"].create({"name": "Fresh"})
        self.manager.company_ids += company
        self.manager.company_id = company
        bot = self.make()
        self.assertEqual(bot.account_id.name, "HelpCrunch")
        self.assertEqual(bot.account_id.state, "draft")
        self.assertEqual(bot.company_id, company)

    def test_example_speaks_both_languages(self):
        add_ukrainian(self.env)
        self.bot.active = False
        self.manager.lang = "uk_UA"
        topic = (
            self.make(self.manager.with_context(lang="uk_UA"))
            .with_context(lang="en_US")
            .step_ids.filtered(lambda step: step.code == "topic")
        )
        english = topic.message
        ukrainian = topic.with_context(lang="uk_UA").message
        self.assertIn("work with?", english)
        self.assertNotEqual(english, ukrainian)
        self.assertIn("працювати", ukrainian)

    def test_copy_bends_every_link(self):
        self.bot.active = False
        bot = self.make()
        media = self.env["helpcrunch.step.media"].create(
            {"name": "Photo", "step_id": bot.step_ids[0].id, "attachment": PIXEL}
        )
        bot.write({"fallback_limit": 2, "fallback_step_id": bot.step_ids[1].id})
        copy = bot.copy()
        self.assertFalse(copy.live, "two bots cannot answer the same channels")
        before, after = self.links(bot), self.links(copy)
        self.assertEqual(
            {
                code: {name: target.code for name, target in links.items()}
                for code, links in before.items()
            },
            {
                code: {name: target.code for name, target in links.items()}
                for code, links in after.items()
            },
        )
        for links in after.values():
            for target in links.values():
                self.assertEqual(target.bot_id, copy)
        self.assertEqual(self.aliases(copy), self.aliases(bot))
        self.assertEqual(copy.fallback_step_id.bot_id, copy)
        twin = copy.step_ids.media_ids
        self.assertEqual(twin.name, media.name)
        self.assertEqual(
            base64.b64decode(twin.with_context(bin_size=False).attachment),
            base64.b64decode(PIXEL),
        )
        self.assertNotEqual(twin.token, media.token)

    def aliases(self, bot):
        return sorted(
            (alias.step_id.code, alias.name or "", alias.code.code or "", alias.match)
            for alias in bot.step_ids.alias_ids
        )
