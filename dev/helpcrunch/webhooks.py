"""Webhooks: rows, envelopes, signatures and what a test may do to a delivery."""

import hashlib
import hmac
import json
import random
import threading
import uuid
from collections import deque

from .clock import steady, wall
from .courier import Courier, Job

# Section 3.2. "*" is the stand-in's own: HelpCrunch has one row per event type.
EVENTS = (
    "message.chat.customer",
    "message.email.customer",
    "message.chat.agent",
    "message.email.agent",
    "message.private",
    "chat.new",
    "chat.status_updated",
    "chat.assigned",
    "chat.snoozed",
    "chat.unsnoozed",
    "chat.closed",
    "chat.rated",
    "customer.new",
    "customer.email_updated",
    "customer.tags_changed",
    "customer.unsubscribed",
    "customer.subscribed",
    "customer.blocked",
    "customer.unblocked",
    "customer.deleted",
)
_LOG_SIZE = 50000


def sign(key, body):
    """Return the signature of raw body bytes (section 3.7)."""
    return hmac.new(key.encode(), body, hashlib.sha1).hexdigest()


def encode(payload):
    """Return JSON bytes as PHP writes them, with escaped slashes.

    HelpCrunch runs on PHP (section 3.3). A receiver that parses and writes the body
    again before checking the signature gets other bytes and must fail.
    """
    text = json.dumps(payload, separators=(",", ":"))
    return text.replace("/", "\\/").encode()


class Webhooks:
    """The rows of the settings page and everything that is on its way."""

    def __init__(self, toggles, signing_key, threads=8):
        self.toggles = toggles
        self.signing_key = signing_key
        self.rows = []
        self._next_row_id = 1
        self._captured = []
        self._log = deque(maxlen=_LOG_SIZE)
        self._guard = threading.Lock()
        self.courier = Courier(toggles, self._request, self._log.append, threads)

    def reset(self):
        """Forget rows, logs and what waits."""
        self.courier.drop_all()
        with self._guard:
            self.rows = []
            self._next_row_id = 1
            self._captured = []
        self._log.clear()

    # === ROWS === #

    def add_row(self, url, event="*", key=None):
        """Add a row; ``key`` None means the account's signing key.

        :raise ValueError: If the event type or the address is no such thing
        """
        if event != "*" and event not in EVENTS:
            raise ValueError(f"unknown event type {event}")
        if not url.startswith(("http://", "https://")):
            raise ValueError("a full address is expected")
        with self._guard:
            row = {"id": self._next_row_id, "event": event, "url": url, "key": key}
            self._next_row_id += 1
            self.rows = [*self.rows, row]
        return row

    def remove_row(self, row_id):
        """Remove one row, what is on its way still goes out."""
        with self._guard:
            self.rows = [row for row in self.rows if row["id"] != row_id]

    def restore_rows(self, rows):
        """Take rows that were saved."""
        with self._guard:
            self.rows = [dict(row) for row in rows]
            self._next_row_id = max((row["id"] for row in rows), default=0) + 1

    # === FROM EVENT TO DELIVERY === #

    def prepare(self, events):
        """Make the deliveries of a change and count them as pending.

        Two rows that match one event deliver twice, with ids of their own.

        :param events: tuples (event, eventData, lane)
        :return: deliveries for :meth:`release`
        """
        rows = self.rows
        capture = self.toggles.capture
        if capture and not rows:
            rows = [{"id": 0, "event": "*", "url": "", "key": None}]
        if not rows or not events:
            return []
        jobs = []
        for event, data, lane in self._order(events):
            for row in rows:
                if row["event"] in {"*", event}:
                    job = self._job(row, event, data, lane)
                    jobs.extend([job, *self._copies(job)])
        if capture:
            with self._guard:
                self._captured.extend(self._captured_as(job) for job in jobs)
            return []
        self.courier.expect(jobs)
        return jobs

    def _order(self, events):
        if not self.toggles.reorder:
            return events
        names = [event[0] for event in events]
        if "chat.new" not in names or "message.chat.customer" not in names:
            return events
        swapped = list(events)
        first = swapped.pop(names.index("chat.new"))
        message = next(
            place
            for place, event in enumerate(swapped)
            if event[0] == "message.chat.customer"
        )
        swapped.insert(message + 1, first)
        return swapped

    def _copies(self, job):
        return [job.copy() for _ in range(self.toggles.duplicate)]

    def _job(self, row, event, data, lane):
        if self.toggles.event_data_as_string:
            data = json.dumps(data)  # one live client accepts it (section 3.3)
        identifier = str(uuid.uuid4())
        return Job(
            url=row["url"],
            key=row["key"] or self.signing_key,
            envelope={
                "event": event,
                "eventData": data,
                "attempts": 0,
                "lastAttemptAt": None,
                "createdAt": int(wall() + self.toggles.clock_shift),
                "id": identifier,
            },
            lane=identifier if self.toggles.concurrent else lane,
            delay=self._delay(),
            lost=self._lost(),
        )

    def _delay(self):
        delay = self.toggles.webhook_delay
        return random.uniform(*delay) if isinstance(delay, list) else delay

    def _lost(self):
        with self._guard:
            if self.toggles.webhook_loss_next > 0:
                self.toggles.webhook_loss_next -= 1
                return True
        return random.random() < self.toggles.webhook_loss

    def release(self, jobs):
        """Send prepared deliveries."""
        if jobs:
            self.courier.release(jobs)

    def wait_tried(self, jobs, timeout):
        """Wait until each delivery was tried once."""
        self.courier.wait_tried(jobs, timeout)

    # === ONE REQUEST === #

    def _request(self, job):
        """Return body and headers of the next try of a delivery."""
        envelope = {
            **job.envelope,
            "attempts": job.attempts,
            "lastAttemptAt": int(wall() + self.toggles.clock_shift),
        }
        body = encode(envelope)
        key = job.key + "-wrong" if self.toggles.wrong_signature else job.key
        return body, self.headers(body, key)

    @staticmethod
    def headers(body, key):
        """Return the headers HelpCrunch sends (sections 3.3 and 3.7)."""
        return {
            "Content-Type": "application/json",
            "Accept": "application/json",
            "User-Agent": "GuzzleHttp/6.5.5 PHP/7.4",
            "X-HelpCrunch-Signature": sign(key, body),
        }

    def _captured_as(self, job):
        body, headers = self._request(job)
        return {
            "event": job.envelope["event"],
            "id": job.envelope["id"],
            "url": job.url,
            "body": body,
            "headers": headers,
            "json": json.loads(body),
        }

    def forge(self, event, data, envelope):
        """Return a signed webhook that no change caused.

        :param envelope: fields that replace those of the envelope; ``key`` signs
            with another key
        """
        key = envelope.pop("key", None)
        row = {"url": "", "key": key}
        job = self._job(row, event, data, 0)
        job.envelope.update(envelope)
        job.attempts = job.envelope["attempts"]
        captured = self._captured_as(job)
        if "lastAttemptAt" in envelope:
            body = encode(job.envelope)
            captured["body"], captured["json"] = body, json.loads(body)
            captured["headers"] = self.headers(body, job.key)
        return captured

    # === WATCHING === #

    def captured(self, clear=True):
        """Return the webhooks kept while the toggle ``capture`` was on."""
        with self._guard:
            kept = list(self._captured)
            if clear:
                self._captured = []
        return kept

    def log(self, clear=False):
        """Return all tries of all deliveries, oldest first."""
        entries = list(self._log)
        if clear:
            self._log.clear()
        return entries

    def wait_idle(self, timeout):
        """Return whether everything was delivered or given up within the timeout."""
        return self.courier.wait_idle(steady() + timeout)

    def stop(self):
        """Stop sending."""
        self.courier.stop()
