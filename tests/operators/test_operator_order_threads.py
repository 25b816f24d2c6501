"""What people order at the same moment, on real threads and cursors."""

from odoo.fields import Command
from odoo.tests import tagged

from ...jobs import dialogues, operators
from ..common_threads import OperatorThreadCase

_ROUNDS = 8


@tagged("post_install", "-at_install")
class TestOperatorOrderThreads(OperatorThreadCase):
    def connect(self, customer):
        """Let a customer ask for an operator; return the dialogue's id."""
        for text in ("Hi", "help me"):
            self.helpcrunch.customer_says(
                customer, text, application=2, name=f"Customer {customer}"
            )
            for webhook in self.helpcrunch.captured(clear=True):
                self.receive(webhook)
            self.settle()
            operators.assign_waiting(self.dbname, self.queue_id)
            self.settle()
        self.helpcrunch.captured(clear=True)
        with self.transaction() as env:
            chat = self.chats(env).filtered(
                lambda row: row.customer_id.external_id == str(customer)
            )
            self.assertEqual(chat.state, "operator")
            return chat.id

    def has_it(self, chat_id):
        """Return the id of the user who has a dialogue."""
        with self.transaction() as env:
            return env["helpcrunch.chat"].browse(chat_id).user_id.id

    def presses(self, user_id, chat_id, name):
        """Return what happens when somebody presses a button of a dialogue."""

        def press():
            with self.transaction(user_id) as env:
                getattr(env["helpcrunch.chat"].browse(chat_id), name)()
            self.after_commit(chat_id)

        return press

    def types(self, user_id, chat_id, text):
        """Return what happens when an operator types a command in Discuss."""

        def type_it():
            with self.transaction(user_id) as env:
                channel = env["discuss.channel"].search(
                    [("helpcrunch_chat_id", "=", chat_id)]
                )
                channel.execute_command_helpcrunch(body=text)
            self.after_commit(chat_id)

        return type_it

    def hands_over(self, user_id, chat_id, target_id):
        """Return what happens when somebody hands a dialogue over in the window."""

        def hand_over():
            with self.transaction(user_id) as env:
                wizards = env["helpcrunch.chat.assign"]
                target = env["helpcrunch.operator"].search(
                    [("user_id", "=", target_id)]
                )
                wizards.create(
                    {
                        "chat_id": chat_id,
                        "queue_id": self.queue_id,
                        "operator_id": target.id,
                    }
                ).action_assign()
            self.after_commit(chat_id)

        return hand_over

    def after_commit(self, chat_id):
        """Do what an order starts as soon as it is committed: see ``_run_outside``."""
        dialogues.take_turns(self.dbname, chat_id)
        operators.assign_waiting(self.dbname, self.queue_id)

    def all_at_once(self, *functions):
        self.together(*functions)
        self.settle()
        with self.transaction() as env:
            self.assertEqual(self.pending(env), 0)
            failed = [("account_id", "=", self.account_id), ("state", "=", "failed")]
            self.assertFalse(env["helpcrunch.event"].search(failed))

    def assert_one_lead(self, chat_id):
        with self.transaction() as env:
            chat = env["helpcrunch.chat"].browse(chat_id)
            self.assertEqual(len(chat.lead_ids), 1)

    def test_create_a_lead_pressed_twice_at_once(self):
        for number in range(_ROUNDS):
            with self.subTest(number):
                chat_id = self.connect(5001 + number)
                press = self.presses(self.manager_id, chat_id, "action_create_lead")
                self.all_at_once(press, press)
                self.assert_one_lead(chat_id)

    def test_create_a_lead_beside_the_command(self):
        for number in range(_ROUNDS):
            with self.subTest(number):
                chat_id = self.connect(5001 + number)
                operator_id = self.has_it(chat_id)
                self.all_at_once(
                    self.presses(self.manager_id, chat_id, "action_create_lead"),
                    self.presses(operator_id, chat_id, "action_create_lead"),
                    self.types(operator_id, chat_id, "/lead"),
                )
                self.assert_one_lead(chat_id)

    def test_create_a_lead_without_an_operator(self):
        chat_id = self.begin()
        press = self.presses(self.manager_id, chat_id, "action_create_lead")
        self.all_at_once(*[press] * 4)
        self.assert_one_lead(chat_id)

    def test_handed_over_to_two_at_once(self):
        for number in range(_ROUNDS):
            with self.subTest(number):
                chat_id = self.connect(5001 + number)
                operator_id = self.has_it(chat_id)
                first, second = [row for row in self.user_ids if row != operator_id][:2]
                self.all_at_once(
                    self.hands_over(operator_id, chat_id, first),
                    self.hands_over(self.manager_id, chat_id, second),
                )
                with self.transaction() as env:
                    chat = env["helpcrunch.chat"].browse(chat_id)
                    active = chat.session_ids.filtered(
                        lambda row: row.state == "active"
                    )
                    self.assertEqual(len(active), 1)
                    self.assertEqual(active.user_id, chat.user_id)
                    self.assertIn(chat.user_id.id, (first, second))
                    self.assertEqual(
                        chat.discuss_channel_ids.helpcrunch_session_id, active
                    )

    def test_pause_and_return_at_once(self):
        chat_id = self.connect(5001)
        operator_id = self.has_it(chat_id)
        self.all_at_once(
            self.presses(self.manager_id, chat_id, "action_pause"),
            self.presses(operator_id, chat_id, "action_return_to_bot"),
        )
        with self.transaction() as env:
            chat = env["helpcrunch.chat"].browse(chat_id)
            self.assertIn(chat.state, ("bot", "paused"))
            # Whichever came last: nobody has it any more.
            self.assertEqual(chat.session_ids.mapped("state"), ["done"])

    def test_handed_over_to_somebody_who_is_sent_away_just_now(self):
        chat_id = self.connect(5001)
        operator_id = self.has_it(chat_id)
        leaver_id = next(row for row in self.user_ids if row != operator_id)

        def send_away():
            with self.transaction(self.administrator_id) as env:
                env["res.users"].browse(leaver_id).active = False
            self.after_commit(chat_id)

        self.all_at_once(self.hands_over(operator_id, chat_id, leaver_id), send_away)
        with self.transaction() as env:
            # Each minute: one who was given the dialogue while going is seen now.
            env["helpcrunch.operator.session"]._cron_operators()
        self.after_commit(chat_id)
        self.settle()
        self.assertNotIn(self.has_it(chat_id), (leaver_id, False))
        with self.transaction(self.administrator_id) as env:
            env["res.users"].browse(leaver_id).write(
                {"active": True, "company_ids": [Command.link(env.company.id)]}
            )
