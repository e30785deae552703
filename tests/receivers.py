"""A receiver of webhooks on a real socket, with all the faults that receivers have."""

from __future__ import annotations

import asyncio
import ssl
from collections import Counter, defaultdict
from collections.abc import Callable
from typing import Any, Self

from standardwebhooks.webhooks import Webhook as Verifier

OK, LOST, HANGING = 200, -1, -2
"""What becomes of a call: a status; or handled, and the answer lost; or nothing at all."""

Fate = Callable[[dict[str, Any]], int | tuple[int, str]]


class Receiver:
    """Keeps events as a good receiver does: each signature verified, each event once by its position.

    ``fate`` says of a body what becomes of the call. ``seen`` has the events by document, ``times`` how often each
    came, ``wrong`` what should never happen, ``calls`` all bodies that came.
    """

    def __init__(
        self, secret: str, fate: Fate = lambda body: OK, *, tls: ssl.SSLContext | None = None
    ) -> None:
        self.fate = fate
        self._tls = tls
        self.port = 0
        self.seen: dict[str, list[dict[str, Any]]] = defaultdict(list)
        self.times: Counter[int] = Counter()
        self.wrong: list[str] = []
        self.calls: list[dict[str, Any]] = []
        self.ids: list[str] = []
        self.headers: dict[str, str] = {}
        self._verifier = Verifier(secret)
        self._under_way: set[str] = set()
        self._server: asyncio.Server | None = None
        self._open: set[asyncio.StreamWriter] = set()

    @property
    def url(self) -> str:
        scheme, host = ("https", "localhost") if self._tls else ("http", "127.0.0.1")
        return f"{scheme}://{host}:{self.port}/hook?from=collab"

    async def up(self) -> Self:
        self._server = await asyncio.start_server(self._talk, "127.0.0.1", self.port, ssl=self._tls)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def down(self) -> None:
        if self._server is not None:
            self._server.close()
            for writer in list(self._open):
                writer.transport.abort()
            await self._server.wait_closed()
            self._server = None

    async def __aenter__(self) -> Self:
        return await self.up()

    async def __aexit__(self, *_: object) -> None:
        await self.down()

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open.add(writer)
        try:
            while await self._call(reader, writer):
                pass
        except (asyncio.IncompleteReadError, ConnectionError):
            pass  # the other end went away
        finally:
            self._open.discard(writer)
            writer.transport.abort()

    async def _call(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        headers = dict(line.lower().split(": ", 1)[:1] + line.split(": ", 1)[1:] for line in head[1:] if line)
        raw = await reader.readexactly(int(headers["content-length"]))
        self.headers = headers
        body: dict[str, Any] = self._verifier.verify(raw, headers)
        self.calls.append(body)
        self.ids.append(headers["webhook-id"])
        document = body["document"]
        if document in self._under_way:
            self.wrong.append(f"two calls for {document} at a time")
        self._under_way.add(document)
        try:
            fate = self.fate(body)
            status, more = fate if isinstance(fate, tuple) else (fate, "")
            if status == HANGING:
                await reader.read()  # until the caller gives up
                return False
            if status in (OK, LOST):
                self._take(document, body["events"])
            await asyncio.sleep(0)
        finally:
            self._under_way.discard(document)
        if status == LOST:
            return False
        writer.write(f"HTTP/1.1 {status} X\r\nContent-Length: 2\r\n{more}\r\nok".encode())
        await writer.drain()
        return True

    def _take(self, document: str, events: list[dict[str, Any]]) -> None:
        kept = self.seen[document]
        for event in events:
            self.times[event["position"]] += 1
            if self.times[event["position"]] > 1:
                continue
            if kept and event["seq"] != kept[-1]["seq"] + 1:
                self.wrong.append(f"{document}: {event['seq']} after {kept[-1]['seq']}")
            kept.append(event)

    @property
    def count(self) -> int:
        return len(self.times)
