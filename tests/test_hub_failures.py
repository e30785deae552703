"""The store fails, really: nothing acknowledged is lost, and what was not comes again when it is well."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, closing
from pathlib import Path

import pytest

from collab.store.sqlite import SQLiteStore
from tests.conftest import Serve
from tests.helpers import Peer, Witness, authors, eventually, logged
from tests.store_helpers import on_writer

PAGE_OF_TEXT = "x" * 9_000
"""More than fits into what is left of the file's last pages."""


@asynccontextmanager
async def full(store: SQLiteStore) -> AsyncIterator[None]:
    """The disk is full while the block runs: SQLite may not make the file longer."""
    pages = await on_writer(store, "PRAGMA page_count")
    await on_writer(store, f"PRAGMA max_page_count = {pages[0]}")
    yield
    await on_writer(store, "PRAGMA max_page_count = 1000000000")


@asynccontextmanager
async def locked(store: SQLiteStore) -> AsyncIterator[None]:
    """Another program keeps the file to itself while the block runs."""
    with closing(sqlite3.connect(store.path, isolation_level=None)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        yield
        connection.execute("ROLLBACK")


@asynccontextmanager
async def read_only(store: SQLiteStore) -> AsyncIterator[None]:
    """The file may only be read while the block runs."""
    await on_writer(store, "PRAGMA query_only = ON")
    yield
    await on_writer(store, "PRAGMA query_only = OFF")


Trouble = Callable[[SQLiteStore], AbstractAsyncContextManager[None]]

TROUBLES = pytest.mark.parametrize(
    ("trouble", "code"),
    [
        pytest.param(full, "store_full", id="full"),
        pytest.param(locked, "store_busy", id="locked"),
        pytest.param(read_only, "store_read_only", id="read-only"),
    ],
)


@TROUBLES
async def test_everybody_is_told_to_try_again(
    serve: Serve, tmp_path: Path, trouble: Trouble, code: str
) -> None:
    async with await SQLiteStore.open(tmp_path / "collab.db", busy_seconds=0.05) as store:
        serving = await serve(store)
        author = await Peer.joined(serving.url, "doc")
        reader = await Peer.joined(serving.url, "doc")
        await author.confirmed(await author.edit(["kept"]))
        async with trouble(store):
            await author.edit([PAGE_OF_TEXT])
            for peer in (author, reader):
                retry = await peer.expect("retry")
                assert (retry["code"], (await peer.closed())[0]) == (code, 1013)
                assert retry["reason"]
        assert [event.op for event in logged(store.path, "doc")[1:]] == [["kept"]]
        await serving.drop()


@TROUBLES
async def test_the_next_room_starts_from_the_log(
    serve: Serve, tmp_path: Path, trouble: Trouble, code: str
) -> None:
    async with await SQLiteStore.open(tmp_path / "collab.db", busy_seconds=0.05) as store:
        serving = await serve(store)
        author = await Peer.joined(serving.url, "doc")
        await author.confirmed(await author.edit(["kept"]))
        before = await serving.room("doc")
        async with trouble(store):
            await author.edit([PAGE_OF_TEXT])
            await author.closed()
            assert before.failed is not None
        again = await Peer.joined(
            serving.url,
            "doc",
            client=author.client,
            key=author.key,
            since=author.version,
            epoch=author.welcome["epoch"],
            text=author.text,
        )
        assert (again.text, again.version, again.welcome["accepted"]) == ("kept", 2, 1)
        await again.confirmed(await again.edit([PAGE_OF_TEXT], id_=2))
        assert await serving.room("doc") is not before
        await serving.drop()


async def test_one_who_joins_while_nothing_can_be_committed_is_told_to_try_again(
    serve: Serve, tmp_path: Path
) -> None:
    async with await SQLiteStore.open(tmp_path / "collab.db", busy_seconds=0.05) as store:
        serving = await serve(store)
        async with locked(store):
            early = await Peer.open(serving.url, "new")
            await early.say("hello", client=early.client, key=early.key, schema=1)
            assert (await early.expect("retry"))["code"] == "store_busy"
            assert (await early.closed())[0] == 1013
        assert await store.document("new") is None
        assert (await Peer.joined(serving.url, "new")).version == 1
        await serving.drop()


@pytest.mark.usefixtures("impatient")
@TROUBLES
async def test_clients_come_back_and_everything_is_in_the_log_once(
    serve: Serve, tmp_path: Path, trouble: Trouble, code: str
) -> None:
    witness = Witness()
    async with await SQLiteStore.open(tmp_path / "collab.db", busy_seconds=0.02) as store:
        serving = await serve(store)
        async with authors(serving.url, "doc", "abc", seed=5, witness=witness) as typists:
            for _ in range(3):
                heard = witness.heard
                await eventually(lambda heard=heard: witness.heard > heard + 300)  # type: ignore[misc]
                async with trouble(store):
                    room = await serving.room("doc")
                    await eventually(lambda room=room: room.failed is not None)  # type: ignore[misc]
        log = logged(store.path, "doc")
        witness.agrees_with(log)
        for typist in typists:
            typist.agrees_with(log)
        await serving.drop()
