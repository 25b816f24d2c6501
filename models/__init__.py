"""The rooms of the house, each above those that use it."""

# isort: off
from . import messenger
from . import script
from . import dialogue
from . import outbox
from . import operators
from . import broadcasts
from . import contacts
from . import logins
from . import drawing
from . import report
from . import notifications

# Last: a step type may use any room.
from .script import steps
