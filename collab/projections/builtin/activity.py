"""The activity feed: who worked on what and when, in sessions (`collab.activity`) over all documents."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

import msgspec

from collab.activity import goes_on
from collab.events import Created, Event, Renamed
from collab.operation import amounts
from collab.projections.projection import Projection

_SESSION = "document, author, first, last, began, ended, edits, inserted, deleted, position"


class Session(msgspec.Struct):
    """What ``author`` did in ``document`` without a long pause: events ``first`` to ``last``, the last of which is at
    ``position`` in the log. Times are µs since 1970, ``inserted`` and ``deleted`` UTF-16 units."""

    document: str
    author: str
    first: int
    last: int
    began: int
    ended: int
    edits: int
    inserted: int
    deleted: int
    position: int
    title: str = ""


class Activity(Projection):
    name = "activity"
    tables = """
        CREATE TABLE sessions (
            document TEXT    NOT NULL,
            author   TEXT    NOT NULL,
            first    INTEGER NOT NULL,
            last     INTEGER NOT NULL,
            began    INTEGER NOT NULL,
            ended    INTEGER NOT NULL,
            edits    INTEGER NOT NULL,
            inserted INTEGER NOT NULL,
            deleted  INTEGER NOT NULL,
            position INTEGER NOT NULL,
            PRIMARY KEY (document, author, first)
        ) WITHOUT ROWID;
        CREATE UNIQUE INDEX sessions_by_position ON sessions (position);
        CREATE INDEX sessions_by_author ON sessions (author, position);
        CREATE INDEX sessions_by_document ON sessions (document, position);
        CREATE TABLE titles (document TEXT PRIMARY KEY, title TEXT NOT NULL) WITHOUT ROWID;
    """

    def events(self, model: sqlite3.Connection, events: Sequence[Event]) -> None:
        open_: dict[tuple[str, str], Session | None] = {}
        titles: dict[str, str] = {}
        changed: dict[tuple[str, str, int], Session] = {}
        for event in events:
            if isinstance(event.payload, (Created, Renamed)):
                titles[event.document] = event.payload.title
            op = event.op
            if not op:
                continue
            key = event.document, event.author
            session = open_[key] if key in open_ else _newest(model, *key)
            if session is None or not goes_on(session.began, session.ended, event.at):
                session = Session(*key, event.seq, event.seq, event.at, event.at, 0, 0, 0, event.position)
            open_[key] = changed[*key, session.first] = session
            inserted, deleted = amounts(op)
            session.last, session.ended, session.position = event.seq, event.at, event.position
            session.edits += 1
            session.inserted += inserted
            session.deleted += deleted
        model.executemany(
            f"INSERT OR REPLACE INTO sessions ({_SESSION}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [[getattr(session, name) for name in _SESSION.split(", ")] for session in changed.values()],
        )
        model.executemany(
            "INSERT OR REPLACE INTO titles (document, title) VALUES (?, ?)", list(titles.items())
        )


def _newest(model: sqlite3.Connection, document: str, author: str) -> Session | None:
    found = model.execute(
        f"SELECT {_SESSION} FROM sessions WHERE document = ? AND author = ? ORDER BY first DESC LIMIT 1",
        (document, author),
    ).fetchone()
    return None if found is None else Session(*found)


def sessions(
    model: sqlite3.Connection,
    *,
    document: str | None = None,
    author: str | None = None,
    before: int | None = None,
    since: int = 0,
    limit: int,
) -> list[Session]:
    """Sessions, that in which something happened last first: those whose last event is at a position before ``before``
    and after ``since``."""
    conditions = ["position > ?"]
    values: list[int | str] = [since]
    for condition, value in (("position < ?", before), ("document = ?", document), ("author = ?", author)):
        if value is not None:
            conditions.append(condition)
            values.append(value)
    found = model.execute(
        f"SELECT {_SESSION}, (SELECT title FROM titles WHERE titles.document = sessions.document) FROM sessions"
        f" WHERE {' AND '.join(conditions)} ORDER BY position DESC LIMIT ?",
        (*values, limit),
    )
    return [Session(*row) for row in found]
