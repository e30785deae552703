"""The HTTP API's writing side: edits beside those who type, names, and older versions brought back."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio

from collab.client import connect
from collab.clientele import MOST_ABSENT
from collab.limits import Limits
from collab.store.sqlite import SQLiteStore
from collab.web import queries
from tests.conftest import Serve
from tests.helpers import UNHURRIED, Json, Peer, Serving, within
from tests.writing_helpers import DOC, WRITES, content, done, events, made, refusal


@pytest.fixture
def plain_asgi() -> bool:
    return False


@pytest_asyncio.fixture
async def doc(http: httpx.AsyncClient) -> None:
    """A document "doc", which begins with "one two three"."""
    await made(http, content="one two three")


# Documents that begin with something.


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        pytest.param("plain 😀", "plain 😀", id="text"),
        pytest.param("", "", id="nothing"),
        pytest.param([], "", id="an empty list"),
        pytest.param(["a", "b"], "ab", id="text in pieces"),
        pytest.param("\ufeff\r\n\0", "\ufeff\r\n\0", id="odd characters"),
        pytest.param(
            ["a ", {"insert": "b", "attributes": {"bold": True}}, {"insert": {"image": "x.png"}}],
            ["a ", {"insert": "b", "attributes": {"bold": True}}, {"insert": {"image": "x.png"}}],
            id="formatted",
        ),
    ],
)
async def test_a_document_begins_with_what_it_is_given(
    http: httpx.AsyncClient, serving: Serving, given: Any, kept: Any
) -> None:
    row = await made(http, title="T", content=given)
    assert (row["version"], await content(http)) == (1, kept)
    joined = await Peer.joined(serving.url, "doc")
    assert (joined.version, joined.value) == (1, kept)
    compressed = await Peer.joined(serving.url, "doc", accept_encoding=["deflate"])
    assert compressed.value == kept
    follower = await Peer.joined(serving.url, "doc", since=0)
    assert [event["type"] for event in follower.events] == ["created"]
    assert follower.value == kept
    async with connect(serving.url, "doc") as client:
        assert client.content == kept
        client.edit(["> "])
        await within(client.saved())
    assert follower.welcome["title"] == "T"


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        pytest.param(b'{"content":[3,"x"]}', 400, "operation_past_end", id="retain"),
        pytest.param(b'{"content":[-1]}', 400, "operation_past_end", id="delete"),
        pytest.param(
            b'{"content":[{"retain":1,"attributes":{"b":1}}]}', 400, "operation_past_end", id="format"
        ),
        pytest.param(b'{"content":[{"insert":5}]}', 400, "operation_type", id="no insert"),
        pytest.param(b'{"content":[null]}', 400, "operation_type", id="null"),
        pytest.param(b'{"content":[0]}', 400, "operation_length", id="zero"),
        pytest.param(b'{"content":5}', 400, "invalid_name", id="number"),
        pytest.param(b'{"content":"\\ud800"}', 400, "invalid_name", id="half a pair"),
        pytest.param(b'{"content":["\\ud83d","\\ude00"]}', 400, "invalid_name", id="a pair in two pieces"),
        pytest.param(b'{"content":["x","%s"]}' % (b"y" * 2_000), 413, "document_too_large", id="too long"),
        pytest.param(b'{"content":' + b"[" * 5_000, 400, "invalid_name", id="deep"),
    ],
)
async def test_what_a_document_cannot_begin_with_is_refused(
    serve: Serve, body: bytes, status: int, code: str
) -> None:
    serving = await serve(limits=Limits(document=2_000))
    async with httpx.AsyncClient(base_url=serving.url, trust_env=False) as http:
        assert await refusal(http.post("/api/documents", content=body)) == (status, code)
        assert (await http.get("/api/documents")).json()["documents"] == []


# What isn't there, and what makes no sense.


@pytest.mark.parametrize(("method", "path", "body"), WRITES)
@pytest.mark.parametrize("headers", [{}, {"Idempotency-Key": "k"}])
async def test_a_document_that_is_not_there_is_not_made_by_a_change_to_it(
    http: httpx.AsyncClient, method: str, path: str, body: Json | None, headers: dict[str, str]
) -> None:
    asked = http.request(method, DOC + path, json=body, headers=headers)
    assert await refusal(asked) == (404, "document_not_found")
    assert (await http.get("/api/documents")).json()["documents"] == []


@pytest.mark.parametrize("path", ["/versions", "/undo?author=x"])
async def test_a_document_that_is_not_there_has_nothing_to_read(http: httpx.AsyncClient, path: str) -> None:
    assert await refusal(http.get(DOC + path)) == (404, "document_not_found")


@pytest.mark.usefixtures("doc")
@pytest.mark.parametrize(("method", "path", "good"), [write for write in WRITES if write[2] is not None])
@pytest.mark.parametrize(
    "body", [b"{", b"[]", b"\xff", b'{"unheard":1}', b'{"title":5,"op":5,"name":5,"version":"x","author":5}']
)
async def test_a_body_that_makes_no_sense_is_refused(
    http: httpx.AsyncClient, method: str, path: str, good: Json, body: bytes
) -> None:
    assert await refusal(http.request(method, DOC + path, content=body)) == (400, "invalid_name")
    assert len(await events(http)) == 1


@pytest.mark.usefixtures("doc")
@pytest.mark.parametrize(("method", "path", "good"), [write for write in WRITES if write[2] is not None])
async def test_a_body_that_is_too_large_is_refused(
    http: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch, method: str, path: str, good: Json
) -> None:
    monkeypatch.setattr(queries, "MAX_CONTENT", queries.MAX_BODY)
    asked = http.request(method, DOC + path, content=b" " * (queries.MAX_BODY + 1))
    assert await refusal(asked) == (413, "body_too_large")
    assert len(await events(http)) == 1


@pytest.mark.usefixtures("doc")
@pytest.mark.parametrize(
    ("method", "path", "body", "status", "code"),
    [
        ("POST", "/edits", {}, 400, "invalid_name"),
        ("POST", "/edits", {"op": ["x"], "text": "x"}, 400, "invalid_name"),
        ("POST", "/edits", {"op": [14, "x"]}, 400, "operation_past_end"),
        ("POST", "/edits", {"op": ["x", 0]}, 400, "operation_length"),
        ("POST", "/edits", {"op": [10**40]}, 400, "operation_length"),
        ("POST", "/edits", {"op": [[]]}, 400, "operation_type"),
        ("POST", "/edits", {"op": [1.5]}, 400, "operation_type"),
        ("POST", "/edits", {"op": ["x"], "base": 2}, 404, "unknown_version"),
        ("POST", "/edits", {"op": ["x"], "base": -1}, 404, "unknown_version"),
        ("POST", "/edits", {"op": ["x"], "base": 10**40}, 404, "unknown_version"),
        ("POST", "/edits", {"text": "x", "base": 2}, 404, "unknown_version"),
        ("POST", "/edits", {"text": "x", "base": -1}, 404, "unknown_version"),
        ("POST", "/edits", {"text": "one two three"}, 409, "nothing_to_do"),
        ("POST", "/edits", {"text": "", "base": 0}, 409, "nothing_to_do"),
        ("POST", "/edits", {"op": ["x" * 1_001]}, 413, "operation_too_large"),
        ("POST", "/edits", {"op": ["😀" * 501]}, 413, "operation_too_large"),
        ("POST", "/edits", {"text": "x" * 2_001}, 413, "document_too_large"),
        ("PATCH", "", {"title": "x" * 201}, 400, "invalid_name"),
        ("PATCH", "", {"title": "\a"}, 400, "invalid_name"),
        ("PATCH", "", {}, 400, "invalid_name"),
        ("POST", "/versions", {"name": " "}, 400, "invalid_name"),
        ("POST", "/versions", {"name": "x" * 201}, 400, "invalid_name"),
        ("POST", "/versions", {"name": "n", "version": 2}, 404, "unknown_version"),
        ("POST", "/versions", {"name": "n", "version": 0}, 404, "unknown_version"),
        ("PATCH", "/versions/1", {"name": "n"}, 404, "unknown_tag"),
        ("PATCH", "/versions/x", {"name": "n"}, 400, "invalid_name"),
        ("PATCH", "/versions/-1", {"name": "n"}, 400, "invalid_name"),
        ("DELETE", "/versions/1", None, 404, "unknown_tag"),
        ("DELETE", "/versions/1e3", None, 400, "invalid_name"),
        ("POST", "/restore", {"version": 1}, 409, "nothing_to_do"),
        ("POST", "/restore", {"version": 0}, 404, "unknown_version"),
        ("POST", "/restore", {"version": 2}, 404, "unknown_version"),
        ("POST", "/restore", {"version": 10**40}, 404, "unknown_version"),
        ("POST", "/undo", {"author": "nobody"}, 409, "nothing_to_do"),
        ("POST", "/undo", {"author": "guest", "until": 2}, 404, "unknown_version"),
        ("POST", "/undo", {"author": "guest", "after": 1}, 400, "invalid_name"),
        ("POST", "/undo", {"author": "guest", "after": -1}, 400, "invalid_name"),
        ("GET", "/undo", None, 400, "invalid_name"),
        ("GET", "/undo?author=nobody", None, 409, "nothing_to_do"),
        ("GET", "/undo?author=guest&until=2", None, 404, "unknown_version"),
        ("GET", "/undo?author=guest&until=x", None, 400, "invalid_name"),
        ("GET", "/undo?author=guest&cursor=-1", None, 400, "invalid_name"),
        ("GET", "/versions?cursor=x", None, 400, "invalid_name"),
        ("POST", "/fork", {"version": 2}, 404, "unknown_version"),
        ("POST", "/fork", {"version": -1}, 404, "unknown_version"),
        ("POST", "/fork", {"id": "doc"}, 409, "document_exists"),
        ("POST", "/fork", {"id": "a b"}, 400, "invalid_name"),
        ("POST", "/fork", {"title": "x" * 201}, 400, "invalid_name"),
    ],
)
async def test_what_cannot_be_done_is_refused_with_a_code(
    serve: Serve, method: str, path: str, body: Json | None, status: int, code: str
) -> None:
    serving = await serve(limits=UNHURRIED.__replace__(document=2_000, operation=1_000))
    async with httpx.AsyncClient(base_url=serving.url, trust_env=False) as http:
        await made(http, content="one two three")
        assert await refusal(http.request(method, DOC + path, json=body)) == (status, code)
        assert len(await events(http)) == 1
        assert len((await http.get("/api/documents")).json()["documents"]) == 1


@pytest.mark.parametrize(
    "body", [b'{"text":"\\ud83d"}', b'{"op":["\\ude00"]}', b'{"op":[{"insert":"\\udc00"}]}']
)
@pytest.mark.usefixtures("doc")
async def test_half_a_surrogate_pair_is_no_text(http: httpx.AsyncClient, body: bytes) -> None:
    assert (await refusal(http.post(DOC + "/edits", content=body)))[0] == 400
    assert await content(http) == "one two three"


async def test_a_pair_written_in_escapes_is_one_character(http: httpx.AsyncClient) -> None:
    await made(http, content="a😀b")
    await done(http.post(DOC + "/edits", content=b'{"op":[3,"\\ud83c\\udf89"]}'))
    assert await content(http) == "a😀🎉b"
    assert await refusal(http.post(DOC + "/edits", json={"op": [2, "x"]})) == (400, "operation_splits_pair")


# Edits.


@pytest.mark.usefixtures("doc")
async def test_an_edit_is_an_event_that_reaches_everybody(http: httpx.AsyncClient, serving: Serving) -> None:
    peer = await Peer.joined(serving.url, "doc")
    event = await done(http.post(DOC + "/edits", json={"op": [3, " and a half"]}))
    assert (event["seq"], event["type"], event["author"], event["client"]) == (2, "edited", "guest", "server")
    await peer.reached(2)
    assert peer.events == [event]
    assert peer.text == "one and a half two three"
    assert (await events(http))[1] == event


@pytest.mark.usefixtures("doc")
async def test_an_edit_of_an_older_version_keeps_what_came_since(
    http: httpx.AsyncClient, serving: Serving
) -> None:
    peer = await Peer.joined(serving.url, "doc")
    await peer.confirmed(await peer.edit([4, -4, "2 "]))
    event = await done(http.post(DOC + "/edits", json={"op": [13, "!"], "base": 1}))
    assert (event["op"], await content(http)) == ([11, "!"], "one 2 three!")
    await peer.reached(3)
    assert peer.text == "one 2 three!"


@pytest.mark.usefixtures("doc")
async def test_an_edit_that_does_not_fit_its_own_version_is_refused(http: httpx.AsyncClient) -> None:
    await done(http.post(DOC + "/edits", json={"op": [13, ", four and five"]}))
    response = await http.post(DOC + "/edits", json={"op": [14, "!"], "base": 1})
    problem = {"code": "operation_past_end", "reason": "operation spans 14 units, the text has 13"}
    assert (response.status_code, response.json()["error"]) == (400, problem)
    assert len(await events(http)) == 2


@pytest.mark.usefixtures("doc")
async def test_a_new_text_becomes_a_small_edit_and_keeps_what_is_typed_meanwhile(
    http: httpx.AsyncClient, serving: Serving
) -> None:
    async with connect(serving.url, "doc") as ann:
        base = ann.version
        ann.insert(13, ", four")
        await within(ann.saved())
        ann.insert(0, "zero, ")  # on its way when the new text comes
        event = await done(http.post(DOC + "/edits", json={"text": "one 2 three", "base": base}))
        assert sorted(str(step) for step in event["op"][1:]) == ["-3", "2"]
        await within(ann.reached(event["seq"]))
        await within(ann.saved())
        assert ann.text == "zero, one 2 three, four"
        assert ann.diverged == 0
    assert await content(http) == "zero, one 2 three, four"


async def test_a_new_text_of_a_formatted_document_keeps_the_formatting_of_what_stays(
    http: httpx.AsyncClient,
) -> None:
    await made(http, content=["plain ", {"insert": "bold", "attributes": {"bold": True}}])
    event = await done(http.post(DOC + "/edits", json={"text": "plain bold!"}))
    assert event["op"] == [10, "!"]
    assert await content(http) == ["plain ", {"insert": "bold", "attributes": {"bold": True}}, "!"]


async def test_what_is_too_old_to_be_carried_is_refused_until_it_is_made_anew(
    serve: Serve, tmp_path: Path
) -> None:
    async with await SQLiteStore.open(tmp_path / "collab.db") as store:
        first = await serve(store)
        async with httpx.AsyncClient(base_url=first.url, trust_env=False) as http:
            await made(http, content="end")
            for _ in range(6):
                await done(http.post(DOC + "/edits", json={"op": ["x"]}))
        await first.stop()
        second = await serve(store, limits=UNHURRIED.__replace__(bridge=5))
        async with httpx.AsyncClient(base_url=second.url, trust_env=False) as http:
            for wish in ({"op": [3, "!"], "base": 1}, {"text": "END", "base": 1}):
                assert await refusal(http.post(DOC + "/edits", json=wish)) == (409, "base_too_old")
            await done(http.post(DOC + "/edits", json={"op": [3, "!"], "base": 2}))
            assert await content(http) == "xxxxxxen!d"
        await second.drop()


async def test_too_much_at_once_is_refused_for_now(serve: Serve) -> None:
    serving = await serve(limits=Limits(edits_per_second=0.001, edit_burst=2))
    async with httpx.AsyncClient(base_url=serving.url, trust_env=False) as http:
        await made(http)
        for _ in range(2):
            await done(http.post(DOC + "/edits", json={"op": ["x"]}))
        assert await refusal(http.post(DOC + "/edits", json={"op": ["x"]})) == (429, "too_fast")


@pytest.mark.usefixtures("doc")
async def test_a_document_gets_another_title_everywhere(http: httpx.AsyncClient, serving: Serving) -> None:
    peer = await Peer.joined(serving.url, "doc")
    event = await done(http.patch(DOC, json={"title": " Some   numbers "}))
    assert (event["type"], event["title"]) == ("renamed", "Some numbers")
    await peer.reached(2)
    assert peer.events == [event]
    [row] = (await http.get("/api/documents")).json()["documents"]
    assert row["title"] == "Some numbers"


# Asked for twice.


@pytest.mark.usefixtures("doc")
@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("PATCH", "", {"title": "T"}),
        ("POST", "/edits", {"op": ["x"]}),
        ("POST", "/edits", {"text": "x"}),
        ("POST", "/versions", {"name": "n"}),
        ("PATCH", "/versions/3", {"name": "n"}),
        ("DELETE", "/versions/3", None),
        ("POST", "/restore", {"version": 1}),
        ("POST", "/undo", {"author": "guest", "after": 1}),
    ],
)
async def test_what_is_asked_for_with_one_key_is_done_once(
    http: httpx.AsyncClient, method: str, path: str, body: Json | None
) -> None:
    await done(http.post(DOC + "/edits", json={"op": ["y"]}))
    await done(http.post(DOC + "/versions", json={"name": "named"}))

    async def ask() -> httpx.Response:
        return await http.request(method, DOC + path, json=body, headers={"Idempotency-Key": "k"})

    together = await asyncio.gather(*(ask() for _ in range(4)))
    assert sorted(response.status_code for response in together) == [201, 409, 409, 409]
    [event] = [response.json() for response in together if response.status_code == 201]
    again = await ask()
    for response in [again, *(each for each in together if each.status_code == 409)]:
        error = response.json()["error"]
        assert (error["code"], error["seq"]) == ("already_done", event["seq"])
    assert await events(http) == [*(await events(http))[:3], event]
    assert (event["client"].partition("-")[0], event["id"]) == ("errand", event["seq"])


async def test_a_key_holds_across_a_restart_and_another_key_is_another_wish(
    serve: Serve, tmp_path: Path
) -> None:
    key = {"Idempotency-Key": "k"}
    async with await SQLiteStore.open(tmp_path / "collab.db") as store:
        for answer in (201, 409):
            serving = await serve(store)
            async with httpx.AsyncClient(base_url=serving.url, trust_env=False) as http:
                create = await http.post("/api/documents", json={"id": "doc"}, headers=key)
                fork = await http.post(DOC + "/fork", json={"id": "fork"}, headers=key)
                edit = await http.post(
                    DOC + "/edits", json={"op": ["x"]}, headers={"Idempotency-Key": "other"}
                )
                assert [create.status_code, fork.status_code, edit.status_code] == [answer] * 3
                if answer == 409:
                    codes = [response.json()["error"]["code"] for response in (create, fork, edit)]
                    assert codes == ["already_done"] * 3
                taken = await http.post(
                    "/api/documents", json={"id": "doc"}, headers={"Idempotency-Key": "z"}
                )
                assert taken.json()["error"]["code"] == "document_exists"
            await serving.stop()


@pytest.mark.usefixtures("doc")
@pytest.mark.parametrize("key", ["", "x" * 257])
async def test_a_key_is_a_word(http: httpx.AsyncClient, key: str) -> None:
    asked = http.post(DOC + "/edits", json={"op": ["x"]}, headers={"Idempotency-Key": key})
    assert await refusal(asked) == (400, "invalid_name")


@pytest.mark.usefixtures("doc")
async def test_errands_that_come_to_nothing_let_no_edit_be_taken_twice(
    http: httpx.AsyncClient, serving: Serving
) -> None:
    peer = await Peer.joined(serving.url, "doc")
    await peer.confirmed(await peer.edit(["x"]))
    await peer.close()
    for number in range(300):  # more than are remembered
        key = {"Idempotency-Key": str(number)}
        asked = http.post(DOC + "/edits", json={"text": "xone two three"}, headers=key)
        assert await refusal(asked) == (409, "nothing_to_do")
    back = await Peer.joined(serving.url, "doc", client=peer.client, key=peer.key)
    assert back.welcome["accepted"] == 1


@pytest.mark.usefixtures("doc")
async def test_errands_are_forgotten_and_still_done_once(http: httpx.AsyncClient, serving: Serving) -> None:
    async def ask(number: int) -> httpx.Response:
        key = {"Idempotency-Key": str(number)}
        return await http.post(DOC + "/edits", json={"op": ["x"]}, headers=key)

    for number in range(300):
        assert (await ask(number)).status_code == 201
    assert (await serving.room("doc")).remembered <= MOST_ABSENT
    error = (await ask(0)).json()["error"]
    assert (error["code"], error["seq"]) == ("already_done", 2)
