# isort: off
from . import helpcrunch_guarded
from . import helpcrunch_remote
from . import helpcrunch_account
from . import helpcrunch_account_arrival
from . import helpcrunch_account_budget
from . import helpcrunch_account_connect
from . import helpcrunch_agent
from . import helpcrunch_application
