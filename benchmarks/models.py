"""Read models: how fast they are built, how soon a word that was typed is found, and what it costs those who type.

Built is the history of a paper, 259,778 edits of one character, and as many events of a hundred documents that were
edited in turns; aim: 100,000 events a second for the simple models. Found is a word that was typed at the beginning of
a document, without `?after=`, asked for every 20 ms; aim: within a second. And 16 clients type as fast as they are
answered, each in a document of its own with 8 edits under way, at a server that follows the log with its models and at
one that doesn't.
"""

from __future__ import annotations

import asyncio
import json
import statistics
import time
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx
from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Subprotocol

from benchmarks.history import fill
from benchmarks.measure import show
from collab.events import Created, Edited, Event, Payload
from collab.link import socket_url
from collab.local_server import LocalServer
from collab.messages import SUBPROTOCOL
from collab.projections.building import rebuild
from collab.projections.builtin import BUILT_IN
from collab.projections.projection import Projection
from collab.projections.shelf import Shelf
from collab.projections.source import Source
from collab.store.base import Append, ClientRecord
from collab.store.sqlite import SQLiteStore

ROUNDS = 3
DOCUMENTS = 100
EDITS = 2_600
"""Of each of those documents: together as many as the paper's."""

SIZES = (5_000, 200_000, 1_000_000)
WORDS = 15
POLL_SECONDS = 0.02

WRITERS = 16
WINDOW = 8
TYPING_SECONDS = 5.0
PROTOCOL = Subprotocol(SUBPROTOCOL)
UNLIMITED = ("--edits-per-second", "1000000", "--edit-burst", "1000000")


async def interleave(path: Path) -> None:
    """A hundred documents, each edited ten times in turn."""
    async with await SQLiteStore.open(path, packs=False) as store:
        seqs = dict.fromkeys(range(DOCUMENTS), 0)
        while seqs[0] < EDITS:
            for number, seq in seqs.items():
                document, at = f"doc{number}", 1_700_000_000_000_000 + seq * 10**6
                payloads: list[Payload] = (
                    [Created("e")]
                    if not seq
                    else [Edited([seq - 1 + i, "x"] if seq + i > 1 else ["x"]) for i in range(10)]
                )
                events = [
                    Event(document, seq + 1 + i, each, "ann", "c", seq + i, at)
                    for i, each in enumerate(payloads)
                ]
                await store.append(
                    Append(document, seq, events, [ClientRecord("c", "ann", b"", seq + len(events))])
                )
                seqs[number] += len(events)
        for number in seqs:
            await store.pack(f"doc{number}")


async def rate(path: Path, projection: Projection) -> float:
    """Events a second, of the quickest of some builds."""
    taken = []
    async with await SQLiteStore.open(path, packs=False) as store:
        for _ in range(ROUNDS):
            with TemporaryDirectory() as folder:
                started = time.perf_counter()
                reached = await rebuild(
                    Shelf(Path(folder), projection), projection, Source(store), now=time.time_ns
                )
                taken.append(reached / (time.perf_counter() - started))
    return max(taken)


async def found_after(url: str, size: int) -> list[float]:
    """Seconds from a word that was accepted to its being found."""
    taken = []
    async with httpx.AsyncClient(base_url=url, trust_env=False, timeout=60) as http:
        text = " ".join(f"word{number}" for number in range(size // 8))
        (await http.post("/api/documents", json={"id": f"size{size}", "content": text})).raise_for_status()
        for number in range(WORDS):
            word = f"needle{size}x{number}"
            (
                await http.post(f"/api/documents/size{size}/edits", json={"op": [f"{word} "]})
            ).raise_for_status()
            started = time.perf_counter()
            while not (await http.get("/api/search", params={"q": f"{word} "})).json()["found"]:  # noqa: ASYNC110 - by HTTP
                await asyncio.sleep(POLL_SECONDS)
            taken.append(time.perf_counter() - started)
    return taken


async def type_on(connection: ClientConnection, client: str) -> int:
    """Edits that were accepted until it was time to stop."""
    await connection.send(json.dumps({"type": "hello", "client": client, "key": "k" * 32, "schema": 1}))
    version = sent = accepted = 0
    while "presence" not in (message := json.loads(await connection.recv()))["type"]:
        version = message.get("seq", version)
    until = time.monotonic() + TYPING_SECONDS
    while True:
        while sent - accepted < WINDOW and time.monotonic() < until:
            sent += 1
            await connection.send(
                json.dumps({"type": "edit", "id": sent, "base": version, "op": ["x"], "refusals": 0})
            )
        if accepted == sent:
            return accepted
        events = json.loads(await connection.recv()).get("events", [])
        accepted += len(events)
        version = events[-1]["seq"] if events else version


async def typed(options: Sequence[str]) -> float:
    """Edits a second of all writers."""
    with TemporaryDirectory() as folder:
        async with LocalServer(Path(folder) / "log.db", *UNLIMITED, *options) as server:
            opening = [
                connect(
                    socket_url(server.url, f"doc{number}"),
                    subprotocols=[Subprotocol(SUBPROTOCOL)],
                    compression=None,
                )
                for number in range(WRITERS)
            ]
            connections = [await each for each in opening]
            edits = await asyncio.gather(
                *(type_on(each, f"client{number:02}xxxxxxxx") for number, each in enumerate(connections))
            )
            for each in connections:
                await each.close()
            return sum(edits) / TYPING_SECONDS


async def measure() -> None:
    with TemporaryDirectory() as folder:
        paper, many = Path(folder) / "paper.db", Path(folder) / "many.db"
        await fill(paper, packed=True)
        await interleave(many)
        rates = [
            [each.name, *[f"{await rate(path, each):,.0f}" for path in (paper, many)]] for each in BUILT_IN
        ]
    show("Built from nothing", ["model", "paper, events/s", "100 documents, events/s"], rates)

    rows = []
    with TemporaryDirectory() as folder:
        async with LocalServer(Path(folder) / "log.db") as server:
            for size in SIZES:
                taken = [each * 1e3 for each in await found_after(server.url, size)]
                rows.append([f"{size:,}", f"{statistics.median(taken):.0f}", f"{max(taken):.0f}"])
    show("A word that was typed is found", ["length", "ms, p50", "longest"], rows)

    with_models, without = [], []
    for _ in range(ROUNDS):
        with_models.append(await typed([]))
        without.append(await typed(["--no-models"]))
    ratio = statistics.median(each / other for each, other in zip(with_models, without, strict=True))
    show(
        f"{WRITERS} clients typing as fast as they can",
        ["", "edits/s"],
        [
            ["with models", f"{statistics.median(with_models):,.0f}"],
            ["without", f"{statistics.median(without):,.0f}"],
            ["ratio", f"{ratio:.2f}"],
        ],
    )


def run() -> None:
    asyncio.run(measure())
