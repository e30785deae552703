"""What the commands that write share: for whom they do it, the rooms they do it in, and how they say what they did."""

from __future__ import annotations

import getpass
import logging
import os
import shlex
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Annotated

import typer

from collab.auth import Identity
from collab.cli.common import DEFAULT_DATABASE, Result, counted, with_store
from collab.errors import InvalidName, StoreBusy, VersionConflict
from collab.explaining import Explainer
from collab.hub import Hub
from collab.operation import Operation, text_length
from collab.revising import Reviser
from collab.store.sqlite import SQLiteStore
from collab.undoing import deleted, formatted

PATIENCE_SECONDS = 10.0
"""How long a change is worked out anew again and again because a running server was faster."""

MAX_AUTHOR = 200
"""Characters of an author's name."""

BESIDE_A_SERVER = (
    "If a server runs on the same file, its HTTP API is the better way: people who are connected see this change only "
    "when the next of them types. Nothing that they type is lost."
)
"""How the help of every command that writes ends."""


def login_name() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError, ImportError):  # there is no name for this user's number
        return "local"


Author = Annotated[
    str,
    typer.Option(
        "--author",
        envvar="COLLAB_AUTHOR",
        default_factory=login_name,
        show_default="the login name",
        help="Who does this, for the log.",
    ),
]


def identity_of(author: str) -> Identity:
    """
    Raises:
        InvalidName: nobody can be called that.
    """
    name = " ".join(author.split())
    if not 0 < len(name) <= MAX_AUTHOR or not name.isprintable():
        raise InvalidName("author", f"1 to {MAX_AUTHOR} printable characters")
    return Identity(name)


def with_reviser(
    path: Path, work: Callable[[Reviser, Hub], Awaitable[Result]], *, create: bool = False
) -> Result:
    """Do ``work`` on the documents in the file ``path``, and do it again if another program was faster.

    Raises:
        StoreError: there is no such file, and it isn't to be made, or it can't be written.
        StoreBusy: another program was faster every time.
    """
    # The rooms report a commit that failed; here it is tried again, or reported by what is raised.
    logging.getLogger("collab.room").addHandler(logging.NullHandler())

    async def run(hub: Hub) -> Result:
        try:
            return await work(Reviser(hub, Explainer(hub.store)), hub)
        finally:
            await hub.close()

    async def persist(store: SQLiteStore) -> Result:
        give_up = time.monotonic() + PATIENCE_SECONDS
        while True:
            try:
                return await run(Hub(store))
            except VersionConflict as conflict:
                if time.monotonic() > give_up:
                    raise StoreBusy(
                        f"a running server changes {conflict.document!r} faster than this command can: "
                        "ask the server to do it"
                    ) from conflict

    return with_store(path, persist, create=create)


def changes(op: Operation | None) -> str:
    """How much ``op`` does.

    >>> changes([3, -1, "abc"]), changes([])
    ('3 units inserted, 1 deleted', 'nothing changed')
    """
    op = op or []
    inserts = [step for step in op if isinstance(step, str) or (isinstance(step, dict) and "insert" in step)]
    said: list[str] = []
    for number, done in (
        (text_length([*inserts]), "inserted"),
        (deleted(op), "deleted"),
        (formatted(op), "formatted"),
    ):
        if number:
            said.append(f"{number:,} {done}" if said else f"{counted(number, 'unit')} {done}")
    return ", ".join(said) or "nothing changed"


def command(db: Path, *words: str) -> str:
    """A command on the same database, as it can be typed."""
    if db != DEFAULT_DATABASE and os.environ.get("COLLAB_DB") != str(db):
        words = (*words, "--db", str(db))
    return shlex.join(["collab", *words])
