"""Sealed stretches of a document's history, packed: every event exactly as it was, in some three bytes.

A segment has two parts, so that an old version of the text can be read without who and when: the operations, as
runs (`collab.runs`), and the envelopes (`collab.envelopes`), both in columns (`collab.columns`).

Each part begins with its format and a checksum, which is also over the document's id and the events' numbers: a
part in the wrong place is found like a damaged one.
"""

from __future__ import annotations

import zlib
from bisect import bisect_right
from struct import Struct
from struct import error as StructError
from typing import NamedTuple

import msgspec

from collab.chapters import Chapter
from collab.envelopes import Envelopes, EnvelopesBuilder, moved
from collab.errors import CollabError
from collab.events import Edited, Event, UnreadableEvent, decode, effect
from collab.operation import Operation
from collab.runs import Runs, RunsBuilder, Stretch, stored

FORMAT = 1

_HEADER = Struct("<BI")


class BadSegment(CollabError):
    """Damaged, or of a format that this version of collab doesn't know, then ``newer``. ``index`` is the first event in
    the segment, counted from 0, that can't be read."""

    code = "bad_segment"

    def __init__(self, what: str, index: int = 0, *, newer: bool = False) -> None:
        self.index, self.newer = index, newer
        super().__init__(what)


class Row(NamedTuple):
    """An event as it is stored, without its document and number."""

    type: str
    version: int
    client: str
    author: str
    client_seq: int
    at: int
    position: int
    payload: bytes


class Segment(NamedTuple):
    """Events ``first`` to ``last`` of a document, packed; ``began`` is the time of the first."""

    first: int
    last: int
    began: int
    operations: bytes
    envelopes: bytes

    def moved(self, document: str, by: int) -> Segment:
        """The same events at positions that are greater ``by`` that much."""
        body = _unseal("envelopes", document, self.first, self.last, self.envelopes)
        envelopes = _seal("envelopes", document, self.first, self.last, moved(body, by))
        return self._replace(envelopes=envelopes)


class SegmentBuilder:
    """Takes a document's rows in order, from event ``first`` on."""

    def __init__(self, document: str, first: int) -> None:
        self._document = document
        self._first = self._next = first
        self._runs = RunsBuilder()
        self._envelopes = EnvelopesBuilder()

    def add(self, row: Row) -> None:
        self._next += 1
        self._runs.add(row.type, row.version, row.payload)
        self._envelopes.add(row.client, row.author, row.client_seq, row.at, row.position)

    def finish(self) -> Segment:
        """The segment of all that was added, which is at least one row.

        Raises:
            OverflowError: times or positions go back, or a number is beyond 64 bits.
        """
        document, first, last = self._document, self._first, self._next - 1
        return Segment(
            first,
            last,
            self._envelopes.began,
            _seal("operations", document, first, last, self._runs.finish()),
            _seal("envelopes", document, first, last, self._envelopes.finish()),
        )


def _seal(part: str, document: str, first: int, last: int, body: bytes) -> bytes:
    return _HEADER.pack(FORMAT, _checksum(part, document, first, last, body)) + body


def _unseal(part: str, document: str, first: int, last: int, sealed: bytes) -> bytes:
    try:
        number, checksum = _HEADER.unpack_from(sealed)
    except (StructError, TypeError) as damage:
        raise BadSegment(f"{part}: {damage}") from damage
    body = sealed[_HEADER.size :]
    if number != FORMAT:
        raise BadSegment(f"{part}: format {number}, not {FORMAT}")
    if checksum != _checksum(part, document, first, last, body):
        raise BadSegment(f"{part}: wrong checksum")
    return body


def _checksum(part: str, document: str, first: int, last: int, body: bytes) -> int:
    return zlib.crc32(body, zlib.crc32(f"{part}\0{document}\0{first}\0{last}\0{FORMAT}".encode()))


class OperationsPart:
    """What the events ``first`` to ``last`` did, without who and when.

    Raises:
        BadSegment: damaged.
    """

    def __init__(self, document: str, first: int, last: int, operations: bytes) -> None:
        body = _unseal("operations", document, first, last, operations)
        try:
            self.runs = Runs(body)
        except (ValueError, zlib.error, msgspec.DecodeError) as damage:
            raise BadSegment(f"operations: {damage}") from damage
        if self.runs.count != last - first + 1:
            raise BadSegment(f"operations: {self.runs.count} events, not {last - first + 1}")
        self._first = first

    def stretches(self, after: int, until: int) -> list[Stretch]:
        """What the events with ``after`` < seq ≤ ``until`` did to the text.

        Raises:
            BadSegment: a payload is of a type not known here.
        """
        start, stop = max(0, after + 1 - self._first), until + 1 - self._first
        found: list[Stretch] = []
        for what in self.runs.stretches(start, stop):
            if isinstance(what, Stretch):
                found.append(what)
                continue
            try:
                payload = decode(*what)
            except UnreadableEvent as unreadable:
                index = start + list(self.runs.steps(start, stop)).index(what)
                raise BadSegment(str(unreadable), index, newer=unreadable.newer) from unreadable
            found.append(Stretch(effect(payload) or []))
        return found

    def operations(self, after: int, until: int) -> list[Operation]:
        """`stretches` as operations, without those that change nothing.

        Raises:
            BadSegment: a payload is of a type not known here.
        """
        return [stretch.op for stretch in self.stretches(after, until) if stretch.op]


class Unpacked:
    """A whole segment, to be read from anywhere.

    Raises:
        BadSegment: damaged.
    """

    def __init__(self, document: str, segment: Segment) -> None:
        first, last = segment.first, segment.last
        self.document = document
        self.first, self.last = first, last
        self._operations = OperationsPart(document, first, last, segment.operations)
        self._runs = self._operations.runs
        body = _unseal("envelopes", document, first, last, segment.envelopes)
        try:
            self._envelopes = Envelopes(body, last - first + 1)
        except (ValueError, zlib.error, msgspec.DecodeError) as damage:
            raise BadSegment(f"envelopes: {damage}") from damage
        if segment.began != self._envelopes.began:
            raise BadSegment("the time of the first event differs")

    def events(self, after: int, until: int) -> list[Event]:
        """The events with ``after`` < seq ≤ ``until``.

        Raises:
            BadSegment: a payload is of a type not known here.
        """
        start, stop = self._range(after, until)
        found = []
        document, seq = self.document, self.first + start
        for step, (client, author, client_seq), at, position in zip(
            self._runs.steps(start, stop),
            self._envelopes.edits(start, stop),
            self._envelopes.times(start, stop),
            self._envelopes.positions(start, stop),
            strict=True,
        ):
            if isinstance(step, list):
                found.append(Event(document, seq, Edited(step), author, client, client_seq, at, position))
            else:
                try:
                    payload = decode(*step)
                except UnreadableEvent as unreadable:
                    raise BadSegment(
                        str(unreadable), seq - self.first, newer=unreadable.newer
                    ) from unreadable
                found.append(Event(document, seq, payload, author, client, client_seq, at, position))
            seq += 1
        return found

    def chapter(self, after: int, until: int) -> Chapter:
        """The same events, where not each is wanted by itself.

        Raises:
            BadSegment: a payload is of a type not known here.
        """
        start, stop = self._range(after, until)
        return Chapter(
            self.first + start,
            self._operations.stretches(self.first + start - 1, self.first + stop - 1),
            self._envelopes.turns(start, stop),
            self._envelopes.times(start, stop),
        )

    def rows(self, after: int, until: int) -> list[Row]:
        """The rows that a `SegmentBuilder` was given for the events with ``after`` < seq ≤ ``until``."""
        start, stop = self._range(after, until)
        return [
            Row(type_, version, client, author, client_seq, at, position, payload)
            for (type_, version, payload), (client, author, client_seq), at, position in zip(
                map(stored, self._runs.steps(start, stop)),
                self._envelopes.edits(start, stop),
                self._envelopes.times(start, stop),
                self._envelopes.positions(start, stop),
                strict=True,
            )
        ]

    def version_at(self, at: int) -> int:
        """The newest event that isn't later than ``at``; ``first`` - 1 if all are."""
        return self.first - 1 + self._envelopes.until(at)

    def between(self, after: int, until: int) -> tuple[int, int]:
        """The first and the last event at positions with ``after`` < position ≤ ``until``."""
        positions = self._envelopes.positions(0, self.last + 1 - self.first)
        return (
            self.first + bisect_right(positions, after),
            self.first - 1 + bisect_right(positions, until),
        )

    def _range(self, after: int, until: int) -> tuple[int, int]:
        start = max(0, after + 1 - self.first)
        return start, max(start, min(until, self.last) + 1 - self.first)
