"""HelpCrunch's clock and ours, which need not agree.

Times that HelpCrunch tells are put into our time where they come in, with one offset
per messenger; nothing behind that door compares two clocks. The offset is measured at
messages that we post, whose time HelpCrunch tells in its answer. It stays as it is
while it may be right: a number that wavered would change the order of what was said.
"""

import time

# So many seconds are no difference: time on the wire, and a clock's usual error.
SLACK = 5
# A slower answer tells too little about when the message was made.
_MAX_CALL = 3
# Whatever says more is wrong about the time, not by it.
_MAX_OFFSET = 86400


def measure(told, began, ended, known):
    """Return the offset as it is known after an answer.

    :param float told: when HelpCrunch made something during a call, perhaps cut to
        whole seconds; None if it did not say
    :param float began: when the call began, by our clock
    :param float ended: when it ended
    :param float known: the offset so far, or None
    """
    if told is None or ended - began > _MAX_CALL:
        return known
    low, high = told - ended, told + 1 - began
    if low - SLACK <= (known or 0) <= high + SLACK:
        return known
    return settle((low + high) / 2)


def settle(offset):
    """Return an offset without what is no difference, or is none at all."""
    if offset is None or abs(offset) <= SLACK or abs(offset) > _MAX_OFFSET:
        return 0.0
    return round(offset, 3)


def to_ours(moment, offset):
    """Return a time of HelpCrunch's by our clock.

    :param float offset: seconds that HelpCrunch is ahead, or None
    """
    ours, now = moment - (offset or 0), time.time()
    # Nothing is told before it happens: the clocks differ, and nobody knows it yet.
    return now if now + SLACK < ours < now + _MAX_OFFSET else ours
