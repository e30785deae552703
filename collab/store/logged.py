"""Events of the whole log as clients see them."""

from __future__ import annotations

from typing import Any

from msgspec import structs

from collab.events import Event, UnreadableEvent, decode
from collab.messages import event_row
from collab.shapes import LogRow
from collab.store.base import Logged
from collab.store.rows import unreadable


def log_row(logged: Logged) -> LogRow:
    """``logged`` as clients see it.

    Raises:
        CorruptLog: it is damaged.
    """
    document, seq, row = logged
    try:
        payload = decode(row.type, row.version, row.payload)
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
    event = Event(document, seq, payload, row.author, row.client, row.client_seq, row.at)
    said: dict[str, Any] = structs.asdict(event_row(event))
    return LogRow(document=document, position=row.position, **said)
