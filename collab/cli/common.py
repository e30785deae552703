"""What several commands share."""

from __future__ import annotations

import asyncio
import re
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import msgspec
import typer

from collab import times
from collab.errors import DocumentNotFound, InvalidName, RequestError, StoreError, UnknownVersion
from collab.reading import record_of, version_at
from collab.store.base import EventStore
from collab.store.sqlite import SQLiteStore

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress

DEFAULT_DATABASE = Path("collab.db")

Database = Annotated[
    Path, typer.Option("--db", envvar="COLLAB_DB", help="The SQLite file that holds the log.")
]


def _encodable(document: str) -> str:
    """What was typed in another encoding than UTF-8 can be nobody's id, nor can the store be asked for it."""
    try:
        document.encode()
    except UnicodeEncodeError as error:
        raise DocumentNotFound(document) from error
    return document


DocumentName = Annotated[str, typer.Argument(help="The document's id.", callback=_encodable)]

At = Annotated[
    str | None,
    typer.Option(
        help="A version: its number, a time (ISO 8601, UTC if it names no zone) or its name; else the newest."
    ),
]

Json = Annotated[bool, typer.Option("--json", help="One JSON object per line, with every field.")]

Result = TypeVar("Result")


class NoSuchVersion(RequestError):
    code = "no_such_version"

    def __init__(self, document: str, written: str) -> None:
        self.document, self.written = document, written
        super().__init__(
            f"version or time: {written!r} is no number, no time in ISO 8601, and no name of a version of {document!r}"
        )


def with_store(
    path: Path, work: Callable[[SQLiteStore], Awaitable[Result]], *, create: bool = False
) -> Result:
    """Do ``work`` with the store in the file ``path``, which is there already, or else is made if ``create`` says so.

    Raises:
        StoreError: there is no such file, or it can't be opened.
    """
    if not create and not path.exists():
        raise StoreError(f"there is no database {path}")

    async def run() -> Result:
        async with await SQLiteStore.open(path) as store:
            return await work(store)

    return asyncio.run(run())


async def version_of(store: EventStore, document: str, at: str | None) -> int:
    """The version that ``at`` says, the newest if it is None.

    What looks like a number is one, what looks like a time is one, and all else is the name of a version.

    Raises:
        DocumentNotFound, UnknownVersion, NotCreatedYet: there is no such document, number or time.
        NoSuchVersion: it is neither of them, and no version has this name.
    """
    record = await record_of(store, document)
    if at is None:
        return record.version
    if re.fullmatch(r"[0-9]{1,15}", at):
        if int(at) > record.version:
            raise UnknownVersion(int(at), record.version)
        return int(at)
    try:
        moment = times.microseconds(at, name="version or time", zone_wanted=False)
    except InvalidName:
        return await _named(store, document, at)
    return await version_at(store, document, moment)


async def _named(store: EventStore, document: str, written: str) -> int:
    name = " ".join(written.split())
    for tag in await store.tags(document):
        if tag.name == name:
            return tag.version
    raise NoSuchVersion(document, written)


def print_json(value: Any) -> None:
    """One line of JSON."""
    sys.stdout.write(msgspec.json.encode(value).decode() + "\n")


def console(**options: Any) -> Console:
    """A console with these options of rich's, which is loaded only when it is needed.

    A server never needs it, and does without its 3 MiB. What people wrote is never taken for the name of an emoji.
    """
    from rich.console import Console

    return Console(**{"emoji": False, **options})


def progress(*, shown: bool) -> Progress:
    """A bar on stderr that counts what is done, if it is to be ``shown``."""
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    return Progress(*columns, console=console(stderr=True), disable=not shown)


def counted(number: int, what: str) -> str:
    """
    >>> counted(1, "unit"), counted(12_000, "unit")
    ('1 unit', '12,000 units')
    """
    return f"{number:,} {what}" + ("" if number == 1 else "s")
