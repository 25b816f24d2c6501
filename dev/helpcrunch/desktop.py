"""What the pages need beyond the verbs: lists that are cheap to show."""

from heapq import nlargest

from . import records, shapes
from .webhooks import EVENTS

_CARDS = 12  # customers side by side; a load test may know thousands
_LINES = 200  # messages of a chat a page loads
_ROWS = 200  # chats in the inbox


class Desktop:
    """Read-only verbs of the pages, and the visitors of the customers' page."""

    def people(self):
        """Return visitors and the customers who wrote last, with their messages."""
        with self.desk.lock:
            customers = self.desk.customers
            ids = [visitor["customer"] for visitor in self.desk.visitors]
            latest = nlargest(
                _CARDS, customers.values(), key=lambda one: (one.last_seen or 0, one.id)
            )
            shown = set(ids)
            ids.extend(sorted(one.id for one in latest if one.id not in shown))
            return [self._person(customer_id) for customer_id in ids]

    def person(self, customer):
        """Return one customer or visitor with the messages."""
        with self.desk.lock:
            return self._person(int(customer))

    def _person(self, customer_id):
        visitor = next(
            (one for one in self.desk.visitors if one["customer"] == customer_id), {}
        )
        customer = self.desk.customers.get(customer_id)
        if customer is None:
            return {**visitor, "known": False, "chat": None, "messages": []}
        chats = [self.desk.chats[chat_id] for chat_id in customer.chat_ids]
        lines = [
            message
            for chat in chats
            for message in chat.messages
            if message.type == "message"
        ]
        newest = chats[-1] if chats else None
        return {
            "customer": customer_id,
            "name": customer.name or visitor.get("name") or f"#{customer_id}",
            "application": newest.application_id
            if newest
            else visitor.get("application", 1),
            "known": True,
            "blocked": customer.blocked,
            "chat": newest and shapes.chat(self.desk, newest),
            "messages": [shapes.message(self.desk, line) for line in lines[-_LINES:]],
        }

    def add_visitor(self, name, application=1, locale="uk", email=None, phone=None):
        """Open another column of the customers' page; returns it."""
        with self.desk.lock:
            channel = self.desk.application(application)
            taken = [visitor["customer"] for visitor in self.desk.visitors]
            customer_id = max([5000, *taken]) + 1
            while customer_id in self.desk.customers:
                customer_id += 1
            visitor = {
                "customer": customer_id,
                "name": name,
                "email": email,
                "phone": phone,
                "locale": locale,
                "application": channel.id,
            }
            self.desk.visitors.append(visitor)
            self.desk.version += 1
            self.hub.show("person", {"customer": customer_id})
            return self._person(customer_id)

    def inbox(self):
        """Return the chats that moved last, for the list of the inbox."""
        with self.desk.lock:
            newest = nlargest(
                _ROWS,
                self.desk.chats.values(),
                key=lambda chat: (chat.last_message_at or chat.created_at, chat.id),
            )
            return [shapes.card(self.desk, chat) for chat in newest]

    def inbox_row(self, chat):
        """Return one chat for the list of the inbox."""
        with self.desk.lock:
            return shapes.card(self.desk, self.desk.chat(chat))

    def conversation(self, chat):
        """Return chat, customer and the last messages, notes and system lines."""
        with self.desk.lock:
            record = self.desk.chat(chat)
            customer = self.desk.customers[record.customer_id]
            return {
                "chat": shapes.chat(self.desk, record),
                "customer": shapes.customer(self.desk, customer),
                "messages": [
                    shapes.message(self.desk, message)
                    for message in record.messages[-_LINES:]
                ],
            }

    def account(self):
        """Return team, channels, departments and keys, for the pages."""
        desk = self.desk
        return {
            "agents": [shapes.agent(agent) for agent in desk.agents.values()],
            "humans": list(records.HUMANS),
            "applications": [
                shapes.application(item) for item in desk.applications.values()
            ],
            "departments": [
                shapes.department(desk, item) for item in desk.departments.values()
            ],
            "organization": records.ORGANIZATION,
            "apiKey": self.api_key,
            "signingKey": self.signing_key,
            "restUrl": f"{self.url}/v1",
        }

    def panel(self):
        """Return the switches with their descriptions, for the panel page."""
        return {
            name: {**described, "value": getattr(self.switches, name)}
            for name, described in self.switches.described().items()
        }

    def latest_deliveries(self):
        """Return the last tries of webhooks; the whole log may be long."""
        return self.webhooks.log()[-25:]

    def event_types(self):
        """Return the event types a webhook row may have."""
        return list(EVENTS)
