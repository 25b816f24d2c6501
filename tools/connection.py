"""How one messenger is reached, for whoever calls HelpCrunch between transactions."""

from dataclasses import dataclass

from .helpcrunch_api import HelpcrunchApi


@dataclass(frozen=True)
class Connection:
    """What a client needs of a messenger, read in a transaction that is over.

    :ivar account_id: our id of the messenger, whose budget each call is taken from
    :ivar api_key: the bare key; empty if there is none
    """

    account_id: int
    api_url: str
    api_key: str

    def get_client(self):
        """Return a client. No other place makes one."""
        return HelpcrunchApi(self.api_url, self.api_key)


@dataclass(frozen=True)
class Question:
    """What HelpCrunch is to be asked, between two transactions.

    :ivar customer: HelpCrunch's number of the customer to ask about, None: of nobody
    :ivar chat: HelpCrunch's number of the chat to ask about, None: of none
    :ivar customer_id: our id of the customer who is to learn the answer, if there is
        one already
    """

    connection: Connection
    customer: str | None = None
    chat: str | None = None
    customer_id: int | None = None
