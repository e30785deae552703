"""``collab proof``: a history in a file that proves itself, and what to keep so that it does."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from collab.cli.common import DEFAULT_DATABASE, Database, DocumentName, Json, console, print_json, with_store
from collab.cli.export import History, write_history
from collab.cli.files import Force, new_file
from collab.reading import record_of
from collab.store.base import EventStore
from collab.times import when

VERIFIER = Path(__file__).with_name("verify_proof.py")


def proof(
    document: DocumentName,
    to: Annotated[
        Path | None, typer.Option("-o", "--output", help="The file; else the document's id and .history.")
    ] = None,
    with_verifier: Annotated[
        bool,
        typer.Option("--with-verifier", help="Put the program that checks it beside it: 30 lines of Python."),
    ] = False,
    force: Force = False,
    db: Database = DEFAULT_DATABASE,
    json: Json = False,
) -> None:
    """Write a document's whole history to a file, with a digest that proves it.

    Note the digest somewhere else, or give it to somebody: whoever has it can tell, without this program and without
    trust in its database, whether anything in the file was changed since."""
    path = to or Path(f"{document}.history")
    verifier = path.with_name(VERIFIER.name)

    async def run(store: EventStore) -> History:
        await record_of(store, document)
        if with_verifier:
            _put(verifier, force=force)
        with new_file(path, force=force) as file:
            return await write_history(store, document, file, shown=not json)

    written = with_store(db, run)
    if json:
        print_json({"file": str(path), **msgspec.structs.asdict(written)})
        return
    out = console(soft_wrap=True, highlight=False)
    out.print(f"{document} at version {written.version}, {when(written.at)} UTC, is in {path}", markup=False)
    out.print(f"digest {written.digest}", markup=False, style="bold")
    check = shlex.join(["python3", str(verifier if with_verifier else VERIFIER), str(path), written.digest])
    out.print(
        f"Keep the digest elsewhere. This checks the file, on any machine with Python:\n{check}", markup=False
    )


def _put(path: Path, *, force: bool) -> None:
    """Write the verifier to ``path``, unless it is there."""
    program = VERIFIER.read_bytes()
    if path.is_file() and path.read_bytes() == program:
        return
    with new_file(path, force=force) as file:
        file.write(program)
