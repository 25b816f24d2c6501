"""Names and limits that several rooms of the house share. No logic."""

# The public address of the API (helpcrunch-api.md 1.1, D-start).
API_URL = "https://api.helpcrunch.com/v1"
# The system parameter that lets a messenger call a server of the own network.
PRIVATE_API_PARAMETER = "helpcrunch_chatbot.allow_private_api"
# Seconds a call may take in all; nobody waits for ever.
API_TIMEOUT = 10
# Before the first turn of an unknown customer we ask HelpCrunch who that is;
# longer than this the customer should not wait for the welcome.
PREFETCH_TIMEOUT = 3

WEBHOOK_PATH = "/helpcrunch/webhook"
MEDIA_PATH = "/helpcrunch/media"
TRIGGER_PATH = "/helpcrunch/trigger"
LOGIN_PATH = "/helpcrunch/login"
LOGINS_PATH = "/helpcrunch/logins"
# So long may a one-time link be used.
LOGIN_MINUTES = 15
# A text message with its envelope stays far below; whatever is larger is no event.
WEBHOOK_MAX_BYTES = 256 * 1024

# Every event that the product understands, in the order in which the messenger's
# form lists them (helpcrunch-api.md 3.2, D-wh-msg, D-wh-chat, D-wh-cust). An
# administrator has to subscribe to each of them by hand.
EVENT_TYPES = (
    "message.chat.customer",
    "message.chat.agent",
    "message.private",
    "chat.new",
    "chat.assigned",
    "chat.closed",
    "chat.status_updated",
    "chat.rated",
    "customer.email_updated",
    "customer.tags_changed",
    "customer.unsubscribed",
    "customer.subscribed",
    "customer.blocked",
    "customer.unblocked",
    "customer.deleted",
)

# What customers say of a chat (helpcrunch-api.md 2.7).
RATINGS = [
    ("perfect", "Perfect"),
    ("great", "Great"),
    ("average", "Average"),
    ("poor", "Poor"),
    ("very poor", "Very poor"),
]

# Who says what, by the name of the event (the payload has no `from`, 3.4).
EVENT_CUSTOMER_MESSAGE = "message.chat.customer"
EVENT_AGENT_MESSAGE = "message.chat.agent"
EVENT_NOTE = "message.private"

# HelpCrunch's limit is unknown; a thousand characters fit every messenger behind it
# (helpcrunch-api.md 2.4).
TEXT_LIMIT = 1000
# A customer may paste a novel; the database keeps this much of one message.
BODY_LIMIT = 20000
PLACEHOLDER_LIMIT = 500
# What an outside event may tell: so many values.
VALUES_LIMIT = 50
ANSWER_LIMIT = 1000

# A turn may enter so many steps before somebody must have drawn a circle.
MAX_STEPS_PER_TURN = 50
# What is done right after a webhook's answer may keep the worker this long.
AFTER_WORK_SECONDS = 5
# How much of what was left behind one run of a cron takes up.
CRON_BATCH = 200
# Waits of an event that failed: six tries within about a minute, then it is left
# to a person.
EVENT_RETRY_DELAYS = (1, 3, 8, 18, 30)
# Waits of a call that HelpCrunch did not take, then it has failed.
OUTBOX_RETRY_DELAYS = (10, 60, 300, 1800, 7200)
# Waits of a merge that failed (a contact held by somebody else, say), then the pair is
# left to a person.
DUPLICATE_RETRY_DELAYS = (5, 30, 120, 600)
# Wait after 429 when HelpCrunch names none (helpcrunch-api.md 1.4).
RATE_LIMIT_DELAY = 5
# A call still marked "sending" after so long has lost its sender: longer than
# API_TIMEOUT, so that no call under way is judged.
JUDGE_AFTER_SECONDS = 15

PRIORITY_LIVE = 0
PRIORITY_BROADCAST = 10

MEDIA_MIMETYPES = {
    "image": ("image/png", "image/jpeg", "image/gif", "image/webp"),
    "video": ("video/mp4", "video/webm", "video/quicktime"),
    "audio": (
        "audio/mpeg",
        "audio/ogg",
        "audio/mp4",
        "audio/wav",
        "audio/x-wav",
        "audio/aac",
        "audio/webm",
        "application/ogg",
        "video/mp4",
    ),
}
