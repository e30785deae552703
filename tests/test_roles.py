"""What one may do: viewers look, editors edit, and either may become the other while connected."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import Any

import httpx
import pytest

from collab.auth import Identity
from collab.client import SharedDocument, connect
from collab.errors import NotPermitted, Unauthorised
from collab.link import Closed
from collab.store.memory import MemoryStore
from tests.conftest import Serve
from tests.helpers import Json, Peer, Serving, eventually, within


class Names:
    """A token says who somebody is, and what: "ana editor"."""

    def __init__(self) -> None:
        self.gate: Awaitable[Any] | None = None
        self.asked = 0

    async def authenticate(self, token: str | None, *, document: str | None, client: str | None) -> Identity:
        self.asked += 1
        if self.gate is not None:
            await self.gate
        author, _, role = (token or "").partition(" ")
        if not role:
            raise Unauthorised("no such token")
        return Identity(author, role)


ANA: Json = {"token": "ana editor"}
VIC: Json = {"token": "vic viewer"}


async def started(serve: Serve, **options: Any) -> Serving:
    """A server with a document "doc" in which ana has written "text"."""
    serving = await serve(**options)
    serving.hub.authenticator = Names()
    ana = await Peer.joined(serving.url, "doc", **ANA)
    await ana.confirmed(await ana.edit(["text"]))
    await ana.close()
    return serving


async def test_a_viewers_edit_is_refused_by_itself(serve: Serve) -> None:
    serving = await started(serve)
    viewer = await Peer.joined(serving.url, "doc", **VIC)
    assert (viewer.welcome["role"], viewer.text) == ("viewer", "text")
    await viewer.edit([4, "!"])
    refused = await viewer.expect("refused", passing={"presence", "checksum"})
    assert (refused["id"], refused["code"]) == (1, "forbidden")
    assert refused["reason"] == "who is 'viewer' here may not change anything"
    # The next one too, and all the rest goes on: presence, events of others, answers.
    await viewer.edit([4, "?"])
    assert (await viewer.expect("refused"))["id"] == 2
    ana = await Peer.joined(serving.url, "doc", **ANA)
    await viewer.say("presence", base=viewer.version, after=0, cursor={"anchor": 1, "head": 1})
    await ana.heard(lambda: any(seen(ana, viewer)))
    await ana.confirmed(await ana.edit([4, "."]))
    await viewer.reached(ana.version)
    assert viewer.text == "text."


def seen(peer: Peer, other: Peer) -> list[Json]:
    """The carets of ``other`` that ``peer`` was told of."""
    return [
        each["cursor"]
        for message in peer.received
        for each in message.get("peers", [])
        if each["client"] == other.client and each.get("cursor")
    ]


async def test_another_role_that_is_not_known_may_only_look(serve: Serve) -> None:
    serving = await started(serve)
    peer = await Peer.joined(serving.url, "doc", token="cleo commenter")
    assert peer.welcome["role"] == "commenter"
    await peer.edit([4, "!"])
    assert (await peer.expect("refused"))["code"] == "forbidden"


async def test_a_viewer_creates_nothing_by_opening_it(serve: Serve) -> None:
    serving = await started(serve)
    stranger = await Peer.open(serving.url, "new")
    await stranger.say("hello", client=stranger.client, key=stranger.key, schema=1, **VIC)
    assert await stranger.closed() == (4404, "document_not_found: there is no document 'new'")
    assert await serving.store.document("new") is None


class SlowStore(MemoryStore):
    """Takes its time to create a document."""

    def __init__(self) -> None:
        super().__init__()
        self.creating = asyncio.Event()
        self.go = asyncio.Event()

    async def append(self, append: Any) -> int:
        if append.document == "slow":
            self.creating.set()
            await self.go.wait()
        return await super().append(append)


async def test_an_editor_who_comes_with_a_viewer_is_let_in(serve: Serve) -> None:
    store = SlowStore()
    serving = await started(serve, store=store)
    editor = asyncio.create_task(Peer.joined(serving.url, "slow", **ANA))
    await within(store.creating.wait())
    viewer = await Peer.open(serving.url, "slow")
    await viewer.say("hello", client=viewer.client, key=viewer.key, schema=1, **VIC)
    assert (await viewer.closed())[0] == 4404
    store.go.set()
    assert (await editor).welcome["role"] == "editor"


WRITES = [
    ("POST", "/api/documents", {"json": {"id": "new"}}),
    ("POST", "/api/import", {"content": b"{}"}),
    ("PATCH", "/api/documents/doc", {"json": {"title": "T"}}),
    ("POST", "/api/documents/doc/edits", {"json": {"text": "x"}}),
    ("POST", "/api/documents/doc/versions", {"json": {"name": "x"}}),
    ("DELETE", "/api/documents/doc/versions/1", {}),
    ("POST", "/api/documents/doc/restore", {"json": {"version": 1}}),
    ("POST", "/api/documents/doc/undo", {"json": {"author": "ana"}}),
    ("POST", "/api/documents/doc/fork", {"json": {"id": "new"}}),
]


@pytest.mark.parametrize(("method", "path", "wish"), WRITES)
async def test_a_viewer_changes_nothing_by_http(serve: Serve, method: str, path: str, wish: Any) -> None:
    serving = await started(serve)
    async with httpx.AsyncClient(base_url=serving.url, trust_env=False) as http:
        viewer = {"Authorization": f"Bearer {VIC['token']}"}
        position = await serving.store.position()
        refused = await http.request(method, path, headers=viewer, **wish)
        assert (refused.status_code, refused.json()["error"]["code"]) == (403, "forbidden")
        assert await serving.store.position() == position
        for path in ("/api/documents/doc", "/api/documents", "/api/documents/doc/undo?author=ana"):
            assert (await http.get(path, headers=viewer)).status_code == 200


# Another role while connected.


async def test_a_role_is_taken_and_given_while_connected(serve: Serve) -> None:
    serving = await started(serve)
    ana = await Peer.joined(serving.url, "doc", **ANA)
    other = await Peer.joined(serving.url, "doc", token="bo editor")
    assert serving.hub.permit("ana", "viewer") == 1
    assert await ana.expect("role", passing={"presence", "checksum"}) == {"type": "role", "role": "viewer"}
    await ana.edit([4, "!"])
    assert (await ana.expect("refused"))["code"] == "forbidden"
    await other.confirmed(await other.edit([4, "?"]))
    serving.hub.permit("ana", "editor")
    assert await ana.expect("role") == {"type": "role", "role": "editor"}
    await ana.reached(other.version)
    await ana.confirmed(await ana.edit([5, "!"]))
    assert not [message for message in other.received if message["type"] == "role"]


async def test_the_same_role_is_not_told_again(serve: Serve) -> None:
    serving = await started(serve)
    ana = await Peer.joined(serving.url, "doc", **ANA)
    serving.hub.permit("ana", "editor")
    assert not [message for message in await ana.until_answered() if message["type"] == "role"]


async def test_whom_nothing_is_permitted_any_more_is_sent_away(serve: Serve) -> None:
    serving = await started(serve)
    here, elsewhere = [await Peer.joined(serving.url, name, **ANA) for name in ("doc", "other")]
    assert serving.hub.permit("ana", None, document="doc") == 1
    assert await here.closed() == (4403, "forbidden: no longer permitted")
    await elsewhere.confirmed(await elsewhere.edit(["still here"]))
    assert serving.hub.permit("ana", None) == 1
    assert (await elsewhere.closed())[0] == 4403
    assert serving.hub.permit("ana", None) == 0
    assert serving.hub.admissions == set()


async def test_it_holds_for_who_is_just_about_to_come_in(serve: Serve) -> None:
    store = SlowStore()
    serving = await started(serve, store=store)
    joining = [asyncio.create_task(Peer.open(serving.url, "slow")) for _ in range(2)]
    less, nothing = [await peer for peer in joining]
    for peer, token in ((less, "lea editor"), (nothing, "noa editor")):
        await peer.say("hello", client=peer.client, key=peer.key, schema=1, token=token)
    await eventually(lambda: len(serving.hub.admissions) == 2)
    assert serving.hub.permit("lea", "viewer") == serving.hub.permit("noa", None) == 1
    store.go.set()
    assert (await nothing.closed())[0] == 4403
    assert (await less.expect("role"))["role"] == "viewer"
    await less.caught_up()
    await less.edit(["x"])
    assert (await less.expect("refused"))["code"] == "forbidden"
    assert [each.identity.author for each in serving.hub.admissions] == ["lea"]


async def test_a_role_is_not_told_in_the_middle_of_content(serve: Serve) -> None:
    serving = await started(serve, send_buffer=16_384)
    ana = await Peer.joined(serving.url, "doc", **ANA)
    lines = [chr(0x4E00 + number * 7919 % 20_000) for number in range(200_000)]  # that compress badly
    await ana.confirmed(await ana.edit(["".join(lines)]))
    reader = await Peer.open(serving.url, "doc", max_queue=1)
    hello = {"client": reader.client, "key": reader.key, "schema": 1, "accept_encoding": ["deflate"]}
    await reader.say("hello", **hello, token="bo editor")
    await eventually(lambda: len(serving.hub.admissions) == 2)
    room = await serving.room("doc")
    await eventually(lambda: reader.client in room.members)
    assert serving.hub.permit("bo", "viewer") == 1
    await reader.expect("role")
    types = [message["type"] for message in reader.received]
    frames = [number for number, type_ in enumerate(types) if type_ == "binary"]
    assert len(frames) > 8
    assert frames == list(range(1, len(frames) + 1))
    assert reader.content.length == 4 + len(lines)
    reader.cut()
    await reader.connection.wait_closed()


# The Python client.


def shared(serving: Serving, token: str, **options: Any) -> SharedDocument:
    return connect(serving.url, "doc", token=token, **options)


async def test_a_python_client_knows_its_role_and_is_told_of_another(serve: Serve) -> None:
    serving = await started(serve)
    told: list[str] = []
    async with shared(serving, VIC["token"], on_role=told.append) as doc:
        assert (doc.role, doc.text, told) == ("viewer", "text", [])
        with pytest.raises(NotPermitted):
            doc.insert(0, "x")
        serving.hub.permit("vic", "editor")
        await within(doc.wait_for(lambda: doc.role == "editor"))
        doc.insert(0, "x")
        await within(doc.saved())
        assert (doc.text, told) == ("xtext", ["editor"])
        serving.hub.permit("vic", None)
        with pytest.raises(Closed) as closed:
            await within(doc.reached(99))
        assert closed.value.close_code == 4403


async def test_what_a_python_client_had_under_way_comes_back_as_refused(serve: Serve) -> None:
    serving = await started(serve)
    refused: list[str] = []
    async with shared(serving, ANA["token"], on_refused=lambda each: refused.append(each.code)) as doc:
        doc.insert(0, "x")
        serving.hub.permit("ana", "viewer")  # before anything was sent
        await within(doc.wait_for(lambda: doc.role == "viewer" and not doc.pending))
        assert (doc.text, refused) == ("text", ["forbidden"])
