"""What several commands share."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from collab.errors import StoreError
from collab.store.sqlite import SQLiteStore

if TYPE_CHECKING:
    from rich.console import Console

DEFAULT_DATABASE = Path("collab.db")

Database = Annotated[
    Path, typer.Option("--db", envvar="COLLAB_DB", help="The SQLite file that holds the log.")
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


def console(**options: Any) -> Console:
    """A console with these options of rich's, which is loaded only when it is needed.

    A server never needs it, and does without its 3 MiB.
    """
    from rich.console import Console

    return Console(**options)
