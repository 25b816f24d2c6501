"""A short story in every position of every switch of the stand-in.

Each switch is there because the sources about HelpCrunch disagree or are silent: the
addon must not care which of them is right.
"""

from helpcrunch.toggles import TOGGLES

from odoo.tests import tagged

from ..common_operators import OperatorCase

# The other positions of what changes how HelpCrunch looks from here.
_POSITIONS = {
    "retry_after": (True,),
    "error_style": ("old",),
    "clamp_limit": (True,),
    "empty_filter": ("refuse",),
    "message_status": (201,),
    "put_answer": ("empty", "no_content"),
    "ignore_offset": (True,),
    "updated_at": ("null",),
    "both_totals": (True,),
    "timestamps": ("milliseconds", "integer"),
    "custom_attributes": ([],),
    "merge_custom_data": (True,),
    "team_online": (False,),
    "auto_assign": (False,),
    "closed_chat": ("new",),
    "closed_agent_message": ("reopen", "refuse"),
    "chat_new_for_api": (True,),
    "tech_lines": (False,),
    "reassign_after": (0.5,),
    "clock_shift": (600, -600),
    "chat_id_key": ("chatId", "id"),
    "echo": (False,),
    "duplicate": (2,),
    "reorder": (True,),
    "event_data_as_string": (True,),
    "latency": (0.01,),
    "latency_after": (0.01,),
}
# Tried by tests of their own: a limit, a delivery that real threads must see, trouble.
_ELSEWHERE = {
    "rate_limit",
    "rate_window",
    "webhook_before_answer",
    "concurrent",
    "webhook_retries",
    "webhook_timeout",
    "wrong_signature",
    "webhook_delay",
    "webhook_loss",
    "webhook_loss_next",
    "capture",
    "fail_next",
    "down",
    "refuse_key",
}


@tagged("post_install", "-at_install")
class TestEverySwitch(OperatorCase):
    def test_no_switch_is_forgotten(self):
        self.assertEqual(set(_POSITIONS) | _ELSEWHERE, set(TOGGLES))
        for name, toggle in TOGGLES.items():
            for value in getattr(toggle.check, "values", ()):
                is_tried = value in (toggle.default, *_POSITIONS.get(name, ()))
                self.assertTrue(is_tried, f"{name}={value}")

    def test_the_story_in_every_position(self):
        self.queue.max_active_chats = 99
        self.step("Leads", message="About leads", alias="leads")
        customer = 5700
        for name, values in _POSITIONS.items():
            for value in values:
                customer += 1
                self.helpcrunch.set(**{name: value})
                with self.subTest(switch=name, value=value):
                    self.tell(customer)
                self.helpcrunch.set(**{name: TOGGLES[name].default})

    def tell(self, customer):
        """A bot, an operator, a closed chat, a customer who comes back."""
        self.account.action_connect()
        self.assertEqual(self.account.state, "connected")
        self.assertEqual(self.says("Hi", customer=customer, name="Taras"), ["Welcome"])
        self.assertEqual(self.says("leads", customer=customer), ["About leads"])
        self.says("help me", customer=customer)
        chat = self.chat(customer)
        self.assertEqual(chat.state, "operator")
        self.writes(self.olena, "Which colour?", customer=customer)
        self.assertEqual(self.texts(customer)[-1], "Which colour?")
        self.says("Red", customer=customer)
        self.assertEqual(chat.state, "operator")
        self.orders(self.olena, "/close", customer=customer)
        self.assertEqual(self.texts(customer)[-1], "Thank you")
        self.assertEqual(chat.state, "done")
        heard = self.says("leads", customer=customer)
        self.assertEqual(heard[-1:], ["About leads"])
        self.helpcrunch.customer_says(customer, "leads")
        self.helpcrunch.captured(clear=True)
        self.catch_up()
        self.assertEqual(self.texts(customer)[-2:], ["About leads"] * 2)
        mine = [("chat_id.customer_id.external_id", "=", str(customer))]
        calls = self.env["helpcrunch.outbox"].search(mine)
        self.assertLessEqual(set(calls.mapped("state")), {"sent", "cancelled"})
        events = self.env["helpcrunch.event"].search(mine)
        self.assertNotIn("failed", events.mapped("state"))
