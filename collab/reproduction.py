"""What one client saw and sent, in a file that the client wrote: *A reproduction* in docs/sdk.md.

Nothing in it is trusted. Types, sizes and counts are looked at here, so that whoever plays it again (see
`collab.reproducing`) has only to judge whether things fit each other.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator
from typing import Annotated, Any, Literal

import msgspec
from msgspec import UNSET, Meta, Raw, UnsetType, structs

from collab.errors import BadReproduction, IncompleteReproduction, InvalidOperation
from collab.messages import MAX_ID, Checksum, Events, Refused, SnapshotChunk, SnapshotMark
from collab.operation import Operation, Text, validate

FORMAT, VERSION = "collab-reproduction", 1

MOST_BYTES = 256 * 1024 * 1024
"""Five times the largest document that a server allows by default, in three bytes a unit: it is there up to three
times."""

MOST_FRAMES = 10_000
"""The SDK keeps 500."""

MOST_EDITS = 100_000
"""Own edits that wait: a client without a connection joins runs of typing, so this is months of work."""

MOST_MEETINGS = 50_000_000
"""Events times own edits, which is what playing it again costs: some minutes."""

Number = Annotated[int, Meta(ge=0, le=MAX_ID)]


class Hello(msgspec.Struct, frozen=True):
    since: Number | None = None


class Edit(msgspec.Struct, frozen=True):
    id: Number
    base: Number
    op: Operation


class Welcome(msgspec.Struct, frozen=True):
    accepted: Number
    snapshot: SnapshotMark | None


Said = Hello | Edit | Welcome | SnapshotChunk | bytes | Events | Refused | Checksum
"""What a frame says that matters to the text; ``bytes`` are those of a binary one."""


class Frame(msgspec.Struct, frozen=True):
    """A frame by its ``number`` from 1; None if it changes nothing."""

    number: int
    said: Said | None


class OwnEdit(msgspec.Struct, frozen=True):
    """``frozen``: it was sent, and may be in the log."""

    id: Number
    op: Operation
    frozen: bool = True
    leaning: tuple[str, ...] = ()


class Restored(msgspec.Struct, frozen=True):
    """What the client began with."""

    version: Number
    content: Text
    edits: list[OwnEdit]


class Reproduction(msgspec.Struct, frozen=True):
    """``confirmed`` is the content of version ``at``, and ``shown`` that with ``pending`` on top."""

    document: str
    client: str
    author: str
    at: Number
    confirmed: Text
    shown: Text
    pending: list[OwnEdit]
    restored: Restored | None
    frames: list[Frame]


class _StoredFrame(msgspec.Struct):
    way: Literal["in", "out"]
    message: Raw | UnsetType = UNSET
    binary: str | UnsetType = UNSET
    damaged: str | UnsetType = UNSET


class _Kind(msgspec.Struct):
    format: str
    version: int
    complete: bool


class _Stored(msgspec.Struct):
    document: str
    client: str
    at: Number
    confirmed: str | list[Any]
    shown: str | list[Any]
    pending: Annotated[list[OwnEdit], Meta(max_length=MOST_EDITS)]
    restored: Restored | None
    frames: Annotated[list[_StoredFrame], Meta(max_length=MOST_FRAMES)]
    author: str | None = None


class _Type(msgspec.Struct):
    type: str = ""


_SHAPES: dict[tuple[str, str], Any] = {
    ("out", "hello"): Hello,
    ("out", "edit"): Edit,
    ("in", "welcome"): Welcome,
    ("in", "snapshot"): SnapshotChunk,
    ("in", "events"): Events,
    ("in", "refused"): Refused,
    ("in", "checksum"): Checksum,
}


def decode(data: bytes) -> Reproduction:
    """The reproduction in ``data``, from the frame on with which playing it begins.

    Raises:
        BadReproduction: it isn't one, or is larger than any client's.
        IncompleteReproduction: it says itself that it can't be played again.
    """
    if len(data) > MOST_BYTES:
        raise BadReproduction(f"{len(data)} bytes, at most {MOST_BYTES} are read")
    kind = _read(data, _Kind)
    if (kind.format, kind.version) != (FORMAT, VERSION):
        raise BadReproduction(f"{kind.format[:40]!r} {kind.version}, this reads {FORMAT!r} {VERSION}")
    if not kind.complete:
        raise IncompleteReproduction
    stored = _read(data, _Stored)
    frames = [Frame(number, _said(frame, number)) for number, frame in enumerate(stored.frames, 1)]
    restored = stored.restored
    if restored is not None:
        restored = Restored(restored.version, _content(restored.content), _valid(restored.edits))
    seen = Reproduction(
        document=stored.document,
        client=stored.client,
        author=stored.author or "",
        at=stored.at,
        confirmed=_content(stored.confirmed),
        shown=_content(stored.shown),
        pending=_valid(stored.pending),
        restored=restored,
        frames=frames[_beginning(frames, restored) :],
    )
    _check_work(seen)
    return seen


def _read(data: bytes | Raw, shape: Any, frame: int = 0) -> Any:
    try:
        return msgspec.json.decode(data, type=shape)
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        raise BadReproduction(str(error), frame) from error


def _said(frame: _StoredFrame, number: int) -> Said | None:
    if isinstance(frame.binary, str):
        try:
            return base64.b64decode(frame.binary, validate=True)
        except (binascii.Error, ValueError) as error:
            raise BadReproduction(f"binary: {error}", number) from error
    if isinstance(frame.message, UnsetType):
        return None
    shape = _SHAPES.get((frame.way, _read(frame.message, _Type, number).type))
    if shape is None:
        return None
    said = _read(frame.message, shape, number)
    if isinstance(said, Edit):
        return structs.replace(said, op=_operation(said.op, number))
    if isinstance(said, Events):
        return Events([structs.replace(row, op=_operation(row.op, number)) for row in said.events])
    return said  # type: ignore[no-any-return]


def _operation(op: Operation | UnsetType, frame: int = 0) -> Any:
    try:
        return op if isinstance(op, UnsetType) else validate(op)
    except InvalidOperation as error:
        raise BadReproduction(f"{error.code}: {error}", frame) from error


def _valid(edits: list[OwnEdit]) -> list[OwnEdit]:
    return [structs.replace(edit, op=_operation(edit.op)) for edit in edits]


def _content(content: Any) -> Text:
    """``content`` if it only inserts, and as a string if it can be one."""
    if isinstance(content, str):
        return content
    # Looked at before it is brought into normal form, which drops a retain at the end.
    if not all(isinstance(each, str) or (isinstance(each, dict) and "insert" in each) for each in content):
        raise BadReproduction("content that doesn't only insert")
    try:
        components = validate(content, max_components=len(content))
    except InvalidOperation as error:
        raise BadReproduction(f"{error.code}: {error}") from error
    return "".join(map(str, components)) if all(isinstance(each, str) for each in components) else components


def _beginning(frames: list[Frame], restored: Restored | None) -> int:
    """The place of the frame to begin with: the first, or a snapshot's welcome where frames before it were lost.

    Raises:
        IncompleteReproduction: there is neither.
    """
    first = next((frame.said for frame in frames if frame.said is not None), None)
    began_with = None if restored is None else restored.version
    if first is None or (isinstance(first, Hello) and first.since == began_with):
        return 0
    for place, frame in enumerate(frames):
        if isinstance(frame.said, Welcome) and frame.said.snapshot is not None:
            return place
    raise IncompleteReproduction


def _check_work(seen: Reproduction) -> None:
    events = sum(len(rows) for rows in _rows(seen))
    edits = sum(isinstance(frame.said, Edit) for frame in seen.frames)
    edits += len(seen.restored.edits) if seen.restored is not None else 0
    if events * edits > MOST_MEETINGS:
        raise BadReproduction(f"{events} events and {edits} own edits, more than can be played again")


def _rows(seen: Reproduction) -> Iterator[list[Any]]:
    return (frame.said.events for frame in seen.frames if isinstance(frame.said, Events))
