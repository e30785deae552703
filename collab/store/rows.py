"""Events as rows: what is kept of each, and how damage is found when it is read.

A row's checksum is the CRC-32 over the names it refers to and its own values, so that one flipped bit is
found, be it in the row, in the document's id or in the author's name. It is stored less 2**31, which keeps it
within SQLite's four-byte integers.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from struct import Struct
from struct import error as StructError
from typing import Any
from zlib import crc32

import msgspec

from collab.errors import CorruptLog
from collab.events import Created, Event, Renamed, UnreadableEvent, decode, encode, name_of
from collab.store.base import Append, ClientRecord

_numbers = Struct("<qqq").pack


class EventRow(msgspec.Struct, frozen=True, gc=False):
    """What of an event is known before its transaction: the rest are numbers of rows."""

    seq: int
    type: str
    version: int
    client: str
    author: str
    client_seq: int
    at: int
    payload: bytes
    checksum: int


class Prepared(msgspec.Struct, frozen=True):
    """An `Append` that was checked and encoded. ``clients`` are in the order of their events."""

    document: str
    expected: int
    created: Created | None
    title: str | None
    rows: list[EventRow]
    clients: list[ClientRecord]


def seed(document: str, type_: str, version: int, client: str, author: str) -> int:
    """The checksum over what many events have in common."""
    return crc32(f"{document}\0{type_}\0{version}\0{client}\0{author}".encode())


def checksum(seed: int, seq: int, client_seq: int, at: int, payload: bytes) -> int:
    return crc32(payload, crc32(_numbers(seq, client_seq, at), seed)) - 0x8000_0000


def prepare(append: Append) -> Prepared:
    """``append`` as rows.

    Raises:
        ValueError: it breaks the contract in `collab.store.base`, and would harm the log.
    """
    records = {record.client: record for record in append.clients}
    used: dict[str, ClientRecord] = {}
    rows = []
    created = None
    title = None
    seq, at = append.expected, 0
    for event in append.events:
        seq += 1
        if event.document != append.document or event.seq != seq or event.at < at:
            raise ValueError(f"event {event.seq} of {event.document!r} doesn't follow event {seq - 1}")
        if event.client not in records:
            raise ValueError(f"event {seq} is of client {event.client!r}, who isn't among the clients")
        at = event.at
        payload = event.payload
        if isinstance(payload, Created) is not (seq == 1):
            raise ValueError(f"event {seq}: a document's first event, and no other, is its creation")
        if isinstance(payload, Created):
            created = payload
        elif isinstance(payload, Renamed):
            title = payload.title
        used[event.client] = records[event.client]
        rows.append(_row(event))
    if not rows:
        raise ValueError("there are no events to append")
    clients = list((used | records).values())
    return Prepared(append.document, append.expected, created, title, rows, clients)


def _row(event: Event) -> EventRow:
    type_, version = name_of(event.payload)
    payload = encode(event.payload)
    start = seed(event.document, type_, version, event.client, event.author)
    try:
        check = checksum(start, event.seq, event.client_seq, event.at, payload)
    except StructError as error:
        raise ValueError(f"event {event.seq}: {error}") from error
    return EventRow(
        event.seq,
        type_,
        version,
        event.client,
        event.author,
        event.client_seq,
        event.at,
        payload,
        check,
    )


COLUMNS = (
    "e.seq, e.type, e.version, e.client_seq, e.at, e.payload, e.checksum, e.position, c.client, c.author"
)
"""What `read` wants of a row, where ``e`` is the event and ``c`` its client."""


def read(document: str, rows: Iterable[Sequence[Any]], *, after: int) -> list[Event]:
    """The events in ``rows`` of `COLUMNS` and one more, which follow event ``after``.

    Raises:
        CorruptLog: one is missing before another, or damaged.
    """
    seeds: dict[tuple[str, int, str, str], int] = {}
    events = []
    expected = after
    for seq, type_, version, client_seq, at, payload, stored, position, client, author, _ in rows:
        expected += 1
        if seq != expected:
            raise CorruptLog(document, expected, f"missing, the next one is {seq}")
        common = (type_, version, client, author)
        try:
            start = seeds.get(common)
            if start is None:
                start = seeds[common] = seed(document, type_, version, client, author)
            if checksum(start, seq, client_seq, at, payload) != stored:
                raise CorruptLog(document, seq, "wrong checksum")
            what = decode(type_, version, payload)
        except (UnreadableEvent, TypeError, StructError) as damage:
            raise CorruptLog(document, seq, str(damage)) from damage
        events.append(Event(document, seq, what, author, client, client_seq, at, position))
    return events
