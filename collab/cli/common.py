"""What several commands share."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from collab import times
from collab.errors import StoreError, UnknownVersion
from collab.reading import record_of, version_at
from collab.store.base import EventStore
from collab.store.sqlite import SQLiteStore

if TYPE_CHECKING:
    from rich.console import Console

DEFAULT_DATABASE = Path("collab.db")

Database = Annotated[
    Path, typer.Option("--db", envvar="COLLAB_DB", help="The SQLite file that holds the log.")
]

DocumentName = Annotated[str, typer.Argument(help="The document's id.")]

At = Annotated[
    str | None,
    typer.Option(help="A version (a number) or a time (ISO 8601, UTC if it names no zone); else the newest."),
]

Result = TypeVar("Result")


def with_store(path: Path, work: Callable[[SQLiteStore], Awaitable[Result]]) -> Result:
    """Do ``work`` with the store in the existing file ``path``.

    Raises:
        StoreError: there is no such file, or it can't be opened.
    """
    if not path.exists():
        raise StoreError(f"there is no database {path}")

    async def run() -> Result:
        async with await SQLiteStore.open(path) as store:
            return await work(store)

    return asyncio.run(run())


async def version_of(store: EventStore, document: str, at: str | None) -> int:
    """The version that ``at`` names, by number or by time; the newest if it is None.

    Raises:
        DocumentNotFound, UnknownVersion, NotCreatedYet: there is none of that name, number or time.
        InvalidName: it is neither.
    """
    record = await record_of(store, document)
    if at is None:
        return record.version
    if not re.fullmatch(r"\d{1,15}", at):
        return await version_at(
            store, document, times.microseconds(at, name="version or time", zone_wanted=False)
        )
    if int(at) > record.version:
        raise UnknownVersion(int(at), record.version)
    return int(at)


def console(**options: Any) -> Console:
    """A console with these options of rich's, which is loaded only when it is needed.

    A server never needs it, and does without its 3 MiB.
    """
    from rich.console import Console

    return Console(**options)
