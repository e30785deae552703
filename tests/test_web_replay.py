"""Histories to be played: what comes over HTTP leads, event by event, to every version."""

from __future__ import annotations

from itertools import accumulate
from random import Random
from typing import Any

import httpx
import msgspec
import pytest
import pytest_asyncio

from collab.operation import Operation, apply, plain_text
from collab.store.memory import MemoryStore
from collab.store.sqlite import SQLiteStore
from collab.units import length
from collab.web import replaying
from tests.conftest import Serve
from tests.helpers import Serving
from tests.random_histories import RandomHistory


@pytest_asyncio.fixture(params=["memory", "sqlite", "packed"])
async def serving(request: pytest.FixtureRequest, serve: Serve, tmp_path: Any) -> Serving:
    """A server with a document "doc" of some hundred events, in stores that keep them differently."""
    memory = request.param == "memory"
    store = MemoryStore() if memory else await SQLiteStore.open(tmp_path / "log.db", packs=False)
    for append in RandomHistory(Random(5), "doc", asking=True).appends(300):
        await store.append(append)
    if request.param == "packed":
        await store.pack("doc")
    return await serve(store)


@pytest.fixture
def plain_asgi() -> bool:
    return False


def events_of(steps: list[list[Any]]) -> list[Operation]:
    """Each event by itself, as the description says how to take it out of its step."""
    ops: list[Operation] = []
    for op, *rest in steps:
        count, backwards = rest[0] if rest else 1, len(rest) == 2
        if count == 1:
            ops.append(op)
            continue
        place, what = op if len(op) == 2 else (0, op[0])
        for index in range(count):
            if isinstance(what, str):
                each = len(what) // count
                text = what[index * each : (index + 1) * each]
                at = place + length(what[: index * each])
                ops.append([at, text] if at else [text])
            else:
                size = -what // count
                at = place + size * (count - 1 - index) if backwards else place
                ops.append([at, -size] if at else [-size])
    return ops


async def replay(http: httpx.AsyncClient, **params: Any) -> dict[str, Any]:
    answer = await http.get("/api/documents/doc/replay", params=params)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def test_it_leads_through_every_version(http: httpx.AsyncClient, serving: Serving) -> None:
    events = await serving.hub.store.events("doc")
    page = await replay(http)
    assert (page["after"], page["until"], page["content"]) == (0, len(events), "")
    ops = events_of(page["steps"])
    assert len(ops) == len(events)
    mine, theirs = page["content"], page["content"]
    for op, event in zip(ops, events, strict=True):
        mine, theirs = apply(mine, op), apply(theirs, event.op or [])
        assert mine == theirs, event.seq
    authors = [author for author, count in page["turns"] for _ in range(count)]
    assert authors == [event.author for event in events]
    assert list(accumulate(page["times"])) == [event.at // 1000 for event in events]


@pytest.mark.parametrize(("after", "until"), [(0, 1), (17, 170), (170, 171), (250, 300)])
async def test_a_part_begins_with_its_content(
    http: httpx.AsyncClient, serving: Serving, after: int, until: int
) -> None:
    page = await replay(http, after=after, until=until)
    assert (page["after"], page["until"]) == (after, until)
    for version in (after, until):
        state = (await http.get("/api/documents/doc", params={"seq": version})).json()["content"]
        if version == after:
            content = page["content"]
            assert content == state
    for op in events_of(page["steps"]):
        content = apply(content, op)
    assert plain_text(content) == plain_text(state)
    assert len(page["times"]) == until - after == sum(count for _, count in page["turns"])


async def test_the_content_can_be_left_out(http: httpx.AsyncClient) -> None:
    with_it, without = (
        await replay(http, after=50, until=60),
        await replay(http, after=50, until=60, content="false"),
    )
    assert without == {**with_it, "content": None}


async def test_an_empty_part_is_a_part(http: httpx.AsyncClient) -> None:
    page = await replay(http, after=50, until=50)
    assert (page["until"], page["steps"], page["turns"], page["times"]) == (50, [], [], [])


@pytest.mark.parametrize(
    ("limit", "most"),
    [("MOST_EVENTS", 40), ("MOST_BYTES", 300), ("MOST_BYTES", 0)],
    ids=["events", "bytes", "none"],
)
async def test_a_page_is_bounded_and_says_where_it_ends(
    http: httpx.AsyncClient, serving: Serving, monkeypatch: pytest.MonkeyPatch, limit: str, most: int
) -> None:
    whole = events_of((await replay(http))["steps"])
    monkeypatch.setattr(replaying, limit, most)
    found: list[Operation] = []
    pages = 0
    while len(found) < len(whole):
        page = await replay(http, after=len(found), content="false")
        assert page["until"] > page["after"] == len(found)
        found += events_of(page["steps"])
        events = page["until"] - page["after"]
        assert page["until"] == len(found)
        assert events == len(page["times"]) == sum(count for _, count in page["turns"])
        pages += 1
    assert found == whole
    assert pages > 4


@pytest.mark.parametrize("most", [0, 30, 100])
async def test_a_run_of_heavy_events_is_cut_where_a_page_ends(
    http: httpx.AsyncClient, serving: Serving, monkeypatch: pytest.MonkeyPatch, most: int
) -> None:
    paste = "\n😀ab\n"
    pasted: list[Operation] = [[paste]]
    pasted += [[length(paste) * index, paste] for index in range(1, 20)]
    await http.post("/api/documents", json={"id": "heavy"})
    for op in pasted:
        await http.post("/api/documents/heavy/edits", json={"op": op})
    await serving.hub.store.pack("heavy")
    monkeypatch.setattr(replaying, "MOST_BYTES", most)
    found: list[Operation] = []
    while len(found) < len(pasted):
        params: dict[str, int | str] = {"after": 1 + len(found), "content": "false"}
        page = (await http.get("/api/documents/heavy/replay", params=params)).json()
        events = events_of(page["steps"])
        assert page["until"] - page["after"] == len(events) == len(page["times"])
        *before, _ = events
        assert sum(len(msgspec.json.encode(op[-1])) for op in before) <= most
        found += events
    assert found == pasted


async def test_pages_fit_together_although_somebody_edits_in_between(
    http: httpx.AsyncClient, serving: Serving, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(replaying, "MOST_EVENTS", 100)
    newest = (await http.get("/api/documents/doc")).json()["version"]
    whole: list[Operation] = []
    after = 0
    while after < newest:
        page = await replay(http, after=after, until=newest)
        assert (
            page["content"] == (await http.get("/api/documents/doc", params={"seq": after})).json()["content"]
        )
        whole += events_of(page["steps"])
        after = page["until"]
        await http.post("/api/documents/doc/edits", json={"op": ["x"]})
    assert len(whole) == newest == after
    assert (await http.get("/api/documents/doc")).json()["version"] > newest


async def test_a_part_of_the_past_never_changes(http: httpx.AsyncClient) -> None:
    params = {"after": 50, "until": 60}
    without = await http.get("/api/documents/doc/replay", params=params)
    assert without.headers["cache-control"] == "no-cache"  # tomorrow this may be another document's id
    epoch = without.json()["epoch"]
    answer = await http.get("/api/documents/doc/replay", params={**params, "epoch": epoch})
    assert "immutable" in answer.headers["cache-control"]
    again = await http.get(answer.request.url, headers={"If-None-Match": answer.headers["etag"]})
    assert again.status_code == 304
    newest = await http.get("/api/documents/doc/replay", params={"after": 50})
    assert newest.headers["cache-control"] == "no-cache"


@pytest.mark.parametrize(
    ("params", "status", "code"),
    [
        ({"after": 20, "until": 10}, 400, "invalid_name"),
        ({"after": 10_000}, 404, "unknown_version"),
        ({"until": 10_000}, 404, "unknown_version"),
        ({"after": "x"}, 400, "invalid_name"),
        ({"content": "perhaps"}, 400, "invalid_name"),
    ],
)
async def test_what_makes_no_sense_is_refused(
    http: httpx.AsyncClient, params: dict[str, Any], status: int, code: str
) -> None:
    answer = await http.get("/api/documents/doc/replay", params=params)
    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)


# Searching, sessions and the timeline, of the same documents.


async def test_a_text_is_found_when_it_appeared_and_when_it_was_gone(
    http: httpx.AsyncClient, serving: Serving
) -> None:
    events = await serving.hub.store.events("doc")
    content: Any = ""
    was, expected = False, []
    for event in events:
        content = apply(content, event.op or [])
        if ("ab" in plain_text(content)) is not was:
            was = not was
            expected.append(("appeared" if was else "disappeared", event.seq, event.author))
    page = (await http.get("/api/documents/doc/search", params={"q": "ab"})).json()
    assert [(each["kind"], each["version"], each["author"]) for each in page["found"]] == expected
    assert expected
    found = page["found"]
    cursor: int | None = 0
    paged = []
    while cursor is not None:
        params: dict[str, str | int] = {"q": "ab", "limit": 2, "cursor": cursor}
        answer = (await http.get("/api/documents/doc/search", params=params)).json()
        paged += answer["found"]
        cursor = answer["next"]
    assert paged == found


@pytest.mark.parametrize("q", ["", "x" * 201, None])
async def test_what_cannot_be_searched_for_is_refused(http: httpx.AsyncClient, q: str | None) -> None:
    answer = await http.get("/api/documents/doc/search", params={} if q is None else {"q": q})
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "invalid_name")


async def test_sessions_after_a_version_are_those_that_went_on(http: httpx.AsyncClient) -> None:
    sessions = (await http.get("/api/documents/doc/sessions", params={"after": 200})).json()["sessions"]
    assert min(session["first"] for session in sessions) > 200
    events = (await http.get("/api/documents/doc/events", params={"after": 200})).json()["events"]
    assert sum(session["edits"] for session in sessions) == sum(bool(event.get("op")) for event in events)
    nothing = await http.get("/api/documents/doc/sessions", params={"after": events[-1]["seq"]})
    assert nothing.json()["sessions"] == []
    assert (await http.get("/api/documents/doc/sessions", params={"after": 10_000})).status_code == 404


async def test_a_session_that_was_going_on_begins_behind_the_version(http: httpx.AsyncClient) -> None:
    await http.post("/api/documents", json={"id": "short"})
    for op in (["a"], [1, "b"], [2, "c"]):
        await http.post("/api/documents/short/edits", json={"op": op})
    told = []
    for after in (0, 2, 4):
        answer = await http.get("/api/documents/short/sessions", params={"after": after})
        told.append([(each["first"], each["last"], each["edits"]) for each in answer.json()["sessions"]])
    assert told == [[(2, 4, 3)], [(3, 4, 2)], []]


async def test_a_document_without_any_edit_can_be_asked_everything(http: httpx.AsyncClient) -> None:
    await http.post("/api/documents", json={"id": "empty"})
    page = (await http.get("/api/documents/empty/replay")).json()
    assert (page["content"], page["steps"], page["until"]) == ("", [[[]]], 1)
    nothing = (await http.get("/api/documents/empty/replay", params={"until": 0})).json()
    assert (nothing["content"], nothing["steps"], nothing["until"], nothing["times"]) == ("", [], 0, [])
    found = (await http.get("/api/documents/empty/search", params={"q": "a"})).json()
    assert (found["found"], found["next"]) == ([], None)
    buckets = (await http.get("/api/documents/empty/timeline", params={"by": "version"})).json()["buckets"]
    assert [(each["first"], each["last"], each["edits"]) for each in buckets] == [(1, 1, 0)]


async def test_a_timeline_goes_by_time_or_by_version(http: httpx.AsyncClient) -> None:
    by_version = (
        await http.get("/api/documents/doc/timeline", params={"by": "version", "buckets": 10})
    ).json()
    sizes = [bucket["last"] - bucket["first"] + 1 for bucket in by_version["buckets"]]
    assert len(sizes) == 10
    assert max(sizes) - min(sizes) <= 1
    by_time = (await http.get("/api/documents/doc/timeline", params={"buckets": 10})).json()
    assert (
        by_time
        == (await http.get("/api/documents/doc/timeline", params={"by": "time", "buckets": 10})).json()
    )
    assert sum(b["edits"] for b in by_time["buckets"]) == sum(b["edits"] for b in by_version["buckets"])
    refused = await http.get("/api/documents/doc/timeline", params={"by": "author"})
    assert (refused.status_code, refused.json()["error"]["code"]) == (400, "invalid_name")
