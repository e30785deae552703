"""The SQL that adds to the log: many appends, one transaction."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

from collab.errors import StoreError, VersionConflict
from collab.store.base import ClientRecord
from collab.store.rows import Prepared

Outcome = int | StoreError
"""The position of an append's first event, or why it was refused."""


class AppendFailed(Exception):
    """One append could not be written, and its transaction is to be undone. The cause is chained."""


def commit(connection: sqlite3.Connection, batch: Sequence[Prepared]) -> list[Outcome]:
    """Write ``batch`` in one transaction, and say what became of each.

    An append that is refused for what it says changes nothing, and the others are committed. On
    an exception nothing was committed, and the caller has to roll back.

    Raises:
        AppendFailed: SQLite couldn't write one of them; without it the others may do.
        sqlite3.Error: the transaction couldn't begin or be committed.
    """
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("BEGIN IMMEDIATE")
    start = position = connection.execute("SELECT position FROM log").fetchone()[0]
    outcomes: list[Outcome] = []
    for prepared in batch:
        try:
            outcome = _write(connection, prepared, position + 1)
        except (sqlite3.Error, OverflowError) as error:
            raise AppendFailed from error
        if isinstance(outcome, int):
            position += len(prepared.rows)
        outcomes.append(outcome)
    if position > start:
        connection.execute("UPDATE log SET position = ?", (position,))
    connection.execute("COMMIT")
    return outcomes


def _write(connection: sqlite3.Connection, prepared: Prepared, position: int) -> Outcome:
    head = connection.execute(
        "SELECT number, version, updated_at FROM documents WHERE id = ?", (prepared.document,)
    ).fetchone()
    number: int | None
    number, found, updated_at = head or (None, 0, 0)
    if found != prepared.expected:
        return VersionConflict(prepared.document, prepared.expected, found)
    first, last = prepared.rows[0], prepared.rows[-1]
    if first.at < updated_at:
        return StoreError(
            f"document {prepared.document!r}: {first.at} is before the last event's {updated_at}"
        )
    if number is None:
        created = prepared.created
        assert created is not None, "prepare() lets nothing else be a first event"
        number = connection.execute(
            "INSERT INTO documents (id, epoch, kind, title, version, created_at, updated_at)"
            " VALUES (?, ?, ?, ?, 0, ?, ?)",
            (prepared.document, created.epoch, created.kind, created.title, first.at, first.at),
        ).lastrowid
    assert number is not None
    authors = {(row.client, row.author) for row in prepared.rows}
    numbers: dict[tuple[str, str], int] = {}
    for record in prepared.clients:
        wanted = [author for client, author in authors if client == record.client]
        numbers |= _write_client(connection, number, record, wanted)
    connection.executemany(
        "INSERT INTO events"
        " (position, document, seq, type, version, client, client_seq, at, payload, checksum)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [
            (
                position + row.seq - first.seq,
                number,
                row.seq,
                row.type,
                row.version,
                numbers[row.client, row.author],
                row.client_seq,
                row.at,
                row.payload,
                row.checksum,
            )
            for row in prepared.rows
        ],
    )
    connection.execute(
        "UPDATE documents SET version = ?, updated_at = ? WHERE number = ?", (last.seq, last.at, number)
    )
    if prepared.title is not None:
        connection.execute("UPDATE documents SET title = ? WHERE number = ?", (prepared.title, number))
    return position


def _write_client(
    connection: sqlite3.Connection, document: int, record: ClientRecord, authors: Sequence[str]
) -> dict[tuple[str, str], int]:
    """Bring the client's row up to date; the number of its row for each of ``authors``."""
    rows = connection.execute(
        "SELECT number, author, key_hash IS NOT NULL FROM clients WHERE document = ? AND client = ?",
        (document, record.client),
    ).fetchall()
    numbers = {(record.client, author): number for number, author, _ in rows}
    main = next((number for number, _, has_key in rows if has_key), None)
    if main is None:
        numbers[record.client, record.author] = _insert_client(
            connection, document, record.client, record.author, record.key_hash, record.accepted
        )
    else:
        connection.execute("UPDATE clients SET accepted = ? WHERE number = ?", (record.accepted, main))
    for author in authors:
        if (record.client, author) not in numbers:
            numbers[record.client, author] = _insert_client(
                connection, document, record.client, author, None, 0
            )
    return numbers


def _insert_client(
    connection: sqlite3.Connection,
    document: int,
    client: str,
    author: str,
    key_hash: bytes | None,
    accepted: int,
) -> int:
    number = connection.execute(
        "INSERT INTO clients (document, client, author, key_hash, accepted) VALUES (?, ?, ?, ?, ?)",
        (document, client, author, key_hash, accepted),
    ).lastrowid
    assert number is not None
    return number


def save_snapshot(connection: sqlite3.Connection, document: str, version: int, content: bytes) -> None:
    """Keep a snapshot, in a transaction that doesn't wait for the disk: losing one loses nothing.

    Raises:
        StoreError: there is no such document.
    """
    connection.execute("PRAGMA synchronous = NORMAL")
    saved = connection.execute(
        "INSERT OR REPLACE INTO snapshots (document, version, content)"
        " SELECT number, ?, ? FROM documents WHERE id = ?",
        (version, content, document),
    ).rowcount
    if not saved:
        raise StoreError(f"there is no document {document!r} to keep a snapshot of")


def delete_snapshot(connection: sqlite3.Connection, document: str, version: int) -> None:
    """Forget a snapshot, if it is there, and don't wait for the disk either."""
    connection.execute("PRAGMA synchronous = NORMAL")
    connection.execute(
        "DELETE FROM snapshots WHERE version = ? AND document = (SELECT number FROM documents WHERE id = ?)",
        (version, document),
    )
