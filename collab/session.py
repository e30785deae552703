"""The server's half of the talk with one client: sans I/O, a message in, what to do out.

A client edits the text as it sees it, ahead of and behind the log at once. The session keeps the bridge
between the two: the foreign events that the client had not seen at its last edit, carried over the client's
edits since.

        what the client sees                    the newest version
        (base + its own edits)  ── bridge ──▶   (all events)
                │                                      │
             op │                                      │ op'
                ▼                                      ▼
                ·  ───────────── bridge' ──────────▶   ·

An edit is carried over the bridge to become the event, and the bridge over the edit to be ready for the next
one. The client does the mirror image in `collab.replica`, in the same order, and so predicts the event.
"""

from __future__ import annotations

import msgspec

from collab.bridge import OTHER, Bridge, shape
from collab.document import Document, EditText
from collab.errors import (
    FellBehind,
    MalformedMessage,
    NotPermitted,
    OperationTooLarge,
    PastEnd,
    RequestError,
    TooFast,
)
from collab.events import Payload
from collab.limits import Limits, TokenBucket
from collab.messages import Cursor, Edit, Refused, Resend, SetPresence
from collab.operation import Operation, span, validate
from collab.presence import carried
from collab.recent import Recent


class Accepted(msgspec.Struct, frozen=True):
    """The edit becomes an event with this payload."""

    id: int
    payload: Payload


class Session:
    """The talk with ``client`` from its welcome at version ``joined`` on.

    ``accepted`` is the id of the client's newest edit that is an event, committed or about to be. ``only_looks`` is the
    role of a client that may not edit.
    """

    def __init__(self, client: str, *, joined: int, accepted: int, limits: Limits, now: float) -> None:
        self.client = client
        self.accepted = accepted
        self.refusals = 0
        self.only_looks = ""
        self._limits = limits
        self._base = joined
        self._bridge = Bridge(client)
        # The newest event that is on the bridge, or is this client's own.
        self._bridged = joined
        self._bucket = TokenBucket(per_second=limits.edits_per_second, burst=limits.edit_burst, now=now)

    def edit(
        self, edit: Edit, *, document: Document, recent: Recent, seen: int, now: float
    ) -> Accepted | Refused | Resend | None:
        """Judge one edit. None means that it is a duplicate, whose event is in the stream.

        ``document`` is at its newest version, ``recent`` holds the events up to it, and ``seen`` is the
        newest version that was shown to any client. An accepted edit must become the document's next
        event; the session counts on it.

        Raises:
            MalformedMessage: the edit breaks a rule of the protocol.
            FellBehind: the client's version is too old to bridge.
        """
        if edit.id <= self.accepted:
            return None
        if edit.refusals < self.refusals:
            return Resend(edit.id)
        if edit.refusals > self.refusals:
            raise MalformedMessage(f"edit counts {edit.refusals} refusals, there were {self.refusals}")
        self._advance(edit.base, recent, seen)
        try:
            payload = self._decide(edit, document, now)
        except RequestError as error:
            self.refusals += 1
            return Refused(edit.id, error.code, str(error))
        self._bridged = document.version + 1
        self.accepted = edit.id
        return Accepted(edit.id, payload)

    def cursor(
        self, presence: SetPresence, *, document: Document, recent: Recent, seen: int
    ) -> Cursor | None:
        """The caret in ``presence``, carried to the newest version like an edit that changes nothing.

        Raises:
            MalformedMessage, FellBehind: as for an edit.
        """
        self._advance(presence.base, recent, seen)
        cursor = presence.cursor
        if cursor is None:
            return None
        for client, op in self._bridge.operations():
            cursor = carried(cursor, op, by=client, owner=self.client)
        length = document.content.length
        return Cursor(max(0, min(cursor.anchor, length)), max(0, min(cursor.head, length)))

    def _advance(self, base: int, recent: Recent, seen: int) -> None:
        """Take in that the client has integrated all events up to ``base``; bridge those after it."""
        if not self._base <= base <= seen:
            raise MalformedMessage(f"base {base} is not between {self._base} and {seen}")
        if base > self._base:
            self._base = base
            self._bridge.drop(base)
        # Since the client's last edit all events are others': its own pass through here one by one.
        start = max(self._bridged, base)
        if start < recent.newest:
            recent.extend(self._bridge, start)
        self._bridged = max(start, recent.newest)
        if len(self._bridge) > self._limits.bridge:
            raise FellBehind(f"{len(self._bridge)} events since version {base}: resume")

    def _decide(self, edit: Edit, document: Document, now: float) -> Payload:
        if self.only_looks:
            raise NotPermitted(self.only_looks)
        if not self._bucket.take(now):
            raise TooFast(self._limits.edits_per_second)
        op = validate(edit.op)
        covered, inserted = _extent(op)
        if inserted > self._limits.operation:
            raise OperationTooLarge(inserted, self._limits.operation)
        length = document.content.length - self._bridge.growth
        if covered > length:
            raise PastEnd(covered, length)
        crossing = self._bridge.cross(op)
        payload = document.decide(EditText(crossing.op, tuple(sorted(crossing.leans))))
        self._bridge.accept(crossing)
        return payload


def _extent(op: Operation) -> tuple[int, int]:
    """How many units of its text ``op`` covers, and how many it inserts."""
    place, size = shape(op)
    if place != OTHER:
        return (place, size) if size > 0 else (place - size, 0)
    covered, growth = span(op)
    return covered, growth - sum(step for step in op if isinstance(step, int) and step < 0)
