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
from collab.errors import MalformedMessage
from collab.limits import TokenBucket
from collab.messages import (
    SCHEMA,
    Checksum,
    Edit,
    EventRow,
    Events,
    Hello,
    Refused,
    ServerMessage,
    SnapshotChunk,
    Welcome,
)
from collab.operation import Operation, Text, normalize
from collab.replica import Replica

SHARE_OF_RATE = 0.9
"""Of what the server allows, so that a network which pushes two of our seconds together gets nothing refused."""


class Taken(msgspec.Struct, frozen=True):
    """An event was taken in, and ``operation`` applied to what is shown. ``diverged``: see `collab.replica`."""

    event: EventRow
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


News = Taken | Loaded | TakenOut | Mistrust


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
        self.caught_up = False
        self.synced = False
        self.most_inserted = 1
        self._key = key
        self._user = user
        self._gate = gate
        self._epoch: str | None = None
        self._waiting: deque[EventRow] = deque()
        self._target = 0
        self._accepted = 0
        self._chunks: Operation | None = None
        self._snapshot_version = 0
        self._most_in_flight = 1
        self._bucket = TokenBucket(per_second=1, burst=1, now=0)

    @property
    def holding(self) -> bool:
        """Whether events have come that ``gate`` holds back."""
        return bool(self._waiting)

    def hello(self) -> Hello:
        """What to say first on a new socket."""
        self.caught_up = False
        self._waiting.clear()
        self._chunks = None
        since = self.replica.version if self._epoch is not None else None
        return Hello(
            client=self.replica.client,
            key=self._key,
            schema=SCHEMA,
            since=since,
            epoch=self._epoch,
            user=self._user,
        )

    def welcomed(self, welcome: Welcome, now: float) -> None:
        """The server's answer. ``now`` is in seconds, as for `outgoing`."""
        limits = welcome.limits
        self.author = welcome.you.author
        self.most_inserted = max(1, limits.operation // 2)
        self.replica.most_inserted = limits.operation
        self._most_in_flight = limits.in_flight
        self._bucket = TokenBucket(
            per_second=SHARE_OF_RATE * limits.edits_per_second,
            burst=max(1, int(SHARE_OF_RATE * limits.edit_burst)),
            now=now,
        )
        self._epoch = welcome.epoch
        self._target = welcome.seq
        self._accepted = welcome.accepted
        if welcome.snapshot is not None:
            self._chunks = []
            self._snapshot_version = welcome.snapshot.seq
        self._look_whether_caught_up()

    def receive(self, message: ServerMessage) -> list[News]:
        """Take in any message after the welcome.

        Raises:
            MalformedMessage: the server breaks the protocol.
        """
        if isinstance(message, Events):
            self._waiting.extend(message.events)
            return self.take_waiting()
        if isinstance(message, SnapshotChunk):
            return self._load(message)
        if isinstance(message, Refused):
            refused = self.replica.refuse(message.id)
            if refused is not None:
                return [TakenOut(refused.op, refused.change, message.code, message.reason)]
        elif isinstance(message, Checksum):
            return self._check(message)
        return []

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
            change = self.replica.integrate(event)
            if change is None:
                news.append(Taken(event, [], diverged=False))
            else:
                news.append(Taken(event, change.op, change.diverged))
            self._look_whether_caught_up()
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
        edit.sent = True
        return Edit(edit.id, self.replica.version, edit.op, self.replica.refusals)

    def _load(self, chunk: SnapshotChunk) -> list[News]:
        if self._chunks is None:
            raise MalformedMessage("a snapshot that was not announced")
        self._chunks.extend(chunk.content)
        if not chunk.last:
            return []
        content = normalize(self._chunks)
        self._chunks = None
        plain = [component for component in content if isinstance(component, str)]
        text: Text = "".join(plain) if len(plain) == len(content) else content
        dropped = self.replica.load(self._snapshot_version, text)
        self._look_whether_caught_up()
        return [Loaded([edit.op for edit in dropped if edit.id > self._accepted])]

    def _look_whether_caught_up(self) -> None:
        if not self.caught_up and self._chunks is None and self.replica.version >= self._target:
            self.replica.resume()
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
