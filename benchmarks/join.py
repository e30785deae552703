"""Joining a document with a long history: from the first byte of the connection to the whole text.

The history of a paper, 259,778 edits of one character, is put into a log as a server would have: one event an
edit, snapshots on the way. Then a server process is started anew for each *cold* join, in which the document
comes from the disk, and is joined again for the *warm* ones. Every join is a client of its own.
"""

from __future__ import annotations

import asyncio
import json
import statistics
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks.measure import HISTORIES, SHIPPED, show
from collab.client import SharedDocument
from collab.document import Document
from collab.events import Created, Edited, Event, Payload
from collab.local_server import LocalServer
from collab.snapshotting import Snapshotter
from collab.store.base import Append, ClientRecord
from collab.store.sqlite import SQLiteStore
from collab.traces import Trace, load

DOCUMENT, CLIENT = "paper", "author-1"
STARTED, PAUSE = 1_700_000_000_000_000, 120_000
"""Microseconds since 1970, and from one keystroke to the next."""

KINDS = ("raw", "plain", "sdk", "python")
BATCH = 100
"""Events to a commit, about as many as come together on a busy document."""

COLD, WARM = 5, 10
"""Cold starts, and warm joins after each; the medians count."""


def history() -> Trace:
    """The paper, or a small history that comes with the tests where there is no paper."""
    paper = HISTORIES / "automerge-paper.json.gz"
    return load(paper if paper.exists() else SHIPPED / "sveltecomponent-3000.json.gz")


class _Written:
    """A document whose events are all committed, for the snapshotter."""

    def __init__(self, document: Document) -> None:
        self.document = document

    async def wait_committed(self, version: int) -> None:
        assert version <= self.document.version


async def write(db: Path, trace: Trace, events: int | None = None) -> None:
    """Put the first ``events`` edits of ``trace`` into a new log, with snapshots and packed as a server does it."""
    async with await SQLiteStore.open(db) as store:
        document = Document(DOCUMENT)
        live, snapshotter = _Written(document), Snapshotter(store)
        payloads: list[Payload] = [Created(epoch="e" * 16)]
        payloads += [Edited(step.op) for step in trace.steps[:events]]
        for start in range(0, len(payloads), BATCH):
            made = [
                Event(DOCUMENT, seq, payload, "ana", CLIENT, seq - 1, STARTED + PAUSE * seq)
                for seq, payload in enumerate(payloads[start : start + BATCH], start + 1)
            ]
            author = ClientRecord(CLIENT, "ana", b"\0" * 32, made[-1].client_seq)
            await store.append(Append(DOCUMENT, start, made, [author]))
            for event in made:
                document.evolve(event)
            snapshotter.grew(live, made)
        await snapshotter.close()
        await store.pack(DOCUMENT)


class NodeClient:
    """One Node process that joins when told (see ``join.mjs``), so that its own start is not part of the figures."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    @classmethod
    async def start(cls) -> NodeClient:
        script = Path(__file__).with_name("join.mjs")
        pipe = asyncio.subprocess.PIPE
        return cls(await asyncio.create_subprocess_exec("node", str(script), stdin=pipe, stdout=pipe))

    async def join(self, url: str, kind: str) -> dict[str, Any]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        wish = {"url": url, "document": DOCUMENT, "kind": kind}
        self._process.stdin.write(json.dumps(wish).encode() + b"\n")
        answer: dict[str, Any] = json.loads(await self._process.stdout.readline())
        return answer

    async def close(self) -> None:
        self._process.terminate()
        await self._process.wait()


async def join(client: NodeClient, url: str, kind: str) -> dict[str, Any]:
    """One join by a client of ``kind``: ms, bytes (0 if not counted) and the length of the text."""
    if kind != "python":
        return await client.join(url, kind)
    started = time.perf_counter()
    async with SharedDocument(url, DOCUMENT) as document:
        return {"ms": 1000 * (time.perf_counter() - started), "bytes": 0, "length": len(document.text)}


def resident(pid: int) -> float:
    """MiB of memory that the process holds, 0 where the system doesn't tell."""
    status = Path(f"/proc/{pid}/status")
    if not status.exists():
        return 0.0
    fields = dict(line.split(":", 1) for line in status.read_text().splitlines() if ":" in line)
    return int(fields["VmRSS"].split()[0]) / 1024


async def measure(db: Path) -> list[list[str]]:
    """A line for each kind of client: cold and warm ms, bytes, and the server's memory."""
    client = await NodeClient.start()
    rows = []
    for kind in KINDS:
        cold, warm, memory = [], [], []
        for _ in range(COLD):
            async with LocalServer(db) as server:
                cold.append(await join(client, server.url, kind))
                memory.append(resident(server.pid))
                warm += [await join(client, server.url, kind) for _ in range(WARM)]
        assert len({found["length"] for found in cold + warm}) == 1
        rows.append(
            [
                kind,
                middle(cold, "ms"),
                f"{max(found['ms'] for found in cold):.1f}",
                middle(warm, "ms"),
                f"{max(found['ms'] for found in warm):.1f}",
                f"{cold[-1]['bytes']:,}",
                f"{cold[-1]['length']:,}",
                f"{statistics.median(memory):.1f}",
            ]
        )
    await client.close()
    return rows


def middle(found: Sequence[dict[str, Any]], field: str) -> str:
    return f"{statistics.median(join[field] for join in found):.1f}"


def run(events: int | None = None) -> None:
    trace = history()
    with TemporaryDirectory(prefix="collab-join-") as folder:
        db = Path(folder) / "join.db"
        asyncio.run(write(db, trace, events))
        rows = asyncio.run(measure(db))
    title = f"join of {trace.name}, {len(trace.steps[:events]):,} edits of one event each"
    columns = [
        "client",
        "cold ms",
        "worst",
        "warm ms",
        "worst",
        "bytes received",
        "units of text",
        "server MiB",
    ]
    show(title, columns, rows)


if __name__ == "__main__":
    run(int(sys.argv[1]) if len(sys.argv) > 1 else None)
