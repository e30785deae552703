"""Parts of a text as they are printed: what is kept, [-deleted-] and {+inserted+}."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import groupby

from collab.comparison import Part
from collab.units import collapse, expand

COLOURS = ("cyan", "magenta", "green", "yellow", "blue", "red")

CONTEXT = 2
"""Lines that are shown around what has changed."""


def shown(
    parts: Sequence[Part], text: str, colour: Callable[[Part], str], *, before: bool = False
) -> Iterator[tuple[str, str]]:
    """The parts as they are printed, each with its style. Of what was kept only the lines around changes are.

    ``text`` is the newer one, in which the insertions are, or the one ``before`` with the deletions.
    """
    expanded = expand(text)
    place = 0
    runs = [(kind, list(run)) for kind, run in groupby(parts, key=lambda part: part.kind)]
    for number, (kind, run) in enumerate(runs):
        length = sum(part.length for part in run)
        if kind == "kept":
            kept = printable(collapse(expanded[place : place + length]))
            yield from _context(kept, before=number > 0, after=number < len(runs) - 1)
        elif kind == "inserted":
            yield from ((f"{{+{printable(part.text)}+}}", f"bold {colour(part)}") for part in run)
        else:
            yield from ((f"[-{printable(part.text)}-]", f"strike {colour(part)}") for part in run)
        if kind == "kept" or (kind == "deleted") is before:
            place += length


def _context(kept: str, *, before: bool, after: bool) -> Iterator[tuple[str, str]]:
    """The ends of ``kept`` that have changes ``before`` or ``after`` them, as whole lines."""
    lines = kept.splitlines(keepends=True)
    head, tail = (CONTEXT + 1 if change else 0 for change in (before, after))
    left_out = len(lines) - head - tail
    if left_out <= 1:
        yield kept, ""
        return
    yield from ((line, "") for line in lines[:head])
    yield f"⋯ {left_out} lines\n", "dim"
    yield from ((line, "") for line in lines[len(lines) - tail :])


def printable(text: str) -> str:
    """``text`` without what a terminal would take for a command.

    >>> printable("a\\tb\\x1b[31m")
    'a\\tb·[31m'
    """
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() or c in "\n\t\r\u00a0" or c > "\u00a0" else "·" for c in text)


def colours_of(authors: Iterable[str]) -> dict[str, str]:
    """A colour for each of the authors, in the order in which they first come."""
    return {author: COLOURS[i % len(COLOURS)] for i, author in enumerate(dict.fromkeys(authors))}
