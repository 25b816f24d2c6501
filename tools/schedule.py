"""When a schedule runs: the wall clock of a time zone, also across daylight saving."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from dateutil.relativedelta import relativedelta

# What `run_time` sets the clock for; shorter intervals are counted in real time.
WALL_CLOCK = ("days", "weeks", "months")
INTERVALS = ("minutes", "hours", *WALL_CLOCK)


@dataclass
class Schedule:
    """When something runs again and again.

    :ivar int number: how many intervals lie between two runs
    :ivar str interval: one of :data:`INTERVALS`
    :ivar str zone: name of the time zone
    :ivar float run_time: hours and their fraction
    :ivar datetime last_run: no run is later; None = it never ends. Naive UTC, as all
        moments here
    """

    number: int
    interval: str
    zone: str
    run_time: float
    last_run: datetime | None = None

    def first(self, moment):
        """Return the first time after a moment at which the clock shows the hour."""
        return first_on_clock(moment, self.zone, self.run_time)

    def after(self, moment, anchor):
        """Return the first run after a moment, counted from the run ``anchor``."""
        return first_run_after(
            moment, anchor, self.number, self.interval, self.zone, self.run_time
        )

    def is_over(self, run):
        """Tell whether a run would come after the end."""
        return bool(self.last_run) and run > self.last_run

    def runs(self, run, anchor, count):
        """Return so many runs at most, beginning with ``run``."""
        found = []
        while len(found) < count and not self.is_over(run):
            found.append(run)
            run = self.after(run, anchor)
        return found

    def moved(self, run, moment):
        """Return a run that is to come at the hour that is set now, on its day.

        If that is over at ``moment`` already, the first time after it.
        """
        run = on_clock(run, self.zone, self.run_time)
        return run if run > moment else self.first(moment)


def next_run(run, number, interval, zone, run_time=None):
    """Return the run after ``run``.

    Days, weeks and months keep the hour of the wall clock: 9:00 stays 9:00 when the
    clocks change. An hour that a day does not have (spring) is the hour after the gap;
    one that a day has twice (autumn) is the first. Minutes and hours are real time. A
    month too short for the day runs on its last day, counted from ``run``.

    :param datetime run: naive UTC, as Odoo keeps it
    :param int number: how many intervals, at least 1
    :param str interval: one of :data:`INTERVALS`
    :param str zone: name of the time zone
    :param float run_time: hours and their fraction; None keeps the hour of ``run``
    :raise ValueError: an unknown interval, or none at all
    """
    if interval not in INTERVALS or number < 1:
        raise ValueError(f"no interval: {number} {interval}")
    if interval not in WALL_CLOCK:
        return run + timedelta(**{interval: number})
    local = to_local(run, zone) + relativedelta(**{interval: number})
    if run_time is not None:
        local = local.replace(**_clock(run_time))
    return to_utc(local, zone)


def first_run_after(moment, run, number, interval, zone, run_time=None):
    """Return the first run of a schedule that is later than ``moment``.

    Runs that were missed become none: whoever plans runs one instead of all of them.
    The anchor stays: a schedule of the 31st does not move to the 28th for ever.

    :param datetime moment: naive UTC
    :param datetime run: a run of the schedule, the anchor; naive UTC
    """
    if run > moment:
        return run
    if interval not in WALL_CLOCK:
        step = timedelta(**{interval: number})
        return run + ((moment - run) // step + 1) * step
    # So many intervals surely lie between; the rest is found by walking.
    days = {"days": 1, "weeks": 7, "months": 31}[interval] * number
    count = max((moment - run).days // days - 1, 1)
    while True:
        candidate = next_run(run, number * count, interval, zone, run_time)
        if candidate > moment:
            return candidate
        count += 1


def on_clock(run, zone, run_time):
    """Return the moment of the same local day at which the clock shows a time.

    :param float run_time: hours and their fraction
    """
    return to_utc(to_local(run, zone).replace(**_clock(run_time)), zone)


def first_on_clock(moment, zone, run_time):
    """Return the first moment after another at which the clock shows a time."""
    run = on_clock(moment, zone, run_time)
    return first_run_after(moment, run, 1, "days", zone, run_time)


def read_clock(run, zone):
    """Return what the clock shows at a moment, as hours and their fraction."""
    local = to_local(run, zone)
    return local.hour + local.minute / 60


def quiet_until(moment, zone, start, end):
    """Return when the quiet hours end in which a moment lies, None if in none.

    :param float start: hours at which they begin; later than ``end``: over midnight;
        the same: there are none
    """
    now = read_clock(moment, zone)
    is_quiet = start <= now < end if start <= end else now >= start or now < end
    return first_on_clock(moment, zone, end) if is_quiet else None


def end_of_day(moment, zone):
    """Return the midnight that ends the local day of a moment."""
    return first_on_clock(moment, zone, 0)


def to_local(run, zone):
    """Return naive UTC as the wall clock's time."""
    return run.replace(tzinfo=UTC).astimezone(ZoneInfo(zone)).replace(tzinfo=None)


def to_utc(local, zone):
    """Return a time of the wall clock as naive UTC; one in the gap moves behind it."""
    aware = local.replace(tzinfo=ZoneInfo(zone), fold=0)
    utc = aware.astimezone(UTC)
    if utc.astimezone(ZoneInfo(zone)).replace(tzinfo=None) != local:
        # In the gap the offset from before it is meant: 3:30 is 4:30 then.
        utc = datetime.combine(local.date(), local.time(), UTC) - aware.utcoffset()
    return utc.replace(tzinfo=None)


def _clock(hours):
    minutes = round(hours * 60)
    return {
        "hour": min(minutes // 60, 23),
        "minute": minutes % 60,
        "second": 0,
        "microsecond": 0,
    }
