"""How many calls a rolling minute has left. Pure arithmetic on a small dictionary."""

# HelpCrunch counts a rolling minute (helpcrunch-api.md 1.4). We count by the second a
# call began in; the second that is leaving the minute still counts whole, and one more
# for the time a call takes to get there.
WINDOW = 62


def recent(calls, now):
    """Return the entries of ``calls`` that are still in the minute.

    :param dict calls: ``{"second since 1970": [live calls, broadcast calls]}``
    """
    oldest = int(now) - WINDOW + 1
    return {
        second: counts
        for second, counts in (calls or {}).items()
        if int(second) >= oldest
    }


def used(calls, now):
    """Return the number of calls made in the last minute."""
    return sum(map(sum, recent(calls, now).values()))


def take(calls, limit, now, bulk_share=None):
    """Take one call out of the budget.

    :param int limit: calls a minute
    :param int bulk_share: percent of the limit that broadcasts may use, for a
        broadcast's call; None for a live one
    :return: ``(seconds to wait, new calls)``; 0 seconds = the call may be made
    """
    calls = recent(calls, now)
    bulk = bulk_share is not None
    wait = _wait(calls, limit, now, sum)
    if bulk and not wait:
        share = max(1, limit * bulk_share // 100)
        wait = _wait(calls, share, now, lambda counts: counts[1])
    if wait:
        return wait, calls
    second = str(int(now))
    counts = list(calls.get(second, (0, 0)))
    counts[bulk] += 1
    return 0, {**calls, second: counts}


def _wait(calls, limit, now, measure):
    """Return the seconds until enough of the minute's calls have left it."""
    total = sum(measure(counts) for counts in calls.values())
    if total < limit:
        return 0
    for second in sorted(calls, key=int):
        total -= measure(calls[second])
        if total < limit:
            return max(int(second) + WINDOW - now, 0.05)
    return WINDOW
