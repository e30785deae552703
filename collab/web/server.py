"""Running the application on uvicorn, and stopping it without losing what is under way."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from starlette.applications import Starlette

from collab.hub import Hub
from collab.web.fanout import FanoutProtocol

GRACE_SECONDS = 10
"""How long open requests have to end after a stop was asked for."""

QUIET_SECONDS = 2.5
"""After so much silence a client is asked whether it is there, and after as much more it is taken for gone. Silence is
looked for at these intervals, so that is within 8 seconds of its last word, and others see it leave within 10. A client
that has nothing to say answers every 5 seconds."""

PLAIN_QUIET_SECONDS = 20.0
"""The same through plain ASGI, where nobody sees whether an answer is late because a large document is under way."""


class Server(uvicorn.Server):
    """uvicorn that lets the hub commit and send what it has before it closes the sockets.

    Clients are closed with 1012, which tells them to come back by themselves.
    """

    def __init__(self, config: uvicorn.Config, hub: Hub) -> None:
        super().__init__(config)
        self._hub = hub

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        await self._hub.close()
        await super().shutdown(sockets)

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """As uvicorn does, but without raising a signal again that was obeyed.

        That would end the process on the spot, before the store is closed.
        """
        with super().capture_signals():
            yield
            self._captured_signals.clear()


def configure(
    app: Starlette, *, host: str, port: int, plain_asgi: bool = False, log_level: str = "warning"
) -> uvicorn.Config:
    """uvicorn's settings for ``app``; with ``plain_asgi``, sockets are written to through ASGI only."""
    hub: Hub = app.state.hub
    return uvicorn.Config(
        app,
        host=host,
        port=port,
        loop="uvloop",
        http="httptools",
        ws="websockets-sansio" if plain_asgi else FanoutProtocol,
        ws_ping_interval=PLAIN_QUIET_SECONDS if plain_asgi else QUIET_SECONDS,
        ws_ping_timeout=PLAIN_QUIET_SECONDS,
        ws_max_size=2 * hub.limits.message,
        ws_per_message_deflate=False,
        timeout_graceful_shutdown=GRACE_SECONDS,
        log_level=log_level,
        access_log=False,
        server_header=False,
    )
