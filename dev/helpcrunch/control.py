"""What tests and pages may do that HelpCrunch's API may not: the verbs.

Each public method of :class:`Control` is a Python method of ``StandIn`` and, with the
same name and JSON arguments, ``POST /_test/<verb>``.
"""

import uuid

from . import shapes
from .lists import normal_status
from .people import DEFAULT_TAG_COLOR
from .state import STATUSES

_DETAILS = {
    "name": "name",
    "email": "email",
    "phone": "phone",
    "locale": "locale",
    "company": "company",
    "user_id": "user_id",
}


def _tags(tags):
    return [
        dict(tag)
        if isinstance(tag, dict)
        else {"name": tag, "color": DEFAULT_TAG_COLOR}
        for tag in tags
    ]


class Control:
    """The verbs. Expects ``desk``, ``api``, ``webhooks`` and ``switches``.

    :raise LookupError: from each verb that names something unknown
    :raise ValueError: from each verb that the rules forbid
    """

    def _done(self):
        """Send the webhooks of a verb; called with the desk's lock held."""
        self.webhooks.release(self.webhooks.prepare(self.desk.take_events()))

    # === CUSTOMERS SPEAK === #

    def customer_says(
        self, customer=None, text="", application=None, chat=None, **details
    ):
        """Write as a customer, as through the widget or a messenger.

        An unknown customer is created (``customer.new``), and so is a chat
        (``chat.new``) where there is none, or none that is open.

        :param customer: id, None makes a customer with the next free id
        :param application: id of the channel, None means that of the newest chat
        :param chat: id, to write into one certain chat
        :param details: name, email, phone, locale, company, user_id and tags of a
            new customer
        :return: the message in REST shape
        """
        with self.desk.lock:
            try:
                channel = application and self.desk.application(application)
                record = self._customer(customer, channel, details)
                if record.blocked:
                    raise ValueError("a blocked customer cannot write")
                if chat is None:
                    target = self.desk.open_chat_for(record, channel)
                else:
                    target = self.desk.chat(chat)
                message = self.desk.customer_message(target, text)
                return shapes.message(self.desk, message)
            finally:
                self._done()

    def _customer(self, customer_id, channel, details):
        if customer_id is not None and int(customer_id) in self.desk.customers:
            return self.desk.customer(customer_id)
        channel = channel or self.desk.application(1)
        tags = _tags(details.pop("tags", None) or ())
        if unknown := set(details) - set(_DETAILS):
            raise TypeError(f"unknown details {', '.join(sorted(unknown))}")
        values = {_DETAILS[name]: value for name, value in details.items()}
        values.update(tags=tags, created_from=channel.type)
        identifier = None if customer_id is None else int(customer_id)
        record = self.desk.new_customer(values, identifier)
        if channel.type != "widget":
            # Messenger customers carry their id of that messenger (section 4).
            record.integration_id = str(700000000 + record.id)
        return record

    def customer_sends_file(self, customer, bare=False, name="photo.jpg", **where):
        """Send a file as a customer: a link, or a bare UUID (section 2.2)."""
        identifier = str(uuid.uuid4())
        link = f"https://ucarecdn.com/{identifier}/{name}"
        return self.customer_says(customer, identifier if bare else link, **where)

    # === AGENTS WORK === #

    def agent_says(self, agent, chat, text, broadcast_type=None):
        """Write as an agent from the inbox; returns the message in REST shape."""
        with self.desk.lock:
            try:
                record = self.desk.chat(chat)
                message = self.desk.agent_message(
                    record, self.desk.agent(agent), text, broadcast_type
                )
                if broadcast_type is None:
                    self.desk.read_by_agent(record)  # whoever answers has read it
                return shapes.message(self.desk, message)
            finally:
                self._done()

    def note(self, agent, chat, text):
        """Write a private note; returns it in REST shape."""
        with self.desk.lock:
            author = None if agent is None else self.desk.agent(agent)
            message = self.desk.private_note(self.desk.chat(chat), author, text)
            self._done()
            return shapes.message(self.desk, message)

    def assign(self, chat, agent):
        """Assign a chat to an agent, or to nobody with None."""
        chosen = None if agent is None else self.desk.agent(agent)
        return self._on_chat(chat, self.desk.assign, chosen)

    def set_status(self, chat, status):
        """Set a chat's status, in any spelling."""
        for known in STATUSES:
            if normal_status(known) == normal_status(status):
                return self._on_chat(chat, self.desk.set_status, known)
        raise ValueError(f"unknown status {status}")

    def close(self, chat, by="agent"):
        """Close a chat as the agent or the customer."""
        if by not in {"agent", "customer"}:
            raise ValueError("closed by agent or customer")
        return self._on_chat(chat, self.desk.set_status, "closed", by)

    def rate(self, chat, rating):
        """Rate a closed chat as the customer."""
        return self._on_chat(chat, self.desk.rate, rating)

    def read(self, chat):
        """Open a chat as an agent: the customer's messages are read."""
        return self._on_chat(chat, self.desk.read_by_agent)

    def set_department(self, chat, department):
        """Move a chat to a department."""
        chosen = self.desk.department(department)
        return self._on_chat(chat, self.desk.set_department, chosen)

    def snooze(self, chat, until):
        """Snooze a chat until a Unix second, None wakes it."""
        return self._on_chat(chat, self.desk.snooze, until)

    def reassign(self, chat):
        """Let HelpCrunch give a chat to the next person in turn, by itself."""
        return self._on_chat(chat, self.desk.reassign)

    def _on_chat(self, chat, change, *values):
        with self.desk.lock:
            record = self.desk.chat(chat)
            try:
                change(record, *values)
            finally:
                self._done()
            return shapes.chat(self.desk, record)

    # === CUSTOMERS CHANGE === #

    def block(self, customer):
        """Block a customer."""
        return self._on_customer(customer, blocked=True)

    def unblock(self, customer):
        """Let a customer write again."""
        return self._on_customer(customer, blocked=False)

    def unsubscribe(self, customer):
        """Take a customer off e-mails."""
        return self._on_customer(customer, unsubscribed=True)

    def subscribe(self, customer):
        """Put a customer back on e-mails."""
        return self._on_customer(customer, unsubscribed=False)

    def set_email(self, customer, email):
        """Set or, with None, clear a customer's e-mail."""
        return self._on_customer(customer, email=email)

    def set_phone(self, customer, phone):
        """Set a customer's phone; no webhook exists for it."""
        return self._on_customer(customer, phone=phone)

    def set_tags(self, customer, tags):
        """Set a customer's tags, names or objects with name and color."""
        return self._on_customer(customer, tags=_tags(tags))

    def delete_customer(self, customer):
        """Delete a customer and the chats."""
        with self.desk.lock:
            self.desk.delete_customer(self.desk.customer(customer))
            self._done()

    def _on_customer(self, customer, **values):
        with self.desk.lock:
            record = self.desk.customer(customer)
            self.desk.update_customer(record, values)
            self._done()
            return shapes.customer(self.desk, record)

    # === LOOKING === #

    def chat(self, id):
        """Return a chat in REST shape."""
        with self.desk.lock:
            return shapes.chat(self.desk, self.desk.chat(id))

    def chats(self):
        """Return all chats in REST shape, oldest first."""
        with self.desk.lock:
            return [shapes.chat(self.desk, chat) for chat in self.desk.chats.values()]

    def messages(self, chat, tech=False):
        """Return the messages and notes of a chat in REST shape, oldest first.

        :param tech: with the system lines
        """
        with self.desk.lock:
            return [
                shapes.message(self.desk, message)
                for message in self.desk.chat(chat).messages
                if tech or message.type != "tech"
            ]

    def customer(self, id):
        """Return a customer in REST shape."""
        with self.desk.lock:
            return shapes.customer(self.desk, self.desk.customer(id))

    def customers(self):
        """Return all customers in REST shape, oldest first."""
        with self.desk.lock:
            return [
                shapes.customer(self.desk, one) for one in self.desk.customers.values()
            ]

    def requests_log(self, clear=False):
        """Return the REST calls: time, method, path, status, body, chat, seconds."""
        return self.api.log(clear)

    def rate_used(self):
        """Return how many calls of the rate limit's window are used."""
        return self.api.gate.used()

    # === WEBHOOKS AND SWITCHES === #

    def add_webhook(self, url, events="*", key=None):
        """Add a row per event type; returns the rows."""
        names = [events] if isinstance(events, str) else events
        rows = [self.webhooks.add_row(url, name, key) for name in names]
        self.hub.show("settings", {})
        return rows

    def remove_webhook(self, id):
        """Remove one row."""
        self.webhooks.remove_row(id)
        self.hub.show("settings", {})

    def clear_webhooks(self):
        """Remove all rows."""
        self.webhooks.restore_rows([])
        self.hub.show("settings", {})

    def webhook_rows(self):
        """Return the rows."""
        return list(self.webhooks.rows)

    def webhook_log(self, clear=False):
        """Return the delivery tries: time, event, id, url, status, attempt, seconds."""
        return self.webhooks.log(clear)

    def wait_idle(self, timeout=10):
        """Wait until no delivery or retry is pending; returns whether that came."""
        return self.webhooks.wait_idle(timeout)

    def captured(self, clear=True):
        """Return the webhooks kept while ``capture`` was on.

        Each is a dict with event, id, url, body (bytes), headers and json.
        """
        return self.webhooks.captured(clear)

    def webhook(self, event_type, eventData, **envelope):
        """Return a signed webhook of the caller's making, in the shape of captured().

        :param envelope: id, createdAt, attempts, lastAttemptAt, or key to sign with
        """
        return self.webhooks.forge(event_type, eventData, envelope)

    def set(self, **toggles):
        """Change switches; returns them all."""
        self.switches.set(**toggles)
        self.hub.show("settings", {})
        return self.switches.all()

    def toggles(self):
        """Return all switches."""
        return self.switches.all()
