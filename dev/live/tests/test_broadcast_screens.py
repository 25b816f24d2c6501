"""An administrator draws a schedule and watches its broadcast, in a real browser."""

import unittest

from patience import PATIENCE
from people import add_language, add_user

from live.case import ServerCase
from live.server import (
    draw_bot,
    go_live,
    said,
    wait_for,
)

CUSTOMERS = range(8001, 8031)
_STEP = """
print("STEP=%s" % env["helpcrunch.step"].search([("step_type", "=", "schedule")]).id)
"""


def _draw(administrator, manager, account_id):
    add_language(administrator, "uk_UA")
    add_user(
        administrator,
        "boss",
        "helpcrunch_chatbot.group_manager",
        "sales_team.group_sale_salesman",
        name="Олена",
        lang="uk_UA",
    )
    (uk,) = manager.search("res.lang", [("code", "=", "uk_UA")])
    bot_id, step = draw_bot(manager, account_id, "Магазин")
    manager.write("helpcrunch.bot", bot_id, {"tz": "Europe/Kyiv", "language_id": uk})
    step("Вітаємо!", alias="/start")
    orders = step("Що у вас із замовленням?", "free_input")
    step(
        "Нагадування",
        "schedule",
        next_step_id=orders,
        message="Доброго ранку! Чи є нові замовлення?",
    )
    go_live(manager, bot_id)


_BUTTONS = "button, a.dropdown-item"


class TestBroadcastScreens(ServerCase):
    """Form, preview, confirmation, progress: nothing is reloaded by hand."""

    standin = {"rate_limit": 0}

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # Some five messages a second.
        cls.odoo.wire(cls.helpcrunch, draw=_draw)
        cls.odoo.start("--workers=0", "--max-cron-threads=1")
        cls.boss = cls.open_browser()

    def click(self, text):
        self.boss.click(_BUTTONS, text)

    def field(self, name):
        """Return what a field of the form shows."""
        return self.boss.run(
            f"document.querySelector('.o_field_widget[name={name}]')?.textContent.trim()"
        )

    def wait_for_field(self, name, text, seconds=30):
        self.boss.wait_for(
            f"document.querySelector('.o_field_widget[name={name}]')"
            f"?.textContent.trim() === {text!r}",
            seconds,
        )

    def test_from_the_drawing_to_the_last_recipient(self):
        chats = [
            self.helpcrunch.customer_says(
                number, "Привіт", application=2, name=f"Клієнт {number}"
            )["chat"]
            for number in CUSTOMERS
        ]
        for chat in chats:
            self.assertTrue(wait_for(lambda c=chat: said(self.helpcrunch, c)))
        self.helpcrunch.wait_idle(PATIENCE)
        self.odoo.sql("UPDATE helpcrunch_account SET requests_per_minute = 300")
        self.odoo.sql("UPDATE helpcrunch_account_budget SET calls = '{}'")
        step_id = int(self.odoo.shell(_STEP).partition("STEP=")[2].split()[0])

        self.boss.log_in(self.odoo.url, "boss")
        self.boss.open(f"{self.odoo.url}/odoo/helpcrunch.step/{step_id}")
        self.boss.wait_for("!!document.querySelector('.o_field_widget[name=run_time]')")
        self.assertIn("30", self.field("recipient_count"))
        self.assertEqual(len(self.field("next_runs").splitlines()), 5)
        self.boss.keep_picture("1-schedule")

        self.click("Запустити зараз")
        self.click("Надіслати")
        self.boss.wait_for("!!document.querySelector('.o_field_widget[name=progress]')")
        # It moves by itself.
        self.boss.wait_for(
            "parseInt(document.querySelector("
            "'.o_field_widget[name=sent_count]').textContent) >= 5",
            30,
        )
        self.boss.keep_picture("2-sending")
        self.click("Призупинити")
        self.boss.sees(_BUTTONS, "Відновити")
        self.helpcrunch.wait_idle(PATIENCE)
        before = sum(len(said(self.helpcrunch, chat)) for chat in chats)
        self.boss.keep_picture("3-paused")
        self.helpcrunch.wait_idle(PATIENCE)
        self.assertEqual(sum(len(said(self.helpcrunch, c)) for c in chats), before)
        self.click("Відновити")
        self.wait_for_field("sent_count", "30", 60)
        self.boss.wait_for("!document.querySelector('[name=estimated_end]')")
        self.boss.keep_picture("4-done")

        news = "Доброго ранку! Чи є нові замовлення?"
        for chat in chats:
            self.assertEqual(len(said(self.helpcrunch, chat, news)), 1)
            self.assertTrue(
                wait_for(
                    lambda c=chat: said(self.helpcrunch, c, "Що у вас із замовленням?"),
                    20,
                )
            )
        self.helpcrunch.customer_says(CUSTOMERS[0], "Так", application=2)
        self.helpcrunch.wait_idle(PATIENCE)
        self.boss.open(
            f"{self.odoo.url}/odoo/action-helpcrunch_chatbot.helpcrunch_broadcast_action"
        )
        self.boss.wait_for("!!document.querySelector('.o_data_row')")
        self.boss.keep_picture("5-list")
        self.assertEqual(self.boss.errors, [])


if __name__ == "__main__":
    unittest.main()
