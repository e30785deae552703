"""Real histories through a real server, clients and server on this one machine."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from benchmarks.measure import histories, show

CLIENTS = 3


def run() -> None:
    rows = []
    for path in histories():
        command = [sys.executable, "-m", "collab", "replay", str(path), "--clients", str(CLIENTS), "--json"]
        report = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
        rows.append(
            [
                Path(path.stem).stem,
                f"{report['edits']:,}",
                f"{report['edits_per_second']:,.0f}",
                f"{report['latency_p50']:.1f}",
                f"{report['latency_p99']:.1f}",
            ]
        )
    columns = ["history", "edits", "edits/s", "edit → other client, p50 ms", "p99 ms"]
    show(f"replay with {CLIENTS} clients, typed as fast as it is saved", columns, rows)
