# isort: off
from . import helpcrunch_chat
from . import helpcrunch_bot
from . import helpcrunch_bot_check
from . import helpcrunch_bot_version
from . import helpcrunch_step
