"""The whole log in order, read from the places where it lies: documents' segments and rows."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator

from collab.errors import CorruptLog, StoreDamaged
from collab.segments import BadSegment, Segment, Unpacked
from collab.store import rows
from collab.store.base import Logged

_SEGMENTS = """
SELECT d.id, s.first, s.last, s.began, s.operations, s.envelopes
FROM segments AS s JOIN documents AS d ON d.number = s.document
WHERE s.last_position > :after AND s.first_position <= :until
"""

_ROWS = f"""
SELECT d.id, {rows.COLUMNS}
FROM documents AS d
JOIN events AS e ON e.document = d.number AND e.seq > max(
    -- Each event of a document takes a position at least, so no older one can be behind "after".
    d.version - (d.position - :after),
    coalesce((SELECT max(last) FROM segments WHERE document = d.number), 0)
)
LEFT JOIN clients AS c ON c.number = e.client
WHERE d.position > :after AND e.position > :after AND e.position <= :until
"""


def position(connection: sqlite3.Connection) -> int:
    """The position of the newest event, 0 if there is none."""
    newest: int = connection.execute("SELECT position FROM log").fetchone()[0]
    return newest


def log(connection: sqlite3.Connection, *, after: int, limit: int) -> list[Logged]:
    """The events of all documents at the positions after ``after``, at most ``limit``.

    Raises:
        CorruptLog: an event is damaged.
        StoreDamaged: one is missing.
    """
    until = min(position(connection), after + limit)
    if after >= until:
        return []
    window = {"after": after, "until": until}
    found = [
        *_packed(connection, window),
        *(
            Logged(document, row[0], rows.check(document, row))
            for document, *row in connection.execute(_ROWS, window)
        ),
    ]
    found.sort(key=lambda logged: logged.row.position)
    for expected, logged in enumerate(found, after + 1):
        if logged.row.position != expected:
            raise StoreDamaged(f"position {expected} of the log is missing")
    if len(found) < until - after:
        raise StoreDamaged(f"position {after + len(found) + 1} of the log is missing")
    return found


def _packed(connection: sqlite3.Connection, window: dict[str, int]) -> Iterator[Logged]:
    for document, *packed in connection.execute(_SEGMENTS, window):
        segment = Segment(*packed)
        try:
            unpacked = Unpacked(document, segment)
        except BadSegment as bad:
            raise CorruptLog(document, segment.first + bad.index, str(bad)) from bad
        first, last = unpacked.between(window["after"], window["until"])
        for seq, row in enumerate(unpacked.rows(first - 1, last), first):
            yield Logged(document, seq, row)
