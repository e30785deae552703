"""Following the log over HTTP: nothing is missed, nothing comes twice, and nobody who follows is a burden."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio

from collab import connect, events
from collab.auth import Identity
from collab.errors import StoreError
from collab.events import Edited, Renamed
from collab.messages import EventRow
from collab.store.memory import MemoryStore
from collab.store.sqlite import SQLiteStore
from collab.watching import Watching
from collab.web import following
from collab.web.following import Numbered, Pages, live
from tests.conftest import Serve
from tests.feed_helpers import (
    EVENTS,
    LINES,
    LIVE,
    Follower,
    follow,
    followers,
    lines,
    open_streams,
    seqs,
    typed,
)
from tests.helpers import DEADLINE, Json, Peer, eventually, within
from tests.store_helpers import SECOND, T0, append_of, created, renaming, typing


@pytest.fixture
def plain_asgi() -> bool:
    return False


@pytest.fixture(autouse=True)
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """No look into the store that is due anyway makes up for a word that was never given."""
    monkeypatch.setattr(following, "HEARTBEAT_SECONDS", 10 * DEADLINE)


@pytest_asyncio.fixture
async def store(tmp_path: Path) -> AsyncIterator[SQLiteStore]:
    async with await SQLiteStore.open(tmp_path / "collab.db") as store:
        yield store


@pytest_asyncio.fixture
async def http() -> AsyncIterator[httpx.AsyncClient]:
    everybody = httpx.Limits(max_connections=None, max_keepalive_connections=0)
    async with httpx.AsyncClient(trust_env=False, timeout=DEADLINE, limits=everybody) as client:
        yield client


async def pages(http: httpx.AsyncClient, url: str, *, limit: int = 7, **query: Any) -> list[Json]:
    """The same, a page in JSON at a time."""
    found: list[Json] = []
    after: int | None = query.pop("after", 0)
    while after is not None:
        page = (await http.get(url, params={"after": after, "limit": limit, **query})).json()
        found += page["events"]
        after = page["next"]
    return found


# In lines.


async def test_lines_are_the_events_of_the_pages(
    store: SQLiteStore, serve: Serve, http: httpx.AsyncClient
) -> None:
    serving = await serve(store)
    url = serving.url + EVENTS
    await typed(serving, "doc", *(f"{number}\u2028\r\n😀" for number in range(30)))
    await store.pack("doc")
    await typed(serving, "doc", *"abcdefghij")
    assert 0 < (await store.stored("doc")).packed < 41
    whole = await pages(http, url)
    assert seqs(whole) == list(range(1, 42))
    assert await lines(http, url) == whole
    assert (
        await lines(http, url, after=5, until=38) == whole[5:38] == await pages(http, url, after=5, until=38)
    )
    assert await lines(http, url, after=41) == []


async def test_large_events_come_in_small_pages(
    serve: Serve, http: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(following, "PAGE_BYTES", 10_000)
    monkeypatch.setattr(following, "MAX_PAGE", 30)
    sizes: list[int] = []

    class Counting(MemoryStore):
        async def events(self, document: str, **options: Any) -> Any:
            found = await super().events(document, **options)
            sizes.append(sum(len(str(event.op)) for event in found))
            return found

    serving = await serve(Counting())
    peer = await typed(serving, "doc", *["x"] * 40)
    for _ in range(100):
        await peer.confirmed(await peer.edit(["x" * 2_000]))
    sizes.clear()
    assert seqs(await lines(http, serving.url + EVENTS)) == list(range(1, 142))
    # But for the page in which it is found out that they are large.
    assert sorted(sizes)[-2] <= 10_500


@pytest.mark.parametrize("headers", [LINES, LIVE])
async def test_an_answer_that_breaks_off_is_not_taken_for_whole(
    serve: Serve, http: httpx.AsyncClient, headers: Json
) -> None:
    class Failing(MemoryStore):
        async def log(self, *, after: int, limit: int = 1) -> Any:
            if after >= 16:
                raise StoreError("not now")
            return await super().log(after=after, limit=limit)

    serving = await serve(Failing())
    await typed(serving, "doc", *["x"] * 30)
    with pytest.raises(httpx.RemoteProtocolError, match="incomplete"):
        await http.get(f"{serving.url}/api/log?after=0", headers=headers)
    await eventually(lambda: open_streams(serving) == followers(serving) == 0)


# Live.


async def test_live_edits_are_told_as_they_are_made(serve: Serve, http: httpx.AsyncClient) -> None:
    serving = await serve()
    async with connect(serving.url, "doc") as doc:
        doc.insert(0, "before")
        await doc.saved()
        async with follow(http, serving.url + EVENTS, after=0) as follower:
            assert follower.response.headers["content-type"].startswith("text/event-stream")
            assert follower.response.headers["cache-control"] == "no-store"
            told = await follower.events(2)
            assert follower.retry > 0
            for letter in "live\n😀\u2028":
                doc.insert(0, letter)
                told += await follower.events(1)
            assert [event["op"][0] for event in told[1:]] == ["before", *"live\n😀\u2028"]
            assert told == await pages(http, serving.url + EVENTS)


async def test_one_who_comes_back_goes_on_exactly_where_it_was(
    store: SQLiteStore, serve: Serve, http: httpx.AsyncClient
) -> None:
    serving = await serve(store)
    url = serving.url + EVENTS
    await typed(serving, "doc", "x")

    async def type_on() -> None:
        async with connect(serving.url, "doc") as doc:
            for number in range(200):
                doc.insert(0, f"{number} ")
                await doc.saved()
            await store.pack("doc")
            doc.insert(0, "the end")
            await doc.saved()

    author = asyncio.create_task(type_on())
    told: list[Json] = []
    last, stay = "0", 0
    while len(told) < 203:
        stay += 1
        async with follow(http, url, last=last) as follower:
            told += await follower.events(min(stay, 203 - len(told)))
            last = follower.last
    await author
    assert told == await pages(http, url)


async def test_a_live_view_begins_with_the_newest_and_forgets_nothing_from_then_on(
    serve: Serve, http: httpx.AsyncClient
) -> None:
    serving = await serve()
    peer = await typed(serving, "doc", "one", "two")
    async with http.stream("GET", serving.url + EVENTS, headers=LIVE) as response:
        follower = Follower(response)
        start = [await follower._line() for _ in range(3)]
    # It went before anything happened, and knows all the same where it was.
    assert start[1:] == ["id: 3", ""]
    await peer.confirmed(await peer.edit(["three"]))
    async with follow(http, serving.url + EVENTS, last="3") as follower:
        assert seqs(await follower.events(1)) == [4]


@pytest.mark.parametrize("over", [False, True], ids=["going on", "at the end"])
async def test_what_comes_while_one_reads_is_told_next(over: bool) -> None:
    watching, log = Watching(), 1

    async def read(after: int, limit: int) -> list[Numbered]:
        nonlocal log
        found = [(seq, EventRow(seq, "edited", "c", seq, "a", 0)) for seq in range(after + 1, log + 1)]
        if log < 5:  # somebody else is just in time to be missed
            log += 1
            watching.grew("doc")
            if over and log == 5:
                watching.close()
        return found[:limit]

    pages = Pages(read, 0, None)
    await pages.prepare()
    told = live(pages, watching, "doc")
    assert b"id: 0\n" in await anext(told)
    for seq in range(1, 6):
        assert b"id: %d\n" % seq in await within(anext(told), seconds=5)
    if over:
        assert await within(anext(told, None), seconds=5) is None
    await told.aclose()
    assert not len(watching)


async def test_a_live_stream_of_old_versions_has_an_end(serve: Serve, http: httpx.AsyncClient) -> None:
    serving = await serve()
    await typed(serving, "doc", *"abcdef")
    async with follow(http, serving.url + EVENTS, after=2, until=5) as follower:
        assert seqs(await follower.rest()) == [3, 4, 5]
    again = await http.get(
        serving.url + EVENTS, params={"until": 5}, headers=LIVE | {"Last-Event-ID": follower.last}
    )
    assert (again.status_code, again.content) == (204, b"")


async def test_a_quiet_stream_shows_that_it_lives_and_finds_what_others_put_in_the_log(
    serve: Serve, http: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(following, "HEARTBEAT_SECONDS", 0.02)
    store = MemoryStore()
    serving = await serve(store)
    await created(store, "doc", edits=3)
    async with follow(http, serving.url + EVENTS) as follower:
        waiting = asyncio.create_task(follower.event())
        await eventually(lambda: follower.heartbeats > 2)
        await store.append(append_of("doc", 4, [Edited(["x"])]))  # nobody tells the server
        assert (await within(waiting))["seq"] == 5


# The whole log.


async def test_the_whole_log_is_told_in_the_order_of_commits(
    store: SQLiteStore, serve: Serve, http: httpx.AsyncClient
) -> None:
    serving = await serve(store)
    url = f"{serving.url}/api/log"
    names = [f"doc{number}" for number in range(6)]
    peers = [await Peer.joined(serving.url, name) for name in names]
    for turn in range(20):
        await asyncio.gather(*(peer.edit([f"{turn}"], base=1) for peer in peers))
    await asyncio.gather(*(peer.reached(21) for peer in peers))
    for name in names[::2]:
        await store.pack(name)
    for turn in range(5):
        await asyncio.gather(*(peer.edit([f"{turn}"], base=21) for peer in peers))
    await asyncio.gather(*(peer.reached(26) for peer in peers))
    whole = await lines(http, url)
    assert [event["position"] for event in whole] == list(range(1, 6 * 26 + 1))
    assert whole == await pages(http, url)
    for name in names:
        own = [event for event in whole if event["document"] == name]
        assert [
            {key: value for key, value in event.items() if key not in ("document", "position")}
            for event in own
        ] == await pages(http, f"{serving.url}/api/documents/{name}/events")
    async with follow(http, url, after=0) as follower:
        assert await follower.events(len(whole)) == whole
    async with follow(http, url, last="100") as follower:
        assert await follower.events(len(whole) - 100) == whole[100:]


async def test_the_whole_log_is_told_live_with_documents_that_are_new(
    serve: Serve, http: httpx.AsyncClient
) -> None:
    serving = await serve()
    await typed(serving, "old", "x")
    async with follow(http, f"{serving.url}/api/log") as follower:
        await http.post(f"{serving.url}/api/documents", json={"id": "new", "title": "New"})
        (event,) = await follower.events(1)
        assert (event["document"], event["type"], event["title"]) == ("new", "created", "New")
        async with connect(serving.url, "old") as old, connect(serving.url, "new") as new:
            for doc in (new, old, new):
                doc.insert(0, "y")
                await doc.saved()
        told = await follower.events(3)
        assert [(event["document"], event["seq"]) for event in told] == [("new", 2), ("old", 3), ("new", 3)]
        assert [event["position"] for event in told] == [4, 5, 6]


async def test_a_page_of_the_log_says_how_far_the_log_goes(serve: Serve, http: httpx.AsyncClient) -> None:
    serving = await serve()
    await typed(serving, "doc", *"abcd")
    first = (await http.get(f"{serving.url}/api/log", params={"limit": 2})).json()
    assert (seqs(first["events"]), first["next"], first["newest"]) == ([1, 2], 2, 5)
    last = (await http.get(f"{serving.url}/api/log", params={"after": 3, "limit": 2})).json()
    assert (seqs(last["events"]), last["next"], last["newest"]) == ([4, 5], None, 5)
    nothing = (await http.get(f"{serving.url}/api/log", params={"after": 5})).json()
    assert nothing == {"events": [], "next": None, "newest": 5}


@pytest.mark.parametrize("packed", [False, True], ids=["rows", "packed"])
async def test_an_event_of_a_newer_program_keeps_nobody_from_the_rest(
    store: SQLiteStore, serve: Serve, http: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch, packed: bool
) -> None:
    await created(store, "doc", edits=1)
    with monkeypatch.context() as newer:
        newer.setitem(events._NAMES, Renamed, ("pain\nted", 3))
        await store.append(renaming("doc", 2, "in a way that nobody knows here"))
    await store.append(typing("doc", 3))
    await created(store, "other", edits=1)
    if packed:
        await store.pack("doc")
    serving = await serve(store)
    url = f"{serving.url}/api/log"
    whole = await lines(http, url)
    assert [event["position"] for event in whole] == [1, 2, 3, 4, 5, 6]
    assert whole[2] == {
        **{"seq": 3, "type": "pain\nted", "version": 3, "client": "c1", "id": 2, "author": "ann"},
        **{"at": T0 + 2 * SECOND, "document": "doc", "position": 3, "unknown": True},
    }
    assert not any("unknown" in event for event in whole if event["position"] != 3)
    assert await pages(http, url) == whole
    async with follow(http, url, after=3) as follower:
        assert await follower.events(3) == whole[3:]
    for headers in ({}, LINES, LIVE):
        refused = await http.get(serving.url + EVENTS, params={"after": 1}, headers=headers)
        assert (refused.status_code, refused.json()["error"]["code"]) == (503, "unknown_event")
    async with http.stream("GET", url, params={"after": 2}, headers=LIVE) as response:
        follower = Follower(response)
        while not (line := await follower._line() or "").startswith("event:"):
            pass
        assert line == "event: pain ted"


# What is asked for.


@pytest.mark.parametrize(
    ("accept", "kind"),
    [
        ("*/*", "application/json"),
        ("", "application/json"),
        ("text/html", "application/json"),
        ("application/json, application/x-ndjson", "application/json"),
        ("application/json, */*;q=0.5", "application/json"),
        ("text/event-stream;q=0", "application/json"),
        ("text/event-stream;q=much", "application/json"),
        ("application/json;q=0.9, application/x-ndjson", "application/x-ndjson"),
        ("Application/X-NDJSON ; charset=utf-8", "application/x-ndjson"),
        ("text/event-stream;q=0.5, application/x-ndjson;q=0.8", "application/x-ndjson"),
        ("text/event-stream, */*", "text/event-stream"),
    ],
)
@pytest.mark.parametrize("path", [EVENTS, "/api/log"])
async def test_the_client_says_in_which_form(
    serve: Serve, http: httpx.AsyncClient, path: str, accept: str, kind: str
) -> None:
    serving = await serve()
    await typed(serving, "doc", "x")
    async with http.stream("GET", serving.url + path, headers={"Accept": accept}) as response:
        assert response.headers["content-type"].partition(";")[0] == kind
        # Who keeps one form must not take it for another.
        assert response.headers["vary"] == "Accept"


@pytest.mark.parametrize(
    ("path", "last", "status", "code"),
    [
        (EVENTS, "3", 404, "unknown_version"),
        (f"{EVENTS}?after=3", None, 404, "unknown_version"),
        (f"{EVENTS}?until=3", None, 404, "unknown_version"),
        (EVENTS, "x", 400, "invalid_name"),
        (EVENTS, "-1", 400, "invalid_name"),
        (EVENTS, "9" * 16, 400, "invalid_name"),
        (EVENTS, "", 400, "invalid_name"),
        (f"{EVENTS}?after=x", None, 400, "invalid_name"),
        ("/api/documents/none/events", "1", 404, "document_not_found"),
        ("/api/log", "3", 404, "unknown_position"),
        ("/api/log?after=3", None, 404, "unknown_position"),
        ("/api/log", "x", 400, "invalid_name"),
    ],
)
async def test_nobody_waits_for_what_makes_no_sense(
    serve: Serve, http: httpx.AsyncClient, path: str, last: str | None, status: int, code: str
) -> None:
    serving = await serve()
    await typed(serving, "doc", "x")
    headers = LIVE if last is None else LIVE | {"Last-Event-ID": last}
    async with http.stream("GET", serving.url + path, headers=headers) as response:
        assert response.status_code == status
        await response.aread()
    assert response.json()["error"]["code"] == code


@pytest.mark.parametrize("headers", [LINES, LIVE])
@pytest.mark.parametrize("path", [EVENTS, "/api/log"])
async def test_one_who_wants_the_head_only_gets_it(serve: Serve, path: str, headers: Json) -> None:
    serving = await serve()
    await serving.hub.create("doc", Identity("ana"))
    async with httpx.AsyncClient(trust_env=False, timeout=DEADLINE) as http:
        response = await http.head(serving.url + path, headers=headers)
        assert (response.status_code, response.content) == (200, b"")
        assert response.headers["content-type"].startswith(headers["Accept"])
        # The answer is over, so that the connection serves for the next one.
        assert (await http.get(f"{serving.url}/healthz")).status_code == 200
        assert len(serving.connections) == 1
        assert open_streams(serving) == 0
