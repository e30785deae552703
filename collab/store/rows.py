"""Events as rows: what is kept of each, and how damage is found when it is read.

A row's checksum is the CRC-32 over the names it refers to and its own values, so that one flipped bit is
found, be it in the row, in the document's id or in the author's name. It is stored less 2**31, which keeps it
within SQLite's four-byte integers.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from struct import Struct
from struct import error as StructError
from typing import Any
from zlib import crc32

import msgspec

from collab import chain
from collab.errors import CorruptLog, StoreError, UnknownEvent
from collab.events import (
    Created,
    Edited,
    Event,
    Renamed,
    UnreadableEvent,
    decode,
    encode,
    level_of,
    name_of,
)
from collab.segments import Row
from collab.store.base import Append, ClientRecord
from collab.tags import ABOUT_TAGS

_numbers = Struct("<qqq").pack

EventRow = tuple[int, str | None, int, tuple[str, str], int, int, bytes, int, bytes]
"""What of an event is known before its transaction, the rest being numbers of rows and the digest: seq, type, version,
(client, author), client_seq, at, payload, checksum, line. A bare tuple: there is one for every keystroke."""

EDITED = "edited"
"""The type that takes no room in a row."""


class Prepared(msgspec.Struct, frozen=True):
    """An `Append` that was checked and encoded. ``clients`` and ``people``, clients with an author each, are in
    the order of their events, ``tagging`` are the events about tags, ``level`` is the highest of all, ``began`` and
    ``ended`` are the times of the first and the last."""

    document: str
    expected: int
    created: Created | None
    title: str | None
    rows: list[EventRow]
    clients: list[ClientRecord]
    people: list[tuple[str, str]]
    tagging: list[Event]
    level: int
    began: int
    ended: int


@lru_cache(4096, typed=True)
def seed(document: str, type_: str, version: int, client: str, author: str) -> int:
    """The checksum over what many events have in common."""
    return crc32(f"{document}\0{type_}\0{version}\0{client}\0{author}".encode())


@lru_cache(4096, typed=True)
def _common(document: str, type_: str, version: int, client: str, author: str) -> tuple[int, bytes]:
    """What many events have in common of their checksums, and of their lines in the hash chain."""
    return seed(document, type_, version, client, author), chain.head(type_, version, client, author)


def checksum(seed: int, seq: int, client_seq: int, at: int, payload: bytes) -> int:
    return crc32(payload, crc32(_numbers(seq, client_seq, at), seed)) - 0x8000_0000


def prepare(append: Append) -> Prepared:
    """``append`` as rows.

    Raises:
        ValueError: it breaks the contract in `collab.store.base`, and would harm the log.
    """
    records = {record.client: record for record in append.clients}
    document = append.document
    people: dict[tuple[str, str], None] = {}  # in the order of their events
    rows: list[EventRow] = []
    odd: list[Event] = []
    seq, at = append.expected, 0
    for event in append.events:
        seq += 1
        if event.document != document or event.seq != seq or event.at < at:
            raise ValueError(f"event {event.seq} of {event.document!r} doesn't follow event {seq - 1}")
        client, at, payload = event.client, event.at, event.payload
        if client not in records:
            raise ValueError(f"event {seq} is of client {client!r}, who isn't among the clients")
        if type(payload) is not Edited or seq == 1:
            odd.append(event)
        type_, version = name_of(payload)
        stored = encode(payload)
        person = client, event.author
        people[person] = None
        start, head = _common(document, type_, version, *person)
        try:
            check = checksum(start, seq, event.client_seq, at, stored)
        except StructError as error:
            raise ValueError(f"event {seq}: {error}") from error
        line = chain.line(head, seq, event.client_seq, at, stored)
        short = None if type_ == EDITED else type_
        rows.append((seq, short, version, person, event.client_seq, at, stored, check, line))
    if not rows:
        raise ValueError("there are no events to append")
    created, title, tagging = None, None, []
    for event in odd:
        payload = event.payload
        if isinstance(payload, Created) is not (event.seq == 1):
            raise ValueError(f"event {event.seq}: a document's first event, and no other, is its creation")
        if isinstance(payload, Created):
            created = payload
        elif isinstance(payload, Renamed):
            title = payload.title
        elif isinstance(payload, ABOUT_TAGS):
            tagging.append(event)
    clients = list(append.clients)
    if len(clients) > 1:
        clients = list(({client: records[client] for client, _ in people} | records).values())
    return Prepared(
        document,
        append.expected,
        created,
        title,
        rows,
        clients,
        list(people),
        tagging,
        max((level_of(event.payload) for event in odd), default=1),
        append.events[0].at,
        at,
    )


COLUMNS = (
    f"e.seq, coalesce(e.type, '{EDITED}'), e.version, e.client_seq, e.at, e.payload, e.checksum, e.position,"
    " c.client, c.author"
)
"""What `check` wants of a row, where ``e`` is the event and ``c`` its client."""

TABLES = "FROM events AS e LEFT JOIN clients AS c ON c.number = e.client"


def check(document: str, row: Sequence[Any]) -> Row:
    """The event in ``row`` of `COLUMNS`.

    Raises:
        CorruptLog: it is damaged.
    """
    seq, type_, version, client_seq, at, payload, stored, position, client, author = row
    try:
        if checksum(seed(document, type_, version, client, author), seq, client_seq, at, payload) == stored:
            return Row(type_, version, client, author, client_seq, at, position, payload)
    except (TypeError, StructError) as damage:
        raise CorruptLog(document, seq, str(damage)) from damage
    raise CorruptLog(document, seq, "wrong checksum")


def read(document: str, rows: Iterable[Sequence[Any]], *, after: int) -> list[Event]:
    """The events in ``rows`` of `COLUMNS`, which follow event ``after``.

    Raises:
        CorruptLog: one is missing before another, or damaged.
    """
    events = []
    seq = after
    for found in following(document, rows, after=after):
        seq += 1
        type_, version, client, author, client_seq, at, position, payload = check(document, found)
        try:
            what = decode(type_, version, payload)
        except UnreadableEvent as damage:
            raise unreadable(document, seq, damage) from damage
        events.append(Event(document, seq, what, author, client, client_seq, at, position))
    return events


def following(document: str, rows: Iterable[Sequence[Any]], *, after: int) -> Iterator[Sequence[Any]]:
    """``rows``, which are to be those of the events behind event ``after``.

    Raises:
        CorruptLog: one is missing before another.
    """
    for expected, found in enumerate(rows, after + 1):
        if found[0] != expected:
            raise CorruptLog(document, expected, f"missing, the next one is {found[0]}")
        yield found


def unreadable(document: str, seq: int, why: UnreadableEvent) -> StoreError:
    """What to say of an event that can't be decoded: that it is damaged, or from a newer program."""
    return (UnknownEvent if why.newer else CorruptLog)(document, seq, str(why))
