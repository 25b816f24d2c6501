"""Chats and messages: the state machine of section 7."""

import threading

from . import records, shapes
from .people import CustomerBook, Missing, NotAllowed

# Chat statuses as they are read back (section 5).
STATUSES = (
    "new",
    "opened",
    "pending",
    "onhold",
    "no communication",
    "closed",
    "empty",
)


class Desk(CustomerBook):
    """Everything HelpCrunch knows. Callers hold :attr:`lock` round each call.

    Changes leave webhooks in a list that :meth:`take_events` hands over, so that the
    caller decides whether they go out before or after its answer.

    :param toggles: the switches
    :param show: called with a kind and a dict for the live pages
    """

    def __init__(self, toggles, show):
        self.lock = threading.RLock()
        self.toggles = toggles
        self.show = show
        self.version = 0
        self.reset()

    def reset(self):
        """Forget all customers and chats; put the team and the channels back."""
        self.agents = {agent.id: agent for agent in records.AGENTS}
        self.departments = {item.id: item for item in records.DEPARTMENTS}
        self.applications = {item.id: item for item in records.APPLICATIONS}
        self.visitors = [dict(visitor) for visitor in records.VISITORS]
        self.customers, self.by_user_id, self.chats = {}, {}, {}
        self.snoozed = set()
        self.next_customer_id = records.FIRST_CUSTOMER
        self.next_chat_id = records.FIRST_CHAT
        self.next_message_id = records.FIRST_MESSAGE
        self.next_action_id = 1
        self.version += 1
        self._events = []

    # === FINDING === #

    def chat(self, chat_id):
        """Return a chat, or raise :class:`Missing`."""
        return self._find(self.chats, chat_id, "Chat")

    def agent(self, agent_id):
        """Return an agent, or raise :class:`Missing`."""
        return self._find(self.agents, agent_id, "Agent")

    def application(self, application_id):
        """Return an application, or raise :class:`Missing`."""
        return self._find(self.applications, application_id, "Application")

    def department(self, department_id):
        """Return a department, or raise :class:`Missing`."""
        return self._find(self.departments, department_id, "Department")

    @staticmethod
    def _find(table, key, kind):
        try:
            return table[int(key)]
        except KeyError as error:
            raise Missing(kind) from error

    # === WEBHOOKS === #

    def emit(self, event, data, lane):
        """Note a webhook; ``lane`` is the customer whose webhooks keep their order."""
        self.version += 1
        self._events.append((event, data, lane))

    def take_events(self):
        """Return the webhooks noted since the last call."""
        events, self._events = self._events, []
        return events

    def _chat_event(self, event, chat):
        self.emit(event, shapes.chat_event(self, chat), chat.customer_id)

    def changed(self, chat):
        """Tell the pages that a chat looks different."""
        self.version += 1
        self.show("chat", {"chat": chat.id, "customer": chat.customer_id})

    # === CHATS === #

    def new_chat(self, customer, application, created_with, status="empty"):
        """Create a chat; tell with ``chat.new`` when a customer opened it.

        The page says the event comes for chats "created by any customer"
        (section 3.2), so a chat made by REST is silent unless the toggle says else.
        """
        chat = records.Chat(
            id=self.next_chat_id,
            customer_id=customer.id,
            application_id=application.id,
            status=status,
            created_with=created_with,
            created_at=self.now(),
        )
        self.next_chat_id += 1
        self.chats[chat.id] = chat
        customer.chat_ids.append(chat.id)
        if created_with != "public_api" or self.toggles.chat_new_for_api:
            self._chat_event("chat.new", chat)
        self.changed(chat)
        return chat

    def set_status(self, chat, status, by="agent", by_api=False):
        """Change the status; closing and reopening keep their fields and events."""
        if chat.status == status:
            return
        chat.status = status
        closed = status == "closed"
        chat.closed_at = self.now() if closed else None
        chat.closed_by = by if closed else None
        suffix = "_by_public_api" if by_api else ""
        self._tech(chat, f"chat_status_changed{suffix}")
        self._chat_event("chat.status_updated", chat)
        if closed:
            self._chat_event("chat.closed", chat)
        self.changed(chat)

    def assign(self, chat, agent, by="chat_assigned"):
        """Give the chat to an agent, or to nobody with None (section 2.7)."""
        agent_id = agent and agent.id
        if chat.assignee_id == agent_id:
            return
        chat.assignee_id = agent_id
        chat.assigned_at = self.now()
        # Of these codes only the automatic one is known for sure (section 7).
        self._tech(chat, by)
        self._chat_event("chat.assigned", chat)
        self.changed(chat)

    def set_department(self, chat, department):
        """Move the chat to a department; no webhook exists for it (section 3.2)."""
        if chat.department_id != department.id:
            chat.department_id = department.id
            self._tech(chat, "chat_department_changed")
            self.changed(chat)

    def snooze(self, chat, until):
        """Snooze until a Unix second, or wake up with None."""
        if chat.snoozed_until == until:
            return
        chat.snoozed_until = until
        if until is None:
            self.snoozed.discard(chat.id)
            self._chat_event("chat.unsnoozed", chat)
        else:
            self.snoozed.add(chat.id)
            self._chat_event("chat.snoozed", chat)
        self.changed(chat)

    def wake(self):
        """Unsnooze the chats whose time has come."""
        now = self.now()
        for chat_id in list(self.snoozed):
            chat = self.chats.get(chat_id)
            if chat is None:
                self.snoozed.discard(chat_id)
            elif chat.snoozed_until <= now:
                self.snooze(chat, None)

    def reassign_waiting(self):
        """Give chats whose customers wait too long to the next agent in turn.

        HelpCrunch does so by itself when an administrator wants it (section 7).
        """
        seconds = self.toggles.reassign_after
        if not seconds:
            return
        for chat in self.chats.values():
            asked = chat.last_customer_message_at or 0
            waits = chat.messages and asked == chat.last_message_at
            since = max(asked, chat.assigned_at or 0)
            if (
                chat.assignee_id is not None
                and chat.status in {"new", "opened"}
                and waits
                and self.now() - since >= seconds
            ):
                self.reassign(chat)

    def reassign(self, chat):
        """Give a chat to the next agent in turn, by HelpCrunch itself."""
        humans = records.HUMANS
        place = humans.index(chat.assignee_id) + 1 if chat.assignee_id in humans else 0
        agent = self.agent(humans[place % len(humans)])
        self.assign(chat, agent, by="chat_auto_assigned")

    def read_by_agent(self, chat, read=True):
        """Mark the customer's messages as read by the team."""
        self._read(chat, "customer", read)
        chat.read_by_agent = read
        chat.unread = 0 if read else max(chat.unread, 1)
        self.changed(chat)

    def read_by_customer(self, chat, read=True):
        """Mark the team's messages as read by the customer."""
        self._read(chat, "agent", read)
        chat.read_by_customer = read
        self.changed(chat)

    @staticmethod
    def _read(chat, sender, read):
        for message in reversed(chat.messages):
            if message.sender == sender and message.type == "message":
                if message.read == read:
                    break  # everything older was marked before
                message.read = read

    def rate(self, chat, rating):
        """Rate a chat (D-chat-rate).

        :raise NotAllowed: If it is open, rated already, or no agent ever wrote
        """
        if chat.status != "closed":
            raise NotAllowed("rating", "Chat must be closed to be rated")
        if chat.rating is not None:
            raise NotAllowed("rating", "Chat is rated already")
        if not chat.agent_ids:
            raise NotAllowed("rating", "Chat has no message of an agent")
        chat.rating = rating
        self._chat_event("chat.rated", chat)
        self.changed(chat)

    # === MESSAGES === #

    def open_chat_for(self, customer, application=None):
        """Return the chat into which the customer's next message goes.

        That is the newest one, of the given application if any. None there, or only
        a closed one while the toggle ``closed_chat`` says "new": a new chat.
        """
        for chat_id in reversed(customer.chat_ids):
            chat = self.chats[chat_id]
            if application is None or chat.application_id == application.id:
                if chat.status == "closed" and self.toggles.closed_chat == "new":
                    application = application or self.application(chat.application_id)
                    break
                return chat
        application = application or self.application(1)
        return self.new_chat(customer, application, "customer_message", "new")

    def customer_message(self, chat, text, by_api=False):
        """Write as the customer: an empty chat is new now, one that rests opens."""
        chat.read_by_agent = False
        chat.unread += 1
        message = self._write(chat, text, sender="customer")
        chat.last_customer_message_at = message.created_at
        self.customers[chat.customer_id].last_seen = int(message.created_at)
        self._message_event("message.chat.customer", message, by_api)
        if chat.status == "empty":
            self.set_status(chat, "new")
        elif chat.status in {"closed", "pending", "onhold"}:
            # The help centre says so of pending and on-hold chats (section 7).
            self.set_status(chat, "opened")
        return message

    def agent_message(self, chat, agent, text, broadcast_type=None, by_api=False):
        """Write as an agent: opens an empty or new chat, may assign it (D-wh-chat).

        A broadcast is no reply: it changes neither status nor assignee.

        :raise NotAllowed: If the chat is closed and the toggle refuses that
        """
        closed = chat.status == "closed" and self.toggles.closed_agent_message
        if closed == "refuse":
            raise NotAllowed("chat", "Chat is closed")
        chat.read_by_customer = False
        message = self._write(
            chat, text, agent_id=agent.id, broadcast_type=broadcast_type
        )
        chat.last_agent_id = agent.id
        if agent.id not in chat.agent_ids:
            chat.agent_ids.append(agent.id)
        self._message_event("message.chat.agent", message, by_api)
        if broadcast_type is None:
            self._replied(chat, agent, reopens=closed == "reopen")
        return message

    def _replied(self, chat, agent, reopens):
        if chat.status in {"empty", "new"} or reopens:
            self.set_status(chat, "opened")
        if self.toggles.auto_assign and chat.assignee_id is None:
            self.assign(chat, agent, by="chat_auto_assigned")

    def private_note(self, chat, agent, text, by_api=False):
        """Write a note only the team sees; changes nothing else of the chat."""
        message = self._add(
            chat, text, kind="private", agent_id=agent.id if agent else None
        )
        self._message_event("message.private", message, by_api)
        return message

    def _message_event(self, event, message, by_api):
        # Section 3.9: nobody states whether REST messages come back; assume yes.
        if by_api and not self.toggles.echo:
            return
        lane = self.chats[message.chat_id].customer_id
        self.emit(event, shapes.message_event(self, message), lane)

    def _tech(self, chat, text):
        # System lines are agent messages without an agent (section 2.2).
        if self.toggles.tech_lines:
            self._add(chat, text, kind="tech")

    def _write(self, chat, text, **values):
        message = self._add(chat, text, **values)
        chat.last_message_at = message.created_at
        chat.last_message_text = message.text
        chat.last_message_id = message.id
        self.changed(chat)
        return message

    def _add(self, chat, text, kind="message", sender="agent", **values):
        message = records.Message(
            id=self.next_message_id,
            chat_id=chat.id,
            sender=sender,
            type=kind,
            text=text,
            created_at=self.now(),
            **values,
        )
        self.next_message_id += 1
        self.version += 1
        chat.messages.append(message)
        self.show(
            "message",
            {
                "chat": chat.id,
                "customer": chat.customer_id,
                "message": shapes.message(self, message),
            },
        )
        return message
