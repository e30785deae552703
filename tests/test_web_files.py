"""Documents as files over HTTP: what they hold at any version, and whole histories that come back to the byte."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio

from collab import chain
from collab.client import SharedDocument, connect
from collab.segments import Row
from collab.store.memory import MemoryStore
from collab.store.sqlite import SQLiteStore
from tests.conftest import Serve
from tests.helpers import UNHURRIED, Json, Peer, Serving, within

DOC = "/api/documents/doc"
NDJSON = "application/x-ndjson"
RICH = ["one 😀 ", {"insert": "two", "attributes": {"bold": True}}, {"insert": {"image": "x.png"}}]


@pytest.fixture
def plain_asgi() -> bool:
    return False


@pytest_asyncio.fixture
async def serving(serve: Serve, tmp_path: Path) -> AsyncIterator[Serving]:
    async with await SQLiteStore.open(tmp_path / "collab.db") as store:
        serving = await serve(store)
        yield serving
        await serving.drop()


@pytest_asyncio.fixture(params=["memory", "sqlite"])
async def elsewhere(
    serve: Serve, tmp_path: Path, request: pytest.FixtureRequest
) -> AsyncIterator[httpx.AsyncClient]:
    """Another server, with a store of either kind."""
    path = tmp_path / "elsewhere.db"
    async with MemoryStore() if request.param == "memory" else await SQLiteStore.open(path) as store:
        serving = await serve(store)
        async with httpx.AsyncClient(base_url=serving.url, trust_env=False) as client:
            yield client
        await serving.drop()


async def ask(http: httpx.AsyncClient, method: str, path: str, body: Json | None = None) -> Json:
    response = await http.request(method, path, json=body)
    assert response.status_code == 201, response.text
    row: Json = response.json()
    return row


async def lived(http: httpx.AsyncClient, serving: Serving) -> Peer:
    """A document "doc" in whose history there is everything that there can be; one who typed in it."""
    await ask(http, "POST", "/api/documents", {"id": "doc", "title": "Numbers", "content": RICH})
    peer = await Peer.joined(serving.url, "doc")
    await peer.confirmed(await peer.edit(["zero 🎉 "]))
    await ask(
        http, "POST", f"{DOC}/edits", {"op": [2, {"retain": 2, "attributes": {"b": None}}, "é\u2028\0"]}
    )
    await ask(http, "POST", f"{DOC}/versions", {"name": "first 😀", "version": 1})
    await ask(http, "POST", f"{DOC}/versions", {"name": "other"})
    await ask(http, "PATCH", f"{DOC}/versions/4", {"name": "the first"})
    await ask(http, "DELETE", f"{DOC}/versions/5")
    await ask(http, "POST", f"{DOC}/undo", {"author": "guest", "after": 1})
    await ask(http, "POST", f"{DOC}/restore", {"version": 1})
    await ask(http, "PATCH", DOC, {"title": "Words"})
    headers = {"Idempotency-Key": "k"}
    assert (await http.post(f"{DOC}/edits", json={"op": ["end "]}, headers=headers)).status_code == 201
    await peer.reached(11)
    return peer


async def exported(http: httpx.AsyncClient, document: str = "doc") -> bytes:
    response = await http.get(f"/api/documents/{document}/export?format=history")
    assert response.status_code == 200, response.text
    return response.content


async def imported(http: httpx.AsyncClient, archive: Any, **query: str) -> httpx.Response:
    return await http.post("/api/import", content=archive, params=query)


async def refusal(response: httpx.Response) -> tuple[int, str, str]:
    error = response.json()["error"]
    return response.status_code, error["code"], error["reason"]


# Out.


async def test_a_document_is_a_text_at_any_version(http: httpx.AsyncClient, serving: Serving) -> None:
    peer = await lived(http, serving)
    at = datetime.fromisoformat((await http.get(DOC, params={"seq": 1})).json()["at"])
    now = datetime.now(UTC) + timedelta(days=1)
    first = "one 😀 two\ufffc"
    for query, text in (
        ({}, peer.text),
        ({"seq": "1"}, first),
        ({"seq": "2"}, "zero 🎉 " + first),
        ({"seq": "0"}, ""),
        ({"at": at.isoformat()}, first),
        ({"at": now.isoformat()}, peer.text),
    ):
        for format_, suffix, kind in (("text", "txt", "text/plain"), ("markdown", "md", "text/markdown")):
            response = await http.get(f"{DOC}/export", params={"format": format_, **query})
            assert (response.status_code, response.content) == (200, text.encode())
            assert response.headers["content-type"] == f"{kind}; charset=utf-8"
            assert response.headers["content-disposition"] == f'attachment; filename="doc.{suffix}"'
    assert (await http.get(f"{DOC}/export")).content == peer.text.encode()


async def test_a_document_is_its_content_in_json_at_any_version(
    http: httpx.AsyncClient, serving: Serving
) -> None:
    peer = await lived(http, serving)
    for query, content in (({}, peer.value), ({"seq": 1}, RICH), ({"seq": 0}, "")):
        response = await http.get(f"{DOC}/export", params={"format": "json", **query})
        assert response.json() == (await http.get(DOC, params=query)).json()
        assert response.json()["content"] == content
        assert response.headers["content-disposition"] == 'attachment; filename="doc.json"'
    first = (await http.get(DOC, params={"seq": 1})).json()
    at = await http.get(f"{DOC}/export", params={"format": "json", "at": first["at"]})
    assert at.json() == first


async def test_a_history_is_a_line_for_each_event_between_two_more(
    http: httpx.AsyncClient, serving: Serving
) -> None:
    peer = await lived(http, serving)
    response = await http.get(f"{DOC}/export?format=history")
    assert response.headers["content-type"].startswith(NDJSON)
    assert response.headers["content-disposition"] == 'attachment; filename="doc.ndjson"'
    assert response.content.endswith(b"\n")
    first, *events, last = (json.loads(line) for line in response.content.split(b"\n")[:-1])
    assert (first["document"], first["version"], len(events)) == ("doc", 11, 11)
    told = (await http.get(f"{DOC}/events")).json()["events"]
    assert [(event[0], event[2], event[3], event[4]) for event in events] == [
        (event["type"], event["client"], event["author"], event["seq"]) for event in told
    ]
    assert len(last["digest"]) == 64
    assert peer.client in {client for client, _, _ in last["clients"]}
    assert peer.key.encode() not in response.content


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("none/export", 404, "document_not_found"),
        ("none/export?format=history", 404, "document_not_found"),
        ("none/export?format=json", 404, "document_not_found"),
        ("doc/export?format=pdf", 400, "invalid_name"),
        ("doc/export?format=", 400, "invalid_name"),
        ("doc/export?seq=12", 404, "unknown_version"),
        ("doc/export?seq=x", 400, "invalid_name"),
        ("doc/export?format=json&seq=12", 404, "unknown_version"),
        ("doc/export?at=2020-01-01T00:00Z", 404, "not_created_yet"),
        ("doc/export?at=2020-01-01T00:00", 400, "invalid_name"),
        ("doc/export?at=2020-01-01T00:00Z&seq=1", 400, "invalid_name"),
        ("doc/export?format=history&seq=1", 400, "invalid_name"),
        ("doc/export?format=history&at=2020-01-01T00:00Z", 400, "invalid_name"),
    ],
)
async def test_what_there_is_not_is_not_exported(
    http: httpx.AsyncClient, serving: Serving, path: str, status: int, code: str
) -> None:
    await lived(http, serving)
    response = await http.get(f"/api/documents/{path}")
    assert (await refusal(response))[:2] == (status, code)
    assert "content-disposition" not in response.headers


async def test_a_json_export_is_not_sent_to_who_has_it(http: httpx.AsyncClient, serving: Serving) -> None:
    await lived(http, serving)
    first = await http.get(f"{DOC}/export?format=json&seq=1")
    known = {"If-None-Match": first.headers["etag"]}
    again = await http.get(f"{DOC}/export?format=json&seq=1", headers=known)
    assert (again.status_code, again.content) == (304, b"")


# And in.


async def test_a_history_comes_back_to_the_byte_on_another_server(
    http: httpx.AsyncClient, serving: Serving, elsewhere: httpx.AsyncClient
) -> None:
    await lived(http, serving)
    archive = await exported(http)
    response = await imported(elsewhere, archive)
    assert response.status_code == 201
    assert response.headers["location"] == DOC
    listed = (await http.get("/api/documents")).json()["documents"][0]
    assert response.json().items() <= listed.items()
    assert await exported(elsewhere) == archive
    for path in ("", "?seq=3", "/events", "/blame", "/diff?from=1", "/timeline", "/sessions", "/versions"):
        assert (await elsewhere.get(DOC + path)).json() == (await http.get(DOC + path)).json(), path


async def test_a_history_goes_through_another_id_and_comes_back(
    http: httpx.AsyncClient, serving: Serving, elsewhere: httpx.AsyncClient
) -> None:
    await lived(http, serving)
    archive = await exported(http)
    response = await imported(http, archive, id="copy")
    assert (response.status_code, response.json()["id"]) == (201, "copy")
    copied = await exported(http, "copy")
    assert copied != archive
    assert copied.split(b"\n")[1:-2] == archive.split(b"\n")[1:-2]
    assert (await imported(elsewhere, copied, id="doc")).status_code == 201
    assert await exported(elsewhere) == archive


async def test_an_imported_document_goes_on_live(
    http: httpx.AsyncClient, serving: Serving, elsewhere: httpx.AsyncClient
) -> None:
    peer = await lived(http, serving)
    await imported(elsewhere, await exported(http))
    url = str(elsewhere.base_url)
    # Who typed there is known here by the same key, and nobody else is.
    back = await Peer.joined(url, "doc", client=peer.client, key=peer.key)
    assert (back.welcome["accepted"], back.value, back.welcome["title"]) == (1, peer.value, "Words")
    stranger = await Peer.open(url, "doc", client=peer.client)
    await stranger.say("hello", client=peer.client, key="k" * 32, schema=1)
    assert (await stranger.closed())[0] == 4401
    follower = await Peer.joined(url, "doc", since=0)
    assert follower.events[1:] == peer.events
    async with connect(url, "doc") as doc:
        doc.insert(0, "on ")
        await within(doc.saved())
    event = await ask(elsewhere, "POST", f"{DOC}/restore", {"version": 2})
    await follower.reached(event["seq"])
    assert follower.value == (await http.get(DOC, params={"seq": 2})).json()["content"]
    # What was asked for with a key there isn't done again here.
    again = await elsewhere.post(f"{DOC}/edits", json={"op": ["x"]}, headers={"Idempotency-Key": "k"})
    assert (again.status_code, again.json()["error"]["seq"]) == (409, 11)


async def test_a_long_history_comes_back_piece_by_piece(
    http: httpx.AsyncClient, serving: Serving, elsewhere: httpx.AsyncClient
) -> None:
    async with SharedDocument(serving.url, "doc", coalesce=False) as doc:
        for _ in range(3_000):
            doc.insert(0, "x")
        await within(doc.saved())
    async with http.stream("GET", f"{DOC}/export?format=history") as response:
        parts = [part async for part in response.aiter_raw()]
    assert len(parts) > 1
    archive = b"".join(parts)

    async def crumbs() -> AsyncIterator[bytes]:
        for start in range(0, len(archive), 777):
            yield archive[start : start + 777]

    assert (await imported(elsewhere, crumbs())).status_code == 201
    assert await exported(elsewhere) == archive
    assert (
        await imported(elsewhere, archive[:-1], id="unended")
    ).status_code == 201  # its last line has no end


async def test_a_taken_id_stays_who_it_is(http: httpx.AsyncClient, serving: Serving) -> None:
    await lived(http, serving)
    archive = await exported(http)
    assert (await refusal(await imported(http, archive)))[:2] == (409, "document_exists")
    assert await exported(http) == archive


CHANGES = [
    pytest.param(1, b'"collab":"history"', b'"collab":"future"', id="of another kind"),
    pytest.param(1, b'"format":1', b'"format":2', id="of a newer format"),
    pytest.param(1, b'"version":11', b'"version":0', id="of no events"),
    pytest.param(2, b'"created"', b'"renamed"', id="no creation"),
    pytest.param(3, b"zero", b"\xff\xfe", id="no UTF-8"),
    pytest.param(3, b'"edited"', b'"painted"', id="a type that isn't known"),
    pytest.param(3, b"]]]", b"]]", id="no JSON"),
    pytest.param(4, b"[2,", b"[9999,", id="an edit that doesn't fit"),
    pytest.param(4, b"[2,", b"[0,", id="an edit that is none"),
    pytest.param(5, b'"tagged"', b'"tagged","tagged"', id="a field too many"),
    pytest.param(7, b'"tag":4', b'"tag":9', id="a tag that there isn't"),
    pytest.param(9, b",8,0,", b",9,0,", id="out of order"),
]


@pytest.mark.parametrize(("line", "old", "new"), CHANGES)
async def test_a_line_that_cannot_be_is_named_by_its_number(
    http: httpx.AsyncClient, serving: Serving, elsewhere: httpx.AsyncClient, line: int, old: bytes, new: bytes
) -> None:
    await lived(http, serving)
    lines = (await exported(http)).split(b"\n")
    assert old in lines[line - 1], lines[line - 1]
    lines[line - 1] = lines[line - 1].replace(old, new, 1)
    status, code, reason = await refusal(await imported(elsewhere, b"\n".join(lines)))
    assert (status, code) == (400, "bad_archive")
    assert reason.startswith(f"line {line}: "), reason
    assert (await elsewhere.get("/api/documents")).json()["documents"] == []


@pytest.mark.parametrize(
    ("line", "old", "new"),
    [
        pytest.param(3, b"zero", b"nine", id="text"),
        pytest.param(3, b"zero", b"zer\\u006f", id="the same text in other letters"),
        pytest.param(4, b'"guest"', b'"other"', id="author"),
        pytest.param(10, b'"server"', b'"serves"', id="client"),
        pytest.param(1, b'"document":"doc"', b'"document":"dog"', id="document"),
        pytest.param(13, b'"digest":"', b'"digest":"0', id="digest"),
    ],
)
async def test_a_history_that_was_changed_is_refused_as_a_whole(
    http: httpx.AsyncClient, serving: Serving, elsewhere: httpx.AsyncClient, line: int, old: bytes, new: bytes
) -> None:
    await lived(http, serving)
    lines = (await exported(http)).split(b"\n")
    assert old in lines[line - 1], lines[line - 1]
    lines[line - 1] = lines[line - 1].replace(old, new, 1)
    status, code, reason = await refusal(await imported(elsewhere, b"\n".join(lines)))
    assert (status, code) == (400, "bad_archive")
    assert "line 13: " in reason
    assert (await elsewhere.get("/api/documents")).json()["documents"] == []


async def test_a_history_that_is_not_whole_is_refused(
    http: httpx.AsyncClient, serving: Serving, elsewhere: httpx.AsyncClient
) -> None:
    await lived(http, serving)
    lines = (await exported(http)).split(b"\n")
    for archive, line in (
        (b"", 1),
        (b"\n", 1),
        (b"\n".join(lines[:6]), 7),
        (b"\n".join(lines[:12]), 13),
        (b"\n".join(lines[:5] + lines[6:]), 6),
        (b"\n".join(lines[:4] + lines[3:]), 5),
        (b"\n".join(lines) + b"more", 14),
    ):
        status, code, reason = await refusal(await imported(elsewhere, archive))
        assert (status, code) == (400, "bad_archive")
        assert reason.startswith(f"line {line}: "), reason
    assert (await elsewhere.get("/api/documents")).json()["documents"] == []


async def test_clients_that_made_none_of_it_are_refused(
    http: httpx.AsyncClient, serving: Serving, elsewhere: httpx.AsyncClient
) -> None:
    await lived(http, serving)
    *lines, last, _ = (await exported(http)).split(b"\n")
    end = json.loads(last)
    for clients in (
        end["clients"][1:],
        [*end["clients"], ["somebody-else", "x", "00" * 32]],
        [*end["clients"], end["clients"][0]],
        [["server", "x", "no hex"], *end["clients"][1:]],
    ):
        changed = json.dumps({**end, "clients": clients}).encode()
        status, code, reason = await refusal(await imported(elsewhere, b"\n".join([*lines, changed])))
        assert (status, code, reason[:9]) == (400, "bad_archive", "line 13: ")


def forged(*events: tuple[Any, ...]) -> bytes:
    """A whole history that fits its digest: of the given (type, schema version, edit, time, payload), or of an empty
    document and the given."""
    digests = chain.Chain(chain.beginning("doc"))
    created = ("created", 2, 0, 1, {"epoch": "e"})
    rows = [
        Row(type_, version, "some-client", "ana", number, at, 0, json.dumps(payload).encode())
        for type_, version, number, at, payload in (
            events if events[0][0] == "created" else (created, *events)
        )
    ]
    lines = [json.dumps({"collab": "history", "format": 1, "document": "doc", "version": len(rows)}).encode()]
    for seq, row in enumerate(rows, 1):
        digests.take(row)
        start = chain.head(row.type, row.version, row.client, row.author)
        lines.append(chain.line(start, seq, row.client_seq, row.at, row.payload))
    end = {"digest": digests.digest.hex(), "clients": [["some-client", "ana", ""]]}
    return b"\n".join([*lines, json.dumps(end).encode()])


FORGERIES = [
    pytest.param(("created", 2, 0, -1, {"epoch": "e"}), id="before 1970"),
    pytest.param(("created", 2, 0, 9 * 10**18, {"epoch": "e"}), id="after the year 9999"),
    pytest.param(("created", 2, 0, 10**30, {"epoch": "e"}), id="after all years"),
    pytest.param(("created", 2, 0, 1, {"epoch": 'e"\r\nSet-Cookie: x=y'}), id="an epoch that is no word"),
    pytest.param(("created", 2, 0, 1, {"epoch": ""}), id="no epoch"),
    pytest.param(("created", 2, 0, 1, {"epoch": "e", "kind": "board"}), id="another kind"),
    pytest.param(("created", 2, 0, 1, {"epoch": "e", "op": [1]}), id="beginning with what isn't there"),
    pytest.param(
        ("created", 2, 0, 1, {"epoch": "e", "origin": {"document": "d", "epoch": "e", "version": 10**30}}),
        id="from nowhere",
    ),
    pytest.param(("edited", 1, 1, 0, [["x"]]), id="before what came before"),
    pytest.param(("edited", 1, 10**30, 2, [["x"]]), id="a number beyond all"),
    pytest.param(("edited", 1, -1, 2, [["x"]]), id="a negative number"),
    pytest.param(("tagged", 1, 0, 2, {"version": 2, "name": "n"}), id="a name for what comes later"),
    pytest.param(("tagged", 1, 0, 2, {"version": 10**30, "name": "n"}), id="a name for what never comes"),
    pytest.param(("restored", 1, 0, 2, {"version": 0, "op": ["x"]}), id="what never was brought back"),
    pytest.param(
        ("undone", 1, 0, 2, {"author": "a", "after": 1, "until": 1, "op": ["x"]}), id="nothing undone"
    ),
    pytest.param(
        ("undone", 1, 0, 2, {"author": "a", "after": 0, "until": 9, "op": ["x"]}), id="undone before"
    ),
]


@pytest.mark.parametrize("event", FORGERIES)
async def test_a_history_that_fits_its_digest_is_still_looked_at(
    http: httpx.AsyncClient, event: tuple[Any, ...]
) -> None:
    status, code, reason = await refusal(await imported(http, forged(event)))
    assert (status, code) == (400, "bad_archive")
    assert reason.startswith(f"line {2 if event[0] == 'created' else 3}: "), reason
    assert (await http.get("/api/documents")).json()["documents"] == []


async def test_a_forged_history_that_could_be_is_taken(http: httpx.AsyncClient) -> None:
    assert (await imported(http, forged(("edited", 1, 1, 2, [["x"]])))).status_code == 201


async def test_what_may_not_be_here_is_refused(
    serve: Serve, http: httpx.AsyncClient, serving: Serving
) -> None:
    await lived(http, serving)
    archive = await exported(http)
    small = await serve(limits=UNHURRIED.__replace__(document=14))
    async with httpx.AsyncClient(base_url=small.url, trust_env=False) as elsewhere:
        assert (await refusal(await imported(elsewhere, archive)))[:2] == (413, "document_too_large")
        assert (await elsewhere.get("/api/documents")).json()["documents"] == []
    assert (await refusal(await imported(http, archive, id="a b")))[:2] == (400, "invalid_name")
    strange = archive.replace(b'"document":"doc"', b'"document":"../doc"', 1)
    assert (await imported(http, strange)).status_code == 400


async def test_a_foreign_page_imports_nothing(http: httpx.AsyncClient, serving: Serving) -> None:
    await lived(http, serving)
    archive = await exported(http)
    foreign = {"Origin": "http://evil.example"}
    response = await http.post("/api/import?id=copy", content=archive, headers=foreign)
    assert response.status_code == 403
    assert await serving.store.document("copy") is None


async def test_a_fork_keeps_its_origin_through_an_export(
    http: httpx.AsyncClient, serving: Serving, elsewhere: httpx.AsyncClient
) -> None:
    await lived(http, serving)
    await ask(http, "POST", f"{DOC}/fork", {"version": 2, "id": "fork"})
    await imported(elsewhere, await exported(http, "fork"))
    [event] = (await elsewhere.get("/api/documents/fork/events")).json()["events"]
    assert (event["origin"]["document"], event["origin"]["version"]) == ("doc", 2)
    assert event["author"] == "guest"
