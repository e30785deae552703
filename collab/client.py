"""The Python client: a shared document that reads and edits like a string.

    async with connect("ws://127.0.0.1:8000", "notes") as doc:
        doc.insert(0, "Hello")
        await doc.saved()

Edits apply at once and travel in the background; `saved` says when all of them are in the server's log. A lost
connection is taken up again by itself, and what was under way is sent again, never twice. Offsets here count
Python's characters (code points); operations and the wire count UTF-16 units.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections import deque
from collections.abc import AsyncIterator, Callable
from types import TracebackType
from typing import Any, Literal

import msgspec

from collab import units
from collab.auth import EDITOR
from collab.errors import NotPermitted, PastEnd
from collab.history import History
from collab.link import Closed, Link, Status, socket_url
from collab.messages import EventRow
from collab.operation import Operation, Text, inserted_text, normalize, validate
from collab.participant import Loaded, News, Participant, RoleTaken, Taken, TakenOut
from collab.tokens import Token

MAX_UNREAD = 10_000
"""Changes kept for an iterator that doesn't read them; after that it is told to look at the text anew."""

logger = logging.getLogger("collab.client")


class Change(msgspec.Struct, frozen=True):
    """The text changed: ``operation``, in UTF-16 units, was applied to it.

    Events of others that come at once make one change; ``author`` is empty if several people made them.
    ``operation`` is None when the text was replaced, or when too many changes went unread: look at the text.
    """

    version: int
    operation: Operation | None
    origin: Literal["local", "remote"]
    author: str


class Refusal(msgspec.Struct, frozen=True):
    """The server refused an edit, and it was taken out of the text again. ``text`` is what it had inserted."""

    operation: Operation
    code: str
    reason: str
    text: str


class SharedDocument:
    """A document that others edit too. Make one with `connect`, and use it inside ``async with``.

    ``version`` is the newest version of the log that the text builds on, ``pending`` the number of own edits
    that are not in the log yet, as far as this client knows. ``client`` is an id that no other client has, a
    random one if left out. With ``coalesce`` false every edit becomes an event of its own, where else a run of
    typing that waits to be sent is joined. ``history`` leads to older versions, and brings them back.

    Two hooks are for programs that watch or slow down a client: ``gate`` is asked before an event is taken in,
    and leaves it and all after it waiting by saying False (until `integrate_waiting` is called), and
    ``on_event`` is told of each event taken in and of what it did to the text; where several were taken in at once, the
    last of them is said to have done it all. With a ``gate`` they are taken in one by one.
    """

    def __init__(
        self,
        url: str,
        document: str,
        *,
        token: Token | None = None,
        client: str | None = None,
        user: dict[str, Any] | None = None,
        on_refused: Callable[[Refusal], None] | None = None,
        on_role: Callable[[str], None] | None = None,
        coalesce: bool = True,
        gate: Callable[[EventRow], bool] | None = None,
        on_event: Callable[[EventRow, Operation], None] | None = None,
    ) -> None:
        self.client = client or secrets.token_hex(8)
        self.diverged = 0
        self._on_refused = on_refused
        self._on_role = on_role
        self._on_event = on_event
        self._talk = Participant(self.client, secrets.token_hex(16), user=user, coalesce=coalesce, gate=gate)
        self._replica = self._talk.replica
        self._link = Link(
            socket_url(url, document), self._talk, tell=self._tell, stirred=self._notify, token=token
        )
        self._moved = asyncio.Condition()
        self._astral = False
        self._readers: list[_Unread] = []
        self._running: asyncio.Task[None] | None = None
        self.history = History(url, document, token=token)

    # What a program sees.

    @property
    def text(self) -> str:
        """The text as it looks with all own edits, each embed as one U+FFFC."""
        return self._replica.shown.plain_text()

    @property
    def content(self) -> Text:
        """The text, or a list of insert components once the document was ever formatted."""
        return self._replica.shown.value()

    @property
    def author(self) -> str:
        """The name under which the server logs this client's edits, empty before the first connection."""
        return self._talk.author

    @property
    def kind(self) -> str:
        """ "text", or "rich" for a document that is meant for an editor which can show formatting."""
        return self._talk.kind

    @property
    def role(self) -> str:
        """What this client is to the document, "editor" or "viewer"; empty before the first connection."""
        return self._talk.role

    @property
    def status(self) -> Status:
        return self._link.status

    @property
    def reconnects(self) -> int:
        """How often a lost connection was taken up again."""
        return self._link.reconnects

    @property
    def version(self) -> int:
        return self._replica.version

    @property
    def pending(self) -> int:
        return len(self._replica.pending)

    @property
    def holding(self) -> bool:
        """Whether events have arrived that ``gate`` holds back."""
        return self._talk.holding

    def insert(self, offset: int, text: str) -> None:
        """Insert ``text`` before the character at ``offset``.

        Raises:
            PastEnd: there is no such place.
        """
        place = self._units(offset)
        for start in range(0, len(text), self._talk.most_inserted):
            piece = text[start : start + self._talk.most_inserted]
            self.edit([place, piece])
            place += units.length(piece)

    def delete(self, offset: int, length: int) -> None:
        """Delete ``length`` characters from ``offset`` on.

        Raises:
            PastEnd: there are not that many.
        """
        if length:
            start, end = self._units(offset), self._units(offset + length)
            self.edit([start, start - end])

    def edit(self, operation: Operation) -> int:
        """Apply an operation, in UTF-16 units, to the text as it is now; returns the id of the edit.

        Raises:
            InvalidOperation: it isn't one, or doesn't fit the text.
            NotPermitted: this client may only look.
            Closed: the connection ended for good.
        """
        if self._link.closed is not None:
            raise self._link.closed
        if self.role not in ("", EDITOR):
            raise NotPermitted(self.role)
        op = validate(normalize(operation))
        id_ = self._replica.edit(op)
        self._note_astral(op)
        self._publish(Change(self.version, op, "local", self.author))
        self._link.wake()
        return id_

    async def saved(self) -> None:
        """Wait until all own edits are in the server's log.

        Raises:
            Closed: the connection ended for good first.
        """
        await self.wait_for(lambda: not self._replica.pending)

    async def reached(self, version: int) -> None:
        """Wait until the text builds on ``version`` or a later one.

        Raises:
            Closed: the connection ended for good first.
        """
        await self.wait_for(lambda: self.version >= version)

    async def wait_for(self, condition: Callable[[], bool]) -> None:
        """Wait until ``condition`` holds; it is looked at whenever something has come from the server.

        Raises:
            Closed: the connection ended for good first.
        """
        async with self._moved:
            await self._moved.wait_for(lambda: condition() or self._link.closed is not None)
        if not condition():
            assert self._link.closed is not None
            raise self._link.closed

    async def changes(self) -> AsyncIterator[Change]:
        """All changes of the text from now on, own ones included, until the document is closed."""
        unread = _Unread()
        self._readers.append(unread)
        try:
            while True:
                while unread.changes:
                    yield unread.changes.popleft()
                if self._link.closed is not None:
                    return
                unread.stirred.clear()
                await unread.stirred.wait()
        finally:
            self._readers.remove(unread)

    def integrate_waiting(self) -> None:
        """Take in events that have arrived, as far as ``gate`` lets them pass now."""
        self._tell(self._talk.take_waiting())

    async def __aenter__(self) -> SharedDocument:
        """Connect, and wait until the text is there.

        Raises:
            Closed: the server won't have us.
        """
        self._running = asyncio.create_task(self._link.run())
        try:
            await self.wait_for(lambda: self._talk.synced)
        except BaseException:
            await self.close()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Leave the document. Edits that are not saved yet are given up: await `saved` first."""
        if self._running is not None:
            self._running.cancel()
            await asyncio.wait([self._running])
        await self.history.close()
        self._link.closed = self._link.closed or Closed(1000, "closed here")
        await self._notify()

    # What the talk brings.

    def _tell(self, news: list[News]) -> None:
        """Pass on what has happened to the text."""
        for item in news:
            if isinstance(item, Taken):
                self._taken(item)
            elif isinstance(item, Loaded):
                self._note_astral([self.text])
                self._publish(Change(self.version, None, "remote", ""))
                for op in item.dropped:
                    self._report(op, "epoch_changed", "the document was replaced")
            elif isinstance(item, TakenOut):
                self._publish(Change(self.version, item.change, "local", self.author))
                self._report(item.operation, item.code, item.reason)
            elif isinstance(item, RoleTaken):
                if self._on_role is not None:
                    self._on_role(item.role)
            else:
                self.diverged += 1
                logger.error("%s; fetching the text again", item.reason)
                raise ConnectionResetError(item.reason)

    def _taken(self, taken: Taken) -> None:
        last = taken.events[-1]
        if taken.diverged:
            self.diverged += 1
            logger.warning("prediction of event %d was wrong and is repaired", last.seq)
        if taken.operation:
            self._note_astral(taken.operation)
            authors = {event.author for event in taken.events if event.client != self.client}
            author = authors.pop() if len(authors) == 1 else ""
            self._publish(Change(last.seq, taken.operation, "remote", author))
        if self._on_event is not None:
            for event in taken.events:
                self._on_event(event, taken.operation if event is last else [])

    # Small things.

    def _report(self, op: Operation, code: str, reason: str) -> None:
        if self._on_refused is not None:
            self._on_refused(Refusal(op, code, reason, inserted_text(op)))
        else:
            logger.warning("edit %s was refused: %s (%s)", op, reason, code)

    def _units(self, offset: int) -> int:
        if not self._astral:
            if not 0 <= offset <= self._replica.shown.length:
                raise PastEnd(offset, self._replica.shown.length)
            return offset
        text = self.text
        if not 0 <= offset <= len(text):
            raise PastEnd(offset, len(text))
        return units.length(text[:offset])

    def _note_astral(self, content: Operation) -> None:
        """Once the text had a character outside the BMP, characters and units differ."""
        text = inserted_text(content)
        self._astral = self._astral or units.length(text) != len(text)

    def _publish(self, change: Change) -> None:
        for unread in self._readers:
            unread.add(change)

    async def _notify(self) -> None:
        for unread in self._readers:
            unread.stirred.set()
        async with self._moved:
            self._moved.notify_all()


class _Unread:
    """What one iterator over the changes hasn't read yet. ``stirred`` wakes it."""

    def __init__(self) -> None:
        self.changes: deque[Change] = deque()
        self.stirred = asyncio.Event()

    def add(self, change: Change) -> None:
        if self.changes and (self.changes[-1].operation is None or len(self.changes) >= MAX_UNREAD):
            change = Change(change.version, None, change.origin, change.author)
        if change.operation is None:
            # Whoever looks at the text, then sees what came before and after too.
            self.changes.clear()
        self.changes.append(change)
        self.stirred.set()


def connect(
    url: str,
    document: str,
    *,
    token: Token | None = None,
    user: dict[str, Any] | None = None,
    on_refused: Callable[[Refusal], None] | None = None,
    on_role: Callable[[str], None] | None = None,
) -> SharedDocument:
    """Open ``document`` on the server at ``url`` (ws, wss, http or https), for use with ``async with``.

    ``token`` says who this is, if that is to be known: a string, or a function that gives one, now or when awaited. It
    is called at each connection and request, and when the server says that the last one is about to expire.

    ``user`` is what others are shown (say a name and a colour); ``on_refused`` is called for each own edit that
    the server refuses, and ``on_role`` when this client's role has become another one.
    """
    return SharedDocument(url, document, token=token, user=user, on_refused=on_refused, on_role=on_role)
