"""The facts in the log.

An event is an envelope (which document, who, when) around a payload (what). Payloads are stored as JSON
under a fixed type name and a schema version; `decode` brings older versions forward with `upcasters`.
Nothing here is ever renamed: the names are in people's databases.

Events can't be part of a reference cycle, and histories hold hundreds of thousands of them, so the garbage
collector is told to pass them over.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from collab.errors import CollabError
from collab.operation import Operation
from collab.upcasters import UPCASTERS, Upcaster, upcast

KINDS = ("text", "rich")
"""What a document can be: plain text, or text that is meant for an editor which can show formatting. Both have the same
operations, and what was made before there were kinds is text."""


class Origin(msgspec.Struct, frozen=True, gc=False):
    """What a fork was made of: a version of another document, which had this ``epoch``."""

    document: str
    epoch: str
    version: int


class Created(msgspec.Struct, frozen=True, gc=False):
    """The document began, with the content that ``op`` inserts; a fork has its ``origin``.

    ``epoch`` tells it from any other document that ever had its id.
    """

    epoch: str
    kind: str = "text"
    title: str = ""
    op: Operation = []
    origin: Origin | None = None


class Edited(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """The text changed: ``op`` applies to the version before this event.

    ``leans`` names the clients whose deletions the edit was pushed back by on its way into the log (see
    `collab.meeting`), for the sake of those of their edits that it has yet to meet.

    Stored as an array, because there are millions of these; new fields come last and have defaults.
    """

    op: Operation
    leans: tuple[str, ...] = ()


class Renamed(msgspec.Struct, frozen=True, gc=False):
    title: str


class Restored(msgspec.Struct, frozen=True, gc=False):
    """The content of ``version`` was brought back: ``op`` leads there from the version before this event."""

    version: int
    op: Operation


class Undone(msgspec.Struct, frozen=True, gc=False):
    """What ``author`` had done after version ``after`` up to version ``until`` was taken back by ``op``."""

    author: str
    after: int
    until: int
    op: Operation


class Tagged(msgspec.Struct, frozen=True, gc=False):
    """``version`` was given a name. The seq of this event is the tag's number."""

    version: int
    name: str


class TagRenamed(msgspec.Struct, frozen=True, gc=False):
    tag: int
    name: str


class Untagged(msgspec.Struct, frozen=True, gc=False):
    tag: int


Payload = Created | Edited | Renamed | Restored | Undone | Tagged | TagRenamed | Untagged

CURRENT: dict[str, tuple[int, type[Payload]]] = {
    "created": (2, Created),
    "edited": (1, Edited),
    "renamed": (1, Renamed),
    "restored": (1, Restored),
    "undone": (1, Undone),
    "tagged": (1, Tagged),
    "tag_renamed": (1, TagRenamed),
    "untagged": (1, Untagged),
}
"""The version in which each type is written today, and its shape."""

LEVEL = 2
"""The newest level of events that this program understands. Types and versions that come to be at one time share one:
level 2 are named versions, restored and undone ones, and documents that begin with content."""

_NAMES: dict[type[Payload], tuple[str, int]] = {
    shape: (name, version) for name, (version, shape) in CURRENT.items()
}
_DECODERS = {name: msgspec.json.Decoder(shape) for name, (_, shape) in CURRENT.items()}
_encoder = msgspec.json.Encoder()


class Event(msgspec.Struct, frozen=True, gc=False):
    """One fact about one document.

    ``seq`` numbers the document's events from 1 without gaps. ``client`` and ``client_seq`` name the edit
    as its author made it, ``client_seq`` 0 being for what is not an edit. ``at`` is the server's time in
    microseconds since 1970, never going back within a document. ``position`` is the place in the whole
    log, 0 until the store has given one.
    """

    document: str
    seq: int
    payload: Payload
    author: str
    client: str
    client_seq: int
    at: int
    position: int = 0

    @property
    def op(self) -> Operation | None:
        """What the event does to the text, None if nothing."""
        payload = self.payload
        return payload.op if type(payload) is Edited else effect(payload)

    @property
    def leans(self) -> tuple[str, ...]:
        """The clients towards which the event's edit leans."""
        return self.payload.leans if type(self.payload) is Edited else ()


def effect(payload: Payload) -> Operation | None:
    """What ``payload`` does to the text, None if nothing."""
    if type(payload) is Edited:
        return payload.op
    return (payload.op or None) if isinstance(payload, (Created, Restored, Undone)) else None


class UnreadableEvent(CollabError):
    """The payload was written by a ``newer`` program, or is damaged."""

    code = "unreadable_event"

    def __init__(self, what: str, *, newer: bool = False) -> None:
        self.newer = newer
        super().__init__(what)


def name_of(payload: Payload) -> tuple[str, int]:
    """The type name and schema version under which ``payload`` is stored."""
    return _NAMES[type(payload)]


def level_of(payload: Payload) -> int:
    """The level of a program that it takes to understand ``payload`` as it is stored today."""
    return 1 if isinstance(payload, (Edited, Renamed)) else 2


def encode(payload: Payload) -> bytes:
    """``payload`` as it is stored, under the name and version that `name_of` gives."""
    if type(payload) is Edited and not payload.leans:
        return _encoder.encode([payload.op])
    return _encoder.encode(payload)


def decode(
    type_: str, version: int, stored: bytes, *, upcasters: Mapping[tuple[str, int], Upcaster] = UPCASTERS
) -> Payload:
    """The payload in ``stored``, in today's shape.

    Raises:
        UnreadableEvent: type or version are not known here, or the bytes don't fit them.

    >>> decode("edited", 1, b'[[5,"x"]]')
    Edited(op=[5, 'x'], leans=())
    """
    known = CURRENT.get(type_)
    if known is None:
        raise UnreadableEvent(f"event type {type_!r} is not known to this version of collab", newer=True)
    current, shape = known
    if version > current:
        raise UnreadableEvent(
            f"{type_!r} version {version} is newer than {current}, the newest known here", newer=True
        )
    try:
        if version == current:
            return _DECODERS[type_].decode(stored)
        value: Any = upcast(type_, version, msgspec.json.decode(stored), to=current, upcasters=upcasters)
        return msgspec.convert(value, shape)
    except KeyError as missing:
        raise UnreadableEvent(f"no upcaster from {type_!r} version {version}") from missing
    except (msgspec.DecodeError, UnicodeDecodeError, TypeError) as damage:  # TypeError: an upcaster's
        raise UnreadableEvent(f"{type_!r} version {version}: {damage}") from damage
