"""Read models beside a running server: they follow the log, stop alone, and are disposable."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from collab.events import Event
from collab.local_server import LocalServer
from collab.projections import follower
from collab.projections.builtin import BUILT_IN
from collab.projections.checking import verdict
from collab.projections.models import beside
from collab.projections.projection import Projection
from collab.projections.shelf import Shelf
from collab.store.sqlite import SQLiteStore
from tests.cli_helpers import run
from tests.conftest import Serve
from tests.helpers import DEADLINE, Serving, eventually, within
from tests.model_helpers import NOW, Journal, Picky, Texts, dislikes, rows, seen, written


@pytest.fixture
def plain_asgi() -> bool:
    return False


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[SQLiteStore]:
    async with await SQLiteStore.open(tmp_path / "collab.db") as store:
        yield store


def current(store: SQLiteStore, projection: Projection) -> Path:
    path = Shelf(beside(store.path), projection).current()
    assert path is not None
    return path


async def status(http: httpx.AsyncClient, url: str, name: str) -> dict[str, Any]:
    answer = (await http.get(f"{url}/api/projections")).json()
    found: dict[str, Any] = {row["name"]: row for row in answer["projections"]}[name]
    return found


async def caught_up(serving: Serving, name: str) -> None:
    await serving.models.ask(name, lambda _: None, after=await serving.store.position(), seconds=DEADLINE)


@pytest.fixture
async def http() -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(trust_env=False) as client:
        yield client


async def edit(http: httpx.AsyncClient, serving: Serving, document: str, word: str) -> None:
    """Have ``word`` typed at the beginning of the document, which is created if need be."""
    url = f"{serving.url}/api/documents"
    if (await http.get(f"{url}/{document}")).status_code == 404:
        (await http.post(url, json={"id": document})).raise_for_status()
    (await http.post(f"{url}/{document}/edits", json={"op": [word]})).raise_for_status()


# Following.


async def test_a_model_follows_what_people_type(
    serve: Serve, store: SQLiteStore, http: httpx.AsyncClient
) -> None:
    serving = await serve(store, projections=[Texts()])
    for letter, text in (("c", "c"), ("b", "bc"), ("a", "abc")):
        await edit(http, serving, "one", letter)
        await caught_up(serving, "texts")
        assert rows(current(store, Texts()), "SELECT text FROM texts") == [(text,)]


async def test_who_waits_for_a_model_that_is_just_being_made_hears_when_it_is_there(
    serve: Serve, store: SQLiteStore, http: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(follower, "POLL_SECONDS", 10 * DEADLINE)
    serving = await serve(store)
    waiting = asyncio.create_task(serving.models.grown("catalogue", 0, seconds=10 * DEADLINE))
    await edit(http, serving, "one", "x")
    assert await within(waiting)


async def test_what_another_process_has_written_is_followed_too(serve: Serve, store: SQLiteStore) -> None:
    serving = await serve(store, projections=[Journal()])
    async with await SQLiteStore.open(store.path) as other:
        await written(other, "one", *"abc")
        await caught_up(serving, "journal")
        await written(other, "one", *"def")
        await caught_up(serving, "journal")
    assert seen(current(store, Journal())) == list(range(1, 8))


async def test_all_that_was_typed_is_in_the_models_when_the_server_has_stopped(
    store: SQLiteStore, http: httpx.AsyncClient
) -> None:
    async with Serving(store, projections=[Journal()]) as serving:
        await edit(http, serving, "one", "abc")
        await caught_up(serving, "journal")
        await edit(http, serving, "one", "abcd")
        await serving.stop()
    assert seen(current(store, Journal())) == [1, 2, 3]


async def test_two_servers_on_one_file_take_each_event_in_once(
    serve: Serve, store: SQLiteStore, http: httpx.AsyncClient
) -> None:
    async with await SQLiteStore.open(store.path) as other:
        one, two = await serve(store, projections=[Journal()]), await serve(other, projections=[Journal()])
        for number in range(20):
            await edit(http, (one, two)[number % 2], f"doc{number % 2}", f"text {number}")
        await caught_up(one, "journal")
        await caught_up(two, "journal")
        assert seen(current(store, Journal())) == list(range(1, 23))
        await two.stop()


# Stopping alone.


async def test_a_projection_that_raises_is_parked_and_the_others_go_on(
    serve: Serve, store: SQLiteStore, http: httpx.AsyncClient
) -> None:
    serving = await serve(store, projections=[Picky(dislikes("poison")), Journal()])
    for text in ("good", "poison", "good again"):
        await edit(http, serving, "one", text)
    await caught_up(serving, "journal")
    await caught_up(serving, "search")
    assert seen(current(store, Journal())) == [1, 2, 3, 4]
    await eventually_state(http, serving, "picky", "parked")
    row = await status(http, serving.url, "picky")
    assert row["parked"]["document"] == "one"
    assert (row["parked"]["position"], row["parked"]["seq"], row["parked"]["type"]) == (3, 3, "edited")
    assert row["parked"]["reason"] == "RuntimeError: I don't like poison"
    assert (await status(http, serving.url, "journal"))["state"] == "live"
    assert (await status(http, serving.url, "journal"))["lag"] == 0


async def eventually_state(http: httpx.AsyncClient, serving: Serving, name: str, state: str) -> None:
    async with asyncio.timeout(DEADLINE):
        while (await status(http, serving.url, name))["state"] != state:  # noqa: ASYNC110 - it is asked by HTTP
            await asyncio.sleep(0.05)


async def test_commands_help_a_parked_projection_on_while_the_server_runs(
    serve: Serve, store: SQLiteStore, http: httpx.AsyncClient
) -> None:
    disliked = ["poison", "venom"]

    def fault(event: Event) -> None:
        for word in disliked:
            dislikes(word)(event)

    serving = await serve(store, projections=[Picky(fault)])
    await edit(http, serving, "one", "fine")
    await caught_up(serving, "picky")
    for text in ("poison", "ok", "venom", "good"):
        await edit(http, serving, "one", text)
    await eventually_state(http, serving, "picky", "parked")
    row = await status(http, serving.url, "picky")
    assert (row["position"], row["lag"], row["parked"]["attempts"]) == (2, 4, 1)

    # Its cause is mended, and the event tried again.
    command = ("--db", store.path, "--projection", "tests.model_helpers:Liking")
    disliked.remove("poison")
    code, output, errors = await asyncio.to_thread(
        lambda: run("projections", "retry", "picky", *command, cwd=store.path.parent)
    )
    assert (code, output, errors) == (0, b"picky tries event 3 of one again\n", b"")
    await eventually_parked(http, serving, position=5)

    code, output, errors = await asyncio.to_thread(
        lambda: run("projections", "skip", "picky", *command, cwd=store.path.parent)
    )
    assert (code, output, errors) == (0, b"picky goes on behind event 5 of one\n", b"")
    await caught_up(serving, "picky")
    assert seen(current(store, Picky(fault))) == [1, 2, 3, 4, 6]
    assert (await status(http, serving.url, "picky"))["skipped"] == 1


async def eventually_parked(http: httpx.AsyncClient, serving: Serving, *, position: int) -> None:
    async with asyncio.timeout(DEADLINE):
        while True:
            parked = (await status(http, serving.url, "picky"))["parked"]
            if parked is not None and parked["position"] == position:
                return
            await asyncio.sleep(0.05)


async def test_a_parked_projection_is_tried_again_when_the_server_starts(
    serve: Serve, store: SQLiteStore, http: httpx.AsyncClient
) -> None:
    serving = await serve(store, projections=[Picky(dislikes("poison"))])
    await edit(http, serving, "one", "fine")
    await caught_up(serving, "picky")
    await edit(http, serving, "one", "poison")
    await eventually_state(http, serving, "picky", "parked")
    await serving.stop()
    serving = await serve(store, projections=[Picky(lambda event: None)])
    await eventually_state(http, serving, "picky", "live")
    await caught_up(serving, "picky")
    assert seen(current(store, Picky(lambda event: None))) == [1, 2, 3]


async def test_what_is_wrong_with_the_disk_stops_one_model_only_until_it_is_mended(
    serve: Serve, store: SQLiteStore, http: httpx.AsyncClient
) -> None:
    beside(store.path).mkdir()
    in_the_way = beside(store.path) / "texts.1"
    in_the_way.touch()
    serving = await serve(store, projections=[Texts(), Journal()])
    await edit(http, serving, "one", "abc")
    await caught_up(serving, "journal")
    row = await status(http, serving.url, "texts")
    assert row["state"] == "missing"
    assert "File exists" in row["trouble"]
    assert (await status(http, serving.url, "journal"))["trouble"] is None
    in_the_way.unlink()
    await caught_up(serving, "texts")
    assert (await status(http, serving.url, "texts"))["trouble"] is None


# Disposable.


async def test_models_that_were_thrown_away_are_built_again(
    serve: Serve, store: SQLiteStore, http: httpx.AsyncClient
) -> None:
    async with Serving(store) as serving:
        await edit(http, serving, "one", "needle")
        await caught_up(serving, "search")
    shutil.rmtree(beside(store.path))
    serving = await serve(store)
    found = (await http.get(f"{serving.url}/api/search?q=needle&after=one:2")).json()["found"]
    assert [hit["document"] for hit in found] == ["one"]


@pytest.mark.parametrize("damage", [b"", b"nonsense" * 500, None])
async def test_a_damaged_model_is_built_again(
    serve: Serve, store: SQLiteStore, http: httpx.AsyncClient, damage: bytes | None
) -> None:
    async with Serving(store, projections=[Texts()]) as serving:
        await edit(http, serving, "one", "text " * 5_000)
        await caught_up(serving, "texts")
    path = current(store, Texts())
    if damage is None:
        whole = path.read_bytes()
        path.write_bytes(whole[:4096] + b"\xff" * (len(whole) - 4096))
    else:
        path.write_bytes(damage)
    serving = await serve(store, projections=[Texts()])
    await edit(http, serving, "one", "!")
    await caught_up(serving, "texts")
    assert rows(current(store, Texts()), "SELECT version, length(text) FROM texts") == [(3, 25_001)]


async def test_models_of_another_log_are_built_anew(
    tmp_path: Path, serve: Serve, http: httpx.AsyncClient
) -> None:
    path = tmp_path / "collab.db"
    for text in ("before", "after"):
        async with await SQLiteStore.open(path) as store:
            async with Serving(store, projections=[Texts()]) as serving:
                await edit(http, serving, "one", text)
                await caught_up(serving, "texts")
                assert rows(current(store, Texts()), "SELECT text FROM texts") == [(text,)]
        path.unlink()


async def test_a_projection_of_a_newer_version_is_built_anew(
    serve: Serve, store: SQLiteStore, http: httpx.AsyncClient
) -> None:
    class Newer(Texts):
        version = 2
        tables = Texts.tables.replace("text TEXT", "text TEXT DEFAULT 'new'")

    async with Serving(store, projections=[Texts()]) as serving:
        await edit(http, serving, "one", "abc")
        await caught_up(serving, "texts")
    serving = await serve(store, projections=[Newer()])
    await caught_up(serving, "texts")
    assert rows(current(store, Newer()), "SELECT text FROM texts") == [("abc",)]
    assert [path.name for path in beside(store.path).glob("texts.*")] == ["texts.2"]


async def test_a_model_made_by_other_code_is_called_stale(
    serve: Serve, store: SQLiteStore, http: httpx.AsyncClient
) -> None:
    class Other(Texts):
        """Other code under the same version."""

    async with Serving(store, projections=[Texts()]) as serving:
        await edit(http, serving, "one", "abc")
        await caught_up(serving, "texts")
        assert not (await status(http, serving.url, "texts"))["stale"]
    serving = await serve(store, projections=[Other()])
    assert (await status(http, serving.url, "texts"))["stale"]


# Built anew by command, while people type.


@pytest.mark.parametrize("name", [projection.name for projection in BUILT_IN])
async def test_a_model_rebuilt_by_command_under_load_is_what_is_built_from_nothing(
    tmp_path: Path, name: str, http: httpx.AsyncClient
) -> None:
    projection = next(each for each in BUILT_IN if each.name == name)
    path = tmp_path / "collab.db"
    async with await SQLiteStore.open(path) as store:
        for number in range(4):
            await written(store, f"doc{number}", *["some words "] * 300)
    async with LocalServer(path, "--edits-per-second", "100000", "--edit-burst", "100000") as server:
        typing = asyncio.create_task(_type(http, server.url))
        shelf = Shelf(beside(path), projection)
        await eventually(lambda: shelf.current() is not None)
        first = shelf.current()
        code, output, errors = await asyncio.to_thread(
            lambda: run("projections", "rebuild", name, "--db", path, cwd=tmp_path)
        )
        assert (code, errors) == (0, b"")
        assert output.startswith(f"{name} is built, up to position ".encode())
        rebuilt = shelf.current()
        assert rebuilt not in (None, first)
        typing.cancel()
        with pytest.raises(asyncio.CancelledError):
            await typing
        # The server goes on with the new one.
        await http.post(f"{server.url}/api/documents/doc0/edits", json={"text": "the end"})
        version = (await http.get(f"{server.url}/api/documents/doc0")).json()["version"]
        answer = await http.get(f"{server.url}/api/projections/{name}/rows?after=doc0:{version}")
        assert answer.status_code == 400, "built-in ones have no rows, but it has waited"
        assert shelf.current() == rebuilt
        assert await server.stop() == 0
    async with await SQLiteStore.open(path) as store:
        assert rebuilt is not None
        found = await verdict(rebuilt, projection, store, now=lambda: NOW)
        assert found.position == await store.position()
        assert found.differs == []


async def _type(http: httpx.AsyncClient, url: str) -> None:
    number = 0
    while True:
        number += 1
        text = f"document {number} has other words, ten thousand of them or so: {number * 7919} "
        await http.post(f"{url}/api/documents/doc{number % 4}/edits", json={"text": text})
