# isort: off
from . import helpcrunch_duplicate
from . import helpcrunch_duplicate_merge
from . import res_partner
from . import crm_lead
from . import helpcrunch_chat
