"""A bot that asks its customer to log in, and people who confirm in a browser."""

import re

from lxml import html

from odoo.fields import Command
from odoo.tests import HttpCase, new_test_user

from .common import CUSTOMER, HelpcrunchCase

LINK = re.compile(r"\S*(/helpcrunch/login/([\w-]{16,}))")
_SALES = "sales_team.group_sale_salesman"


class LoginTalk(HttpCase):
    """Customers who ask for a link, and people who open it and confirm.

    Links are opened as a browser opens them, by people who are logged in: ``oksana``
    sells, ``clerk`` has no role but may log in to Odoo, ``portal`` is a customer with
    a portal. Goes before a case that has a bot.
    """

    @classmethod
    def add_people(cls):
        cls.add_outsiders()
        cls.oksana = cls._person("oksana", _SALES, email="oksana@example.com")

    @classmethod
    def draw_login(cls, next_step, **vals):
        """Draw the step to which "login" leads, and return it."""
        return cls.step(
            "Log in",
            "login",
            alias="login",
            message="Please log in:",
            next_step_id=next_step,
            **vals,
        )

    @classmethod
    def _person(cls, login, groups, **vals):
        return new_test_user(cls.env, login, groups, name=login.capitalize(), **vals)

    # === THE CUSTOMER === #

    def asks(self, customer=CUSTOMER, **profile):
        """Let a customer come and ask for a link; return its path."""
        if not self.chat(customer):
            self.says("Hi", customer=customer, **profile)
        return self.link(self.says("login", customer=customer))

    def link(self, texts):
        """Return the path of the link in what the customer has just read."""
        found = LINK.search("\n".join(texts))
        self.assertTrue(found, texts)
        return found[1]

    def logs_in(self, user=None, customer=CUSTOMER, **profile):
        """Let a customer ask for a link and a user confirm it; return the log-in."""
        path = self.asks(customer, **profile)
        self.confirms(user or self.oksana, path)
        return self.active(customer)

    def active(self, customer=CUSTOMER):
        return self.env["helpcrunch.login"].search(
            [
                ("customer_id", "=", self.chat(customer).customer_id.id),
                ("state", "=", "active"),
            ]
        )

    # === THE BROWSER === #

    def opens(self, user, path):
        """Open a page as somebody who is logged in; return the answer."""
        self.authenticate(user.login, user.login)
        return self.url_open(path)

    def presses(self, path, page, **fields):
        """Send the form of a page that is open."""
        token = html.fromstring(page.text).xpath("//input[@name='csrf_token']/@value")
        self.assertTrue(token, page.text)
        return self.url_open(path, data={"csrf_token": token[0], **fields})

    def confirms(self, user, path):
        """Open a link, press the button, and let the dialogue go on."""
        answer = self.presses(path, self.opens(user, path))
        self.goes_on()
        return answer

    def goes_on(self):
        """Take the turns that Odoo itself has brought about; :meth:`reads` has them."""
        self.settle()
        for chat in self.helpcrunch.chats():
            self.hears(chat["id"])

    def tells(self, answer):
        """Return what a page says, in one line."""
        return " ".join(html.fromstring(answer.text).text_content().split())

    def reads(self, customer=CUSTOMER):
        """Return all that the customer has read so far."""
        chat = int(self.chat(customer).external_id)
        return [
            message["text"]
            for message in self.helpcrunch.messages(chat)
            if message["from"] == "agent"
        ]

    def rows(self):
        """Return what a refused request must not change, by what it is called."""
        self.env.flush_all()
        self.env.invalidate_all()
        models = (
            "helpcrunch.login",
            "helpcrunch.customer",
            "helpcrunch.chat",
            "helpcrunch.event",
            "helpcrunch.message",
            "helpcrunch.outbox",
            "helpcrunch.duplicate",
            "res.partner",
            "crm.lead",
            "mail.message",
            "mail.mail",
        )
        counts = {
            name: self.env[name].with_context(active_test=False).search_count([])
            for name in models
        }
        states = self.env["helpcrunch.login"].search([]).mapped("state")
        users = self.env["helpcrunch.customer"].search([]).user_id
        return {**counts, "states": states, "users": users}


class LoginCase(LoginTalk, HelpcrunchCase):
    """ "login" sends a link; behind it the customer's wish becomes a lead.

    ``roman`` sells too, ``foreigner`` is a customer with a portal of another company.
    """

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.add_people()
        cls.roman = cls._person("roman", _SALES, email="roman@example.com")
        cls.other_company = cls.env["res.company"].create({"name": "Other"})
        cls.foreigner = cls._person(
            "foreigner",
            "base.group_portal",
            company_id=cls.other_company.id,
            company_ids=[Command.set(cls.other_company.ids)],
        )
        cls.step("Welcome", alias="/start", sequence=1)
        cls.after = cls.step("What do you need?", "free_input")
        cls.lead_step = cls.step(
            "A lead", "create_lead", lead_type="opportunity", next_step_id=cls.after
        )
        cls.failed_step = cls.step("As you like.")
        cls.login = cls.draw_login(cls.lead_step, failed_step_id=cls.failed_step)
