"""``collab log``, ``sessions``, ``find`` and ``show``: what happened, as people read it, and what the text was."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from collab.activity import Session
from collab.cli.common import (
    DEFAULT_DATABASE,
    At,
    Database,
    DocumentName,
    Json,
    console,
    counted,
    print_json,
    version_of,
    with_store,
)
from collab.describe import what
from collab.errors import InvalidName
from collab.events import CURRENT, Event, name_of
from collab.explaining import Explainer
from collab.messages import event_row
from collab.reading import document_at, events, record_of
from collab.sightings import Sighting
from collab.store.base import EventStore
from collab.times import when
from collab.units import has_surrogates


def log(
    document: DocumentName,
    db: Database = DEFAULT_DATABASE,
    after: Annotated[int, typer.Option(help="Only events after this version.")] = 0,
    until: Annotated[int | None, typer.Option(help="Only events up to this version.")] = None,
    types: Annotated[
        list[str] | None,
        typer.Option("--type", help="Only events of this type, such as restored. Repeatable."),
    ] = None,
    authors: Annotated[
        list[str] | None, typer.Option("--author", help="Only what this author did. Repeatable.")
    ] = None,
    json: Json = False,
) -> None:
    """Print a document's events in words: who did what, when."""
    for name in types or []:
        if name not in CURRENT:
            raise InvalidName("type", f"one of {', '.join(CURRENT)}")
    out = console(soft_wrap=True, highlight=False)

    def wanted(event: Event) -> bool:
        return (not types or name_of(event.payload)[0] in types) and (not authors or event.author in authors)

    async def run(store: EventStore) -> None:
        await record_of(store, document)
        async for page in events(store, document, after=after, until=until):
            for event in filter(wanted, page):
                if json:
                    print_json(event_row(event))
                else:
                    out.print(f"[dim]{event.seq:>6}  {when(event.at)}[/]", end="  ")
                    out.print(event.author, style="cyan", markup=False, end="  ")
                    out.print(what(event), markup=False)

    with_store(db, run)


def sessions(document: DocumentName, db: Database = DEFAULT_DATABASE, json: Json = False) -> None:
    """Print who worked on a document when: stretches of one author's edits without a pause of two minutes."""

    async def run(store: EventStore) -> list[Session]:
        return await Explainer(store).sessions(await record_of(store, document))

    found = with_store(db, run)
    out = console(soft_wrap=True, highlight=False)
    for session in found:
        if json:
            print_json(session)
            continue
        out.print(f"[dim]{session.first:>6} –{session.last:>6}  {when(session.began)}[/]", end="  ")
        out.print(session.author, style="cyan", markup=False, end="  ")
        edits = counted(session.edits, "edit")
        out.print(f"{edits}: {session.inserted:,} units inserted, {session.deleted:,} deleted")


def find(
    document: DocumentName,
    text: Annotated[str, typer.Argument(help="To the letter; the case counts.")],
    db: Database = DEFAULT_DATABASE,
    json: Json = False,
) -> None:
    """Print when a text appeared in a document, and when the last one of it was gone."""
    if not text:
        raise typer.BadParameter("there is no text to look for")
    if has_surrogates(text):
        # What was typed in another encoding than UTF-8 would be taken for halves of emoji.
        raise typer.BadParameter("the text to look for is not in UTF-8")

    async def run(store: EventStore) -> list[Sighting]:
        return await Explainer(store).search(await record_of(store, document), text)

    found = with_store(db, run)
    out = console(soft_wrap=True, highlight=False)
    for sighting in found:
        if json:
            print_json(sighting)
            continue
        out.print(f"[dim]{sighting.seq:>6}  {when(sighting.at)}[/]", end="  ")
        out.print(sighting.author, style="cyan", markup=False, end="  ")
        out.print(f"{sighting.kind}, at {sighting.offset}")


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
            print_json(value)
        else:
            sys.stdout.write(state.content.plain_text())

    with_store(db, run)
