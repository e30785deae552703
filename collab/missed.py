"""What others did while a client was away, as one operation over which its own edits can be carried quickly.

`Missed` is an operation from the text that this client sees (*mine*) to the newest one (*theirs*), as a sequence
of pieces that can be found and changed at any place of either text:

    kept       stands in both texts
    inserted   stands in theirs only
    deleted    stands in mine only

Events come in at the right-hand side (`take`), then own edits pass from left to right (`carry`): what this client
inserts becomes kept, what it deletes goes. That costs a search for each edit, where carrying k edits over m events
in pairs costs k·m.

         mine ─────── Missed ──────▶ theirs           mine  "abcd", theirs "aXd":
          │                             │             [kept 1] [inserted "X"] [deleted 2] [kept …]
       op │                             │ op'
          ▼                             ▼             op   [3,"!"]     behind the deleted text
         mine' ────── Missed' ─────▶ theirs'          op'  [2,"!"]     and so behind the "X"

**Ties.** What the others insert is put right behind what stands to its left in their text, and so before what was
deleted there; an own insert behind the deleted text stays behind theirs, which is what leaning is for (see
`collab.meeting`). At one place the client ids decide, and each inserted piece says whether it goes left of own
inserts. The first event there draws the border; what is inserted on one side of it later stays on that side. And what
the others inserted behind text that this client deletes leans: it goes right from then on.

The state is that of the list methods for operational transformation, with tombstones only for what one side deleted;
compare the internal state in Gentle and Kleppmann, "Collaborative Text Editing with Eg-walker" (2024). The text is
the one that the method in pairs gives, but for some orders of inserts into one gap: `tests/test_rebase.py` says
how rare they are.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from collab import units
from collab.operation import Operation, attributes
from collab.operation.coalesce import single, written
from collab.operation.components import Attributes, insert, push, retain, trim
from collab.pieces import MINE, THEIRS, Piece, Pieces


class Missed:
    """An operation in pieces.

    >>> missed = Missed()
    >>> missed.take([1, "X", -2], left=False)
    >>> missed.carry([3, "!"]), missed.operation()
    ([2, '!'], [1, 'X', -2])
    """

    __slots__ = ("_pieces",)

    def __init__(self) -> None:
        self._pieces = Pieces()

    def operation(self) -> Operation:
        """All of it as one operation in normal form, from mine to theirs."""
        result: Operation = []
        for piece in self._pieces:
            content = piece.content
            if content is not None:
                text = units.collapse(content) if isinstance(content, str) else content
                push(result, insert(text, piece.attributes))
            else:
                push(result, retain(piece.mine, piece.attributes) if piece.theirs else -piece.mine)
        return trim(result)

    # What the others did.

    def take(self, op: Operation, *, left: bool) -> None:
        """Add what happened next. ``left`` says whether what it inserts goes left of this client's inserts."""
        place = 0
        sought = False
        for component in op:
            if type(component) is int and component > 0:
                place += component
                sought = False
                continue
            if not sought:
                self._pieces.border(THEIRS, place)
                sought = True
            if type(component) is int:
                self._delete_theirs(-component)
            elif isinstance(component, dict) and "retain" in component:
                self._format_theirs(component["retain"], component.get("attributes"), left)
                place += component["retain"]
            else:
                content, length, formats = _inserted(component)
                self._insert_theirs(Piece(0, length, content, formats, left))
                place += length

    def _insert_theirs(self, piece: Piece) -> None:
        preceding, following = self._pieces.before(), self._pieces.here()
        if following.goes_left:
            piece = piece._replace(left=True)
        elif preceding is not None and not preceding.mine and not preceding.left:
            piece = piece._replace(left=False)
        self._pieces.put(piece)

    def _delete_theirs(self, length: int) -> None:
        pieces = self._pieces
        while length:
            piece = pieces.here_at_most(THEIRS, length)
            length -= piece.theirs
            if piece.theirs and not piece.mine:
                pieces.replace()
                continue
            if piece.theirs:
                pieces.replace(Piece(piece.mine, 0))
            pieces.step_joining()

    def _format_theirs(self, length: int, formats: Attributes | None, left: bool) -> None:
        pieces = self._pieces
        while length:
            piece = pieces.here_at_most(THEIRS, length)
            if piece.theirs:
                length -= piece.theirs
                kept = piece.mine > 0
                merged = attributes.compose(piece.attributes, formats, keep_none=kept)
                piece = piece._replace(attributes=merged, left=left if kept else piece.left)
                pieces.replace(piece)
            pieces.step(piece)

    # What this client did.

    def settle(self) -> None:
        """All has been taken: make it quick to carry edits over."""
        self._pieces.join()

    def carry(self, op: Operation) -> Operation:
        """An own edit of mine as it applies to theirs. From then on both texts contain it."""
        edit = single(op)
        if edit is not None and (carried := self._carry_into_kept(*edit)) is not None:
            return carried
        result = _Result()
        place = 0
        sought = deleted = False
        for component in op:
            inserts = isinstance(component, str) or (isinstance(component, dict) and "insert" in component)
            if deleted and not inserts:
                self._push_back_all()
            deleted = False
            if type(component) is int and component > 0:
                place += component
                sought = False
                continue
            if not sought:
                self._pieces.border(MINE, place, unit=not inserts)
                sought = True
            if type(component) is int:
                self._delete_mine(-component, result)
                deleted = True
            elif inserts:
                place += self._insert_mine(component, result)
            else:
                assert isinstance(component, dict)
                self._format_mine(component["retain"], component.get("attributes"), result)
                place += component["retain"]
        if deleted:
            self._push_back_all()
        return trim(result.op)

    def _carry_into_kept(self, place: int, step: int | str) -> Operation | None:
        """A plain edit within one kept piece, which only becomes longer or shorter; None if it isn't that."""
        offset = self._pieces.seek(MINE, place)
        place = self._pieces.places[THEIRS] + offset
        resized = self._pieces.resize(offset, step if isinstance(step, int) else units.length(step))
        return written(place, step) if resized else None

    def _insert_mine(self, component: object, result: _Result) -> int:
        pieces = self._pieces
        while pieces.here().goes_left:
            pieces.step_joining()
        length = _inserted(component)[1]
        result.add(pieces.places[THEIRS], component, length)
        pieces.put(Piece(length, length))
        return length

    def _delete_mine(self, length: int, result: _Result) -> None:
        pieces = self._pieces
        while not pieces.here().mine:
            pieces.step_joining()
        while length:
            piece = pieces.here_at_most(MINE, length)
            length -= piece.mine
            if piece.mine and piece.theirs:
                result.add(pieces.places[THEIRS], -piece.theirs, 0)
            if piece.mine:
                pieces.replace()
            else:
                self._push_back(piece)

    def _push_back_all(self) -> None:
        """What others inserted here, right behind deleted text, leans."""
        while (piece := self._pieces.here()).goes_left:
            self._push_back(piece)

    def _push_back(self, piece: Piece) -> None:
        """The inserted piece here stands behind deleted text: own inserts go left of it from now on."""
        self._pieces.replace(piece._replace(left=False))
        self._pieces.step_joining()

    def _format_mine(self, length: int, formats: Attributes | None, result: _Result) -> None:
        pieces = self._pieces
        while length:
            piece = pieces.here_at_most(MINE, length)
            length -= piece.mine
            if piece.mine and piece.theirs:
                given = attributes.without(formats, piece.attributes) if piece.left else formats
                result.add(pieces.places[THEIRS], retain(piece.theirs, given), piece.theirs)
                if not piece.left:
                    piece = piece._replace(attributes=attributes.without(piece.attributes, formats))
                    pieces.replace(piece)
            pieces.step(piece)


class _Result:
    """An operation that is written step by step, each at its place in the text as the steps before have left it."""

    __slots__ = ("_reached", "op")

    def __init__(self) -> None:
        self.op: Operation = []
        self._reached = 0

    def add(self, place: int, component: Any, length: int) -> None:
        """``component`` at ``place``; ``length`` is how much of the text after it belongs to it."""
        push(self.op, place - self._reached)
        push(self.op, component)
        self._reached = place + length


def composed(ops: Iterable[Operation]) -> Operation:
    """Consecutive operations as one, in time that grows a little faster than their number.

    >>> composed([[3, "abc"], [4, -1], [4, "X"]])
    [3, 'aXc']
    """
    missed = Missed()
    for op in ops:
        missed.take(op, left=False)
    return missed.operation()


def _inserted(component: object) -> tuple[Any, int, Attributes | None]:
    """The content of an insert, its length, and its attributes."""
    content, formats = component, None
    if isinstance(component, dict):
        content, formats = component["insert"], component.get("attributes")
    if isinstance(content, str):
        content = units.expand(content)
        return content, len(content), formats
    return content, 1, formats
