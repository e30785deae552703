"""What waits in memory for one webhook, by document, and what goes into one body.

Invariant: all that was read and isn't in a queue was delivered, or isn't wanted, or belongs to a document with a line
of its own. So everything before the first event of any queue is done with.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

MOST_EVENTS = 100
"""Events in one body."""

MOST_BYTES = 256_000
"""And their bytes; one that is larger comes alone."""

MOST_QUEUED = 1_000
"""Events in memory. While nobody takes them no more are read: they wait in the log."""

MOST_QUEUED_BYTES = 4_000_000


class Item(NamedTuple):
    """An event as it is sent: ``row`` is its JSON."""

    position: int
    seq: int
    row: bytes


def batch(items: Iterable[Item], *, most: int = MOST_EVENTS) -> list[Item]:
    """The first of ``items`` that fit into one body, at least one.

    >>> items = [Item(n, n, bytes(100_000)) for n in range(1, 5)]
    >>> [item.seq for item in batch(items)], [item.seq for item in batch(items, most=1)]
    ([1, 2], [1])
    """
    taken: list[Item] = []
    size = 0
    for item in items:
        size += len(item.row) + 1
        if taken and (size > MOST_BYTES or len(taken) >= most):
            break
        taken.append(item)
    return taken


def body(number: int, document: bytes, items: Sequence[Item]) -> bytes:
    """
    >>> body(3, b'"doc"', [Item(7, 1, b"{}")])
    b'{"webhook":3,"document":"doc","events":[{}]}'
    """
    return b'{"webhook":%d,"document":%b,"events":[%b]}' % (number, document, b",".join(i.row for i in items))


class Queues:
    """The queues of one webhook, that which waits longest first."""

    def __init__(self) -> None:
        self._queues: dict[str, deque[Item]] = {}
        self._events = 0
        self._bytes = 0

    def __iter__(self) -> Iterator[str]:
        return iter(list(self._queues))

    def __contains__(self, document: str) -> bool:
        return document in self._queues

    @property
    def full(self) -> bool:
        return self._events >= MOST_QUEUED or self._bytes >= MOST_QUEUED_BYTES

    def add(self, document: str, item: Item) -> None:
        self._queues.setdefault(document, deque()).append(item)
        self._events += 1
        self._bytes += len(item.row)

    def next(self, document: str) -> list[Item]:
        """What to send of ``document``; it stays until it is `taken`."""
        return batch(self._queues[document])

    def taken(self, document: str, count: int) -> None:
        """The first ``count`` events of ``document`` were delivered; the rest goes behind all others."""
        queue = self._queues.pop(document)
        for _ in range(count):
            self._forget(queue.popleft())
        if queue:
            self._queues[document] = queue

    def remove(self, document: str) -> Item:
        """Drop all of ``document``, and return the last."""
        queue = self._queues.pop(document)
        for item in queue:
            self._forget(item)
        return queue[-1]

    def first(self) -> int | None:
        """The position of the first event in any queue."""
        return min((queue[0].position for queue in self._queues.values()), default=None)

    def _forget(self, item: Item) -> None:
        self._events -= 1
        self._bytes -= len(item.row)
