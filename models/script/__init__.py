# isort: off
from . import helpcrunch_spoken
from . import helpcrunch_step_part
from . import helpcrunch_bot
from . import helpcrunch_bot_example
from . import helpcrunch_step
from . import helpcrunch_step_check
from . import helpcrunch_step_alias
from . import helpcrunch_step_answer
from . import helpcrunch_step_media
from . import ir_model_fields
from . import res_lang
