"""Everybody who meets the app, and something of each kind for them to meet."""

import base64

from odoo.fields import Command
from odoo.tests import new_test_user

from .common_broadcasts import BroadcastCase
from .common_operators import OPERATOR_GROUP

# How the table of rights and the walk call the people.
ROLES = (
    "administrator",
    "manager",
    "operator",
    "operator + sales",
    "nobody",
    "sales manager",
    "portal",
    "other company",
)


class PeopleCase(BroadcastCase):
    """A shop in full swing: dialogues in each state, things that went wrong.

    ``olena`` is the operator, ``seller`` an operator who sells too; what is Olena's is
    *own* to an operator and *foreign* to the seller, and the other way round.
    """

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.other_company = cls.env["res.company"].create({"name": "Other"})
        cls.theirs = cls._create_account(name="Theirs", company_id=cls.other_company.id)
        cls.stranger = cls.theirs.env.user
        cls.seller = new_test_user(
            cls.env,
            "seller",
            f"{OPERATOR_GROUP},sales_team.group_sale_salesman",
            name="Seller",
            tz="Europe/Kyiv",
        )
        cls.add_outsiders()
        cls.people = {
            "administrator": cls.administrator,
            "manager": cls.manager,
            "operator": cls.olena,
            "operator + sales": cls.seller,
            "nobody": cls.clerk,
            "sales manager": cls.sales_manager,
            "portal": cls.portal,
            "other company": cls.stranger,
        }
        cls.env.ref("crm.group_use_lead").user_ids |= cls.seller

    def setUp(self):
        super().setUp()
        self.draw()
        self.talk()
        self.go_wrong()
        self.log_in(self.clerk, 5006)
        self.log_in(self.sales_manager, 5007)

    def draw(self):
        """Let the manager draw a step of each type, and the other company a bot."""
        self.add_operator(self.seller)
        self.second = self.as_manager("helpcrunch.operator.queue").create(
            {
                "name": "Support",
                "operator_ids": [Command.create({"user_id": self.petro.id})],
            }
        )
        self.second.operator_ids.available = False
        self.step(
            "To support", "forward_operator", alias="support", queue_id=self.second
        )
        self.step("Make a lead", "create_lead", alias="lead", lead_type="lead")
        self.step("Say something", "free_input", alias="say")
        self.step("Your name?", "update_contact", field_id=self.field("name"))
        self.step("Log in", "login", alias="log in")
        self.step(
            "What?",
            "choice",
            alias="what",
            answer_ids=[
                Command.create({"name": "This", "target_step_id": self.thanks.id})
            ],
        )
        self.as_manager("helpcrunch.step.media").create(
            {
                "step_id": self.thanks.id,
                "name": "Price list",
                "media_type": "file",
                "filename": "prices.txt",
                "attachment": base64.b64encode(b"Bicycle: 1"),
            }
        )
        mine = self.bot.with_user(self.manager)
        mine.action_save_version()
        mine.action_make_draft()
        self.their_bot = (
            self.env["helpcrunch.bot"]
            .with_user(self.stranger)
            .create({"name": "Their shop", "account_id": self.theirs.id})
        )

    def talk(self):
        """Let customers come: to each operator, to nobody yet, to the bot only."""
        self.own = self.connect(5001)
        self.foreign = self.connect(5002)
        if self.own.user_id != self.olena:
            self.own, self.foreign = self.foreign, self.own
        for chat, user in ((self.own, self.olena), (self.foreign, self.seller)):
            self.assertEqual(chat.user_id, user)
            number = int(chat.customer_id.external_id)
            self.writes(user, "Good day", customer=number)
            self.orders(user, "/lead", customer=number)
        for lead in self.env["crm.lead"].search([("helpcrunch_chat_id", "!=", False)]):
            # Somebody else's dialogue may bring one's own lead.
            lead.user_id = self.seller
        self.says("Hi", customer=5003)
        self.says("Hi", customer=5004)
        self.says("support", customer=5004)
        self.says("Hi", customer=5005)
        self.bot_chat = self.chat(5003)
        self.broadcast = self.send()
        # Whoever looks at the figures has them added up.
        self.bot.with_user(self.manager).action_view_statistics()

    def log_in(self, user, customer):
        """Let a customer be a user who has confirmed the link."""
        self.says("Hi", customer=customer)
        self.says("log in", customer=customer)
        logins = self.env["helpcrunch.login"]
        login = logins.search([("state", "=", "asked")])
        self.assertIsNone(login._confirm(user))
        self.settle()
        self.assertEqual(login.state, "active")

    def go_wrong(self):
        """Leave something that failed: messages, an event, two who may be one."""
        for chat, user in ((self.own, self.olena), (self.foreign, self.seller)):
            self.helpcrunch.set(fail_next=[{"fail": 400, "path": "POST /v1/messages"}])
            self.writes(user, "Lost", customer=int(chat.customer_id.external_id))
        event = self.env["helpcrunch.event"].search(
            [("chat_id", "=", self.bot_chat.id)], limit=1
        )
        event.write({"state": "failed", "error": "Traceback"})
        self.list_pair(self.partner(5003), self.partner(5005))
        decided = self.list_pair(self.partner(5004), self.partner(5005))
        decided.with_user(self.manager).action_dismiss()
        for text in (self.bot, self.thanks, self.queue):
            # As if its English were older than the text in the bot's language.
            self.by_machine(text).older_wordings = {text._rec_name: ["en_US"]}
        recipients = self.by_machine(self.broadcast).recipient_ids
        for recipient, state in zip(recipients, ("failed", "unknown"), strict=False):
            recipient.state = state
        planned = self.plan()
        self.assertEqual(planned.state, "planned")
        planned.with_user(self.manager).action_pause()
        self.env.flush_all()
