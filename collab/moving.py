"""Documents carried from store to store with their whole history."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterable, AsyncIterator, Callable

from collab.archive import ArchiveReader, event_line, first_line, last_line
from collab.chain import UNFITTING, Chain, beginning
from collab.errors import BadArchive, CorruptLog, DocumentExists, VersionConflict
from collab.hub import check_id
from collab.operation.validate import MAX_LENGTH
from collab.reading import record_of
from collab.store.base import DocumentRecord, EventStore

PAGE = 2_000
"""Events to a page: some milliseconds of work between two chances for others."""

MOST_BYTES = 1024 * 1024 * 1024
"""Bytes of a history that is taken in: it is held in memory until it is known to be whole."""


async def exported(store: EventStore, document: str) -> AsyncIterator[list[bytes]]:
    """The lines of the document's history up to its present version (`collab.archive`), in pages.

    Raises:
        DocumentNotFound: there is no such document.
        CorruptLog: an event is missing or damaged, or doesn't fit the hash chain.
    """
    record = await record_of(store, document)
    chain = Chain(beginning(document))
    seen: set[str] = set()
    yield [first_line(record)]
    after = 0
    while after < record.version:
        page = await store.rows(document, after=after, until=record.version, limit=PAGE)
        kept = dict(await store.digests(document, after=after, until=after + len(page)))
        for seq, row in enumerate(page, after + 1):
            if not chain.take(row).startswith(kept.get(seq, b"")):
                raise CorruptLog(document, seq, UNFITTING)
            seen.add(row.client)
        yield [event_line(seq, row) for seq, row in enumerate(page, after + 1)]
        after += len(page)
    # Others may have come since.
    clients = [client for client in await store.clients(document) if client.client in seen]
    yield [last_line(chain.digest, clients)]


async def adopt(
    store: EventStore,
    pieces: AsyncIterable[bytes],
    *,
    document: str | None = None,
    most: int = MAX_LENGTH,
    progress: Callable[[int, int], None] = lambda done, of: None,
) -> DocumentRecord:
    """Take in a history from ``pieces`` of such a file, under the id that it had or as ``document``.

    Nothing is written before all of it is known to be well. ``progress`` is told how many events have been looked at,
    of how many.

    Raises:
        BadArchive: it isn't a whole history, or was changed.
        DocumentTooLarge: its text has more than ``most`` units.
        InvalidName: the id isn't allowed.
        DocumentExists: there is a document of that id.
    """
    reader = ArchiveReader(document, most=most)
    async for lines in _pages(pieces):
        await asyncio.to_thread(_take, reader, lines)
        progress(len(reader.rows), reader.version)
    adoption = reader.finish()
    check_id(adoption.record.id)
    try:
        await store.adopt(adoption)
    except VersionConflict as conflict:
        raise DocumentExists(adoption.record.id) from conflict
    return adoption.record


def _take(reader: ArchiveReader, lines: list[bytes]) -> None:
    for line in lines:
        reader.take(line)


async def _pages(pieces: AsyncIterable[bytes]) -> AsyncIterator[list[bytes]]:
    """The lines in ``pieces``, some at a time."""
    rest: list[bytes] = []
    size = 0
    async for piece in pieces:
        size += len(piece)
        if size > MOST_BYTES:
            raise BadArchive(1, f"more than {MOST_BYTES} bytes")
        *ended, open_ = piece.split(b"\n")
        if ended:
            ended[0] = b"".join([*rest, ended[0]])
            rest = []
            for start in range(0, len(ended), PAGE):
                yield ended[start : start + PAGE]
        rest.append(open_)
    last = b"".join(rest)
    if last:
        yield [last]
