"""What HelpCrunch keeps, and the account the stand-in starts with."""

from dataclasses import dataclass, field


@dataclass(slots=True)
class Agent:
    """A team member (D-agent-model)."""

    id: int
    name: str
    email: str
    role: str


@dataclass(slots=True)
class Department:
    """A department with the ids of its agents (D-depts)."""

    id: int
    name: str
    agent_ids: list


@dataclass(slots=True)
class Application:
    """A channel of the account (section 2.9)."""

    id: int
    name: str
    display_name: str
    type: str
    active: bool = True


@dataclass(slots=True)
class Message:
    """One line of a chat (section 2.2)."""

    id: int
    chat_id: int
    sender: str
    type: str
    text: str
    created_at: float
    agent_id: int | None = None
    broadcast_type: str | None = None
    read: bool = False


@dataclass(slots=True)
class Chat:
    """One chat (section 5); messages are kept oldest first."""

    id: int
    customer_id: int
    application_id: int
    status: str
    created_with: str
    created_at: float
    last_message_at: float | None = None
    last_customer_message_at: float | None = None
    closed_at: float | None = None
    snoozed_until: int | None = None
    last_message_text: str | None = None
    last_message_id: int | None = None
    closed_by: str | None = None
    rating: str | None = None
    read_by_agent: bool = True
    read_by_customer: bool = True
    last_agent_id: int | None = None
    agent_ids: list = field(default_factory=list)
    assignee_id: int | None = None
    assigned_at: float | None = None
    department_id: int | None = None
    unread: int = 0
    messages: list = field(default_factory=list)


@dataclass(slots=True)
class Customer:
    """One customer (section 4)."""

    id: int
    name: str | None = None
    email: str | None = None
    user_id: str | None = None
    company: str | None = None
    phone: str | None = None
    notes: str | None = None
    first_seen: int | None = None
    last_seen: int | None = None
    source: str | None = None
    referer: str | None = None
    last_page: str | None = None
    locale: str | None = None
    created_from: str | None = None
    integration_id: str | None = None
    region_code: str | None = None
    country_code: str | None = None
    city: str | None = None
    device: dict | None = None
    unsubscribed: bool = False
    blocked: bool = False
    tags: list = field(default_factory=list)
    custom_data: dict = field(default_factory=dict)
    chat_ids: list = field(default_factory=list)


ORGANIZATION = {"id": 1, "domain": "demo"}

# HelpBot has a low id and the role admin on the page of the message model
# (D-msg-model); whether the list of agents shows it is unknown (section 2.9).
AGENTS = (
    Agent(1, "HelpBot", "helpbot@example.test", "admin"),
    Agent(301, "Bot", "bot@example.test", "agent"),
    Agent(302, "Марія Коваль", "maria@example.test", "agent"),
    Agent(303, "Andrew Smith", "andrew@example.test", "superviser"),
)
HUMANS = (302, 303)

DEPARTMENTS = (
    Department(11, "Sales", [302]),
    Department(12, "Support", [302, 303]),
)

# The values of "type" are unknown (section 8); the messengers' names are those of
# the customer search fields (section 1.6).
APPLICATIONS = (
    Application(1, "site", "Website", "widget"),
    Application(2, "telegram", "Telegram bot", "telegram"),
    Application(3, "viber", "Viber bot", "viber"),
    Application(4, "facebook", "Facebook page", "facebook"),
    Application(5, "instagram", "Instagram", "instagram"),
    Application(6, "whatsapp", "WhatsApp", "whatsapp"),
)

# Visitors of the page "/" who have not written yet: they become customers with
# their first message, as a visitor of a real site does.
VISITORS = (
    {
        "customer": 5001,
        "name": "Олена",
        "email": "olena@example.test",
        "locale": "uk",
        "application": 1,
    },
    {"customer": 5002, "name": "Taras", "locale": "en", "application": 2},
)

FIRST_CUSTOMER = 5101  # ids the server gives; 5001 and on are free for tests
FIRST_CHAT = 7001
FIRST_MESSAGE = 90001
