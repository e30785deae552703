"""What a client is sent first: the welcome, and the content it asked for in pieces.

A document's content is made ready once for all who join, and kept while it is edited: who joins later is sent the
content of that version and the events since. It is made anew when those have come to weigh too much.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import msgspec

from collab.auth import Identity
from collab.compression import ENCODING, compress
from collab.document import Document
from collab.limits import Limits, advertise
from collab.messages import Hello, SnapshotChunk, SnapshotMark, Welcome, You, encode, event_row
from collab.operation import Operation, Text
from collab.recent import Recent
from collab.transport import Frame

CHUNK_UNITS = 32 * 1024
"""Code points of plain content to a message, so that no message is giant and progress can be shown."""

CHUNK_BYTES = 32 * 1024
"""Bytes of compressed content to a message."""

INLINE_UNITS = 32 * 1024
"""Units of content that are made ready on the spot, within a millisecond; a thread does it for more."""

MOST_EVENTS = 500
"""Events that may follow on kept content, one message of them. They may also not take more bytes than the content
itself: so who joins is sent at most twice what it would be at best."""


class Opening(msgspec.Struct, frozen=True):
    """How a client starts: from ``content`` if it needs any, and then with the events after ``cursor``."""

    cursor: int
    content: Ready | None


class Ready(msgspec.Struct):
    """Content of version ``mark.seq`` ready to be sent, of ``size`` bytes.

    The events after it up to version ``weighed`` take ``since`` bytes.
    """

    mark: SnapshotMark
    frames: list[Frame]
    size: int
    weighed: int
    since: int = 0


class Openings:
    """Makes the first frames for those who join ``document``, whose newest events are in ``recent``."""

    def __init__(self, document: Document, recent: Recent, limits: Limits) -> None:
        self._document = document
        self._recent = recent
        self._limits = advertise(limits)
        self._ready: dict[bool, Ready] = {}

    async def prepare(self, hello: Hello) -> Opening:
        """How the client starts that says ``hello``."""
        document = self._document
        since = hello.since
        if since == 0 or (since and hello.epoch == document.epoch and 0 < since <= document.version):
            return Opening(since, None)
        content = await self._content(compressed=ENCODING in hello.accept_encoding)
        return Opening(content.mark.seq, content)

    def frames(self, opening: Opening, hello: Hello, identity: Identity, *, accepted: int) -> list[Frame]:
        """The welcome and the content for a client that is to be at the document's present version."""
        content = opening.content
        welcome = Welcome(
            seq=self._document.version,
            epoch=self._document.epoch,
            snapshot=None if content is None else content.mark,
            accepted=accepted,
            you=You(hello.client, identity.author),
            role=identity.role,
            title=self._document.title,
            limits=self._limits,
            kind=self._document.kind,
        )
        return [Frame(encode(welcome)), *([] if content is None else content.frames)]

    async def _content(self, *, compressed: bool) -> Ready:
        """The document's content, of its present version or not much older."""
        ready = self._ready.get(compressed)
        if ready is None or not self._weighs_little(ready):
            version, length = self._document.version, self._document.content.length
            content = self._document.content.later()
            make = _compressed if compressed else _plain
            if length <= INLINE_UNITS:
                ready = make(version, length, content)
            else:
                ready = await asyncio.to_thread(make, version, length, content)
            self._ready[compressed] = ready
        return ready

    def _weighs_little(self, ready: Ready) -> bool:
        """Whether the events since ``ready`` are few enough to be sent after it."""
        version = self._document.version
        if version - ready.mark.seq > MOST_EVENTS or ready.weighed < self._recent.base:
            return False
        ready.since += sum(len(encode(event_row(event))) for event in self._recent.after(ready.weighed))
        ready.weighed = version
        return ready.since <= ready.size


def _compressed(version: int, length: int, content: Callable[[], Text]) -> Ready:
    packed = compress(content())
    data = packed.data
    mark = SnapshotMark(version, length, ENCODING, len(data), packed.inflated)
    pieces = [data[start : start + CHUNK_BYTES] for start in range(0, len(data), CHUNK_BYTES)]
    return Ready(mark, [Frame(piece, binary=True) for piece in pieces], len(data), version)


def _plain(version: int, length: int, content: Callable[[], Text]) -> Ready:
    frames = [Frame(encode(chunk)) for chunk in content_chunks(content())]
    return Ready(SnapshotMark(version, length), frames, sum(len(frame.payload) for frame in frames), version)


def content_chunks(content: Text) -> list[SnapshotChunk]:
    """``content`` in pieces, the last marked so; at least one."""
    chunks: list[Operation] = [[]]
    room = CHUNK_UNITS
    for component in [content] if isinstance(content, str) else content:
        text = component["insert"] if isinstance(component, dict) else component
        pieces: list[Any] = (
            [text[i : i + CHUNK_UNITS] for i in range(0, len(text), CHUNK_UNITS)]
            if isinstance(text, str)
            else [text]
        )
        for piece in pieces:
            size = len(piece) if isinstance(piece, str) else 100
            if size > room and chunks[-1]:
                chunks.append([])
                room = CHUNK_UNITS
            chunks[-1].append({**component, "insert": piece} if isinstance(component, dict) else piece)
            room -= size
    return [SnapshotChunk(chunk, last=chunk is chunks[-1]) for chunk in chunks]
