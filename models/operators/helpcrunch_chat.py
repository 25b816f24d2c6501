"""A dialogue on its way to an operator, with one, and back to the bot."""

from datetime import UTC, datetime, timedelta

from odoo import fields, models
from odoo.tools import LazyTranslate

from ...const import API_TIMEOUT, RATINGS
from ..dialogue.turn import ignore, to_datetime

_lt = LazyTranslate(__name__)
# So many of those who had a customer before are told to whoever has her now.
_FORMER_SESSIONS = 3


class HelpcrunchChat(models.Model):
    _inherit = "helpcrunch.chat"

    session_ids = fields.One2many(
        "helpcrunch.operator.session", "chat_id", "Operator Sessions"
    )
    queue_id = fields.Many2one(
        "helpcrunch.operator.queue",
        "Operator Queue",
        index="btree_not_null",
        ondelete="set null",
        readonly=True,
    )
    # With microseconds: who asked first is served first, within a second too.
    queued_at = fields.Datetime("Waits since", readonly=True)
    # Whether the customer knows already that all operators are busy.
    queue_told = fields.Boolean("Knows the Place", default=True, readonly=True)
    former_operator_id = fields.Many2one(
        "helpcrunch.operator",
        "Relieved Operator",
        readonly=True,
        index="btree_not_null",
        ondelete="set null",
        help="Was silent in this dialogue, so somebody else comes first.",
    )
    # Then the relieved operator is no choice at all, unless she takes it herself.
    was_given_away = fields.Boolean("Given Away", readonly=True)
    return_step_id = fields.Many2one(
        "helpcrunch.step",
        "Step after the Operator",
        index="btree_not_null",
        ondelete="set null",
        readonly=True,
        help="The step that follows when the operator is done.",
    )

    rating = fields.Selection(
        RATINGS,
        readonly=True,
        copy=False,
        help="What the customer said of the dialogue, in HelpCrunch or to the bot.",
    )

    _queue_idx = models.Index("(queue_id, queued_at, id) WHERE state = 'queued'")

    # === INTO THE QUEUE === #

    def _request_operator(self, queue, return_step):
        """Let the dialogue wait for an operator; who that is, is decided right after.

        :param queue: the ``helpcrunch.operator.queue`` to wait in
        :param return_step: the step that follows when the operator is done
        """
        self.write(
            {
                "state": "queued",
                "queue_id": queue.id,
                "queued_at": datetime.now(UTC).replace(tzinfo=None),
                "queue_told": False,
                "former_operator_id": False,
                "was_given_away": False,
                "return_step_id": return_step.id,
                "user_id": False,
                # What called for a person; what the bot has answered waits no more.
                "unanswered_since": self.unanswered_since
                or (self.unread and self.last_customer_message_at),
            },
        )
        self._trace("queued", text=queue.name)
        self._keep_open()
        self.env["helpcrunch.operator.session"]._plan_timers(
            fields.Datetime.now(), (queue.queue_timeout,)
        )
        queue._assign_soon()

    def _on_operator_busy(self, event):
        """Nobody is free: go elsewhere if the step says so, else tell the position."""
        if self.state != "queued" or self.queue_told:
            return ignore("not_used")
        self.queue_told = True
        step = self.step_id.no_operator_step_id
        # Waits for an answer: the flow has asked, and no person handed it over.
        if step and self.waiting and self._turn.snapshot.bot_active:
            self._trace("no_operator", step=step)
            self.write(
                {
                    "state": "bot",
                    "queue_id": False,
                    "queued_at": False,
                    "unanswered_since": False,
                }
            )
            self._turn.go(step)
            return None
        if not self.queue_id._is_open():
            self._trace("queue_closed", text=self.queue_id.name)
            self._say_for_queue("closed_message")
            return None
        # As things are now: others may have gone in between.
        position = self.queue_id._count_ahead(self) + 1
        self._trace("position", number=position)
        is_absent = self.queue_id.absent_message and not self.queue_id._find_at_work()
        name = "absent_message" if is_absent else "queue_message"
        self._say_for_queue(name, position=position)
        return None

    def _on_operator_timeout(self, event):
        """Whoever waits longer than the queue allows goes on with the flow."""
        if self.state != "queued" or self._get_session():
            return ignore("not_used")
        self._trace("queue_timeout")
        self._return_to_flow()
        return None

    # === WITH AN OPERATOR === #

    def _on_operator_assigned(self, event):
        """An operator was found: say so, here, in HelpCrunch and in Discuss."""
        session = self.env["helpcrunch.operator.session"].browse(
            event.payload.get("session")
        )
        if not session.exists() or session.state != "active":
            return ignore("not_used")
        if self.state != "queued" or self.queue_id != session.queue_id:
            # The customer has left, or somebody else came first.
            session._end("customer")
            return ignore("not_used")
        if not session.user_id._is_helpcrunch_operator(self.company_id):
            # Has gone in between; the dialogue waits on, and is looked at again.
            session._end("transfer")
            return ignore("not_used")
        self._connect(session)
        return None

    def _get_session(self):
        """Return the dialogue's active session, or an empty one."""
        return self.env["helpcrunch.operator.session"].search(
            [("chat_id", "=", self.id), ("state", "=", "active")], limit=1
        )

    def _connect(self, session):
        """Give the dialogue to the operator of a session."""
        self.write(
            {
                "state": "operator",
                "user_id": session.user_id.id,
                "queue_id": session.queue_id.id,
                "queue_told": True,
            },
        )
        name = session._get_public_name(session.user_id) or session.agent_id.name or ""
        self._trace("operator", text=session.user_id.name or name)
        self._say_for_queue("joined_message", operator=name)
        if session.agent_id.account_id not in (
            self.account_id,
            self.account_id.browse(),
        ):
            # Works for another messenger; here it is the bot's agent who speaks.
            session.agent_id = False
        if session.agent_id:
            self._turn.call("assignee", agent=session.agent_id.external_id)
        minutes = session.queue_id.operator_silence_minutes
        session._plan_timers(session.started_at, (minutes,))
        self._open_discuss(session)

    def _describe_former_sessions(self):
        """Return who had this customer last, the newest first.

        :rtype: list[dict]
        """
        chats = self.partner_id.helpcrunch_chat_ids | self
        sessions = self.env["helpcrunch.operator.session"].search(
            [
                ("chat_id", "in", chats.ids),
                ("company_id", "=", self.company_id.id),
                ("state", "=", "done"),
            ],
            limit=_FORMER_SESSIONS,
        )
        return [
            {
                "id": session.id,
                "name": session.user_id.name or session.agent_id.name or "",
                "ended_at": fields.Datetime.to_string(session.ended_at),
            }
            for session in sessions
        ]

    def _get_own_sessions(self):
        """Return the sessions since the dialogue began (anew), the newest first."""
        began = self.started_at or self.create_date
        return self.session_ids.filtered(lambda session: session.started_at >= began)

    def _open_session(self, queue, operator=None, user=None, agent=None, moves=False):
        """Give the dialogue to somebody now, whoever's turn it is.

        A session that somebody else has ends with it.

        :param bool moves: it counts in the queue's rotation, as a new one does
        """
        self._get_session()._end("transfer")
        vals = {
            "chat_id": self.id,
            "company_id": self.company_id.id,
            "queue_id": queue.id,
            "operator_id": operator.id if operator else False,
            "user_id": user.id if user else False,
            "agent_id": agent.id if agent else False,
            "customer_spoke_at": fields.Datetime.now() if self.unread else False,
        }
        return self.env["helpcrunch.operator.session"]._open([vals], is_turn=moves)

    def _take_over(self, agent):
        """Let a person who writes without being asked have the dialogue."""
        self._keep_open()
        session = self._get_session()
        if session.user_id and session.user_id != agent.user_id:
            self._close_discuss("transfer", agent.name)
        if self.state in ("bot", "done"):
            self._keep_question()
        self._hand_over("operator", _lt("A person took the dialogue over."))
        operator = self._find_operator(agent)
        queues = self.bot_id.operator_queue_ids.filtered("active")
        queue = operator.queue_id or queues[:1]
        user = operator.user_id or agent.user_id
        if not user._is_helpcrunch_operator(self.company_id):
            # Works in HelpCrunch still, and here no more: answers there alone.
            operator, user = operator.browse(), user.browse()
        session = self._open_session(queue, operator, user, agent)
        self.write({"user_id": session.user_id.id, "queue_id": queue.id})
        self._open_discuss(session)

    def _keep_question(self):
        """Remember the open question, to ask it again when the bot is called back."""
        self.return_step_id = self.step_id if self.waiting else False

    def _find_operator(self, agent):
        """Return as which operator of the bot's queues an agent works, if any.

        Whoever works in none has the timers of the bot's first queue (spec 7).
        """
        queues = self.queue_id | self.bot_id.operator_queue_ids
        return queues.operator_ids.filtered(
            lambda row: (
                row.agent_id == agent
                or (agent.user_id and row.user_id == agent.user_id)
            )
        ).sorted(lambda row: queues.ids.index(row.queue_id.id))[:1]

    def _note_operator_spoke(self, at):
        """Start the timers that wait for the customer; the customer has an answer."""
        self._turn.waits_changed = True
        answered = self.last_customer_message_at and self.last_customer_message_at > at
        if answered:
            self.unanswered_since = self.last_customer_message_at
        else:
            self.unread, self.unanswered_since = 0, False
        self._get_session()._note_operator_spoke(at, answered)

    def _note_customer_spoke(self, at):
        self._get_session()._note_customer_spoke(at)

    # === OUT OF A TURN === #

    def _pause(self):
        """Silence the bot; an operator keeps the dialogue, without timers."""
        if self.state == "bot" and self.waiting:
            self._keep_question()
        self._hand_over("paused", _lt("The bot was paused."))
        self._turn.discuss_changed = True

    def _end_pause(self):
        """Let the timers run again: the operator goes on."""
        if self.state == "paused":
            self.state = "operator"
            self._turn.discuss_changed = True

    # === TO SOMEBODY ELSE === #

    def _on_operator_transfer(self, event):
        """Hand over as an older version of the window has asked for it."""
        target = self._get_target(event)
        if not target:
            return ignore("not_used")
        user = self.env["res.users"].browse(event.payload.get("user") or [])
        self._transfer_to(target, user, is_chosen=True)
        return None

    def _transfer(self, queue, operator=None):
        """Give the dialogue to another queue or to one operator of one."""
        session = self._get_session()
        if session:
            self._close_discuss(
                "transfer", operator.user_id.name if operator else queue.name
            )
            session._end("transfer")
        elif self.state == "bot":
            self._keep_question()
        self._hand_over("queued", _lt("A person took the dialogue over."))
        if operator:
            self._connect(
                self._open_session(
                    operator.queue_id,
                    operator,
                    operator.user_id,
                    operator.agent_id,
                    moves=True,
                )
            )
        else:
            self._request_operator(queue, self.return_step_id)
            # Whoever gave it away does not want it back.
            self.write(
                {
                    "former_operator_id": session.operator_id.id,
                    "was_given_away": bool(session.operator_id),
                }
            )

    # === BACK === #

    def _finish(self, reason, close=False, resume=False):
        """End the operator's part; the flow goes on, or the dialogue is done.

        :param str reason: why, see ``end_reason``
        :param bool close: the HelpCrunch chat may be closed when nothing waits after it
        :param bool resume: the bot is asked to go on by a person
        """
        session = self._get_session()
        if session:
            if not resume:
                self._say_for_queue("end_message", agent=session.agent_id)
            self._close_discuss("resume" if resume else reason)
            session._end(reason)
        self._return_to_flow(close, resume)

    def _return_to_flow(self, close=False, resume=True):
        step = self.return_step_id
        if not self._turn.snapshot.bot_active:
            step = step.browse()
        # A question that a take-over left open is asked again only if the bot is
        # called back; a person who says good-bye has answered it.
        if step == self.step_id and not resume:
            step = step.browse()
        self.write(
            {
                "state": "bot",
                "user_id": False,
                "queue_id": False,
                "queued_at": False,
                "return_step_id": False,
                "waiting": False,
                "unanswered_since": False,
            },
        )
        self._trace("returned")
        if step or (self.open_questions and self._turn.snapshot.bot_active):
            self._turn.go(step)
        if close and self.state == "bot" and not self.waiting:
            self._end_quietly()

    def _end_quietly(self):
        """Close the HelpCrunch chat of a dialogue that is over, if that is wished."""
        if self.account_id.close_on_finish:
            self._turn.call("status", status="closed")
            self.state = "done"

    # === FROM HELPCRUNCH === #

    def _on_chat_assigned(self, event):
        """Somebody was made responsible in HelpCrunch's inbox.

        Never a take-over by itself; with an operator who answers there it moves the
        session, and back to the bot's agent it ends it. HelpCrunch does it by itself
        too (after some minutes, by its departments' rules) and does not say so: whoever
        answers in Odoo hands over in Odoo.
        """
        external_id = event.assignee()
        session = self._get_session()
        own = session.agent_id.external_id
        at = to_datetime(event.occurred_at)
        if external_id and external_id == own:
            session.assigned_at = at
        if (
            self._is_own_change(event, "assignee", external_id, API_TIMEOUT)
            or self.state != "operator"
            or external_id in (None, own)
            or at <= session.started_at
        ):
            return ignore("not_used")
        agent = self.env["helpcrunch.agent"]._find_remote(self.account_id, external_id)
        if agent and session.user_id and session.user_id == agent.user_id:
            # The same person, whose agent the queue does not know.
            session.write({"agent_id": agent.id, "assigned_at": at})
            return None
        if session._is_answered_in_odoo():
            return ignore("reassigned")
        if external_id == self.account_id.bot_agent_id.external_id:
            if not session.assigned_at or at <= session.assigned_at:
                # HelpCrunch gives a chat to whoever speaks in it, the bot too (2.1).
                return ignore("not_used")
            self._trace("returned_in_helpcrunch")
            self._finish("helpcrunch", resume=True)
            return None
        if not agent or agent.is_bot:
            return ignore("not_used")
        self._trace("moved", text=agent.name)
        self._take_over(agent)
        return None

    def _on_chat_rated(self, event):
        """Take in how the customer has rated the chat in HelpCrunch's own way."""
        rating = event.rating()
        if not rating:
            return ignore("not_used")
        self._keep_rating(rating, self.session_ids)
        return None

    def _keep_rating(self, rating, sessions):
        """Keep what the customer says of the dialogue, and of who had it last.

        :param str rating: one of HelpCrunch's own, see ``RATINGS``
        :param sessions: of whom it may be said, the newest first
        """
        self.rating = rating
        sessions[:1].rating = rating
        self._trace("rated")

    def _is_own_change(self, event, kind, value, seconds):
        """Tell whether an event is the echo of a call of ours, and tick it off.

        :param str kind: of the call, which has ``value`` in its payload
        :param int seconds: how long after the call its echo may come
        """
        recently = fields.Datetime.subtract(fields.Datetime.now(), seconds=seconds)
        calls = self.env["helpcrunch.outbox"].search(
            [
                ("chat_id", "=", self.id),
                ("kind", "=", kind),
                ("state", "in", ("sending", "unknown", "sent")),
                ("claimed_at", ">", recently),
            ],
            order="id",
        )
        for call in calls:
            # Closing a chat makes two kinds of events.
            echoed = call.echoed_events or []
            if value in call.payload.values() and event.event_type not in echoed:
                call.echoed_events = [*echoed, event.event_type]
                return True
        return False

    # === TEXTS === #

    def _say_for_queue(self, name, agent=None, **values):
        """Say one of the queue's texts in the customer's language."""
        queue = self.queue_id.with_env(self.env)
        self._turn.say(queue[name], values={"queue": queue.name, **values}, agent=agent)

    # === TIMERS === #
    # Each is a turn when it has run out. Two wait for the customer (manual 5), one for
    # the operator. When they fall due is for ``helpcrunch.operator.session`` to find.

    def _on_operator_timer(self, event):
        """A timer has run out; only if nobody spoke in between."""
        session = self._get_session()
        since = event.payload.get("since")
        kind = event.payload.get("kind")
        spoke_at = (
            session.customer_spoke_at
            if kind == "silence"
            else session.operator_spoke_at
        )
        if (
            self.state != "operator"
            or session.id != event.payload.get("session")
            or not spoke_at
            or fields.Datetime.to_string(spoke_at) != since
        ):
            return ignore("answered")
        return getattr(self, f"_run_timer_{kind}")(session)

    def _run_timer_nudge(self, session):
        if session.nudged_at:
            return ignore("answered")
        session.nudged_at = fields.Datetime.now()
        self._trace("nudge")
        self._say_for_queue("max_wait_message", agent=session.agent_id)
        return None

    def _run_timer_end(self, session):
        self._trace("timeout")
        self._finish("timeout", close=True)

    def _run_timer_silence(self, session):
        queue = session.queue_id
        others = queue.operator_ids.filtered(
            lambda row: row.is_free and row.user_id != session.user_id
        )
        if not others or not queue._is_open():
            # Looked at again after as long a time.
            session.customer_spoke_at = fields.Datetime.now()
            session._plan_timers(
                session.customer_spoke_at, (queue.operator_silence_minutes,)
            )
            self._trace("nobody_else")
            return
        self._trace("handed_on")
        self._relieve(session, queue)

    def _on_operator_gone(self, event):
        """The operator was archived, deleted, or has lost the role."""
        session = self._get_session()
        user = self.env["res.users"].browse(event.payload.get("user") or []).exists()
        if (
            session.id != event.payload.get("session")
            or self.state not in ("operator", "paused")
            or user._is_helpcrunch_operator(self.company_id)
        ):
            return ignore("not_used")
        self._trace("gone", text=user.name or "")
        queues = session.queue_id | self.bot_id.operator_queue_ids
        queue = queues.filtered("active")[:1]
        if queue:
            self._relieve(session, queue)
        else:
            self._finish("transfer", resume=True)
        return None

    def _relieve(self, session, queue):
        """Let the next free operator have the dialogue, before all who wait.

        The customer did not go away, so nothing is said.
        """
        self._close_discuss("transfer", queue.name)
        session._end("transfer")
        queued_at = self.queued_at or session.started_at
        first = self.search(
            [("queue_id", "=", queue.id), ("state", "=", "queued")],
            order="queued_at, id",
            limit=1,
        )
        if first and first.queued_at <= queued_at:
            queued_at = first.queued_at - timedelta(microseconds=1)
        former = session.operator_id
        self._request_operator(queue, self.return_step_id)
        self.write(
            {
                "queued_at": queued_at,
                "queue_told": True,
                "former_operator_id": former.id,
            },
        )
