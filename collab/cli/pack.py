"""``collab pack``: histories into as little room as they need."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from collab.cli.common import DEFAULT_DATABASE, Database, with_store
from collab.errors import DocumentNotFound
from collab.store.sqlite import SQLiteStore
from collab.verifying import all_documents


def pack(
    documents: Annotated[
        list[str] | None, typer.Argument(help="Documents to pack; all if none is named.")
    ] = None,
    db: Database = DEFAULT_DATABASE,
) -> None:
    """Pack documents' histories now, and give back free room. A server does it by itself, bit by bit."""

    async def run(store: SQLiteStore) -> None:
        names = documents or [record.id async for record in all_documents(store)]
        for name in names:
            if await store.document(name) is None:
                raise DocumentNotFound(name)
            await store.pack(name)
            stored = await store.stored(name)
            each = stored.bytes / max(1, stored.packed)
            sys.stdout.write(f"{name}: {stored.packed:,} events packed, {each:.1f} bytes each\n")

    with_store(db, run)
