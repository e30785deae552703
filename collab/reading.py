"""Documents read back from a store, at any version."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Sequence

from collab.document import Document
from collab.errors import DocumentNotFound, NotCreatedYet, UnknownVersion
from collab.events import LEVEL, Event
from collab.operation import Operation, Text
from collab.snapshots import BadSnapshot, unpack
from collab.store.base import DocumentRecord, EventStore

PAGE = 5_000
"""Events to a page when a history is read: some ms of work between two chances for others."""

SLICE = 1_000
"""Operations replayed at a stretch, some 2 ms, before others have their turn."""

logger = logging.getLogger("collab.reading")


async def events(
    store: EventStore, document: str, *, after: int = 0, until: int | None = None
) -> AsyncIterator[list[Event]]:
    """The events after version ``after`` up to ``until``, in pages that are never empty.

    Raises:
        CorruptLog: an event is missing or damaged.
    """
    while page := await store.events(document, after=after, until=until, limit=PAGE):
        yield page
        after = page[-1].seq


async def record_of(store: EventStore, document: str) -> DocumentRecord:
    """The catalogue's line for ``document``.

    Raises:
        DocumentNotFound: there is none.
    """
    record = await store.document(document)
    if record is None:
        raise DocumentNotFound(document)
    return record


async def version_at(store: EventStore, document: str, at: int) -> int:
    """The version that ``document`` had at the time ``at``, in microseconds since 1970.

    Raises:
        DocumentNotFound: there is no such document.
        NotCreatedYet: there was none at that time.
    """
    await record_of(store, document)
    version = await store.version_at(document, at)
    if not version:
        raise NotCreatedYet(document)
    return version


async def document_at(
    store: EventStore,
    document: str,
    version: int | None = None,
    *,
    max_length: int = 2**31,
    replayed: Callable[[Sequence[Operation]], None] = lambda _: None,
) -> Document:
    """``document`` at ``version``, or at its newest: the newest good snapshot and what was done since.

    Title and time are those of the newest version. ``replayed`` is told of the operations that it took, a page
    at a time.

    Raises:
        DocumentNotFound, UnknownVersion: there is nothing of that name or number.
        CorruptLog: an event is missing or damaged.
        UnknownEvent: only a newer program understands what is in its log up to that version.
    """
    record = await record_of(store, document)
    if version is None:
        version = record.version
    if not 0 <= version <= record.version:
        raise UnknownVersion(version, record.version)
    if record.level > LEVEL:
        await _check_understood(store, record, version)
    state = Document(document, max_length=max_length)
    start, content = await good_snapshot(store, document, version) or (0, "")
    state.take_over(
        epoch=record.epoch,
        kind=record.kind,
        title=record.title,
        version=start,
        at=record.updated_at,
        content=content,
    )
    while state.version < version:
        operations, reached = await store.operations(document, after=state.version, until=version)
        for first in range(0, len(operations), SLICE):
            state.replay(operations[first : first + SLICE], version=state.version)
            await asyncio.sleep(0)
        state.version = reached
        replayed(operations)
    return state


async def _check_understood(store: EventStore, record: DocumentRecord, version: int) -> None:
    """Read all events up to ``version``, which raises UnknownEvent at one that isn't known here: a snapshot behind it
    would hide it."""
    async for _ in events(store, record.id, until=version):
        pass


async def good_snapshot(store: EventStore, document: str, at_most: int) -> tuple[int, Text] | None:
    """The newest snapshot of a version up to ``at_most`` that can be read; bad ones are thrown away."""
    while found := await store.snapshot(document, at_most=at_most):
        version, packed = found
        try:
            return version, unpack(packed)
        except BadSnapshot as bad:
            logger.warning("document %s: dropping the snapshot of version %d: %s", document, version, bad)
            await store.delete_snapshot(document, version)
            at_most = version - 1
    return None
