"""From an empty database to the first answer, with the mouse and the README only."""

import unittest

from people import set_addresses

from live.case import ServerCase
from live.server import said, wait_for


class TestNewcomer(ServerCase):
    """Odoo's administrator, who is no superuser, does what the README says."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.odoo.start("--workers=0", "--max-cron-threads=0")
        # A stand-in on this very computer is nothing that a newcomer has.
        set_addresses(cls.odoo.log_in("admin"), cls.odoo.url)
        cls.browser = cls.open_browser()

    def fill(self, field, text):
        selector = f"[name={field}] input"
        self.browser.wait_for(f"!!document.querySelector('{selector}')")
        self.browser.run(f"document.querySelector('{selector}').select()")
        self.browser.insert(selector, text)

    def sees(self, selector, text=""):
        self.browser.wait_for(
            f"[...document.querySelectorAll({selector!r})]"
            f".some(node => node.textContent.includes({text!r}))"
        )

    def configure(self, menu):
        self.browser.click(".o_menu_sections button", "Configuration")
        self.browser.click(".dropdown-item", menu)
        self.sees(".o_last_breadcrumb_item, .o_breadcrumb", menu)

    def sees_done(self, number):
        """Look at the first screen anew: so many of its steps are ticked."""
        self.browser.open(
            f"{self.odoo.url}/odoo/action-helpcrunch_chatbot.helpcrunch_chat_action"
        )
        self.browser.wait_for(
            "document.querySelectorAll('.o_helpcrunch_first_steps li').length === 4 &&"
            " document.querySelectorAll('.o_helpcrunch_first_steps [data-done]')"
            f".length === {number}"
        )

    def test_from_an_empty_database_to_the_first_answer(self):
        self.browser.log_in(self.odoo.url, "admin")
        self.browser.click(".o_navbar_apps_menu button")
        self.browser.click(".dropdown-item", "HelpCrunch")
        self.sees(".o_menu_brand", "HelpCrunch")
        self.sees_done(0)

        self.configure("Messengers")
        self.browser.click(".o_list_button_add", "New")
        self.fill("api_url", f"{self.helpcrunch.url}/v1")
        self.fill("api_key", "test-api-key")
        self.fill("webhook_secret", "test-signing-key")
        self.browser.click("button[name=action_connect]")
        self.sees(".alert", "Choose the agent in whose name the bot writes")
        self.fill("bot_agent_id", "Bot")
        self.browser.click(".o-autocomplete--dropdown-item a", "Bot")
        self.browser.click("button[name=action_connect]")
        self.sees("button[name=action_connect]", "Connect Again")
        self.browser.keep_picture("newcomer-1-connected")
        messenger = self.browser.run("location.href")
        self.sees_done(1)
        self.browser.open(messenger)
        self.sees("button[name=action_connect]", "Connect Again")

        address = self.browser.run(
            "document.querySelector('[name=webhook_url]').textContent.trim()"
        )
        self.assertTrue(address.startswith(self.odoo.url), address)
        self.helpcrunch.add_webhook(address.split()[0])
        self.configure("Bots")
        self.browser.click(".o_view_nocontent .btn", "Create an example bot")
        self.browser.click("button[name=action_go_live]")
        self.sees("button[name=action_take_off]")
        self.browser.keep_picture("newcomer-2-live")

        self.helpcrunch.customer_says(5001, "/start", application=2, name="Oksana")
        chat = self.helpcrunch.chats()[-1]["id"]
        self.assertTrue(
            wait_for(
                lambda: any("Hello!" in text for text in said(self.helpcrunch, chat))
            )
        )
        self.browser.click(".o_menu_sections .o_nav_entry", "Dialogues")
        self.sees(".o_data_row", "Oksana")
        self.assertEqual(self.browser.errors, [])


if __name__ == "__main__":
    unittest.main()
