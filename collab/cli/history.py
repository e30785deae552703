"""``collab log`` and ``collab show``: what happened, and what the text was."""

from __future__ import annotations

import sys
from typing import Annotated

import msgspec
import typer

from collab.cli.common import DEFAULT_DATABASE, At, Database, DocumentName, console, version_of, with_store
from collab.describe import what
from collab.messages import event_row
from collab.reading import document_at, events, record_of
from collab.store.base import EventStore
from collab.times import when


def log(
    document: DocumentName,
    db: Database = DEFAULT_DATABASE,
    after: Annotated[int, typer.Option(help="Only events after this version.")] = 0,
    until: Annotated[int | None, typer.Option(help="Only events up to this version.")] = None,
    json: Annotated[bool, typer.Option("--json", help="One JSON object per line, with every field.")] = False,
) -> None:
    """Print a document's events in words: who did what, when."""
    out = console(soft_wrap=True, highlight=False)

    async def run(store: EventStore) -> None:
        await record_of(store, document)
        async for page in events(store, document, after=after, until=until):
            for event in page:
                if json:
                    sys.stdout.write(msgspec.json.encode(event_row(event)).decode() + "\n")
                else:
                    out.print(f"[dim]{event.seq:>6}  {when(event.at)}[/]  [cyan]{event.author}[/]  ", end="")
                    out.print(what(event), markup=False)

    with_store(db, run)


def show(
    document: DocumentName,
    db: Database = DEFAULT_DATABASE,
    at: At = None,
    json: Annotated[bool, typer.Option("--json", help="Version and content as one JSON object.")] = False,
) -> None:
    """Print a document's text as it is, or as it was."""

    async def run(store: EventStore) -> None:
        state = await document_at(store, document, await version_of(store, document, at))
        if json:
            value = {"document": document, "version": state.version, "content": state.content.value()}
            sys.stdout.write(msgspec.json.encode(value).decode() + "\n")
        else:
            sys.stdout.write(state.content.plain_text())

    with_store(db, run)
