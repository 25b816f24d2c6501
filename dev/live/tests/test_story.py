"""The manual's story: a customer writes in a real browser, a lead is in the CRM."""

import json
import unittest
from urllib.request import Request, urlopen

from patience import PATIENCE

from live.case import ServerCase
from live.server import draw_example_bot

# A pixel of PNG: what a step shows need not be pretty here.
_PIXEL = (
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9"
    "awAAAABJRU5ErkJggg=="
)
_LOOK = """
import json
leads = env["crm.lead"].search([("helpcrunch_chat_id", "!=", False)])
print("LEADS=" + json.dumps([{
    "contact": lead.partner_id.name, "email": lead.partner_id.email,
    "phone": lead.partner_id.phone, "description": str(lead.description),
} for lead in leads]))
"""
CUSTOMER = 5002
_CARD = f'[data-customer="{CUSTOMER}"]'


def _draw(administrator, manager, account_id):
    draw_example_bot(administrator, manager, account_id)
    (bot_id,) = manager.search("helpcrunch.bot", [])
    picture = {"name": "Prices", "filename": "prices.png", "attachment": _PIXEL}
    manager.create(
        "helpcrunch.step",
        {
            "name": "Price list",
            "message": "Here it is.",
            "step_type": "text",
            "bot_id": bot_id,
            "alias_ids": [(0, 0, {"name": "prices"})],
            "media_ids": [(0, 0, picture)],
        },
    )


class TestStory(ServerCase):
    """Chat page, webhooks, server, API, chat page: nothing is replaced."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.odoo.wire(cls.helpcrunch, draw=_draw)
        cls.odoo.start("--workers=0", "--max-cron-threads=0")
        cls.browser = cls.open_browser()

    def open_chat(self):
        """Open the page where customers write."""
        self.browser.open(self.helpcrunch.url)
        self.browser.wait_for(f"!!document.querySelector('{_CARD} textarea')")

    def read(self):
        """Return the texts that the customer sees from the other side."""
        return self.browser.run(
            f"[...document.querySelectorAll('{_CARD} .message.in .text')]"
            ".map(node => node.textContent)"
        )

    def says(self, text, *answers):
        """Write into the chat as a person does; expect exactly these answers."""
        before = len(self.read())
        self.browser.type(f"{_CARD} textarea", text)
        wanted = before + len(answers)
        self.browser.wait_for(
            f"document.querySelectorAll('{_CARD} .message.in').length >= {wanted}"
        )
        heard = self.read()[before:]
        self.assertEqual(len(heard), len(answers), heard)
        for part, whole in zip(answers, heard, strict=True):
            self.assertIn(part, whole)

    def test_from_the_first_word_to_the_lead(self):
        self.open_chat()
        self.says("/start", "I am a bot", "What would you like to work with?")
        # The manual's customers write in Ukrainian, and with a space too many.
        self.says("ліди ", "Which phone number")
        self.says("12", "does not look like a phone number")
        self.says("+380 44 123 45 67", "I wrote it down", "What is your name?")
        self.says("Taras Shevchenko", "What is your e-mail address?")
        self.says("taras at example", "does not look like an e-mail")
        self.says("taras@example.com", "I am passing", "Thank you!")
        self.assertEqual(self.browser.errors, [])

        printed = self.odoo.shell(_LOOK)
        leads = json.loads(printed.partition("LEADS=")[2].splitlines()[0])
        self.assertEqual(len(leads), 1)
        lead = leads[0]
        self.assertEqual(lead["contact"], "Taras Shevchenko")
        self.assertEqual(lead["email"], "taras@example.com")
        self.assertEqual(lead["phone"].replace(" ", ""), "+380441234567")
        for line in ("ліди", "taras@example.com", "What is your name?"):
            self.assertIn(line, lead["description"])

    def test_picture_opens_for_everybody_who_has_its_link(self):
        self.open_chat()
        self.browser.type(f"{_CARD} textarea", "prices")
        link = self.browser.wait_for(
            f"document.querySelector('{_CARD} .message.in a')?.href"
        )
        self.browser.wait_for(
            f"document.querySelector('{_CARD} .message.in img')?.naturalWidth == 1"
        )
        with urlopen(link, timeout=PATIENCE) as answer:
            whole = answer.read()
            self.assertEqual(answer.status, 200)
            self.assertEqual(answer.headers.get_content_type(), "image/png")
            self.assertEqual(answer.headers["X-Content-Type-Options"], "nosniff")
            self.assertTrue(whole.startswith(b"\x89PNG"))
        # Messengers fetch long files piece by piece.
        with urlopen(
            Request(link, headers={"Range": "bytes=1-3"}), timeout=10
        ) as answer:
            self.assertEqual(answer.status, 206)
            self.assertEqual(answer.read(), b"PNG")


if __name__ == "__main__":
    unittest.main()
