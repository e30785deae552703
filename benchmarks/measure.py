"""Timing, and finding the histories to time on."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

from rich.console import Console
from rich.table import Table

HISTORIES = Path(os.environ.get("COLLAB_TRACES", Path(__file__).parent.parent.parent / "shared" / "data"))
"""Where the editing histories are: set COLLAB_TRACES to another folder of files in their format."""

SHIPPED = Path(__file__).parent.parent / "tests" / "data"


def histories() -> list[Path]:
    """The full histories, or the small ones that come with the tests."""
    full = sorted(path for path in HISTORIES.glob("*.json.gz") if not path.name.startswith("offline"))
    return full or sorted(SHIPPED.glob("*.json.gz"))


def best(work: Callable[[], object], *, repeat: int = 3) -> float:
    """Seconds of the quickest of ``repeat`` runs: what the machine can do when nobody else wants it."""
    times = []
    for _ in range(repeat):
        started = time.perf_counter()
        work()
        times.append(time.perf_counter() - started)
    return min(times)


def show(title: str, columns: list[str], rows: list[list[str]]) -> None:
    table = Table(title=title, title_justify="left")
    for number, column in enumerate(columns):
        table.add_column(column, justify="right" if number else "left")
    for row in rows:
        table.add_row(*row)
    Console().print(table)
