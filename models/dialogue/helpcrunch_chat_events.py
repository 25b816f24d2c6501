"""What each event does to a dialogue: one method ``_on_<event type>`` per kind.

An addon, or a later part of this one, that knows a new kind of event adds such a method
and stores rows of that type in the inbox.
"""

from datetime import timedelta

from odoo import api, fields, models
from odoo.tools import SQL, LazyTranslate

from ...const import (
    API_TIMEOUT,
    BODY_LIMIT,
    EVENT_AGENT_MESSAGE,
    EVENT_CUSTOMER_MESSAGE,
)
from ...jobs import dialogues
from ...tools import clock, matching, webhook
from ...tools.connection import Question
from .helpcrunch_chat import HUMAN_STATES
from .helpcrunch_customer import choose_language
from .helpcrunch_event_intake import OwnEvent
from .turn import DONE, Outcome, Turn, ignore, put_off, to_datetime
from .turn_careful import CarefulTurn

_lt = LazyTranslate(__name__)


class HelpcrunchChat(models.Model):
    _inherit = "helpcrunch.chat"

    def _take_turn(self, record, snapshot):
        """Let one event do what it does to this dialogue, which is locked.

        :param record: the event's row in the inbox
        :param TurnSnapshot snapshot: what the locking statement read
        :rtype: Outcome
        """
        chat = self.with_context(
            lang=self._choose_language(snapshot) or self.env.lang,
            allowed_company_ids=[snapshot.company_id],
        )
        turn = (CarefulTurn if snapshot.failed_with else Turn)(chat, snapshot)
        # Whoever saw the rows from before this turn must clash: architecture 5.
        turn.chat.turn_count = snapshot.turn_count + 1
        if snapshot.customer_user_id:
            turn.chat._end_stale_login()
        event = record._get_data(snapshot)
        handler = getattr(turn.chat, record._get_handler_name(event.event_type), None)
        if not handler:
            return Outcome(turn, ignore("not_used"))
        verdict = handler(event) or DONE
        turn.flush()
        turn.chat._update_discuss()
        return Outcome(turn, verdict)

    def _choose_language(self, snapshot):
        """Return the language spoken here; that from before a merge comes first."""
        return self.env["res.lang"]._get_code(snapshot.spoken_lang) or choose_language(
            self.env, snapshot.partner_lang, snapshot.locale, snapshot.bot_lang
        )

    def _store_own_event(self, event_type, data=None, key=None, wake=True):
        """Put something that Odoo itself did to this dialogue into the inbox.

        It is processed as one more turn, after the commit.

        :param str key: equal for what may happen only once
        :param bool wake: have the turn taken; else the caller does it
        """
        events = self.env["helpcrunch.event"]
        own = OwnEvent(self.id, event_type, data or {}, key)
        if events._store_own([own]) and wake:
            events._process_soon(self.ids)

    @property
    def _turn(self):
        """The turn that is being taken, or none.

        Whoever calls from outside may leave anything in the context, but no turn.
        """
        turn = self.env.context.get("helpcrunch_turn")
        return turn if isinstance(turn, Turn) else None

    def _on_chat_new(self, event):
        if self.state == "bot" and not self.started_at:
            self._turn.start()

    def _on_message_chat_customer(self, event):
        if self._must_wait_for_question():
            return put_off(seconds=1)
        if event.payload.get(webhook.ANSWERED):
            return self._on_answered_message(event)
        text = event.message_text()[:BODY_LIMIT]
        silence_since = self.last_customer_message_at
        # Once: the inbox holds a customer's message only once.
        self._write_down(event, "in", "customer")
        self.write(
            {
                "last_customer_message_at": to_datetime(event.occurred_at),
                "unread": self.unread + 1,
            },
        )
        self._follow_customer(event)
        text = self._follow_start_link(text)
        is_wish = self._hear_opt_out(text) or self._hear_logout(text)
        quiet_since = silence_since
        if self.broadcast_recipient_id and silence_since and not is_wish:
            # Who answers a broadcast is not silent since before it.
            answered_at = self._note_answer_to_broadcast(event.occurred_at)
            quiet_since = max(silence_since, answered_at or silence_since)
        if self._is_silent(event) or is_wish or not self._ensure_bot():
            return None
        began = self._begins_anew(quiet_since, event)
        if began:
            if self.state == "done":
                self._keep_open()
            self._turn.start()
        self._turn.hear(text, began, is_first=not silence_since)
        return None

    def _is_silent(self, event):
        """Tell whether the bot has no say, and note that the customer wrote."""
        if self.state in HUMAN_STATES:
            self._trace("human")
            at = min(fields.Datetime.now(), to_datetime(event.occurred_at))
            if not self.unanswered_since:
                self.unanswered_since = at
                self._turn.waits_changed = True
            self._note_customer_spoke(at)
            return True
        if self._turn.snapshot.customer_blocked:
            # Was unblocked, perhaps, and the webhook got lost.
            self.customer_id._ask_again(at_once=False)
            self._trace("blocked")
            return True
        return False

    def _on_answered_message(self, event):
        """Put into the transcript what was answered before we heard of it."""
        self._write_down(event, "in", "customer")
        at = to_datetime(event.occurred_at)
        self.last_customer_message_at = max(self.last_customer_message_at or at, at)
        text = event.message_text()[:BODY_LIMIT]
        self._hear_opt_out(text, is_past=True)
        self._hear_logout(text, is_past=True)
        self._trace("answered")

    def _follow_start_link(self, text):
        """Keep what a deep link says beside ``/start``; return what is to be heard.

        A phrase of the drawing that is the whole text stays what it is.
        """
        payload = matching.read_start(text)
        if not payload:
            return text
        self.start_payload = payload
        self._trace("payload", text=payload)
        if not self.bot_id:
            return "/start"
        compiled = self._turn.compiled
        found = compiled.match_phrase(matching.normalize(text), self.step_id.id)
        return text if found and found[1] != compiled.start_id else "/start"

    def _on_message_chat_agent(self, event):
        if self._is_echo(event):
            return ignore("echo")
        agent = self._find_agent(event)
        is_machine = agent.is_bot or event.broadcast_type() or not event.agent
        author = "system" if is_machine else "operator"
        self._write_down(event, "out", author, agent)
        if is_machine:
            self._trace("machine", text=agent.name or event.broadcast_type() or "")
            return None
        if self._run_command_of_agent(event, agent):
            return None
        session = self._get_session()
        at = min(fields.Datetime.now(), to_datetime(event.occurred_at))
        if session and at < session.started_at:
            # Came late: somebody else has the dialogue since.
            self._trace("late")
            return None
        is_theirs = session and (
            session.agent_id == agent
            or (session.user_id and session.user_id == agent.user_id)
        )
        if is_theirs and self.state in ("operator", "paused"):
            self._end_pause()
        else:
            self._trace("takeover", text=agent.name or event.agent)
            self._take_over(agent)
        self._note_operator_spoke(at)
        return None

    def _find_agent(self, event):
        """Return who wrote; somebody new in HelpCrunch's team is written down."""
        agents = self.env["helpcrunch.agent"]
        agent = agents._find_remote(self.account_id, event.agent)
        if agent or not event.agent:
            return agent
        told = event.payload.get("agent")
        name = told.get("name") if isinstance(told, dict) else None
        return agents.create(
            {
                "account_id": self.account_id.id,
                "external_id": event.agent,
                "name": name
                or self._for_staff().env._("Agent %(number)s", number=event.agent),
            },
        )

    def _on_message_private(self, event):
        """Show a note of an agent's to the operator in Odoo, or do what it says."""
        if self._is_echo(event):
            return ignore("echo")
        agent = self._find_agent(event)
        self._write_down(event, "out", "operator", agent, is_note=True)
        if not self._run_command_of_agent(event, agent):
            self._trace("note", text=agent.name or "")
        return None

    def _on_chat_closed(self, event):
        if self._is_own_change(event, "status", "closed", 600) or self.state == "done":
            return ignore("not_used")
        if self._was_written_in_since(event):
            # The customer opened it again, and that came first.
            self._trace("opened_again")
            return None
        self._trace("closed")
        reason = "customer" if event.closed_by_customer() else "helpcrunch"
        self._close_discuss(reason)
        self._get_session()._end(reason)
        self._hand_over("done", _lt("The chat was closed."))
        self.write({"user_id": False, "queue_id": False, "return_step_id": False})
        return None

    def _was_written_in_since(self, event):
        # Events of a chat have whole seconds (helpcrunch-api.md 3.3).
        last = self.last_customer_message_at
        return bool(last) and to_datetime(event.occurred_at) < last

    def _on_chat_status_updated(self, event):
        # Only "closed" comes here, see `_find_reason_to_ignore` of the inbox.
        return self._on_chat_closed(event)

    def _on_customer_blocked(self, event):
        self.customer_id.blocked = True
        self._trace("told_blocked")
        self._cancel_for_customer(_lt("The customer was blocked in HelpCrunch."))

    def _on_customer_unblocked(self, event):
        self.customer_id.blocked = False
        self._trace("told_unblocked")

    def _on_customer_deleted(self, event):
        self.customer_id.active = False
        self._trace("told_deleted")
        self._cancel_for_customer(_lt("The customer was deleted in HelpCrunch."))

    def _on_customer_unsubscribed(self, event):
        self.customer_id._set_unsubscribed(True)
        self._trace("told_unsubscribed")

    def _on_customer_subscribed(self, event):
        self.customer_id._set_unsubscribed(False)
        self._trace("told_subscribed")

    def _on_customer_tags_changed(self, event):
        self._trace("told_tags")
        # The event does not tell which tags there are now (helpcrunch-api.md 3.6).
        self.customer_id._ask_again()

    def _on_contact_merged(self, event):
        self._trace("merged", text=self.partner_id.display_name or "")

    def _on_customer_email_updated(self, event):
        self._trace("told_email", text=event.payload.get("email") or "")
        if self.customer_id._take_email(event.payload.get("email")):
            email = self.partner_id.email_normalized
            self.env["helpcrunch.duplicate"]._look_for(self, "email", email)

    def _cancel_for_customer(self, reason):
        """Say nothing more to a customer whom HelpCrunch lets hear nothing more."""
        self.env["helpcrunch.outbox"]._cancel_unsent(
            [
                ("chat_id.customer_id", "=", self.customer_id.id),
                ("kind", "=", "message"),
            ],
            reason,
        )

    def _follow_customer(self, event):
        """Bind the dialogue to the customer whose it is now.

        HelpCrunch can merge two customers of one person; the chat goes on under the
        other's id, and its contact is still the same person.
        """
        known = self._turn.snapshot.customer_external_id
        if not event.customer or event.customer == known:
            return
        self.customer_id = self.customer_id._bind(
            self.account_id, event.customer, self.partner_id, self.application_id
        )
        if self.customer_id.partner_id:
            self.partner_id = self.customer_id.partner_id
        self._turn.snapshot.customer_blocked = self.customer_id.blocked
        self._trace("rebound", text=self.customer_id.name or event.customer)

    def _must_wait_for_question(self):
        """Tell whether it is not known yet when the open question was sent.

        Its call is under way, so the customer may be answering it or not.
        """
        return (
            self.waiting
            and self.state == "bot"
            and self._turn.snapshot.question_call_state in ("sending", "unknown")
        )

    def _ensure_bot(self):
        """Keep the dialogue's bot, or find the one that serves its channel now."""
        snapshot = self._turn.snapshot
        if self.bot_id and snapshot.bot_active and snapshot.bot_serves:
            if self.state != "done":
                return True
        bot = self.env["helpcrunch.bot"]._find_for_application(
            self.account_id.id, self.application_id.external_id
        )
        if bot != self.bot_id:
            self.write({"bot_id": bot.id, "step_id": False, "started_at": False})
            snapshot.version = bot.version
            snapshot.join_messages = bot.join_messages
            snapshot.session_timeout = bot.session_timeout
        if not bot:
            self._trace("no_bot")
        return bool(bot)

    def _begins_anew(self, silence_since, event):
        if not self.started_at or self.state == "done":
            return True
        if self.step_id and self.step_id.id not in self._turn.compiled.step_ids:
            # Archived since, as a published draft or somebody had it.
            return True
        minutes = self._turn.snapshot.session_timeout
        if not minutes or not silence_since:
            return False
        silence = to_datetime(event.occurred_at) - silence_since
        return silence > timedelta(minutes=minutes)

    def _keep_open(self):
        """Do not close a chat in which the conversation goes on."""
        self.env["helpcrunch.outbox"]._cancel_unsent(
            [("chat_id", "=", self.id), ("kind", "=", "status")],
            _lt("The conversation goes on."),
        )

    def _hand_over(self, state, reason):
        """Leave the dialogue to a person, or end it: the bot says nothing more.

        What a person has written still goes out, unless the chat is closed.
        """
        self.write({"state": state, "waiting": False})
        unsent = [("chat_id", "=", self.id), ("kind", "=", "message")]
        if state != "done":
            unsent.append(("message_id.author_type", "=", "bot"))
        self.env["helpcrunch.outbox"]._cancel_unsent(unsent, reason)

    def _write_down(self, event, direction, author_type, agent=None, is_note=False):
        """Put a message of HelpCrunch's into the transcript."""
        self._turn.write_down(
            {
                "chat_id": self.id,
                "company_id": self.company_id.id,
                "direction": direction,
                "author_type": author_type,
                "author_name": agent.name if agent else False,
                "agent_id": agent.id if agent else False,
                "is_note": is_note,
                "body": event.message_text()[:BODY_LIMIT],
                "external_id": event.message,
                "state": "received",
                "occurred_at": to_datetime(event.occurred_at),
                "position": event.position,
            },
        )
        self.last_message_at = to_datetime(event.occurred_at)

    def _is_echo(self, event):
        """Tell whether an outgoing message is one of ours that comes back.

        Known by the bot's agent, who says nothing by itself; by its id; and by agent
        and text while our call is under way.
        """
        if event.agent == self.account_id.bot_agent_id.external_id:
            return True
        if self.env["helpcrunch.message"].search_count(
            [("chat_id", "=", self.id), ("external_id", "=", event.message)], limit=1
        ):
            return True
        under_way = self.env["helpcrunch.outbox"].search(
            [
                ("chat_id", "=", self.id),
                ("kind", "=", "message"),
                ("state", "in", ("sending", "unknown")),
            ],
        )
        text = event.message_text().split()
        for call in under_way:
            payload = call.payload or {}
            texts = (call.message_id.body or "", payload.get("markdown") or "")
            if payload.get("agent") == event.agent and text in map(str.split, texts):
                return True
        return False

    # === HOW A DIALOGUE BEGINS === #

    @api.model
    def _prepare_opening(self, event_id):
        """Find the dialogue of an event, or what to ask HelpCrunch before making it.

        An event of a channel that no bot serves is ignored here, and makes no contact.

        :return: ``(dialogue id or None, question or None)``
        :rtype: tuple[int | None, Question | None]
        """
        # It may have been erased with all that its customer said.
        record = self.env["helpcrunch.event"].browse(event_id).exists()
        if record.state != "pending":
            return None, None
        account = record.account_id
        chat = self._find_remote(account, record.chat_external_id)
        if chat:
            chat._adopt_events()
            return chat.id, None
        event = record._get_data()
        reason = self._find_reason_not_to_open(account, event)
        if reason:
            record.write({"state": "ignored", "reason": reason})
            return None, None
        customer = self.env["helpcrunch.customer"]._find_remote(account, event.customer)
        if self._is_being_made(customer, event.application):
            # Ours, whose number HelpCrunch is just telling us; it is adopted then.
            record.not_before = fields.Datetime.add(
                fields.Datetime.now(), seconds=API_TIMEOUT
            )
            record._submit_after_commit(
                dialogues.open_dialogue, record.id, delay=API_TIMEOUT
            )
            return None, None
        return None, Question(
            account._get_connection(),
            customer=None if customer.is_known else event.customer,
            # A chat that HelpCrunch announces is new; one that just speaks may be old.
            chat=None if event.event_type == "chat.new" else event.chat,
        )

    def _find_reason_not_to_open(self, account, event):
        if not event.chat or not event.customer:
            return "no_dialogue"
        if event.event_type not in ("chat.new", *self._speaking_events()):
            return "no_dialogue"
        if not self.env["helpcrunch.bot"]._find_for_application(
            account.id, event.application
        ):
            return "no_bot"
        return None

    @api.model
    def _is_being_made(self, customer, application):
        """Tell whether a chat of ours for a customer is under way to HelpCrunch.

        :param application: external id of the channel, or None if nobody told
        """
        under_way = customer and self.env["helpcrunch.outbox"].search(
            [
                ("chat_id.customer_id", "=", customer.id),
                ("kind", "=", "chat"),
                ("state", "in", ("sending", "unknown")),
            ]
        )
        return under_way and application in (
            None,
            *under_way.chat_id.application_id.mapped("external_id"),
        )

    @api.model
    def _speaking_events(self):
        return (EVENT_CUSTOMER_MESSAGE, EVENT_AGENT_MESSAGE)

    @api.model
    def _open(self, event_id, profile, remote):
        """Return the id of an event's dialogue, made with customer and contact if new.

        Runs in a READ COMMITTED transaction under advisory locks on the customer and on
        the e-mail, so that simultaneous first messages make one of each.

        :param dict profile: the customer as HelpCrunch tells it, or None
        :param dict remote: the chat as HelpCrunch tells it, or None
        """
        record = self.env["helpcrunch.event"].browse(event_id).exists()
        if not record:
            return None
        event, account = record._get_data(), record.account_id
        told = {**event.customer_data(), **(profile or {})}
        self._lock_names(
            f"customer:{account.id}:{event.customer}",
            f"email:{account.company_id.id}:{str(told.get('email') or '').lower()}",
        )
        chat = self._find_remote(account, event.chat)
        if not chat:
            chat = self._create_dialogue(account, event, told, remote, bool(profile))
        chat._adopt_events()
        return chat.id

    def _create_dialogue(self, account, event, profile, remote, known):
        self = self.with_company(account.company_id)  # noqa: PLW0642
        application = self.env["helpcrunch.application"]
        if event.application:
            application = application._find_or_create(account, event.application)
        bot = self.env["helpcrunch.bot"]._find_for_application(
            account.id, event.application
        )
        customers = self.env["helpcrunch.customer"]
        partner = customers._find_remote(account, event.customer).partner_id
        customer = customers._find_or_create(
            account, event.customer, profile, application, known
        )
        paused = self._is_held_by_person(account, remote)
        chat = self.create(
            {
                "external_id": event.chat,
                "account_id": account.id,
                "bot_id": bot.id,
                "application_id": application.id,
                "customer_id": customer.id,
                "partner_id": customer.partner_id.id,
                "state": "paused" if paused else "bot",
                "last_message_at": to_datetime(event.occurred_at),
            },
        )
        if customer.partner_id != partner:
            # More than one contact has this e-mail, or a colleague's: nobody was found.
            email = customer.partner_id.email_normalized
            self.env["helpcrunch.duplicate"]._look_for(chat, "email", email)
        return chat

    def _is_held_by_person(self, account, remote):
        """Tell whether a chat older than the connection is open with a person."""
        remote = remote or {}
        began = webhook.read_time(remote.get("createdAt"))
        if not began or not account.connected_at:
            return False
        began = clock.to_ours(began, account._get_clock_offset())
        assignee = webhook.id_of(remote.get("assignee"))
        held = assignee and assignee != account.bot_agent_id.external_id
        return bool(
            to_datetime(began) < account.connected_at
            and held
            and remote.get("status") != "closed"
        )

    def _lock_names(self, *names):
        """Wait for whoever has one of these names; there is no row yet to lock."""
        for name in sorted(names):
            self.env.cr.execute(
                SQL(
                    "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))",
                    f"helpcrunch:{name}",
                ),
            )

    def _adopt_events(self):
        """Give the dialogue the events that came before it was there."""
        events = self.env["helpcrunch.event"].search(
            [
                ("account_id", "=", self.account_id.id),
                ("chat_external_id", "=", self.external_id),
                ("chat_id", "=", False),
                ("state", "=", "pending"),
            ]
        )
        events.write({"chat_id": self.id, "not_before": False})
