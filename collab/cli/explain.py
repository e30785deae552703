"""``collab blame`` and ``collab diff``: who wrote what, and what happened between two versions."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

import typer

from collab.authorship import Credit
from collab.cli.common import (
    DEFAULT_DATABASE,
    At,
    Database,
    DocumentName,
    Json,
    console,
    print_json,
    version_of,
    with_store,
)
from collab.cli.parts import colours_of, printable, shown
from collab.comparison import Comparison
from collab.explaining import Blame, Explainer
from collab.operation import plain_text
from collab.reading import document_at
from collab.store.base import EventStore
from collab.times import when
from collab.units import collapse, expand


def blame(document: DocumentName, db: Database = DEFAULT_DATABASE, at: At = None, json: Json = False) -> None:
    """Print a document's text with who wrote it, line by line: the newest event in each, and each author's colour."""

    async def run(store: EventStore) -> Blame:
        return await Explainer(store).blame(document, await version_of(store, document, at))

    found = with_store(db, run)
    if json:
        for credit in found.credits:
            print_json(credit)
        return
    out = console(soft_wrap=True, highlight=False)
    colours = colours_of(credit.author for credit in found.credits)
    width = max(map(len, colours), default=0)
    for line in _lines(found):
        newest = max((credit for credit, _ in line), key=lambda credit: credit.last)
        out.print(f"[dim]{newest.last:>6}  {when(newest.ended)}[/]  ", end="")
        out.print(f"{newest.author:<{width}}", style=colours[newest.author], markup=False, end="  ")
        for credit, text in line:
            out.print(printable(text), style=colours[credit.author], markup=False, end="")
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
        for part in compared.parts:
            print_json(part)
        return
    out = console(soft_wrap=True, highlight=False)
    changes = [(part, part.credit.author) for part in compared.parts if part.credit is not None]
    colours = colours_of(author for _, author in changes)
    for author, colour in colours.items():
        inserted, deleted = (
            sum(part.length for part, by in changes if (part.kind, by) == (kind, author))
            for kind in ("inserted", "deleted")
        )
        out.print(f"{author}: +{inserted} -{deleted}", style=colour, markup=False)
    piece = ""
    for piece, style in shown(
        compared.parts, text, lambda part: colours[part.credit.author] if part.credit else ""
    ):
        out.print(piece, style=style, markup=False, end="")
    if not piece.endswith("\n"):
        out.print()
