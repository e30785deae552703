from __future__ import annotations

import asyncio
import os
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest
import pytest_asyncio

from collab.errors import StoreError, VersionConflict
from collab.store import EventStore
from collab.store.memory import MemoryStore
from collab.store.sqlite import SQLiteStore
from tests.store_acceptance import StoreAcceptance, everything
from tests.store_acceptance_log import LogAcceptance
from tests.store_acceptance_webhooks import WebhookAcceptance
from tests.store_helpers import (
    SECOND,
    T0,
    created,
    creation,
    on_writer,
    renaming,
    rewrite,
    typing,
)


class TestSQLiteStore(StoreAcceptance, LogAcceptance, WebhookAcceptance):
    @pytest_asyncio.fixture
    async def store(self, tmp_path: Path) -> AsyncIterator[EventStore]:
        async with await SQLiteStore.open(tmp_path / "collab.db") as store:
            yield store


async def test_everything_is_there_after_reopening(tmp_path: Path) -> None:
    path = tmp_path / "collab.db"
    async with await SQLiteStore.open(path) as store:
        await created(store, "doc", edits=30)
        await store.append(renaming("doc", 31, "Title"))
        await store.save_snapshot("doc", 7, b"seven")
        before = await everything(store, "doc")
    async with await SQLiteStore.open(path) as store:
        assert await everything(store, "doc") == before
        assert await store.version_at("doc", T0 + 5 * SECOND) == 6


async def test_closing_leaves_one_file(tmp_path: Path) -> None:
    async with await SQLiteStore.open(tmp_path / "collab.db") as store:
        await created(store, "doc", edits=30)
    assert os.listdir(tmp_path) == ["collab.db"]


async def test_closing_finishes_even_if_it_is_cancelled(tmp_path: Path) -> None:
    store = await SQLiteStore.open(tmp_path / "collab.db")
    await created(store, "doc")
    closing = asyncio.create_task(store.close())
    await asyncio.sleep(0)
    closing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await closing
    await store.close()
    assert os.listdir(tmp_path) == ["collab.db"]


async def test_positions_are_not_given_again_after_an_erasure(tmp_path: Path) -> None:
    path = tmp_path / "collab.db"
    async with await SQLiteStore.open(path) as store:
        await created(store, "doc", edits=9)
        last = (await store.events("doc"))[-1].position
    rewrite(path, "PRAGMA foreign_keys = OFF", "DELETE FROM events", "DELETE FROM documents")
    async with await SQLiteStore.open(path) as store:
        assert await store.append(creation("doc")) == last + 1


@pytest.mark.parametrize("statement", ["DELETE FROM events", "UPDATE events SET payload = x'5b5d'"])
async def test_the_database_itself_refuses_to_change_events(tmp_path: Path, statement: str) -> None:
    async with await SQLiteStore.open(tmp_path / "collab.db") as store:
        await created(store, "doc", edits=3)
        with pytest.raises(StoreError, match="events are never"):
            await on_writer(store, statement)
        assert len(await store.events("doc")) == 4


async def test_readers_cannot_write(tmp_path: Path) -> None:
    async with await SQLiteStore.open(tmp_path / "collab.db") as store:
        await created(store, "doc")
        with pytest.raises(StoreError, match="readonly"):
            await store._read("DELETE FROM documents", ())


async def test_two_stores_on_one_file_see_and_respect_each_other(tmp_path: Path) -> None:
    path = tmp_path / "collab.db"
    async with await SQLiteStore.open(path) as one, await SQLiteStore.open(path) as other:
        await created(one, "doc")
        position = await other.append(typing("doc", 1))
        with pytest.raises(VersionConflict):
            await one.append(typing("doc", 1))
        assert await one.append(typing("doc", 2)) == position + 1
        assert await one.events("doc") == await other.events("doc")


async def test_the_catalogue_is_listed_without_sorting(tmp_path: Path) -> None:
    statements: list[str] = []
    async with await SQLiteStore.open(tmp_path / "collab.db") as store:
        await created(store, "doc")
        for reader in store._readers.connections:
            reader.set_trace_callback(statements.append)
        await store.documents(before=(T0 + 1, "x"), limit=10)
        await store.documents(limit=10)
        for statement in [statement for statement in statements if "SELECT" in statement]:
            plan = str(await store._read(f"EXPLAIN QUERY PLAN {statement}", ()))
            assert "documents_by_update" in plan
            assert "TEMP B-TREE" not in plan


async def test_a_list_looks_up_authors_for_its_own_page_only(tmp_path: Path) -> None:
    statements: list[str] = []
    async with await SQLiteStore.open(tmp_path / "collab.db") as store:
        await created(store, "doc")
        for reader in store._readers.connections:
            reader.set_trace_callback(statements.append)
        await store.listed(title="doc", before=(T0 + 1, "x"), limit=10)
        (statement,) = [statement for statement in statements if "SELECT" in statement]
        plan = [row[3] for row in await store._read(f"EXPLAIN QUERY PLAN {statement}", ())]
    page, *rest = (step for step in plan if " documents" in step or " clients" in step)
    assert page.startswith("SEARCH documents USING INDEX documents_by_update")
    assert len(rest) == 2
    assert all(step.startswith("SEARCH clients USING COVERING INDEX") for step in rest)


def random_question(
    chance: random.Random, newest: dict[str, int]
) -> Callable[[EventStore], Awaitable[object]]:
    """Something to ask of, or tell to, a store whose documents have the ``newest`` versions."""
    document = chance.choice(list(newest))
    version = chance.choice([newest[document], chance.randrange(newest[document] + 2)])
    client = chance.choice(["c1", "c2"])
    word = chance.choice(["", "TITLE", "a", f"{version}000"])
    at = T0 + chance.randrange(30) * SECOND
    questions: list[Callable[[EventStore], Awaitable[object]]] = [
        lambda store: store.append(creation(document) if version == 0 else typing(document, version)),
        lambda store: store.append(typing(document, version, 3, client=client, author="eve")),
        lambda store: store.append(renaming(document, version, f"title {at}")),
        lambda store: store.events(document, after=version, limit=4),
        lambda store: store.events(document, until=version),
        lambda store: store.version_at(document, at),
        lambda store: store.client(document, client),
        lambda store: store.save_snapshot(document, version, b"%d" % at),
        lambda store: store.delete_snapshot(document, version),
        lambda store: store.snapshot(document, at_most=version),
        lambda store: store.documents(before=(at, document), limit=2),
        lambda store: store.listed(title=word, limit=2),
    ]
    return chance.choice(questions)


async def answer(question: Callable[[EventStore], Awaitable[object]], store: EventStore) -> object:
    try:
        return await question(store)
    except (StoreError, ValueError) as error:
        return type(error)


@pytest.mark.parametrize("seed", range(10))
async def test_it_answers_as_the_store_in_memory_does(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    newest = dict.fromkeys("abc", 0)
    async with await SQLiteStore.open(tmp_path / "collab.db") as sqlite, MemoryStore() as memory:
        for _ in range(150):
            question = random_question(chance, newest)
            assert await answer(question, sqlite) == await answer(question, memory)
            newest |= {record.id: record.version for record in await memory.documents()}
        for document in newest:
            assert await everything(sqlite, document) == await everything(memory, document)
        assert sum(newest.values()) > 15
