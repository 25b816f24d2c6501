"""Messengers that lost their connection come back by themselves."""

import logging

from ..exceptions import HelpcrunchError
from ..tools.helpcrunch_api import HelpcrunchApi
from . import worker

_logger = logging.getLogger(__name__)


def try_again(dbname):
    """Ask HelpCrunch whether it takes the keys again that it refused.

    Between two transactions, never in one; nobody asks about one messenger twice.
    """
    for question in worker.run(dbname, _claim):
        client = HelpcrunchApi(question["api_url"], question["api_key"] or "")
        try:
            client.get_organization()
        except HelpcrunchError as error:
            _logger.info("messenger %s: still %s", question["account_id"], error)
            continue
        worker.run(dbname, _come_back, question)


def _claim(env):
    return env["helpcrunch.account"]._claim_lost()


def _come_back(env, question):
    account = env["helpcrunch.account"].browse(question["account_id"]).exists()
    account._come_back(question)
