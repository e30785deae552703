"""What the server does to a live document on somebody's behalf: one event, in order with what everybody types."""

from __future__ import annotations

from collections.abc import Callable

from collab.bridge import Bridge
from collab.clientele import SERVER
from collab.document import Command
from collab.errors import AlreadyDone, BaseTooOld, PastEnd, TooFast, UnknownVersion
from collab.events import Event
from collab.operation import Operation, span
from collab.room import Room


async def check_new(room: Room, author: str, key: str | None) -> None:
    """Look whether what ``author`` asks for with ``key`` was done, before anything is worked out: it may well be that
    it can't be done twice.

    Raises:
        AlreadyDone: it is in the log.
        StoreError: the log can't be read, or it never came there.
    """
    await _refuse_done(room, await room.clientele.errand(key, author))


async def _refuse_done(room: Room, client: str) -> None:
    if seq := room.clientele.done(client):
        await room.wait_committed(seq)
        raise AlreadyDone(seq)


async def carry_out(room: Room, command: Command, author: str, *, key: str | None = None) -> Event:
    """Do what ``author`` asks for, and return the event, which is committed.

    Raises:
        RequestError: it can't be done.
        AlreadyDone: it was, when it was asked for with the same ``key``.
        StoreError: it can't be committed.
    """
    return await _commit(room, command, author, await room.clientele.errand(key, author))


async def carry_in(
    room: Room,
    op: Operation,
    base: int,
    author: str,
    command: Callable[[Operation], Command],
    *,
    key: str | None = None,
) -> Event:
    """Do what ``command`` makes of ``op`` when that has been carried from version ``base`` to the newest.

    Raises:
        UnknownVersion, BaseTooOld: it can't be carried from there.
        RequestError, AlreadyDone, StoreError: as for `carry_out`.
    """
    client = await room.clientele.errand(key, author)
    bridge = await _bridge(room, base)
    covered, length = span(op)[0], room.document.content.length - bridge.growth
    if covered > length:
        raise PastEnd(covered, length)
    return await _commit(room, command(bridge.cross(op).op), author, client)


async def _commit(room: Room, command: Command, author: str, client: str) -> Event:
    if room.failed is not None:
        raise room.failed
    await _refuse_done(room, client)  # another with the same key may have come meanwhile
    if not room.errands.take(room.clock.monotonic()):
        raise TooFast(room.limits.edits_per_second)
    payload = room.document.decide(command)
    room.clientele.begin(client, author)
    event = room.order(payload, author, client, 0 if client == SERVER else room.document.version + 1)
    await room.wait_committed(event.seq)
    return event


async def _bridge(room: Room, base: int) -> Bridge:
    """All that was done after version ``base``, up to the very newest."""
    if not 0 <= base <= room.committed:
        raise UnknownVersion(base, room.committed)
    bridge = Bridge(SERVER)
    reached = base
    while reached < room.recent.base:
        if room.committed - base > room.limits.bridge:
            raise BaseTooOld(base, room.limits.bridge)
        for event in await room.store.events(room.document.id, after=reached, until=room.recent.base):
            bridge.append(event)
            reached = event.seq
    room.recent.extend(bridge, reached)
    return bridge
