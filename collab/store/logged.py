"""Events of the whole log, decoded, and as clients see them."""

from __future__ import annotations

from typing import Any

from msgspec import structs

from collab.events import Event, UnreadableEvent, decode
from collab.messages import event_row
from collab.shapes import LogRow
from collab.store.base import Logged
from collab.store.rows import unreadable


def event_of(logged: Logged) -> Event:
    """``logged`` decoded.

    Raises:
        UnreadableEvent: it is damaged, or of a kind not known here.
    """
    document, seq, row = logged
    payload = decode(row.type, row.version, row.payload)
    return Event(document, seq, payload, row.author, row.client, row.client_seq, row.at, row.position)


def log_row(logged: Logged) -> LogRow:
    """``logged`` as clients see it.

    Raises:
        CorruptLog: it is damaged.
    """
    document, seq, row = logged
    try:
        event = event_of(logged)
    except UnreadableEvent as why:
        if not why.newer:
            raise unreadable(document, seq, why) from why
        # One document of a newer program is no reason to keep all others from whoever follows the log.
        return LogRow(
            *(seq, row.type, row.client, row.client_seq, row.author, row.at),
            version=row.version,
            document=document,
            position=row.position,
            unknown=True,
        )
    said: dict[str, Any] = structs.asdict(event_row(event))
    return LogRow(document=document, position=row.position, **said)
