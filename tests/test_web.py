"""The HTTP face: pages, the API, and who is turned away."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
import pytest_asyncio
from websockets.exceptions import InvalidStatus

from collab.errors import StoreError
from collab.store.memory import MemoryStore
from tests.conftest import Serve
from tests.helpers import Json, Peer, Serving


@pytest_asyncio.fixture
async def serving(serve: Serve) -> Serving:
    return await serve()


@pytest.fixture
def plain_asgi() -> bool:
    return False


@pytest_asyncio.fixture
async def http(serving: Serving) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=serving.url, trust_env=False) as client:
        yield client


async def typed(serving: Serving, document: str, text: str) -> Peer:
    peer = await Peer.joined(serving.url, document)
    await peer.confirmed(await peer.edit([text]))
    return peer


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


@pytest.mark.parametrize("query", ["limit=x", "limit=-1", "cursor=x", "cursor=%FF", "cursor=eA=="])
async def test_a_question_that_makes_no_sense_is_refused(http: httpx.AsyncClient, query: str) -> None:
    response = await http.get(f"/api/documents?{query}")
    assert response.status_code == 400
    assert response.json()["error"]["code"] == "invalid_name"


async def test_a_document_is_read_at_any_version(http: httpx.AsyncClient, serving: Serving) -> None:
    author = await typed(serving, "doc", "one😀")
    await author.confirmed(await author.edit([3, {"retain": 2, "attributes": {"bold": True}}]))
    newest = (await http.get("/api/documents/doc")).json()
    assert (newest["version"], newest["newest"]) == (3, 3)
    assert newest["content"] == ["one", {"insert": "😀", "attributes": {"bold": True}}]
    for version, content in [(0, ""), (1, ""), (2, "one😀")]:
        read = (await http.get("/api/documents/doc", params={"seq": version})).json()
        assert (read["version"], read["newest"], read["content"]) == (version, 3, content)


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("/api/documents/none", 404, "document_not_found"),
        ("/api/documents/doc?seq=9", 404, "unknown_version"),
        ("/api/documents/doc?seq=x", 400, "invalid_name"),
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


# Pages.


@pytest.mark.parametrize("path", ["/", "/d/anything", "/static/client/units.js"])
async def test_pages_come_with_a_strict_policy(http: httpx.AsyncClient, path: str) -> None:
    response = await http.get(path)
    assert response.status_code == 200
    policy = response.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert response.headers["x-content-type-options"] == "nosniff"
    assert response.headers["cache-control"] == "no-cache"
    assert "server" not in response.headers


@pytest.mark.parametrize("path", ["/static/../pyproject.toml", "/static/%2e%2e/pyproject.toml", "/nowhere"])
async def test_nothing_else_is_served(http: httpx.AsyncClient, path: str) -> None:
    response = await http.get(path)
    assert response.status_code == 404
    assert response.headers["content-security-policy"]


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
