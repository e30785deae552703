"""The smallest operation that leads from one text to another; rapidfuzz finds it."""

from __future__ import annotations

from collections.abc import Sequence

from collab import units
from collab.operation.components import Operation, push, trim

MAX_CELLS = 16_000 * 16_000
"""Size of the comparison, one bit a cell: at most 32 MB and some 50 ms. What is larger is compared by whole
lines, and what has too many lines even for that is replaced."""


def diff(old: str, new: str) -> Operation:
    """An operation with ``apply(old, diff(old, new)) == new``, the smallest there is unless the texts are huge.

    >>> diff("the cat sat", "the black cat sat")
    [4, 'black ']
    """
    # Loaded where it is needed: 4 MiB that a server, which never compares texts, does without.
    from rapidfuzz.distance import LCSseq, Postfix, Prefix

    head = Prefix.similarity(old, new)
    tail = Postfix.similarity(old[head:], new[head:])
    old_parts: Sequence[str] = old[head : len(old) - tail]
    new_parts: Sequence[str] = new[head : len(new) - tail]
    if len(old_parts) * len(new_parts) > MAX_CELLS:
        old_parts = "".join(old_parts).splitlines(keepends=True)
        new_parts = "".join(new_parts).splitlines(keepends=True)
        if len(old_parts) * len(new_parts) > MAX_CELLS:
            old_parts, new_parts = ["".join(old_parts)], ["".join(new_parts)]
    operation: Operation = []
    push(operation, units.length(old[:head]))
    for change in LCSseq.opcodes(old_parts, new_parts):
        removed = units.length("".join(old_parts[change.src_start : change.src_end]))
        if change.tag == "equal":
            push(operation, removed)
        else:
            push(operation, -removed)
            push(operation, "".join(new_parts[change.dest_start : change.dest_end]))
    return trim(operation)
