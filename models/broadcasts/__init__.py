# isort: off
from . import helpcrunch_broadcast
from . import helpcrunch_broadcast_recipient
from . import helpcrunch_broadcast_dispatch
from . import helpcrunch_message
from . import helpcrunch_event
from . import helpcrunch_chat
from . import helpcrunch_bot
from . import helpcrunch_step
from . import helpcrunch_outbox
from . import helpcrunch_account
from . import helpcrunch_customer
