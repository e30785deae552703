"""A live document: puts edits in order, commits them, and then tells everybody.

The life of an edit here: `Room.edit` judges and orders it at once, in memory; a single task commits all that has
come meanwhile in one go; only then is it broadcast. So the room's document may be ahead of the log for the time
of one commit, but no client ever hears of what isn't on disk. If a commit fails the room is thrown away with all
it held, its clients are told to try again, and the next room starts from the log.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Protocol

from collab import units
from collab.auth import Identity
from collab.clientele import Clientele
from collab.delivery import Delivery, frames
from collab.document import Document
from collab.errors import (
    CollabError,
    StoreError,
    Superseded,
    TooManyConnections,
)
from collab.events import Event, Payload
from collab.limits import Limits, TokenBucket
from collab.member import Member
from collab.messages import (
    Checksum,
    Edit,
    Hello,
    PresenceUpdate,
    SetPresence,
    encode,
    event_row,
)
from collab.opening import Openings
from collab.presence import Presence
from collab.recent import Recent
from collab.session import Accepted, Session
from collab.snapshotting import Snapshotter
from collab.store.base import Append, EventStore
from collab.transport import Frame, Transport
from collab.waiting import Lull, Milestones

PRESENCE_SECONDS = 0.04
"""Carets are gathered this long and sent together: faster than the eye, and one frame for all who moved."""

CHECKSUM_SECONDS = 2.0
"""How long a document must be quiet before its checksum is sent around."""

logger = logging.getLogger("collab.room")


class Clock(Protocol):
    """Time, as it is passed to a room."""

    def monotonic(self) -> float: ...
    def now(self) -> int:
        """Microseconds since 1970, UTC."""
        ...


class Room:
    """One live document.

    ``committed`` is the newest version in the log, ``document.version`` the newest that was ordered. ``errands`` bounds
    what the server does here on others' behalf (see `collab.errands`).
    ``on_fail`` is called once, when a commit fails and this room is not to be used any more; ``on_commit`` after each
    commit, with the position of its first event, and its events.
    """

    def __init__(
        self,
        document: Document,
        store: EventStore,
        *,
        limits: Limits,
        clock: Clock,
        snapshotter: Snapshotter,
        on_fail: Callable[[Room], None],
        on_commit: Callable[[int, Sequence[Event]], None],
    ) -> None:
        self.document = document
        self.committed = document.version
        self.members: dict[str, Member] = {}
        self.failed: StoreError | None = None
        self.store = store
        self.limits = limits
        self.clock = clock
        self._snapshotter = snapshotter
        self._on_fail = on_fail
        self._on_commit = on_commit
        self.recent = Recent(document.version)
        self._presence = Presence()
        self.clientele = Clientele(document.id, store)
        self._uncommitted: list[Event] = []
        self._committing: asyncio.Task[None] | None = None
        self._crowded = False
        self._guests = 0
        self.errands = TokenBucket(
            per_second=limits.edits_per_second, burst=limits.edit_burst, now=clock.monotonic()
        )
        self._milestones = Milestones()
        self._joining = asyncio.Lock()
        self._openings = Openings(document, self.recent, limits)
        self._presence_timer: asyncio.TimerHandle | None = None
        self._lull = Lull(CHECKSUM_SECONDS, self._send_checksum)

    # Joining and leaving.

    async def join(
        self,
        hello: Hello,
        identity: Identity,
        transport: Transport,
        fault: Callable[[CollabError], None],
        answered: Callable[[], None],
    ) -> Member:
        """Let a client in: an older session of it ends, and its delivery starts.

        ``fault`` is called when something else than the client's own messages ends the connection, ``answered``
        when some of its edits are committed.

        Raises:
            Unauthorised: the key isn't the one that this client's edits were first accepted with.
            TooManyConnections: the room is full.
            StoreError: the log can't be read or written.
        """
        async with self._joining:
            # First, because it takes a while: what `admit` says of the client must be true when its session starts.
            opening = await self._openings.prepare(hello)
            accepted = await self.clientele.admit(hello, identity)
            older = self.members.get(hello.client)
            if older is not None:
                self.leave(older)
                older.fault(Superseded())
            if len(self.members) >= self.limits.connections_per_document:
                raise TooManyConnections(self.limits.connections_per_document)
            session = Session(
                hello.client,
                joined=self.document.version,
                accepted=accepted,
                limits=self.limits,
                now=self.clock.monotonic(),
            )
            member = Member(session, identity, transport, fault, answered)
            first = self._openings.frames(opening, hello, identity, accepted=accepted)
            # What the welcome speaks of may still be on its way to the disk.
            await self.wait_committed(self.document.version)
            member.delivery = Delivery(
                transport,
                rows_after=self._rows_after,
                caught_up=lambda: self._introduce(member),
                fault=fault,
                stall_seconds=self.limits.stall_seconds,
            )
            member.delivery.start(first, opening.cursor)
            self.members[hello.client] = member
            self._presence.enter(hello.client, identity.author, hello.user, self.document.version)
            self._schedule_presence()
        return member

    def _forget_absent(self) -> None:
        if self.committed == self.document.version and not self._joining.locked() and not self._guests:
            self.clientele.forget_all_but(self.members)

    def _introduce(self, member: Member) -> None:
        """``member`` is up to date: show it everybody else who is here."""
        peers = [
            p for p in self._presence.everybody(self.committed, self.recent) if p.client != member.client
        ]
        member.send(PresenceUpdate(self.committed, peers, all=True))

    def leave(self, member: Member) -> None:
        """``member`` is gone. Harmless if it went before."""
        if self.members.get(member.client) is member:
            del self.members[member.client]
            self._presence.leave(member.client)
            self._schedule_presence()
            self._forget_absent()
        member.delivery.stop()

    # Editing.

    def edit(self, member: Member, edit: Edit) -> bool:
        """Order an edit, or answer why not; whether it will be an event.

        Raises:
            ConnectionFault: the client broke a rule, or must resume.
        """
        outcome = member.session.edit(
            edit,
            document=self.document,
            recent=self.recent,
            seen=self.committed,
            now=self.clock.monotonic(),
        )
        if isinstance(outcome, Accepted):
            member.unanswered += 1
            self.order(outcome.payload, member.identity.author, member.client, outcome.id)
            return True
        if outcome is not None:
            member.send(outcome)
        return False

    def order(self, payload: Payload, author: str, client: str, client_seq: int) -> Event:
        """Make ``payload`` the document's next event, to be committed with all others that wait."""
        event = Event(
            document=self.document.id,
            seq=self.document.version + 1,
            payload=payload,
            author=author,
            client=client,
            client_seq=client_seq,
            at=max(self.clock.now(), self.document.at),
        )
        self.document.evolve(event)
        self.recent.append(event)
        self._uncommitted.append(event)
        self.clientele.took(client, client_seq)
        if self._committing is None:
            self._committing = asyncio.create_task(self._commit())
        return event

    @contextmanager
    def visited(self) -> Iterator[None]:
        """Somebody is here who is no member, and the room stays open meanwhile."""
        self._guests += 1
        try:
            yield
        finally:
            self._guests -= 1
            self._forget_absent()

    async def _commit(self) -> None:
        try:
            while self._uncommitted:
                if self._crowded:
                    # Several type at once, and answer to the same broadcast: what the next turn of the event loop
                    # reads from the others shares this commit. A lone author isn't kept waiting.
                    await asyncio.sleep(0)
                batch, self._uncommitted = self._uncommitted, []
                self._crowded = len(batch) > 1
                clients = self.clientele.records(batch)
                position = await self.store.append(Append(self.document.id, self.committed, batch, clients))
                self._broadcast(batch, position)
        except StoreError as error:
            logger.error("document %s: commit failed: %s", self.document.id, error)
            self._fail(error)
        except Exception as error:
            logger.exception("document %s: commit failed", self.document.id)
            self._fail(StoreError(str(error)))
        finally:
            self._committing = None

    def _broadcast(self, batch: list[Event], position: int) -> None:
        seq, self.committed = self.committed, batch[-1].seq
        for frame, count in frames(encode(event_row(event)) for event in batch):
            seq += count
            for member in self.members.values():
                member.delivery.push(frame, seq)
        for client, count in Counter([event.client for event in batch]).items():
            author = self.members.get(client)
            if author is not None:
                author.unanswered = max(0, author.unanswered - count)
                author.answered()
        self._milestones.reached(self.committed)
        self._on_commit(position, batch)
        self._forget_absent()
        if self.recent.overfull:
            self._presence.carry(self.committed, self.recent)
            self.recent.trim(self.committed)
        self._send_presence()
        self._lull.stir()
        self._snapshotter.grew(self, batch)

    def _fail(self, error: StoreError) -> None:
        self.failed = error
        self._on_fail(self)
        self._milestones.fail(error)
        for member in list(self.members.values()):
            member.fault(error)

    @property
    def remembered(self) -> int:
        """How many clients are known here, present or not."""
        return len(self.clientele)

    @property
    def waiting(self) -> int:
        """How many wait for a commit, among them everybody who is about to be let in."""
        return len(self._milestones)

    async def wait_committed(self, version: int) -> None:
        """Wait until ``version`` is in the log.

        Raises:
            StoreError: it never will be.
        """
        if self.failed is not None:
            raise self.failed
        if self.committed < version:
            await self._milestones.wait(version)

    async def _rows_after(self, version: int, limit: int) -> list[bytes]:
        if version >= self.recent.base:
            until = min(self.committed, version + limit)
            events = self.recent.after(version, until)
        else:
            # Not further than what was broadcast: the store may have more, which comes by itself.
            events = await self.store.events(
                self.document.id, after=version, until=self.committed, limit=limit
            )
        return [encode(event_row(event)) for event in events]

    # Presence and checksums.

    def move(self, member: Member, presence: SetPresence) -> None:
        """A caret moved.

        Raises:
            ConnectionFault: the client broke a rule, or must resume.
        """
        cursor = member.session.cursor(
            presence, document=self.document, recent=self.recent, seen=self.committed
        )
        self._presence.move(member.client, cursor, presence.user, self.document.version)
        self._schedule_presence()

    def _schedule_presence(self) -> None:
        if self._presence_timer is None:
            loop = asyncio.get_running_loop()
            self._presence_timer = loop.call_later(PRESENCE_SECONDS, self._presence_due)

    def _presence_due(self) -> None:
        self._presence_timer = None
        self._send_presence()

    def _send_presence(self) -> None:
        """Send what changed to all who keep up. Carets ahead of the log wait for the next commit."""
        if self._presence_timer is not None:
            return
        peers = self._presence.news(self.committed, self.recent)
        if peers:
            frame = Frame(encode(PresenceUpdate(self.committed, peers)))
            only = peers[0].client if len(peers) == 1 else None
            for member in self.members.values():
                if member.delivery.live and member.client != only:
                    member.transport.write(frame)

    def _send_checksum(self) -> None:
        if self.committed == self.document.version and self.members:
            checksum = units.checksum(self.document.content.plain_text())
            frame = Frame(encode(Checksum(self.committed, checksum)))
            for member in self.members.values():
                if member.delivery.live:
                    member.transport.write(frame)

    # The end.

    @property
    def idle(self) -> bool:
        """Whether nobody is here, or about to be, and nothing waits to be committed."""
        return not (self.members or self._guests or self._committing or self._joining.locked())

    async def close(self) -> None:
        """Commit and send all that was ordered. The caller has seen to it that nothing new comes."""
        if self._committing is not None:
            await asyncio.wait([self._committing])
        await self._snapshotter.close()
        self.stop_timers()

    def stop_timers(self) -> None:
        self._lull.stop()
        if self._presence_timer is not None:
            self._presence_timer.cancel()
