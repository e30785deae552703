"""How much of anything one client may ask for: every bound in one place, each with its reason."""

from __future__ import annotations

import msgspec


class Limits(msgspec.Struct, frozen=True):
    """Bounds for clients. Sizes are UTF-16 units where not said otherwise."""

    message: int = 2 * 1024 * 1024
    """Bytes of one message: the largest operation, written in JSON with every character escaped."""

    operation: int = 256 * 1024
    """Units that one operation may insert: a long chapter pasted at once. Clients split what is longer."""

    document: int = 16 * 1024 * 1024
    """Units of a document: three times the King James Bible."""

    edits_per_second: float = 100.0
    """Ten fast typists. Clients pace themselves by it and merge what waits."""

    edit_burst: int = 1_000
    """Edits that may come at once: a client that returns from a long time offline. As many messages of other kinds, and
    edits that are not accepted, may come as well, and as fast; who sends more is read from more slowly, which loses
    nothing."""

    in_flight: int = 256
    """Edits that a client may have unanswered, which bounds what transforming the next one costs."""

    bridge: int = 10_000
    """Foreign events that an edit may have to be carried over, some 2 ms of work."""

    user: int = 512
    """Bytes of what a client says of its user, as JSON: a name and a colour."""

    connections_per_document: int = 2_000
    """Each costs some 6 kB and one write per commit."""

    streams: int = 1_000
    """Answers that are being streamed at once: followers of the log, and long exports. Each costs some 30 kB, and while
    it is read slowly a page of events."""

    hello_seconds: float = 10.0
    """From the opened socket to the hello."""

    stall_seconds: float = 30.0
    """How long what is buffered for a socket may take to go out before the socket is dropped; its client resumes
    from the log."""


class Advertised(msgspec.Struct, frozen=True):
    """The limits that a client needs to know, as `welcome` tells them."""

    message: int
    operation: int
    document: int
    edits_per_second: float
    edit_burst: int
    in_flight: int


def advertise(limits: Limits) -> Advertised:
    return Advertised(**{field: getattr(limits, field) for field in Advertised.__struct_fields__})


class TokenBucket:
    """Allows ``burst`` at once and ``per_second`` in the long run; time, in seconds, is an argument.

    >>> bucket = TokenBucket(per_second=2.0, burst=1, now=0.0)
    >>> bucket.take(0.0), bucket.take(0.1), bucket.take(0.6)
    (True, False, True)
    """

    __slots__ = ("_at", "_tokens", "burst", "per_second")

    def __init__(self, *, per_second: float, burst: int, now: float) -> None:
        self.per_second = per_second
        self.burst = burst
        self._tokens = float(burst)
        self._at = now

    def take(self, now: float) -> bool:
        """Take one token, if there is one."""
        self._fill(now)
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True

    def spend(self, now: float) -> float:
        """Take one token, on credit if there is none; seconds until nothing is owed."""
        self._fill(now)
        self._tokens -= 1
        return max(0.0, -self._tokens / self.per_second)

    def wait(self, now: float) -> float:
        """Seconds until there is a token to take."""
        self._fill(now)
        return max(0.0, (1 - self._tokens) / self.per_second)

    def _fill(self, now: float) -> None:
        tokens = self._tokens + (now - self._at) * self.per_second
        self._tokens = tokens if tokens < self.burst else self.burst
        self._at = now
