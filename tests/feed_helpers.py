"""What tests of the feed share."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx

from collab.projections.builtin import BUILT_IN
from tests.helpers import DEADLINE, Json, Peer, Serving

LINES = {"Accept": "application/x-ndjson"}
LIVE = {"Accept": "text/event-stream"}

EVENTS = "/api/documents/doc/events"


class Follower:
    """Reads a live stream as browsers do. ``last`` is the id to come back with."""

    def __init__(self, response: httpx.Response) -> None:
        self.response = response
        self.last = ""
        self.retry = 0
        self.heartbeats = 0
        self._bytes = response.aiter_bytes()
        self._unread = b""

    async def event(self) -> Json | None:
        """The next event as it is in the data; None at the end of the stream."""
        name, data = "", ""
        async with asyncio.timeout(DEADLINE):
            while (line := await self._line()) is not None:
                field, _, value = line.partition(":")
                value = value.removeprefix(" ")
                if line and not field:
                    self.heartbeats += 1
                elif field == "id":
                    self.last = value
                elif field == "retry":
                    self.retry = int(value)
                elif field == "event":
                    name = value
                elif field == "data":
                    data += value
                elif data:
                    event: Json = json.loads(data)
                    assert event["type"] == name
                    assert str(event.get("position", event["seq"])) == self.last
                    return event
        return None

    async def events(self, count: int) -> list[Json]:
        found = [await self.event() for _ in range(count)]
        assert None not in found, "the stream ended"
        return [event for event in found if event]

    async def rest(self) -> list[Json]:
        """All until the end, which has to be an orderly one."""
        found = []
        while event := await self.event():
            found.append(event)
        return found

    async def _line(self) -> str | None:
        while b"\n" not in self._unread:
            more = await anext(self._bytes, None)
            if more is None:
                return None
            self._unread += more
        line, _, self._unread = self._unread.partition(b"\n")
        return line.decode()


@asynccontextmanager
async def follow(
    http: httpx.AsyncClient, url: str, *, last: str | None = None, **query: Any
) -> AsyncIterator[Follower]:
    headers = LIVE if last is None else LIVE | {"Last-Event-ID": last}
    async with http.stream("GET", url, params=query, headers=headers) as response:
        assert response.status_code == 200, await response.aread()
        yield Follower(response)


async def lines(http: httpx.AsyncClient, url: str, **query: Any) -> list[Json]:
    response = await http.get(url, params=query, headers=LINES)
    assert response.headers["content-type"] == "application/x-ndjson"
    assert response.content.endswith(b"\n") or not response.content
    return [json.loads(line) for line in response.content.split(b"\n")[:-1]]


async def typed(serving: Serving, document: str, *texts: str) -> Peer:
    peer = await Peer.joined(serving.url, document)
    for text in texts:
        await peer.confirmed(await peer.edit([text]))
    return peer


def seqs(events: list[Json]) -> list[int]:
    return [event["seq"] for event in events]


def open_streams(serving: Serving) -> int:
    app: Any = serving.config.app
    return len(app.state.streams)


def followers(serving: Serving) -> int:
    """How many follow the log, beside the read models."""
    return len(serving.hub.watching) - len(BUILT_IN)
