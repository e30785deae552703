"""Two texts side by side as a sequence of pieces, each with its length in either, found by place in either.

The pieces lie in chunks of about a hundred, and a cursor remembers the last place: the next one is mostly in the
same chunk, and any other is a few hundred additions away. `collab.missed` gives the pieces their meaning.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple, cast

from collab.operation.components import ENDLESS, Attributes

MINE, THEIRS = 0, 1

CHUNK = 96
"""Pieces to a chunk: half as many are looked at to find a place, and as many chunks hold ten thousand pieces."""


class Piece(NamedTuple):
    """A stretch of the two texts: in both, or in one of them only.

    ``mine`` and ``theirs`` are its lengths in UTF-16 units. ``content`` is what was inserted, expanded text or an
    embed, of a piece that only *theirs* has. ``left`` says that an inserted piece goes left of inserts on the
    other side, and of a formatted one that its attributes win.
    """

    mine: int
    theirs: int
    content: Any = None
    attributes: Attributes | None = None
    left: bool = False

    @property
    def goes_left(self) -> bool:
        """Whether this is an inserted piece that goes left."""
        return self.left and not self.mine

    def cut(self, offset: int) -> tuple[Piece, Piece]:
        """The first ``offset`` units and the rest."""
        mine, theirs, content, attributes, left = self
        if content is not None:
            first, rest = content[:offset], content[offset:]
            return Piece(0, offset, first, attributes, left), Piece(
                0, theirs - offset, rest, attributes, left
            )
        one, other = offset if mine else 0, offset if theirs else 0
        first = Piece(one, other, None, attributes, left)
        return first, Piece(mine - one, theirs - other, None, attributes, left)

    def joined(self, other: Piece) -> Piece | None:
        """This and the next piece as one, if they are alike and without attributes."""
        if self.attributes or other.attributes or self.left != other.left:
            return None
        mine, theirs = self.mine + other.mine, self.theirs + other.theirs
        if isinstance(self.content, str) and isinstance(other.content, str):
            return Piece(mine, theirs, self.content + other.content, None, self.left)
        if self.content is not None or other.content is not None or not self._like(other):
            return None
        return Piece(mine, theirs, None, None, self.left)

    def _like(self, other: Piece) -> bool:
        return (self.mine > 0) == (other.mine > 0) and (self.theirs > 0) == (other.theirs > 0)


class Pieces:
    """A sequence of pieces that ends with an endless one, and a cursor before one of them.

    ``places`` says where the cursor stands in mine and in theirs.
    """

    __slots__ = ("_chunk", "_chunks", "_index", "_lengths", "_starts", "places")

    def __init__(self) -> None:
        self._load([Piece(ENDLESS, ENDLESS)])

    def _load(self, pieces: list[Piece]) -> None:
        self._chunks = [pieces[i : i + CHUNK] for i in range(0, len(pieces), CHUNK)]
        self._lengths = [[_length(chunk, side) for chunk in self._chunks] for side in (MINE, THEIRS)]
        self._chunk = self._index = 0
        # What lies before the cursor's chunk.
        self._starts = [0, 0]
        self.places = [0, 0]

    def __iter__(self) -> Iterator[Piece]:
        for chunk in self._chunks:
            yield from chunk

    def join(self) -> None:
        """Join neighbours that are alike, and go back to the start."""
        pieces: list[Piece] = []
        for piece in self:
            joined = pieces[-1].joined(piece) if pieces else None
            if joined is None:
                pieces.append(piece)
            else:
                pieces[-1] = joined
        self._load(pieces)

    def seek(self, side: int, place: int, *, unit: bool = False) -> int:
        """Move to the first border at ``place`` in one of the texts; with ``unit`` to the last, before the unit there.

        Where there is none, move before the piece in which it lies; returns how far inside, else 0.
        """
        # The end of a piece at which to stop: at the place, or only behind it.
        end = place + unit
        near, far = self._lengths[side], self._lengths[1 - side]
        chunk = self._chunk
        at, other = self._starts[side], self._starts[1 - side]
        while chunk and end <= at:
            chunk -= 1
            at -= near[chunk]
            other -= far[chunk]
        while end > at + near[chunk]:
            at += near[chunk]
            other += far[chunk]
            chunk += 1
        self._chunk = chunk
        self._starts[side], self._starts[1 - side] = at, other
        index = 0
        for piece in cast("list[tuple[int, ...]]", self._chunks[chunk]):
            if end <= at or place < at + piece[side]:
                break
            at += piece[side]
            other += piece[1 - side]
            index += 1
        self._index = index
        self.places[side], self.places[1 - side] = at, other
        return place - at

    def border(self, side: int, place: int, *, unit: bool = False) -> None:
        """`seek`, and where there is no border, make one."""
        offset = self.seek(side, place, unit=unit)
        if offset:
            first, rest = self.here().cut(offset)
            self.replace(first, rest)
            self.step(first)

    def here(self) -> Piece:
        """The piece behind the cursor."""
        chunk = self._chunks[self._chunk]
        if self._index < len(chunk):
            return chunk[self._index]
        for side in (MINE, THEIRS):
            self._starts[side] += self._lengths[side][self._chunk]
        self._chunk += 1
        self._index = 0
        return self._chunks[self._chunk][0]

    def before(self) -> Piece | None:
        """The piece before the cursor."""
        if self._index:
            return self._chunks[self._chunk][self._index - 1]
        return self._chunks[self._chunk - 1][-1] if self._chunk else None

    def step(self, piece: Piece) -> None:
        """Move behind ``piece``, which is the one behind the cursor."""
        self._index += 1
        self.places[MINE] += piece.mine
        self.places[THEIRS] += piece.theirs

    def step_joining(self) -> None:
        """Move behind the piece behind the cursor, and join it to the one before if they are alike.

        Without it, thousands of pieces that are nothing on one side would be passed again and again there.
        """
        piece = self.here()
        chunk, index = self._chunks[self._chunk], self._index
        joined = chunk[index - 1].joined(piece) if index else None
        self.step(piece)
        if joined is not None:
            chunk[index - 1 : index + 1] = [joined]
            self._index -= 1

    def here_at_most(self, side: int, length: int) -> Piece:
        """The piece behind the cursor, cut if it has more than ``length`` units on one side."""
        piece = self.here()
        if (piece.theirs if side else piece.mine) > length:
            piece, rest = piece.cut(length)
            self.replace(piece, rest)
        return piece

    def put(self, piece: Piece) -> None:
        """Insert a piece at the cursor, and move behind it."""
        self._splice(0, (piece,))
        self.step(piece)

    def replace(self, *pieces: Piece) -> None:
        """Put ``pieces`` in the place of the one behind the cursor, and stay before them."""
        self._splice(1, pieces)

    def resize(self, offset: int, by: int) -> bool:
        """Make the piece in which `seek` found ``offset`` longer or shorter in both texts.

        False, with nothing done, if it isn't a plain piece of both, of which something is left. Where ``offset`` is
        0 and it is to grow, that is the piece before the cursor, if the one behind doesn't go left. The cursor
        must be moved by `seek` after that.
        """
        chunk, index = self._chunks[self._chunk], self._index
        if index == len(chunk):
            return False
        if by > 0 and not offset:
            if not index or chunk[index].goes_left:
                return False
            index -= 1
        piece = chunk[index]
        if not (piece.mine and piece.theirs) or piece.attributes or offset - by >= piece.mine:
            return False
        chunk[index] = Piece(piece.mine + by, piece.theirs + by)
        for lengths in self._lengths:
            lengths[self._chunk] += by
        return True

    def _splice(self, removed: int, pieces: Sequence[Piece]) -> None:
        number, index = self._chunk, self._index
        chunk = self._chunks[number]
        for side, lengths in enumerate(self._lengths):
            lengths[number] += _length(pieces, side) - _length(chunk[index : index + removed], side)
        chunk[index : index + removed] = pieces
        if not chunk:  # never the last, which ends with the endless piece
            for lengths in self._lengths:
                del lengths[number]
            del self._chunks[number]
        elif len(chunk) > 2 * CHUNK:
            self._halve(number)

    def _halve(self, number: int) -> None:
        chunk = self._chunks[number]
        halves = [chunk[:CHUNK], chunk[CHUNK:]]
        self._chunks[number : number + 1] = halves
        for side, lengths in enumerate(self._lengths):
            lengths[number : number + 1] = [_length(half, side) for half in halves]
        if self._index >= CHUNK:
            for side, lengths in enumerate(self._lengths):
                self._starts[side] += lengths[number]
            self._chunk += 1
            self._index -= CHUNK


def _length(pieces: Iterable[Piece], side: int) -> int:
    return sum(piece.theirs for piece in pieces) if side else sum(piece.mine for piece in pieces)
