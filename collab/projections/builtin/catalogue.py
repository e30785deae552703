"""The catalogue: what documents there are, how long they are, and who did something in them last."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

import msgspec

from collab.events import Created, Event, Renamed
from collab.operation import amounts
from collab.projections.projection import Projection

MOST_AUTHORS = 10
"""Authors that are named of each document."""

_COLUMNS = "id, kind, title, versions, length, edits, created_at, updated_at, last_author, author_count"

# By which column each order goes, and whether the greatest comes first.
ORDERS: dict[str, tuple[str, bool]] = {
    "updated": ("updated_at", True),
    "created": ("created_at", True),
    "title": ("folded", False),
    "length": ("length", True),
}


class Catalogued(msgspec.Struct):
    """A line of the catalogue. ``length`` is in UTF-16 units, times are in µs since 1970; ``versions`` is the number of
    the newest, ``edits`` how many of them have changed the text. ``authors`` are the first `MOST_AUTHORS`."""

    id: str
    kind: str
    title: str
    versions: int
    length: int
    edits: int
    created_at: int
    updated_at: int
    last_author: str
    author_count: int
    authors: list[str] = []


class Catalogue(Projection):
    name = "catalogue"
    tables = """
        CREATE TABLE documents (
            id           TEXT    PRIMARY KEY,
            kind         TEXT    NOT NULL,
            title        TEXT    NOT NULL,
            versions     INTEGER NOT NULL,
            length       INTEGER NOT NULL,
            edits        INTEGER NOT NULL,
            created_at   INTEGER NOT NULL,
            updated_at   INTEGER NOT NULL,
            last_author  TEXT    NOT NULL,
            author_count INTEGER NOT NULL,
            folded       TEXT    NOT NULL
        ) WITHOUT ROWID;
        CREATE INDEX documents_by_update ON documents (updated_at, id);
        CREATE INDEX documents_by_creation ON documents (created_at, id);
        CREATE INDEX documents_by_title ON documents (folded, id);
        CREATE INDEX documents_by_length ON documents (length, id);
        CREATE TABLE authors (
            document TEXT    NOT NULL,
            number   INTEGER NOT NULL,
            author   TEXT    NOT NULL,
            PRIMARY KEY (document, number),
            UNIQUE (document, author)
        ) WITHOUT ROWID;
    """

    def events(self, model: sqlite3.Connection, events: Sequence[Event]) -> None:
        touched: dict[str, Catalogued] = {}
        for event in events:
            line = touched.get(event.document)
            if line is None:
                line = touched[event.document] = _line(model, event)
            _take(model, line, event)
        model.executemany(
            f"INSERT OR REPLACE INTO documents ({_COLUMNS}, folded) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [
                (*(getattr(line, name) for name in _COLUMNS.split(", ")), (line.title or line.id).casefold())
                for line in touched.values()
            ],
        )


def _line(model: sqlite3.Connection, event: Event) -> Catalogued:
    found = model.execute(f"SELECT {_COLUMNS} FROM documents WHERE id = ?", (event.document,)).fetchone()
    if found is not None:
        return Catalogued(*found)
    return Catalogued(event.document, "text", "", 0, 0, 0, event.at, event.at, "", 0)


def _take(model: sqlite3.Connection, line: Catalogued, event: Event) -> None:
    payload = event.payload
    if isinstance(payload, Created):
        line.kind, line.title = payload.kind, payload.title
    elif isinstance(payload, Renamed):
        line.title = payload.title
    if op := event.op:
        inserted, deleted = amounts(op)
        line.length += inserted - deleted
        line.edits += 1
    line.versions, line.updated_at = event.seq, event.at
    if event.author != line.last_author:
        line.last_author = event.author
        line.author_count += model.execute(
            "INSERT OR IGNORE INTO authors (document, number, author) VALUES (?, ?, ?)",
            (line.id, line.author_count + 1, event.author),
        ).rowcount


def catalogued(
    model: sqlite3.Connection,
    *,
    title: str = "",
    order: str = "updated",
    cursor: tuple[str | int, str] | None = None,
    limit: int,
) -> list[tuple[Catalogued, tuple[str | int, str]]]:
    """Lines in their ``order``, the newest or longest first, each with the ``cursor`` for what follows it.

    Only documents whose title has ``title`` in it, whatever the case; of those without a title, the id.
    """
    column, descending = ORDERS[order]
    beyond, direction = ("<", "DESC") if descending else (">", "ASC")
    where = "(:title = '' OR instr(folded, :title))"
    if cursor is not None:
        where += f" AND ({column}, id) {beyond} (:key, :id)"
    key, last = cursor or ("", "")
    found = model.execute(
        f"SELECT {_COLUMNS}, {column} FROM documents WHERE {where}"
        f" ORDER BY {column} {direction}, id {direction} LIMIT :limit",
        {"title": title.casefold(), "key": key, "id": last, "limit": limit},
    ).fetchall()
    lines = []
    for *columns, key in found:
        line = Catalogued(*columns)
        line.authors = [
            author
            for (author,) in model.execute(
                "SELECT author FROM authors WHERE document = ? ORDER BY number LIMIT ?",
                (line.id, MOST_AUTHORS),
            )
        ]
        lines.append((line, (key, line.id)))
    return lines
