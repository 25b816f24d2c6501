# isort: off
from . import helpcrunch_broadcast_recipient
from . import helpcrunch_broadcast
from . import helpcrunch_chat
from . import helpcrunch_step
from . import helpcrunch_bot
from . import helpcrunch_customer
from . import helpcrunch_account
from . import ir_actions_server
from . import ir_cron
