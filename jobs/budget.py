"""The calls of a minute that one messenger has left, taken before a call is made."""

from . import worker


def take(dbname, account_id):
    """Take one live call out of an account's budget; False if there is none now."""
    return not worker.call(
        dbname, "helpcrunch.account.budget", "_take", account_id, committed=True
    )
