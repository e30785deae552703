"""``collab webhooks``: who is told of events over HTTP, and how that goes."""

from __future__ import annotations

import time
from typing import Annotated

import msgspec
import typer

from collab.cli.common import DEFAULT_DATABASE, Database, Json, console, counted, print_json, with_store
from collab.store.base import EventStore
from collab.store.webhooks import MOST_LINES, Line, Waiting, Webhook
from collab.times import when
from collab.webhooks.dispatcher import state_of
from collab.webhooks.subscribing import subscribe

webhooks = typer.Typer(
    name="webhooks",
    invoke_without_command=True,
    add_completion=False,
)

Number = Annotated[int, typer.Argument(help="The webhook's number.")]


class Parked(msgspec.Struct, frozen=True):
    """An event that was refused too often, and at which its document waits."""

    document: str
    seq: int
    type: str
    attempts: int
    error: str
    at: int


class Listed(msgspec.Struct, frozen=True):
    """A webhook as it is listed; never with its secret."""

    number: int
    url: str
    state: str
    position: int
    lag: int
    attempts: int
    error: str
    error_at: int
    documents: tuple[str, ...]
    types: tuple[str, ...]
    refusals: int
    waiting: int
    parked_count: int
    parked: list[Parked]


@webhooks.callback()
def list_webhooks(context: typer.Context, db: Database = DEFAULT_DATABASE, json: Json = False) -> None:
    """List webhooks, or add, remove, pause, resume, retry or skip. A running server takes notice within a second."""
    if context.invoked_subcommand is not None:
        context.obj = db
        return
    for listed in with_store(db, _listed):
        if json:
            print_json(listed)
        else:
            _print(listed)


async def _listed(store: EventStore) -> list[Listed]:
    newest = await store.position()
    return [await _listing(store, hook, newest) for hook in await store.webhooks()]


async def _listing(store: EventStore, hook: Webhook, newest: int) -> Listed:
    waiting: Waiting = await store.waiting(hook.number)
    state = state_of(
        paused=hook.paused,
        full=waiting.wait + waiting.parked >= MOST_LINES,
        parked=waiting.parked,
        attempts=hook.attempts,
    )
    return Listed(
        number=hook.number,
        url=hook.url,
        state=state,
        position=hook.position,
        lag=newest - hook.position,
        attempts=hook.attempts,
        error=hook.error,
        error_at=hook.error_at,
        documents=hook.documents,
        types=hook.types,
        refusals=hook.refusals,
        waiting=waiting.wait,
        parked_count=waiting.parked,
        parked=[await _parked(store, line) for line in waiting.first_parked],
    )


async def _parked(store: EventStore, line: Line) -> Parked:
    rows = await store.rows(line.document, after=line.seq - 1, limit=1)
    type_ = rows[0].type if rows else ""
    return Parked(line.document, line.seq, type_, line.attempts, line.error, line.at)


def _print(listed: Listed) -> None:
    out = console(soft_wrap=True, highlight=False)
    out.print(f"[bold]{listed.number:>3}[/]  {listed.state:<10}  ", end="")
    out.print(listed.url, markup=False, style="cyan")
    out.print(f"     position {listed.position:,}, {counted(listed.lag, 'event')} behind", markup=False)
    for what, names in (("documents", listed.documents), ("types", listed.types)):
        if names:
            out.print(f"     only {what} {', '.join(names)}", markup=False)
    if listed.error:
        tries = f" (try {listed.attempts})" if listed.attempts else ""
        out.print(f"     {when(listed.error_at)}  {listed.error}{tries}", markup=False, style="red")
    if listed.waiting:
        out.print(f"     {counted(listed.waiting, 'document')} wait for another try", markup=False)
    for parked in listed.parked:
        said = f"     parked: {parked.document} event {parked.seq} {parked.type}, {parked.error}"
        out.print(f"{said}, {when(parked.at)}", markup=False, style="yellow")
    if listed.parked_count > len(listed.parked):
        out.print(
            f"     and {counted(listed.parked_count - len(listed.parked), 'document')} more", markup=False
        )


@webhooks.command()
def add(
    context: typer.Context,
    url: Annotated[str, typer.Argument(help="Where events are posted to.")],
    document: Annotated[
        list[str] | None, typer.Option(help="Only events of this document. Repeatable.")
    ] = None,
    type_: Annotated[
        list[str] | None, typer.Option("--type", help="Only events of this type. Repeatable.")
    ] = None,
    from_beginning: Annotated[
        bool, typer.Option("--from-beginning", help="All there ever was; else what comes from now on.")
    ] = False,
    after: Annotated[
        int | None, typer.Option(metavar="POSITION", help="What follows this position of the log.")
    ] = None,
    secret: Annotated[
        str | None, typer.Option(metavar="whsec_…", help="The secret for signatures; else a new one.")
    ] = None,
    refusals: Annotated[int, typer.Option(help="After how many refusals an event is parked.")] = 16,
) -> None:
    """Add a webhook. Its secret is printed this once."""
    if from_beginning and after is not None:
        raise typer.BadParameter("one of --from-beginning and --after")
    hook = with_store(
        context.obj,
        lambda store: subscribe(
            store,
            url,
            now=time.time_ns() // 1000,
            documents=document or [],
            types=type_ or [],
            after=0 if from_beginning else after,
            secret=secret,
            refusals=refusals,
        ),
    )
    typer.echo(f"webhook {hook.number}, from position {hook.position:,} on")
    typer.echo(f"secret {hook.secret}")


@webhooks.command()
def remove(context: typer.Context, number: Number) -> None:
    """Forget a webhook, with what was parked."""
    with_store(context.obj, lambda store: store.remove_webhook(number))
    typer.echo(f"removed webhook {number}")


@webhooks.command()
def pause(context: typer.Context, number: Number) -> None:
    """Stop delivering; nothing is lost."""
    with_store(context.obj, lambda store: store.pause_webhook(number, paused=True))
    typer.echo(f"paused webhook {number}")


@webhooks.command()
def resume(context: typer.Context, number: Number) -> None:
    """Go on where it was paused."""
    with_store(context.obj, lambda store: store.pause_webhook(number, paused=False))
    typer.echo(f"resumed webhook {number}")


@webhooks.command()
def retry(
    context: typer.Context,
    number: Number,
    document: Annotated[str | None, typer.Argument(help="Only this document.")] = None,
) -> None:
    """Try again at once: what is parked, what waits, and the webhook itself if nobody answered."""
    count = with_store(context.obj, lambda store: store.retry_webhook(number, document))
    typer.echo(f"webhook {number}: {counted(count, 'document')} to be tried again")


@webhooks.command()
def skip(
    context: typer.Context, number: Number, document: Annotated[str, typer.Argument(help="Its document.")]
) -> None:
    """Go on behind a parked event, which is then never delivered."""
    seq = with_store(context.obj, lambda store: store.skip_event(number, document))
    typer.echo(f"webhook {number}: event {seq} of {document} is skipped")
