"""``collab reproduce``: what a client saw and sent, played again."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from collab import reproducing
from collab.cli.common import Json, console, counted, print_json
from collab.errors import BadReproduction
from collab.reproducing import Outcome
from collab.reproduction import MOST_BYTES, Reproduction, decode


def reproduce(
    file: Annotated[Path, typer.Argument(help="What `doc.reproduction()` of the JavaScript SDK gave.")],
    json: Json = False,
) -> None:
    """Play again what one client saw and sent, and compare the text with the one that it ended with.

    Exit code 0 if both are the same, 1 if they differ, 2 if the file is none that can be played again.
    """
    try:
        seen = decode(_read(file))
    except BadReproduction as error:
        console(stderr=True, soft_wrap=True, highlight=False).print(
            f"collab: {file}: {error} ({error.code})", style="red", markup=False
        )
        raise typer.Exit(2) from error
    outcome = reproducing.reproduce(seen)
    if json:
        _print_json(seen, outcome)
    else:
        _print(seen, outcome)
    if not outcome.equal:
        raise typer.Exit(1)


def _read(file: Path) -> bytes:
    try:
        with file.open("rb") as opened:
            return opened.read(MOST_BYTES + 1)
    except OSError as error:
        raise BadReproduction(error.strerror or str(error)) from error


def _print_json(seen: Reproduction, outcome: Outcome) -> None:
    print_json(
        {
            "document": seen.document,
            "client": seen.client,
            "author": seen.author,
            "played": outcome.counts,
            "version": outcome.version,
            "checked": outcome.checked,
            "confirmed": outcome.confirmed,
            "shown": outcome.shown,
            "findings": outcome.findings,
            "equal": outcome.equal,
        }
    )


def _print(seen: Reproduction, outcome: Outcome) -> None:
    out = console(soft_wrap=True, highlight=False)
    counts = outcome.counts
    out.print(f"{seen.document}, client {seen.client} ({seen.author or 'not welcomed yet'})", markup=False)
    played = (
        counted(counts.frames, "frame"),
        counted(counts.connections, "connection"),
        f"loaded {counted(counts.snapshots, 'time')}",
        f"{counted(counts.edits, 'edit')} sent",
        f"{counted(counts.events, 'event')} taken in, {counts.own:,} own",
        counted(counts.refusals, "refusal"),
    )
    out.print(", ".join(played))
    if outcome.checked:
        out.print(f"the server's checksum is right at version {outcome.checked}")
    for finding in outcome.findings:
        where = f"frame {finding.frame}, version {finding.version}: "
        out.print(where + finding.what, style="red", markup=False)
    for what, holds in (("confirmed", outcome.confirmed), ("shown", outcome.shown)):
        mark = "[dim]–[/] not looked at:" if holds is None else "[green]✓[/]" if holds else "[red]✗ NOT:[/]"
        out.print(f"{mark} the {what} text of version {seen.at} is the file's")
