"""One step type = one file. The order here is the order in the form's drop-down."""

from . import text, free_input, update_contact, forward_operator, create_lead, choice  # noqa: I001
