"""``collab replay``: a recorded editing history through a real server."""

from __future__ import annotations

import asyncio
import secrets
from contextlib import AsyncExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

import msgspec
import typer

from collab.cli.common import console, print_json, progress
from collab.local_server import LocalServer
from collab.replay import Report, compare_log
from collab.replay import replay as replay_trace
from collab.store.sqlite import SQLiteStore
from collab.traces import Trace, load

UNLIMITED = ("--edits-per-second", "1000000", "--edit-burst", "1000000")
"""The server of our own takes edits as fast as it can: that is what is looked at."""


def replay(
    file: Annotated[Path, typer.Argument(help="A trace in the editing-traces format, gzipped or not.")],
    url: Annotated[
        str | None, typer.Option(help="A running server; else one is started for the occasion.")
    ] = None,
    db: Annotated[
        Path | None, typer.Option(help="The SQLite file to use; with --url, the one that server writes to.")
    ] = None,
    clients: Annotated[int, typer.Option(min=1, help="Clients in all; those that don't type read.")] = 2,
    json: Annotated[bool, typer.Option("--json", help="The figures as one JSON object.")] = False,
) -> None:
    """Type a real editing history through real WebSockets, and check that everybody ends with its text.

    Exit code 0 only if all clients, the server and a fold of the log agree with the trace.
    """
    trace = load(file)
    report = asyncio.run(_replay(trace, url, db, max(clients, trace.agents), quiet=json))
    if json:
        print_json({**msgspec.to_builtins(report), "ok": report.ok})
    else:
        _print(report)
    if not report.ok:
        raise typer.Exit(1)


async def _replay(trace: Trace, url: str | None, db: Path | None, clients: int, *, quiet: bool) -> Report:
    document = f"replay-{trace.name}-{secrets.token_hex(3)}"
    async with AsyncExitStack() as stack:
        server = None
        if url is None:
            folder = stack.enter_context(TemporaryDirectory(prefix="collab-replay-"))
            db = db or Path(folder) / "replay.db"
            server = await stack.enter_async_context(LocalServer(db, *UNLIMITED))
            url = server.url
        bar = stack.enter_context(progress(shown=not quiet))
        task = bar.add_task(trace.name, total=len(trace.steps))
        report, connected = await replay_trace(
            trace, url.rstrip("/"), document, clients=clients, progress=lambda n: bar.advance(task, n)
        )
        await connected.aclose()
        if server is not None:
            await server.stop()
        if db is not None:
            async with await SQLiteStore.open(db) as store:
                await compare_log(report, store, trace)
        return report


def _print(report: Report) -> None:
    out = console(highlight=False)
    out.print(
        f"{report.trace}: {report.edits} edits by {report.clients} clients in {report.seconds:.1f} s, "
        f"{report.edits_per_second:.0f} edits/s"
    )
    if report.latency_p50 is not None and report.latency_p99 is not None:
        out.print(f"edit → other client: p50 {report.latency_p50:.1f} ms, p99 {report.latency_p99:.1f} ms")
    for what, holds in (
        ("all clients have the same text", report.clients_agree),
        ("the server has it too", report.server_agrees),
        ("a fold of the log gives it, each edit once", report.log_agrees),
        ("it is the trace's text", report.matches_trace),
        ("no client ever predicted wrongly", report.diverged == 0),
    ):
        mark = "[dim]–[/] not looked at:" if holds is None else "[green]✓[/]" if holds else "[red]✗ NOT:[/]"
        out.print(f"{mark} {what}")
