"""One stretch of events from rows into a segment, step by step.

The heavy steps run on a reader's connection: `plan`, then `build`, which reads, packs, and reads back what it
packed. The writer's are short: `insert` puts the segment in, in one transaction with the end of the shorter one
that it replaces, and `remove` takes out the rows that it holds, a bite at a time. Whoever is killed in between
leaves rows that a segment has too, which nobody reads, and which the next packing removes.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from collab.chain import DIGEST_BYTES, UNFITTING, Chain, beginning
from collab.errors import CorruptLog, StoreError
from collab.segments import BadSegment, Row, Segment, SegmentBuilder, Unpacked
from collab.store import history, rows
from collab.store.transaction import Ledger

FULL = 8_192
"""Events to a segment: some 25 kB, and a version inside is some ms away. A last segment with fewer grows."""

WORTH = 8
"""A segment is packed again with new events if they are at least one for so many that it has: however small
the sessions, no event is packed more than some ten times."""

PIECE = 64
"""Events between two chances for others, at most half a millisecond."""

BITE = 128
"""Rows removed in one transaction, in half a millisecond. Appends go between."""

VACUUM_PAGES = 64
"""Free pages given back in one transaction."""


class Overtaken(StoreError):
    """Another store has packed these events meanwhile."""

    code = "store_overtaken"


class Plan(NamedTuple):
    """Pack the events ``first`` to ``last``. ``newest`` is the newest segment as it is: its first and last event.
    If it begins with ``first`` too, it is replaced."""

    document: str
    number: int
    newest: tuple[int, int] | None
    first: int
    last: int

    @property
    def fresh(self) -> int:
        """The first event that isn't packed yet."""
        return self.newest[1] + 1 if self.newest else 1


def plan(connection: sqlite3.Connection, document: str, *, least: int, thrifty: bool = True) -> Plan | None:
    """What to pack next, None if there are fewer than ``least`` events to pack.

    ``thrifty`` asks that it be worth packing the last segment again.
    """
    known = history.head(connection, document)
    if known is None:
        return None
    number, version = known
    newest = history.newest_segment(connection, number)
    first, end = newest or (1, 0)
    length, fresh = end - first + 1, version - end
    if fresh < least:
        return None
    if length >= FULL:
        first = end + 1
    elif thrifty and fresh * WORTH < length:
        return None
    return Plan(document, number, newest, first, min(version, first + FULL - 1))


class Sealed(NamedTuple):
    """A segment, the positions of its first event and its last, and its part of the hash chain if there is one."""

    segment: Segment
    first_position: int
    last_position: int
    chain: bytes | None


def seal(
    document: str, first: int, whole: Sequence[Row], chain: Chain | None, pause: Callable[[], None]
) -> Sealed:
    """The segment of ``whole``, read back and compared. ``chain`` has taken in what comes before event ``first``.

    Raises:
        StoreError: they can't be packed.
    """
    builder = SegmentBuilder(document, first)
    for start in range(0, len(whole), PIECE):
        for row in whole[start : start + PIECE]:
            builder.add(row)
        pause()
    try:
        segment = builder.finish()
        pause()
        unpacked = Unpacked(document, segment)
    except (BadSegment, OverflowError) as failure:
        raise StoreError(f"document {document!r}: can't pack event {first} and on") from failure
    for start in range(0, len(whole), PIECE):
        after = first - 1 + start
        if unpacked.rows(after, after + PIECE) != whole[start : start + PIECE]:
            raise StoreError(f"document {document!r}: events after {after} are packed wrong")
        pause()
    return Sealed(segment, whole[0].position, whole[-1].position, chain.sealed() if chain else None)


def build(connection: sqlite3.Connection, plan: Plan, pause: Callable[[], None]) -> Sealed:
    """The segment that ``plan`` asks for, read back and compared with the rows. ``pause`` is called often.

    Raises:
        CorruptLog: an event is missing or damaged, and shall not be packed as if it were well.
        Overtaken: the plan is out of date.
    """
    chain = _chain_before(connection, plan)
    whole = _packed(connection, plan) if plan.first < plan.fresh else []
    for row in whole:
        if chain is not None:
            chain.take(row)
    pause()
    for page, marks in _pages(connection, plan):
        for row, mark in zip(page, marks, strict=True):
            whole.append(row)
            if chain is not None and not chain.take(row).startswith(mark or b""):
                raise CorruptLog(plan.document, plan.first - 1 + len(whole), UNFITTING)
        pause()
    return seal(plan.document, plan.first, whole, chain, pause)


def _chain_before(connection: sqlite3.Connection, plan: Plan) -> Chain | None:
    """The chain up to where the plan begins; None if the document has none."""
    (digest,) = connection.execute("SELECT digest FROM documents WHERE number = ?", (plan.number,)).fetchone()
    if digest is None:
        return None
    if plan.first == 1:
        return Chain(beginning(plan.document))
    found = connection.execute(
        "SELECT chain FROM segments WHERE document = ? AND last = ?", (plan.number, plan.first - 1)
    ).fetchone()
    if found is None:
        raise _gone(connection, plan, plan.first - 1)
    return Chain(found[0][-DIGEST_BYTES:], plan.first - 1)


def _packed(connection: sqlite3.Connection, plan: Plan) -> list[Row]:
    """The rows in the segment that is to be replaced."""
    segment = history.segment(connection, plan.document, plan.number, plan.first - 1)
    if segment is None or (segment.first, segment.last) != plan.newest:
        raise Overtaken(plan.document)
    try:
        return Unpacked(plan.document, segment).rows(plan.first - 1, segment.last)
    except BadSegment as bad:
        raise CorruptLog(plan.document, plan.first + bad.index, str(bad)) from bad


def _pages(connection: sqlite3.Connection, plan: Plan) -> Iterator[tuple[list[Row], list[bytes | None]]]:
    """The rows that aren't packed yet, checked, and their marks in the hash chain, a few at a time."""
    after = plan.fresh - 1
    while after < plan.last:
        # Each page is a transaction of its own, since there are pauses between them.
        page = connection.execute(
            f"SELECT {rows.COLUMNS}, e.mark {rows.TABLES}"
            " WHERE e.document = ? AND e.seq > ? AND e.seq <= ? ORDER BY e.seq LIMIT ?",
            (plan.number, after, plan.last, PIECE),
        ).fetchall()
        for row in page:
            after += 1
            if row[0] != after:
                raise _gone(connection, plan, after)
        if not page:
            raise _gone(connection, plan, after + 1)
        yield [rows.check(plan.document, row[:-1]) for row in page], [row[-1] for row in page]


def _gone(connection: sqlite3.Connection, plan: Plan, seq: int) -> StoreError:
    """Why an event isn't where it should be."""
    if history.newest_segment(connection, plan.number) != plan.newest:
        return Overtaken(plan.document)
    return CorruptLog(plan.document, seq, "missing")


def insert(ledger: Ledger, plan: Plan, sealed: Sealed) -> bool:
    """Put the segment in, and take out the one it replaces. False if another store packed them meanwhile.

    It needn't wait for the disk: if it is lost, the rows are there.
    """
    ledger.durable(False)
    connection = ledger.connection
    connection.execute("BEGIN IMMEDIATE")
    if history.newest_segment(connection, plan.number) != plan.newest:
        connection.execute("ROLLBACK")
        return False
    write(connection, plan.number, sealed)
    if plan.newest is not None and plan.first == plan.newest[0]:
        connection.execute(
            "DELETE FROM segments WHERE document = ? AND last = ?", (plan.number, plan.fresh - 1)
        )
    if history.segment(connection, plan.document, plan.number, plan.first - 1) != sealed.segment:
        raise StoreError(f"document {plan.document!r}: a segment came back from the file changed")
    connection.execute("COMMIT")
    return True


def write(connection: sqlite3.Connection, number: int, sealed: Sealed) -> None:
    """Put a segment into the table, for the document of that number."""
    connection.execute(
        "INSERT INTO segments"
        " (document, first, last, began, operations, envelopes, first_position, last_position, chain)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (number, *sealed.segment, sealed.first_position, sealed.last_position, sealed.chain),
    )


def remove(ledger: Ledger, number: int) -> bool:
    """Remove some of the document's rows that a segment has too. Whether there were any.

    If this is lost, they are there a while longer. The database itself refuses to remove any other.
    """
    ledger.durable(False)
    connection = ledger.connection
    newest = history.newest_segment(connection, number)
    oldest = connection.execute("SELECT min(seq) FROM events WHERE document = ?", (number,)).fetchone()[0]
    if newest is None or oldest is None or oldest > newest[1]:
        return False
    connection.execute(
        "DELETE FROM events WHERE document = ? AND seq <= ?", (number, min(newest[1], oldest + BITE - 1))
    )
    return True


def shrink(ledger: Ledger, *, spare: int) -> bool:
    """Give some of the free pages, beyond ``spare`` ones, back to the file system. Whether there were any.

    A file that was made by schema version 1 can't do that: its free pages are used again.
    """
    ledger.durable(False)
    connection = ledger.connection
    free = connection.execute("PRAGMA freelist_count").fetchone()[0]
    if free <= spare:
        return False
    # It has no rows to fetch and yet goes on with each step, which only a script takes to the end.
    connection.executescript(f"PRAGMA incremental_vacuum({min(VACUUM_PAGES, free - spare)})")
    return bool(connection.execute("PRAGMA freelist_count").fetchone()[0] < free)
