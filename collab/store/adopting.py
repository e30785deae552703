"""A whole history from elsewhere into the store, in one short transaction.

The long work, packing it, is done before and by another thread; what is left for the writer are some segments.
"""

from __future__ import annotations

from collections.abc import Callable

from collab.chain import DIGEST_BYTES, Chain, beginning
from collab.errors import VersionConflict
from collab.store import sealing
from collab.store.base import Adoption
from collab.store.sealing import FULL, Sealed
from collab.store.transaction import Ledger


def segments(adoption: Adoption, pause: Callable[[], None]) -> list[Sealed]:
    """The history packed, its positions counted from 1."""
    document, rows = adoption.record.id, adoption.rows
    digest = beginning(document)
    found = []
    for start in range(0, len(rows), FULL):
        whole = [row._replace(position=start + 1 + i) for i, row in enumerate(rows[start : start + FULL])]
        chain = Chain(digest, start)
        for row in whole:
            chain.take(row)
        digest = chain.digest
        found.append(sealing.seal(document, start + 1, whole, chain, pause))
    return found


def adopt(ledger: Ledger, adoption: Adoption, packed: list[Sealed]) -> int:
    """Write the document with its segments, and return the position of its first event.

    Raises:
        VersionConflict: there is a document of that id.
    """
    ledger.durable(True)
    connection = ledger.connection
    record = adoption.record
    connection.execute("BEGIN IMMEDIATE")
    ledger.forget()
    known = connection.execute("SELECT version FROM documents WHERE id = ?", (record.id,)).fetchone()
    if known is not None:
        connection.execute("ROLLBACK")
        raise VersionConflict(record.id, 0, known[0])
    before: int = connection.execute("SELECT position FROM log").fetchone()[0]
    last = before + record.version
    digest = packed[-1].chain
    assert digest is not None
    number = connection.execute(
        "INSERT INTO documents (id, epoch, kind, title, version, created_at, updated_at, position, digest, level)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (record.id, record.epoch, record.kind, record.title, record.version, record.created_at)
        + (record.updated_at, last, digest[-DIGEST_BYTES:], record.level),
    ).lastrowid
    assert number is not None
    for sealed in packed:
        sealing.write(connection, number, _moved(sealed, record.id, before))
    # In the order in which they came. Who acted through a client that another had begun, as all do through the
    # server's, has no key.
    people: dict[tuple[str, str], tuple[bytes | None, int]]
    people = {(row.client, row.author): (None, 0) for row in adoption.rows}
    people |= {(c.client, c.author): (c.key_hash, c.accepted) for c in adoption.clients}
    connection.executemany(
        "INSERT INTO clients (document, client, author, key_hash, accepted) VALUES (?, ?, ?, ?, ?)",
        [(number, *person, *key) for person, key in people.items()],
    )
    connection.executemany(
        "INSERT INTO tags (document, number, version, name, author, at) VALUES (?, ?, ?, ?, ?, ?)",
        [(number, t.number, t.version, t.name, t.author, t.at) for t in adoption.tags],
    )
    connection.execute("UPDATE log SET position = ?", (last,))
    connection.execute("COMMIT")
    return before + 1


def _moved(sealed: Sealed, document: str, by: int) -> Sealed:
    return sealed._replace(
        segment=sealed.segment.moved(document, by),
        first_position=sealed.first_position + by,
        last_position=sealed.last_position + by,
    )
