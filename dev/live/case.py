"""What every test on real servers has: a stand-in, and an Odoo of its own."""

import unittest

from live.browser import Browser
from live.server import OdooServer, StandIn, said, wait_for


class ServerCase(unittest.TestCase):
    """A stand-in HelpCrunch that runs and a database that no server serves yet.

    :cvar standin: settings of the stand-in, see ``dev/helpcrunch/README.md``
    """

    standin = {}

    @classmethod
    def setUpClass(cls):
        cls.helpcrunch = StandIn(port=0, **cls.standin)
        cls.helpcrunch.start()
        cls.addClassCleanup(cls.helpcrunch.stop)
        cls.odoo = OdooServer(cls.__name__.lower())
        # Stops the server too.
        cls.addClassCleanup(cls.odoo.drop)

    @classmethod
    def open_browser(cls):
        """Return a new browser, closed after the class."""
        browser = Browser()
        cls.addClassCleanup(browser.close)
        return browser


class LiveCase(ServerCase):
    """One database and one stand-in for all tests; each has a server of its own."""

    standin = {"rate_limit": 0}

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.odoo.wire(cls.helpcrunch)

    def setUp(self):
        self.addCleanup(lambda: self.assertEqual(self.odoo.complaints(), []))
        self.addCleanup(self.odoo.stop)
        self.helpcrunch.reset()
        self.odoo.subscribe(self.helpcrunch)
        self.odoo.sql(
            "DELETE FROM crm_lead WHERE helpcrunch_chat_id IS NOT NULL;"
            "DELETE FROM helpcrunch_chat; DELETE FROM helpcrunch_customer;"
            "DELETE FROM helpcrunch_event"
        )

    def says(self, text, customer=5001):
        return self.helpcrunch.customer_says(
            customer, text, application=2, name="Taras"
        )["chat"]

    def assert_said(self, chat, text, times=1):
        """Wait until the bot has said a text; it may have done so only once."""
        found = wait_for(lambda: said(self.helpcrunch, chat, text))
        self.assertTrue(found, f"{text!r} was not said")
        self.assertEqual(len(found), times)
