"""A document's life at a glance: how much was done when, for drawing, and in which sessions, for reading."""

from __future__ import annotations

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


class Timeline:
    """The time from ``began`` to ``ended``, in microseconds since 1970, in at most so many ``buckets`` of one length.

    Those in which nothing happened are left out.
    """

    def __init__(self, began: int, ended: int, buckets: int) -> None:
        self._began = began
        self._length = max(1, -((began - ended - 1) // buckets))
        self._buckets: dict[int, Bucket] = {}

    def add(self, chapter: Chapter) -> None:
        """Take in the events that follow."""
        for deed in chapter.deeds():
            index = (deed.at - self._began) // self._length
            bucket = self._buckets.get(index)
            if bucket is None:
                began = self._began + index * self._length
                bucket = self._buckets[index] = Bucket(began, began + self._length, deed.seq, deed.seq)
            bucket.last = deed.seq
            if deed.edits:
                bucket.edits += 1
                bucket.inserted += deed.inserted
                bucket.deleted += deed.deleted
                bucket.authors[deed.author] = bucket.authors.get(deed.author, 0) + 1

    def buckets(self) -> list[Bucket]:
        """In the order of time. Nothing may be added any more."""
        for bucket in self._buckets.values():
            ordered = sorted(bucket.authors.items(), key=lambda item: -item[1])
            bucket.authors = dict(ordered[:MOST_AUTHORS])
            bucket.others = sum(edits for _, edits in ordered[MOST_AUTHORS:])
        return [self._buckets[index] for index in sorted(self._buckets)]


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
            if session is None or not _goes_on(session, deed):
                session = self._open[deed.author] = Session(deed.author, deed.seq, deed.seq, deed.at, deed.at)
                self.found.append(session)
            session.last, session.ended = deed.seq, deed.at
            session.edits += 1
            session.inserted += deed.inserted
            session.deleted += deed.deleted


def _goes_on(session: Session, deed: Deed) -> bool:
    return deed.at - session.ended < PAUSE and deed.at - session.began <= LONGEST
