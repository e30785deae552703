"""The SQL that adds to the log: many appends, one transaction.

The writer's connection remembers the numbers and versions of the documents it wrote last, so that an append
takes no questions. SQLite tells when another connection has changed the file, and then all is forgotten.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import Any

from collab.chain import MARK_BYTES, beginning, link
from collab.errors import StoreError, VersionConflict
from collab.events import Event, Tagged, TagRenamed, Untagged
from collab.store.base import MOST_VISITORS, ClientRecord, Visit
from collab.store.rows import Prepared

REMEMBERED = 4_096
"""Documents whose heads are remembered, some kilobytes each with a few clients, before all are forgotten."""

REMEMBERED_CLIENTS = 65_536
"""And clients of theirs, some 200 bytes each."""

Outcome = int | StoreError
"""The position of an append's first event, or why it was refused."""


class AppendFailed(Exception):
    """One append could not be written, and its transaction is to be undone. The cause is chained."""


class _Head:
    """Where a document's log ends, and the rows of those clients that were met: ``mains`` by their id, with
    the key, and ``numbers`` by client and author."""

    __slots__ = ("digest", "level", "mains", "number", "numbers", "updated_at", "version")

    def __init__(self, number: int, version: int, updated_at: int, digest: bytes | None, level: int) -> None:
        self.number = number
        self.version = version
        self.updated_at = updated_at
        self.digest = digest
        self.level = level
        self.mains: dict[str, int] = {}
        self.numbers: dict[tuple[str, str], int] = {}


class _Rows:
    """What one transaction writes, gathered so that each statement runs once for all appends."""

    def __init__(self) -> None:
        self.events: list[tuple[Any, ...]] = []
        self.accepted: list[tuple[int, int]] = []
        self.heads: list[tuple[int, int, int, bytes | None, int]] = []
        self.titles: list[tuple[str, int]] = []
        self.levels: list[tuple[int, int]] = []
        self.tagging: list[tuple[int, Event]] = []

    def write(self, connection: sqlite3.Connection) -> None:
        connection.executemany(
            "INSERT INTO events"
            " (document, seq, position, type, version, client, client_seq, at, payload, checksum, mark)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            self.events,
        )
        if self.accepted:
            connection.executemany("UPDATE clients SET accepted = ? WHERE number = ?", self.accepted)
        connection.executemany(
            "UPDATE documents SET version = ?, updated_at = ?, position = ?, digest = ? WHERE number = ?",
            self.heads,
        )
        if self.titles:
            connection.executemany("UPDATE documents SET title = ? WHERE number = ?", self.titles)
        if self.levels:
            connection.executemany("UPDATE documents SET level = ? WHERE number = ?", self.levels)
        for number, event in self.tagging:
            _tag(connection, number, event)


def _tag(connection: sqlite3.Connection, number: int, event: Event) -> None:
    """Bring the table of tags up to date with ``event`` of the document of that number."""
    payload = event.payload
    if isinstance(payload, Tagged):
        connection.execute(
            "INSERT INTO tags (document, number, version, name, author, at) VALUES (?, ?, ?, ?, ?, ?)",
            (number, event.seq, payload.version, payload.name, event.author, event.at),
        )
    elif isinstance(payload, TagRenamed):
        connection.execute(
            "UPDATE tags SET name = ? WHERE document = ? AND number = ?", (payload.name, number, payload.tag)
        )
    elif isinstance(payload, Untagged):
        connection.execute("DELETE FROM tags WHERE document = ? AND number = ?", (number, payload.tag))


class Ledger:
    """The connection that writes, and what it remembers of the last transactions."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.connection = connection
        self._durable: bool | None = None
        self.forget()

    def forget(self) -> None:
        """After a failure: what is remembered may not be in the file."""
        self._heads: dict[str, _Head] = {}
        self._clients = 0
        self._position = -1
        self._seen = -1

    def durable(self, durable: bool) -> None:
        """Whether the next transactions wait for the disk."""
        if self._durable is not durable:
            self._durable = None
            self.connection.execute(f"PRAGMA synchronous = {'FULL' if durable else 'NORMAL'}")
            self._durable = durable

    def commit(self, batch: Sequence[Prepared]) -> list[Outcome]:
        """Write ``batch`` in one transaction, and say what became of each.

        An append that is refused for what it says changes nothing, and the others are committed. On
        an exception nothing was committed, and the caller has to roll back and `forget`.

        Raises:
            AppendFailed: SQLite couldn't write one of them; without it the others may do.
            sqlite3.Error: the transaction couldn't begin or be committed.
        """
        connection = self.connection
        self.durable(True)
        connection.execute("BEGIN IMMEDIATE")
        self._refresh()
        start = self._position
        rows = _Rows()
        try:
            outcomes = [self._take(prepared, rows) for prepared in batch]
            if self._position > start:
                rows.write(connection)
        except (sqlite3.Error, OverflowError) as error:
            raise AppendFailed from error
        if self._position > start:
            connection.execute("UPDATE log SET position = ?", (self._position,))
        connection.execute("COMMIT")
        return outcomes

    def _refresh(self) -> None:
        """Behind the lock: see whether others have written, and where the log ends."""
        seen = self.connection.execute("PRAGMA data_version").fetchone()[0]
        if seen != self._seen or len(self._heads) > REMEMBERED or self._clients > REMEMBERED_CLIENTS:
            self.forget()
            self._seen = seen
            self._position = self.connection.execute("SELECT position FROM log").fetchone()[0]

    def _take(self, prepared: Prepared, rows: _Rows) -> Outcome:
        head = self._heads.get(prepared.document) or self._load(prepared.document)
        found = head.version if head else 0
        if found != prepared.expected:
            return VersionConflict(prepared.document, prepared.expected, found)
        if head and prepared.began < head.updated_at:
            return StoreError(
                f"document {prepared.document!r}: {prepared.began} is before the last event's {head.updated_at}"
            )
        if head is None:
            head = self._create(prepared)
        number, numbers = head.number, head.numbers
        for record in prepared.clients:
            self._client(head, record, rows)
        for client, author in prepared.people:
            if (client, author) not in numbers:
                self._insert_client(head, client, author, None, 0)
        position = self._position + 1
        shift = position - prepared.expected - 1
        marks = _marks(head, prepared)
        rows.events += [
            (
                number,
                seq,
                shift + seq,
                type_,
                version,
                numbers[person],
                client_seq,
                at,
                payload,
                checksum,
                mark,
            )
            for (seq, type_, version, person, client_seq, at, payload, checksum, _), mark in zip(
                prepared.rows, marks, strict=True
            )
        ]
        head.version = prepared.expected + len(prepared.rows)
        head.updated_at = prepared.ended
        self._position += len(prepared.rows)
        rows.heads.append((head.version, head.updated_at, self._position, head.digest, number))
        if prepared.level > head.level:
            head.level = prepared.level
            rows.levels.append((head.level, number))
        rows.tagging += [(number, event) for event in prepared.tagging]
        if prepared.title is not None:
            rows.titles.append((prepared.title, number))
        return position

    def _load(self, document: str) -> _Head | None:
        found = self.connection.execute(
            "SELECT number, version, updated_at, digest, level FROM documents WHERE id = ?", (document,)
        ).fetchone()
        if found is None:
            return None
        head = self._heads[document] = _Head(*found)
        return head

    def _create(self, prepared: Prepared) -> _Head:
        created = prepared.created
        assert created is not None, "prepare() lets nothing else be a first event"
        at = prepared.began
        number = self.connection.execute(
            "INSERT INTO documents (id, epoch, kind, title, version, created_at, updated_at)"
            " VALUES (?, ?, ?, ?, 0, ?, ?)",
            (prepared.document, created.epoch, created.kind, created.title, at, at),
        ).lastrowid
        assert number is not None
        head = self._heads[prepared.document] = _Head(number, 0, at, beginning(prepared.document), 1)
        return head

    def _client(self, head: _Head, record: ClientRecord, rows: _Rows) -> None:
        """Bring the client's row with the key up to date."""
        main = head.mains.get(record.client) or self._meet(head, record.client)
        if main is None:
            head.mains[record.client] = self._insert_client(
                head, record.client, record.author, record.key_hash, record.accepted
            )
        else:
            rows.accepted.append((record.accepted, main))

    def _meet(self, head: _Head, client: str) -> int | None:
        """Learn the rows that a client has; the number of the one with the key, if any."""
        for number, author, has_key in self.connection.execute(
            "SELECT number, author, key_hash IS NOT NULL FROM clients WHERE document = ? AND client = ?",
            (head.number, client),
        ):
            head.numbers[client, author] = number
            self._clients += 1
            if has_key:
                head.mains[client] = number
        return head.mains.get(client)

    def _insert_client(
        self, head: _Head, client: str, author: str, key_hash: bytes | None, accepted: int
    ) -> int:
        number = self.connection.execute(
            "INSERT INTO clients (document, client, author, key_hash, accepted) VALUES (?, ?, ?, ?, ?)",
            (head.number, client, author, key_hash, accepted),
        ).lastrowid
        assert number is not None
        head.numbers[client, author] = number
        self._clients += 1
        return number


def _marks(head: _Head, prepared: Prepared) -> Sequence[bytes | None]:
    """The beginnings of the events' digests, the last of which is the head's from now on; nothing where there is no
    chain."""
    digest = head.digest
    if digest is None:
        return [None] * len(prepared.rows)
    marks = []
    for row in prepared.rows:
        digest = link(digest, row[-1])
        marks.append(digest[:MARK_BYTES])
    head.digest = digest
    return marks


def save_snapshot(ledger: Ledger, document: str, version: int, content: bytes) -> None:
    """Keep a snapshot, in a transaction that needn't wait for the disk: losing one loses nothing.

    Raises:
        StoreError: there is no such document.
    """
    ledger.durable(False)
    saved = ledger.connection.execute(
        "INSERT OR REPLACE INTO snapshots (document, version, content)"
        " SELECT number, ?, ? FROM documents WHERE id = ?",
        (version, content, document),
    ).rowcount
    if not saved:
        raise StoreError(f"there is no document {document!r} to keep a snapshot of")


def note_visit(ledger: Ledger, document: str, author: str, visit: Visit) -> None:
    """Note up to where somebody has seen a document, unless they have seen more: likewise, for it is asked again.

    Raises:
        StoreError: there is no such document.
    """
    ledger.durable(False)
    execute = ledger.connection.execute
    number = execute("SELECT number FROM documents WHERE id = ?", (document,)).fetchone()
    if number is None:
        raise StoreError(f"there is no document {document!r} that could be visited")
    execute(
        "INSERT INTO visits (document, author, version, at) VALUES (?, ?, ?, ?)"
        " ON CONFLICT DO UPDATE SET version = excluded.version, at = excluded.at"
        " WHERE (excluded.version, excluded.at) > (version, at)",
        (*number, author, visit.version, visit.at),
    )
    visitors = execute("SELECT count(*) FROM visits WHERE document = ?", number).fetchone()[0]
    if visitors > MOST_VISITORS:
        execute(
            "DELETE FROM visits WHERE document = ?1 AND author ="
            " (SELECT author FROM visits WHERE document = ?1 ORDER BY at LIMIT 1)",
            number,
        )


def delete_snapshot(ledger: Ledger, document: str, version: int) -> None:
    """Forget a snapshot, if it is there."""
    ledger.durable(False)
    ledger.connection.execute(
        "DELETE FROM snapshots WHERE version = ? AND document = (SELECT number FROM documents WHERE id = ?)",
        (version, document),
    )
