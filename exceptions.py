"""The words in which the HelpCrunch client tells the outbox what happened."""


class HelpcrunchError(Exception):
    """A call to HelpCrunch did not succeed.

    :param message: what HelpCrunch or the network said, fit for a log and a form
        (never a key)
    :param status: HTTP status, 0 when there was no answer
    """

    def __init__(self, message, status=0):
        super().__init__(message)
        self.status = status


class KeyRefusedError(HelpcrunchError):
    """401: the key is missing, wrong or withdrawn. Nothing was done."""


class RateLimitedError(HelpcrunchError):
    """429: too many requests. Nothing was done; come back after ``seconds``."""

    def __init__(self, message, seconds=None):
        super().__init__(message, status=429)
        self.seconds = seconds


class RejectedError(HelpcrunchError):
    """Another 4xx: HelpCrunch understood and said no. Repeating is of no use."""


class UnreachableError(HelpcrunchError):
    """HelpCrunch was not reached, so nothing was done. Repeating is safe."""


class UnknownOutcomeError(HelpcrunchError):
    """The call went out and no usable answer came back: it may have been done."""
