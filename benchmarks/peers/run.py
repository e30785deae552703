"""Running cases: all servers in turn, round after round, so that all see the same weather."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.console import Console

from benchmarks.peers import install, load, results
from benchmarks.peers.machine import LOAD_CORE, SERVER_CORE, fsync_ms
from benchmarks.peers.peers import Peer
from benchmarks.peers.results import Result
from benchmarks.peers.scenarios import Case
from benchmarks.peers.server import ServerFailed
from benchmarks.peers.traces import NoHistory

console = Console(highlight=False, soft_wrap=True)


def run(cases: Sequence[Case], peers: Sequence[Peer], *, rounds: int, path: Path) -> None:
    """Measure what ``path`` doesn't hold yet. A server that fails is noted, and the rest goes on."""
    if SERVER_CORE == LOAD_CORE:
        console.print("There is only one core here: server and load generator are in each other's way.")
    load.build()
    if any(peer.protocol != "collab" for peer in peers) or any(case.stored for case in cases):
        install.install()  # clients that hold a text run on Node too
    done = results.done(results.read(path))
    for case in cases:
        for number in range(1, min(rounds, case.rounds) + 1):
            for peer in peers:
                if peer.takes(case.name, stored=case.stored) and (case.name, peer.name, number) not in done:
                    result = measure(case, peer, number)
                    results.append(path, result)
                    console.print(line(result))


def measure(case: Case, peer: Peer, number: int) -> Result:
    started, disk = time.monotonic(), fsync_ms()
    try:
        figures = case.run(peer)
    except (load.LoadFailed, ServerFailed, NoHistory, subprocess.CalledProcessError) as error:
        return Result(
            case.name, peer.name, number, {}, "\n".join([str(error), *getattr(error, "__notes__", ())])
        )
    return Result(
        case.name, peer.name, number, {**figures, "fsync_ms": disk, "took": time.monotonic() - started}
    )


def line(result: Result) -> str:
    """The figures that matter most, for who is watching."""
    start = f"{result.case:9} {result.peer:12} round {result.round}  "
    if result.error is not None:
        return f"{start}failed: {result.error}"
    single = [
        f"{name} {value:,.6g}"
        for name, value in result.figures.items()
        if isinstance(value, (int, float))
        and name not in ("clients", "opening_seconds", "unanswered", "took", "fsync_ms")
    ]
    return "; ".join([start + ", ".join(single), *map(phase_line, result.figures.get("phases", []))])


def phase_line(phase: dict[str, Any]) -> str:
    delivery, last = phase["delivery"], phase["last"]
    return (
        f"{phase['edits_per_second']:,.0f} edits/s, {phase['deliveries_per_second']:,.0f} deliveries/s, "
        f"delivery p50/p99 {delivery['p50']}/{delivery['p99']} ms, last p50/p99 {last['p50']}/{last['p99']} ms, "
        f"CPU {phase['server_cpu']:.1f} % ({phase['server_ms_per_edit'] * 1000:.1f} µs/edit), "
        f"load generator {phase['load_cpu']:.1f} %, noise {phase['noise']:.1f}+{phase['stolen']:.1f}, "
        f"RSS {phase['rss_before'] / 1024:.1f} -> {phase['rss_after'] / 1024:.1f} MiB"
    )
