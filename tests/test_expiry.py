"""Tokens that expire: the client is asked for a new one in time, and otherwise sent away to come back."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable
from typing import Any

import httpx
import pytest
from starlette.types import ASGIApp, Receive, Scope, Send

from collab import admission
from collab.auth import IDENTITY, Identity
from collab.client import connect
from collab.errors import Unauthorised
from collab.link import Closed
from tests.conftest import Serve
from tests.helpers import Json, Peer, Serving, eventually, within

SECOND = 1_000_000


def now() -> int:
    return time.time_ns() // 1000


class Till:
    """What tokens stand for; for how long, is counted from when one is first seen."""

    def __init__(self, **tokens: tuple[str, str, float]) -> None:
        self._tokens = tokens
        self._until: dict[str, int] = {}
        self.asked: list[str | None] = []
        self.go = asyncio.Event()
        self.go.set()

    async def authenticate(self, token: str | None, *, document: str | None, client: str | None) -> Identity:
        self.asked.append(token)
        await self.go.wait()
        if token not in self._tokens:
            raise Unauthorised("no such token")
        author, role, seconds = self._tokens[token]
        return Identity(author, role, self._until.setdefault(token, now() + int(seconds * SECOND)))


async def started(serve: Serve, **tokens: tuple[str, str, float]) -> tuple[Serving, Till]:
    serving = await serve()
    serving.hub.authenticator = till = Till(**tokens)
    return serving, till


async def test_a_client_is_asked_for_a_new_token_at_half_of_a_short_life(serve: Serve) -> None:
    serving, _ = await started(serve, short=("ana", "editor", 0.6))
    start = time.monotonic()
    peer = await Peer.joined(serving.url, "doc", token="short")
    notice = await peer.expect("auth-expiring")
    took = time.monotonic() - start
    assert notice.keys() == {"type", "in"}
    assert 0.2 < notice["in"] <= 0.3 <= took + 0.05
    assert await peer.closed() == (4001, "token_expired: the token has expired")
    assert 0.55 < time.monotonic() - start
    assert serving.hub.admissions == set()


async def test_of_a_longer_life_it_is_asked_some_time_before(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(admission, "NOTICE_SECONDS", 0.1)
    serving, _ = await started(serve, long=("ana", "editor", 0.6))
    start = time.monotonic()
    peer = await Peer.joined(serving.url, "doc", token="long")
    notice = await peer.expect("auth-expiring")
    assert 0 < notice["in"] <= 0.1
    assert 0.45 < time.monotonic() - start


async def test_with_a_new_token_the_connection_goes_on(serve: Serve) -> None:
    serving, _ = await started(serve, short=("ana", "editor", 0.6), next=("ana", "editor", 3600))
    peer = await Peer.joined(serving.url, "doc", token="short")
    await peer.expect("auth-expiring")
    await peer.say("auth", token="next")
    [each] = serving.hub.admissions
    first = each.identity.expires_at or 0
    await eventually(lambda: (each.identity.expires_at or 0) > now() + 3000 * SECOND)
    await eventually(lambda: now() > first + SECOND // 10)
    assert await peer.until_answered() == []
    assert (await peer.confirmed(await peer.edit(["x"])))["author"] == "ana"


async def test_a_new_token_may_bring_another_role(serve: Serve) -> None:
    serving, _ = await started(serve, first=("ana", "editor", 3600), second=("ana", "viewer", 3600))
    peer = await Peer.joined(serving.url, "doc", token="first")
    await peer.say("auth", token="second")
    await peer.edit(["x"])  # is read when the token has been looked at
    answers = [await peer.receive() for _ in range(2)]
    assert [answer["type"] for answer in answers] == ["role", "refused"]
    assert answers[1]["code"] == "forbidden"
    await peer.say("auth", token="first")
    assert (await peer.expect("role"))["role"] == "editor"
    await peer.confirmed(await peer.edit(["x"]))


@pytest.mark.parametrize(
    ("token", "reason"),
    [
        ("other", "unauthorised: the token is somebody else's"),
        ("none", "unauthorised: no such token"),
        ("over", "unauthorised: the token has expired"),
    ],
)
async def test_whoever_shows_no_token_of_its_own_is_sent_away(serve: Serve, token: str, reason: str) -> None:
    serving, _ = await started(
        serve, first=("ana", "editor", 3600), other=("bo", "editor", 3600), over=("ana", "editor", -1)
    )
    peer = await Peer.joined(serving.url, "doc", token="first")
    await peer.say("auth", token=token)
    await peer.edit(["x"])
    assert await peer.closed() == (4401, reason)
    assert peer.version == 1


async def test_one_that_has_expired_lets_nobody_in(serve: Serve) -> None:
    serving, _ = await started(serve, over=("ana", "editor", -1))
    peer = await Peer.open(serving.url, "doc")
    await peer.say("hello", client=peer.client, key=peer.key, schema=1, token="over")
    assert await peer.closed() == (4401, "unauthorised: the token has expired")
    assert await serving.store.document("doc") is None
    async with httpx.AsyncClient(base_url=serving.url, trust_env=False) as http:
        answer = await http.get("/api/documents", headers={"Authorization": "Bearer over"})
        assert answer.status_code == 401


async def test_it_may_expire_while_the_next_one_is_looked_at(serve: Serve) -> None:
    serving, till = await started(serve, short=("ana", "editor", 0.4), next=("ana", "editor", 3600))
    peer = await Peer.joined(serving.url, "doc", token="short")
    await peer.expect("auth-expiring")
    till.go.clear()
    await peer.say("auth", token="next")
    assert (await peer.closed())[0] == 4001
    till.go.set()
    await eventually(lambda: not serving.hub.admissions)


async def test_the_same_token_again_doesnt_start_it_anew(serve: Serve) -> None:
    serving, _ = await started(serve, short=("ana", "editor", 0.8))
    peer = await Peer.joined(serving.url, "doc", token="short")
    await peer.expect("auth-expiring")
    await peer.say("auth", token="short")
    assert (await peer.closed())[0] == 4001
    assert [message["type"] for message in peer.received].count("auth-expiring") == 1


async def test_without_an_end_there_is_no_timer(serve: Serve) -> None:
    serving = await serve()
    await Peer.joined(serving.url, "doc")
    [each] = serving.hub.admissions
    assert each._timer is None


async def test_who_is_told_by_the_application_cannot_become_another(serve: Serve) -> None:
    serving, till = await started(serve, bo=("bo", "editor", 3600))

    class Mounted:
        def __init__(self, app: ASGIApp) -> None:
            self.app = app

        async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
            await self.app({**scope, IDENTITY: Identity("ana", expires_at=end)}, receive, send)

    end = now() + int(0.6 * SECOND)
    serving.config.loaded_app = Mounted(serving.config.loaded_app)
    peer = await Peer.joined(serving.url, "doc")
    await peer.expect("auth-expiring")
    await peer.say("auth", token="bo")
    assert (await peer.confirmed(await peer.edit(["x"])))["author"] == "ana"
    assert (await peer.closed())[0] == 4001
    assert till.asked == []


# The Python client.


def giving(tokens: Iterable[str], *, delay: float = 0.0) -> Any:
    """A function that gives one token after the other, and notes those it gave."""
    left = iter(tokens)
    given: list[str] = []

    async def give() -> str:
        given.append(next(left))
        if given[-1] == "error":
            raise ConnectionError("no login server")
        return given[-1]

    return give, given


@pytest.mark.usefixtures("impatient")
async def test_a_python_client_gives_a_new_token_when_it_is_asked(serve: Serve) -> None:
    serving, till = await started(serve, one=("ana", "editor", 0.5), two=("ana", "viewer", 3600))
    give, given = giving(["one", "two"])
    async with connect(serving.url, "doc", token=give) as doc:
        assert (doc.author, doc.role) == ("ana", "editor")
        await within(doc.wait_for(lambda: doc.role == "viewer"))
        assert (given, doc.reconnects, till.asked) == (["one", "two"], 0, ["one", "two"])


@pytest.mark.usefixtures("impatient")
async def test_a_python_client_that_had_none_in_time_comes_back_with_one(serve: Serve) -> None:
    serving, _ = await started(serve, one=("ana", "editor", 0.4), two=("ana", "editor", 3600))
    give, given = giving(["error", "one", "error", "error", "two"])
    async with connect(serving.url, "doc", token=give) as doc:
        doc.insert(0, "x")
        await within(doc.wait_for(lambda: doc.reconnects == 1))
        await within(doc.saved())
        assert given == ["error", "one", "error", "error", "two"]


@pytest.mark.usefixtures("impatient")
async def test_a_python_client_with_one_token_is_told_when_it_is_none_any_more(serve: Serve) -> None:
    serving, _ = await started(serve, one=("ana", "editor", 0.4))
    async with connect(serving.url, "doc", token="one") as doc:
        with pytest.raises(Closed) as closed:
            await within(doc.reached(99))
        assert (closed.value.close_code, closed.value.reason) == (4401, "unauthorised: the token has expired")


async def test_a_python_client_is_the_same_by_http(serve: Serve) -> None:
    serving, _ = await started(serve, one=("ana", "editor", 3600))
    async with connect(serving.url, "doc", token=lambda: "one") as doc:
        event = await doc.history.edit(["x"])
    assert event.author == "ana"
    rows: list[Json] = []
    async with httpx.AsyncClient(base_url=serving.url, trust_env=False) as http:
        rows = (await http.get("/api/documents", headers={"Authorization": "Bearer one"})).json()["documents"]
    assert [row["authors"] for row in rows] == [["ana"]]
