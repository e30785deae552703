"""``collab restore`` and ``collab fork``: older versions brought back, or made documents of their own."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from collab.cli.common import (
    DEFAULT_DATABASE,
    At,
    Database,
    DocumentName,
    Json,
    console,
    print_json,
    version_of,
)
from collab.cli.writing import Author, changes, command, identity_of, with_reviser
from collab.events import Event
from collab.hub import Hub
from collab.messages import event_row
from collab.revising import Reviser
from collab.store.base import DocumentRecord


def restore(
    document: DocumentName,
    version: Annotated[str, typer.Argument(help="A version: its number, a time, or its name.")],
    author: Author,
    db: Database = DEFAULT_DATABASE,
    json: Json = False,
) -> None:
    """Bring back the content that a document had at an older version, as a new version of it."""
    identity = identity_of(author)

    async def run(reviser: Reviser, hub: Hub) -> tuple[int, Event]:
        old = await version_of(hub.store, document, version)
        return old, await reviser.restore(document, identity, old)

    old, event = with_reviser(db, run)
    if json:
        print_json(event_row(event))
        return
    out = console(soft_wrap=True, highlight=False)
    out.print(f"version {event.seq} of {document} has the content of version {old}: {changes(event.op)}")
    out.print(way_back(db, event), markup=False)


def way_back(db: Path, event: Event) -> str:
    """How to take ``event`` back."""
    return f"Nothing is lost: {command(db, 'restore', event.document, str(event.seq - 1))} goes back."


def fork(
    document: DocumentName,
    new: Annotated[str, typer.Argument(help="The id of the new document.")],
    author: Author,
    at: At = None,
    title: Annotated[str | None, typer.Option(help="The new document's title; else that of the old.")] = None,
    db: Database = DEFAULT_DATABASE,
    json: Json = False,
) -> None:
    """Make a new document that begins with the content of another, and knows where it comes from."""
    identity = identity_of(author)

    async def run(reviser: Reviser, hub: Hub) -> tuple[int, DocumentRecord]:
        version = await version_of(hub.store, document, at)
        return version, await reviser.fork(document, identity, version, new=new, title=title)

    version, record = with_reviser(db, run)
    if json:
        print_json(record)
        return
    named = f"{record.id} “{record.title}”" if record.title else record.id
    out = console(soft_wrap=True, highlight=False)
    out.print(f"{named} is a fork of {document} at version {version}", markup=False)
