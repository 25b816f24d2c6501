# isort: off
from . import helpcrunch_broadcast
from . import helpcrunch_broadcast_recipient
from . import helpcrunch_broadcast_sending
from . import helpcrunch_chat_broadcast
from . import helpcrunch_bot_broadcasts
from . import helpcrunch_step_broadcasts
from . import helpcrunch_outbox_broadcasts
