"""S5 and S7: a long history is loaded, what it takes on disk, and how long joining takes after a restart."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.peers import load, traces
from benchmarks.peers.joining import Joiner
from benchmarks.peers.machine import cpu_seconds, rss
from benchmarks.peers.peers import Peer
from benchmarks.peers.server import Server

QUIET_SECONDS = 3.0
LOOK_SECONDS = 0.5
HARDLY_ANYTHING = 0.08
"""Share of a core. Whoever uses more is packing, or storing."""

SETTLE_SECONDS = 90.0
"""How long stores that lag behind may take. Hocuspocus stores 2 to 10 s after an edit, pycrdt 400 updates a second."""

WARM_JOINS = 9
FIRST_EDITS = 10_000


def join_history(peer: Peer) -> dict[str, Any]:
    """S5: load the whole history, join while it is open, and once more after a restart."""
    trace = traces.history()
    text: str = trace["endContent"]
    edits = sum(len(transaction["patches"]) for transaction in trace["txns"])
    with Server(peer) as server, Joiner(server) as clients:
        empty = _stored_when_empty(server)
        server.start()
        with _loaded(server, batch=peer.batch) as figures:
            figures["settled_seconds"] = settle(server)
            warm = [clients.join(len(text)) for _ in range(WARM_JOINS)]
        figures.update(_on_disk(server, empty, edits))
        server.start()
        figures["rss_started"] = rss(server.pid)
        cold = clients.join(len(text))
        figures.update(
            edits_per_second=figures["phases"][0]["edits_per_second"] * peer.batch,
            rss_joined=rss(server.pid),
            cold_ms=cold.ms,
            cold_bytes=cold.bytes,
            warm_ms=median(joined.ms for joined in warm),
            warm_bytes=median(joined.bytes for joined in warm),
            text_right=all(joined.text == text for joined in [*warm, cold]),
        )
        return figures


def store_history(peer: Peer) -> dict[str, Any]:
    """S7: load the first edits, one message each."""
    with Server(peer) as server:
        empty = _stored_when_empty(server)
        server.start()
        with _loaded(server, batch=1, edits=FIRST_EDITS) as figures:
            figures["settled_seconds"] = settle(server)
        figures.update(_on_disk(server, empty, FIRST_EDITS))
        return figures


@contextmanager
def _loaded(server: Server, *, batch: int, edits: int = 0) -> Iterator[dict[str, Any]]:
    """The history loaded through one client, which stays until the end: some servers drop what they have not stored yet
    when the last client leaves (that is S6b's question, not this one's)."""
    process = load.start(
        *(server.peer.protocol, server.port, server.pid),
        mode="trace",
        trace=traces.trace_file(server.peer, batch=batch),
        in_flight=server.peer.window,
        edits=edits,
        linger=True,
    )
    try:
        yield load.first_result(process)
    finally:
        load.finish(process)


def _stored_after_stop(server: Server) -> int:
    """Bytes of all files that are left when the server has stopped. While it runs, some lie there only for the work."""
    server.stop()
    return sum(size for size, _ in _files(server.storage))


def _stored_when_empty(server: Server) -> int:
    """The same of a server that was not used. One that is stopped while it still starts may leave all as it lies."""
    settle(server)
    return _stored_after_stop(server)


def _on_disk(server: Server, empty: int, edits: int) -> dict[str, float]:
    """Bytes an edit by which the files grew from ``empty``, and the same without the pages that SQLite keeps free."""
    grown = _stored_after_stop(server) - empty
    free = sum(_free(path) for path in server.storage.rglob("*") if path.is_file())
    return {"bytes_per_edit": grown / edits, "bytes_in_use_per_edit": (grown - free) / edits}


def _free(path: Path) -> int:
    if path.open("rb").read(16) != b"SQLite format 3\0":
        return 0
    with closing(sqlite3.connect(path)) as database:
        pages, size = (
            database.execute(f"PRAGMA {name}").fetchone()[0] for name in ("freelist_count", "page_size")
        )
    return int(pages * size)


def settle(server: Server) -> float:
    """Wait until the server has written nothing for a while, and done hardly anything; the seconds until then."""
    started = busy = time.monotonic()
    files, used = _files(server.storage), cpu_seconds(server.pid)
    while (now := time.monotonic()) - busy < QUIET_SECONDS and now - started < SETTLE_SECONDS:
        time.sleep(LOOK_SECONDS)
        before, files = files, _files(server.storage)
        used_before, used = used, cpu_seconds(server.pid)
        if files != before or used - used_before > HARDLY_ANYTHING * LOOK_SECONDS:
            busy = time.monotonic()
    return busy - started


def _files(storage: Path) -> list[tuple[int, float]]:
    """Size and time of the last write of each file; journals come and go meanwhile."""
    found = []
    for path in sorted(storage.rglob("*")):
        with suppress(FileNotFoundError):
            if path.is_file():
                status = path.stat()
                found.append((status.st_size, status.st_mtime))
    return found
