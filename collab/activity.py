"""A document's life at a glance: how much was done when, for drawing, and in which sessions, for reading."""

from __future__ import annotations

from abc import ABC, abstractmethod

import msgspec

from collab.chapters import Chapter, Deed

MOST_AUTHORS = 20
"""Authors that are named in one bucket; the others are counted together."""

PAUSE = 120 * 1_000_000
"""Microseconds without an edit after which an author's next one begins a new session."""

LONGEST = 600 * 1_000_000
"""Microseconds after which a session ends though its author goes on: a long afternoon is many."""


class Bucket(msgspec.Struct):
    """What happened in one part of the time, in the events from ``first`` to ``last``; ``inserted`` and ``deleted`` are
    units, ``authors`` their edits, and ``others`` those of authors beyond the most active ones."""

    began: int
    ended: int
    first: int
    last: int
    edits: int = 0
    inserted: int = 0
    deleted: int = 0
    authors: dict[str, int] = {}
    others: int = 0


class Timeline(ABC):
    """What happened, in buckets. Those in which nothing did are left out."""

    def __init__(self) -> None:
        self._buckets: dict[int, Bucket] = {}

    @abstractmethod
    def _index(self, deed: Deed) -> int:
        """The number of the bucket in which ``deed`` is."""

    @abstractmethod
    def _began(self, index: int, deed: Deed) -> Bucket:
        """The bucket of that number, which begins with ``deed``."""

    def add(self, chapter: Chapter) -> None:
        """Take in the events that follow."""
        for deed in chapter.deeds():
            index = self._index(deed)
            bucket = self._buckets.get(index)
            if bucket is None:
                bucket = self._buckets[index] = self._began(index, deed)
            bucket.last = deed.seq
            bucket.ended = max(bucket.ended, deed.at)
            if deed.edits:
                bucket.edits += 1
                bucket.inserted += deed.inserted
                bucket.deleted += deed.deleted
                bucket.authors[deed.author] = bucket.authors.get(deed.author, 0) + 1

    def buckets(self) -> list[Bucket]:
        """In their order. Nothing may be added any more."""
        for bucket in self._buckets.values():
            ordered = sorted(bucket.authors.items(), key=lambda item: -item[1])
            bucket.authors = dict(ordered[:MOST_AUTHORS])
            bucket.others = sum(edits for _, edits in ordered[MOST_AUTHORS:])
        return [self._buckets[index] for index in sorted(self._buckets)]


class ByTime(Timeline):
    """The time from ``began`` to ``ended``, in µs since 1970, in at most so many ``buckets`` of one length."""

    def __init__(self, began: int, ended: int, buckets: int) -> None:
        super().__init__()
        self._start = began
        self._length = max(1, -((began - ended - 1) // buckets))

    def _index(self, deed: Deed) -> int:
        return (deed.at - self._start) // self._length

    def _began(self, index: int, deed: Deed) -> Bucket:
        began = self._start + index * self._length
        return Bucket(began, began + self._length, deed.seq, deed.seq)


class ByVersion(Timeline):
    """The versions from 1 to ``newest`` in at most so many ``buckets`` of equally many, as nearly as that goes.

    A bucket lasts from its first event to its last.
    """

    def __init__(self, newest: int, buckets: int) -> None:
        super().__init__()
        self._newest = newest
        self._count = buckets

    def _index(self, deed: Deed) -> int:
        return (deed.seq - 1) * self._count // self._newest

    def _began(self, index: int, deed: Deed) -> Bucket:
        return Bucket(deed.at, deed.at, deed.seq, deed.seq)


class Session(msgspec.Struct):
    """What one author did without a long pause: the first and the last of the events, their times, and how much."""

    author: str
    first: int
    last: int
    began: int
    ended: int
    edits: int = 0
    inserted: int = 0
    deleted: int = 0


class Sessions:
    """A history as people read it. The sessions of several authors may overlap."""

    def __init__(self) -> None:
        self.found: list[Session] = []
        """In the order in which they began."""
        self._open: dict[str, Session] = {}

    def add(self, chapter: Chapter) -> None:
        """Take in the events that follow."""
        for deed in chapter.deeds():
            if not deed.edits:
                continue
            session = self._open.get(deed.author)
            if session is None or not goes_on(session.began, session.ended, deed.at):
                session = self._open[deed.author] = Session(deed.author, deed.seq, deed.seq, deed.at, deed.at)
                self.found.append(session)
            session.last, session.ended = deed.seq, deed.at
            session.edits += 1
            session.inserted += deed.inserted
            session.deleted += deed.deleted


def goes_on(began: int, ended: int, at: int) -> bool:
    """Whether what an author does at the time ``at`` belongs to their session of those times (all in µs)."""
    return at - ended < PAUSE and at - began <= LONGEST
