"""Queues, operators, and a bot that leads to them."""

from markupsafe import Markup

from odoo.fields import Command
from odoo.tests import new_test_user

from .common import CUSTOMER, HelpcrunchCase

OPERATOR_GROUP = "helpcrunch_chatbot.group_operator"


class OperatorCase(HelpcrunchCase):
    """Welcome rests; "operator" leads to the queue; "Thank you" follows."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.olena = cls._user("olena", "Olena")
        cls.petro = cls._user("petro", "Petro")
        cls.queue = cls.as_manager("helpcrunch.operator.queue").create(
            {
                "name": "Sales",
                "max_active_chats": 2,
                "joined_message": "{{ operator }} is here.",
                "queue_message": "You are number {{ position }}.",
                "max_wait_minutes": 5,
                "max_wait_message": "Still there?",
                "end_minutes": 15,
                "operator_ids": [Command.create({"user_id": cls.olena.id})],
            },
        )
        cls.operator = cls.queue.operator_ids
        cls.thanks = cls.step("Thank you")
        cls.forward = cls.step(
            "To an operator",
            "forward_operator",
            alias="help me",
            message="One moment.",
            queue_id=cls.queue,
            next_step_id=cls.thanks,
        )
        cls.step("Welcome", alias="/start", sequence=1)

    @classmethod
    def _user(cls, login, name, **vals):
        return new_test_user(
            cls.env, login, OPERATOR_GROUP, name=name, tz="Europe/Kyiv", **vals
        )

    @classmethod
    def add_operator(cls, user, queue=None, **vals):
        return cls.as_manager("helpcrunch.operator").create(
            {"queue_id": (queue or cls.queue).id, "user_id": user.id, **vals}
        )

    def connect(self, customer=CUSTOMER, **profile):
        """Let a customer come and ask for an operator; return the dialogue."""
        self.says("Hi", customer=customer, **profile)
        self.says("help me", customer=customer)
        return self.chat(customer)

    def session(self, customer=CUSTOMER):
        """Return the dialogue's newest session."""
        return self.chat(customer).session_ids[:1]

    def channel(self, customer=CUSTOMER):
        return self.chat(customer).discuss_channel_ids

    def writes(self, user, text, customer=CUSTOMER, **vals):
        """Let an operator write in Discuss, as the web client does."""
        channel = self.channel(customer).with_user(user)
        message = channel.message_post(
            body=Markup(text),
            message_type="comment",
            **{"subtype_xmlid": "mail.mt_comment", **vals},
        )
        self.settle()
        return message

    def orders(self, user, text, customer=CUSTOMER):
        """Let an operator order something with a slash in Discuss."""
        self.channel(customer).with_user(user).execute_command_helpcrunch(body=text)
        self.settle()

    def agent_writes(self, text, agent=302, customer=CUSTOMER):
        """Let an agent write in HelpCrunch's inbox."""
        chat = int(self.chat(customer).external_id)
        self.helpcrunch.agent_says(agent, chat, text)
        self.take_in()

    def texts(self, customer=CUSTOMER):
        """Return what the customer reads, oldest first."""
        chat = int(self.chat(customer).external_id)
        return [
            message["text"]
            for message in self.helpcrunch.messages(chat)
            if message["from"] == "agent" and message["type"] == "message"
        ]

    def remote(self, customer=CUSTOMER):
        """Return HelpCrunch's chat."""
        return (
            self.account._get_connection()
            .get_client()
            .get_chat(self.chat(customer).external_id)
        )

    def notes(self, customer=CUSTOMER):
        """Return the private notes of the chat, oldest first."""
        chat = int(self.chat(customer).external_id)
        return [
            message["text"]
            for message in self.helpcrunch.messages(chat)
            if message["type"] == "private"
        ]

    def lines(self, customer=CUSTOMER):
        """Return what stands in Discuss as plain text, oldest first."""
        messages = self.channel(customer).message_ids.sorted("id")
        return [" ".join(str(row.body.striptags()).split()) for row in messages]

    def announced(self, change):
        """Return what web clients are told because of a change, as rows of the bus."""
        rows = self.env["bus.bus"]
        self.env.cr.precommit.run()
        last = rows.search([], order="id desc", limit=1)
        change()
        self.env.cr.precommit.run()
        return rows.search([("id", ">", last.id)], order="id")

    def later(self):
        """Let a minute pass since the session began, and since the customer wrote.

        HelpCrunch tells whole seconds, and its clock is known to a second only.
        """
        self._set_back(
            1,
            helpcrunch_operator_session=(
                "started_at",
                "assigned_at",
                "customer_spoke_at",
            ),
            helpcrunch_chat=("last_customer_message_at", "unanswered_since"),
        )

    def wait(self, minutes, customer=CUSTOMER):
        """Let time pass: all the session's moments lie so much longer back."""
        self._set_back(
            minutes,
            helpcrunch_operator_session=(
                "started_at",
                "operator_spoke_at",
                "customer_spoke_at",
                "nudged_at",
            ),
            helpcrunch_chat=("queued_at",),
        )
        self.env["helpcrunch.operator.session"]._cron_operators()
        self.settle()

    def _set_back(self, minutes, **columns):
        """Let moments lie longer back, as if so many minutes had passed."""
        self.env.flush_all()
        for table, names in columns.items():
            for name in names:
                self.env.cr.execute(
                    f"UPDATE {table} SET {name} = {name} - %s * INTERVAL '1 minute'",
                    [minutes],
                )
        self.env.invalidate_all()
