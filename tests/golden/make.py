"""``python -m tests.golden.make``: a store as the schema of today writes it, for all programs to come.

Made once for each schema version, with the code that first had it; nothing that is there is written again.
"""

from __future__ import annotations

import asyncio
import gzip
import json
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any

from collab.reading import document_at
from collab.snapshots import pack
from collab.store import schema, sealing
from collab.store.base import DocumentRecord, Visit
from collab.store.sqlite import SQLiteStore
from collab.store.webhooks import Line, Progress, Webhook
from tests.random_histories import RandomHistory

GOLDEN = Path(__file__).parent
T0 = 1_700_000_000_000_000


async def description(store: SQLiteStore, name: str) -> dict[str, Any]:
    """All that a store says of a document, as JSON can hold it. Older files hold less of it."""
    record = await store.document(name)
    assert record is not None
    return {
        "text": (await document_at(store, name)).content.value(),
        "clients": [[c.client, c.author, c.key_hash.decode(), c.accepted] for c in await store.clients(name)],
        "record": {field: getattr(record, field) for field in DocumentRecord.__struct_fields__},
        "events": [
            [row.position, seq, row.type, row.version, row.payload.decode(), row.author, row.client]
            + [row.client_seq, row.at]
            for seq, row in enumerate(await store.rows(name), 1)
        ],
        "tags": [[t.number, t.version, t.name, t.author, t.at] for t in await store.tags(name)],
        "visit": list(await store.visit(name, "ann") or ()),
        "digest": (await store.digests(name, after=record.version - 1, until=record.version))[0][1].hex(),
    }


async def fill(path: Path) -> dict[str, Any]:
    """Two documents in two segments each, with rows behind them and a snapshot."""
    chance = Random(7)
    async with await SQLiteStore.open(path, packs=False) as store:
        for name in ("plain", "formatted"):
            history = RandomHistory(chance, name, rich=name == "formatted", asking=True)
            for events, packed in ((60, True), (60, True), (40, False)):
                for append in history.appends(events):
                    await store.append(append)
                if packed:
                    await store.pack(name)
            state = await document_at(store, name, 90)
            await store.save_snapshot(name, 90, pack(state.content.value()))
            await store.note_visit(name, "ann", Visit(80, T0))
        hook = await store.add_webhook(
            Webhook(url="https://example.com", secret="", position=0, created_at=T0)
        )
        parked = Line("plain", 5, 16, True, "answered_400", T0)
        await store.note_progress(hook.number, Progress(200, 0, "", 0, [parked]))
        return {name: await description(store, name) for name in ("plain", "formatted")}


def main() -> None:
    sealing.FULL = 100  # so that some hundred events are two segments
    made = GOLDEN / f"schema_{len(schema.STEPS)}.db.gz"
    with TemporaryDirectory() as folder:
        path = Path(folder) / "collab.db"
        expected = asyncio.run(fill(path))
        with made.open("xb") as file:
            file.write(gzip.compress(path.read_bytes(), mtime=0))
    made.with_name(made.name.replace(".db.gz", ".json")).write_text(json.dumps(expected) + "\n")


if __name__ == "__main__":
    main()
