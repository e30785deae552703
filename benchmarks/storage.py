"""What a log costs on the disk and in the writer: bytes an edit, CPU an event, and what packing does to both.

The edits are those of automerge-paper, one event each, with times as a person's typing has them: gaps that are
log-normal around 150 ms, to the microsecond. Two bytes and a quarter of each event are the chance in these
times, which nothing can pack.
"""

from __future__ import annotations

import asyncio
import gc
import time
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

from benchmarks.join import history
from benchmarks.measure import show
from collab.document import Document
from collab.events import Created, Edited, Event
from collab.operation import Operation
from collab.snapshotting import Snapshotter
from collab.store import Append, ClientRecord
from collab.store.rows import Prepared, prepare
from collab.store.sqlite import SQLiteStore
from collab.store.transaction import Ledger

START = 1_700_000_000_000_000
MEDIAN_MICROSECONDS, SPREAD = 11.9, 0.5
"""The logarithm of the gap between two keystrokes is normal: median e**11.9 µs = 147 ms."""

CLIENT = ClientRecord("client-of-20-letters", "ana", b"\0" * 32)


def typing(count: int) -> list[Operation]:
    """So many characters at the end of a text."""
    return [[place, "x"] if place else ["x"] for place in range(count)]


def typed(ops: Sequence[Operation], document: str = "paper") -> list[Event]:
    """A document's events, one an edit, as somebody typed them."""
    chance = Random(1)
    at = START
    events = [Event(document, 1, Created("e" * 16), CLIENT.author, CLIENT.client, 0, at)]
    for number, op in enumerate(ops, 1):
        at += int(chance.lognormvariate(MEDIAN_MICROSECONDS, SPREAD))
        events.append(Event(document, number + 1, Edited(op), CLIENT.author, CLIENT.client, number, at))
    return events


def appends(events: Sequence[Event], size: int) -> Iterator[Append]:
    """``events`` in appends of ``size``."""
    for start in range(0, len(events), size):
        batch = events[start : start + size]
        accepted = ClientRecord(CLIENT.client, CLIENT.author, CLIENT.key_hash, batch[-1].client_seq)
        yield Append(batch[0].document, batch[0].seq - 1, batch, [accepted])


class Written:
    """A document whose events are all in the log, for the snapshotter."""

    def __init__(self, document: Document) -> None:
        self.document = document

    async def wait_committed(self, version: int) -> None:
        assert version <= self.document.version


async def write(store: SQLiteStore, events: Sequence[Event], *, size: int, snapshots: bool) -> None:
    """Append ``events``, with the snapshots that a server would take if wanted."""
    document = Document(events[0].document)
    live, snapshotter = Written(document), Snapshotter(store)
    for append in appends(events, size):
        await store.append(append)
        if snapshots:
            for event in append.events:
                document.evolve(event)
            snapshotter.grew(live, list(append.events))
            await snapshotter.close()


def size_of(path: Path) -> int:
    log = path.with_name(path.name + "-wal")
    return path.stat().st_size + (log.stat().st_size if log.exists() else 0)


async def bytes_an_edit(ops: Sequence[Operation], *, snapshots: bool) -> list[str]:
    """The whole file before and after packing, by edits."""
    events = typed(ops)
    figures = []
    with TemporaryDirectory() as folder:
        path = Path(folder) / "collab.db"
        async with await SQLiteStore.open(path, packs=False) as store:
            await write(store, events, size=100, snapshots=snapshots)
        figures.append(f"{size_of(path) / len(ops):.1f}")
        async with await SQLiteStore.open(path) as store:
            await store.pack("paper")
            stored = await store.stored("paper")
        figures.append(f"{size_of(path) / len(ops):.2f}")
        figures.append(f"{stored.bytes / len(ops):.2f}")
    return figures


async def cpu_an_event(documents: int, size: int, events: int) -> tuple[float, float, float]:
    """Microseconds an event: CPU in `prepare`, CPU in the writer, and until it is on the disk."""
    ops = typing(events // documents + 2 * size)
    logs = [appends(typed(ops, f"document-{i}"), size) for i in range(documents)]
    rounds = [[next(log) for log in logs] for _ in range(events // (documents * size) + 1)]
    spent = [0.0, 0.0, 0.0]
    with TemporaryDirectory() as folder:
        async with await SQLiteStore.open(Path(folder) / "collab.db", packs=False) as store:
            await asyncio.gather(*map(store.append, rounds[0]))
            for appends_ in rounds[1:]:
                started = time.thread_time()
                batch = [prepare(append) for append in appends_]
                spent[0] += time.thread_time() - started
                cpu, wall = await store._writer.run(partial(timed_commit, batch=batch))
                spent[1] += cpu
                spent[2] += wall
    count = (len(rounds) - 1) * documents * size
    prepared, committed, elapsed = (seconds / count * 1e6 for seconds in spent)
    return prepared, committed, elapsed


def timed_commit(ledger: Ledger, batch: Sequence[Prepared]) -> tuple[float, float]:
    """Seconds of this thread's CPU, and of time, that committing ``batch`` takes."""
    cpu, started = time.thread_time(), time.perf_counter()
    ledger.commit(batch)
    return time.thread_time() - cpu, time.perf_counter() - started


async def beside_packing(events: Sequence[Event], *, packing: bool) -> list[float]:
    """Milliseconds that each append to one document takes, one after the other, for as long as it takes to pack
    another's ``events`` in the background; or for 4 s with nothing else going on."""
    taken = []
    log = list(appends(typed(typing(100_000), "other"), 1))
    with TemporaryDirectory() as folder:
        path = Path(folder) / "collab.db"
        async with await SQLiteStore.open(path, packs=False) as store:
            await write(store, events, size=1_000, snapshots=False)
        # What this benchmark itself holds shall not be looked through by the garbage collector meanwhile.
        gc.collect()
        gc.freeze()
        async with await SQLiteStore.open(path) as store:
            if packing:
                store.idle(events[0].document)
            deadline = time.perf_counter() + 4
            for append in log:
                started = time.perf_counter()
                await store.append(append)
                taken.append((time.perf_counter() - started) * 1e3)
                if not store._packer.busy if packing else time.perf_counter() > deadline:
                    break
    gc.unfreeze()
    return taken


def quantiles(values: Sequence[float]) -> list[str]:
    ordered = sorted(values)
    at = [ordered[int(len(ordered) * share)] for share in (0.5, 0.99)]
    return [f"{value:.2f}" for value in (*at, ordered[-1])]


def run() -> None:
    ops = [step.op for step in history().steps]
    rows = []
    for name, edits in (("the first 10,000", ops[:10_000]), (f"all {len(ops):,}", ops)):
        for snapshots in (False, True):
            figures = asyncio.run(bytes_an_edit(edits, snapshots=snapshots))
            rows.append([name, "yes" if snapshots else "no", *figures])
    show("bytes an edit", ["edits", "snapshots", "before packing", "packed", "segments alone"], rows)

    shapes = [("1 × 1", 1, 1, 3_000), ("1 × 16", 1, 16, 16_000), ("1 × 64", 1, 64, 64_000)]
    shapes += [("1 × 128", 1, 128, 128_000), ("200 × 1", 200, 1, 40_000)]
    rows = []
    for name, documents, size, count in shapes:
        spent = asyncio.run(cpu_an_event(documents, size, count))
        rows.append([name, *(f"{microseconds:.2f}" for microseconds in spent)])
    show("µs an event", ["documents × events", "prepare, CPU", "writer, CPU", "on the disk after"], rows)

    events = typed(ops[:40_000])
    rows = []
    for name, packing in (("nothing else", False), ("packing", True)) * 3:
        taken = asyncio.run(beside_packing(events, packing=packing))
        rows.append([name, f"{len(taken):,}", *quantiles(taken)])
    show("an append beside packing, ms", ["beside", "appends", "p50", "p99", "longest"], rows)
