"""A document's history, read from the two places it lies in: packed in segments, and since then row by row.

Every function here asks its questions in the transaction that it finds open, so that what is packed meanwhile is
seen in one of the places, never in both or none.
"""

from __future__ import annotations

import sqlite3
from typing import Any

from collab.chapters import Chapter, chapter_of
from collab.errors import CorruptLog, StoreError, UnknownEvent
from collab.events import Event
from collab.operation import Operation
from collab.segments import BadSegment, OperationsPart, Row, Segment, Unpacked
from collab.store import rows

ENOUGH = 2_000
"""Operations after which a page of them ends: some milliseconds of folding."""


def head(connection: sqlite3.Connection, document: str) -> tuple[int, int] | None:
    """The document's number and its newest version."""
    found: tuple[int, int] | None = connection.execute(
        "SELECT number, version FROM documents WHERE id = ?", (document,)
    ).fetchone()
    return found


def events(
    connection: sqlite3.Connection, document: str, *, after: int, until: int, limit: int
) -> list[Event]:
    """The events with ``after`` < seq ≤ ``until``, at most ``limit``.

    Raises:
        CorruptLog, UnknownEvent: one is missing or damaged, or of a kind not known here.
    """
    known = head(connection, document)
    if known is None:
        return []
    number, newest = known
    first, found = after, list[Event]()
    while after < until and len(found) < limit:
        packed = segment(connection, document, number, after)
        if packed is None:
            break
        stop = min(until, packed.last, first + limit)
        try:
            found += Unpacked(document, packed).events(after, stop)
        except BadSegment as bad:
            raise _bad(document, after, packed, bad) from bad
        after = stop
    if after < until and len(found) < limit:
        found += _unpacked(connection, document, number, after, until, limit - len(found))
    last = first + len(found)
    if found and last > newest:
        raise CorruptLog(document, newest + 1, f"the catalogue says that version {newest} is the newest")
    if len(found) < limit and last < min(newest, until):
        raise CorruptLog(document, last + 1, f"missing, the newest version is {newest}")
    return found


def stored_rows(
    connection: sqlite3.Connection, document: str, *, after: int, until: int, limit: int
) -> list[Row]:
    """The events with ``after`` < seq ≤ ``until`` as they are stored, at most ``limit``.

    Raises:
        CorruptLog: one is missing or damaged.
    """
    number, newest = head(connection, document) or (0, 0)
    until = min(until, newest, after + limit)
    found: list[Row] = []
    first = after
    while after < until:
        packed = segment(connection, document, number, after)
        if packed is None:
            break
        stop = min(until, packed.last)
        try:
            found += Unpacked(document, packed).rows(after, stop)
        except BadSegment as bad:
            raise _bad(document, after, packed, bad) from bad
        after = stop
    if after < until:
        raw = _raw(connection, number, after, until, limit)
        found += [rows.check(document, row) for row in rows.following(document, raw, after=after)]
    if len(found) < until - first:
        raise CorruptLog(document, first + len(found) + 1, f"missing, the newest version is {newest}")
    return found


def operations(
    connection: sqlite3.Connection, document: str, *, after: int, until: int
) -> tuple[list[Operation], int]:
    """Operations that lead from version ``after`` towards ``until``, and the version that they lead to.

    Raises:
        CorruptLog, UnknownEvent: an event is missing or damaged, or of a kind not known here.
    """
    known = head(connection, document)
    number, newest = known or (0, 0)
    found: list[Operation] = []
    until = min(until, newest)
    while after < until and len(found) < ENOUGH:
        packed = segment(connection, document, number, after, envelopes=False)
        if packed is None:
            page = _unpacked(connection, document, number, after, until, ENOUGH)
            if not page:
                raise CorruptLog(document, after + 1, f"missing, the newest version is {newest}")
            found += [event.op for event in page if event.op is not None]
            return found, page[-1].seq
        stop = min(until, packed.last)
        try:
            part = OperationsPart(document, packed.first, packed.last, packed.operations)
            found += part.operations(after, stop)
        except BadSegment as bad:
            raise _bad(document, after, packed, bad) from bad
        after = stop
    return found, after


def chapter(connection: sqlite3.Connection, document: str, *, after: int, until: int) -> Chapter:
    """What was done from version ``after`` towards ``until``, by whom and when.

    Raises:
        CorruptLog, UnknownEvent: an event is missing or damaged, or of a kind not known here.
    """
    number, newest = head(connection, document) or (0, 0)
    until = min(until, newest)
    if after >= until:
        return chapter_of([], first=after + 1)
    packed = segment(connection, document, number, after)
    if packed is None:
        page = _unpacked(connection, document, number, after, until, ENOUGH)
        if not page:
            raise CorruptLog(document, after + 1, f"missing, the newest version is {newest}")
        return chapter_of(page, first=after + 1)
    try:
        return Unpacked(document, packed).chapter(after, min(until, packed.last))
    except BadSegment as bad:
        raise _bad(document, after, packed, bad) from bad


def _bad(document: str, after: int, packed: Segment, bad: BadSegment) -> StoreError:
    return (UnknownEvent if bad.newer else CorruptLog)(
        document, max(after + 1, packed.first + bad.index), str(bad)
    )


def segment(
    connection: sqlite3.Connection, document: str, number: int, after: int, *, envelopes: bool = True
) -> Segment | None:
    """The segment that holds the event behind ``after``, None if that isn't packed.

    Raises:
        CorruptLog: it should be, but there is a gap.
    """
    columns = "operations, envelopes" if envelopes else "operations, x''"
    found = connection.execute(
        f"SELECT first, last, began, {columns} FROM segments"
        " WHERE document = ? AND last > ? ORDER BY last LIMIT 1",
        (number, after),
    ).fetchone()
    if found is None:
        return None
    if found[0] > after + 1:
        raise CorruptLog(document, after + 1, f"missing, the next segment begins with {found[0]}")
    return Segment(*found)


def _unpacked(
    connection: sqlite3.Connection, document: str, number: int, after: int, until: int, limit: int
) -> list[Event]:
    return rows.read(document, _raw(connection, number, after, until, limit), after=after)


def _raw(connection: sqlite3.Connection, number: int, after: int, until: int, limit: int) -> list[Any]:
    return connection.execute(
        f"SELECT {rows.COLUMNS} {rows.TABLES}"
        " WHERE e.document = ? AND e.seq > ? AND e.seq <= ? ORDER BY e.seq LIMIT ?",
        (number, after, until, limit),
    ).fetchall()


def version_at(connection: sqlite3.Connection, document: str, at: int) -> int:
    """The version that the document had at the time ``at``, 0 before it was created.

    Raises:
        CorruptLog: an event where it has to look is missing or damaged.
    """
    known = head(connection, document)
    if known is None:
        return 0
    number, high = known
    packed = newest_segment(connection, number)
    low = lowest = packed[1] if packed else 0
    while low < high:
        # Times never go back within a document.
        middle = (low + high + 1) // 2
        found = connection.execute(
            "SELECT at FROM events WHERE document = ? AND seq = ?", (number, middle)
        ).fetchone()
        if found is None:
            raise CorruptLog(document, middle, "missing")
        low, high = (middle, high) if found[0] <= at else (low, middle - 1)
    if low > lowest:
        return low
    return _packed_version_at(connection, document, number, at)


def _packed_version_at(connection: sqlite3.Connection, document: str, number: int, at: int) -> int:
    found = connection.execute(
        "SELECT first, last, began, operations, envelopes FROM segments"
        " WHERE document = ? AND began <= ? ORDER BY last DESC LIMIT 1",
        (number, at),
    ).fetchone()
    if found is None:
        return 0
    try:
        return Unpacked(document, Segment(*found)).version_at(at)
    except BadSegment as bad:
        raise _bad(document, 0, Segment(*found), bad) from bad


def newest_segment(connection: sqlite3.Connection, number: int) -> tuple[int, int] | None:
    """The first and last event of a document's newest segment."""
    found: tuple[int, int] | None = connection.execute(
        "SELECT first, last FROM segments WHERE document = ? ORDER BY last DESC LIMIT 1", (number,)
    ).fetchone()
    return found
