"""One client's way to its server: as many sockets, one after the other, as the talk takes."""

from __future__ import annotations

import asyncio
import logging
import random
import time
from collections.abc import Awaitable, Callable
from typing import Literal
from urllib.parse import quote, urlsplit, urlunsplit

from websockets.asyncio.client import ClientConnection
from websockets.asyncio.client import connect as open_socket
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus
from websockets.typing import Subprotocol

from collab import tokens
from collab.errors import CollabError, MalformedMessage, is_final
from collab.messages import (
    SUBPROTOCOL,
    Auth,
    AuthExpiring,
    Retry,
    ServerMessage,
    Welcome,
    decode_server,
    encode,
)
from collab.participant import News, Participant
from collab.tokens import Token

Status = Literal["connecting", "connected", "disconnected"]

MAX_BACKOFF = 30.0
"""Seconds: a server that comes back is found again soon, and one that is down isn't hammered."""

STABLE_SECONDS = 60.0
"""A connection that held so long was a good one: the next break starts with short waits again."""

OPEN_SECONDS = 10.0
FRAME_LIMIT = 16 * 1024 * 1024
"""Bytes of a frame, far more than the server puts into one."""

logger = logging.getLogger("collab.link")


class Closed(CollabError):
    """The connection ended for good."""

    code = "closed"

    def __init__(self, close_code: int, reason: str) -> None:
        self.close_code, self.reason = close_code, reason
        super().__init__(f"closed with {close_code}: {reason}")


class Link:
    """Carries ``talk`` to and from the server at ``url`` until it is closed for good.

    ``tell`` is given the news that messages bring, and ``stirred`` is awaited whenever anything has come or
    changed. ``token`` says who is there, anew on each socket and before it expires. ``closed`` says why the link
    ended, once it has; ``reconnects`` counts the sockets after the first.
    """

    def __init__(
        self,
        url: str,
        talk: Participant,
        *,
        tell: Callable[[list[News]], None],
        stirred: Callable[[], Awaitable[None]],
        token: Token | None = None,
    ) -> None:
        self.status: Status = "disconnected"
        self.closed: Closed | None = None
        self.reconnects = 0
        self._url = url
        self._talk = talk
        self._tell = tell
        self._stirred = stirred
        self._token = token
        self._to_send = asyncio.Event()

    def wake(self) -> None:
        """There may be something to send."""
        self._to_send.set()

    async def run(self) -> None:
        """Connect, and connect again, until the link is closed for good. Never raises."""
        try:
            await self._stay_connected()
        except Exception as error:
            # A bug here, or in what we were told to call: nobody must wait for us in vain.
            logger.exception("%s: the client failed", self._url)
            self.closed = Closed(1006, f"the client failed: {error!r}")
            self.status = "disconnected"
            await self._stirred()

    async def _stay_connected(self) -> None:
        tries = 0
        while self.closed is None:
            self.status = "connecting"
            started = time.monotonic()
            self.closed = await self._connect_once()
            self.status = "disconnected"
            await self._stirred()
            if time.monotonic() - started > STABLE_SECONDS:
                tries = 0
            if self.closed is None:
                await asyncio.sleep(random.uniform(0, longest_backoff(tries)))
                tries += 1

    async def _connect_once(self) -> Closed | None:
        """Talk through one socket until it ends; returns why there must not be another one, if so."""
        try:
            token = await tokens.current(self._token)
        except Exception as error:
            # The program's own doing, say a login that can't be reached: it is asked again as after any break.
            logger.warning("%s: no token: %s", self._url, error)
            return None
        try:
            async with open_socket(
                self._url,
                subprotocols=[Subprotocol(SUBPROTOCOL)],
                compression=None,
                open_timeout=OPEN_SECONDS,
                max_size=FRAME_LIMIT,
            ) as socket:
                await self._converse(socket, token)
        except ConnectionClosed as error:
            code = error.rcvd.code if error.rcvd else 1006
            if is_final(code):
                return Closed(code, error.rcvd.reason if error.rcvd else "")
        except InvalidStatus as error:
            if error.response.status_code in (403, 404):
                return Closed(4403, f"the server answered {error.response.status_code}")
        except (OSError, TimeoutError, InvalidHandshake) as error:
            logger.debug("no connection to %s: %s", self._url, error)
        except CollabError as error:
            return Closed(4400, str(error))
        return None

    async def _converse(self, socket: ClientConnection, token: str | None) -> None:
        await socket.send(encode(self._talk.hello(token)), text=True)
        welcome = decode_server(await socket.recv())
        if isinstance(welcome, Retry):
            self._receive(welcome)
            return
        if not isinstance(welcome, Welcome):
            raise MalformedMessage(f"expected a welcome, got {type(welcome).__name__}")
        self.reconnects += self._talk.synced
        self._tell(self._talk.welcomed(welcome, time.monotonic()))
        self._look_whether_connected()
        await self._stirred()
        tasks = [asyncio.create_task(self._send_edits(socket))]
        try:
            async for frame in socket:
                message = decode_server(frame) if isinstance(frame, str) else frame
                if isinstance(message, AuthExpiring):
                    tasks.append(asyncio.create_task(self._send_token(socket)))
                else:
                    self._receive(message)
                await self._stirred()
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)  # they end as the socket does
        # The iteration ends quietly where the close was a normal one; coming back is right then too.

    def _receive(self, message: ServerMessage | bytes) -> None:
        if isinstance(message, Retry):
            logger.warning("the server asks to try again: %s", message.reason)
        self._tell(self._talk.receive(message))
        self._look_whether_connected()
        self._to_send.set()

    def _look_whether_connected(self) -> None:
        if self._talk.caught_up:
            self.status = "connected"
            self._to_send.set()

    async def _send_token(self, socket: ClientConnection) -> None:
        """Send another token, if there may be another."""
        if not callable(self._token):
            return
        try:
            token = await tokens.current(self._token)
        except Exception as error:
            logger.warning("%s: no token: %s", self._url, error)  # on the next socket it is asked for again
            return
        if token is not None:
            await socket.send(encode(Auth(token)), text=True)

    async def _send_edits(self, socket: ClientConnection) -> None:
        while True:
            await self._to_send.wait()
            self._to_send.clear()
            while (step := self._talk.outgoing(time.monotonic())) is not None:
                if isinstance(step, float):
                    await asyncio.sleep(step)
                else:
                    await socket.send(encode(step), text=True)


def longest_backoff(tries: int) -> float:
    """The most seconds to wait before coming back after so many tries.

    >>> longest_backoff(0), longest_backoff(3), longest_backoff(10_000)
    (0.5, 4.0, 30.0)
    """
    return min(MAX_BACKOFF, 0.5 * 2.0 ** min(tries, 16))  # two to the power of 1,024 is no float any more


def socket_url(url: str, document: str) -> str:
    """The WebSocket URL of a document.

    >>> socket_url("http://127.0.0.1:8000/", "notes")
    'ws://127.0.0.1:8000/ws/documents/notes'
    """
    parts = urlsplit(url)
    scheme = {"http": "ws", "https": "wss"}.get(parts.scheme, parts.scheme)
    path = parts.path.rstrip("/") + "/ws/documents/" + quote(document, safe="")
    return urlunsplit((scheme, parts.netloc, path, "", ""))
