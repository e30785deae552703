"""``collab export``: a document's text, or its whole history, in a file."""

from __future__ import annotations

import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated, BinaryIO

import msgspec
import typer

from collab.chain import UNFITTING, beginning, link
from collab.cli.common import (
    DEFAULT_DATABASE,
    At,
    Database,
    DocumentName,
    console,
    progress,
    version_of,
    with_store,
)
from collab.cli.files import STANDARD, Force, output
from collab.errors import CorruptLog
from collab.moving import exported
from collab.reading import document_at, record_of
from collab.store.base import EventStore


class Format(StrEnum):
    TEXT = "text"
    MARKDOWN = "markdown"
    JSON = "json"
    HISTORY = "history"


class History(msgspec.Struct, frozen=True):
    """A history that was written: ``at`` is the time of its newest event, in µs since 1970."""

    document: str
    version: int
    at: int
    digest: str


def export(
    document: DocumentName,
    format: Annotated[
        Format,
        typer.Option(
            help="text and markdown are the text as it stands (embeds as U+FFFC), json has the formatting, "
            "and history is every event, which `collab import` reads back bit for bit."
        ),
    ] = Format.TEXT,
    at: At = None,
    to: Annotated[Path | None, typer.Option("-o", "--output", help="The file; else it is printed.")] = None,
    force: Force = False,
    db: Database = DEFAULT_DATABASE,
    json: Annotated[bool, typer.Option("--json", help="The same as --format json.")] = False,
) -> None:
    """Write a document's text or its history to a file. A file that is there already isn't overwritten."""
    if json:
        format = Format.JSON
    if format is Format.HISTORY and at is not None:
        raise typer.BadParameter("a history is whole: --at goes with the other formats")
    printed = to is None or to == STANDARD

    async def run(store: EventStore) -> int:
        if format is Format.HISTORY:
            await record_of(store, document)  # so that nothing is written if there is none
            with output(to, force=force) as file:
                return (await write_history(store, document, file, shown=not printed)).version
        state = await document_at(store, document, await version_of(store, document, at))
        with output(to, force=force) as file:
            if format is Format.JSON:
                value = {"document": document, "version": state.version, "content": state.content.value()}
                file.write(msgspec.json.encode(value) + b"\n")
            else:
                file.write(state.content.plain_text().encode())
        return state.version

    version = with_store(db, run)
    if not printed:
        out = console(soft_wrap=True, highlight=False)
        out.print(f"{document} at version {version} is in {to}", markup=False)


async def write_history(store: EventStore, document: str, file: BinaryIO, *, shown: bool) -> History:
    """Write the whole history of ``document`` to ``file``, with a bar on the terminal if it is to be ``shown``.

    Raises:
        DocumentNotFound: there is no such document.
        CorruptLog: an event is missing or damaged, or the events aren't those of the hash chain.
    """
    record = await record_of(store, document)
    digest, version, line, event = beginning(document), 0, b"", b""
    with progress(shown=shown and sys.stderr.isatty()) as bar:
        task = bar.add_task(document, total=record.version)
        async for lines in exported(store, document):
            for line in lines:
                file.write(line + b"\n")
                if line.startswith(b"["):
                    event, version = line, version + 1
                    digest = link(digest, line)
            bar.update(task, completed=min(version, record.version))
    if msgspec.json.decode(line)["digest"] != digest.hex():
        raise CorruptLog(document, version, f"{UNFITTING}, or one before it: collab verify says which")
    return History(document, version, msgspec.json.decode(event)[6], digest.hex())
