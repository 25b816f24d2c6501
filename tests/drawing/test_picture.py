"""The bot as a graph."""

from odoo.exceptions import AccessError
from odoo.tests import tagged

from .test_drawing_file import DrawingCase


@tagged("post_install", "-at_install")
class TestPicture(DrawingCase):
    def test_boxes_and_arrows(self):
        picture = self.bot.with_user(self.manager).get_picture()
        names = {step["id"]: step["name"] for step in picture["steps"]}
        self.assertEqual(set(names), set(self.bot.step_ids.ids))
        ways = {
            (names[edge["from"]], names[edge["to"]], edge["kind"], edge["label"])
            for edge in picture["edges"]
        }
        self.assertLessEqual(
            {
                ("To an operator", "Thank you", "next", ""),
                ("Number?", "A lead", "fallback", ""),
                ("Number?", "Thank you", "failed", ""),
                ("Which?", "Thank you", "answer", "Red"),
                ("Which?", "More", "alias", "more"),
            },
            ways,
        )
        (start,) = [step for step in picture["steps"] if step["is_start"]]
        self.assertEqual((start["name"], start["aliases"]), ("Welcome", ["/start"]))

    def test_where_only_aliases_lead_on(self):
        asks = self.step("What is it about?", "free_input", alias="ask")
        prices = self.step("Prices", alias="price")
        self.as_manager("helpcrunch.step.alias").create(
            {"step_id": prices.id, "name": "cost"}
        )

        def find_ways():
            picture = self.bot.with_user(self.manager).get_picture()
            return {
                (edge["kind"], edge["to"], edge["label"])
                for edge in picture["edges"]
                if edge["from"] == asks.id
            }

        # One arrow to each step, and none to where one can begin anew from anywhere.
        self.assertIn(("alias", prices.id, "price, cost"), find_ways())
        self.assertNotIn(
            self.bot.step_ids[0].id, {to for _kind, to, _label in find_ways()}
        )
        asks.next_step_id = self.thanks
        self.assertEqual(find_ways(), {("next", self.thanks.id, "")})

    def test_archived_steps_are_left_out(self):
        self.thanks.active = False
        picture = self.bot.with_user(self.manager).get_picture()
        ids = {step["id"] for step in picture["steps"]}
        self.assertNotIn(self.thanks.id, ids)
        self.assertFalse({edge["to"] for edge in picture["edges"]} - ids)

    def test_queries_do_not_grow_with_the_steps(self):
        bot = self.bot.with_user(self.manager)

        def count():
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            bot.get_picture()
            return self.env.cr.sql_log_count - before

        count()
        few = count()
        for number in range(40):
            self.step(f"Another {number}", alias=f"another {number}")
        self.assertLessEqual(count(), few)

    def test_through_the_steps_of_the_bot(self):
        steps = self.bot.with_user(self.manager).step_ids
        seen, current = [], steps[0]
        for _step in steps:
            seen.append(current.id)
            current = steps.browse(current.action_open_next()["res_id"])
        self.assertEqual(seen, steps.ids)
        self.assertEqual(current, steps[0])
        action = steps[0].action_open_previous()
        self.assertEqual(action["res_id"], steps[-1].id)
        self.assertEqual(action["context"]["default_bot_id"], self.bot.id)

    def test_a_step_is_added_between_two(self):
        action = self.ask.with_user(self.manager).action_add_after()
        new = (
            self.as_manager("helpcrunch.step")
            .with_context(**action["context"])
            .create({"name": "Between", "step_type": "text"})
        )
        self.assertEqual(new.bot_id, self.bot)
        self.assertEqual(self.ask.next_step_id, new)
        self.assertEqual(new.next_step_id, self.choice)

    def test_nothing_is_linked_to_another_bot(self):
        other = self.as_manager("helpcrunch.bot").create(
            {"name": "Other", "account_id": self.account.id}
        )
        new = (
            self.as_manager("helpcrunch.step")
            .with_context(helpcrunch_after_step=self.ask.id)
            .create({"name": "Theirs", "step_type": "text", "bot_id": other.id})
        )
        self.assertEqual(self.ask.next_step_id, self.choice)
        self.assertFalse(new.next_step_id)

    def test_managers_only(self):
        with self.assertRaises(AccessError):
            self.bot.with_user(self.olena).get_picture()
