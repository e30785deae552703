"""Histories explained: who wrote what, and what happened between two versions."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Literal, Protocol

import msgspec

from collab.activity import Bucket, ByTime, ByVersion, Session, Sessions, Timeline
from collab.authorship import Credit, Credits, blame
from collab.chapters import Chapter
from collab.comparison import Comparison, compare
from collab.errors import InvalidName
from collab.operation import Text
from collab.reading import document_at
from collab.sightings import Sighting, Sightings
from collab.store.base import DocumentRecord, EventStore
from collab.weave import Weave

Axis = Literal["time", "version"]

AT_ONCE = 2
"""Histories explained at the same time. Each may take 8 bytes for every unit of the text and for every event."""


class Blame(msgspec.Struct, frozen=True):
    """A text, and who wrote each part of it."""

    text: Text
    credits: list[Credit]


class Listener(Protocol):
    """Who makes something of a history."""

    def add(self, chapter: Chapter) -> None:
        """Take in what was done next."""
        ...


class Explainer:
    """Answers questions about the documents in ``store``."""

    def __init__(self, store: EventStore) -> None:
        self._store = store
        self.turn = asyncio.Semaphore(AT_ONCE)

    async def blame(self, document: str, version: int) -> Blame:
        """Who wrote what of the text at ``version``.

        Raises:
            DocumentNotFound, UnknownVersion: there is nothing of that name or number.
            CorruptLog: an event is missing or damaged.
        """
        async with self.turn:
            state = await document_at(self._store, document, version)
            weave, credits = Weave(), Credits()
            await self._tell(document, weave, credits, after=0, until=version)
            return Blame(state.content.value(), await asyncio.to_thread(blame, weave, credits))

    async def compare(self, document: str, older: int, newer: int) -> Comparison:
        """What happened between two versions.

        Raises:
            InvalidName: ``older`` comes after ``newer``.
            DocumentNotFound, UnknownVersion, CorruptLog: as for `blame`.
        """
        if older > newer:
            raise InvalidName("versions", f"{older} comes after {newer}")
        async with self.turn:
            before = (await document_at(self._store, document, older)).content
            after = (await document_at(self._store, document, newer)).content
            weave, credits = Weave(before.length), Credits(older)
            await self._tell(document, weave, credits, after=older, until=newer)
            return await asyncio.to_thread(compare, weave, credits, older=before.value(), newer=after.value())

    async def timeline(self, record: DocumentRecord, *, by: Axis, buckets: int) -> list[Bucket]:
        """How much was done and by whom, up to the version of ``record``, in buckets of equally much time or equally
        many versions.

        Raises:
            CorruptLog: an event is missing or damaged.
        """
        async with self.turn:
            timeline: Timeline = ByVersion(record.version, buckets)
            if by == "time":
                timeline = ByTime(record.created_at, record.updated_at, buckets)
            await self._tell(record.id, timeline, after=0, until=record.version)
            return timeline.buckets()

    async def sessions(self, record: DocumentRecord, *, after: int = 0) -> list[Session]:
        """Who worked on it when, after version ``after`` up to the version of ``record``. A session that was going on
        begins there.

        Raises:
            CorruptLog: an event is missing or damaged.
        """
        async with self.turn:
            sessions = Sessions()
            await self._tell(record.id, sessions, after=after, until=record.version)
            return sessions.found

    async def search(self, record: DocumentRecord, wanted: str) -> list[Sighting]:
        """When ``wanted``, at least one character, appeared in the document and when it was gone, up to the version of
        ``record``. The case counts.

        Raises:
            CorruptLog: an event is missing or damaged.
        """
        async with self.turn:
            sightings = Sightings(wanted)
            await self._tell(record.id, sightings, after=0, until=record.version)
            return sightings.found

    async def _tell(self, document: str, *listeners: Listener, after: int, until: int) -> None:
        """Let ``listeners`` take in the history from version ``after`` to ``until``."""

        def told(chapter: Chapter) -> None:
            for listener in listeners:
                listener.add(chapter)

        async for chapter in chapters(self._store, document, after=after, until=until):
            await asyncio.to_thread(told, chapter)  # some milliseconds for some thousand events


async def chapters(store: EventStore, document: str, *, after: int, until: int) -> AsyncIterator[Chapter]:
    """The history from version ``after`` to ``until``, a few thousand events at a time.

    Raises:
        CorruptLog: an event is missing or damaged.
    """
    while after < until:
        chapter = await store.chapter(document, after=after, until=until)
        yield chapter
        after = chapter.last
