"""A real server process is killed over and over while people type: what anybody was told is never lost, and read models
are what the log says."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

import pytest

from collab.local_server import LocalServer
from collab.projections.builtin import BUILT_IN
from collab.projections.checking import verdict
from collab.projections.models import beside
from collab.projections.shelf import Shelf
from collab.store.sqlite import SQLiteStore
from collab.verifying import all_documents, verify
from tests.helpers import Witness, authors, eventually, logged

UNLIMITED = ("--edits-per-second", "1000000", "--edit-burst", "1000000")


async def survives(path: Path, *, kills: int, names: str, seed: int, progress: Callable[[str], None]) -> None:
    """Kill the server ``kills`` times, each time at another moment, while one author per name types."""
    rng = random.Random(seed)
    witness = Witness()
    async with LocalServer(path, *UNLIMITED) as server:
        async with authors(server.url, "doc", names, seed=seed, witness=witness) as typists:
            for number in range(kills):
                # In between: with nobody back yet, while all come back, and in the middle of typing.
                enough = witness.heard + rng.choice([0, rng.randint(1, 50), *[rng.randint(50, 4_000)] * 4])
                await eventually(lambda enough=enough: witness.heard >= enough)  # type: ignore[misc]
                await server.kill()
                log = logged(path, "doc")
                witness.agrees_with(log)
                progress(f"kill {number + 1}: {len(log)} events, {len(witness.told)} of them told to anybody")
                await server.start()
        log = logged(path, "doc")
        witness.agrees_with(log)
        for typist in typists:
            typist.agrees_with(log)
        reconnects = sum(typist.document.reconnects for typist in typists)
        assert all(typist.document.reconnects for typist in typists)
        progress(f"{len(log)} events, {reconnects} reconnections, {witness.heard} events taken in")
        assert await server.stop() == 0
    async with await SQLiteStore.open(path) as store:
        async for record in all_documents(store):
            assert await verify(store, record) == []
        for projection in BUILT_IN:
            model = Shelf(beside(path), projection).current()
            assert model is not None
            found = await verdict(model, projection, store, now=lambda: 0)
            assert (found.differs, found.position) == ([], await store.position())


@pytest.mark.usefixtures("impatient")
async def test_nothing_that_anybody_was_told_is_lost_in_20_kills(tmp_path: Path) -> None:
    await survives(tmp_path / "collab.db", kills=20, names="abcd", seed=20, progress=print)


@pytest.mark.soak
@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("seed", range(5))
async def test_nothing_that_anybody_was_told_is_lost_in_200_kills(tmp_path: Path, seed: int) -> None:
    await survives(tmp_path / "collab.db", kills=200, names="abcdefgh", seed=seed, progress=print)
