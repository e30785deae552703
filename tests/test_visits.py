"""What authors have seen of a document: in stores, and over HTTP."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
import pytest_asyncio

from collab import History
from collab.auth import Identity
from collab.errors import HistoryError, StoreError
from collab.store import memory, transaction
from collab.store.base import EventStore, Visit
from collab.store.memory import MemoryStore
from collab.store.sqlite import SQLiteStore
from collab.verifying import verify
from tests.conftest import Serve
from tests.helpers import Peer, Serving
from tests.store_helpers import created
from tests.test_pages_roles import Accounts

ANN, BO = "ann-secret-of-her-own", "bo-secret-of-his-own"


@pytest_asyncio.fixture(params=["memory", "sqlite"])
async def store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[EventStore]:
    kept = (
        MemoryStore()
        if request.param == "memory"
        else await SQLiteStore.open(tmp_path / "log.db", packs=False)
    )
    await created(kept, "doc")
    await created(kept, "other")
    yield kept
    await kept.close()


async def test_the_later_version_stays_whatever_comes_first(store: EventStore) -> None:
    assert await store.visit("doc", "ann") is None
    for version, at in [(3, 10), (5, 20), (4, 30)]:
        await store.note_visit("doc", "ann", Visit(version, at))
    assert await store.visit("doc", "ann") == Visit(5, 20)
    for at in (40, 15):  # somebody was here again, and nothing was new
        await store.note_visit("doc", "ann", Visit(5, at))
    assert await store.visit("doc", "ann") == Visit(5, 40)
    await asyncio.gather(*(store.note_visit("doc", "ann", Visit(version, version)) for version in (9, 7, 8)))
    assert await store.visit("doc", "ann") == Visit(9, 9)


async def test_each_author_has_seen_each_document_by_themselves(store: EventStore) -> None:
    await store.note_visit("doc", "ann", Visit(3, 10))
    await store.note_visit("other", "ann", Visit(1, 10))
    await store.note_visit("doc", "bo", Visit(2, 10))
    assert await store.visit("doc", "ann") == Visit(3, 10)
    assert await store.visit("other", "ann") == Visit(1, 10)
    assert await store.visit("other", "bo") is None


async def test_who_was_here_last_is_remembered(store: EventStore, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (memory, transaction):
        monkeypatch.setattr(module, "MOST_VISITORS", 3)
    for at, author in enumerate(["ann", "bo", "cy", "ann", "dee"]):
        await store.note_visit("doc", author, Visit(at, at))
    await store.note_visit("other", "bo", Visit(1, 1))
    seen = [await store.visit("doc", author) for author in ("ann", "bo", "cy", "dee")]
    assert seen == [Visit(3, 3), None, Visit(2, 2), Visit(4, 4)]


async def test_what_does_not_exist_is_not_visited(store: EventStore) -> None:
    with pytest.raises(StoreError, match="nowhere"):
        await store.note_visit("nowhere", "ann", Visit(1, 10))
    assert await store.visit("nowhere", "ann") is None


async def test_a_visit_is_no_part_of_the_history(tmp_path: Path) -> None:
    async with await SQLiteStore.open(tmp_path / "log.db", packs=False) as store:
        await created(store, "doc", 5)
        before = await store.rows("doc"), await store.digests("doc", after=0, until=9), await store.position()
        await store.note_visit("doc", "ann", Visit(3, 10))
        assert before == (
            await store.rows("doc"),
            await store.digests("doc", after=0, until=9),
            await store.position(),
        )
        await store.pack("doc")
        record = await store.document("doc")
        assert record is not None
        assert await verify(store, record) == []
    async with await SQLiteStore.open(tmp_path / "log.db") as again:
        assert await again.visit("doc", "ann") == Visit(3, 10)


# Over HTTP.


@pytest_asyncio.fixture
async def serving(serve: Serve) -> Serving:
    running = await serve()
    peer = await Peer.joined(running.url, "doc")
    for letter in "abc":
        await peer.confirmed(await peer.edit([letter]))
    await peer.close()
    return running


@pytest_asyncio.fixture
async def ann(serving: Serving) -> AsyncIterator[History]:
    async with History(serving.url, "doc", token=ANN) as history:
        yield history


async def test_one_is_told_who_one_is_and_what_one_has_seen(ann: History, serving: Serving) -> None:
    first = await ann.visit()
    assert (first.version, first.role, first.seen, first.seen_at) == (4, "editor", None, None)
    assert first.author.startswith("guest-")
    noted = await ann.mark_seen(3)
    assert (noted.seen, noted.version) == (3, 4)
    assert noted.seen_at is not None
    assert await ann.mark_seen(2) == await ann.visit() == noted
    async with (
        History(serving.url, "doc", token=ANN) as elsewhere,
        History(serving.url, "doc", token=BO) as bo,
    ):
        assert (await elsewhere.visit()).seen == 3
        assert (await bo.visit()).seen is None


async def test_of_somebody_without_a_name_of_their_own_nothing_is_noted(
    http: httpx.AsyncClient, serving: Serving
) -> None:
    answer = await http.put("/api/documents/doc/visit", json={"version": 3})
    assert (answer.status_code, answer.json()["seen"]) == (200, None)
    assert await serving.hub.store.visit("doc", "guest") is None
    await serving.hub.store.note_visit("doc", "guest", Visit(3, 10))  # of somebody who is really called so
    assert (await http.get("/api/documents/doc/visit")).json()["seen"] is None


async def test_answers_about_people_are_not_kept_by_anything_between(http: httpx.AsyncClient) -> None:
    assert (await http.get("/api/documents/doc/visit")).headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    ("document", "body", "status", "code"),
    [
        ("doc", b'{"version": 5}', 404, "unknown_version"),
        ("doc", b'{"version": -1}', 404, "unknown_version"),
        ("doc", b'{"version": "1"}', 400, "invalid_name"),
        ("doc", b"{}", 400, "invalid_name"),
        ("doc", b'{"version": 1, "author": "bo"}', 400, "invalid_name"),
        ("nowhere", b'{"version": 1}', 404, "document_not_found"),
    ],
)
async def test_what_cannot_have_been_seen_is_refused(
    http: httpx.AsyncClient, document: str, body: bytes, status: int, code: str
) -> None:
    headers = {"Authorization": f"Bearer {ANN}", "Content-Type": "application/json"}
    answer = await http.put(f"/api/documents/{document}/visit", content=body, headers=headers)
    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)


async def test_who_may_only_look_has_seen_things_too_and_changes_nothing_else(serve: Serve) -> None:
    running = await serve()
    running.hub.authenticator = Accounts()
    await running.hub.create("doc", Identity("ana"))
    async with History(running.url, "doc", token="bo-" + "t" * 22) as bo:
        assert (await bo.visit()).role == "viewer"
        assert (await bo.mark_seen(1)).seen == 1
        with pytest.raises(HistoryError) as refused:
            await bo.name("mine")
        assert refused.value.code == "forbidden"
    async with History(running.url, "doc", token="eve-" + "t" * 22) as eve:
        with pytest.raises(HistoryError) as stranger:
            await eve.mark_seen(1)
        assert stranger.value.code == "unauthorised"


async def test_a_foreign_page_marks_nothing(http: httpx.AsyncClient) -> None:
    headers = {"Origin": "https://elsewhere.example", "Authorization": f"Bearer {ANN}"}
    assert (
        await http.put("/api/documents/doc/visit", json={"version": 1}, headers=headers)
    ).status_code == 403
