"""What the file keeps of the hash chains, and the chains of histories that were written before there were any."""

from __future__ import annotations

import logging
import sqlite3

from collab.chain import Chain, beginning, unsealed
from collab.errors import CorruptLog
from collab.segments import BadSegment, Segment, Unpacked
from collab.store import rows

PIECE = 10_000
"""Events read at a time, some megabytes."""

logger = logging.getLogger("collab.store")


def digests(
    connection: sqlite3.Connection, document: str, *, after: int, until: int
) -> list[tuple[int, bytes]]:
    """The beginnings of the digests of events with ``after`` < seq ≤ ``until``, as far as they are kept."""
    head = connection.execute(
        "SELECT number, version, digest FROM documents WHERE id = ?", (document,)
    ).fetchone()
    if head is None or head[2] is None:
        return []
    number, version, digest = head
    found: list[tuple[int, bytes]] = []
    packed = 0
    for first, packed, kept in connection.execute(
        "SELECT first, last, chain FROM segments WHERE document = ? AND last > ? ORDER BY last",
        (number, after),
    ):
        found += unsealed(kept or b"", first, packed)
    found += connection.execute(
        "SELECT seq, mark FROM events WHERE document = ? AND seq > ? AND mark IS NOT NULL ORDER BY seq",
        (number, max(after, packed)),
    )
    found = [(seq, mark) for seq, mark in found if after < seq <= until and seq != version]
    return [*found, (version, digest)] if after < version <= until else found


def chain_all(connection: sqlite3.Connection) -> None:
    """Fill in what schema version 3 keeps of events, some million of them in ten seconds.

    A document whose history is damaged stays without, and all else is as well as before.
    """
    for number, document in connection.execute("SELECT number, id FROM documents").fetchall():
        chain: Chain | None = Chain(beginning(document))
        try:
            assert chain is not None
            last = _segments(connection, number, document, chain)
            position = _rows(connection, number, document, chain, last)
        except CorruptLog as damage:
            logger.warning("document %s has no hash chain from now on: %s", document, damage)
            chain = None
            # The log is told all the same, but for what is damaged.
            (position,) = connection.execute(
                "SELECT max(position) FROM events WHERE document = ?", (number,)
            ).fetchone()
        connection.execute(
            "UPDATE documents SET digest = ?, position = coalesce(?, position) WHERE number = ?",
            (chain and chain.digest, position, number),
        )


def _segments(connection: sqlite3.Connection, number: int, document: str, chain: Chain) -> int:
    """Fill in the segments' columns, of those behind a damaged one too; the last event that they have."""
    last = position = 0
    damage: CorruptLog | None = None
    for packed in connection.execute(
        "SELECT first, last, began, operations, envelopes FROM segments WHERE document = ? ORDER BY last",
        (number,),
    ).fetchall():
        try:
            unpacked = Unpacked(document, Segment(*packed))
        except BadSegment as bad:
            damage = damage or CorruptLog(document, packed[0] + bad.index, str(bad))
            continue
        found = unpacked.rows(packed[0] - 1, packed[1])
        start, last = packed[0], packed[1]
        part = Chain(chain.digest, start - 1)
        for row in found:
            part.take(row)
        chain.digest = part.digest
        position = found[-1].position
        connection.execute(
            "UPDATE segments SET first_position = ?, last_position = ?, chain = ?"
            " WHERE document = ? AND last = ?",
            (found[0].position, position, None if damage else part.sealed(), number, last),
        )
    connection.execute("UPDATE documents SET position = ? WHERE number = ?", (position, number))
    if damage is not None:
        raise damage
    return last


def _rows(connection: sqlite3.Connection, number: int, document: str, chain: Chain, after: int) -> int | None:
    """Take the events after ``after`` into the chain; the position of the last one."""
    part = Chain(chain.digest, after)
    position = None
    while page := connection.execute(
        f"SELECT {rows.COLUMNS} {rows.TABLES} WHERE e.document = ? AND e.seq > ? ORDER BY e.seq LIMIT ?",
        (number, after, PIECE),
    ).fetchall():
        for found in page:
            after += 1
            if found[0] != after:
                raise CorruptLog(document, after, f"missing, the next one is {found[0]}")
            row = rows.check(document, found)
            position = row.position
            part.take(row)
    chain.digest = part.digest
    return position
