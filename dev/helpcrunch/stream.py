"""Server-sent events for the pages: they change without a reload."""

import json
import queue
import threading

_ROOM = 1000  # events a slow page may lag behind before it has to reload
_PING = 15


class Hub:
    """Hands changes to the pages that listen."""

    def __init__(self):
        self._guard = threading.Lock()
        self._listeners = ()
        self._stopped = False

    def show(self, kind, data):
        """Pass a change on; costs nothing while nobody looks."""
        for listener in self._listeners:
            try:
                listener.put_nowait((kind, data))
            except queue.Full:
                self._leave(listener)
                listener.lagging = True

    def listen(self, send):
        """Write changes until the page goes away or the stand-in stops.

        :param send: function that writes bytes and raises ``OSError`` when it cannot
        """
        listener = queue.Queue(_ROOM)
        listener.lagging = False
        with self._guard:
            if self._stopped:
                return
            self._listeners = (*self._listeners, listener)
        try:
            send(b"retry: 1000\n\n")
            while (block := self._next(listener)) is not None:
                send(block)
        finally:
            self._leave(listener)

    @staticmethod
    def _next(listener):
        try:
            item = listener.get(timeout=_PING)
        except queue.Empty:
            # A page that lags is cut off; it connects again and loads everything.
            return None if listener.lagging else b": still here\n\n"
        if item is None:
            return None
        kind, data = item
        return f"event: {kind}\ndata: {json.dumps(data)}\n\n".encode()

    def _leave(self, listener):
        with self._guard:
            self._listeners = tuple(
                other for other in self._listeners if other is not listener
            )

    def stop(self):
        """Let all pages go."""
        with self._guard:
            self._stopped = True
            listeners, self._listeners = self._listeners, ()
        for listener in listeners:
            try:
                listener.put_nowait(None)
            except queue.Full:
                listener.lagging = True
