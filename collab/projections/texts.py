"""What documents say after some events, for projections of texts.

Documents that are being edited are kept in memory, so that a few more edits cost no more than themselves.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence

from collab.document import Document
from collab.events import Event, Renamed
from collab.projections.projection import DocumentText
from collab.reading import SLICE, document_at
from collab.store.base import EventStore

PART = 4_000_000
"""UTF-16 units of text that are handed over at once, unless a single text is longer."""

KEPT = 4_000_000
"""Units of the documents that are kept in memory, some 8 MB; the last that were edited stay."""


class Texts:
    """Texts of the documents in ``store``."""

    def __init__(self, store: EventStore) -> None:
        self._store = store
        self._kept: dict[str, Document] = {}
        self._units = 0
        self._reading = asyncio.Lock()

    async def after(self, events: Sequence[Event], *, newest_only: bool) -> AsyncIterator[list[DocumentText]]:
        """What the documents of ``events``, a stretch of the log, say after the last of them in each: in parts that fit
        into memory.

        With ``newest_only``, those are left out of which there is more in the log behind these events.

        Raises:
            CorruptLog, UnknownEvent, StoreError: a history can't be read.
        """
        of_document: dict[str, list[Event]] = {}
        for event in events:
            of_document.setdefault(event.document, []).append(event)
        part: list[DocumentText] = []
        size = 0
        for document, its in of_document.items():
            last = its[-1]
            if newest_only:
                record = await self._store.document(document)
                if record is not None and record.version > last.seq:
                    continue
            async with self._reading:
                state = await self._document(document, its)
                text = state.content.plain_text()
                about = (state.kind, state.title)
            part.append(DocumentText(document, *about, last.seq, text, last.author, last.at))
            size += len(text)
            if size >= PART:
                yield part
                part, size = [], 0
        if part:
            yield part

    async def _document(self, document: str, its: Sequence[Event]) -> Document:
        """The document after the last of ``its`` events, which follow each other."""
        state = self._kept.pop(document, None)
        if state is not None:
            self._units -= state.content.length
        wanted = its[-1].seq
        if state is None or not its[0].seq - 1 <= state.version <= wanted:
            state = await document_at(self._store, document, wanted)
        elif state.version < wanted:
            await _bring_forward(state, its)
        self._kept[document] = state
        self._units += state.content.length
        while self._units > KEPT and len(self._kept) > 1:
            self._units -= self._kept.pop(next(iter(self._kept))).content.length
        return state


async def _bring_forward(state: Document, its: Sequence[Event]) -> None:
    missing = [event for event in its if event.seq > state.version]
    for first in range(0, len(missing), SLICE):
        piece = missing[first : first + SLICE]
        state.replay([event.op for event in piece if event.op], version=piece[-1].seq)
        for event in piece:
            if isinstance(event.payload, Renamed):
                state.title = event.payload.title
        await asyncio.sleep(0)
