"""What a database of an older version needs."""


def migrate(cr, version):
    _let_bots_live(cr)


def _let_bots_live(cr):
    """Let every bot go on serving whom it served: there was no switch before."""
    cr.execute("UPDATE helpcrunch_bot SET live = TRUE WHERE live IS NOT TRUE")
