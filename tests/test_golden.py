"""Stores of every schema version there ever was, written by the code of that time."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from collab.events import Renamed
from collab.reading import document_at
from collab.store import schema
from collab.store.sqlite import SQLiteStore
from collab.verifying import verify
from tests.golden.make import GOLDEN, description
from tests.store_helpers import append_of

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
                assert await description(store, name) == document
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


async def test_the_newest_golden_file_is_partly_packed(tmp_path: Path) -> None:
    path = tmp_path / "collab.db"
    path.write_bytes(gzip.decompress((GOLDEN / f"schema_{VERSIONS[-1]}.db.gz").read_bytes()))
    async with await SQLiteStore.open(path, packs=False) as store:
        for name in ("plain", "formatted"):
            stored = await store.stored(name)
            assert stored.packed > 100
            assert stored.events >= 40
