"""Two edits of different clients that were made at once meet, and both are carried on.

`transform` alone forgets something. Ana replaces the full stop of `In 1990. ` by `!`, one key after the other, while Bo
types `Yes` right behind the full stop:

        In 1990.            Ana: [7,-1] and then [7,"!"]       Bo: [8,"Yes"]

Carried over Ana's deletion, Bo's insert stands at 7, and there ties with Ana's `!` as if both had typed at one
place. But Bo typed on the far side of what Ana deleted. So an insert remembers whose deletion it was pushed back
by: it *leans*, and where it ties with an insert of that client later on, it goes right. Otherwise the smaller
client id goes left.

A lean lives as long as the two clients' edits are on their way past each other: on the server in the bridge and
while an edit is carried over it, on the client with each pending edit since it was sent, and with the event in
the log for those of the other's edits that it has yet to meet. Both sides see the same edits meet in the same
order, and so lean alike.
"""

from __future__ import annotations

from typing import NamedTuple

from collab.operation import Operation, Side, transform
from collab.operation.coalesce import single


class Met(NamedTuple):
    """Both operations, each carried over the other, and whether each leans now."""

    left: Operation
    right: Operation
    left_leans: bool
    right_leans: bool


def meet(left: Operation, right: Operation, *, left_leans: bool = False, right_leans: bool = False) -> Met:
    """Carry two operations on one text over each other. ``left`` is that of the smaller client id.

    >>> meet([8, "Yes"], [7, -1]).left_leans
    True
    >>> meet([7, "Yes"], [7, "!"], left_leans=True)[:2]
    ([8, 'Yes'], [7, '!'])
    """
    side: Side = "left"
    one, other = single(left), single(right)
    if one is not None and other is not None:
        if isinstance(one[1], str) and isinstance(other[1], str):
            if left_leans and not right_leans:
                side = "right"
        elif isinstance(one[1], str):
            left_leans = left_leans or _pushed_back(one[0], other[0], other[1])
        elif isinstance(other[1], str):
            right_leans = right_leans or _pushed_back(other[0], one[0], one[1])
    return Met(
        transform(left, right, side),
        transform(right, left, "right" if side == "left" else "left"),
        left_leans,
        right_leans,
    )


class Crossed(NamedTuple):
    """Like `Met`, from one client's point of view."""

    mine: Operation
    theirs: Operation
    mine_leans: bool
    theirs_leans: bool


def cross(
    mine: Operation, theirs: Operation, *, mine_left: bool, mine_leans: bool, theirs_leans: bool
) -> Crossed:
    """`meet`, for one who knows which of the two is whose rather than which goes left."""
    if mine_left:
        return Crossed(*meet(mine, theirs, left_leans=mine_leans, right_leans=theirs_leans))
    left, right, left_leans, right_leans = meet(theirs, mine, left_leans=theirs_leans, right_leans=mine_leans)
    return Crossed(right, left, right_leans, left_leans)


def _pushed_back(place: int, deleted_at: int, deleted: int | str) -> bool:
    """Whether an insert at ``place`` is moved by a deletion up to or around it to where that began."""
    assert isinstance(deleted, int)
    return deleted_at < place <= deleted_at - deleted
