"""Opening: what is refused, and how a schema goes from one version to the next."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from collab.errors import StoreReadOnly, StoreTooNew, StoreUnusable
from collab.store import schema
from collab.store.sqlite import SQLiteStore
from tests.store_helpers import created, typing


def state(folder: Path) -> dict[str, tuple[int, bytes]]:
    """All files of ``folder``, with the time they were last changed."""
    return {file.name: (file.stat().st_mtime_ns, file.read_bytes()) for file in folder.iterdir()}


async def test_a_new_store_says_whose_it_is_and_which_version(tmp_path: Path) -> None:
    path = tmp_path / "collab.db"
    await (await SQLiteStore.open(path)).close()
    header = path.read_bytes()[:100]
    assert header[68:72] == b"clab"
    assert int.from_bytes(header[60:64], "big") == len(schema.STEPS)


@pytest.mark.parametrize("name", ["a b.db", "100%.db", "what?.db", "#1.db", "a&mode=memory.db", "dök.db"])
async def test_any_file_name_will_do(tmp_path: Path, name: str) -> None:
    for _ in range(2):
        async with await SQLiteStore.open(tmp_path / name) as store:
            if await store.document("doc") is None:
                await created(store, "doc")
            assert len(await store.events("doc")) == 1
    assert os.listdir(tmp_path) == [name]


async def test_a_path_stays_what_it_was_when_the_working_directory_changes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    async with await SQLiteStore.open("collab.db") as store:
        monkeypatch.chdir("/")
        assert store.path == tmp_path / "collab.db"


# What is refused.


async def test_a_newer_schema_is_refused_and_left_untouched(tmp_path: Path) -> None:
    path = tmp_path / "collab.db"
    newer = [*schema.STEPS, "CREATE TABLE news (x);"]
    schema.connect_writer(path, busy_seconds=1, steps=newer).close()
    before = state(tmp_path)
    with pytest.raises(StoreTooNew) as refused:
        await SQLiteStore.open(path)
    assert (refused.value.found, refused.value.known) == (len(newer), len(schema.STEPS))
    assert state(tmp_path) == before
    assert list(before) == ["collab.db"]


async def test_a_newer_schema_is_seen_even_if_only_the_write_ahead_log_has_it(tmp_path: Path) -> None:
    path, killed = tmp_path / "collab.db", tmp_path / "killed"
    killed.mkdir()
    await (await SQLiteStore.open(path)).close()
    with closing(sqlite3.connect(path, isolation_level=None)) as newer:
        newer.execute("PRAGMA user_version = 99")
        # As a program leaves it that is killed at this moment.
        for suffix in ("", "-wal"):
            shutil.copy2(f"{path}{suffix}", killed)
    before = state(killed)
    assert before["collab.db"][1][60:64] != (99).to_bytes(4, "big")
    with pytest.raises(StoreTooNew):
        await SQLiteStore.open(killed / "collab.db")
    after = state(killed)
    assert {name: after[name] for name in before} == before


def _another_program(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE contacts (name)")


def _another_program_with_versions(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA user_version = 1")


@pytest.mark.parametrize(
    ("make", "why"),
    [
        pytest.param(_another_program, "another program", id="another program's"),
        pytest.param(_another_program_with_versions, "another program", id="empty but with a version"),
        pytest.param(lambda path: path.write_bytes(b"Dear diary, " * 500), "not an SQLite", id="no database"),
        pytest.param(lambda path: path.write_bytes(b"short"), "not an SQLite", id="too short"),
        pytest.param(Path.mkdir, "not a file", id="a folder"),
        pytest.param(os.mkfifo, "not a file", id="a pipe"),
    ],
)
async def test_what_is_no_store_is_refused_and_left_untouched(
    tmp_path: Path, make: Callable[[Path], object], why: str
) -> None:
    path = tmp_path / "thing.db"
    make(path)
    before = path.stat(), path.read_bytes() if path.is_file() else None
    with pytest.raises(StoreUnusable, match=why) as refused:
        await SQLiteStore.open(path)
    assert str(path) in str(refused.value)
    after = path.stat(), path.read_bytes() if path.is_file() else None
    assert (after[0].st_mtime_ns, after[1]) == (before[0].st_mtime_ns, before[1])
    assert os.listdir(tmp_path) == ["thing.db"]


@pytest.mark.parametrize("path", ["none/collab.db", "file.txt/collab.db", "x" * 300])
async def test_a_place_that_cannot_be_is_refused(tmp_path: Path, path: str) -> None:
    (tmp_path / "file.txt").touch()
    with pytest.raises(StoreUnusable):
        await SQLiteStore.open(tmp_path / path)
    assert os.listdir(tmp_path) == ["file.txt"]


async def test_an_empty_file_is_where_a_store_may_begin(tmp_path: Path) -> None:
    path = tmp_path / "collab.db"
    path.touch()
    async with await SQLiteStore.open(path) as store:
        await created(store, "doc")


async def test_a_store_whose_maker_was_killed_at_once_can_be_opened(tmp_path: Path) -> None:
    path = tmp_path / "collab.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
    assert path.stat().st_size > 0
    async with await SQLiteStore.open(path) as store:
        await created(store, "doc")


@contextmanager
def unwritable(path: Path) -> Iterator[None]:
    """``path`` may only be read: by its mode, or for root, whom no mode keeps out, as an immutable file."""
    if os.geteuid() != 0:
        path.chmod(0o444)
        yield
        path.chmod(0o644)
        return
    if shutil.which("chattr") is None or subprocess.run(["chattr", "+i", path], check=False).returncode:
        pytest.skip("root, and the file system has no immutable files")
    try:
        yield
    finally:
        subprocess.run(["chattr", "-i", path], check=True)


async def test_a_file_that_may_not_be_written_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "collab.db"
    async with await SQLiteStore.open(path) as store:
        await created(store, "doc")
    with unwritable(path), pytest.raises(StoreReadOnly):
        await SQLiteStore.open(path)
    async with await SQLiteStore.open(path) as store:
        await store.append(typing("doc", 1))


# Migrations.

SECOND_STEP = (
    "ALTER TABLE documents ADD COLUMN mood TEXT; CREATE TABLE moods (mood); UPDATE documents SET mood = 'x';"
)


async def test_an_older_store_is_brought_up_to_date_with_all_it_holds(tmp_path: Path) -> None:
    path = tmp_path / "collab.db"
    async with await SQLiteStore.open(path) as store:
        await created(store, "doc", edits=3)
    connection = schema.connect_writer(path, busy_seconds=1, steps=[*schema.STEPS, SECOND_STEP])
    with closing(connection):
        assert connection.execute("PRAGMA user_version").fetchone() == (len(schema.STEPS) + 1,)
        assert connection.execute("SELECT id, version, mood FROM documents").fetchall() == [("doc", 4, "x")]


async def test_a_step_that_fails_is_undone(tmp_path: Path) -> None:
    path = tmp_path / "collab.db"
    async with await SQLiteStore.open(path) as store:
        await created(store, "doc", edits=3)
    broken = SECOND_STEP + " INSERT INTO nowhere VALUES (1);"
    with pytest.raises(Exception, match="nowhere"):
        schema.connect_writer(path, busy_seconds=1, steps=[*schema.STEPS, broken])
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT count(*) FROM sqlite_master WHERE name = 'moods'").fetchone() == (
            0,
        )
    async with await SQLiteStore.open(path) as store:
        assert len(await store.events("doc")) == 4


async def test_steps_are_taken_once(tmp_path: Path) -> None:
    path = tmp_path / "collab.db"
    steps = [*schema.STEPS, SECOND_STEP]
    for _ in range(3):
        schema.connect_writer(path, busy_seconds=1, steps=steps).close()


async def test_the_write_ahead_log_is_made_as_long_as_it_may_become(tmp_path: Path) -> None:
    """And what SQLite finds behind its own entries doesn't disturb it, also after a kill."""
    path = tmp_path / "log.db"
    async with await SQLiteStore.open(path) as store:
        log = path.with_name("log.db-wal")
        size = log.stat().st_size
        assert size >= schema.CHECKPOINT_BYTES
        await created(store, "doc")
        assert log.stat().st_size == size
        (tmp_path / "killed.db").write_bytes(path.read_bytes())
        (tmp_path / "killed.db-wal").write_bytes(log.read_bytes())
    async with await SQLiteStore.open(tmp_path / "killed.db") as store:
        assert len(await store.events("doc")) == 1
