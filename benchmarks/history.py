"""Any version of a long history, packed and read from cold: a fresh process, nothing in its memory. And who wrote what
in it, and what happened between two of them.

The history of a paper, 259,778 edits of one character, lies packed in a file with the snapshots that a server
would have taken. A new process opens it and reads versions at random; another one replays all from the first
event, event by event, to have something to compare with. Aim: p99 at most 10 ms; and to say who wrote what in the
newest version in at most four times what folding its edits takes.
"""

from __future__ import annotations

import asyncio
import json
import re
import statistics
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks.join import history
from benchmarks.measure import show
from benchmarks.storage import typed, write
from collab.explaining import Explainer
from collab.fold import fold
from collab.reading import document_at, events
from collab.store.sqlite import SQLiteStore

VERSIONS = 1_000
EXPLAINED = 100
OPENINGS = 7
"""Fresh processes that open the newest version; the median counts."""


async def fill(path: Path, *, packed: bool) -> int:
    """Write the history, and return the number of snapshots that were taken."""
    async with await SQLiteStore.open(path, packs=False) as store:
        await write(store, typed([step.op for step in history().steps]), size=100, snapshots=True)
        if packed:
            await store.pack("paper")
        count, at_most = 0, None
        while found := await store.snapshot("paper", at_most=at_most):
            count, at_most = count + 1, found[0] - 1
    return count


async def read(path: Path, what: str) -> dict[str, float]:
    """In a process of its own: milliseconds for ``what``, and the memory that it took, in MiB."""
    async with await SQLiteStore.open(path, packs=False) as store:
        record = await store.document("paper")
        assert record is not None
        chance = Random(7)
        versions = {
            "newest": [record.version],
            "random": [chance.randint(1, record.version) for _ in range(VERSIONS)],
            "replay": [],
        }[what]
        taken = []
        for version in versions:
            started = time.perf_counter()
            await document_at(store, "paper", version)
            taken.append((time.perf_counter() - started) * 1e3)
        if what == "replay":
            started = time.perf_counter()
            ops = [event.op async for page in events(store, "paper") for event in page if event.op]
            fold(ops)
            taken.append((time.perf_counter() - started) * 1e3)
    taken.sort()
    return {
        "first": taken[0],
        "p50": statistics.median(taken),
        "p99": taken[int(len(taken) * 0.99)],
        "longest": taken[-1],
        "memory": peak_memory(),
    }


async def explain(path: Path) -> dict[str, list[float]]:
    """In a process of its own: milliseconds for folding all edits, and for explaining versions."""
    async with await SQLiteStore.open(path, packs=False) as store:
        record = await store.document("paper")
        assert record is not None
        explainer, chance = Explainer(store), Random(7)
        ops = [event.op async for page in events(store, "paper") for event in page if event.op]
        pairs = [sorted(chance.randint(1, record.version) for _ in range(2)) for _ in range(EXPLAINED)]
        work: dict[str, list[Callable[[], Awaitable[object]]]] = {
            "fold": [partial(asyncio.to_thread, fold, ops)] * OPENINGS,
            "blame of the newest": [partial(explainer.blame, "paper", record.version)] * OPENINGS,
            "blame of any": [partial(explainer.blame, "paper", newer) for _, newer in pairs],
            "diff of any two": [partial(explainer.compare, "paper", *pair) for pair in pairs],
            "timeline": [partial(explainer.timeline, record, buckets=100)] * OPENINGS,
            "sessions": [partial(explainer.sessions, record)] * OPENINGS,
        }
        return {name: [await timed(each) for each in rounds] for name, rounds in work.items()}


async def timed(work: Callable[[], Awaitable[object]]) -> float:
    started = time.perf_counter()
    await work()
    return (time.perf_counter() - started) * 1e3


def peak_memory() -> float:
    """The most memory, in MiB, that this process ever had: not `getrusage`, which counts its parent's too."""
    status = Path("/proc/self/status").read_text()
    return int(re.search(r"VmHWM:\s+(\d+) kB", status)[1]) / 1024  # type: ignore[index]


def in_a_fresh_process(path: Path, what: str) -> dict[str, Any]:
    command = [sys.executable, "-m", "benchmarks.history", str(path), what]
    found: dict[str, Any] = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
    return found


def run() -> None:
    rows = []
    with TemporaryDirectory() as folder:
        for packed in (True, False):
            path = Path(folder) / f"{packed}.db"
            snapshots = asyncio.run(fill(path, packed=packed))
            opened = [in_a_fresh_process(path, "newest") for _ in range(OPENINGS)]
            newest = statistics.median(each["p50"] for each in opened)
            versions = in_a_fresh_process(path, "random")
            replay = in_a_fresh_process(path, "replay")
            rows.append(
                [
                    "packed" if packed else "rows",
                    str(snapshots),
                    *(f"{ms:.1f}" for ms in (newest, versions["p50"], versions["p99"], versions["longest"])),
                    f"{replay['p50']:,.0f}",
                    f"1/{replay['p50'] / versions['p99']:.0f}",
                    f"{opened[0]['memory']:.0f}",
                ]
            )
        explained = in_a_fresh_process(Path(folder) / "True.db", "explain")
    columns = ["history", "snapshots", "newest", "p50", "p99", "longest", "replay", "p99/replay", "MiB"]
    show(f"{VERSIONS:,} random versions of a long history, cold, ms", columns, rows)
    fold_ms = statistics.median(explained.pop("fold"))
    rows = []
    for name, taken in explained.items():
        middle = statistics.median(taken)
        longest = f"{max(taken):.0f}"
        rows.append([name, f"{middle:.0f}", longest, f"{middle / fold_ms:.1f}"])
    show(f"explained, ms (a fold of all edits: {fold_ms:.0f})", ["", "p50", "longest", "of a fold"], rows)


if __name__ == "__main__":
    path, what = Path(sys.argv[1]), sys.argv[2]
    found = asyncio.run(explain(path) if what == "explain" else read(path, what))
    sys.stdout.write(json.dumps(found))
