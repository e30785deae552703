"""The HTTP face: pages, the API, and who is turned away."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest
from websockets.exceptions import InvalidStatus

from collab.errors import StoreError
from collab.store.memory import MemoryStore
from tests.conftest import Serve
from tests.helpers import Json, Peer, Serving


@pytest.fixture
def plain_asgi() -> bool:
    return False


async def typed(serving: Serving, document: str, text: str) -> Peer:
    peer = await Peer.joined(serving.url, document)
    await peer.confirmed(await peer.edit([text]))
    return peer


def author(peer: Peer) -> str:
    name: str = peer.welcome["you"]["author"]
    return name


# Documents.


async def test_a_document_is_created_under_a_name(http: httpx.AsyncClient) -> None:
    response = await http.post("/api/documents", json={"id": "notes", "title": "My  notes"})
    assert response.status_code == 201
    assert response.headers["location"] == "/api/documents/notes"
    made = response.json()
    assert (made["id"], made["title"], made["version"], made["kind"]) == ("notes", "My notes", 1, "text")
    assert made["created_at"] == made["updated_at"]
    assert made["created_at"].endswith("Z")


async def test_a_document_without_a_name_gets_one(http: httpx.AsyncClient) -> None:
    made = [(await http.post("/api/documents")).json()["id"] for _ in range(2)]
    assert len(set(made)) == 2
    assert (await http.get(f"/api/documents/{made[0]}")).status_code == 200


async def test_a_document_made_by_http_is_joined_by_socket(http: httpx.AsyncClient, serving: Serving) -> None:
    await http.post("/api/documents", json={"id": "notes", "title": "Mine"})
    peer = await Peer.joined(serving.url, "notes")
    assert (peer.version, peer.welcome["title"]) == (1, "Mine")


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        pytest.param(b'{"id":"taken"}', 409, "document_exists", id="taken"),
        pytest.param(b'{"id":"-bad"}', 400, "invalid_name", id="bad id"),
        pytest.param(b'{"id":5}', 400, "invalid_name", id="id that is no text"),
        pytest.param(b'{"name":"x"}', 400, "invalid_name", id="field not known"),
        pytest.param(b"{", 400, "invalid_name", id="no JSON"),
        pytest.param(b"\xff", 400, "invalid_name", id="no UTF-8"),
        pytest.param(b'{"title":"%s"}' % (b"x" * 201), 400, "invalid_name", id="long title"),
        pytest.param(b'{"title":"\\u0007"}', 400, "invalid_name", id="title that rings"),
        pytest.param(b" " * 70_000, 400, "invalid_name", id="long body"),
    ],
)
async def test_what_cannot_be_created_is_refused_with_a_code(
    http: httpx.AsyncClient, body: bytes, status: int, code: str
) -> None:
    await http.post("/api/documents", json={"id": "taken"})
    response = await http.post("/api/documents", content=body)
    assert response.status_code == status
    assert response.json()["error"]["code"] == code
    assert response.json()["error"]["reason"]


async def test_documents_are_listed_a_page_at_a_time_the_last_edited_first(
    http: httpx.AsyncClient, serving: Serving
) -> None:
    for number in range(5):
        await http.post("/api/documents", json={"id": f"doc{number}"})
    await typed(serving, "doc1", "edited last")
    listed: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        page = (await http.get("/api/documents", params={"limit": 2, "cursor": cursor})).json()
        assert len(page["documents"]) <= 2
        listed += [row["id"] for row in page["documents"]]
        cursor = page["next"]
    assert listed == ["doc1", "doc4", "doc3", "doc2", "doc0"]


async def test_a_list_says_who_worked_on_each_document(http: httpx.AsyncClient, serving: Serving) -> None:
    first = await typed(serving, "doc", "one")
    second = await typed(serving, "doc", "two")
    for _ in range(2):  # by errands: the same author, however often
        await http.post(
            "/api/documents/doc/edits", json={"text": f"{_}"}, headers={"Idempotency-Key": str(_)}
        )
    await http.post("/api/documents/doc/versions", json={"name": "draft"})
    (row,) = (await http.get("/api/documents")).json()["documents"]
    assert (row["authors"], row["author_count"]) == ([author(first), author(second), "guest"], 3)


async def test_who_has_looked_only_is_no_author(http: httpx.AsyncClient, serving: Serving) -> None:
    writer = await typed(serving, "doc", "one")
    await Peer.joined(serving.url, "doc")
    (row,) = (await http.get("/api/documents")).json()["documents"]
    assert row["authors"] == [author(writer)]


async def test_documents_are_found_by_words_of_their_titles(http: httpx.AsyncClient) -> None:
    for number in range(4):
        await http.post("/api/documents", json={"id": f"doc{number}", "title": f"Minutes of  May {number}"})
    await http.post("/api/documents", json={"id": "may-not"})
    await http.post("/api/documents", json={"id": "other", "title": "100%_"})

    async def ids(**query: Any) -> list[str]:
        return [row["id"] for row in (await http.get("/api/documents", params=query)).json()["documents"]]

    assert await ids(title="MAY") == ["may-not", "doc3", "doc2", "doc1", "doc0"]
    assert await ids(title=" of   may 2") == ["doc2"]
    assert await ids(title="%") == ["other"]
    page = (await http.get("/api/documents", params={"title": "may", "limit": 2})).json()
    assert await ids(title="may", limit=2, cursor=page["next"]) == ["doc2", "doc1"]


@pytest.mark.parametrize("query", ["limit=x", "limit=-1", "cursor=x", "cursor=%FF", "cursor=eA=="])
async def test_a_question_that_makes_no_sense_is_refused(http: httpx.AsyncClient, query: str) -> None:
    response = await http.get(f"/api/documents?{query}")
    assert response.status_code == 400
    assert response.json()["error"]["code"] == "invalid_name"


async def test_a_document_is_read_at_any_version(http: httpx.AsyncClient, serving: Serving) -> None:
    peer = await typed(serving, "doc", "one😀")
    await peer.confirmed(await peer.edit([3, {"retain": 2, "attributes": {"bold": True}}]))
    newest = (await http.get("/api/documents/doc")).json()
    assert (newest["version"], newest["newest"]) == (3, 3)
    assert newest["content"] == ["one", {"insert": "😀", "attributes": {"bold": True}}]
    for version, content in [(0, ""), (1, ""), (2, "one😀")]:
        read = (await http.get("/api/documents/doc", params={"seq": version})).json()
        assert (read["version"], read["content"]) == (version, content)


async def test_a_document_is_read_at_any_time(http: httpx.AsyncClient, serving: Serving) -> None:
    peer = await typed(serving, "doc", "one")
    await peer.confirmed(await peer.edit(["two, "]))
    at = (await http.get("/api/documents/doc", params={"seq": 2})).json()["at"]
    read = (await http.get("/api/documents/doc", params={"at": at})).json()
    assert (read["version"], read["content"], read["at"]) == (2, "one", at)
    elsewhere = at.replace("Z", "+00:00")
    assert (await http.get("/api/documents/doc", params={"at": elsewhere})).json() == read


async def test_a_version_can_be_kept_for_ever_and_the_newest_is_asked_for_again(
    http: httpx.AsyncClient, serving: Serving
) -> None:
    peer = await typed(serving, "doc", "one")
    epoch = (await http.get("/api/documents/doc")).json()["epoch"]
    for address in ("doc?seq=2", "doc/blame?seq=2", "doc/diff?from=1&to=2", "doc/events?after=0&until=1"):
        address = f"/api/documents/{address}"
        assert (await http.get(address)).headers["cache-control"] == "no-cache"  # of whatever has that id
        assert (await http.get(f"{address}&epoch=other")).headers["cache-control"] == "no-cache"
        assert "immutable" in (await http.get(f"{address}&epoch={epoch}")).headers["cache-control"]
    for address in ("doc/blame", "doc/diff?from=2", "doc/timeline?seq=2", "doc/sessions?to=2"):
        assert (await http.get(f"/api/documents/{address}")).headers["cache-control"] == "no-cache"
    newest = await http.get("/api/documents/doc")
    assert newest.headers["cache-control"] == "no-cache"
    known = {"If-None-Match": newest.headers["etag"]}
    again = await http.get("/api/documents/doc", headers=known)
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", newest.headers["etag"])
    await peer.confirmed(await peer.edit(["x"]))
    changed = await http.get("/api/documents/doc", headers=known)
    assert (changed.status_code, changed.json()["content"]) == (200, "xone")


async def test_events_are_read_page_by_page_as_they_were_sent(
    http: httpx.AsyncClient, serving: Serving
) -> None:
    peer = await typed(serving, "doc", "one")
    for _ in range(4):
        await peer.confirmed(await peer.edit(["x"]))
    read: list[Json] = []
    after: int | None = 0
    while after is not None:
        page = (await http.get("/api/documents/doc/events", params={"after": after, "limit": 2})).json()
        assert 0 < len(page["events"]) <= 2
        read += page["events"]
        after = page["next"]
    assert [event["seq"] for event in read] == [1, 2, 3, 4, 5, 6]
    assert (read[0]["type"], read[1]["op"], read[1]["author"]) == ("created", ["one"], author(peer))
    some = (await http.get("/api/documents/doc/events", params={"after": 2, "until": 3})).json()
    assert (some["events"], some["next"]) == ([read[2]], None)
    nothing = (await http.get("/api/documents/doc/events", params={"after": 6})).json()
    assert (nothing["events"], nothing["next"]) == ([], None)


# Who wrote what, and what happened.


async def test_everybody_is_credited_with_what_they_wrote(http: httpx.AsyncClient, serving: Serving) -> None:
    ana, bo = await typed(serving, "doc", "onethree"), await Peer.joined(serving.url, "doc")
    await bo.confirmed(await bo.edit([3, " two "]))
    page = (await http.get("/api/documents/doc/blame")).json()
    assert [(run["text"], run["credit"]["author"], run["credit"]["first"]) for run in page["runs"]] == [
        ("one", author(ana), 2),
        (" two ", author(bo), 3),
        ("three", author(ana), 2),
    ]
    assert (page["version"], page["next"]) == (3, None)
    before = (await http.get("/api/documents/doc/blame", params={"seq": 2})).json()
    assert [run["text"] for run in before["runs"]] == ["onethree"]


async def test_a_long_answer_comes_in_pages(http: httpx.AsyncClient, serving: Serving) -> None:
    peer = await typed(serving, "doc", "abcdef")
    for place in (5, 4, 3, 2, 1):
        await peer.confirmed(await peer.edit([place, "-"]))
    for name, rows, query in (("blame", "runs", {}), ("diff", "parts", {"from": 2})):
        whole = (await http.get(f"/api/documents/doc/{name}", params=query)).json()[rows]
        assert len(whole) > 8
        paged: list[Json] = []
        cursor: int | None = 0
        while cursor is not None:
            query |= {"limit": 4, "cursor": cursor}
            page = (await http.get(f"/api/documents/doc/{name}", params=query)).json()
            assert len(page[rows]) <= 4
            paged += page[rows]
            cursor = page["next"]
        assert paged == whole


async def test_a_diff_leads_from_one_version_to_another(http: httpx.AsyncClient, serving: Serving) -> None:
    ana = await typed(serving, "doc", "good day")
    bo = await Peer.joined(serving.url, "doc")
    await bo.confirmed(await bo.edit([-4, "fine"]))
    page = (await http.get("/api/documents/doc/diff", params={"from": 2})).json()
    assert (page["older"], page["newer"], page["operation"]) == (2, 3, [-4, "fine"])
    assert [(p["kind"], p.get("text"), p.get("credit", {}).get("author")) for p in page["parts"]] == [
        ("deleted", "good", author(bo)),
        ("inserted", "fine", author(bo)),
        ("kept", None, None),
    ]
    nothing = (await http.get("/api/documents/doc/diff", params={"from": 2, "to": 2})).json()
    assert (nothing["operation"], [part["kind"] for part in nothing["parts"]]) == ([], ["kept"])
    assert author(ana) != author(bo)


async def test_a_timeline_and_sessions_tell_how_it_went(http: httpx.AsyncClient, serving: Serving) -> None:
    ana = await typed(serving, "doc", "good day")
    bo = await Peer.joined(serving.url, "doc")
    await bo.confirmed(await bo.edit([-4, "fine"]))
    line = (await http.get("/api/documents/doc/timeline", params={"buckets": 1})).json()
    (bucket,) = line["buckets"]
    assert (bucket["edits"], bucket["inserted"], bucket["deleted"]) == (2, 12, 4)
    assert (bucket["first"], bucket["last"], bucket["authors"][author(bo)]) == (1, 3, 1)
    many = (await http.get("/api/documents/doc/timeline", params={"buckets": 10**9})).json()["buckets"]
    assert sum(bucket["edits"] for bucket in many) == 2
    page = (await http.get("/api/documents/doc/sessions", params={"limit": 1})).json()
    (first,) = page["sessions"]
    assert (first["author"], first["first"], first["last"], first["edits"]) == (author(ana), 2, 2, 1)
    rest = (await http.get("/api/documents/doc/sessions", params={"cursor": page["next"]})).json()
    assert [session["author"] for session in rest["sessions"]] == [author(bo)]


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("/api/documents/none", 404, "document_not_found"),
        ("/api/documents/doc?seq=9", 404, "unknown_version"),
        ("/api/documents/doc?seq=x", 400, "invalid_name"),
        ("/api/documents/doc?at=2020-01-01T00:00Z", 404, "not_created_yet"),
        ("/api/documents/doc?at=2020-01-01T00:00", 400, "invalid_name"),
        ("/api/documents/doc?at=yesterday", 400, "invalid_name"),
        ("/api/documents/doc?at=2020-01-01T00:00Z&seq=1", 400, "invalid_name"),
        ("/api/documents/none?at=2020-01-01T00:00Z", 404, "document_not_found"),
        ("/api/documents/none/blame", 404, "document_not_found"),
        ("/api/documents/doc/blame?seq=9", 404, "unknown_version"),
        ("/api/documents/doc/diff", 400, "invalid_name"),
        ("/api/documents/doc/diff?from=2&to=1", 400, "invalid_name"),
        ("/api/documents/doc/diff?from=1&to=9", 404, "unknown_version"),
        ("/api/documents/doc/blame?cursor=x", 400, "invalid_name"),
        ("/api/documents/none/events", 404, "document_not_found"),
        ("/api/documents/doc/events?until=9", 404, "unknown_version"),
        ("/api/documents/none/timeline", 404, "document_not_found"),
        ("/api/documents/none/sessions", 404, "document_not_found"),
    ],
)
async def test_what_is_not_there_is_not_found(
    http: httpx.AsyncClient, serving: Serving, path: str, status: int, code: str
) -> None:
    await typed(serving, "doc", "x")
    response = await http.get(path)
    assert (response.status_code, response.json()["error"]["code"]) == (status, code)


async def test_the_health_of_the_server_includes_its_store(serve: Serve) -> None:
    class Moody(MemoryStore):
        well = True

        async def documents(self, **options: Any) -> Any:
            if not self.well:
                raise StoreError("not now")
            return await super().documents(**options)

    store = Moody()
    serving = await serve(store)
    async with httpx.AsyncClient(base_url=serving.url, trust_env=False) as http:
        assert (await http.get("/healthz")).json() == {"status": "ok"}
        store.well = False
        assert (await http.get("/healthz")).status_code == 503


# Who is turned away.


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_a_request_for_another_host_is_turned_away(http: httpx.AsyncClient, method: str) -> None:
    response = await http.request(method, "/api/documents", headers={"Host": "evil.example"})
    assert response.status_code == 403


async def test_a_writing_request_of_a_foreign_page_is_turned_away(http: httpx.AsyncClient) -> None:
    response = await http.post("/api/documents", headers={"Origin": "http://evil.example"})
    assert response.status_code == 403
    assert (await http.get("/api/documents")).json()["documents"] == []


async def test_a_writing_request_of_an_own_page_is_let_in(http: httpx.AsyncClient, serving: Serving) -> None:
    response = await http.post("/api/documents", headers={"Origin": serving.url})
    assert response.status_code == 201


async def refused(serving: Serving, **options: Any) -> int:
    with pytest.raises(InvalidStatus) as caught:
        await Peer.open(serving.url, "doc", **options)
    return caught.value.response.status_code


@pytest.mark.parametrize("plain_asgi", [False, True])
@pytest.mark.parametrize(
    "options",
    [
        pytest.param({"origin": "http://evil.example"}, id="foreign page"),
        pytest.param({"origin": "null"}, id="page without origin"),
        pytest.param({"origin": "http://127.0.0.1:1"}, id="page of another port"),
        pytest.param({"subprotocols": None}, id="no subprotocol"),
        pytest.param({"subprotocols": ["collab.v0", "chat"]}, id="other subprotocols"),
    ],
)
async def test_a_socket_that_may_not_be_is_turned_away(serving: Serving, options: Json) -> None:
    assert await refused(serving, **options) == 403
    assert await serving.store.document("doc") is None


async def test_a_socket_for_another_host_is_turned_away(serving: Serving) -> None:
    with pytest.raises(InvalidStatus) as caught:
        await Peer.open(
            f"http://evil.example:{serving.port}",
            "doc",
            host="127.0.0.1",
            port=serving.port,
            origin=f"http://evil.example:{serving.port}",
        )
    assert caught.value.response.status_code == 403


async def test_a_socket_of_an_own_page_is_let_in(serving: Serving) -> None:
    peer = await Peer.joined(serving.url, "doc", options={"origin": serving.url})
    assert peer.connection.subprotocol == "collab.v1"


async def test_names_and_origins_that_were_allowed_are_let_in(serve: Serve) -> None:
    serving = await serve(hosts=["collab.example"], origins=["https://app.example"])
    options = {"host": "127.0.0.1", "port": serving.port, "origin": "https://app.example"}
    peer = await Peer.joined(f"http://collab.example:{serving.port}", "doc", options=options)
    assert peer.version == 1


async def test_a_connection_that_is_no_websocket_is_told_so(serving: Serving) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", serving.port)
    writer.write(
        b"GET /ws/documents/doc HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        b"Sec-WebSocket-Key: short\r\nSec-WebSocket-Version: 13\r\n\r\n"
    )
    assert (await reader.readline()).startswith(b"HTTP/1.1 400")
    writer.close()
    await writer.wait_closed()
