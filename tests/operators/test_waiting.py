"""Who waits, who may take it, and how long it has lasted: as the people themselves."""

from lxml import etree

from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged

from ...jobs import operators
from ..common import CUSTOMER
from ..common_operators import OperatorCase
from ..common_threads import OperatorThreadCase

_GONE = "waits no more"


def press(chat, user):
    """Press *Take* and do what follows its commit; return what the client does then."""
    action = chat.with_user(user).action_take()
    operators.take_waiting(chat.env.cr.dbname, chat.queue_id.id, chat.id, user.id)
    return action


def look(action, user):
    """Do what the client does after the button."""
    server_action = user.env["ir.actions.server"].browse(action["id"])
    return server_action.with_user(user).with_context(**action["context"]).run()


@tagged("post_install", "-at_install")
class TestWaiting(OperatorCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.add_operator(cls.petro)

    def switch(self, user, available):
        self.env["helpcrunch.operator"].with_user(user).set_my_availability(available)

    def waits(self, customer=CUSTOMER):
        """Let a customer ask for an operator while nobody is there."""
        for user in (self.olena, self.petro):
            self.switch(user, False)
        chat = self.connect(customer)
        self.assertEqual(chat.state, "queued")
        self.switch(self.olena, True)
        return chat

    def take(self, chat, user):
        with self.enter_test_mode_if_needed():
            action = press(chat, user)
        opened = look(action, user)
        self.settle()
        return opened

    def seen(self, user):
        return self.env["helpcrunch.chat"].with_user(user).search([])

    # === TAKE === #

    def test_an_operator_takes_who_waits(self):
        chat = self.waits()
        opened = self.take(chat, self.olena)
        self.assertEqual(opened["tag"], "mail.action_discuss")
        self.assertEqual(chat.state, "operator")
        self.assertEqual(chat.user_id, self.olena)
        session = self.session()
        self.assertEqual(session.operator_id, self.operator)
        self.assertEqual(session.queue_id, self.queue)
        self.assertIn("Olena is here.", self.texts())
        self.assertEqual(self.channel().channel_partner_ids, self.olena.partner_id)
        events = self.env["helpcrunch.event"].search([("chat_id", "=", chat.id)])
        assigned = events.filtered(lambda row: row.event_type == "operator.assigned")
        self.assertEqual(assigned.mapped("state"), ["done"])
        self.writes(self.olena, "Good day")
        self.assertEqual(self.texts()[-1], "Good day")

    def test_whose_turn_it_is_moves_on(self):
        chat = self.waits()
        self.take(chat, self.olena)
        self.switch(self.petro, True)
        self.assertEqual(self.connect(5002).user_id, self.petro)

    def test_the_second_one_is_told(self):
        chat = self.waits()
        self.switch(self.petro, True)
        late = chat.with_user(self.petro)
        self.assertTrue(late.can_take)
        action = late.action_take()
        self.take(chat, self.olena)
        with self.refused(_GONE):
            late.action_take()
        # Was there when the button was pressed, and is not when it is given.
        with self.enter_test_mode_if_needed():
            operators.take_waiting(
                self.env.cr.dbname, self.queue.id, chat.id, self.petro.id
            )
        with self.refused(_GONE):
            look(action, self.petro)
        self.assertEqual(chat.user_id, self.olena)
        self.assertEqual(len(chat.session_ids), 1)

    def test_who_is_away_takes_nothing(self):
        chat = self.waits()
        with self.refused("You are away"):
            self.take(chat, self.petro)
        self.assertEqual(chat.state, "queued")

    def test_the_cap_holds(self):
        self.queue.with_user(self.manager).max_active_chats = 1
        self.take(self.waits(), self.olena)
        chat = self.waits(5002)
        with self.refused("as many dialogues as you may have"):
            self.take(chat, self.olena)
        # Whoever forgoes the button's own look meets the same limit.
        with self.enter_test_mode_if_needed():
            operators.take_waiting(
                self.env.cr.dbname, self.queue.id, chat.id, self.olena.id
            )
        self.assertFalse(chat.session_ids)
        # A manager may: for himself, and without a place in the queue.
        self.take(chat, self.manager)
        self.assertEqual(chat.user_id, self.manager)
        self.assertFalse(self.session(5002).operator_id)
        self.assertEqual(self.session(5002).queue_id, self.queue)
        self.assertIn("Manager is here.", self.texts(5002))

    def test_a_manager_exceeds_the_own_cap(self):
        self.add_operator(self.manager)
        self.queue.with_user(self.manager).max_active_chats = 1
        self.switch(self.manager, False)
        for customer in (5001, 5002):
            chat = self.waits(customer)
            self.take(chat, self.manager)
            self.assertEqual(chat.user_id, self.manager)
            self.assertEqual(self.session(customer).operator_id.user_id, self.manager)

    def test_the_customer_who_has_gone_on_is_taken_by_nobody(self):
        chat = self.waits()
        action = chat.with_user(self.olena).action_take()
        chat.with_user(self.manager).action_return_to_bot()
        with self.enter_test_mode_if_needed():
            self.take_own_events()
            operators.take_waiting(
                self.env.cr.dbname, self.queue.id, chat.id, self.olena.id
            )
        self.assertEqual(chat.state, "bot")
        with self.refused(_GONE):
            look(action, self.olena)

    # === WHO SEES IT === #

    def test_who_waits_is_seen_in_the_own_queues_only(self):
        chat = self.waits()
        ivan = self._user("ivan", "Ivan")
        other = self.queue.with_user(self.manager).copy({"name": "Other"})
        self.add_operator(ivan, other)
        for user, sees in (
            (self.olena, True),
            (self.petro, True),
            (self.manager, True),
            (ivan, False),
        ):
            with self.subTest(user.name):
                chats = self.env["helpcrunch.chat"].with_user(user)
                self.assertEqual(chat in chats.search([]), sees)
                found = chats.search([("can_take", "=", True)])
                self.assertEqual(chat in found, sees)
                self.assertEqual(chats.get_waiting_count(), int(sees))
                for records in (chat.message_ids, chat.customer_id):
                    visible = records.with_user(user).search(
                        [("id", "in", records.ids)]
                    )
                    self.assertEqual(bool(visible), sees, records._name)
        with self.refused(_GONE):
            chat.with_user(ivan).action_take()
        with self.assertRaises(AccessError):
            chat.with_user(ivan).read(["partner_id"])
        # Seen, and not theirs to speak in.
        self.assertFalse(chat.with_user(self.petro).can_order)
        self.assertTrue(chat.with_user(self.manager).can_order)
        for name in ("action_pause", "action_create_lead", "action_assign"):
            with self.assertRaises(UserError):
                getattr(chat.with_user(self.petro), name)()
                self.env["helpcrunch.chat.assign"].with_user(self.petro).create(
                    {"chat_id": chat.id, "queue_id": self.queue.id}
                )
        self.take(chat, self.olena)
        self.assertNotIn(chat, self.seen(self.petro))
        self.assertIn(chat, self.seen(self.olena))
        chats = self.env["helpcrunch.chat"].with_user(self.manager)
        self.assertEqual(chats.get_waiting_count(), 0)

    def test_who_lost_the_place_in_the_queue_takes_nothing(self):
        chat = self.waits()
        self.operator.with_user(self.manager).active = False
        self.assertNotIn(chat, self.seen(self.olena))
        with self.refused(_GONE):
            self.take(chat, self.olena)

    def test_a_former_operator_of_another_queue_does_not_take_it_back(self):
        other = self.queue.with_user(self.manager).copy({"name": "Other"})
        other.end_message = False
        chat = self.waits()
        self.take(chat, self.olena)
        self.orders(self.olena, "/transfer Other")
        self.assertEqual(chat.state, "queued")
        mine = chat.with_user(self.olena)
        self.assertFalse(mine.can_take)
        self.assertEqual(mine.get_waiting_count(), 0)
        with self.refused("no operator of this queue"):
            mine.action_take()

    def test_strangers_have_no_button(self):
        chat = self.waits()
        company = self.env["res.company"].create({"name": "Abroad"})
        with self.refused(_GONE):
            chat.with_user(self._create_manager(company)).action_take()
        clerk = new_test_user(self.env, "waiting_clerk", "base.group_user")
        with self.assertRaises(AccessError):
            chat.with_user(clerk).action_take()
        with self.assertRaises(AccessError):
            chat.with_user(clerk)._open_taken()

    def test_former_rows_know_nothing_of_a_colleague_in_the_lane(self):
        """Given away and not told yet: it is not offered any more."""
        chat = self.waits()
        self.switch(self.petro, True)
        chat._open_session(self.queue, self.operator, self.olena)
        self.assertFalse(chat.with_user(self.petro).can_take)
        with self.refused(_GONE):
            chat.with_user(self.petro).action_take()

    # === HOW LONG === #

    def test_since_when_the_customer_waits(self):
        self.says("Hi")
        # The bot has answered.
        self.assertFalse(self.chat().unanswered_since)
        self.switch(self.olena, False)
        self.switch(self.petro, False)
        self.says("help me")
        chat = self.chat()
        asked = chat.unanswered_since
        self.assertTrue(asked)
        self.says("Hello?")
        self.assertEqual(chat.unanswered_since, asked)
        self.assertLessEqual(asked, chat.last_customer_message_at)
        self.switch(self.olena, True)
        self.take(chat, self.olena)
        # "Olena is here" is no answer.
        self.assertEqual(chat.unanswered_since, asked)
        self.writes(self.olena, "Good day")
        self.assertFalse(chat.unanswered_since)
        self.says("How much?")
        self.assertTrue(chat.unanswered_since)
        found = self.env["helpcrunch.chat"].with_user(self.olena)
        found = found.search([], order="unanswered_since")
        self.assertIn(chat, found)

    # === SCREENS === #

    def test_mine_is_the_default_of_operators_alone(self):
        action = self.env.ref("helpcrunch_chatbot.helpcrunch_chat_action")
        self.assertIn('"search_default_mine": 1', action.context)
        self.assertIn("kanban", action.view_mode)
        for user, names in (
            (self.olena, {"mine", "waiting", "all"}),
            (self.manager, {"mine_as_manager", "waiting", "all"}),
        ):
            arch = (
                self.env["helpcrunch.chat"]
                .with_user(user)
                .get_view(view_type="search")["arch"]
            )
            found = {
                node.get("name") for node in etree.fromstring(arch).iter("filter")
            } & {"mine", "mine_as_manager", "waiting", "all"}
            self.assertEqual(found, names, user.name)

    def test_operators_are_told_that_the_number_changes(self):
        self.says("Hi")
        self.env.cr.precommit.run()
        bus = self.env["bus.bus"]
        told = [("message", "like", "helpcrunch.waiting")]

        def count():
            self.env.cr.precommit.run()
            return bus.search_count(told)

        before = count()
        self.says("What?")
        self.assertEqual(count(), before)
        chat = self.waits()
        waiting = count()
        self.assertGreater(waiting, before)
        self.take(chat, self.olena)
        self.assertGreater(count(), waiting)

    def test_the_list_waiting(self):
        chat = self.waits()
        action = self.env["ir.actions.act_window"].with_user(self.olena)
        action = action._for_xml_id("helpcrunch_chatbot.helpcrunch_chat_action_waiting")
        self.assertEqual(
            [kind for _view, kind in action["views"]], ["list", "kanban", "form"]
        )
        chats = self.env["helpcrunch.chat"].with_user(self.olena)
        for view_id, kind in action["views"]:
            arch = chats.get_view(view_id, kind)["arch"]
            self.assertIn('name="action_take"', arch, kind)
            self.assertIn("helpcrunch_since", arch, kind)
        rows = chats.web_search_read(
            [("can_take", "=", True)],
            {"queued_at": {}, "unanswered_since": {}, "can_take": {}, "queue_id": {}},
            order="queued_at",
        )["records"]
        self.assertEqual([row["id"] for row in rows], chat.ids)
        self.assertTrue(rows[0]["can_take"])


@tagged("post_install", "-at_install")
class TestTakeThreads(OperatorThreadCase):
    """Pressed at once: one has it, and no cap is exceeded."""

    cap = 1
    operators = 2
    queues = ("First", "Second")

    def make_waiting(self, *queue_ids):
        """Make dialogues that wait in these queues; return their ids."""
        with self.transaction() as env:
            waits = {"state": "queued", "queued_at": "2026-01-01 00:00:00"}
            rows = [{"queue_id": queue_id, **waits} for queue_id in queue_ids]
            return self.make_crowd(env, rows).ids

    def press(self, chat_id, user_id, queue_id, told):
        """Press the button, as a request does, then look what came of it."""
        with self.transaction(user_id) as env:
            action = env["helpcrunch.chat"].browse(chat_id).action_take()
        operators.take_waiting(self.dbname, queue_id, chat_id, user_id)
        with self.transaction() as env:
            user = env["res.users"].browse(user_id)
            try:
                told.append(look(action, user)["tag"])
            except UserError as error:
                told.append(str(error))

    def active(self, env):
        return env["helpcrunch.operator.session"].search(
            [("queue_id", "in", self.queue_ids), ("state", "=", "active")]
        )

    def press_together(self, *presses):
        told = []
        self.together(
            *(lambda press=press: self.press(*press, told) for press in presses)
        )
        self.settle()
        return told

    def test_two_press_at_once(self):
        queue_id = self.queue_ids[0]
        (chat_id,) = self.make_waiting(queue_id)
        # Both have the list before them; neither has pressed before the other.
        told = self.press_together(
            *((chat_id, user_id, queue_id) for user_id in self.user_ids)
        )
        with self.transaction() as env:
            session = self.active(env)
            self.assertEqual(len(session), 1)
            chat = env["helpcrunch.chat"].browse(chat_id)
            self.assertEqual(chat.user_id, session.user_id)
            self.assertEqual(chat.state, "operator")
        self.assertEqual(told.count("mail.action_discuss"), 1, told)
        self.assertEqual(sum(_GONE in text for text in told), 1, told)

    def test_one_operator_presses_twice_below_a_cap_of_one(self):
        queue_id = self.queue_ids[0]
        chat_ids = self.make_waiting(queue_id, queue_id)
        user_id = self.user_ids[0]
        told = self.press_together(
            *((chat_id, user_id, queue_id) for chat_id in chat_ids)
        )
        with self.transaction() as env:
            self.assertEqual(len(self.active(env)), 1)
        self.assertEqual(sum("as many dialogues" in text for text in told), 1, told)

    def test_a_cap_over_two_queues(self):
        user_id = self.user_ids[0]
        with self.transaction() as env:
            env["res.users"].browse(user_id).helpcrunch_max_active_chats = 1
        chat_ids = self.make_waiting(*self.queue_ids)
        self.press_together(
            *(
                (chat_id, user_id, queue_id)
                for chat_id, queue_id in zip(chat_ids, self.queue_ids, strict=True)
            )
        )
        with self.transaction() as env:
            self.assertEqual(len(self.active(env)), 1)

    def test_taken_beside_the_assignment(self):
        queue_id = self.queue_ids[0]
        (chat_id,) = self.make_waiting(queue_id)
        told = []
        self.together(
            lambda: self.press(chat_id, self.user_ids[1], queue_id, told),
            lambda: operators.assign_waiting(self.dbname, queue_id),
        )
        self.settle()
        with self.transaction() as env:
            self.assertEqual(len(self.active(env)), 1)
