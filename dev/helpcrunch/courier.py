"""The threads that carry webhooks: lanes, delays, retries, kept connections."""

import http.client
import itertools
import threading
from collections import deque
from dataclasses import dataclass, field
from heapq import heappop, heappush
from urllib.parse import urlsplit

from .clock import steady, wall

_KINDS = {
    "http": http.client.HTTPConnection,
    "https": http.client.HTTPSConnection,
}
_KEEP = 5  # seconds an unused connection is trusted


@dataclass(slots=True, eq=False)
class Job:
    """One delivery: a row and an event, tried until it is taken or given up."""

    url: str
    key: str
    envelope: dict
    lane: object
    delay: float = 0
    lost: bool = False
    attempts: int = 0
    done: bool = False
    generation: int = field(default=0)

    def copy(self):
        """Return the same delivery once more, with the same id."""
        return Job(self.url, self.key, self.envelope, self.lane, self.delay)


class Courier:
    """Delivers jobs, those of one lane one after the other.

    HelpCrunch promises no order (section 3.8). By default the lane is the customer,
    so that a demo and most tests are steady; the toggle ``concurrent`` gives each
    job a lane of its own.

    :param build: function that returns body and headers of a job's next try
    :param log: called with a dict per try
    """

    def __init__(self, toggles, build, log, threads):
        self._toggles = toggles
        self._build = build
        self._log = log
        self._wanted_threads = threads
        self._threads = []
        self._guard = threading.Lock()
        # Workers and those who wait for the end sleep apart, or a wake-up meant for
        # one kind could reach the other and be lost.
        self._change = threading.Condition(self._guard)
        self._progress = threading.Condition(self._guard)
        self._pending = 0
        self._generation = 0
        self._stopped = False
        self._later = []
        self._order = itertools.count()
        self._lanes = {}
        self._ready = deque()

    # === FOR THE OUTSIDE === #

    def expect(self, jobs):
        """Count jobs as pending before they are released."""
        with self._change:
            for job in jobs:
                job.generation = self._generation
            self._pending += len(jobs)

    def release(self, jobs):
        """Put jobs on their lanes, or aside when they are to come late."""
        self._start()
        now = steady()
        with self._change:
            for job in jobs:
                if job.generation != self._generation:
                    continue  # forgotten by drop_all in the meantime
                if job.delay:
                    self._put_aside(job, now + job.delay, job.lane)
                else:
                    self._queue(job, job.lane)
            self._change.notify(len(jobs))

    def wait_idle(self, deadline):
        """Return whether nothing is pending before the deadline."""
        with self._change:
            while self._pending:
                left = deadline - steady()
                if left <= 0:
                    return False
                self._progress.wait(left)
        return True

    def wait_tried(self, jobs, timeout):
        """Wait until each job was tried once, or the timeout is over."""
        deadline = steady() + timeout
        with self._change:
            while any(not (job.attempts or job.done) for job in jobs):
                left = deadline - steady()
                if left <= 0:
                    return
                self._progress.wait(left)

    def drop_all(self):
        """Forget what waits; what is being sent is not tried again."""
        with self._change:
            self._generation += 1
            self._pending = 0
            self._later.clear()
            self._lanes.clear()
            self._ready.clear()
            self._progress.notify_all()

    def stop(self):
        """End the threads; a try under way is not waited for."""
        with self._change:
            self._stopped = True
            self._change.notify_all()
        for thread in self._threads:
            thread.join(timeout=0.2)

    # === LANES === #

    def _start(self):
        with self._change:
            while len(self._threads) < self._wanted_threads and not self._stopped:
                thread = threading.Thread(
                    target=self._work,
                    name=f"helpcrunch-webhook-{len(self._threads)}",
                    daemon=True,
                )
                self._threads.append(thread)
                thread.start()

    def _queue(self, job, lane):
        queue = self._lanes.get(lane)
        if queue is None:
            self._lanes[lane] = deque([job])
            self._ready.append(lane)
        else:
            queue.append(job)

    def _put_aside(self, job, moment, lane):
        heappush(self._later, (moment, next(self._order), job, lane))

    def _next(self):
        """Wait for a job; return it with its lane, or None at the end."""
        with self._change:
            while not self._stopped:
                now = steady()
                while self._later and self._later[0][0] <= now:
                    _, _, job, lane = heappop(self._later)
                    self._queue(job, lane)
                if self._ready:
                    lane = self._ready.popleft()
                    if self._ready:
                        self._change.notify()  # there is work for another, too
                    return self._lanes[lane].popleft(), lane
                self._change.wait(self._later[0][0] - now if self._later else None)
        return None

    def _finish(self, job, lane, wait):
        """Free the lane; count the job as done, or put it aside for ``wait``."""
        with self._change:
            job.attempts += 1
            if job.generation != self._generation:
                return
            if wait is None:
                job.done = True
                self._pending -= 1
            else:
                # A retry has a lane of its own: the next webhook need not wait for it.
                self._put_aside(job, steady() + wait, ("retry", id(job)))
                self._change.notify()  # somebody must wake up in time
            if self._lanes[lane]:
                self._ready.append(lane)
            else:
                del self._lanes[lane]
            self._progress.notify_all()

    # === SENDING === #

    def _work(self):
        connections = {}
        while (found := self._next()) is not None:
            job, lane = found
            self._finish(job, lane, self._deliver(job, connections))
        for connection, _ in connections.values():
            connection.close()

    def _deliver(self, job, connections):
        """Try a job once; return seconds until the next try, or None."""
        began, moment = steady(), wall()
        if job.lost:
            status = "lost"
        else:
            try:
                status = self._post(job, connections)
            except (OSError, http.client.HTTPException, ValueError) as error:
                status = f"{type(error).__name__}: {error}"
        self._log(
            {
                "time": moment,
                "event": job.envelope["event"],
                "id": job.envelope["id"],
                "url": job.url,
                "status": status,
                "attempt": job.attempts + 1,
                "seconds": round(steady() - began, 4),
            }
        )
        taken = isinstance(status, int) and 200 <= status < 300
        retries = self._toggles.webhook_retries
        if job.lost or taken or job.attempts >= len(retries):
            return None
        return retries[job.attempts]

    def _post(self, job, connections):
        parts = urlsplit(job.url)
        host = (parts.scheme, parts.netloc)
        connection, kept = self._connection(parts, connections)
        target = parts.path or "/"
        if parts.query:
            target += f"?{parts.query}"
        try:
            try:
                return self._exchange(connection, target, job)
            except (http.client.RemoteDisconnected, ConnectionError):
                # The other side may close an idle connection at any time; only a
                # fresh one tells whether it is there.
                if not kept:
                    raise
                connection.close()
                return self._exchange(connection, target, job)
        except BaseException:
            connections.pop(host, None)
            connection.close()
            raise
        finally:
            if host in connections:
                connections[host] = (connection, steady())

    def _connection(self, parts, connections):
        host = (parts.scheme, parts.netloc)
        connection, used = connections.get(host, (None, 0))
        if connection is not None and connection.sock is not None:
            if steady() - used < _KEEP:
                connection.sock.settimeout(self._toggles.webhook_timeout)
                return connection, True
            connection.close()
        timeout = self._toggles.webhook_timeout
        connection = _KINDS[parts.scheme](parts.netloc, timeout=timeout)
        connections[host] = (connection, steady())
        return connection, False

    def _exchange(self, connection, target, job):
        body, headers = self._build(job)
        connection.request("POST", target, body, headers)
        response = connection.getresponse()
        response.read()
        return response.status
