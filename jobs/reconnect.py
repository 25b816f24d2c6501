"""Messengers that lost their connection come back by themselves."""

import logging

from ..exceptions import HelpcrunchError
from . import worker

_logger = logging.getLogger(__name__)


def try_again(dbname):
    """Ask HelpCrunch whether it takes the keys again that it refused.

    Between two transactions, never in one; nobody asks about one messenger twice.
    """
    for connection in worker.call(dbname, "helpcrunch.account", "_claim_lost"):
        try:
            connection.get_client().get_organization()
        except HelpcrunchError as error:
            _logger.info("messenger %s: still %s", connection.account_id, error)
            continue
        worker.call(
            dbname,
            "helpcrunch.account",
            "_come_back",
            connection,
            ids=connection.account_id,
        )
