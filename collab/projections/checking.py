"""Whether a model is exact: it is built from nothing once more, and both have to be the same to the byte."""

from __future__ import annotations

import asyncio
import hashlib
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import msgspec

from collab.projections.advancing import Advancer
from collab.projections.faults import ModelParked
from collab.projections.model import BUSY_SECONDS, OWN, Model
from collab.projections.projection import Projection
from collab.projections.source import Source
from collab.store.base import EventStore
from collab.store.schema import uri


class Verdict(msgspec.Struct, frozen=True):
    """SHA-256 of all rows of a model, and of one that was built from nothing, both at ``position``. ``differs`` names
    the tables in which they differ."""

    position: int
    digest: str
    rebuilt: str
    differs: list[str]


def contents(connection: sqlite3.Connection) -> Iterator[tuple[str, bytes]]:
    """All rows of a projection's tables, each as SQL literals with the name of its table, in an order of their own.

    Of an FTS5 table that is what was indexed; the index itself may be laid out in many ways.
    """
    tables = connection.execute(
        "SELECT name, coalesce(sql, '') LIKE 'CREATE VIRTUAL%' FROM sqlite_master WHERE type = 'table' ORDER BY name"
    ).fetchall()
    virtual = [name for name, is_virtual in tables if is_virtual]
    for name, is_virtual in tables:
        if name.startswith((OWN, "sqlite_")) or any(name.startswith(f"{each}_") for each in virtual):
            continue
        columns = [column for _, column, *_ in connection.execute(f'PRAGMA table_info("{name}")')]
        quoted = ", ".join(
            f'quote("{column}")' for column in (["rowid", *columns] if is_virtual else columns)
        )
        order = ", ".join(map(str, range(1, quoted.count("quote(") + 1)))
        for row in connection.execute(f'SELECT {quoted} FROM "{name}" ORDER BY {order}'):
            yield name, "|".join(row).encode()


def digests(path: Path) -> dict[str, str]:
    """The SHA-256 of each table of the model at ``path``; an FTS5 index that doesn't agree with what was indexed has
    none."""
    found: dict[str, hashlib._Hash] = {}
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        for table, row in contents(connection):
            found.setdefault(table, hashlib.sha256()).update(row + b"\n")
        sums = {table: digest.hexdigest() for table, digest in found.items()}
        for (name,) in connection.execute(
            "SELECT name FROM sqlite_master WHERE sql LIKE 'CREATE VIRTUAL TABLE%USING fts5%'"
        ).fetchall():
            try:
                connection.execute(f'INSERT INTO "{name}" ("{name}") VALUES (\'integrity-check\')')
            except sqlite3.DatabaseError:
                sums[name] = "none: its index disagrees"
    return sums


def _whole(tables: dict[str, str]) -> str:
    return hashlib.sha256(msgspec.json.encode(sorted(tables.items()))).hexdigest()


async def verdict(
    current: Path,
    projection: Projection,
    store: EventStore,
    *,
    now: Callable[[], int],
    told: Callable[[int, int], None] = lambda position, until: None,
) -> Verdict:
    """Build the model at ``current`` once more, somewhere else and up to the same position, and compare the two.

    ``told`` hears how far it is, and how far it has to come.

    Raises:
        ModelParked: the projection can't take in an event: one that was skipped, say.
        StoreError: the log or the model can't be read.
    """
    with tempfile.TemporaryDirectory(prefix="collab-check-") as folder:
        copy, fresh = Path(folder, "copy.db"), Path(folder, "fresh.db")
        await asyncio.to_thread(_copy, current, copy)
        copied = await asyncio.to_thread(Model, copy, projection)
        until = copied.state().position
        copied.close()
        model = await asyncio.to_thread(lambda: Model(fresh, projection, create=True))
        try:
            advancer = Advancer(model, Source(store, until=until), now=now, building=False)
            while (step := await advancer.step()).position < until:
                if step.parked is not None:
                    raise ModelParked(projection.name, step.parked.position, step.parked.reason)
                told(step.position, until)
        finally:
            model.close()
        there, rebuilt = await asyncio.to_thread(digests, copy), await asyncio.to_thread(digests, fresh)
    differs = sorted(
        table for table in there.keys() | rebuilt.keys() if there.get(table) != rebuilt.get(table)
    )
    return Verdict(until, _whole(there), _whole(rebuilt), differs)


def _copy(model: Path, to: Path) -> None:
    """A copy of one moment, which doesn't hold up who brings the model forward."""
    with closing(
        sqlite3.connect(uri(model, "mode=ro"), uri=True, isolation_level=None, timeout=BUSY_SECONDS)
    ) as connection:
        connection.execute("VACUUM INTO ?", (str(to),))
