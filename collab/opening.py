"""What a client is sent first: the welcome, and the content it asked for in pieces."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from collab.auth import Identity
from collab.document import Document
from collab.limits import Limits, advertise
from collab.messages import Hello, SnapshotChunk, SnapshotMark, Welcome, You, encode
from collab.operation import Operation, Text
from collab.transport import Frame

CHUNK_UNITS = 32 * 1024
"""Code points of content to a message, so that no message is giant and progress can be shown."""


class Openings:
    """Makes the first frames for those who join ``document``."""

    def __init__(self, document: Document, limits: Limits) -> None:
        self._document = document
        self._limits = advertise(limits)
        self._content: tuple[int, list[Frame]] = (-1, [])

    def frames(self, hello: Hello, identity: Identity, *, accepted: int) -> tuple[Iterator[Frame], int]:
        """The first frames in answer to ``hello``, and the version that the client has after them."""
        document = self._document
        resumes = hello.since is not None and (
            hello.since == 0 or (hello.epoch == document.epoch and 0 < hello.since <= document.version)
        )
        welcome = Welcome(
            seq=document.version,
            epoch=document.epoch,
            snapshot=None if resumes else SnapshotMark(document.version, document.content.length),
            accepted=accepted,
            you=You(hello.client, identity.author),
            role=identity.role,
            title=document.title,
            limits=self._limits,
        )
        if resumes and hello.since is not None:
            return iter([Frame(encode(welcome))]), hello.since
        return iter([Frame(encode(welcome)), *self._content_frames()]), document.version

    def _content_frames(self) -> list[Frame]:
        """The document's content in frames, made once for all who join at this version."""
        version, frames = self._content
        if version != self._document.version:
            frames = [Frame(encode(chunk)) for chunk in content_chunks(self._document.content.value())]
            self._content = self._document.version, frames
        return frames


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
