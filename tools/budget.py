"""How many calls a rolling minute has left. Pure arithmetic on a small dictionary."""

from math import ceil

# HelpCrunch counts a rolling minute (helpcrunch-api.md 1.4). We count by the second a
# call began in; the second that is leaving the minute still counts whole, and one more
# for the time a call takes to get there.
WINDOW = 62
# So much of the limit, and of what live replies used in the last minute, do broadcasts
# leave free: the next live reply finds room.
_HEADROOM = 0.05
_LIVE_HEADROOM = 0.25
_MOMENT = 0.25


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


def take(calls, limit, now, bulk_share=None, live_waits=False):
    """Take one call out of the budget.

    :param int limit: calls a minute
    :param int bulk_share: percent of the limit that broadcasts may use while live
        replies wait, for a broadcast's call; None for a live one
    :param bool live_waits: is there a live reply that could go now?
    :return: ``(seconds to wait, new calls)``; 0 seconds = the call may be made
    """
    calls = recent(calls, now)
    bulk = bulk_share is not None
    wait = _wait(calls, limit, now, sum)
    if bulk and not wait:
        wait = _wait_of_bulk(calls, limit, now, bulk_share, live_waits)
    if wait:
        return wait, calls
    second = str(int(now))
    counts = list(calls.get(second, (0, 0)))
    counts[bulk] += 1
    return 0, {**calls, second: counts}


def bulk_pace(limit):
    """Return how many calls broadcasts may make in one second.

    Evenly spread they leave the minute evenly too: a live reply that finds it full
    waits for a moment and not for the end of a burst.
    """
    return ceil(limit / WINDOW)


def bulk_rate(limit, bulk_share, live=0):
    """Return how many calls a minute broadcasts make beside so many live ones."""
    return min(_bulk_room(limit, bulk_share, live), limit) * 60 / WINDOW


def _wait_of_bulk(calls, limit, now, bulk_share, live_waits):
    this_second = calls.get(str(int(now)), (0, 0))[1]
    if this_second >= bulk_pace(limit):
        return int(now) + 1 - now
    live = sum(counts[0] for counts in calls.values())
    room = _bulk_room(limit, bulk_share, live)
    wait = _wait(calls, room, now, lambda counts: counts[1])
    if live_waits and not wait:
        # The live reply will have gone in a moment.
        share = _share(limit, bulk_share)
        wait = min(_wait(calls, share, now, lambda counts: counts[1]), _MOMENT)
    return wait


def _bulk_room(limit, bulk_share, live):
    """Return how many calls are for broadcasts, beside so many live ones."""
    headroom = ceil(max(limit * _HEADROOM, live * _LIVE_HEADROOM))
    return max(_share(limit, bulk_share), limit - live - headroom)


def _share(limit, bulk_share):
    return max(1, limit * bulk_share // 100)


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
