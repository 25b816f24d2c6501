# isort: off
from . import helpcrunch_event
from . import helpcrunch_event_intake
from . import helpcrunch_customer
from . import helpcrunch_chat
from . import helpcrunch_chat_events
from . import helpcrunch_message
from . import helpcrunch_account
