"""A client returns from long offline work: its edits meet all that others did, in Python and in the browser's code.

Measured is what the replica does with events that have arrived: carrying both sides over each other, and both
texts. Aims: realistic 10,000 × 10,000 edits within 100 ms and 40,000 × 40,000 within 1 s, JavaScript within twice
that.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from tempfile import NamedTemporaryFile

import msgspec

from benchmarks.measure import show
from benchmarks.merges import Case, cases, sha256
from collab.messages import EventRow
from collab.replica import Replica

REPEAT = 3

MOST_PAIRS = 1_000_000
"""Pairs of edits up to which the event-by-event method is measured too."""


class Browser(msgspec.Struct, frozen=True):
    """What ``merge.mjs`` says of one case."""

    milliseconds: list[float]
    sha256: str
    pending: int


def run() -> None:
    chosen = list(cases())
    in_node = node(chosen) if shutil.which("node") else [None] * len(chosen)
    rows = [row(case, browser) for case, browser in zip(chosen, in_node, strict=True)]
    columns = ["case", "mine × theirs", "pending", "Python, ms", "Node, ms", "ratio", "event by event, ms"]
    show(f"offline merges, best of {REPEAT}", columns, rows)


def row(case: Case, browser: Browser | None) -> list[str]:
    seconds, text, pending = measured(case, lambda replica, events: replica.integrate_all(events))
    if case.end is not None:
        assert sha256(text) == case.end, case.name
    result = [
        case.name,
        f"{len(case.mine):,} × {len(case.theirs):,}",
        f"{pending:,}",
        f"{seconds * 1e3:,.1f}",
    ]
    if browser is None:
        result += ["–", "–"]
    else:
        assert (browser.sha256, browser.pending) == (sha256(text), pending), case.name
        best = min(browser.milliseconds)
        result += [f"{best:,.1f}", f"{best / seconds / 1e3:.2f}"]
    if pending * len(case.theirs) > MOST_PAIRS:
        return [*result, "–"]
    return [*result, f"{measured(case, one_by_one)[0] * 1e3:,.1f}"]


def one_by_one(replica: Replica, events: Sequence[EventRow]) -> None:
    for event in events:
        replica.integrate(event)


def measured(case: Case, integrate: Callable[[Replica, list[EventRow]], object]) -> tuple[float, str, int]:
    """Seconds of the quickest of `REPEAT` runs, the merged text, and how many edits were pending."""
    events = [
        EventRow(seq, "edited", "client-a", seq, "ann", 0, op) for seq, op in enumerate(case.theirs, start=1)
    ]
    times = []
    text: object = ""
    for _ in range(REPEAT):
        replica = Replica("client-m")
        replica.load(0, case.base)
        for op in case.mine:
            replica.edit(op)
        started = time.perf_counter()
        integrate(replica, events)
        text = replica.shown.value()
        times.append(time.perf_counter() - started)
    assert isinstance(text, str)
    return min(times), text, len(replica.pending)


def node(chosen: list[Case]) -> list[Browser]:
    with NamedTemporaryFile("w", suffix=".jsonl") as file:
        for case in chosen:
            file.write(json.dumps({"base": case.base, "mine": case.mine, "theirs": case.theirs}) + "\n")
        file.flush()
        command = ["node", str(Path(__file__).with_suffix(".mjs")), file.name, str(REPEAT)]
        output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return [msgspec.json.decode(line, type=Browser) for line in output.splitlines()]
