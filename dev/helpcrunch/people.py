"""Customers: creating, changing, tagging, deleting, with their webhooks."""

from . import shapes
from .clock import wall
from .records import Customer

DEFAULT_TAG_COLOR = "#c377e0"  # D-cust-create


class Missing(LookupError):
    """Something asked for by id is not there.

    :param kind: what it is, as HelpCrunch names it ("Chat", "Agent", ...)
    """

    def __init__(self, kind):
        super().__init__(f"{kind} not found")
        self.kind = kind


class NotAllowed(ValueError):
    """The rules forbid the change.

    :param field: the body field to blame in a REST answer
    :param code: an error code of its own, when HelpCrunch has one
    """

    def __init__(self, field, message, code=None):
        super().__init__(message)
        self.field = field
        self.code = code


class CustomerBook:
    """The customer half of the desk; callers hold the desk's lock."""

    def customer(self, customer_id):
        """Return a customer.

        :raise Missing: If there is none with this id
        """
        try:
            return self.customers[int(customer_id)]
        except KeyError as error:
            raise Missing("Customer") from error

    def new_customer(self, values, customer_id=None):
        """Create a customer and tell with ``customer.new``.

        :param values: fields of :class:`Customer`
        :param customer_id: an id of the caller's choice, else the next free one
        """
        if customer_id is None:
            customer_id = self._free_customer_id()
        self._check_user_id(values.get("user_id"), None)
        now = int(self.now())
        record = Customer(id=customer_id, first_seen=now, last_seen=now)
        self._fill(record, values)
        self.customers[customer_id] = record
        self._customer_event("customer.new", record)
        self.show("customer", {"customer": record.id})
        return record

    def _free_customer_id(self):
        while self.next_customer_id in self.customers or any(
            visitor["customer"] == self.next_customer_id for visitor in self.visitors
        ):
            self.next_customer_id += 1
        self.next_customer_id += 1
        return self.next_customer_id - 1

    def _check_user_id(self, user_id, owner_id):
        if user_id is not None and self.by_user_id.get(user_id, owner_id) != owner_id:
            # A live client relies on this code (section 2.8, C-market).
            raise NotAllowed(
                "userId", "This userId is already taken", "invalid_userId_value"
            )

    def _fill(self, record, values):
        for name, value in values.items():
            setattr(record, name, value)
        if record.user_id is not None:
            self.by_user_id[record.user_id] = record.id

    def update_customer(self, record, values):
        """Write fields and send the webhooks that belong to them (section 3.2).

        Name and phone have none. The caller of PUT passes every writable field.
        """
        if "user_id" in values:
            self._check_user_id(values["user_id"], record.id)
            self.by_user_id.pop(record.user_id, None)
        self.version += 1
        before = (record.email, record.tags, record.blocked, record.unsubscribed)
        self._fill(record, values)
        email, tags, blocked, unsubscribed = before
        if record.email != email:
            self._customer_event("customer.email_updated", record)
        if record.tags != tags:
            self._customer_event("customer.tags_changed", record)
        if record.blocked != blocked:
            word = "blocked" if record.blocked else "unblocked"
            self._customer_event(f"customer.{word}", record)
        if record.unsubscribed != unsubscribed:
            word = "unsubscribed" if record.unsubscribed else "subscribed"
            self._customer_event(f"customer.{word}", record)
        self.show("customer", {"customer": record.id})

    def add_tags(self, record, tags):
        """Add tags; a tag that is there already only changes its colour."""
        merged = {tag["name"]: tag for tag in record.tags}
        merged.update((tag["name"], tag) for tag in tags)
        self.update_customer(record, {"tags": list(merged.values())})

    def remove_tags(self, record, names):
        """Take tags off by name."""
        left = [tag for tag in record.tags if tag["name"] not in names]
        self.update_customer(record, {"tags": left})

    def delete_customer(self, record):
        """Delete a customer together with the chats."""
        for chat_id in record.chat_ids:
            self.chats.pop(chat_id, None)
        self.customers.pop(record.id)
        self.by_user_id.pop(record.user_id, None)
        self._customer_event("customer.deleted", record)
        self.show("customer", {"customer": record.id})

    def _customer_event(self, event, record):
        self.emit(event, shapes.customer_event(record), record.id)

    def now(self):
        """Return HelpCrunch's clock in Unix seconds with milliseconds."""
        return round(wall() + self.toggles.clock_shift, 3)
