"""``collab tags``: versions that have a name."""

from __future__ import annotations

import re
from collections.abc import Sequence
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
    with_store,
)
from collab.cli.writing import Author, identity_of, with_reviser
from collab.describe import what
from collab.document import Command, DeleteTag, RenameTag, TagVersion
from collab.errors import UnknownTag
from collab.events import Event
from collab.hub import Hub
from collab.messages import event_row
from collab.reading import record_of
from collab.revising import Reviser
from collab.store.base import EventStore
from collab.tags import Tag
from collab.times import when


def tags(
    document: DocumentName,
    author: Author,
    add: Annotated[str | None, typer.Option(metavar="NAME", help="Name a version.")] = None,
    at: At = None,
    rename: Annotated[
        tuple[str, str] | None, typer.Option(metavar="OLD NEW", help="Give a named version another name.")
    ] = None,
    delete: Annotated[
        str | None, typer.Option(metavar="NAME", help="Take the name away; the version stays.")
    ] = None,
    db: Database = DEFAULT_DATABASE,
    json: Json = False,
) -> None:
    """List a document's named versions, or --add, --rename or --delete one.

    A named version is addressed by its number in that list or by its name."""
    if sum(option is not None for option in (add, rename, delete)) > 1:
        raise typer.BadParameter("one of --add, --rename and --delete at a time")
    if at is not None and add is None:
        raise typer.BadParameter("--at goes with --add")
    if add is None and rename is None and delete is None:
        _list(with_store(db, lambda store: _tags(store, document)), json)
        return
    identity = identity_of(author)

    async def wish(store: EventStore) -> Command:
        if add is not None:
            return TagVersion(await version_of(store, document, at), add)
        found = await _tags(store, document)
        if rename is not None:
            return RenameTag(addressed(found, rename[0]).number, rename[1])
        assert delete is not None
        return DeleteTag(addressed(found, delete).number)

    async def run(reviser: Reviser, hub: Hub) -> Event:
        return await reviser.carry_out(document, identity, await wish(hub.store))

    event = with_reviser(db, run)
    if json:
        print_json(event_row(event))
    else:
        out = console(soft_wrap=True, highlight=False)
        out.print(f"version {event.seq}: {event.author} {what(event)}", markup=False)


async def _tags(store: EventStore, document: str) -> list[Tag]:
    await record_of(store, document)
    return await store.tags(document)


def addressed(tags: Sequence[Tag], written: str) -> Tag:
    """The one of ``tags`` with this number, or else with this name.

    Raises:
        UnknownTag: there is none.
    """
    name = " ".join(written.split())
    if re.fullmatch(r"[0-9]{1,15}", name):
        for tag in tags:
            if tag.number == int(name):
                return tag
    for tag in tags:
        if tag.name == name:
            return tag
    raise UnknownTag(written)


def _list(tags: Sequence[Tag], json: bool) -> None:
    if json:
        for tag in tags:
            print_json(tag)
        return
    out = console(soft_wrap=True, highlight=False)
    width = max((len(tag.author) for tag in tags), default=0)
    for tag in tags:
        out.print(f"[dim]{tag.number:>6}  {when(tag.at)}[/]  ", end="")
        out.print(f"{tag.author:<{width}}", style="cyan", markup=False, end="  ")
        out.print(f"version {tag.version}", end="  ")
        out.print(tag.name, style="bold", markup=False)
