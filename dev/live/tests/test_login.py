"""A customer logs in: a link in the chat, a user's browser, a lead that is hers."""

import re
import unittest

from people import Person, add_language, add_user

from live.browser import Browser
from live.case import ServerCase
from live.server import draw_bot, go_live, said, wait_for

CUSTOMER = 5002
_CARD = f'[data-customer="{CUSTOMER}"]'
_LINK = re.compile(r"http\S+/helpcrunch/login/([\w-]{16,})")


def _draw(administrator, manager, account_id):
    bot_id, step = draw_bot(manager, account_id, "Colleagues")
    ask = step("What shall I write down?", "free_input", sequence=40)
    lead = step("I have made a lead of it.", "create_lead", sequence=50)
    manager.write("helpcrunch.step", lead, {"lead_type": "opportunity"})
    manager.write("helpcrunch.step", ask, {"next_step_id": lead})
    step(
        "Please log in to Odoo by this link:",
        "login",
        "/start",
        sequence=10,
        next_step_id=ask,
    )
    go_live(manager, bot_id)
    add_language(administrator, "uk_UA")
    add_user(
        administrator, "oksana", "sales_team.group_sale_salesman", email="o@example.com"
    )
    add_user(administrator, "ulyana", "sales_team.group_sale_salesman", lang="uk_UA")


class TestLogin(ServerCase):
    """Two browsers: the customer's chat page, and the one where Odoo is open."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.odoo.wire(cls.helpcrunch, draw=_draw)
        cls.odoo.start("--workers=0", "--max-cron-threads=0")
        cls.chat = cls.open_browser()
        cls.desk = cls.open_browser()

    def reads(self, words):
        """Wait until the customer sees a text with these words; return it."""
        return self.chat.wait_for(
            f"[...document.querySelectorAll('{_CARD} .message.in .text')]"
            f".map(node => node.textContent).findLast(text => text.includes({words!r}))"
        )

    def writes(self, text):
        self.chat.type(f"{_CARD} textarea", text)

    def sees(self, words):
        self.desk.wait_for(f"document.body?.innerText.includes({words!r})")

    def test_the_lead_is_hers(self):
        self.chat.open(self.helpcrunch.url)
        self.chat.wait_for(f"!!document.querySelector('{_CARD} textarea')")
        self.writes("/start")
        link = _LINK.search(self.reads("Please log in"))
        self.look_in_ukrainian(link[0])

        # Nobody is logged in here yet: she is led to Odoo's page for that, and back.
        self.desk.open(link[0])
        self.desk.wait_for("!!document.querySelector('form.oe_login_form')")
        self.desk.run(
            "document.querySelector('input[name=login]').value = 'oksana';"
            "document.querySelector('input[name=password]').value = 'oksana';"
            "document.querySelector('form.oe_login_form').submit()"
        )
        self.sees("Let this customer act as you?")
        self.desk.keep_picture("login-1-asks")
        self.desk.click("button", "Confirm as Oksana")
        self.sees("You are logged in")
        self.desk.keep_picture("login-2-done")
        self.reads("You are logged in as Oksana. Write /logout to end it.")
        self.reads("What shall I write down?")
        self.writes("Ten bicycles for the town hall")
        self.reads("I have made a lead of it.")
        self.chat.keep_picture("login-3-chat")
        self.look_at_the_lead()
        self.look_at_the_log(link[1])
        self.look_at_a_used_link(link[0])
        self.look_in_preferences()
        self.look_as_manager()

        self.writes("/logout")
        self.reads("You are logged out.")
        self.assertEqual(
            self.odoo.rows("SELECT state, end_reason FROM helpcrunch_login"),
            [("ended", "logout")],
        )
        self.assertEqual(self.odoo.complaints(), [])
        self.assertEqual(self.desk.errors + self.chat.errors, [])

    def look_in_ukrainian(self, link):
        """Open the page as somebody else sees it, who does not confirm."""
        self.desk.log_in(self.odoo.url, "ulyana")
        self.desk.open(link)
        self.sees("Підтвердити")
        self.desk.keep_picture("login-0-ukrainian")
        self.desk.open(f"{self.odoo.url}/web/session/logout")
        self.desk.wait_for("!!document.querySelector('form.oe_login_form')")

    def look_at_the_lead(self):
        """Read the lead as she does, in Odoo."""
        oksana = Person(self.odoo.url, self.odoo.database, "oksana")
        (lead,) = oksana.search("crm.lead", [("description", "ilike", "town hall")])
        for name in ("user_id", "create_uid"):
            self.assertEqual(oksana.read("crm.lead", lead, name)[1], "Oksana")
        self.assertIn("Oksana", oksana.read("crm.lead", lead, "partner_id")[1])
        self.desk.open(f"{self.odoo.url}/odoo/crm.lead/{lead}")
        self.sees("Oksana")
        self.desk.keep_picture("login-4-lead")

    def look_at_the_log(self, token):
        """No line of the server's own log opens anything."""
        for line in ("GET /helpcrunch/login/…", "redirect=/helpcrunch/login/…"):
            self.assertTrue(wait_for(lambda line=line: line in self.written()), line)
        self.assertFalse(token in self.written(), "the token is in the log")

    def written(self):
        return self.odoo.log.read_text(errors="replace")

    def look_in_preferences(self):
        """She finds who is logged in as her where her password is."""
        (me,) = self.odoo.sql("SELECT id FROM res_users WHERE login = 'oksana'")
        self.desk.open(f"{self.odoo.url}/odoo/my-preferences/{me}")
        self.desk.click(".o_notebook a", "Security")
        self.desk.sees("button[name=action_view_helpcrunch_logins]")
        self.desk.keep_picture("login-6-preferences")
        self.desk.open(f"{self.odoo.url}/helpcrunch/logins")
        self.sees("Who is logged in as you")
        self.desk.keep_picture("login-7-own")

    def look_as_manager(self):
        """Another browser: the list, the dialogue, and the step as it is drawn."""
        with Browser() as browser:
            browser.log_in(self.odoo.url, "manager")
            address = f"{self.odoo.url}/odoo/action-helpcrunch_chatbot."
            browser.open(f"{address}helpcrunch_login_action")
            browser.sees(".o_data_row td[name=customer_id]", "Taras")
            browser.keep_picture("login-8-list")
            (chat,) = self.odoo.sql("SELECT chat_id FROM helpcrunch_login")
            browser.open(f"{self.odoo.url}/odoo/helpcrunch.chat/{chat}")
            browser.sees("button[name=action_end_login]", "End the Log-in")
            browser.sees("[name=login_user_id]")
            browser.keep_picture("login-9-dialogue")
            (step,) = self.odoo.sql(
                "SELECT id FROM helpcrunch_step WHERE step_type = 'login'"
            )
            browser.open(f"{self.odoo.url}/odoo/helpcrunch.step/{step}")
            browser.sees("[name=logout_message] textarea")
            browser.keep_picture("login-10-step")
            self.assertEqual(browser.errors, [])

    def look_at_a_used_link(self, link):
        self.desk.open(link)
        self.sees("It was used already")
        self.desk.keep_picture("login-5-used")
        chat = self.helpcrunch.chats()[-1]["id"]
        self.assertEqual(
            len(said(self.helpcrunch, chat, "I have made a lead of it.")), 1
        )


if __name__ == "__main__":
    unittest.main()
