# isort: off
from . import helpcrunch_step_statistic
from . import helpcrunch_dialogue_report
from . import helpcrunch_operator_report
from . import helpcrunch_broadcast_report
from . import helpcrunch_bot
from . import helpcrunch_step
