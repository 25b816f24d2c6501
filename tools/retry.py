"""When what failed is tried again: one rule for events, calls and look-ups."""


def get_delay(delays, tries):
    """Return the seconds to wait after so many tries, None when it is given up.

    :param tuple delays: seconds after the first failure, the second, …
    :param int tries: how often it has failed, this time included
    """
    return delays[tries - 1] if tries <= len(delays) else None
