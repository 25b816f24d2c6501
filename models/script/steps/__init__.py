"""One step type = one file. The order here is the order in the form's drop-down."""

# ruff: noqa: I001
from . import text, free_input, update_contact, forward_operator
from . import create_lead, schedule, choice, rating, login
