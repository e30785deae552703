"""``collab projections``: read models listed, built anew, checked, and helped past an event."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable
from typing import Annotated, TypeVar

import typer

from collab.cli.common import (
    DEFAULT_DATABASE,
    Database,
    Json,
    console,
    counted,
    print_json,
    progress,
    with_store,
)
from collab.errors import CollabError
from collab.hub import SystemClock
from collab.projections.building import rebuild as build
from collab.projections.builtin import BUILT_IN
from collab.projections.checking import Verdict, verdict
from collab.projections.faults import ModelBuilding, NotParked, UnknownProjection
from collab.projections.model import Model, Parked
from collab.projections.models import beside, named
from collab.projections.projection import Projection
from collab.projections.registry import load
from collab.projections.shelf import Shelf
from collab.projections.source import Source
from collab.projections.status import Status, status_of
from collab.store.sqlite import SQLiteStore
from collab.times import when

Own = Annotated[
    list[str] | None,
    typer.Option(
        "--projection",
        metavar="MODULE:CLASS",
        envvar="COLLAB_PROJECTIONS",
        help="A projection of your own, beside those of installed packages. Repeatable.",
    ),
]

Name = Annotated[str, typer.Argument(help="The projection's name.")]

Result = TypeVar("Result")

projections = typer.Typer(
    name="projections",
    help="Read models: tables folded from the log. They can be built anew while people type, and be checked.",
    invoke_without_command=True,
)


class Inexact(CollabError):
    code = "model_inexact"


@projections.callback()
def list_(
    context: typer.Context, db: Database = DEFAULT_DATABASE, own: Own = None, json: Json = False
) -> None:
    """List the projections, how far their models are, and before which events they are parked."""
    if context.invoked_subcommand is not None:
        return
    known = named([*BUILT_IN, *load(own or [])])

    async def run(store: SQLiteStore) -> list[Status]:
        newest = await store.position()
        return [
            status_of(projection, Shelf(beside(store.path), projection), newest)
            for _, projection in sorted(known.items())
        ]

    for status in with_store(db, run):
        if json:
            print_json(status)
        else:
            _print(status)


@projections.command()
def rebuild(name: Name, db: Database = DEFAULT_DATABASE, own: Own = None) -> None:
    """Build a model anew, beside the one that is asked meanwhile, and put it in its place.

    What was interrupted goes on where it was."""

    async def run(store: SQLiteStore, shelf: Shelf, projection: Projection) -> int:
        with progress(shown=sys.stderr.isatty()) as bar:
            task = bar.add_task(f"building {projection.name}", total=await store.position())
            return await build(
                *(shelf, projection, Source(store)),
                now=SystemClock().now,
                told=lambda position: bar.update(task, completed=position),
            )

    position = _with_shelf(db, name, own, run)
    typer.echo(f"{name} is built, up to position {position}")


@projections.command()
def check(name: Name, db: Database = DEFAULT_DATABASE, own: Own = None, json: Json = False) -> None:
    """Build a model from nothing, and compare it with the one that is asked: they have to be the same to the byte."""

    async def run(store: SQLiteStore, shelf: Shelf, projection: Projection) -> Verdict:
        current = shelf.current()
        if current is None:
            raise ModelBuilding(projection.name, 0, await store.position())
        with progress(shown=sys.stderr.isatty()) as bar:
            task = bar.add_task(f"building {projection.name} again")
            return await verdict(
                *(current, projection, store),
                now=SystemClock().now,
                told=lambda position, until: bar.update(task, completed=position, total=until),
            )

    found = _with_shelf(db, name, own, run)
    if json:
        print_json(found)
    if found.differs:
        raise Inexact(f"{name} isn't what the log says, in: {', '.join(found.differs)}. Build it anew.")
    if not json:
        typer.echo(f"{name} is exact at position {found.position}: {found.digest}")


@projections.command()
def retry(name: Name, db: Database = DEFAULT_DATABASE, own: Own = None) -> None:
    """Have the event before which a projection is parked tried again, by the server if one runs."""
    parked = _unpark(db, name, own, lambda model: model.retry())
    typer.echo(f"{name} tries event {parked.seq} of {parked.document} again")


@projections.command()
def skip(name: Name, db: Database = DEFAULT_DATABASE, own: Own = None) -> None:
    """Go on without the event before which a projection is parked. The model is without it until it is built anew."""
    parked = _unpark(db, name, own, lambda model: model.skip(SystemClock().now()))
    typer.echo(f"{name} goes on behind event {parked.seq} of {parked.document}")


def _with_shelf(
    db: Database,
    name: str,
    own: list[str] | None,
    work: Callable[[SQLiteStore, Shelf, Projection], Awaitable[Result]],
) -> Result:
    known = named([*BUILT_IN, *load(own or [])])
    if name not in known:
        raise UnknownProjection(name, sorted(known))
    projection = known[name]
    return with_store(db, lambda store: work(store, Shelf(beside(store.path), projection), projection))


def _unpark(db: Database, name: str, own: list[str] | None, what: Callable[[Model], Parked]) -> Parked:
    """Do ``what`` to the model that is parked: the one that is asked, or else its shadow."""

    async def run(store: SQLiteStore, shelf: Shelf, projection: Projection) -> Parked:
        for path in (shelf.current(), shelf.shadow()):
            if path is None:
                continue
            model = await asyncio.to_thread(Model, path, projection)
            try:
                return await asyncio.to_thread(what, model)
            except NotParked:
                continue
            finally:
                model.close()
        raise NotParked(projection.name)

    return _with_shelf(db, name, own, run)


def _print(status: Status) -> None:
    out = console(soft_wrap=True, highlight=False)
    colour = {"live": "green", "building": "yellow", "parked": "red", "missing": "dim"}[status.state]
    out.print(f"{status.name:<20}", style="bold", markup=False, end="")
    out.print(f"{status.state:<10}", style=colour, end="")
    out.print(f"position {status.position:,}, {counted(status.lag, 'event')} behind", end="")
    out.print(f", {counted(status.skipped, 'event')} skipped" if status.skipped else "", end="")
    out.print(", made by other code" if status.stale else "", end="")
    out.print(f", a shadow is at {status.shadow:,}" if status.shadow is not None else "")
    for parked in (status.parked, status.shadow_parked):
        if parked is not None:
            out.print(
                f"    {when(parked.at)}  event {parked.seq} of {parked.document} (position {parked.position},"
                f" {counted(parked.attempts, 'attempt')}): {parked.reason}",
                markup=False,
                style="red",
            )


__all__ = ["projections"]
