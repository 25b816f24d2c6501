"""A customer in one browser, an operator who is no administrator in another."""

import unittest

from people import add_user

from live.browser import Browser
from live.case import ServerCase
from live.server import draw_bot, go_live, wait_for

CUSTOMER = 5002
_CARD = f'[data-customer="{CUSTOMER}"]'
_COMPOSER = ".o-mail-Composer-input"
_SUGGESTION = ".o-mail-NavigableList-item"
_TEXTS = (
    "[...document.querySelectorAll("
    "'.o-mail-Message-body, .o-mail-NotificationMessage')]"
    ".map(node => node.textContent.trim())"
)


def _draw(administrator, manager, account_id):
    operator = "helpcrunch_chatbot.group_operator"
    olena = add_user(administrator, "olena", operator)
    petro = add_user(administrator, "petro", operator)
    queue = manager.create(
        "helpcrunch.operator.queue",
        {
            "name": "Sales",
            "max_active_chats": 3,
            # Petro is away at first, so that it is known who gets the dialogue.
            "operator_ids": [
                (0, 0, {"user_id": olena}),
                (0, 0, {"user_id": petro, "available": False}),
            ],
        },
    )
    manager.create(
        "mail.canned.response",
        {
            "source": "hours",
            "substitution": "We are open from nine to six.",
            "group_ids": [(4, administrator.ref(operator))],
        },
    )
    bot_id, step = draw_bot(manager, account_id, "Shop")
    step("Welcome to the shop", alias="/start")
    bye = step("Thank you for writing!")
    step(
        "One moment, I am looking for a free manager.",
        "forward_operator",
        "manager",
        queue_id=queue,
        next_step_id=bye,
    )
    step("Make a lead", "create_lead", "lead", lead_type="lead")
    settings = administrator.create("res.config.settings", {"group_use_lead": True})
    administrator.press("res.config.settings", "execute", settings)
    go_live(manager, bot_id)


class TestOperators(ServerCase):
    """Chat page, webhooks, server, bus, Discuss, API, chat page: nothing replaced."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.odoo.wire(cls.helpcrunch, draw=_draw)
        cls.odoo.start("--workers=0", "--max-cron-threads=0")
        cls.customer, cls.operator = cls.open_browser(), cls.open_browser()

    # === WHAT BOTH DO === #

    def says(self, text):
        self.customer.type(f"{_CARD} textarea", text)

    def hears(self, text):
        """Wait until the customer reads something."""
        self.customer.wait_for(
            f"[...document.querySelectorAll('{_CARD} .message.in .text')]"
            f".some(node => node.textContent.includes({text!r}))"
        )

    def sees(self, text):
        """Wait until the operator reads something, without any reload."""
        self.operator.wait_for(f"{_TEXTS}.some(text => text.includes({text!r}))")

    def writes(self, text):
        self.operator.wait_for(f"document.querySelector('{_COMPOSER}')?.value === ''")
        self.operator.insert(_COMPOSER, text)
        # Enter would take what is suggested.
        self.operator.wait_for(f"!document.querySelector('{_SUGGESTION}')")
        self.operator.press_enter()

    def is_suggested(self, text):
        """Wait until the composer offers something."""
        self.operator.wait_for(
            f"[...document.querySelectorAll('{_SUGGESTION}')]"
            f".some(node => node.textContent.includes({text!r}))"
        )

    def open_dialogue(self, browser, name):
        """Open the dialogue of a customer, which appears in the sidebar."""
        item = ".o-mail-DiscussSidebarChannel"
        find = (
            f"[...document.querySelectorAll('{item}')]"
            f".find(node => node.textContent.includes('{name} ·'))"
        )
        browser.wait_for(f"!!{find}")
        browser.run(f"{find}.click()")

    # === THE STORY === #

    def test_handing_over_and_sending_again(self):
        """Through the windows that people see; a message that fails in between."""
        self.operator.log_in(self.odoo.url, "olena")
        self.operator.open(f"{self.odoo.url}/odoo/discuss")
        self.operator.wait_for("!!document.querySelector('.o-mail-Discuss')")
        self.helpcrunch.customer_says(7001, "/start", application=2, name="Ivan")
        self.helpcrunch.customer_says(7001, "manager", application=2)
        self.open_dialogue(self.operator, "Ivan")
        self.sees("Conversation so far")

        self.helpcrunch.set(fail_next=[400])
        self.writes("This fails")
        self.operator.wait_for("!!document.querySelector('.o_helpcrunch_send_again')")
        self.operator.keep_picture("8-failed")
        self.operator.click(".o_helpcrunch_send_again")
        self.operator.wait_for(
            "!!document.querySelector('.o_helpcrunch_delivery[data-state=sent]')"
        )

        self.odoo.log_in("petro").call(
            "helpcrunch.operator", "set_my_availability", True
        )
        with Browser() as petro:
            petro.log_in(self.odoo.url, "petro")
            petro.open(f"{self.odoo.url}/odoo/discuss")
            petro.wait_for("!!document.querySelector('.o-mail-Discuss')")
            self.operator.insert(_COMPOSER, "I was about")
            self.operator.click(".o_helpcrunch_transfer")
            field = ".modal [name=operator_id] input"
            self.operator.click(field)
            self.operator.insert(field, "Petro")
            option = ".modal .o-autocomplete--dropdown-item a, .o-autocomplete a"
            found = (
                f"[...document.querySelectorAll('{option}')]"
                ".find(node => node.textContent.includes('Petro'))"
            )
            self.operator.wait_for(f"!!{found}")
            self.operator.run(f"{found}.click()")
            self.operator.keep_picture("9-hand-over")
            self.operator.click(".modal .btn-primary")
            self.open_dialogue(petro, "Ivan")
            petro.wait_for(f"{_TEXTS}.some(text => text.includes('This fails'))")
            petro.wait_for(f"!!document.querySelector('{_COMPOSER}')")
            petro.type(_COMPOSER, "Petro here")
            chat = self.helpcrunch.chats()[-1]["id"]
            # The check mark of the line before is there already.
            wait_for(lambda: self.helpcrunch.messages(chat)[-1]["text"] == "Petro here")
            petro.wait_for(
                "[...document.querySelectorAll('.o_helpcrunch_delivery')]"
                ".at(-1)?.dataset.state == 'sent'"
            )
            petro.keep_picture("10-handed-over")
            self.assertEqual(petro.errors, [])
        texts = [row["text"] for row in self.helpcrunch.messages(chat)]
        self.assertEqual(texts.count("This fails"), 1)
        self.assertEqual(texts[-1], "Petro here")
        # It stays on Olena's screen, with her draft; she reads no more of it.
        self.operator.sees(".o_helpcrunch_closed", "Handed over to Petro.")
        self.operator.wait_for(
            "document.querySelector('.o_helpcrunch_draft')"
            ".textContent.includes('I was about')"
        )
        self.operator.keep_picture("11-handed-over-by")
        self.assertFalse(
            self.operator.run(f"{_TEXTS}.some(text => text.includes('Petro here'))")
        )
        self.assertFalse(
            self.operator.run("!!document.querySelector('.o_error_dialog')")
        )
        self.assertEqual(self.operator.errors, [])

    def test_windows_of_dialogues_that_ended_stay_away(self):
        """One dialogue goes on and its window comes back; the other's does not."""
        windows = (
            "[...document.querySelectorAll('.o-mail-ChatWindow')]"
            ".map(node => node.textContent)"
        )
        # Whichever test was before, both dialogues are hers.
        self.odoo.log_in("petro").call(
            "helpcrunch.operator", "set_my_availability", False
        )
        for number, name in ((7101, "Ended"), (7102, "Lasting")):
            self.helpcrunch.customer_says(number, "/start", application=2, name=name)
            self.helpcrunch.customer_says(number, "manager", application=2)
        self.operator.log_in(self.odoo.url, "olena")
        self.operator.open(f"{self.odoo.url}/odoo/contacts")
        for name in ("Ended", "Lasting"):
            self.operator.click(".o_menu_systray .fa-comments")
            found = (
                "[...document.querySelectorAll('.o-mail-NotificationItem')]"
                f".find(node => node.textContent.includes('{name} ·'))"
            )
            self.operator.wait_for(f"!!{found}")
            self.operator.run(f"{found}.click()")
            self.operator.wait_for(f"{windows}.some(text => text.includes('{name} ·'))")
        olena = self.odoo.log_in("olena")
        ended = olena.search("discuss.channel", [("name", "ilike", "Ended ·")])
        olena.call(
            "discuss.channel", "execute_command_helpcrunch", ended, body="/close"
        )
        self.operator.keep_picture("11-windows")
        self.operator.run("window.isFormer = true")
        self.operator.open(f"{self.odoo.url}/odoo/contacts")
        self.operator.wait_for(
            f"!window.isFormer && {windows}.some(text => text.includes('Lasting ·'))"
        )
        self.operator.keep_picture("12-windows-again")
        self.assertFalse(
            self.operator.run(f"{windows}.some(text => text.includes('Ended ·'))")
        )
        self.assertEqual(self.operator.errors, [])

    def test_from_the_bot_to_a_person_and_back(self):
        self.operator.log_in(self.odoo.url, "olena")
        self.operator.open(f"{self.odoo.url}/odoo/discuss")
        self.operator.wait_for("!!document.querySelector('.o-mail-Discuss')")
        self.operator.wait_for("!!document.querySelector('.o_helpcrunch_availability')")
        self.customer.open(self.helpcrunch.url)
        self.customer.wait_for(f"!!document.querySelector('{_CARD} textarea')")

        self.says("/start")
        self.hears("Welcome to the shop")
        self.says("manager")
        self.hears("Olena has joined")

        # A dialogue appears in the sidebar by itself, in a category of its own.
        self.operator.wait_for(
            "!!document.querySelector('.o-mail-DiscussSidebarCategory-helpcrunch')"
        )
        self.operator.keep_picture("1-announced")
        self.open_dialogue(self.operator, "Taras")
        self.sees("Conversation so far")
        self.says("Do you have red bicycles?")
        self.sees("Do you have red bicycles?")
        self.writes("Yes, we do")
        self.hears("Yes, we do")
        self.operator.wait_for(
            "!!document.querySelector('.o_helpcrunch_delivery[data-state=sent]')"
        )
        self.operator.keep_picture("2-answered")
        self.customer.keep_picture("3-customer")

        # Canned answers and commands are offered while typing.
        self.operator.wait_for(f"document.querySelector('{_COMPOSER}').value === ''")
        self.operator.insert(_COMPOSER, "::hou")
        self.is_suggested("nine to six")
        self.operator.keep_picture("4-canned")
        self.operator.press_enter()
        self.operator.wait_for(
            f"document.querySelector('{_COMPOSER}').value.includes('nine to six')"
        )
        self.operator.press_enter()
        self.hears("nine to six")
        self.operator.wait_for(f"document.querySelector('{_COMPOSER}').value === ''")
        self.operator.insert(_COMPOSER, "/")
        for name in (
            "lead",
            "close",
            "transfer",
            "tag",
            "snooze",
            "pause",
            "resume",
            "help",
        ):
            self.is_suggested(name)
        self.operator.keep_picture("5-commands")
        self.operator.run(f"document.querySelector('{_COMPOSER}').select()")
        self.operator.insert(_COMPOSER, "/lead Red bicycle")
        self.operator.wait_for(f"!document.querySelector('{_SUGGESTION}')")
        self.operator.press_enter()
        self.sees("Red bicycle")
        self.operator.wait_for("!!document.querySelector('.o_helpcrunch_info_lead')")
        self.operator.keep_picture("6-lead")

        self.operator.click(".o_helpcrunch_close")
        self.operator.click(".modal .btn-primary")
        self.hears("Thank you for writing!")
        self.operator.wait_for("!!document.querySelector('.o_helpcrunch_closed')")
        self.operator.keep_picture("7-closed")
        self.assertEqual(self.operator.errors, [])
        self.assertEqual(self.customer.errors, [])


if __name__ == "__main__":
    unittest.main()
