"""``python -m benchmarks.peers run S2 --only collab --rounds 1``: measure, and report what was measured."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from benchmarks.peers import report as reporting
from benchmarks.peers import results
from benchmarks.peers import run as running
from benchmarks.peers.peers import PEERS, collab_at
from benchmarks.peers.scenarios import SCENARIOS

app = typer.Typer(add_completion=False, help=__doc__)


@app.command()
def run(
    scenarios: Annotated[list[str] | None, typer.Argument(help="S1, S2, S2/16 …; all if none.")] = None,
    only: Annotated[list[str] | None, typer.Option(help="Only this server. Repeatable.")] = None,
    tree: Annotated[
        list[str] | None,
        typer.Option(help="NAME=FOLDER: also collab as it is in another checkout. Repeatable."),
    ] = None,
    rounds: Annotated[int, typer.Option(help="How often each case is run.")] = 3,
    name: Annotated[
        str, typer.Option(help="Results under this name; what is there isn't run again.")
    ] = "latest",
    fresh: Annotated[bool, typer.Option("--fresh", help="Forget what is there.")] = False,
) -> None:
    """Measure."""
    wanted = scenarios or list(SCENARIOS)
    cases = [
        case
        for of_scenario in SCENARIOS.values()
        for case in of_scenario
        if any(case.name == want or case.name.startswith(f"{want}/") for want in wanted)
    ]
    peers = [PEERS[peer] for peer in only or PEERS]
    peers += [collab_at(called, Path(at)) for called, _, at in (given.partition("=") for given in tree or [])]
    path = results.results_file(name)
    if fresh:
        path.unlink(missing_ok=True)
    running.run(cases, peers, rounds=rounds, path=path)


@app.command()
def report(
    name: Annotated[str, typer.Option(help="The results to show.")] = "latest",
    docs: Annotated[Path, typer.Option(help="Where benchmarks.md and benchmarks.svg go.")] = reporting.DOCS,
) -> None:
    """Write docs/benchmarks.md and its picture from what was measured."""
    reporting.write(results.results_file(name), docs=docs)


@app.callback()
def main() -> None:
    """collab beside its peers."""


app()
