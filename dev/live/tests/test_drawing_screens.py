"""A manager tries, checks and looks at a bot, in a real browser."""

import unittest

from people import add_language, add_user

from live.case import ServerCase
from live.server import draw_example_bot

_BUTTONS = "button, a.dropdown-item"
_SAID = "document.querySelector('.o_helpcrunch_try_dialogue')?.textContent"


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
    draw_example_bot(administrator, manager, account_id)


class TestDrawingScreens(ServerCase):
    standin = {"rate_limit": 0}

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.odoo.wire(cls.helpcrunch, draw=_draw)
        cls.odoo.start("--workers=0", "--max-cron-threads=0")
        cls.boss = cls.open_browser()

    def test_a_bot_is_tried(self):
        (bot_id,) = self.odoo.sql("SELECT id FROM helpcrunch_bot")
        messages = self.odoo.sql("SELECT count(*) FROM helpcrunch_message")
        self.boss.log_in(self.odoo.url, "boss")
        self.boss.open(f"{self.odoo.url}/odoo/helpcrunch.bot/{bot_id}")
        self.boss.click(_BUTTONS, "Спробувати")
        self.boss.wait_for(f"{_SAID}?.includes('Hello')")
        self.boss.run(
            "(() => { const select ="
            " document.querySelector('.o_helpcrunch_try_language');"
            "select.value = 'uk_UA'; select.dispatchEvent(new Event('change')); })()"
        )
        self.boss.wait_for(f"{_SAID}?.includes('Вітаємо')")
        for text, answer in (
            ("Ліди", "номер телефону"),
            ("+380 67 123 45 67", "Як Вас звати"),
            ("Оксана", "електронна адреса"),
            ("пропустити", "створено"),
        ):
            self._write(text)
            self.boss.wait_for(f"{_SAID}.includes({answer!r})")
            self.boss.sees(".o_helpcrunch_try_text", text)
        self.boss.keep_picture("1-try")
        self.boss.click("label", "Чому?")
        self.boss.wait_for("!!document.querySelector('.o_helpcrunch_try_why')")
        self.boss.keep_picture("2-try-why")
        self.assertEqual(
            self.odoo.sql("SELECT count(*) FROM helpcrunch_message"), messages
        )
        self.assertEqual(self.boss.errors, [])

    def test_a_bot_is_a_picture(self):
        (bot_id,) = self.odoo.sql("SELECT id FROM helpcrunch_bot")
        self.boss.log_in(self.odoo.url, "boss")
        self.boss.open(f"{self.odoo.url}/odoo/helpcrunch.bot/{bot_id}")
        self.boss.click("a.nav-link", "Схема")
        boxes = "document.querySelectorAll('.o_helpcrunch_picture_box').length"
        self.boss.wait_for(f"{boxes} > 10")
        self.boss.keep_picture("3-picture")
        self.boss.insert(".o_helpcrunch_picture_bar input", "phone")
        self.boss.wait_for("!!document.querySelector('.o_helpcrunch_picture .o_found')")
        self.boss.keep_picture("4-picture-found")
        self.boss.run(
            "document.querySelector('.o_helpcrunch_picture .o_found')"
            ".dispatchEvent(new MouseEvent('click', {bubbles: true}))"
        )
        self.boss.wait_for("!!document.querySelector('.o_helpcrunch_step_form')")
        self.assertEqual(self.boss.errors, [])

    def _write(self, text):
        self.boss.type(".o_helpcrunch_try_composer input[type=text]", text)


if __name__ == "__main__":
    unittest.main()
