"""What travels on the wire in ``collab.v1``; docs/protocol.md says what it means."""

from __future__ import annotations

import json
import re
from typing import Annotated, Any

import msgspec
from msgspec import UNSET, UnsetType, structs

from collab.errors import MalformedMessage
from collab.events import Edited, Event, Origin, name_of
from collab.limits import Advertised
from collab.operation import Operation

SUBPROTOCOL = "collab.v1"

SCHEMA = 1
"""Version of the events that clients of today understand."""

CLIENT_ID = re.compile(r"[A-Za-z0-9_-]{8,64}")
CLIENT_KEY = re.compile(r"[A-Za-z0-9_-]{16,128}")
DOCUMENT_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._~-]{0,127}")

MAX_ID = 2**53 - 1
"""The last id of an edit: as far as every client can count without rounding, and what a store can keep."""


class Message(msgspec.Struct, frozen=True, tag_field="type", omit_defaults=True):
    """Named by its ``type`` on the wire; fields at their defaults are left out."""


class Cursor(msgspec.Struct, frozen=True):
    """A caret or selection, in units; ``head`` is the end that moves."""

    anchor: int
    head: int


# From client to server.


class Hello(Message, frozen=True, tag="hello"):
    """``accept_encoding`` are the ways of compressing content that the client can undo."""

    client: str
    key: str
    schema: int
    since: int | None = None
    epoch: str | None = None
    token: str | None = None
    user: dict[str, Any] | None = None
    accept_encoding: tuple[str, ...] = ()


class Edit(Message, frozen=True, tag="edit"):
    """``op`` is anything until `collab.operation.validate` has looked at it."""

    id: Annotated[int, msgspec.Meta(le=MAX_ID)]
    base: int
    op: Any
    refusals: int


class SetPresence(Message, frozen=True, tag="presence"):
    base: int
    after: int
    cursor: Cursor | None
    user: dict[str, Any] | None = None


class Ping(Message, frozen=True, tag="ping"):
    pass


class Auth(Message, frozen=True, tag="auth"):
    """A new token for the one that is about to expire."""

    token: str


ClientMessage = Hello | Edit | SetPresence | Ping | Auth


# From server to client.


class SnapshotMark(msgspec.Struct, frozen=True, omit_defaults=True):
    """What content follows: that of version ``seq``, ``length`` units.

    With an ``encoding`` it comes as ``bytes`` bytes in binary messages, which inflate to ``inflated`` bytes;
    without one as `SnapshotChunk` messages.
    """

    seq: int
    length: int
    encoding: str | None = None
    bytes: int = 0
    inflated: int = 0


class You(msgspec.Struct, frozen=True):
    client: str
    author: str


class Welcome(msgspec.Struct, frozen=True, tag="welcome", tag_field="type"):
    seq: int
    epoch: str
    snapshot: SnapshotMark | None
    accepted: int
    you: You
    role: str
    title: str
    limits: Advertised
    kind: str = "text"


class SnapshotChunk(Message, frozen=True, tag="snapshot"):
    content: Operation
    last: bool = False


class EventRow(msgspec.Struct, frozen=True, omit_defaults=True):
    """An event as clients see it. ``op`` is there if it changes the text, whatever its type.

    ``leans`` names clients towards which the edit leans (see `collab.meeting`). The other fields that may be missing
    are those of the payloads in `collab.events`, save that ``version`` is the schema's, and ``of_version`` and
    ``of_author`` say what was named, restored or undone.
    """

    seq: int
    type: str
    client: str
    id: int
    author: str
    at: int
    op: Operation | UnsetType = UNSET
    epoch: str | UnsetType = UNSET
    kind: str | UnsetType = UNSET
    title: str | UnsetType = UNSET
    origin: Origin | UnsetType = UNSET
    of_version: int | UnsetType = UNSET
    of_author: str | UnsetType = UNSET
    after: int | UnsetType = UNSET
    until: int | UnsetType = UNSET
    tag: int | UnsetType = UNSET
    name: str | UnsetType = UNSET
    leans: tuple[str, ...] = ()
    version: int = 1


class Events(Message, frozen=True, tag="events"):
    events: list[EventRow]


class Peer(msgspec.Struct, frozen=True, omit_defaults=True):
    client: str
    author: str | UnsetType = UNSET
    user: dict[str, Any] | None | UnsetType = UNSET
    cursor: Cursor | None | UnsetType = UNSET
    left: bool = False


class PresenceUpdate(Message, frozen=True, tag="presence"):
    """News about others; with ``all``, whoever isn't listed is not here."""

    seq: int
    peers: list[Peer]
    all: bool = False


class Refused(Message, frozen=True, tag="refused"):
    id: int
    code: str
    reason: str


class Resend(Message, frozen=True, tag="resend"):
    id: int


class Retry(Message, frozen=True, tag="retry"):
    code: str
    reason: str


class Role(Message, frozen=True, tag="role"):
    """From now on the client is this to the document."""

    role: str


class AuthExpiring(Message, frozen=True, tag="auth-expiring", rename={"seconds": "in"}):
    """The connection ends in so many seconds if no `Auth` comes before."""

    seconds: float


class Checksum(Message, frozen=True, tag="checksum"):
    seq: int
    hash: int


class Pong(Message, frozen=True, tag="pong"):
    pass


ServerMessage = (
    Welcome
    | SnapshotChunk
    | Events
    | PresenceUpdate
    | Refused
    | Resend
    | Retry
    | Role
    | AuthExpiring
    | Checksum
    | Pong
)

_encoder = msgspec.json.Encoder()
_client_decoder: msgspec.json.Decoder[ClientMessage] = msgspec.json.Decoder(ClientMessage)
_server_decoder: msgspec.json.Decoder[ServerMessage] = msgspec.json.Decoder(ServerMessage)


def encode(message: Message | Welcome | EventRow) -> bytes:
    return _encoder.encode(message)


def decode_server(frame: str | bytes) -> ServerMessage:
    """A message from the server.

    Raises:
        MalformedMessage: it isn't one.
    """
    try:
        return _server_decoder.decode(frame)
    except (msgspec.DecodeError, UnicodeError) as error:
        raise MalformedMessage(str(error)) from error


def decode_client(frame: str | bytes) -> ClientMessage:
    """A message from a client.

    Raises:
        MalformedMessage: it isn't one.
    """
    try:
        return _client_decoder.decode(frame)
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        edit = _damaged_edit(frame)
        if edit is None:
            raise MalformedMessage(str(error)) from error
        return edit


def _damaged_edit(frame: str | bytes) -> Edit | None:
    """An edit that only the standard library can read, say one with half a surrogate pair in it.

    Such an edit must cost its author one edit, not the connection, so it goes on to be refused by itself.
    """
    try:
        value = json.loads(frame)
        envelope = {key: value[key] for key in ("type", "id", "base", "refusals")}
        return msgspec.convert({**envelope, "op": None}, Edit).__replace__(op=value["op"])
    except (ValueError, TypeError, KeyError, RecursionError):
        return None


def event_row(event: Event) -> EventRow:
    """``event`` as clients see it."""
    payload = event.payload
    type_, version = name_of(payload)
    row = EventRow(
        seq=event.seq,
        type=type_,
        client=event.client,
        id=event.client_seq,
        author=event.author,
        at=event.at,
        version=version,
        op=payload.op if type(payload) is Edited else UNSET,
        leans=event.leans,
    )
    return row if type(payload) is Edited else structs.replace(row, **_said(event))


def _said(event: Event) -> dict[str, Any]:
    """What an event says that isn't an edit."""
    payload = event.payload
    op = UNSET if event.op is None else event.op
    return {"op": op} | {
        _ON_THE_WIRE.get(name, name): value
        for name, value in structs.asdict(payload).items()
        if name != "op" and value is not None
    }


_ON_THE_WIRE = {"version": "of_version", "author": "of_author"}


def events_frame(rows: list[bytes]) -> bytes:
    """An `Events` message of rows that are encoded already."""
    return b'{"type":"events","events":[' + b",".join(rows) + b"]}"
