# isort: off
from . import helpcrunch_operator_queue
from . import helpcrunch_operator_queue_assignment
from . import helpcrunch_operator
from . import helpcrunch_operator_session
from . import helpcrunch_account
from . import helpcrunch_chat
from . import helpcrunch_chat_commands
from . import helpcrunch_chat_waiting
from . import helpcrunch_chat_discuss
from . import discuss_channel
from . import discuss_channel_member
from . import mail_message
from . import mail_presence
from . import res_users
from . import res_groups
from . import ir_http
