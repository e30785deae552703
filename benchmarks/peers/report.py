"""docs/benchmarks.md and its picture, from what was measured."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from string import Template

from benchmarks.peers import results, tables
from benchmarks.peers.aims import AIMS, Aim, Verdict, judge
from benchmarks.peers.cache import SOURCE
from benchmarks.peers.figures import Figures
from benchmarks.peers.machine import describe
from benchmarks.peers.peers import PEERS
from benchmarks.peers.plot import plot

DOCS = SOURCE.parent.parent / "docs"


def write(path: Path, *, docs: Path = DOCS) -> None:
    """Write both, from the results in ``path``."""
    figures = Figures(results.read(path))
    page = Template((SOURCE / "report.md").read_text()).substitute(
        date=datetime.fromtimestamp(path.stat().st_mtime, UTC).date().isoformat(),
        machine=describe(),
        fsync=disk.show(2) if (disk := figures.everywhere("fsync_ms")) else "–",
        aims=aims_table(figures),
        versions=versions(),
        tables="\n".join(filter(None, (tables.markdown(table, figures) for table in tables.TABLES))),
    )
    (docs / "benchmarks.md").write_text(page)
    (docs / "benchmarks.svg").write_text(plot(figures))


def aims_table(figures: Figures) -> str:
    """A row for each aim that was measured."""
    lines = ["| figure | collab | peer | ratio | aim | |", "|---|--:|---|--:|---|---|"]
    for aim in AIMS:
        verdict = judge(aim, figures)
        if verdict is not None:
            lines.append("| " + " | ".join(_row(verdict)) + " |")
    return "\n".join(lines)


def _row(verdict: Verdict) -> list[str]:
    aim = verdict.aim
    peer = "–"
    if verdict.peer is not None and verdict.theirs is not None:
        peer = f"{_number(verdict.theirs, aim)}, {PEERS[verdict.peer].title}"
    ratio = "–" if verdict.ratio is None else f"{verdict.ratio:.2f}"
    return [
        aim.title,
        _number(verdict.ours, aim),
        peer,
        ratio,
        _wish(aim),
        "met" if verdict.met else "**missed**",
    ]


def _number(value: float, aim: Aim) -> str:
    return f"{value:,.{aim.digits}f} {aim.unit}"


def _wish(aim: Aim) -> str:
    sign = "≥" if aim.more else "≤"
    if aim.bound is not None:
        return f"{sign} {aim.bound:,g} {aim.unit}"
    return f"{sign} {aim.factor:g} ×"


def versions() -> str:
    """The peers' versions, as they are pinned."""
    packages = json.loads((SOURCE / "package.json").read_text())["dependencies"]
    requirements = (SOURCE / "requirements.txt").read_text().split()
    names = [f"{name} {version}" for name, version in packages.items()]
    return ", ".join([*names, *(line.replace("==", " ") for line in requirements)])
