"""``collab blame`` and ``collab diff``: who wrote what, and what happened between two versions."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Annotated, Any

import msgspec
import typer

from collab.authorship import Credit
from collab.cli.common import DEFAULT_DATABASE, At, Database, DocumentName, console, version_of, with_store
from collab.comparison import Comparison, Part
from collab.explaining import Blame, Explainer
from collab.operation import plain_text
from collab.reading import document_at
from collab.store.base import EventStore
from collab.times import when
from collab.units import collapse, expand

COLOURS = ("cyan", "magenta", "green", "yellow", "blue", "red")

CONTEXT = 2
"""Lines that are shown around what has changed."""

Json = Annotated[bool, typer.Option("--json", help="One JSON object per line, with every field.")]


def blame(document: DocumentName, db: Database = DEFAULT_DATABASE, at: At = None, json: Json = False) -> None:
    """Print a document's text with who wrote it, line by line: the newest event in each, and each author's colour."""

    async def run(store: EventStore) -> Blame:
        return await Explainer(store).blame(document, await version_of(store, document, at))

    found = with_store(db, run)
    if json:
        _print_json(found.credits)
        return
    out = console(soft_wrap=True, highlight=False)
    colours = _colours(credit.author for credit in found.credits)
    width = max(map(len, colours), default=0)
    for line in _lines(found):
        newest = max((credit for credit, _ in line), key=lambda credit: credit.last)
        out.print(f"[dim]{newest.last:>6}  {when(newest.ended)}[/]  ", end="")
        out.print(f"{newest.author:<{width}}", style=colours[newest.author], markup=False, end="  ")
        for credit, text in line:
            out.print(text, style=colours[credit.author], markup=False, end="")
        out.print()


def _lines(found: Blame) -> Iterator[list[tuple[Credit, str]]]:
    """The text's lines, each in parts with their credit. A line without any letter has the credit of its end."""
    text = expand(plain_text(found.text))
    line: list[tuple[Credit, str]] = []
    place = 0
    for credit in found.credits:
        written = collapse(text[place : place + credit.length])
        place += credit.length
        *ended, open_ = written.split("\n")
        for part in ended:
            yield [*line, (credit, part)]
            line = []
        if open_:
            line.append((credit, open_))
    if line:
        yield line


def diff(
    document: DocumentName,
    older: Annotated[str, typer.Argument(help="A version, or a time.")],
    newer: Annotated[str | None, typer.Argument(help="Another one, not before it; else the newest.")] = None,
    db: Database = DEFAULT_DATABASE,
    json: Json = False,
) -> None:
    """Print what happened between two versions: [-deleted-] and {+inserted+}, each in its author's colour."""

    async def run(store: EventStore) -> tuple[Comparison, str]:
        first, last = [await version_of(store, document, name) for name in (older, newer)]
        compared = await Explainer(store).compare(document, first, last)
        return compared, (await document_at(store, document, last)).content.plain_text()

    compared, text = with_store(db, run)
    if json:
        _print_json(compared.parts)
        return
    out = console(soft_wrap=True, highlight=False)
    changes = [(part, part.credit.author) for part in compared.parts if part.credit is not None]
    colours = _colours(author for _, author in changes)
    for author, colour in colours.items():
        inserted, deleted = (
            sum(part.length for part, by in changes if (part.kind, by) == (kind, author))
            for kind in ("inserted", "deleted")
        )
        out.print(f"{author}: +{inserted} -{deleted}", style=colour, markup=False)
    piece = ""
    for piece, style in _shown(compared.parts, expand(text), colours):
        out.print(piece, style=style, markup=False, end="")
    if not piece.endswith("\n"):
        out.print()


def _shown(parts: Sequence[Part], newer: str, colours: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """The parts as they are printed, each with its style. Of what was kept only the lines around changes are."""
    place = 0
    for number, part in enumerate(parts):
        if part.credit is None:
            kept = collapse(newer[place : place + part.length])
            place += part.length
            yield from _context(kept, before=number > 0, after=number < len(parts) - 1)
        elif part.kind == "inserted":
            place += part.length
            yield f"{{+{part.text}+}}", f"bold {colours[part.credit.author]}"
        else:
            yield f"[-{part.text}-]", f"strike {colours[part.credit.author]}"


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


def _colours(authors: Iterable[str]) -> dict[str, str]:
    """A colour for each of the authors, in the order in which they first come."""
    return {author: COLOURS[i % len(COLOURS)] for i, author in enumerate(dict.fromkeys(authors))}


def _print_json(rows: Iterable[Any]) -> None:
    for row in rows:
        sys.stdout.write(msgspec.json.encode(row).decode() + "\n")
