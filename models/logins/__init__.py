# isort: off
from . import helpcrunch_login
from . import helpcrunch_account
from . import helpcrunch_customer
from . import helpcrunch_chat
from . import helpcrunch_outbox
from . import res_partner
from . import res_users
