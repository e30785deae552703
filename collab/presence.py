"""Who is here, and where their carets are. Never in the log.

Each caret is kept with the version in whose coordinates it stands, and carried over the events since when
somebody is to see it, so that a caret costs nothing while others type.
"""

from __future__ import annotations

from typing import Any

import msgspec

from collab.messages import Cursor, Peer
from collab.operation import Operation, Side, transform_offset
from collab.recent import Recent


def carried(cursor: Cursor, op: Operation, *, by: str, owner: str) -> Cursor:
    """Where the caret of ``owner`` stands after an operation of the client ``by``.

    Text that comes in just at the caret goes to the side on which it would stand beside what the owner types
    there, so that a caret keeps to its owner's own last letter.
    """
    sticky: Side = "right" if by <= owner else "left"
    return Cursor(
        transform_offset(cursor.anchor, op, sticky=sticky), transform_offset(cursor.head, op, sticky=sticky)
    )


class _Present(msgspec.Struct):
    author: str
    user: dict[str, Any] | None
    cursor: Cursor | None
    version: int


class Presence:
    """The clients of one document that are here now."""

    def __init__(self) -> None:
        self._present: dict[str, _Present] = {}
        # Of whom there is news.
        self._changed: set[str] = set()
        self._left: set[str] = set()

    def enter(self, client: str, author: str, user: dict[str, Any] | None, version: int) -> None:
        self._left.discard(client)
        self._changed.add(client)
        self._present[client] = _Present(author, user, None, version)

    def move(self, client: str, cursor: Cursor | None, user: dict[str, Any] | None, version: int) -> None:
        """The caret of ``client`` is at ``cursor`` in version ``version``; ``user`` None keeps the last one."""
        present = self._present.get(client)
        if present is not None:
            present.cursor, present.version = cursor, version
            self._changed.add(client)
            if user is not None:
                present.user = user

    def leave(self, client: str) -> None:
        if self._present.pop(client, None) is not None:
            self._changed.discard(client)
            self._left.add(client)

    def everybody(self, version: int, recent: Recent) -> list[Peer]:
        """All who are here, their carets in coordinates of ``version``; later carets are left out."""
        return [self._peer(client, present, version, recent) for client, present in self._present.items()]

    def news(self, version: int, recent: Recent) -> list[Peer]:
        """What changed since the last call, as far as it can be told in coordinates of ``version``."""
        peers = [Peer(client, left=True) for client in self._left]
        self._left.clear()
        tellable = [client for client in self._changed if self._present[client].version <= version]
        self._changed.difference_update(tellable)
        peers += [self._peer(client, self._present[client], version, recent) for client in tellable]
        return peers

    def carry(self, version: int, recent: Recent) -> None:
        """Bring all carets up to ``version``, before ``recent`` forgets the events that this takes."""
        for client, present in self._present.items():
            self._carry(client, present, version, recent)

    def _peer(self, client: str, present: _Present, version: int, recent: Recent) -> Peer:
        if present.version > version:
            return Peer(client, author=present.author, user=present.user, cursor=None)
        self._carry(client, present, version, recent)
        return Peer(client, author=present.author, user=present.user, cursor=present.cursor)

    @staticmethod
    def _carry(client: str, present: _Present, version: int, recent: Recent) -> None:
        if present.version >= version:
            return
        for event in recent.after(present.version, version) if present.cursor is not None else ():
            if event.op and present.cursor is not None:
                present.cursor = carried(present.cursor, event.op, by=event.client, owner=client)
        present.version = version
