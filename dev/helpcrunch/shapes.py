"""JSON shapes: of REST answers and of webhook data (sections 2 to 5)."""


def stamp(desk, moment):
    """Return a time of a REST answer: Unix seconds as text, or null (section 7)."""
    if moment is None:
        return None
    form = desk.toggles.timestamps
    if form == "milliseconds":  # older pages, section 2.2
        return f"{moment:.3f}"
    return int(moment) if form == "integer" else str(int(moment))


def _milliseconds(moment):
    # Inside eventData times are strings with milliseconds (section 3.5).
    return None if moment is None else f"{moment:.3f}"


def agent(record):
    """Return the four fields of an agent (D-agent-model)."""
    return {
        "id": record.id,
        "name": record.name,
        "email": record.email,
        "role": record.role,
    }


def _agent_or_null(desk, agent_id):
    return None if agent_id is None else agent(desk.agents[agent_id])


def department(desk, record):
    """Return a department with its agents (section 2.9)."""
    return {
        "id": record.id,
        "name": record.name,
        "agents": [agent(desk.agents[agent_id]) for agent_id in record.agent_ids],
    }


def _department_or_null(desk, department_id):
    if department_id is None:
        return None
    record = desk.departments[department_id]
    return {"id": record.id, "name": record.name}


def application(record):
    """Return an application (section 2.9)."""
    return {
        "id": record.id,
        "name": record.name,
        "displayName": record.display_name,
        "active": record.active,
        "type": record.type,
    }


def message(desk, record):
    """Return a message (section 2.2)."""
    moment = stamp(desk, record.created_at)
    return {
        "id": record.id,
        "chat": record.chat_id,
        "from": record.sender,
        "agent": _agent_or_null(desk, record.agent_id),
        "type": record.type,
        "text": record.text,
        "read": record.read,
        "edited": False,
        "createdAt": moment,
        "updatedAt": _updated(desk, moment),
        "broadcastType": record.broadcast_type,
    }


def _updated(desk, moment):
    # No message is edited here; a viewer takes any value for "edited" (section 7).
    return moment if desk.toggles.updated_at == "created" else None


def _basic(customer_record):
    return {
        "id": customer_record.id,
        "name": customer_record.name,
        "email": customer_record.email,
        "userId": customer_record.user_id,
    }


def chat(desk, record):
    """Return a chat (section 5)."""
    return {
        "id": record.id,
        "status": record.status,
        "createdWith": record.created_with,
        "createdAt": stamp(desk, record.created_at),
        "lastMessageAt": stamp(desk, record.last_message_at),
        "lastCustomerMessageAt": stamp(desk, record.last_customer_message_at),
        "closedAt": stamp(desk, record.closed_at),
        "snoozedUntil": stamp(desk, record.snoozed_until),
        "lastMessageText": record.last_message_text,
        "lastMessageId": record.last_message_id,
        "closedBy": record.closed_by,
        "rating": record.rating,
        "readByAgent": record.read_by_agent,
        "readByCustomer": record.read_by_customer,
        "applicationId": record.application_id,
        "lastCommunicatedAgentId": record.last_agent_id,
        "agents": [agent(desk.agents[agent_id]) for agent_id in record.agent_ids],
        "assignee": _agent_or_null(desk, record.assignee_id),
        "department": _department_or_null(desk, record.department_id),
        "customer": _basic(desk.customers[record.customer_id]),
    }


def customer(desk, record):
    """Return a customer as it is read back (section 4)."""
    return {
        **_basic(record),
        "company": record.company,
        "phone": record.phone,
        "notes": record.notes,
        "firstSeen": stamp(desk, record.first_seen),
        "lastSeen": stamp(desk, record.last_seen),
        "location": {
            "regionCode": record.region_code,
            "countryCode": record.country_code,
            "city": record.city,
        },
        "device": record.device,
        "unsubscribed": record.unsubscribed,
        "blocked": record.blocked,
        "source": record.source,
        "referer": record.referer,
        "lastPage": record.last_page,
        "locale": record.locale,
        "createdFrom": record.created_from,
        "integrationId": record.integration_id,
        "tags": [dict(tag) for tag in record.tags],
        "customData": dict(record.custom_data),
    }


def message_event(desk, record):
    """Return eventData of a message webhook (section 3.4)."""
    of_chat = desk.chats[record.chat_id]
    moment = _milliseconds(record.created_at)
    return {
        # Three names for it are in use (section 3.5).
        desk.toggles.chat_id_key: of_chat.id,
        "agent": _agent_or_null(desk, record.agent_id),
        "customer": _basic(desk.customers[of_chat.customer_id]),
        "message": {
            "applicationId": of_chat.application_id,
            "broadcastType": record.broadcast_type,
            "createdAt": moment,
            "updatedAt": _updated(desk, moment),
            "edited": False,
            "id": record.id,
            "read": record.read,
            "text": record.text,
        },
    }


def chat_event(desk, record):
    """Return eventData of a chat webhook (section 3.5)."""
    return {
        desk.toggles.chat_id_key: record.id,
        "communicatedAgents": list(record.agent_ids),
        "customer": _basic(desk.customers[record.customer_id]),
        "closedBy": record.closed_by,
        "status": record.status,
        "closedAt": _milliseconds(record.closed_at),
        "rating": record.rating,
        "createdAt": _milliseconds(record.created_at),
        "snoozedUntil": _milliseconds(record.snoozed_until),
        "applicationId": record.application_id,
        "applications": [],
        "department": _department_or_null(desk, record.department_id),
        "assignee": _agent_or_null(desk, record.assignee_id),
    }


def customer_event(record):
    """Return eventData of a customer webhook: the customer itself (section 3.6)."""
    return {
        "id": record.id,
        "name": record.name,
        "userId": record.user_id,
        "email": record.email,
        "unsubscribed": record.unsubscribed,
        "customData": dict(record.custom_data),
    }


def card(desk, record):
    """Return what the inbox page shows of a chat in its list."""
    of_customer = desk.customers[record.customer_id]
    return {
        "id": record.id,
        "status": record.status,
        "customer": {"id": of_customer.id, "name": of_customer.name},
        "application": record.application_id,
        "assignee": _agent_or_null(desk, record.assignee_id),
        "lastMessageText": record.last_message_text,
        "lastMessageAt": record.last_message_at or record.created_at,
        "unread": record.unread,
        "rating": record.rating,
    }
