"""Broadcasts on the stand-in, look by look."""

from contextlib import contextmanager
from datetime import timedelta
from unittest.mock import patch

from odoo import fields

from ..jobs import broadcasts, dialogues
from ..jobs import sender as sender_module
from .common_operators import OperatorCase


class BroadcastCase(OperatorCase):
    """A bot with a schedule step "News" and as many customers as a test needs.

    :cvar zone: where the bot lives; None: where it is noon. Whoever is with an operator
        is tried again the same day, so there must be some of it left, whenever it runs.
    """

    zone = None

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.bot.tz = cls.zone or cls.zone_of_noon()
        cls.news = cls.step(
            "News",
            "schedule",
            interval_type="days",
            next_run="2100-01-01 07:00:00",
            run_time=9,
        )

    def customers(self, count, first=5001, application=2):
        """Let so many customers begin a dialogue; return their numbers."""
        numbers = range(first, first + count)
        for number in numbers:
            self.says("Hi", customer=number, application=application)
        return numbers

    def plan(self, step=None):
        """Plan a broadcast of a step now, as the button does; return it."""
        step = step or self.news
        for former in step.broadcast_ids:
            # Two runs in one second are one.
            self.by_machine(former).planned_at -= timedelta(days=1)
        action = step.action_run_now()
        return self.as_manager("helpcrunch.broadcast").browse(action["res_id"])

    def look(self, times=1):
        """Look what is to be sent, take the turns, make the calls."""
        with self.enter_test_mode_if_needed():
            for _time in range(times):
                self.env.flush_all()
                # What is told after a commit; there is none here.
                self.env["helpcrunch.broadcast.recipient"]._note_all_outcomes()
                broadcasts.dispatch_broadcasts(self.env.cr.dbname)
                self.work()
                self.take_own_events()
        self.env.invalidate_all()

    def send(self, step=None):
        """Plan a broadcast and send all of it; return it."""
        broadcast = self.plan(step)
        self.send_rest(broadcast)
        return broadcast

    def send_rest(self, broadcast):
        for _time in range(100):
            self.look()
            if not broadcast._is_active():
                break
        for chat in broadcast.recipient_ids.chat_id:
            # What was said so far is no answer to what the customer writes next.
            if chat.external_id.isdigit():
                self.hears(int(chat.external_id))

    def deliver(self):
        """Make every call that is due."""
        with self.enter_test_mode_if_needed():
            self.env.flush_all()
            dialogues.drain(self.env.cr.dbname)
            self.work()
        self.env.invalidate_all()

    def run_cron(self):
        """Let schedules run whose moment has come, as ir.cron does, and look once."""
        with self.enter_test_mode_if_needed():
            self.env.flush_all()
            self.env.ref(
                "helpcrunch_chatbot.ir_cron_broadcasts"
            ).method_direct_trigger()
            self.work()
            self.take_own_events()
        self.env.invalidate_all()

    def look_and_send_one_part(self):
        """Look once; of each message only the first part goes out."""
        send_next = sender_module.Sender._send_next

        def only_once(sender):
            send_next(sender)
            sender.delivery.wait = 100
            return False

        with patch.object(sender_module.Sender, "_send_next", only_once):
            self.look()

    @contextmanager
    def nothing_goes_out(self):
        """Let calls wait where they are."""
        with patch.object(sender_module.Sender, "run", lambda sender: sender.delivery):
            yield

    def go_on(self, broadcast):
        """Let an hour pass, look by look."""
        for _look in range(6):
            self.later_on(minutes=11)
            self.look()
            self.deliver()

    def count(self, customer, text="News"):
        """Return how often a customer has read a text."""
        return sum(text in line for line in self.heard(customer))

    def later_on(self, **delta):
        """Move everything that waits for a time so much nearer."""
        recipients = self.env["helpcrunch.broadcast.recipient"].search(
            [("not_before", "!=", False)]
        )
        for recipient in recipients:
            recipient.not_before -= timedelta(**delta)

    def heard(self, customer):
        """Return all that the bot said to a customer in HelpCrunch, chat by chat."""
        chats = self.env["helpcrunch.chat"].search(
            [("customer_id.external_id", "=", str(customer))], order="id"
        )
        return [
            message["text"]
            for chat in chats
            if chat.external_id.isdigit()
            for message in self.helpcrunch.messages(int(chat.external_id))
            if message["from"] == "agent"
        ]

    def states(self, broadcast):
        """Return ``{customer: state or reason}``."""
        return {
            int(row.customer_id.external_id): row.reason or row.state
            for row in broadcast.recipient_ids
        }

    @staticmethod
    def now():
        return fields.Datetime.now()

    @classmethod
    def zone_of_noon(cls):
        """Return the name of a zone in which it is between noon and one o'clock."""
        # The names count westwards: Etc/GMT-3 is three hours before Greenwich.
        return f"Etc/GMT{cls.now().hour - 12:+d}"
