"""What tests of the running server need: servers on free ports, and a peer that speaks the protocol by hand."""

from __future__ import annotations

import asyncio
import json
import random
import secrets
import socket
import sqlite3
import zlib
from collections.abc import AsyncIterator, Callable, Collection, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, closing
from pathlib import Path
from typing import Any, Self

import msgspec
from websockets.asyncio.client import ClientConnection
from websockets.asyncio.client import connect as open_socket
from websockets.exceptions import ConnectionClosed

from collab.auth import Identity
from collab.cli.serve import bind
from collab.client import Refusal, SharedDocument
from collab.content import Content
from collab.hub import Hub
from collab.limits import Limits
from collab.link import socket_url
from collab.messages import SUBPROTOCOL, EventRow
from collab.operation import Operation, Text, normalize
from collab.projections.models import Models
from collab.projections.projection import Projection
from collab.room import Room
from collab.store import EventStore
from collab.store.memory import MemoryStore
from collab.web.app import create_app
from collab.web.fanout import SocketTransport
from collab.web.server import Server, configure

DEADLINE = 20.0
"""Seconds for anything to happen that has to: far more than it takes, so that a busy machine fails no test."""

UNHURRIED = Limits(edits_per_second=1e6, edit_burst=1_000_000)
"""Limits for tests that type faster than people."""

Json = dict[str, Any]


async def eventually(condition: Callable[[], bool], *, seconds: float = DEADLINE) -> None:
    """Return as soon as ``condition`` holds; fail after ``seconds``."""
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110 - anything may make it hold
            await asyncio.sleep(0.001)


async def within(awaitable: Any, *, seconds: float = DEADLINE) -> Any:
    """What ``awaitable`` gives, if it does so in time."""
    async with asyncio.timeout(seconds):
        return await awaitable


def cut(connection: Any) -> None:
    """Drop one of uvicorn's connections, or one that was taken over from it."""
    (connection if isinstance(connection, SocketTransport) else connection.transport).abort()


class Serving:
    """`collab serve` in this process and this event loop, on a port of its own.

    With ``send_buffer`` the kernel takes only that many bytes for a client that doesn't read, so that a test
    needs no megabytes to stall one.
    """

    def __init__(
        self,
        store: EventStore | None = None,
        *,
        limits: Limits = UNHURRIED,
        plain_asgi: bool = False,
        hosts: Collection[str] = (),
        origins: Collection[str] = (),
        port: int = 0,
        send_buffer: int | None = None,
        projections: Sequence[Projection] = (),
    ) -> None:
        self.store = store or MemoryStore()
        self.hub = Hub(self.store, limits=limits)
        self._listener = bind("127.0.0.1", port)
        if send_buffer is not None:
            self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, send_buffer)
        self.port: int = self._listener.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        app = create_app(self.hub, hosts=hosts, origins=origins, projections=projections)
        self.models: Models = app.state.models
        self.config = configure(
            app, host="127.0.0.1", port=self.port, plain_asgi=plain_asgi, log_level="critical"
        )
        self._server = Server(self.config, self.hub)
        self._up = False

    async def start(self) -> Self:
        # As in uvicorn's `serve`, without its signal handlers, which belong to pytest.
        self.config.load()
        self._server.lifespan = self.config.lifespan_class(self.config)
        await self._server.startup([self._listener])
        self._up = True
        return self

    async def stop(self) -> None:
        """Stop as on SIGTERM. The store stays open."""
        if self._up:
            self._up = False
            await self._server.shutdown([self._listener])

    async def drop(self) -> None:
        """Cut all connections and be gone, without a word to anybody."""
        if not self._up:
            return
        self._up = False
        for listening in self._server.servers:
            listening.close()
        state = self._server.server_state
        for connection in list(state.connections):
            cut(connection)
        await eventually(lambda: not state.connections and not state.tasks)
        await self._server.lifespan.shutdown()

    @property
    def connections(self) -> set[Any]:
        """uvicorn's connections, and those that were taken over from it."""
        return set(self._server.server_state.connections)

    async def room(self, document: str) -> Room:
        """The live room of ``document``."""
        return await self.hub.room(document, Identity("test"))

    async def __aenter__(self) -> Self:
        return await self.start()

    async def __aexit__(self, *_: object) -> None:
        await self.drop()


class Peer:
    """One raw connection, with the little bookkeeping that makes messages by hand bearable.

    ``received`` is all that came, ``version`` and ``content`` what it adds up to. Only confirmed text is kept:
    a test that edits on top of unseen edits says itself what its operations are.
    """

    def __init__(self, connection: ClientConnection, client: str, key: str) -> None:
        self.client = client
        self.key = key
        self.connection = connection
        self.received: list[Json] = []
        self.version = 0
        self.content = Content()
        self.refusals = 0
        self.welcome: Json = {}
        self._edits = 0
        self._chunks: Operation = []
        self._compressed = b""

    @classmethod
    async def open(
        cls, url: str, document: str, *, client: str | None = None, key: str | None = None, **options: Any
    ) -> Peer:
        """A connection on which nothing was said yet; ``options`` are those of `websockets`."""
        # Without a bound for what is unread, a peer of which a test hears nothing more still sees its end.
        settings: Json = {
            "subprotocols": [SUBPROTOCOL],
            "compression": None,
            "max_size": None,
            "max_queue": None,
        }
        connection = await open_socket(socket_url(url, document), **{**settings, **options})
        return cls(connection, client or secrets.token_hex(8), key or secrets.token_hex(16))

    @classmethod
    async def joined(
        cls,
        url: str,
        document: str,
        *,
        client: str | None = None,
        key: str | None = None,
        options: Json | None = None,
        **hello: Any,
    ) -> Peer:
        """A connection that has said hello and has caught up."""
        peer = await cls.open(url, document, client=client, key=key, **(options or {}))
        await peer.hello(**hello)
        await peer.caught_up()
        return peer

    # Saying.

    async def say(self, type_: str, **fields: Any) -> None:
        await self.connection.send(json.dumps({"type": type_, **fields}))

    async def say_raw(self, frame: str | bytes) -> None:
        await self.connection.send(frame)

    async def hello(self, *, text: str = "", **fields: Any) -> Json:
        """Say hello, and return the welcome. ``text`` is what a peer has that resumes with ``since``."""
        hello = {"client": self.client, "key": self.key, "schema": 1, **fields}
        await self.say("hello", **{name: value for name, value in hello.items() if value is not None})
        await self.receive()
        assert self.welcome, self.received
        if fields.get("since") and self.welcome["snapshot"] is None:
            self.version, self.content = fields["since"], Content(text)
        return self.welcome

    async def caught_up(self) -> None:
        """Wait for all that the welcome spoke of, and for the list of who is here."""
        while not (await self.expect("presence")).get("all"):
            pass
        assert self.version >= self.welcome["seq"]

    async def edit(
        self, op: Any, *, id_: int | None = None, base: int | None = None, refusals: int | None = None
    ) -> int:
        """Send an edit, by default as a client in good order would; returns its id."""
        self._edits = self._edits + 1 if id_ is None else id_
        await self.say(
            "edit",
            id=self._edits,
            base=self.version if base is None else base,
            op=op,
            refusals=self.refusals if refusals is None else refusals,
        )
        return self._edits

    # Hearing.

    @property
    def text(self) -> str:
        return self.content.plain_text()

    @property
    def value(self) -> Text:
        return self.content.value()

    @property
    def events(self) -> list[Json]:
        """All events that came, in order."""
        return [event for message in self.received for event in message.get("events", [])]

    def own(self, id_: int) -> list[Json]:
        """The events of the own edit ``id_``: at most one, if all is well."""
        return [event for event in self.events if (event["client"], event["id"]) == (self.client, id_)]

    async def receive(self, *, seconds: float = DEADLINE) -> Json:
        """The next message, whatever it is."""
        async with asyncio.timeout(seconds):
            frame = await self.connection.recv()
        message: Json = json.loads(frame) if isinstance(frame, str) else {"type": "binary", "bytes": frame}
        self._take(message)
        return message

    async def expect(self, *types: str, passing: Collection[str] | None = None) -> Json:
        """The next message of one of ``types``.

        All others may come before it, or only those of the types in ``passing``.
        """
        while True:
            message = await self.receive()
            if message["type"] in types:
                return message
            assert passing is None or message["type"] in passing, message

    async def heard(self, condition: Callable[[], bool]) -> None:
        """Receive until ``condition`` holds."""
        async with asyncio.timeout(DEADLINE):
            while not condition():
                await self.receive()

    async def reached(self, version: int) -> None:
        await self.heard(lambda: self.version >= version)

    async def confirmed(self, id_: int) -> Json:
        """Wait for the event of the own edit ``id_``."""
        await self.heard(lambda: bool(self.own(id_)))
        return self.own(id_)[0]

    async def until_answered(self) -> list[Json]:
        """All that the server has to say before it answers a ping."""
        start = len(self.received)
        await self.say("ping")
        await self.expect("pong")
        return self.received[start:-1]

    async def closed(self) -> tuple[int, str]:
        """Receive until the server closes; its code and reason."""
        try:
            while True:
                await self.receive()
        except ConnectionClosed as end:
            return (end.rcvd.code, end.rcvd.reason) if end.rcvd else (1006, "")

    async def close(self) -> None:
        await self.connection.close()

    def cut(self) -> None:
        """Vanish without a word, as a lost network does."""
        self.connection.transport.abort()

    def _take(self, message: Json) -> None:
        self.received.append(message)
        if message["type"] == "welcome":
            self.welcome = message
        elif message["type"] == "events":
            for event in message["events"]:
                assert event["seq"] == self.version + 1, f"event {event['seq']} after {self.version}"
                self.version += 1
                if "op" in event:
                    self.content.check(event["op"])
                    self.content.apply(event["op"])
        elif message["type"] == "binary":
            mark = self.welcome["snapshot"]
            self._compressed += message["bytes"]
            assert len(self._compressed) <= mark["bytes"], "a binary message that was not announced"
            if len(self._compressed) == mark["bytes"]:
                text = zlib.decompress(self._compressed)
                assert len(text) == mark["inflated"]
                self._load(json.loads(text))
        elif message["type"] == "snapshot":
            self._chunks += message["content"]
            if message.get("last"):
                self._load(self._chunks)
        elif message["type"] == "refused":
            self.refusals += 1

    def _load(self, content: Operation) -> None:
        content = normalize(content)
        plain = all(isinstance(component, str) for component in content)
        self.content = Content("".join(map(str, content)) if plain else content)
        self.version = self.welcome["snapshot"]["seq"]
        assert self.content.length == self.welcome["snapshot"]["length"]


# Python clients.


async def agree(*documents: SharedDocument) -> str:
    """The one text that all ``documents`` come to once everything is saved and has reached everybody."""
    async with asyncio.timeout(DEADLINE):
        await asyncio.gather(*(document.saved() for document in documents))
        version = max(document.version for document in documents)
        await asyncio.gather(*(document.reached(version) for document in documents))
    texts = {document.text for document in documents}
    assert len(texts) == 1, [(document.client, document.version, document.text) for document in documents]
    return texts.pop()


# The log, read past the store.


class Logged(msgspec.Struct, frozen=True):
    """An event as it stands in the SQLite file."""

    seq: int
    client: str
    id: int
    type: str
    payload: bytes

    @property
    def op(self) -> Operation:
        assert self.type == "edited"
        op: Operation = json.loads(self.payload)[0]
        return op


def logged(path: Path, document: str) -> list[Logged]:
    """The committed events of ``document``, seen by another connection than the server's."""
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
        rows = connection.execute(
            "SELECT seq, c.client, client_seq, coalesce(type, 'edited'), payload FROM events"
            " JOIN clients AS c ON c.number = events.client"
            " WHERE events.document = (SELECT number FROM documents WHERE id = ?) ORDER BY seq",
            (document,),
        ).fetchall()
    return [Logged(*row) for row in rows]


class Witness:
    """Remembers all that any client was told, to be held against the log."""

    def __init__(self) -> None:
        self.told: dict[int, tuple[str, int, Operation | None]] = {}
        self.contradictions: list[str] = []
        self.heard = 0

    def hears(self, event: EventRow, _: Operation) -> None:
        """A hook for `SharedDocument.on_event`."""
        self.heard += 1
        fact = event.client, event.id, event.op if isinstance(event.op, list) else None
        before = self.told.setdefault(event.seq, fact)
        if before != fact:
            self.contradictions.append(f"event {event.seq} was {before} and then {fact}")

    def agrees_with(self, log: list[Logged]) -> None:
        """All that was told is in the log, as it was told, and every edit is there once."""
        assert not self.contradictions
        assert [event.seq for event in log] == list(range(1, len(log) + 1))
        edits = [(event.client, event.id) for event in log if event.type == "edited"]
        assert len(edits) == len(set(edits))
        facts = {event.seq: (event.client, event.id, event.op) for event in log if event.type == "edited"}
        for seq, fact in self.told.items():
            assert fact[2] is None or facts.get(seq) == fact, f"event {seq}, told as {fact}"


class Author:
    """A Python client that types and deletes without end, a few edits ahead of the server.

    ``made`` holds its inserted texts by the ids of the edits, None where it deleted.
    """

    AHEAD = 8

    def __init__(self, url: str, document: str, name: str, *, seed: int, witness: Witness) -> None:
        self.name = name
        self.done = False
        self.made: dict[int, str | None] = {}
        self.refused: list[Refusal] = []
        self.document = SharedDocument(
            url, document, coalesce=False, on_event=witness.hears, on_refused=self.refused.append
        )
        self._random = random.Random(f"{seed} {name}")

    async def type(self) -> None:
        """Type until ``done`` is set, and then until all is saved."""
        while not self.done:
            self.step()
            await self.document.wait_for(lambda: self.document.pending < self.AHEAD or self.done)
        await self.document.saved()

    def step(self) -> None:
        text = self.document.text
        if text and self._random.random() < (0.2 if len(text) < 1_000 else 0.6):
            start = self._random.randrange(len(text))
            self.document.delete(start, min(len(text) - start, self._random.randint(1, 12)))
            token = None
        else:
            token = f"{self.name}{len(self.made) + 1}" + self._random.choice(["", "", "\n", "😀"])
            self.document.insert(self._random.randint(0, len(text)), token)
        self.made[len(self.made) + 1] = token

    def agrees_with(self, log: list[Logged]) -> None:
        """Everything this author made is in the log, in order; its insertions with their text."""
        mine = [event for event in log if event.client == self.document.client]
        assert [event.id for event in mine] == list(self.made)
        for event in mine:
            inserted = "".join(step for step in event.op if isinstance(step, str))
            assert inserted == (self.made[event.id] or ""), event
        assert not self.refused
        assert self.document.diverged == 0


@asynccontextmanager
async def authors(
    url: str, document: str, names: str, *, seed: int, witness: Witness
) -> AsyncIterator[list[Author]]:
    """One `Author` a letter of ``names``, typing until the block ends; then all must come to the same text."""
    made = [Author(url, document, name, seed=seed, witness=witness) for name in names]
    async with AsyncExitStack() as stack:
        for author in made:
            await stack.enter_async_context(author.document)
        typing = [asyncio.create_task(author.type()) for author in made]
        try:
            yield made
            for author in made:
                author.done = True
            await within(asyncio.gather(*typing))
            await agree(*(author.document for author in made))
        finally:
            for task in typing:
                task.cancel()
            await asyncio.wait(typing)
