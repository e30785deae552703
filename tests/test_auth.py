"""Who may act as whom: keys, authors, and what an authenticator says."""

from __future__ import annotations

from pathlib import Path

import pytest

from collab.auth import Anonymous, Identity, guest_name
from collab.errors import Forbidden, Unauthorised
from collab.messages import Hello
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
        async def authenticate(self, hello: Hello, document: str) -> Identity:
            return Identity(hello.token or "")

    serving = await serve()
    serving.hub.authenticator = Names()
    looking = await Peer.joined(serving.url, "doc", client="c-of-both", key=KEY, token="ana")
    await looking.close()
    typing = await Peer.joined(serving.url, "doc", client="c-of-both", key=KEY, token="bo")
    assert (await typing.confirmed(await typing.edit(["x"])))["author"] == "bo"
    assert [client.author for client in await serving.store.clients("doc")] == ["ana", "bo"]  # ana opened it


class Doorkeeper:
    """Lets in those with a token, and sends away by name."""

    async def authenticate(self, hello: Hello, document: str) -> Identity:
        if document == "private":
            raise Forbidden("not this one")
        if hello.token != "open sesame":
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


async def test_a_guest_keeps_its_name() -> None:
    hello = Hello("abcdefgh", KEY, 1)
    first = await Anonymous().authenticate(hello, "a")
    second = await Anonymous().authenticate(hello, "b")
    assert first == second
