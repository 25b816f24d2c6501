from odoo.tests import tagged

from ..common_threads import ThreadCase


@tagged("post_install", "-at_install")
class TestStatisticThreads(ThreadCase):
    """Figures are looked at while somebody else is at the bot."""

    def test_whoever_opens_them_meanwhile_gets_those_there_are(self):
        with self.transaction() as env:
            # As a publication or the night's adding up does.
            env["helpcrunch.bot"].browse(self.bot_id).lock_for_update(
                allow_referencing=True
            )
            with self.transaction(self.manager_id) as other:
                bot = other["helpcrunch.bot"].browse(self.bot_id)
                action = bot.action_view_statistics()
                self.assertEqual(action["res_model"], "helpcrunch.step.statistic")
                self.assertFalse(bot.sudo().statistics_until)
