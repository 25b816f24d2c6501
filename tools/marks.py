"""Marks that our own code leaves in the context, to pass by a check of ours.

Objects, and to be compared with ``is``: whoever calls from outside sends JSON, which
holds no object of ours, so that no door opens by a key in the context.
"""

# The links of a copied bot are not bent to the copies yet.
COPYING_BOT = object()
# A copied step keeps the filter that it has, whoever may read what it asks for.
SAME_FILTER = object()
# A line that follows "go to" goes with it.
AUTOMATIC_ALIASES = object()
# The clock of a schedule moves itself.
CLOCK = object()
# A merge of ours keeps the rows that Odoo's own would lose.
KEEP_ROWS = object()
# What the engine itself posts in Discuss; it goes to nobody else.
MIRROR = object()
# A dialogue that is rolled back: nobody is logged in, and no link leads anywhere.
TRIAL = object()
# What went through a dialogue's message_post, which knows who writes.
POSTED = object()


class Moment:
    """A moment that a trial takes for now, in a context; nobody sends an object.

    :ivar at: naive UTC
    """

    def __init__(self, at):
        self.at = at
