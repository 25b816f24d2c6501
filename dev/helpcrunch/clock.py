"""Two clocks: one that a test may freeze, one that it may not."""

import time
from types import SimpleNamespace

# Tests freeze time by replacing functions found in modules (freezegun). Waiting,
# rate limits and retries must go on meanwhile, so their clock hides in an object.
_steady = SimpleNamespace(monotonic=time.monotonic)


def steady():
    """Return seconds that always run, for waiting and counting."""
    return _steady.monotonic()


def wall():
    """Return Unix time, the frozen one in a test that freezes it."""
    return time.time()
