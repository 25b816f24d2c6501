from odoo.tests import tagged

from ..common import HelpcrunchCase


@tagged("post_install", "-at_install")
class TestDrawing(HelpcrunchCase):
    """What an administrator may draw, and what is refused with the reason."""

    def test_a_phrase_taken_is_refused_naming_the_step(self):
        self.step("First", alias="Ліди")
        with self.refused("First"):
            self.step("Second", alias=" ЛІДИ! ")

    def test_automatic_alias_follows_the_link(self):
        one, two, three = (self.step(name) for name in ("One", "Two", "Three"))
        one.next_step_id = two
        self.assertEqual(two.alias_ids.code, one)
        self.assertTrue(two.alias_ids.automatic)
        one.next_step_id = three
        self.assertFalse(two.alias_ids)
        self.assertEqual(three.alias_ids.code, one)

    def test_bad_drawings_are_refused(self):
        for vals, words in (
            ({"partner_domain": "[('nothing', '=', 1)]"}, "filter"),
            ({"partner_domain": "__import__('os')"}, "filter"),
            ({"message": "Hi {{ partner.user_id }}"}, "partner.user_id"),
            ({"message": "Hi {{ 1 + 1 }}"}, "1 \\+ 1"),
        ):
            with self.subTest(vals=vals), self.refused(words):
                self.step("Bad", **vals)
        other = self.bot.copy()
        foreign = self.env["helpcrunch.step"].create(
            {"name": "Foreign", "bot_id": other.id, "step_type": "text"}
        )
        with self.refused("another bot"):
            self.step("Bad", next_step_id=foreign)

    def test_a_step_in_use_is_not_deleted(self):
        ask = self.step("Ask", "free_input")
        welcome = self.step("Welcome", alias="/start", next_step_id=ask)
        with self.refused("Welcome"):
            ask.unlink()
        self.says("Hi")
        welcome.next_step_id = False
        with self.refused("stands"):
            ask.unlink()

    def test_two_bots_on_one_channel_are_refused(self):
        with self.refused("Shop"):
            self.env["helpcrunch.bot"].create(
                {"name": "Rival", "account_id": self.account.id, "live": True}
            )
        channel = self.account.application_ids[0]
        self.env["helpcrunch.bot"].create(
            {
                "name": "Own channel",
                "live": True,
                "account_id": self.account.id,
                "application_ids": [(6, 0, channel.ids)],
            },
        )

    def test_a_step_that_any_link_leads_to_stays(self):
        target = self.step("Target")
        links = {
            "next_step_id": {},
            "fallback_step_id": {},
            "failed_step_id": {
                "step_type": "update_contact",
                "field_id": self.field("name"),
            },
        }
        for name, vals in links.items():
            user = self.step(f"By {name}", **vals)
            user[name] = target
            with self.subTest(name), self.refused(f"“By {name}” leads to it"):
                target.unlink()
            user.unlink()
        user = self.step(
            "Which?",
            "choice",
            answer_ids=[(0, 0, {"name": "One", "target_step_id": target.id})],
        )
        with self.refused("“Which.” leads to it"):
            target.unlink()
        # Answers left over from another type lead nowhere.
        user.step_type = "text"
        with self.env.cr.savepoint() as savepoint:
            target.unlink()
            savepoint.rollback()
        self.env.invalidate_all()
        # Together with what leads there it may go.
        (target | user).unlink()
