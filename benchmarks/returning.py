"""A client comes back from long offline work to a real server, and others feel nothing of it.

Measured are the time from its new connection until all its edits are in the log and both texts are equal, and the
answers to pings that somebody with another document sends all the while, from a process of its own: the longest is
how long the server's loop did nothing else.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import shutil
import sys
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec

from benchmarks.measure import show
from benchmarks.merges import Case, cases, sha256
from collab.client import Change, SharedDocument
from collab.local_server import LocalServer
from collab.operation import Operation

UNLIMITED = ("--edits-per-second", "1000000", "--edit-burst", "1000000")
CHOSEN = ("typing, 10,000 × 10,000", "typing, 40,000 × 40,000", "scattered, 10,000 × 10,000")
QUIET_SECONDS = 1.0


class Returned(msgspec.Struct, frozen=True):
    """``pending`` edits were brought back in ``seconds``; the view was changed in ``changes`` steps."""

    pending: int
    started: float
    ended: float
    changes: int


class Wire:
    """A way to the server that can be cut, and restored."""

    def __init__(self, host: str, port: int) -> None:
        self._target = host, port
        self._open: set[asyncio.StreamWriter] = set()
        self.down = False
        self.restored = 0.0
        self.port = 0

    @contextlib.asynccontextmanager
    async def listening(self) -> AsyncIterator[Wire]:
        server = await asyncio.start_server(self._connected, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        async with server:
            yield self
            self.cut()

    def cut(self) -> None:
        self.down = True
        for writer in self._open:
            writer.close()

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.down:
            writer.close()
            return
        self.restored = time.monotonic()
        there, to_there = await asyncio.open_connection(*self._target)
        self._open |= {writer, to_there}
        await asyncio.gather(_pump(reader, to_there), _pump(there, writer))


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(ConnectionError):
        while read := await reader.read(1 << 16):
            writer.write(read)
            await writer.drain()
    writer.close()


def run() -> None:
    chosen = [case for case in cases() if case.name in CHOSEN]
    rows = []
    for case in chosen:
        for client in ("Python", "Node") if shutil.which("node") else ("Python",):
            rows.append([case.name, client, *asyncio.run(measured(case, client))])
    columns = [
        "case",
        "client",
        "pending",
        "to equal texts, ms",
        "changes",
        "pings, quiet, p50 / max",
        "meanwhile",
    ]
    show("returning to a real server; answers to pings in ms", columns, rows)


async def measured(case: Case, client: str) -> list[str]:
    with TemporaryDirectory() as folder:
        async with LocalServer(Path(folder) / "collab.db", *UNLIMITED) as server:
            wire = Wire("127.0.0.1", int(server.url.rpartition(":")[2]))
            with apart(server.pid):
                async with wire.listening(), SharedDocument(server.url, "text", coalesce=False) as writer:
                    writer.insert(0, case.base)
                    await writer.saved()
                    come_back = python if client == "Python" else node
                    url = f"http://127.0.0.1:{wire.port}"
                    returned, pings = await come_back(case, wire, url, writer, server)
    quiet = [took for at, took in pings if at < returned.started]
    meanwhile = [took for at, took in pings if returned.started <= at <= returned.ended]
    seconds = returned.ended - returned.started
    return [
        f"{returned.pending:,}",
        f"{seconds * 1e3:,.0f}",
        f"{returned.changes}",
        spread(quiet),
        spread(meanwhile),
    ]


@contextlib.contextmanager
def apart(server: int) -> Iterator[None]:
    """Give the server, and the pings, another core than the clients, if there are two."""
    cores = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []
    if len(cores) < 2:
        yield
        return
    os.sched_setaffinity(server, cores[:1])
    os.sched_setaffinity(0, cores[1:])
    try:
        yield
    finally:
        os.sched_setaffinity(0, cores)


def spread(seconds: list[float]) -> str:
    ranked = sorted(seconds)
    return f"{ranked[len(ranked) // 2] * 1e3:.2f} / {ranked[-1] * 1e3:.1f}" if ranked else "–"


async def python(
    case: Case, wire: Wire, url: str, writer: SharedDocument, server: LocalServer
) -> tuple[Returned, list[tuple[float, float]]]:
    async with SharedDocument(url, "text") as doc:
        await doc.wait_for(lambda: doc.text == case.base)
        wire.cut()
        await doc.wait_for(lambda: doc.status != "connected")
        for op in case.mine:
            doc.edit(op)
        pending = doc.pending
        changes: list[Change] = []
        watching = asyncio.create_task(collect(doc, changes))
        await write(writer, case.theirs)
        async with pinging(server) as pings:
            await asyncio.sleep(QUIET_SECONDS)
            wire.down = False
            await doc.saved()
            await writer.reached(doc.version)
            ended = time.monotonic()
        assert writer.text == doc.text
        watching.cancel()
    return Returned(pending, wire.restored, ended, len(changes)), pings


async def collect(doc: SharedDocument, changes: list[Change]) -> None:
    async for change in doc.changes():
        changes.append(change)


async def write(writer: SharedDocument, ops: list[Operation]) -> None:
    for number, op in enumerate(ops):
        writer.edit(op)
        if number % 64 == 0:
            await asyncio.sleep(0)
    await writer.saved()


async def node(
    case: Case, wire: Wire, url: str, writer: SharedDocument, server: LocalServer
) -> tuple[Returned, list[tuple[float, float]]]:
    process = await asyncio.create_subprocess_exec(
        "node",
        str(Path(__file__).with_suffix(".mjs")),
        url,
        "text",
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    assert await process.stdout.readline() == b"synced\n"
    wire.cut()
    process.stdin.write(json.dumps(case.mine).encode() + b"\n")
    pending = int(await process.stdout.readline())
    await write(writer, case.theirs)
    async with pinging(server) as pings:
        await asyncio.sleep(QUIET_SECONDS)
        wire.down = False
        said = json.loads(await process.stdout.readline())
        await writer.reached(said["version"])
        ended = time.monotonic()
    await process.wait()
    assert said["sha256"] == sha256(writer.text)
    return Returned(pending, wire.restored, ended, said["changes"]), pings


@contextlib.asynccontextmanager
async def pinging(server: LocalServer) -> AsyncIterator[list[tuple[float, float]]]:
    """Pings by a process of its own while inside; afterwards the list holds when each was sent, and its seconds."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "benchmarks.pinger", server.url, str(server.pid)),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    assert await process.stdout.readline() == b"pinging\n"
    pings: list[tuple[float, float]] = []
    yield pings
    output, _ = await process.communicate(b"stop\n")
    pings += [(at, took) for at, took in json.loads(output)]
