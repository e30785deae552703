"""Stores of every schema version there ever was, written by the code of that time."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from collab.chain import Chain, beginning
from collab.events import CURRENT, Created, Renamed
from collab.reading import document_at
from collab.store import schema
from collab.store.sqlite import SQLiteStore
from collab.verifying import verify
from tests.golden.make import GOLDEN, description
from tests.helpers import Peer, Serving
from tests.store_helpers import append_of


async def chain_of(store: SQLiteStore, name: str) -> str:
    """The newest digest of a document, worked out from its rows."""
    chain = Chain(beginning(name))
    for row in await store.rows(name):
        chain.take(row)
    return chain.digest.hex()


VERSIONS = range(1, len(schema.STEPS) + 1)


@pytest.mark.parametrize("version", VERSIONS)
async def test_a_file_of_any_schema_version_opens_replays_and_goes_on(tmp_path: Path, version: int) -> None:
    path = tmp_path / "collab.db"
    path.write_bytes(gzip.decompress((GOLDEN / f"schema_{version}.db.gz").read_bytes()))
    expected = json.loads((GOLDEN / f"schema_{version}.json").read_text())
    for packed in (False, True):
        async with await SQLiteStore.open(path, packs=False) as store:
            for name, document in expected.items():
                if packed:
                    await store.pack(name)
                found = await description(store, name)
                record_told = {"level": 1, **document["record"]}  # which older files don't tell
                assert {said: found[said] for said in document} == {**document, "record": record_told}
                assert await chain_of(store, name) == found["digest"]
                assert await store.snapshot(name) is not None
                record = await store.document(name)
                assert record is not None
                assert await verify(store, record) == []
    async with await SQLiteStore.open(path) as store:
        for name, document in expected.items():
            newest, at = document["record"]["version"], document["record"]["updated_at"]
            await store.append(append_of(name, newest, [Renamed("on")], client="c9", author="zoe", at=at))
            event = (await store.events(name, after=newest))[0]
            assert (event.payload, event.author, event.client) == (Renamed("on"), "zoe", "c9")
            assert (await document_at(store, name)).content.value() == document["text"]


@pytest.mark.parametrize("version", VERSIONS[:2])
async def test_a_creation_of_version_1_is_served_as_clients_of_today_know_it(
    tmp_path: Path, version: int
) -> None:
    path = tmp_path / "collab.db"
    path.write_bytes(gzip.decompress((GOLDEN / f"schema_{version}.db.gz").read_bytes()))
    async with await SQLiteStore.open(path) as store:
        async with Serving(store) as server:
            (row,) = await store.rows("plain", until=1)
            assert (row.type, row.version) == ("created", 1)
            (event,) = await store.events("plain", until=1)
            assert event.payload == Created("epoch of plain", "text", "Grüße 😀", op=[], origin=None)
            peer = await Peer.joined(server.url, "plain", since=0)
            told = peer.events[0]
            assert (told["type"], told["version"], told["title"]) == ("created", 2, "Grüße 😀")
            assert told.keys().isdisjoint({"op", "origin"})
            assert peer.value == json.loads((GOLDEN / f"schema_{version}.json").read_text())["plain"]["text"]
            await peer.close()


async def test_the_newest_golden_file_is_partly_packed(tmp_path: Path) -> None:
    path = tmp_path / "collab.db"
    path.write_bytes(gzip.decompress((GOLDEN / f"schema_{VERSIONS[-1]}.db.gz").read_bytes()))
    async with await SQLiteStore.open(path, packs=False) as store:
        for name in ("plain", "formatted"):
            stored = await store.stored(name)
            assert stored.packed > 100
            assert stored.segments == 2
            assert stored.events >= 40


async def test_the_newest_golden_file_holds_every_type_of_event(tmp_path: Path) -> None:
    path = tmp_path / "collab.db"
    path.write_bytes(gzip.decompress((GOLDEN / f"schema_{VERSIONS[-1]}.db.gz").read_bytes()))
    async with await SQLiteStore.open(path, packs=False) as store:
        for name in ("plain", "formatted"):
            stored = {(row.type, row.version) for row in await store.rows(name)}
            assert stored == {(type_, version) for type_, (version, _) in CURRENT.items()}
            assert await store.tags(name)


async def test_the_newest_golden_file_holds_a_webhook_with_a_parked_event(tmp_path: Path) -> None:
    path = tmp_path / "collab.db"
    path.write_bytes(gzip.decompress((GOLDEN / f"schema_{VERSIONS[-1]}.db.gz").read_bytes()))
    async with await SQLiteStore.open(path, packs=False) as store:
        (hook,) = await store.webhooks()
        assert (hook.url, hook.position) == ("https://example.com", 200)
        assert [(line.document, line.seq) for line in await store.lines(hook.number)] == [("plain", 5)]
