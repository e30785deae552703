"""An unknown future event type in the log is a clear refusal to open that document, and nothing else."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio

from collab.errors import CloseCode, UnknownEvent
from collab.projections.building import rebuild
from collab.projections.faults import ModelParked
from collab.projections.model import Model
from collab.projections.shelf import Shelf
from collab.projections.source import Source
from collab.reading import document_at
from collab.snapshots import pack
from collab.store.sqlite import SQLiteStore
from tests.conftest import Serve
from tests.helpers import Peer, Serving
from tests.model_helpers import Journal, seen, shadow_of
from tests.store_acceptance_log import all_of
from tests.store_helpers import created, newer_program, typing

PAYLOAD = b'{"colour":"blue"}'
SENTENCE = (
    "document 'A', event 5: event type 'painted' is not known to this version of collab: install a newer"
    " collab to open it"
)


@pytest_asyncio.fixture(params=["hot", "packed"])
async def store(tmp_path: Path, request: pytest.FixtureRequest) -> AsyncIterator[SQLiteStore]:
    """A file in which a newer program has painted A: its event 5 of 8. B is as ever."""
    path = tmp_path / "collab.db"
    async with await SQLiteStore.open(path) as store:
        for name in "AB":
            await created(store, name, edits=3)
    assert newer_program(path, "A", "painted", 1, PAYLOAD) == 5
    async with await SQLiteStore.open(path) as store:
        await store.append(typing("A", 5, 3))
        if request.param == "packed":
            await store.pack("A")
        yield store


async def test_no_snapshot_hides_what_is_not_known(store: SQLiteStore) -> None:
    """A newer program has kept a snapshot behind its event, from which the text could be read."""
    await store.save_snapshot("A", 6, pack("whatever"))
    for version in (None, 6, 8):
        with pytest.raises(UnknownEvent) as refused:
            await document_at(store, "A", version)
        assert str(refused.value) == SENTENCE


async def get(server: Serving, path: str) -> tuple[int, Any]:
    async with httpx.AsyncClient(base_url=server.url, trust_env=False) as client:
        answer = await client.get(path)
    return answer.status_code, answer.json()


async def assert_refused(server: Serving) -> None:
    """A can be opened in no way, and each says why."""
    peer = await Peer.open(server.url, "A")
    await peer.say("hello", client=peer.client, key=peer.key, schema=1)
    assert await peer.closed() == (CloseCode.RETRY, "unknown_event")
    assert peer.received == [{"type": "retry", "code": "unknown_event", "reason": SENTENCE}]
    for path in ("", "/events", "/blame", "/diff?from=1", "?seq=5"):
        status, answer = await get(server, f"/api/documents/A{path}")
        assert (status, answer) == (503, {"error": {"code": "unknown_event", "reason": SENTENCE}}), path


async def assert_at_work(server: Serving, author: Peer) -> None:
    """B is edited by ``author`` and read by others."""
    version = author.version
    await author.confirmed(await author.edit(["b"]))
    assert author.version == version + 1
    other = await Peer.joined(server.url, "B")
    assert (other.text, other.version) == (author.text, author.version)
    await other.close()
    status, answer = await get(server, "/api/documents/B")
    assert (status, answer["content"]) == (200, author.text)


async def test_an_unknown_future_event_type_is_a_clear_refusal_to_open_that_document_and_nothing_else(
    serve: Serve, store: SQLiteStore
) -> None:
    server = await serve(store)
    author = await Peer.joined(server.url, "B")
    for _ in range(2):
        await assert_refused(server)
        await assert_at_work(server, author)
    status, answer = await get(server, "/api/documents")
    assert status == 200
    assert {row["id"]: row["version"] for row in answer["documents"]} == {"A": 8, "B": 6}
    assert (await get(server, "/healthz"))[0] == 200
    await author.close()


async def test_what_is_before_the_unknown_event_can_be_read(serve: Serve, store: SQLiteStore) -> None:
    server = await serve(store)
    status, answer = await get(server, "/api/documents/A?seq=4")
    assert (status, answer["content"]) == (200, "xxx")
    status, answer = await get(server, "/api/documents/A/events?until=4")
    assert (status, [event["seq"] for event in answer["events"]]) == (200, [1, 2, 3, 4])


async def test_the_log_tells_it_raw(store: SQLiteStore) -> None:
    log = await all_of(store, limit=3)
    assert [logged.row.position for logged in log] == list(range(1, 13))
    told = {logged.seq: logged.row for logged in log if logged.document == "A"}
    assert sorted(told) == list(range(1, 9))
    assert (told[5].type, told[5].version, told[5].payload) == ("painted", 1, PAYLOAD)
    assert await store.rows("A") == [told[seq] for seq in range(1, 9)]
    with pytest.raises(UnknownEvent) as unknown:
        await store.events("A")
    assert (unknown.value.document, unknown.value.seq) == ("A", 5)


async def test_a_live_document_is_closed_when_a_newer_program_beside_it_paints(
    serve: Serve, tmp_path: Path
) -> None:
    """Whatever is typed then is refused, and not put behind what isn't understood here."""
    path = tmp_path / "live.db"
    async with await SQLiteStore.open(path) as store:
        server = await serve(store)
        for name in "AB":
            await created(store, name, edits=3)
        painter, other = await Peer.joined(server.url, "A"), await Peer.joined(server.url, "B")
        newer_program(path, "A", "painted", 1, PAYLOAD)
        await painter.edit(["lost"])
        assert (await painter.closed())[0] == CloseCode.RETRY
        await assert_refused(server)
        await assert_at_work(server, other)
        assert len(await store.rows("A")) == 5
        await other.close()
        await server.stop()


async def test_a_projection_stops_at_it_and_may_skip_it(store: SQLiteStore, tmp_path: Path) -> None:
    log = await all_of(store, limit=100)
    unknown = next(logged.row.position for logged in log if logged.row.type == "painted")
    shelf = Shelf(tmp_path / "models", Journal())
    with pytest.raises(ModelParked, match="'painted' is not known") as parked:
        await rebuild(shelf, Journal(), Source(store), now=lambda: 0)
    assert parked.value.position == unknown
    shadow = shadow_of(shelf)
    assert seen(shadow) == list(range(1, unknown))
    model = Model(shadow, Journal())
    model.skip(0)
    model.close()
    await rebuild(shelf, Journal(), Source(store), now=lambda: 0)
    assert seen(shadow) == [position for position in range(1, len(log) + 1) if position != unknown]
