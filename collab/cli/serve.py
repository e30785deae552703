"""``collab serve``: the server."""

from __future__ import annotations

import gc
import ipaddress
import socket
import sys
from pathlib import Path
from typing import Annotated

import typer
import uvloop

from collab.cli.common import DEFAULT_DATABASE, Database
from collab.cli.projections import Own
from collab.errors import CollabError
from collab.hub import Hub
from collab.limits import Limits
from collab.projections.registry import load
from collab.store.sqlite import SQLiteStore
from collab.web.app import create_app
from collab.web.server import Server, configure
from collab.webhooks.dispatcher import Dispatcher, Settings


class RefusesToBind(CollabError):
    code = "refuses_to_bind"


def serve(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen on; 0 picks a free one.")] = 8000,
    db: Database = DEFAULT_DATABASE,
    allow_anonymous: Annotated[
        bool,
        typer.Option(
            "--allow-anonymous",
            help="Listen on other addresses than loopback although there are no accounts: "
            "whoever reaches the port may read and edit everything.",
        ),
    ] = False,
    server_name: Annotated[
        list[str] | None, typer.Option(help="A host name under which this server is reached. Repeatable.")
    ] = None,
    allow_origin: Annotated[
        list[str] | None, typer.Option(help="An origin of other pages that may connect. Repeatable.")
    ] = None,
    edits_per_second: Annotated[
        float, typer.Option(help="Edits per second that one client may make in the long run.")
    ] = Limits().edits_per_second,
    edit_burst: Annotated[
        int, typer.Option(help="Edits that one client may make at once.")
    ] = Limits().edit_burst,
    webhooks_to_private_addresses: Annotated[
        bool,
        typer.Option(
            "--webhooks-to-private-addresses",
            help="Deliver webhooks to this machine and its own network, too.",
        ),
    ] = False,
    plain_asgi: Annotated[
        bool, typer.Option("--plain-asgi", help="Write to sockets through ASGI only, as on other servers.")
    ] = False,
    own: Own = None,
    models: Annotated[
        bool,
        typer.Option(
            "--models/--no-models",
            help="Keep the read models up to date, or leave that to another server on this file.",
        ),
    ] = True,
    verbose: Annotated[bool, typer.Option("--verbose", help="Log every connection.")] = False,
) -> None:
    """Serve the pages, the API and the live documents."""
    if not is_loopback(host) and not allow_anonymous:
        raise RefusesToBind(
            f"{host} can be reached from other machines, and there are no accounts: anybody could edit everything. "
            "If that is what you want, say --allow-anonymous."
        )
    names = [*(server_name or []), *([] if is_loopback(host) or server_name else ["*"])]
    projections = load(own or [])
    limits = Limits(edits_per_second=edits_per_second, edit_burst=edit_burst)
    listener = bind(host, port)

    async def run() -> None:
        async with await SQLiteStore.open(db) as store:
            hub = Hub(store, limits=limits)
            dispatcher = Dispatcher(hub, Settings(allow_private=webhooks_to_private_addresses))
            app = create_app(
                hub,
                hosts=names,
                origins=allow_origin or [],
                projections=projections,
                follow=models,
                dispatcher=dispatcher,
            )
            config = configure(
                app, host=host, port=port, plain_asgi=plain_asgi, log_level="info" if verbose else "warning"
            )
            config.load()  # else the first client would wait for it
            listen(listener)
            announce(listener, db)
            await Server(config, hub).serve([listener])

    prepare_process()
    uvloop.run(run())


def prepare_process() -> None:
    """Settings of the interpreter that suit a server.

    What is loaded by now stays: it needn't be looked through for garbage again. Messages leave none in cycles, so
    the collector may come more seldom; a closed connection leaves some. And a thread that waits for its turn,
    behind one that packs a history, gets it after half a millisecond and not after five.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)
    sys.setswitchinterval(0.0005)


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach ``host``.

    >>> is_loopback("127.0.0.1"), is_loopback("localhost"), is_loopback("0.0.0.0")
    (True, True, False)
    """
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def bind(host: str, port: int) -> socket.socket:
    """A socket on ``host`` and ``port``, which doesn't listen yet.

    Raises:
        RefusesToBind: the address is taken, or isn't this machine's.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        raise RefusesToBind(f"cannot listen on {host}:{port}: {error.strerror}") from error
    return listener


def listen(listener: socket.socket) -> None:
    """Let clients in. Until then they are turned away, and don't wait for a server that may fail to start.

    Raises:
        RefusesToBind: another server was faster.
    """
    try:
        listener.listen(1024)
    except OSError as error:
        host, port = listener.getsockname()[:2]
        raise RefusesToBind(f"cannot listen on {host}:{port}: {error.strerror}") from error


def announce(listener: socket.socket, db: Path) -> None:
    """Say what to open. Tests and scripts read the address from this line."""
    host, port = listener.getsockname()[:2]
    name = f"[{host}]" if ":" in host else host
    file, url = typer.style(db, bold=True), typer.style(f"http://{name}:{port}", bold=True)
    typer.echo(f"collab serves {file} on {url}")
    typer.echo("Open it in two browser windows and type in both. Ctrl+C stops the server.")


__all__ = ["announce", "bind", "is_loopback", "listen", "serve"]
