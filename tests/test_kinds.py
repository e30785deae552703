"""Documents are plain or rich: said when they are made, and told wherever they go."""

from __future__ import annotations

import httpx
import pytest
import pytest_asyncio

import collab
from collab.document import CreateDocument, Document
from collab.errors import UnknownKind
from collab.events import Created
from tests.helpers import Peer, Serving


@pytest.fixture
def plain_asgi() -> bool:
    return False


@pytest_asyncio.fixture
async def rich(http: httpx.AsyncClient) -> None:
    """A document "rich", of that kind."""
    assert (await http.post("/api/documents", json={"id": "rich", "kind": "rich"})).status_code == 201


async def kinds(http: httpx.AsyncClient) -> dict[str, str]:
    return {row["id"]: row["kind"] for row in (await http.get("/api/documents")).json()["documents"]}


@pytest.mark.usefixtures("rich")
async def test_a_document_is_of_the_kind_that_was_asked_for(http: httpx.AsyncClient) -> None:
    await http.post("/api/documents", json={"id": "plain"})
    assert await kinds(http) == {"rich": "rich", "plain": "text"}
    assert (await http.get("/api/documents/rich")).json()["kind"] == "rich"


@pytest.mark.parametrize("kind", ["board", "", "Rich"])
async def test_another_kind_is_refused_by_name(http: httpx.AsyncClient, kind: str) -> None:
    response = await http.post("/api/documents", json={"id": "doc", "kind": kind})
    assert (response.status_code, response.json()["error"]["code"]) == (400, "unknown_kind")
    assert await kinds(http) == {}


async def test_a_document_that_is_only_opened_is_plain(http: httpx.AsyncClient, serving: Serving) -> None:
    peer = await Peer.joined(serving.url, "opened")
    assert peer.welcome["kind"] == "text"
    assert await kinds(http) == {"opened": "text"}


@pytest.mark.usefixtures("rich")
async def test_the_welcome_tells_the_kind_also_from_a_snapshot_and_on_return(serving: Serving) -> None:
    peer = await Peer.joined(serving.url, "rich")
    assert (peer.welcome["kind"], peer.version) == ("rich", 1)
    await peer.confirmed(await peer.edit([{"insert": "x", "attributes": {"bold": True}}]))
    again = await Peer.joined(serving.url, "rich", since=0)
    assert again.welcome["kind"] == "rich"
    assert again.events[0]["kind"] == "rich"


@pytest.mark.usefixtures("rich")
async def test_forks_exports_and_imports_keep_it(http: httpx.AsyncClient) -> None:
    assert (await http.post("/api/documents/rich/fork", json={"id": "fork"})).json()["kind"] == "rich"
    history = await http.get("/api/documents/fork/export", params={"format": "history"})
    carried = await http.post("/api/import", params={"id": "carried"}, content=history.content)
    assert carried.json()["kind"] == "rich"
    assert await kinds(http) == {"rich": "rich", "fork": "rich", "carried": "rich"}


async def test_python_makes_and_knows_rich_documents(serving: Serving) -> None:
    assert (await collab.create(serving.url, "rich", kind="rich")).kind == "rich"
    async with collab.connect(serving.url, "rich") as doc, collab.connect(serving.url, "plain") as other:
        assert (doc.kind, other.kind) == ("rich", "text")


def test_a_creation_has_one_of_the_kinds() -> None:
    assert Document("d").decide(CreateDocument("e", kind="rich")) == Created("e", "rich")
    with pytest.raises(UnknownKind) as refused:
        Document("d").decide(CreateDocument("e", kind="board"))
    assert str(refused.value) == "there are no documents of kind 'board', only text and rich"
