"""Browsers that open and close decide who gets a customer; nothing is replaced."""

from people import add_user

from live.browser import Browser
from live.case import ServerCase
from live.server import draw_bot, go_live, said, wait_for


def _draw(administrator, manager, account_id):
    olena = add_user(administrator, "olena", "helpcrunch_chatbot.group_operator")
    queue = manager.create(
        "helpcrunch.operator.queue",
        {"name": "Sales", "operator_ids": [(0, 0, {"user_id": olena})]},
        # As the form of a new queue has it.
        default_only_online=True,
    )
    bot_id, step = draw_bot(manager, account_id, "Shop")
    step("Welcome to the shop", alias="/start")
    step("I am looking for somebody.", "forward_operator", "manager", queue_id=queue)
    go_live(manager, bot_id)


class TestPresence(ServerCase):
    """Websocket, presence, cron, assignment, Discuss."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.odoo.wire(cls.helpcrunch, draw=_draw)
        cls.odoo.start("--workers=0", "--max-cron-threads=1")

    def hears(self, customer, name, text):
        """Let a customer ask for a person, and wait until the customer reads this."""
        self.helpcrunch.customer_says(customer, "/start", application=2, name=name)
        chat = self.helpcrunch.customer_says(customer, "manager", application=2)["chat"]
        self.assertTrue(wait_for(lambda: said(self.helpcrunch, chat, text)), text)
        return chat

    def test_who_opens_odoo_gets_who_waits_and_who_has_closed_it_nobody(self):
        waits = (
            "Nobody of us is here right now. "
            "We will answer you here as soon as somebody is back."
        )
        chat = self.hears(7001, "Ivan", waits)
        with Browser() as browser:
            browser.log_in(self.odoo.url, "olena")
            joined = "Olena has joined the conversation."
            self.assertTrue(wait_for(lambda: said(self.helpcrunch, chat, joined)))
            browser.open(f"{self.odoo.url}/odoo/discuss")
            browser.wait_for(
                "[...document.querySelectorAll('.o-mail-DiscussSidebarChannel')]"
                ".some(node => node.textContent.includes('Ivan ·'))"
            )
        offline = "SELECT 1 FROM mail_presence WHERE status = 'offline'"
        self.assertTrue(wait_for(lambda: self.odoo.rows(offline)))
        self.hears(7002, "Iryna", waits)
        self.assertEqual(self.odoo.complaints(), [])
