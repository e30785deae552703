"""Contributors: how much each author did in each document."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

import msgspec

from collab.events import Event
from collab.operation import amounts
from collab.projections.projection import Projection


class Contributor(msgspec.Struct):
    """What ``author`` did, in so many ``documents``: ``inserted`` and ``deleted`` are UTF-16 units, times µs since
    1970."""

    author: str
    documents: int
    edits: int
    inserted: int
    deleted: int
    first_at: int
    last_at: int


class Contributors(Projection):
    name = "contributors"
    tables = """
        CREATE TABLE contributions (
            document TEXT    NOT NULL,
            author   TEXT    NOT NULL,
            edits    INTEGER NOT NULL,
            inserted INTEGER NOT NULL,
            deleted  INTEGER NOT NULL,
            first_at INTEGER NOT NULL,
            last_at  INTEGER NOT NULL,
            PRIMARY KEY (document, author)
        ) WITHOUT ROWID;
        CREATE INDEX contributions_by_author ON contributions (author);
    """

    def events(self, model: sqlite3.Connection, events: Sequence[Event]) -> None:
        done: dict[tuple[str, str], list[int]] = {}
        for event in events:
            if not (op := event.op):
                continue
            key, at = (event.document, event.author), event.at
            share = done.get(key)
            if share is None:
                share = done[key] = [0, 0, 0, at, at]
            inserted, deleted = amounts(op)
            share[0] += 1
            share[1] += inserted
            share[2] += deleted
            share[4] = at
        model.executemany(
            "INSERT INTO contributions (document, author, edits, inserted, deleted, first_at, last_at)"
            " VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET edits = edits + excluded.edits,"
            " inserted = inserted + excluded.inserted, deleted = deleted + excluded.deleted,"
            " last_at = excluded.last_at",
            [(*key, *share) for key, share in done.items()],
        )


def contributors(
    model: sqlite3.Connection, *, document: str | None = None, start: int = 0, limit: int
) -> list[Contributor]:
    """Who did most first: in ``document``, or in all; ``start`` of them are left out."""
    where, values = ("WHERE document = ?", [document]) if document is not None else ("", [])
    found = model.execute(
        "SELECT author, count(*), sum(edits) AS edits, sum(inserted), sum(deleted), min(first_at), max(last_at)"
        f" FROM contributions {where} GROUP BY author ORDER BY edits DESC, author LIMIT ? OFFSET ?",
        (*values, limit, start),
    )
    return [Contributor(*row) for row in found]
