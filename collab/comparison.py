"""Two versions of a document compared: what was kept, inserted and deleted on the way from one to the other.

This is no guess from the texts, as a diff is: it follows what was done. A word that was deleted and typed again is
shown as deleted and inserted, and one that somebody typed and took back in between isn't shown at all.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Literal

import msgspec

from collab.authorship import Credit, Credits, credited
from collab.operation import Operation, Text, plain_text
from collab.operation.attributes import change
from collab.operation.components import ENDLESS, Reader, insert, push, retain, trim
from collab.units import collapse, expand
from collab.weave import KEPT, Strand, Weave


class Part(msgspec.Struct, frozen=True, omit_defaults=True):
    """Units that were kept, inserted or deleted; ``credit`` says by whom, and ``text`` shows them, embeds as U+FFFC.

    What was kept has neither.
    """

    kind: Literal["kept", "inserted", "deleted"]
    length: int
    text: str = ""
    credit: Credit | None = None


class Comparison(msgspec.Struct, frozen=True):
    """``parts`` lead from the older version through the newer one, what was deleted before what was inserted there.
    ``operation`` makes the newer one of the older, formatting included."""

    parts: list[Part]
    operation: Operation


def compare(weave: Weave, credits: Credits, *, older: Text, newer: Text) -> Comparison:
    """What happened between two versions: ``weave`` began with ``older`` and has come to ``newer``, and ``credits``
    know all events in between."""
    parts = list(_parts(weave, credits, expand(plain_text(older)), expand(plain_text(newer))))
    return Comparison(parts, _operation(parts, older, newer))


def _parts(weave: Weave, credits: Credits, older: str, newer: str) -> Iterator[Part]:
    base = place = 0
    inserted: list[Part] = []  # since what was last kept
    for strand in weave.strands():
        if strand.inserted:
            for credit in credited(strand, credits):
                text = collapse(newer[place : place + credit.length])
                inserted.append(Part("inserted", credit.length, text, credit))
                place += credit.length
            continue
        yield from _deleted(weave.deleted, base, strand.origin, credits, older)
        yield from inserted
        inserted = []
        yield Part("kept", strand.length)
        place += strand.length
        base = strand.origin + strand.length
    yield from _deleted(weave.deleted, base, len(older), credits, older)
    yield from inserted


def _deleted(deleted: Sequence[int], start: int, end: int, credits: Credits, older: str) -> Iterator[Part]:
    """The base units from ``start`` to ``end``, none of which was kept."""
    for seq, group in groupby(deleted[start:end]):
        assert seq != KEPT
        length = len(list(group))
        for credit in credited(Strand(length, seq, 0, True), credits):
            yield Part("deleted", length, collapse(older[start : start + length]), credit)
        start += length


def _operation(parts: Sequence[Part], older: Text, newer: Text) -> Operation:
    before, after = (
        Reader(([text] if text else []) if isinstance(text, str) else text) for text in (older, newer)
    )
    op: Operation = []
    for part in parts:
        rest = part.length
        while rest:
            if part.kind == "deleted":
                push(op, -rest)
                _skip(before, rest)
                break
            length = min(rest, after.length, ENDLESS if part.kind == "inserted" else before.length)
            if part.kind == "inserted":
                push(op, insert(after.content(length), after.attributes))
            else:
                push(op, retain(length, change(before.attributes, after.attributes)))
                before.skip(length)
            after.skip(length)
            rest -= length
    return trim(op)


def _skip(reader: Reader, length: int) -> None:
    while length:
        skipped = min(length, reader.length)
        reader.skip(skipped)
        length -= skipped
