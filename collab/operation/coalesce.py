"""Runs of typing as one operation.

Only what one caret does without moving is merged: typing on, editing within what was just typed, deleting
on or backspacing. Such a merge is exact under `transform`: whatever another author did meanwhile, the run
carried over it gives the text that the single edits would have given. A deletion followed by an insert is
*not* such a run (docs/architecture.md has the counter-example), nor is formatting.
"""

from __future__ import annotations

from collections.abc import Iterable

from collab import units
from collab.operation.components import Operation


def single(op: Operation) -> tuple[int, int | str] | None:
    """The place and the step of an operation that is one plain insert or delete, else None.

    >>> single([4, "x"]), single([-2]), single([-2, "x"])
    ((4, 'x'), (0, -2), None)
    """
    if len(op) == 2:
        place, step = op
        if type(place) is not int or place <= 0:
            return None
    elif len(op) == 1:
        place, step = 0, op[0]
    else:
        return None
    if type(step) is str or (type(step) is int and step < 0):
        return place, step
    return None


def coalesce(ops: Iterable[Operation]) -> list[Operation]:
    """Consecutive operations of one author with runs merged: fewer operations with the same effect.

    >>> coalesce([[5, "h"], [6, "i"], [7, "!"], [7, -1], [4, -1], [3, -1]])
    [[5, 'hi'], [3, -2]]
    """
    result: list[Operation] = []
    run: tuple[int, int | str] | None = None
    for op in ops:
        if not op:
            continue
        edit = single(op)
        if run is not None:
            merged = extend(run, edit) if edit is not None else None
            if merged is not None:
                run = merged if merged[1] else None
                continue
            result.append(written(*run))
        run = edit
        if edit is None:
            result.append(op)
    if run is not None:
        result.append(written(*run))
    return result


def written(place: int, step: int | str) -> Operation:
    """The operation of one step at ``place``."""
    return [place, step] if place else [step]


def extend(run: tuple[int, int | str], edit: tuple[int, int | str]) -> tuple[int, int | str] | None:
    """``run`` and the ``edit`` after it as one step, or None where that would not be one run.

    The step comes out empty where the edit took back all that the run had typed.
    """
    start, done = run
    place, step = edit
    if isinstance(done, str):
        length = units.length(done)
        if not start <= place <= start + length:
            return None
        if isinstance(step, str):
            if place == start + length:
                return start, done + step
            return start, units.cut(done, 0, place - start) + step + units.cut(done, place - start, length)
        if place - step > start + length:
            return None
        return start, units.cut(done, 0, place - start) + units.cut(done, place - step - start, length)
    if isinstance(step, str) or not place <= start <= place - step:
        return None
    return place, done + step
