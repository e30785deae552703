"""``collab import``: a history that was exported, or any text, becomes a document."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Annotated, BinaryIO

import msgspec
import typer

from collab.cli.common import DEFAULT_DATABASE, Database, Json, console, print_json, progress
from collab.cli.files import CHUNK, STANDARD, pieces, reading
from collab.cli.writing import Author, identity_of, with_reviser
from collab.document import MAX_TITLE
from collab.errors import CollabError
from collab.hub import Hub
from collab.moving import adopt
from collab.revising import Reviser
from collab.store.base import DocumentRecord


class CannotImport(CollabError):
    code = "cannot_import"


def import_(
    file: Annotated[Path, typer.Argument(help="A history, or a text in UTF-8; - reads standard input.")],
    author: Author,
    document: Annotated[
        str | None,
        typer.Option("--as", help="The document's id; else the history's, or made of the file's name."),
    ] = None,
    title: Annotated[
        str | None, typer.Option(help="The title of a text; else the file's name. A history has its own.")
    ] = None,
    db: Database = DEFAULT_DATABASE,
    json: Json = False,
) -> None:
    """Make a new document of a file: its whole history if it was exported as one, else its text.

    The database is made if there is none."""
    identity = identity_of(author)

    with reading(file) as source:
        start = source.readline(CHUNK)
        history = is_history(start)
        if history and title is not None:
            raise CannotImport("a history has its own title: import it without --title")
        text = "" if history else _text(start + source.read())
        name = "" if file == STANDARD else file.name

        async def run(_: Reviser, hub: Hub) -> DocumentRecord:
            if history:
                return await _adopt(hub, start, source, document, shown=not json)
            return await hub.create(
                document or id_from(name),
                identity,
                title=name[:MAX_TITLE] if title is None else title,
                content=text,
            )

        record = with_reviser(db, run, create=True)
    if json:
        print_json(record)
        return
    named = f"{record.id} “{record.title}”" if record.title else record.id
    console(soft_wrap=True, highlight=False).print(
        f"{named} is there now at version {record.version:,}"
        + (", with its whole history" if history else ""),
        markup=False,
    )


async def _adopt(
    hub: Hub, start: bytes, source: BinaryIO, document: str | None, *, shown: bool
) -> DocumentRecord:
    with progress(shown=shown and sys.stderr.isatty()) as bar:
        task = bar.add_task("looked at", total=None)
        return await adopt(
            hub.store,
            pieces(start, source),
            document=document,
            progress=lambda done, of: bar.update(task, completed=done, total=of),
        )


def is_history(line: bytes) -> bool:
    """Whether a file that begins with this line is an exported history.

    >>> is_history(b'{"collab":"history","format":1,"document":"notes","version":2}')
    True
    """
    try:
        found = msgspec.json.decode(line)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return False
    return isinstance(found, dict) and found.get("collab") == "history"


def id_from(name: str) -> str:
    """A document's id made of a file's name.

    Raises:
        CannotImport: nothing in it could be one.

    >>> id_from("Notes of May (2).md")
    'Notes-of-May-2'
    """
    found = re.sub(r"[^A-Za-z0-9._~-]+", "-", Path(name).stem).strip("-._~")[:128]
    if not found:
        raise CannotImport("say what the document's id is to be: --as ID")
    return found


def _text(data: bytes) -> str:
    try:
        return data.decode().removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        raise CannotImport(f"byte {error.start + 1:,} is not UTF-8: only text can be imported") from error
