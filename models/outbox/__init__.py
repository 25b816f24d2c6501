# isort: off
from . import helpcrunch_outbox
