"""A long sequence, cheap to edit anywhere.

The sequence lies in chunks of about 4,000 items, the chunks in groups of about 64: a rope of two levels. An edit
finds its group, then its chunk, and rewrites that one chunk; the chunk of the last edit is remembered, because the
next edit is nearly always in the same one.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Generic, Protocol, Self, TypeVar


class Slices(Protocol):
    """What a chunk can be: a string, an array, a list."""

    def __len__(self) -> int: ...
    def __getitem__(self, items: slice, /) -> Self: ...
    def __add__(self, other: Self, /) -> Self: ...


S = TypeVar("S", bound=Slices)


class Rope(Generic[S]):
    """A mutable sequence that starts as ``whole``.

    >>> rope = Rope("hello")
    >>> rope.splice(1, 3, "ipp")
    >>> list(rope.chunks()), rope.piece(2, 3), rope.length
    (['hippo'], 'ppo', 5)
    """

    __slots__ = ("_at", "_groups", "_lengths", "length")

    CHUNK = 4096
    """Items to a chunk: finding one costs a step for each that there is, and rewriting it for each item."""

    GROUP = 64

    def __init__(self, whole: S) -> None:
        chunks = self._pieces(whole) or [whole]
        self.length = len(whole)
        self._groups = [chunks[i : i + self.GROUP] for i in range(0, len(chunks), self.GROUP)]
        self._lengths = [sum(map(len, group)) for group in self._groups]
        self._at = (0, 0, 0)  # group, chunk, and the offset where that chunk starts

    def chunks(self) -> Iterator[S]:
        """All of it, in order. Chunks are replaced, and never changed."""
        for group in self._groups:
            yield from group

    def piece(self, place: int, size: int) -> S:
        """The ``size`` items at ``place``, all of them inside the sequence, ``size`` at least 1."""
        group, chunk, start = self._find_after(place)
        found = self._groups[group][chunk][place - start : place - start + size]
        while len(found) < size:
            rest = size - len(found)
            group, chunk = (group, chunk + 1) if chunk + 1 < len(self._groups[group]) else (group + 1, 0)
            found = found + self._groups[group][chunk][:rest]
        return found

    def splice(self, place: int, removed: int, inserted: S) -> None:
        """Replace the ``removed`` items at ``place`` by ``inserted``. The range must lie inside the sequence."""
        group, chunk, start = self._find(place)
        items = self._groups[group][chunk]
        within = place - start
        while within + removed > len(items):
            # The deletion reaches into the next chunk: take out what this one has, and look again.
            available = len(items) - within
            if available:
                self._replace(group, chunk, start, items[:within])
                self.length -= available
                removed -= available
            group, chunk, start = self._find_after(place)
            items = self._groups[group][chunk]
            within = 0
        self.length += len(inserted) - removed
        self._replace(group, chunk, start, items[:within] + inserted + items[within + removed :])

    def _find(self, place: int) -> tuple[int, int, int]:
        """The group and chunk that hold ``place``, and the chunk's start; at a border the earlier one."""
        group, chunk, start = self._at
        if start <= place <= start + len(self._groups[group][chunk]) and (start < place or start == 0):
            return self._at
        start = 0
        last = len(self._groups) - 1
        for group, length in enumerate(self._lengths):
            if place <= start + length or group == last:
                break
            start += length
        chunks = self._groups[group]
        last = len(chunks) - 1
        for chunk, items in enumerate(chunks):
            if place <= start + len(items) or chunk == last:
                break
            start += len(items)
        self._at = found = (group, chunk, start)
        return found

    def _find_after(self, place: int) -> tuple[int, int, int]:
        """Like `_find`, but at a border the later chunk; empty ones are passed over."""
        group, chunk, start = self._find(place)
        while start + len(self._groups[group][chunk]) <= place:
            start += len(self._groups[group][chunk])
            group, chunk = (group, chunk + 1) if chunk + 1 < len(self._groups[group]) else (group + 1, 0)
        self._at = found = (group, chunk, start)
        return found

    def _replace(self, group: int, chunk: int, start: int, items: S) -> None:
        chunks = self._groups[group]
        self._lengths[group] += len(items) - len(chunks[chunk])
        if 0 < len(items) <= 2 * self.CHUNK:
            chunks[chunk] = items
            return
        chunks[chunk : chunk + 1] = self._pieces(items)
        if not chunks and len(self._groups) > 1:
            del self._groups[group], self._lengths[group]
        elif not chunks:
            chunks.append(items)
        elif len(chunks) > 2 * self.GROUP:
            halves = [chunks[i : i + self.GROUP] for i in range(0, len(chunks), self.GROUP)]
            self._groups[group : group + 1] = halves
            self._lengths[group : group + 1] = [sum(map(len, half)) for half in halves]
        self._at = (0, 0, 0)

    def _pieces(self, items: S) -> list[S]:
        """``items`` in chunks, none of them empty."""
        pieces = []
        start = 0
        while start < len(items):
            end = self._border(items, start + self.CHUNK)
            pieces.append(items[start:end])
            start = end
        return pieces

    def _border(self, items: S, place: int) -> int:
        """Where a chunk ends that would best end at ``place``, there or later."""
        return place
