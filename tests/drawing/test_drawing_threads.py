from odoo.exceptions import UserError
from odoo.service.model import retrying
from odoo.tests import tagged

from ..common_threads import ThreadCase

PUBLISHERS = 4


@tagged("post_install", "-at_install")
class TestDrawingThreads(ThreadCase):
    """What people do with a bot while others do it too, and while customers talk."""

    def setUp(self):
        super().setUp()
        with self.transaction(self.manager_id) as env:
            bot = env["helpcrunch.bot"].browse(self.bot_id)
            self.draft_ids = [
                bot.action_make_draft()["res_id"] for _number in range(PUBLISHERS)
            ]
            for draft in env["helpcrunch.bot"].browse(self.draft_ids):
                for step in draft.step_ids.filtered("message"):
                    step.message = f"{step.message} of {draft.id}"
                # Each of them draws a step that the bot does not have yet.
                draft.step_ids.filtered(
                    lambda row: row.name == "Welcome"
                ).next_step_id = env["helpcrunch.step"].create(
                    {
                        "name": "New",
                        "message": f"New of {draft.id}",
                        "step_type": "text",
                        "bot_id": draft.id,
                    }
                )

    def _clean_up(self):
        with self.transaction() as env:
            env["helpcrunch.bot"].browse(self.draft_ids).unlink()
        return super()._clean_up()

    def publish(self, draft_id):
        """Publish as Odoo does for a person; return what she is told, or nothing."""
        with self.transaction(self.manager_id) as env:
            draft = env["helpcrunch.bot"].browse(draft_id)
            try:
                retrying(draft.action_publish, env)
            except UserError as error:
                env.cr.rollback()
                return str(error)
        return None

    def bodies(self, env):
        """Return what the bot's steps say."""
        steps = env["helpcrunch.bot"].browse(self.bot_id).step_ids
        return steps.filtered("message").mapped("message")

    def test_of_those_who_publish_at_once_each_counts_whole(self):
        told = {}

        def publish(draft_id):
            told[draft_id] = self.publish(draft_id)

        self.together(*[lambda id_=id_: publish(id_) for id_ in self.draft_ids])
        refused = [draft_id for draft_id, sentence in told.items() if sentence]
        self.assertLess(len(refused), PUBLISHERS)
        for draft_id in refused:
            self.assertIn("Somebody else is saving", told[draft_id])
        with self.transaction(self.manager_id) as env:
            bodies = self.bodies(env)
            self.assertEqual(len(bodies), 3, bodies)
            self.assertEqual(len({body.split()[-1] for body in bodies}), 1, bodies)
            drafts = env["helpcrunch.bot"].browse(self.draft_ids)
            self.assertCountEqual(drafts.filtered("active").ids, refused)
        for draft_id in refused:
            self.assertIsNone(self.publish(draft_id))
        with self.transaction(self.manager_id) as env:
            bot = env["helpcrunch.bot"].browse(self.bot_id)
            # Nobody's work is lost: each put aside what was there before.
            self.assertEqual(
                bot.version_ids.sorted("number").mapped("number"),
                list(range(1, PUBLISHERS + 1)),
            )

    def test_who_comes_while_another_saves_is_told(self):
        with self.transaction(self.manager_id) as env:
            env["helpcrunch.bot"].browse(self.bot_id).action_save_version()
            self.assertIn("Somebody else is saving", self.publish(self.draft_ids[0]))
        self.assertIsNone(self.publish(self.draft_ids[0]))

    def test_customers_are_answered_while_somebody_publishes(self):
        self.begin()
        texts = ["/start", "Tea", "/start", "Coffee"]
        for text in texts:
            self.helpcrunch.customer_says(5001, text, application=2)
        webhooks = self.helpcrunch.captured(clear=True)

        def talk():
            for webhook in webhooks:
                self.receive(webhook)

        told = []
        self.together(talk, lambda: told.append(self.publish(self.draft_ids[0])))
        self.assertEqual(told, [None])
        self.settle()
        with self.transaction() as env:
            self.assertEqual(self.pending(env), 0)
            said = self.chats(env).message_ids.filtered(
                lambda message: message.direction == "out"
            )
            self.assertGreaterEqual(
                len(said.filtered(lambda row: "Welcome" in row.body)), len(texts) // 2
            )
