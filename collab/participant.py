"""The client's half of the talk with the server, sans I/O: messages in, news and messages out.

    hello ─▶ welcome ─▶ (snapshot …) ─▶ events up to welcome.seq ─▶ caught up: edits may go out

A `Participant` survives the sockets it talks through. On each new one it says where it stands, takes in what it
missed, and then sends again whatever it has not seen in the stream. `collab.client` moves the messages.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Any

import msgspec

from collab import units
from collab.compression import ENCODING, BadContent
from collab.limits import TokenBucket
from collab.loading import Loading
from collab.messages import (
    SCHEMA,
    Checksum,
    Edit,
    EventRow,
    Events,
    Hello,
    Pong,
    Refused,
    Retry,
    Role,
    ServerMessage,
    SnapshotChunk,
    Welcome,
)
from collab.operation import Operation, inserted_text
from collab.replica import Replica, Step

SHARE_OF_RATE = 0.9
"""Of what the server allows, so that a network which pushes two of our seconds together gets nothing refused."""


MOST_HELD = 50_000
"""Events that are held while catching up, to be taken in at once with less work: some 30 MB."""

MOST_HELD_UNITS = 8 * 1024 * 1024
"""Units of text in them."""


class Taken(msgspec.Struct, frozen=True):
    """Events were taken in, and ``operation`` applied to what is shown. ``diverged``: see `collab.replica`."""

    events: list[EventRow]
    operation: Operation
    diverged: bool


class Loaded(msgspec.Struct, frozen=True):
    """The content was replaced by the server's, which doesn't have the own edits in ``dropped``."""

    dropped: list[Operation]


class TakenOut(msgspec.Struct, frozen=True):
    """The server refused an edit: it was taken out, which applied ``change`` to what is shown."""

    operation: Operation
    change: Operation
    code: str
    reason: str


class Mistrust(msgspec.Struct, frozen=True):
    """The content can't be right. Connect anew: everything will be loaded again."""

    reason: str


class RoleTaken(msgspec.Struct, frozen=True):
    """The client is now this to the document, and was something else."""

    role: str


News = Taken | Loaded | TakenOut | Mistrust | RoleTaken


class Participant:
    """One client's talk about one document.

    ``gate`` is asked before an event is taken in that isn't part of catching up, and leaves it and all after it
    waiting by saying False; `take_waiting` asks again.
    """

    def __init__(
        self,
        client: str,
        key: str,
        *,
        user: dict[str, Any] | None = None,
        coalesce: bool = True,
        gate: Callable[[EventRow], bool] | None = None,
    ) -> None:
        self.replica = Replica(client, coalesce=coalesce)
        self.author = ""
        self.kind = "text"
        self.role = ""
        self.caught_up = False
        self.synced = False
        self.most_inserted = 1
        self._key = key
        self._user = user
        self._gate = gate
        self._accept_encoding: tuple[str, ...] = (ENCODING,)
        self._epoch: str | None = None
        self._waiting: deque[EventRow] = deque()
        self._held_units = 0
        self._target = 0
        self._accepted = 0
        self._loading: Loading | None = None
        self._loading_epoch = ""
        self._most_in_flight = 1
        self._bucket = TokenBucket(per_second=1, burst=1, now=0)

    @property
    def holding(self) -> bool:
        """Whether events have come that ``gate`` holds back."""
        return bool(self._waiting)

    def hello(self, token: str | None = None) -> Hello:
        """What to say first on a new socket."""
        self.caught_up = False
        self._waiting.clear()
        self._held_units = 0
        self._loading = None
        since = self.replica.version if self._epoch is not None else None
        return Hello(
            client=self.replica.client,
            key=self._key,
            schema=SCHEMA,
            since=since,
            epoch=self._epoch,
            token=token,
            user=self._user,
            accept_encoding=self._accept_encoding,
        )

    def welcomed(self, welcome: Welcome, now: float) -> list[News]:
        """Take in the server's answer. ``now`` is in seconds, as for `outgoing`."""
        limits = welcome.limits
        self.author = welcome.you.author
        self.kind = welcome.kind
        self.most_inserted = max(1, limits.operation // 2)
        self.replica.most_inserted = limits.operation
        self._most_in_flight = limits.in_flight
        self._bucket = TokenBucket(
            per_second=SHARE_OF_RATE * limits.edits_per_second,
            burst=max(1, int(SHARE_OF_RATE * limits.edit_burst)),
            now=now,
        )
        news = self._become(welcome.role)
        self._target = welcome.seq
        self._accepted = welcome.accepted
        self.replica.resume(welcome.accepted)
        if welcome.snapshot is not None:
            # What is here can't be gone on with, not even if this connection breaks before the content is.
            self._epoch = None
            self._loading_epoch = welcome.epoch
            try:
                self._loading = Loading(welcome.snapshot)
            except BadContent as bad:
                return [*news, self._bad_content(bad)]
        else:
            self._epoch = welcome.epoch
        self._look_whether_caught_up()
        return news

    def receive(self, message: ServerMessage | bytes) -> list[News]:
        """Take in any message after the welcome; ``bytes`` are those of a binary one."""
        if isinstance(message, (SnapshotChunk, bytes)):
            return self._load(message)
        if self._loading is not None and not isinstance(message, (Pong, Retry)):
            return [self._bad_content(BadContent(f"{type(message).__name__} before the end of the content"))]
        if isinstance(message, Events):
            self._waiting.extend(message.events)
            if self._gate is not None:
                return self.take_waiting()
            self._held_units += sum(len(inserted_text(event.op or [])) for event in message.events)
            return self._take_all()
        if isinstance(message, Refused):
            refused = self.replica.refuse(message.id)
            if refused is not None:
                return [TakenOut(refused.op, refused.change, message.code, message.reason)]
        elif isinstance(message, Checksum):
            return self._check(message)
        elif isinstance(message, Role):
            return self._become(message.role)
        return []

    def _become(self, role: str) -> list[News]:
        news: list[News] = [RoleTaken(role)] if self.role not in ("", role) else []
        self.role = role
        return news

    def take_waiting(self) -> list[News]:
        """Take in events that have come, as far as ``gate`` lets them pass."""
        news: list[News] = []
        while self._waiting:
            event = self._waiting[0]
            if self._gate is not None and event.seq > self._target and not self._gate(event):
                break
            self._waiting.popleft()
            if event.seq != self.replica.version + 1:
                return [*news, self._mistrust(f"event {event.seq} came after version {self.replica.version}")]
            news.append(_taken(Step([event], self.replica.integrate(event))))
            self._look_whether_caught_up()
        return news

    def _take_all(self) -> list[News]:
        """Take in all that has come; while catching up with own edits pending, not before all has that was missed."""
        events = list(self._waiting)
        if events and self.replica.pending and events[-1].seq < self._target:
            if len(events) < MOST_HELD and self._held_units < MOST_HELD_UNITS:
                return []
        self._waiting.clear()
        self._held_units = 0
        version = self.replica.version
        fitting = 0
        while fitting < len(events) and events[fitting].seq == version + fitting + 1:
            fitting += 1
        news: list[News] = [_taken(step) for step in self.replica.integrate_all(events[:fitting])]
        self._look_whether_caught_up()
        if fitting < len(events):
            news.append(
                self._mistrust(f"event {events[fitting].seq} came after version {self.replica.version}")
            )
        return news

    def outgoing(self, now: float) -> Edit | float | None:
        """The next edit to send, now that it is to be sent; or the seconds until there is one; or None."""
        pending, most = self.replica.pending, self._most_in_flight
        # What was sent is always the older part of what is pending.
        if not self.caught_up or (len(pending) >= most and pending[most - 1].sent):
            return None
        edit = next(self.replica.unsent(), None)
        if edit is None:
            return None
        if (wait := self._bucket.wait(now)) > 0:
            return wait
        self._bucket.take(now)
        self.replica.mark_sent(edit)
        return Edit(edit.id, self.replica.version, edit.op, self.replica.refusals)

    def _load(self, piece: SnapshotChunk | bytes) -> list[News]:
        try:
            if self._loading is None:
                raise BadContent("content that was not announced")
            content = self._loading.take(piece)
        except BadContent as bad:
            return [self._bad_content(bad)]
        if content is None:
            return []
        dropped = self.replica.load(self._loading.version, content)
        self._loading = None
        self._epoch = self._loading_epoch
        self._look_whether_caught_up()
        return [Loaded([edit.op for edit in dropped if edit.id > self._accepted])]

    def _bad_content(self, bad: BadContent) -> Mistrust:
        """Something damages the content, or its compressed form: ask for it again, and in the plain one."""
        self._accept_encoding = ()
        return self._mistrust(f"{bad.code}: {bad}")

    def _look_whether_caught_up(self) -> None:
        if not self.caught_up and self._loading is None and self.replica.version >= self._target:
            self.caught_up = self.synced = True

    def _check(self, checksum: Checksum) -> list[News]:
        if checksum.seq != self.replica.version:
            return []
        if checksum.hash == units.checksum(self.replica.confirmed.plain_text()):
            return []
        return [self._mistrust(f"the text of version {checksum.seq} differs from the server's")]

    def _mistrust(self, reason: str) -> Mistrust:
        self._epoch = None
        return Mistrust(reason)


def _taken(step: Step) -> Taken:
    change = step.change
    return Taken(step.events, change.op if change else [], change is not None and change.diverged)
