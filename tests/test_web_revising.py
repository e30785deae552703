"""Older versions, names for them and forks over HTTP."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest
import pytest_asyncio

from collab.client import SharedDocument, connect
from collab.messages import EventRow
from collab.operation import Operation
from collab.store.sqlite import SQLiteStore
from tests.conftest import Serve
from tests.helpers import Json, Peer, Serving, agree, within
from tests.writing_helpers import DOC, WRITES, content, done, events, made, refusal


@pytest.fixture
def plain_asgi() -> bool:
    return False


@pytest_asyncio.fixture
async def doc(http: httpx.AsyncClient) -> None:
    """A document "doc", which begins with "one two three"."""
    await made(http, content="one two three")


# Names for versions.


@pytest.mark.usefixtures("doc")
async def test_versions_are_named_renamed_and_let_go_of(http: httpx.AsyncClient, serving: Serving) -> None:
    peer = await Peer.joined(serving.url, "doc")
    first = await done(http.post(DOC + "/versions", json={"name": " first  draft ", "version": 1}))
    newest = await done(http.post(DOC + "/versions", json={"name": "newest 🎉"}))
    assert (first["type"], first["of_version"], first["name"], newest["of_version"]) == (
        *("tagged", 1, "first draft"),
        2,
    )
    listed = (await http.get(DOC + "/versions")).json()
    assert [(row["number"], row["version"], row["name"]) for row in listed["versions"]] == [
        (2, 1, "first draft"),
        (3, 2, "newest 🎉"),
    ]
    assert (listed["versions"][0]["author"], listed["next"]) == ("guest", None)
    page = (await http.get(DOC + "/versions?limit=1")).json()
    rest = (await http.get(f"{DOC}/versions?cursor={page['next']}")).json()
    assert page["versions"] + rest["versions"] == listed["versions"]
    taken = http.post(DOC + "/versions", json={"name": "first draft"})
    assert await refusal(taken) == (409, "tag_exists")
    taken = http.patch(DOC + "/versions/3", json={"name": "first draft"})
    assert await refusal(taken) == (409, "tag_exists")
    renamed = await done(http.patch(DOC + "/versions/2", json={"name": "draft"}))
    gone = await done(http.delete(DOC + "/versions/3"))
    assert (renamed["tag"], renamed["name"], gone["tag"], gone["type"]) == (2, "draft", 3, "untagged")
    assert await refusal(http.delete(DOC + "/versions/3")) == (404, "unknown_tag")
    assert [row["name"] for row in (await http.get(DOC + "/versions")).json()["versions"]] == ["draft"]
    await peer.reached(gone["seq"])
    assert peer.events == [first, newest, renamed, gone]
    assert peer.text == "one two three"


# Older versions brought back.


@pytest.mark.usefixtures("doc")
async def test_an_older_version_is_brought_back_by_one_event(http: httpx.AsyncClient) -> None:
    await done(http.post(DOC + "/edits", json={"op": [4, -4]}))
    await done(http.post(DOC + "/edits", json={"op": [9, {"insert": "!", "attributes": {"bold": True}}]}))
    event = await done(http.post(DOC + "/restore", json={"version": 1}))
    assert (event["type"], event["of_version"], event["seq"]) == ("restored", 1, 4)
    assert await content(http) in ("one two three", ["one two three"])
    forth = await done(http.post(DOC + "/restore", json={"version": 3}))
    assert (forth["of_version"], await content(http)) == (3, await content(http, seq=3))


@pytest.mark.usefixtures("doc")
async def test_one_authors_edits_are_undone_and_the_rest_stays(
    http: httpx.AsyncClient, serving: Serving
) -> None:
    ana, bo = await Peer.joined(serving.url, "doc"), await Peer.joined(serving.url, "doc")
    await ana.confirmed(await ana.edit([3, " 😀 and a half"]))
    await bo.reached(2)
    await bo.confirmed(await bo.edit([3, -7, 7, "!"]))
    author = ana.welcome["you"]["author"]
    preview = (await http.get(DOC + "/undo", params={"author": author})).json()
    assert (preview["edits"], preview["version"], preview["after"], preview["until"]) == (1, 3, 0, 3)
    assert preview["operation"] == [3, -7]
    assert [part["kind"] for part in preview["parts"]] == ["kept", "deleted", "kept"]
    [obstacle] = preview["obstacles"]
    assert (obstacle["author"], obstacle["deleted"]) == (bo.welcome["you"]["author"], 7)
    paged = (await http.get(DOC + "/undo", params={"author": author, "limit": 2})).json()
    assert (paged["parts"], paged["next"]) == (preview["parts"][:2], 2)
    rest = (await http.get(DOC + "/undo", params={"author": author, "cursor": 2})).json()
    assert (rest["parts"], rest["next"]) == (preview["parts"][2:], None)
    assert len(await events(http)) == 3
    event = await done(http.post(DOC + "/undo", json={"author": author}))
    assert (event["type"], event["of_author"], event["after"], event["until"]) == ("undone", author, 0, 3)
    assert (event["op"], await content(http)) == (preview["operation"], "one! two three")
    assert await refusal(http.post(DOC + "/undo", json={"author": author})) == (409, "nothing_to_do")


async def test_what_is_brought_back_reaches_those_with_pending_edits(
    http: httpx.AsyncClient, serving: Serving
) -> None:
    await made(http, content="one two three")
    held = False
    heard: list[str] = []

    def note(event: EventRow, _: Operation) -> None:
        heard.append(event.type)

    ann = SharedDocument(serving.url, "doc", gate=lambda _: not held, on_event=note, coalesce=False)
    async with ann, connect(serving.url, "doc") as bob:
        await done(http.post(DOC + "/edits", json={"op": [4, -4, "2 "]}))
        await within(ann.reached(2))
        author = bob.author
        bob.insert(0, "> ")
        await within(bob.saved())
        await within(ann.reached(3))
        for path, wish in (
            ("/undo", {"author": author}),
            ("/restore", {"version": 1}),
            ("/versions", {"name": "n"}),
            ("/undo", {"author": "guest", "after": 3}),
            ("/edits", {"text": "1 2 3"}),
            ("/restore", {"version": 1}),
        ):
            held = True
            event = await done(http.post(DOC + path, json=wish))
            ann.insert(len(ann.text), f"<{event['seq']}>")  # without having seen it
            ann.insert(1, f"({event['seq']})")
            held = False
            ann.integrate_waiting()
            agreed = await agree(ann, bob)
            assert f"<{event['seq']}>" in agreed
            assert f"({event['seq']})" in agreed
            assert await content(http) == agreed
        assert (ann.diverged, bob.diverged) == (0, 0)
    assert [kind for kind in heard if kind != "edited"] == "undone restored tagged undone restored".split()


async def test_the_log_of_all_that_can_be_asked_for_is_read_back_as_it_was_told(
    serve: Serve, tmp_path: Path
) -> None:
    async with await SQLiteStore.open(tmp_path / "collab.db") as store:
        first = await serve(store)
        peer = await Peer.joined(first.url, "doc", since=0)  # so the server made it for somebody else
        await peer.confirmed(await peer.edit(["one 😀"]))
        async with httpx.AsyncClient(base_url=first.url, trust_env=False) as http:
            for method, path, body in (
                ("PATCH", "", {"title": "T"}),
                ("POST", "/edits", {"text": "one"}),
                ("POST", "/versions", {"name": "n"}),
                ("PATCH", "/versions/5", {"name": "m"}),
                ("POST", "/restore", {"version": 2}),
                ("POST", "/undo", {"author": "guest"}),
                ("DELETE", "/versions/5", None),
            ):
                key = {"Idempotency-Key": path} if method == "POST" else {}
                event = await done(http.request(method, DOC + path, json=body, headers=key))
            await peer.reached(event["seq"])
        await first.stop()
        second = await serve(store)
        async with httpx.AsyncClient(base_url=second.url, trust_env=False) as http:
            assert await events(http) == peer.events
            assert await content(http) == peer.value
            assert [event["author"] for event in peer.events[2:]] == ["guest"] * 7
        await second.drop()


# Forks.


async def test_a_fork_remembers_where_it_is_from(http: httpx.AsyncClient, serving: Serving) -> None:
    rich = ["one ", {"insert": "two 😀", "attributes": {"bold": True}}]
    await made(http, title="Numbers", content=rich)
    await done(http.post(DOC + "/edits", json={"op": ["x"]}))
    response = await http.post(DOC + "/fork", json={"version": 1, "id": "old", "title": "Old"})
    row = await done(_just(response))
    assert (row["id"], row["title"], row["version"]) == ("old", "Old", 1)
    assert response.headers["location"] == "/api/documents/old"
    origin = (await http.get(DOC)).json()
    [event] = await events(http, "old")
    assert event["origin"] == {"document": "doc", "epoch": origin["epoch"], "version": 1}
    assert event["epoch"] != origin["epoch"]
    assert await content(http, "old") == rich
    newest = await done(http.post(DOC + "/fork"))
    assert (newest["title"], await content(http, newest["id"])) == ("Numbers", ["xone ", rich[1]])
    # It goes its own way.
    peer = await Peer.joined(serving.url, "old", since=0)
    await peer.confirmed(await peer.edit([-4]))
    runs = (await http.get("/api/documents/old/blame")).json()["runs"]
    assert [(run["text"], run["credit"]["author"], run["credit"]["first"]) for run in runs] == [
        ("two 😀", "guest", 1)
    ]
    parts = (await http.get("/api/documents/old/diff", params={"from": 1})).json()["parts"]
    assert [part["kind"] for part in parts] == ["deleted", "kept"]
    await done(http.post("/api/documents/old/restore", json={"version": 1}))
    assert await content(http, "old") == rich
    assert await content(http) == ["xone ", rich[1]]


async def _just(response: httpx.Response) -> httpx.Response:
    return response


@pytest.mark.usefixtures("doc")
async def test_a_fork_of_a_fork_names_the_nearest(http: httpx.AsyncClient) -> None:
    await done(http.post(DOC + "/fork", json={"id": "one"}))
    await done(http.post("/api/documents/one/fork", json={"id": "two"}))
    [event] = await events(http, "two")
    assert event["origin"]["document"] == "one"


@pytest.mark.parametrize(
    ("method", "path", "body"), [("POST", "", {"id": "x"}), *((m, "/doc" + p, b) for m, p, b in WRITES)]
)
async def test_a_foreign_page_changes_nothing(
    http: httpx.AsyncClient, method: str, path: str, body: Json | None
) -> None:
    await made(http)
    foreign = {"Origin": "http://evil.example"}
    response = await http.request(method, f"/api/documents{path}", json=body, headers=foreign)
    assert response.status_code == 403
    assert len(await events(http)) == 1
