# isort: off
from . import helpcrunch_duplicate
from . import helpcrunch_duplicate_merge
from . import helpcrunch_duplicate_comparison
from . import res_partner
from . import res_partner_answers
from . import res_partner_privacy
from . import crm_lead
