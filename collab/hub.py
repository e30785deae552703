"""All live documents of one server.

A document's room is opened when somebody comes, and closed some time after the last one left. Rooms that
failed are replaced by fresh ones, which start from the log.
"""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager

from collab.admission import Admission
from collab.auth import Anonymous, Authenticator, Identity
from collab.clientele import SERVER, errand_client
from collab.document import CreateDocument, Document
from collab.errors import AlreadyDone, DocumentExists, InvalidName, StoreError, VersionConflict
from collab.events import Event, Origin
from collab.limits import Limits
from collab.messages import DOCUMENT_ID
from collab.operation import Operation, Text
from collab.reading import document_at, record_of
from collab.room import Clock, Room
from collab.snapshotting import Snapshotter
from collab.store.base import Append, ClientRecord, DocumentRecord, EventStore
from collab.tags import Tags
from collab.tail import Tail
from collab.watching import Watching

IDLE_SECONDS = 30.0
"""How long an empty room is kept: a reloading page finds its document still at hand."""


class SystemClock:
    def monotonic(self) -> float:
        return time.monotonic()

    def now(self) -> int:
        return time.time_ns() // 1000


def check_id(document: str) -> None:
    """Raises InvalidName if no document may have this id."""
    if not DOCUMENT_ID.fullmatch(document):
        raise InvalidName("document id", "1 to 128 of A-Z a-z 0-9 . _ ~ -, first a letter or digit")


class Hub:
    """The rooms of one server, on top of one store."""

    def __init__(
        self,
        store: EventStore,
        *,
        limits: Limits | None = None,
        authenticator: Authenticator | None = None,
        clock: Clock | None = None,
    ) -> None:
        self.store = store
        self.limits = limits or Limits()
        self.authenticator = authenticator or Anonymous()
        self.clock = clock or SystemClock()
        self.watching = Watching()
        self.tail = Tail()
        self._rooms: dict[str, Room] = {}
        self._opening: dict[str, asyncio.Task[Room]] = {}
        self._idle: dict[str, asyncio.TimerHandle] = {}
        self._closing = False
        self.admissions: set[Admission] = set()
        self._followers: list[Callable[[], Awaitable[None]]] = []

    @property
    def closing(self) -> bool:
        """Whether the server is on its way down and takes nothing new."""
        return self._closing

    async def create(
        self,
        document: str,
        identity: Identity,
        *,
        title: str = "",
        kind: str = "text",
        content: Text = "",
        origin: Origin | None = None,
        key: str | None = None,
    ) -> DocumentRecord:
        """Create ``document``, with its first event in the log; a fork has an ``origin``.

        Raises:
            AlreadyDone: it was created when that was asked for with the same ``key``.
            InvalidName, UnknownKind: the id, the title or the kind isn't allowed.
            DocumentTooLarge: the content is too long.
            DocumentExists: there is one already.
        """
        check_id(document)
        op: Operation = ([content] if content else []) if isinstance(content, str) else content
        new = Document(document, max_length=self.limits.document)
        payload = new.decide(CreateDocument(secrets.token_hex(8), title, op, origin, kind))
        client, number = (SERVER, 0) if key is None else (errand_client(key, identity.author), 1)
        event = Event(document, 1, payload, identity.author, client, number, self.clock.now())
        author = ClientRecord(client, identity.author, b"", number)
        try:
            position = await self.store.append(Append(document, 0, [event], [author]))
        except VersionConflict as conflict:
            before = None if key is None else await self.store.client(document, client)
            raise AlreadyDone(before.accepted) if before else DocumentExists(document) from conflict
        self._committed(position, [event])
        record = await self.store.document(document)
        assert record is not None
        return record

    @asynccontextmanager
    async def visit(self, document: str, identity: Identity) -> AsyncIterator[Room]:
        """The room of ``document``, which exists, for somebody who doesn't stay.

        Raises:
            DocumentNotFound: there is no such document.
            StoreError: the log can't be read or written.
        """
        await record_of(self.store, document)
        room = await self.room(document, identity)
        try:
            with room.visited():
                yield room
        finally:
            if not room.members:
                self.left(room)

    async def room(self, document: str, identity: Identity) -> Room:
        """The room of ``document``, which is created if there is no such document, and ``identity`` may do that.

        Raises:
            DocumentNotFound: there is no such document, and it isn't created.
            InvalidName: the id isn't allowed.
            StoreError: the log can't be read or written.
        """
        if self._closing:
            raise StoreError("the server is shutting down")
        room = self._rooms.get(document)
        if room is not None:
            return room
        # Asked here, since whoever comes at the same time and may create it waits for the same opening.
        if not identity.may_edit:
            await record_of(self.store, document)
        opening = self._opening.get(document)
        if opening is None:
            opening = self._opening[document] = asyncio.create_task(self._open(document, identity))
            opening.add_done_callback(lambda _: self._opening.pop(document, None))
        return await asyncio.shield(opening)

    async def _open(self, document: str, identity: Identity) -> Room:
        if await self.store.document(document) is None:
            try:
                await self.create(document, identity)
            except DocumentExists:
                pass  # another server on the same store was faster, which is just as good
        snapshotter = Snapshotter(self.store)
        state = await document_at(
            self.store, document, max_length=self.limits.document, replayed=snapshotter.replayed
        )
        state.tags = Tags(await self.store.tags(document))
        room = Room(
            state,
            self.store,
            limits=self.limits,
            clock=self.clock,
            snapshotter=snapshotter,
            on_fail=self._forget,
            on_commit=self._committed,
        )
        self._rooms[document] = room
        self.left(room)
        return room

    def _committed(self, position: int, events: Sequence[Event]) -> None:
        """``events`` of one document are in the log, from ``position`` on."""
        self.tail.add(position, events)
        self.watching.grew(events[0].document)

    def permit(self, author: str, role: str | None, document: str | None = None) -> int:
        """Give ``author`` another role on all open connections, or on those to ``document``; with None they are closed.

        How many there are. It holds for them only: what becomes of who comes later the authenticator has to know.
        """
        found = [
            admission
            for admission in self.admissions
            if admission.identity.author == author and document in (None, admission.document)
        ]
        for admission in found:
            admission.permit(role)
        return len(found)

    def left(self, room: Room) -> None:
        """Somebody left ``room``; close it if it stays empty."""
        document = room.document.id
        timer = self._idle.pop(document, None)
        if timer is not None:
            timer.cancel()
        if not self._closing:
            loop = asyncio.get_running_loop()
            self._idle[document] = loop.call_later(IDLE_SECONDS, self._close_if_idle, room)

    def _close_if_idle(self, room: Room) -> None:
        self._idle.pop(room.document.id, None)
        if room.idle:
            room.stop_timers()
            self._forget(room)
            self.store.idle(room.document.id)

    def _forget(self, room: Room) -> None:
        if self._rooms.get(room.document.id) is room:
            del self._rooms[room.document.id]

    def at_end(self, close: Callable[[], Awaitable[None]]) -> None:
        """Have ``close`` awaited when the log is at its end, and while it can still be read: for whoever follows it."""
        self._followers.append(close)

    async def close(self) -> None:
        """Take nothing new, and commit and send everything that was taken. The store stays open."""
        self._closing = True
        for timer in self._idle.values():
            timer.cancel()
        self._idle.clear()
        if self._opening:
            await asyncio.wait(self._opening.values())
        for room in list(self._rooms.values()):
            await room.close()
        self.watching.close()
        for close in self._followers:
            await close()
        await asyncio.sleep(0)  # one tick, in which what was written last goes out
