"""What the hash chain costs an edit: CPU in the store, and bytes on the disk.

The same appends are measured with and without it, in turns, in one process. Without means that the two functions which
make lines and digests do nothing; they are put in place here, since there is no store without a chain to ask for.
Beside it stands what a whole history takes as a file and back: export, import with a check of all, and verify.
"""

from __future__ import annotations

import asyncio
import statistics
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from unittest.mock import patch

from benchmarks.join import history
from benchmarks.measure import show
from benchmarks.storage import cpu_an_event, typed, write
from collab.moving import adopt, exported
from collab.store.sqlite import SQLiteStore
from collab.verifying import verify

ROUNDS = 7
SHAPES = [("1 × 1", 1, 1, 3_000), ("1 × 16", 1, 16, 16_000), ("1 × 64", 1, 64, 64_000)]


@contextmanager
def unchained() -> Iterator[None]:
    nothing, digest = b"", bytes(32)
    with (
        patch("collab.chain.line", lambda *_: nothing),
        patch("collab.store.transaction.link", lambda *_: digest),
    ):
        yield


def cpu() -> None:
    rows = []
    for name, documents, size, count in SHAPES:
        spent: dict[bool, list[float]] = {True: [], False: []}
        for number in range(2 * ROUNDS):
            chained = number % 2 == 0
            if chained:
                prepared, committed, _ = asyncio.run(cpu_an_event(documents, size, count))
            else:
                with unchained():
                    prepared, committed, _ = asyncio.run(cpu_an_event(documents, size, count))
            spent[chained].append(prepared + committed)
        with_, without = statistics.median(spent[True]), statistics.median(spent[False])
        rows.append([name, f"{without:.2f}", f"{with_:.2f}", f"{with_ - without:.2f}"])
    show("µs of CPU an event, in the store", ["documents × events", "without", "with", "the chain"], rows)


async def carried(folder: Path) -> list[list[str]]:
    """The long history exported, imported into another store, and verified there."""
    rows = []

    def row(name: str, count: int, seconds: float, size: int) -> None:
        rows.append([name, f"{seconds:.2f}", f"{count / seconds:,.0f}", f"{size / count:.1f}"])

    async with (
        await SQLiteStore.open(folder / "one.db") as one,
        await SQLiteStore.open(folder / "other.db") as other,
    ):
        await write(one, typed([step.op for step in history().steps]), size=100, snapshots=False)
        await one.pack("paper")
        started = time.perf_counter()
        lines = [line async for page in exported(one, "paper") for line in page]
        file = b"\n".join(lines)
        count = len(lines) - 2
        row("export", count, time.perf_counter() - started, len(file))

        async def pieces() -> AsyncIterator[bytes]:
            for start in range(0, len(file), 65_536):
                yield file[start : start + 65_536]

        started = time.perf_counter()
        record = await adopt(other, pieces())
        row("import", count, time.perf_counter() - started, (await other.stored("paper")).bytes)
        started = time.perf_counter()
        assert await verify(other, record) == []
        row("verify", count, time.perf_counter() - started, (await other.stored("paper")).bytes)
    return rows


def run() -> None:
    cpu()
    with TemporaryDirectory() as folder:
        rows = asyncio.run(carried(Path(folder)))
    show("a whole history", ["", "s", "events/s", "bytes an event"], rows)


if __name__ == "__main__":
    run()
