"""A stretch of a document's payloads as runs: what one caret did before it moved.

People type at one place for a while, so a run says in a few numbers what dozens of events say:

    [[4,"c"]] [[5,"a"]] [[6,"t"]]   →   insert "cat" at 4, one character each
    [[6,-1]] [[5,-1]]               →   delete backwards from 6, one unit each, two times
    [[4,-1]] [[4,-1]]               →   delete forwards at 4, one unit each, two times

Nothing is lost: every event comes back as it was, and a run cut anywhere is a run again. For the text alone a
run is one operation, which is what makes old versions quick to read: 259,778 recorded keystrokes are 10,731 runs.

Only a plain insert or delete in exactly the bytes that we would write is part of a run. Every other payload is
kept as the bytes it is, with its type and version, whether this program knows them or not.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import accumulate, pairwise
from typing import Any

import msgspec

from collab import units
from collab.columns import Column, deflate, inflate, pack, unzigzag, zigzag
from collab.operation import Operation

PLAIN = ("edited", 1)
"""The type and version of payloads in runs: what `collab.events.encode` makes of `Edited` without leans."""

Payload = tuple[str, int, bytes]
"""A payload as it is stored: type, version, and the bytes."""


class Stretch(msgspec.Struct, frozen=True, gc=False):
    """What ``count`` events did one after the other, as one operation.

    If there are several they did alike: each inserted the next so many characters, or deleted the next so many units,
    going ``backwards`` or forwards.
    """

    op: Operation
    count: int = 1
    backwards: bool = False

    def inserted(self) -> list[int]:
        """How many units each of several events inserted: as many characters, some of them two units long."""
        text = self.op[-1]
        if not isinstance(text, str):
            return [0] * self.count
        each = len(text) // self.count
        if text.isascii():
            return [each] * self.count
        return [units.length(text[i : i + each]) for i in range(0, len(text), each)]


_INSERT, _BACKWARDS, _FORWARDS, _VERBATIM = range(4)

_FAR = 2**53
"""Beyond any text."""

_encode = msgspec.json.Encoder().encode
_decode_plain = msgspec.json.Decoder(list[list[int | str]]).decode


class _Stored(msgspec.Struct, array_like=True, frozen=True):
    """Columns, one number a run: the kind and, above its two bits, the size of each step or the number of the
    type; events less one; and how far the run begins from where the one before it left the caret."""

    runs: int
    shapes: list[bytes]
    counts: list[bytes]
    moves: list[bytes]
    text: bytes
    types: list[tuple[str, int]]
    verbatim: int
    lengths: list[bytes]
    payloads: bytes


_decode_stored = msgspec.msgpack.Decoder(_Stored).decode
_encode_stored = msgspec.msgpack.Encoder().encode


class RunsBuilder:
    """Takes payloads in order, and makes the bytes that `Runs` reads."""

    def __init__(self) -> None:
        self._shapes: list[int] = []
        self._counts: list[int] = []
        self._moves: list[int] = []
        self._text: list[str] = []
        self._types: dict[tuple[str, int], int] = {}
        self._payloads: list[bytes] = []
        self._caret = 0
        self._place = 0  # of the newest step

    def add(self, type_: str, version: int, payload: bytes) -> None:
        step = _plain(type_, version, payload)
        if step is None:
            number = self._types.setdefault((type_, version), len(self._types))
            self._payloads.append(payload)
            self._extend(_VERBATIM | number << 2, self._caret, follows=True)
            return
        place, what = step
        if isinstance(what, str):
            self._text.append(what)
            self._extend(_INSERT | (len(what) - 1) << 2, place, follows=place == self._caret)
            self._caret = place + units.length(what)
        else:
            self._delete(place, -what)

    def _delete(self, place: int, size: int) -> None:
        backwards, forwards = (kind | (size - 1) << 2 for kind in (_BACKWARDS, _FORWARDS))
        if self._shapes and self._shapes[-1] == backwards and self._counts[-1] == 1 and place == self._place:
            self._shapes[-1] = forwards  # a single deletion has no direction until there is a second
        if self._shapes and self._shapes[-1] == forwards and place == self._place:
            self._extend(forwards, place, follows=True)
        else:
            self._extend(backwards, place, follows=place + size == self._place)
        self._caret = self._place = place

    def _extend(self, shape: int, place: int, *, follows: bool) -> None:
        if follows and self._shapes and self._shapes[-1] == shape:
            self._counts[-1] += 1
            return
        self._shapes.append(shape)
        self._counts.append(1)
        self._moves.append(zigzag(place - self._caret))

    def finish(self) -> bytes:
        return _encode_stored(
            _Stored(
                len(self._shapes),
                pack(self._shapes),
                pack([count - 1 for count in self._counts]),
                pack(self._moves),
                deflate("".join(self._text).encode()),
                list(self._types),
                len(self._payloads),
                pack([len(payload) for payload in self._payloads]),
                deflate(b"".join(self._payloads)),
            )
        )


def _plain(type_: str, version: int, payload: bytes) -> tuple[int, str | int] | None:
    """Place and step of a plain insert or delete that is stored as we would store it; None for all else."""
    if (type_, version) != PLAIN:
        return None
    try:
        fields = _decode_plain(payload)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
    if len(fields) != 1 or not 1 <= len(fields[0]) <= 2 or _encode(fields) != payload:
        return None
    op = fields[0]
    place, step = op if len(op) == 2 else (0, op[0])
    if not isinstance(place, int) or not (len(op) == 2) <= place < _FAR:
        return None
    return (place, step) if (step if isinstance(step, str) else -_FAR < step < 0) else None


class Runs:
    """Payloads read back from what a `RunsBuilder` made.

    >>> builder = RunsBuilder()
    >>> for payload in b'[[4,"c"]]', b'[[5,"a"]]', b'[[5,-1]]':
    ...     builder.add("edited", 1, payload)
    >>> runs = Runs(builder.finish())
    >>> runs.count, list(runs.steps(1, 3))
    (3, [[5, 'a'], [5, -1]])
    >>> [(stretch.op, stretch.count) for stretch in runs.stretches(0, 3)]
    [([4, 'ca'], 2), ([5, -1], 1)]
    """

    def __init__(self, stored: bytes) -> None:
        """Raises ValueError, zlib.error or msgspec.DecodeError if ``stored`` isn't what a builder made."""
        columns = _decode_stored(stored)
        self._shapes = Column(columns.shapes, columns.runs).numbers()
        self._counts = [count + 1 for count in Column(columns.counts, columns.runs).numbers()]
        self._moves = Column(columns.moves, columns.runs).numbers()
        self._text = inflate(columns.text).decode()
        self._uniform = self._text.isascii()
        self._types = columns.types
        self._payloads = inflate(columns.payloads)
        self._ends = list(accumulate(Column(columns.lengths, columns.verbatim).numbers(), initial=0))
        self.count = sum(self._counts)
        """How many events there are."""

    def stretches(self, start: int, stop: int) -> Iterator[Stretch | Payload]:
        """What the payloads with ``start`` ≤ index < ``stop`` do: a stretch for a run, others verbatim."""
        for kind, size, place, count, what in self._cut(start, stop):
            if kind == _INSERT:
                yield Stretch([place, what] if place else [what], count)
            elif kind == _VERBATIM:
                yield from what
            else:
                place -= size * (count - 1) if kind == _BACKWARDS else 0
                op: Operation = [place, -size * count] if place else [-size * count]
                yield Stretch(op, count, kind == _BACKWARDS)

    def steps(self, start: int, stop: int) -> Iterator[Operation | Payload]:
        """The payloads with ``start`` ≤ index < ``stop`` one by one: plain ones as operations."""
        for kind, size, place, count, what in self._cut(start, stop):
            if kind == _INSERT:
                for i in range(0, len(what), size):
                    text = what[i : i + size]
                    yield [place, text] if place else [text]
                    place += size if self._uniform else units.length(text)
            elif kind == _VERBATIM:
                yield from what
            else:
                for _ in range(count):
                    yield [place, -size] if place else [-size]
                    place -= size if kind == _BACKWARDS else 0

    def _cut(self, start: int, stop: int) -> Iterator[tuple[int, int, int, int, Any]]:
        """The runs that reach into the range, cut to it: kind, size, place of the first step, count, and
        the inserted text or the payloads."""
        index = caret = text_at = verbatim_at = 0
        text = self._text
        for shape, count, move in zip(self._shapes, self._counts, self._moves, strict=True):
            if index >= stop:
                return
            kind, size = shape & 3, (shape >> 2) + 1
            place = caret + unzigzag(move)
            skipped = max(0, start - index)
            taken = min(count, stop - index) - skipped
            index += count
            if kind == _INSERT:
                end = text_at + count * size
                caret = place + (count * size if self._uniform else units.length(text[text_at:end]))
                if taken > 0:
                    first = text_at + skipped * size
                    if skipped:
                        place += units.length(text[text_at:first])
                    yield kind, size, place, taken, text[first : first + taken * size]
                text_at = end
            elif kind == _VERBATIM:
                caret = place
                if taken > 0:
                    yield kind, 0, 0, taken, self._verbatim(size - 1, verbatim_at + skipped, taken)
                verbatim_at += count
            else:
                step = size if kind == _BACKWARDS else 0
                caret = place - step * (count - 1)
                if taken > 0:
                    yield kind, size, place - step * skipped, taken, None

    def _verbatim(self, number: int, first: int, count: int) -> Sequence[Payload]:
        type_, version = self._types[number]
        ends = self._ends[first : first + count + 1]
        return [(type_, version, self._payloads[a:b]) for a, b in pairwise(ends)]


def stored(step: Operation | Payload) -> Payload:
    """The stored payload of one of `Runs.steps`."""
    return (*PLAIN, _encode([step])) if isinstance(step, list) else step
