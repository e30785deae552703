"""Who may act as whom: keys, authors, and what an authenticator says."""

from __future__ import annotations

import re
from pathlib import Path

import httpx
import pytest

from collab.auth import Anonymous, Identity, guest_name, name_of_token
from collab.errors import Forbidden, Unauthorised
from collab.store.sqlite import SQLiteStore
from tests.conftest import Serve
from tests.helpers import Peer, logged

KEY = "0123456789abcdef"
OTHER_KEY = "fedcba9876543210"


async def refused(url: str, document: str, client: str, key: str) -> int:
    stranger = await Peer.open(url, document, client=client, key=key)
    await stranger.say("hello", client=client, key=key, schema=1)
    code, _ = await stranger.closed()
    assert stranger.received == []
    return code


async def test_nobody_goes_on_in_the_name_of_another(serve: Serve) -> None:
    serving = await serve()
    owner = await Peer.joined(serving.url, "doc", key=KEY)
    await owner.confirmed(await owner.edit(["mine"]))
    assert await refused(serving.url, "doc", owner.client, OTHER_KEY) == 4401
    # The owner's own session isn't disturbed by the attempt.
    await owner.confirmed(await owner.edit([4, "!"]))


async def test_a_key_is_still_asked_for_after_a_restart(serve: Serve, tmp_path: Path) -> None:
    async with await SQLiteStore.open(tmp_path / "collab.db") as store:
        first = await serve(store)
        owner = await Peer.joined(first.url, "doc", key=KEY)
        await owner.confirmed(await owner.edit(["mine"]))
        await first.drop()
        second = await serve(store)
        assert await refused(second.url, "doc", owner.client, OTHER_KEY) == 4401
        again = await Peer.joined(second.url, "doc", client=owner.client, key=KEY)
        assert again.welcome["accepted"] == 1
        await second.drop()


async def test_the_key_itself_is_not_stored(serve: Serve, tmp_path: Path) -> None:
    path = tmp_path / "collab.db"
    async with await SQLiteStore.open(path) as store:
        serving = await serve(store)
        owner = await Peer.joined(serving.url, "doc", key=KEY)
        await owner.confirmed(await owner.edit(["mine"]))
        await serving.drop()
    assert [event.client for event in logged(path, "doc")][1:] == [owner.client]
    assert KEY.encode() not in path.read_bytes()


async def test_the_author_in_the_log_is_the_word_of_the_server(serve: Serve) -> None:
    serving = await serve()
    peer = await Peer.joined(serving.url, "doc", user={"name": "root"}, author="root")
    event = await peer.confirmed(await peer.edit(["x"]))
    assert event["author"] == guest_name(peer.client)


async def test_who_did_nothing_before_another_came_with_its_client_is_not_in_the_log(serve: Serve) -> None:
    class Names:
        async def authenticate(
            self, token: str | None, *, document: str | None, client: str | None
        ) -> Identity:
            return Identity(token or "")

    serving = await serve()
    serving.hub.authenticator = Names()
    looking = await Peer.joined(serving.url, "doc", client="c-of-both", key=KEY, token="ana")
    await looking.close()
    typing = await Peer.joined(serving.url, "doc", client="c-of-both", key=KEY, token="bo")
    assert (await typing.confirmed(await typing.edit(["x"])))["author"] == "bo"
    assert [client.author for client in await serving.store.clients("doc")] == ["ana", "bo"]  # ana opened it


class Doorkeeper:
    """Lets in those with a token, and sends away by name."""

    async def authenticate(self, token: str | None, *, document: str | None, client: str | None) -> Identity:
        if document == "private":
            raise Forbidden("not this one")
        if token != "open sesame":
            raise Unauthorised("no such token")
        return Identity("ali")


@pytest.mark.parametrize(
    ("document", "token", "code"), [("doc", "knock knock", 4401), ("private", "open sesame", 4403)]
)
async def test_whom_the_authenticator_sends_away_is_told_why(
    serve: Serve, document: str, token: str, code: int
) -> None:
    serving = await serve()
    serving.hub.authenticator = Doorkeeper()
    stranger = await Peer.open(serving.url, document)
    await stranger.say("hello", client=stranger.client, key=stranger.key, schema=1, token=token)
    assert (await stranger.closed())[0] == code
    assert await serving.store.document(document) is None


async def test_the_authenticator_names_the_author(serve: Serve) -> None:
    serving = await serve()
    serving.hub.authenticator = Doorkeeper()
    peer = await Peer.joined(serving.url, "doc", token="open sesame")
    assert (await peer.confirmed(await peer.edit(["x"])))["author"] == "ali"


# Guests.

SECRET = "a-secret-of-this-browser"


async def test_a_guest_keeps_its_name() -> None:
    first = await Anonymous().authenticate(None, document="a", client="abcdefgh")
    second = await Anonymous().authenticate(None, document="b", client="abcdefgh")
    assert first == second


async def test_a_guest_with_a_token_is_one_author_over_reloads_and_by_http(serve: Serve) -> None:
    serving = await serve()
    peers = [await Peer.joined(serving.url, "doc", token=SECRET) for _ in range(2)]
    for peer in peers:
        await peer.confirmed(await peer.edit(["x"]))
    async with httpx.AsyncClient(base_url=serving.url, trust_env=False) as http:
        bearer = {"Authorization": f"Bearer {SECRET}"}
        assert (await http.post("/api/documents/doc/edits", json={"text": "y"}, headers=bearer)).is_success
        rows = (await http.get("/api/documents")).json()["documents"]
    assert peers[0].client != peers[1].client
    assert [(row["authors"], row["author_count"]) for row in rows] == [([name_of_token(SECRET)], 1)]
    assert re.fullmatch(r"guest-[a-z]+-[a-z]+-[0-9a-f]{6}", name_of_token(SECRET))


async def test_two_tokens_are_two_guests() -> None:
    names = {name_of_token(f"{SECRET}{number}") for number in range(10_000)}
    assert len(names) > 9_990


@pytest.mark.parametrize(
    "token", ["x" * 15, "", "x" * 513, "with spaces in between", "ünïcödé" * 3, "line\nbreak" * 3]
)
async def test_what_is_no_secret_is_refused(serve: Serve, token: str) -> None:
    serving = await serve()
    stranger = await Peer.open(serving.url, "doc")
    await stranger.say("hello", client=stranger.client, key=stranger.key, schema=1, token=token)
    code, reason = await stranger.closed()
    assert (code, reason) == (4401, "unauthorised: a guest's token has 16 to 512 visible characters of ASCII")


@pytest.mark.parametrize("token", ["x" * 16, "x" * 512, "!~" * 8])
async def test_any_other_is_taken(serve: Serve, token: str) -> None:
    serving = await serve()
    peer = await Peer.joined(serving.url, "doc", token=token)
    assert peer.welcome["you"]["author"] == name_of_token(token)


async def test_a_token_is_looked_at_by_http_too(serve: Serve) -> None:
    serving = await serve()
    async with httpx.AsyncClient(base_url=serving.url, trust_env=False) as http:
        for method, path in (("GET", "/api/documents"), ("POST", "/api/documents"), ("GET", "/api/log")):
            refused = await http.request(method, path, headers={"Authorization": "bearer short"})
            assert (refused.status_code, refused.json()["error"]["code"]) == (401, "unauthorised")
            assert refused.headers["www-authenticate"] == "Bearer"
        # A proxy's password, say, is none of our business.
        basic = {"Authorization": "Basic YW5hOnNlc2FtZQ=="}
        made = await http.post("/api/documents", json={"id": "doc"}, headers=basic)
        assert made.status_code == 201
        (row,) = (await http.get("/api/documents")).json()["documents"]
        assert row["authors"] == ["guest"]


async def test_the_authenticator_decides_by_http_as_well(serve: Serve) -> None:
    serving = await serve()
    serving.hub.authenticator = Doorkeeper()
    async with httpx.AsyncClient(base_url=serving.url, trust_env=False) as http:
        sesame = {"Authorization": "Bearer open sesame"}
        assert (await http.get("/api/documents")).status_code == 401
        assert (await http.post("/api/documents", json={"id": "doc"})).status_code == 401
        assert (await http.get("/healthz")).status_code == 200
        assert (await http.post("/api/documents", json={"id": "doc"}, headers=sesame)).status_code == 201
        assert (await http.get("/api/documents/doc", headers=sesame)).status_code == 200
        closed = await http.get("/api/documents/private", headers=sesame)
        assert (closed.status_code, closed.json()["error"]["code"]) == (403, "forbidden")
        (row,) = (await http.get("/api/documents", headers=sesame)).json()["documents"]
        assert row["authors"] == ["ali"]
