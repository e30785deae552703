"""``collab log`` and ``collab show``: what happened, and what the text was."""

from __future__ import annotations

import re
import sys
from datetime import UTC, datetime
from typing import Annotated

import msgspec
import typer

from collab.cli.common import DEFAULT_DATABASE, Database, console, with_store
from collab.describe import what, when
from collab.errors import DocumentNotFound, InvalidName
from collab.messages import event_row
from collab.reading import document_at, events
from collab.store.base import EventStore

DocumentName = Annotated[str, typer.Argument(help="The document's id.")]


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
        if await store.document(document) is None:
            raise DocumentNotFound(document)
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
    at: Annotated[
        str | None,
        typer.Option(
            help="A version (a number) or a time (ISO 8601, UTC if it names no zone); else the newest."
        ),
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Version and content as one JSON object.")] = False,
) -> None:
    """Print a document's text as it is, or as it was."""

    async def run(store: EventStore) -> None:
        version = await _version(store, document, at)
        state = await document_at(store, document, version)
        if json:
            value = {"document": document, "version": state.version, "content": state.content.value()}
            sys.stdout.write(msgspec.json.encode(value).decode() + "\n")
        else:
            sys.stdout.write(state.content.plain_text())

    with_store(db, run)


async def _version(store: EventStore, document: str, at: str | None) -> int | None:
    if at is None:
        return None
    if re.fullmatch(r"\d{1,15}", at):
        return int(at)
    try:
        moment = datetime.fromisoformat(at)
    except ValueError as error:
        raise InvalidName("--at", f"{at!r} is neither a version nor an ISO 8601 time") from error
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    if await store.document(document) is None:
        raise DocumentNotFound(document)
    return await store.version_at(document, int(moment.timestamp() * 1_000_000))
