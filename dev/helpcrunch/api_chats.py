"""Routes of messages and chats (sections 2.1 to 2.7). Each holds the desk's lock."""

from . import shapes
from .forms import BLANK, NOT_NUMERIC, Form, number
from .lists import CHAT_FIELDS, CHAT_SORTS, Page, filters, only_number
from .refusals import Refusal

# Spellings that may be written, and how they are read back (section 2.7).
WRITABLE_STATUSES = {
    "new": "new",
    "opened": "opened",
    "pending": "pending",
    "closed": "closed",
    "no communication": "no communication",
    "on hold": "onhold",
    "on-hold": "onhold",
    "onhold": "onhold",
}
RATINGS = ("perfect", "great", "average", "poor", "very poor")
_SEARCH = ("comparison", "filter")


def listed(call, data, total, meta):
    """Return a list's envelope: ``meta.total`` or ``total`` (section 1.6)."""
    payload = {"data": data}
    if meta or call.toggles.both_totals:
        payload["meta"] = {"total": total}
    if not meta or call.toggles.both_totals:
        payload["total"] = total
    return 200, payload


def path_id(call, about=""):
    """Return the id in the path."""
    value = number(call.ids[0])
    if value is None:
        raise Refusal(400, problems=[("id", NOT_NUMERIC)], about=about)
    return value


def _post_message(call):
    form = Form(
        call.body, ("chat", "text", "type", "agent", "markdownText"), about="chat"
    )
    chat_id = form.number("chat", required=True)
    text = form.text("text", required=True)
    kind = form.choice("type", ("message", "private"))
    agent_id = form.number("agent")
    markdown = form.text("markdownText")
    form.done()
    desk = call.desk
    chat = desk.chat(chat_id)
    agent = None if agent_id is None else desk.agent(agent_id)
    # The text that is kept and returned is the one with markdown (section 2.1).
    text = markdown or text
    if kind == "private":
        message = desk.private_note(chat, agent, text, by_api=True)
    elif agent is None:
        message = desk.customer_message(chat, text, by_api=True)
    else:
        message = desk.agent_message(chat, agent, text, by_api=True)
    return call.toggles.message_status, shapes.message(desk, message)


def _get_messages(call):
    chat = call.desk.chat(path_id(call, "chat"))
    page = Page(call.query, {}, call.toggles)
    total = len(chat.messages)
    end = total - page.offset
    # Newest first (D-msg-list); they are kept oldest first.
    newest = chat.messages[max(end - page.limit, 0) : max(end, 0)][::-1]
    data = [shapes.message(call.desk, message) for message in newest]
    return listed(call, data, total, meta=False)


def _get_chats(call):
    page = Page(call.query, CHAT_SORTS, call.toggles)
    chats = call.desk.chats
    data = [shapes.chat(call.desk, chat) for chat in page.cut(chats.values())]
    return listed(call, data, len(chats), meta=True)


def _get_chat(call):
    return 200, shapes.chat(call.desk, call.desk.chat(path_id(call, "chat")))


def _search_chats(call):
    body = {} if call.body is None else call.body
    if not isinstance(body, dict):
        raise Refusal.bad_body()
    page = Page(body, CHAT_SORTS, call.toggles, _SEARCH)
    fits = filters(body, CHAT_FIELDS, call.toggles.empty_filter)
    desk = call.desk
    chats = desk.chats.values()
    customer_id = only_number(body, "chats.customer") if fits else None
    if customer_id is not None:
        # One customer's chats are few, the account's may be thousands.
        customer = desk.customers.get(customer_id)
        chat_ids = customer.chat_ids if customer else ()
        chats = [desk.chats[chat_id] for chat_id in chat_ids]
    if fits:
        chats = [chat for chat in chats if fits(desk, chat)]
    data = [shapes.chat(desk, chat) for chat in page.cut(chats)]
    return listed(call, data, len(chats), meta=False)


def _post_chat(call):
    form = Form(call.body, ("customer", "application", "assignee", "department"))
    customer_id = form.number("customer", required=True)
    application_id = form.number("application", required=True)
    assignee_id = form.number("assignee")
    department_id = form.number("department")
    form.done()
    desk = call.desk
    customer = desk.customer(customer_id)
    application = desk.application(application_id)
    assignee = None if assignee_id is None else desk.agent(assignee_id)
    department = None if department_id is None else desk.department(department_id)
    chat = desk.new_chat(customer, application, "public_api")
    if department:
        desk.set_department(chat, department)
    if assignee:
        desk.assign(chat, assignee)
    return 201, shapes.chat(desk, chat)


def _update(call, field):
    """Return the form of a chat update and the chat's id (section 2.7)."""
    form = Form(call.body, ("id", field), about="chat")
    return form, form.number("id", required=True)


def _done(call, chat):
    """Return the answer to an update, which may have no body (section 7)."""
    form = call.toggles.put_answer
    if form == "object":
        return 200, shapes.chat(call.desk, chat)
    return (200 if form == "empty" else 204), None


def _put_status(call):
    form, chat_id = _update(call, "status")
    status = form.choice("status", WRITABLE_STATUSES)
    form.done()
    chat = call.desk.chat(chat_id)
    call.desk.set_status(chat, status, by_api=True)
    return _done(call, chat)


def _put_assignee(call):
    form, chat_id = _update(call, "assignee")
    if "assignee" not in form.body:
        form.blame("assignee", BLANK)
    agent_id = form.number("assignee")  # null unassigns (D-chat-assignee, uk)
    form.done()
    chat = call.desk.chat(chat_id)
    call.desk.assign(chat, None if agent_id is None else call.desk.agent(agent_id))
    return _done(call, chat)


def _put_department(call):
    form, chat_id = _update(call, "department")
    department_id = form.number("department", required=True)
    form.done()
    chat = call.desk.chat(chat_id)
    call.desk.set_department(chat, call.desk.department(department_id))
    return _done(call, chat)


def _put_snooze(call):
    form, chat_id = _update(call, "snoozedUntil")
    if "snoozedUntil" not in form.body:
        form.blame("snoozedUntil", BLANK)
    until = form.number("snoozedUntil")
    form.done()
    chat = call.desk.chat(chat_id)
    call.desk.snooze(chat, until)
    return _done(call, chat)


def _put_read_by_agent(call):
    form, chat_id = _update(call, "read")
    read = form.boolean("read")
    form.done()
    chat = call.desk.chat(chat_id)
    call.desk.read_by_agent(chat, read)
    return _done(call, chat)


def _put_read_by_customer(call):
    form, chat_id = _update(call, "read")
    read = form.boolean("read")
    form.done()
    chat = call.desk.chat(chat_id)
    call.desk.read_by_customer(chat, read)
    return _done(call, chat)


def _put_rate(call):
    form, chat_id = _update(call, "rating")
    rating = form.choice("rating", RATINGS)
    form.done()
    chat = call.desk.chat(chat_id)
    call.desk.rate(chat, rating)
    return _done(call, chat)


ROUTES = {
    ("POST", "messages"): _post_message,
    ("GET", "chats/{id}/messages"): _get_messages,
    ("GET", "chats"): _get_chats,
    ("GET", "chats/{id}"): _get_chat,
    ("POST", "chats/search"): _search_chats,
    ("POST", "chats"): _post_chat,
    ("PUT", "chats/status"): _put_status,
    ("PUT", "chats/assignee"): _put_assignee,
    ("PUT", "chats/department"): _put_department,
    ("PUT", "chats/snooze"): _put_snooze,
    ("PUT", "chats/readByAgent"): _put_read_by_agent,
    ("PUT", "chats/readByCustomer"): _put_read_by_customer,
    ("PUT", "chats/rate"): _put_rate,
}
