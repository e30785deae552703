"""A server that is asked to stop: nothing is lost, nobody has to do anything, and it starts again."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

from collab.local_server import LocalServer
from collab.store.sqlite import SQLiteStore
from tests.conftest import Narrow, Serve
from tests.helpers import Peer, Witness, authors, eventually, logged, within

UNLIMITED = ("--edits-per-second", "1000000", "--edit-burst", "1000000")


async def test_clients_are_told_to_come_back(serve: Serve) -> None:
    serving = await serve()
    peers = [await Peer.joined(serving.url, document) for document in ("one", "one", "two")]
    await serving.stop()
    assert [(await peer.closed())[0] for peer in peers] == [1012, 1012, 1012]


async def test_what_was_accepted_is_committed_and_told_before_the_end(serve: Serve, tmp_path: Path) -> None:
    async with await SQLiteStore.open(tmp_path / "collab.db") as store:
        serving = await serve(store)
        author = await Peer.joined(serving.url, "doc")
        for _ in range(100):
            await author.edit(["x"], base=1)
        room = await serving.room("doc")
        await eventually(lambda: room.document.version > 1)
        await serving.stop()
        assert (await author.closed())[0] == 1012
        log = logged(tmp_path / "collab.db", "doc")
        assert author.version == len(log) == room.document.version


async def test_one_who_does_not_read_holds_up_the_end_only_for_a_while(
    serve: Serve, narrow: Narrow, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("collab.web.server.GRACE_SECONDS", 1)
    serving = await serve(send_buffer=16_384)
    author = await Peer.joined(serving.url, "doc")
    sleeper = await narrow(serving)
    sleeper.connection.transport.pause_reading()
    room = await serving.room("doc")
    while room.members[sleeper.client].transport.buffered < 100_000:
        await author.confirmed(await author.edit(["x" * 10_000]))
    await within(serving.stop())
    assert (await author.closed())[0] == 1012


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("options", [(), ("--plain-asgi",)], ids=["fanout", "asgi"])
@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT], ids=lambda how: how.name)
async def test_people_type_on_across_a_restart(
    tmp_path: Path, options: tuple[str, ...], how: signal.Signals
) -> None:
    path = tmp_path / "collab.db"
    witness = Witness()
    async with LocalServer(path, *UNLIMITED, *options) as server:
        async with authors(server.url, "doc", "abc", seed=7, witness=witness) as typists:
            for _ in range(2):
                enough = witness.heard + 200
                await eventually(lambda enough=enough: witness.heard > enough)  # type: ignore[misc]
                assert await within(server._end(how)) == 0, server.output
                assert "Traceback" not in server.output
                assert not path.with_name("collab.db-wal").exists(), "the store was closed in good order"
                witness.agrees_with(logged(path, "doc"))
                await server.start()
        log = logged(path, "doc")
        witness.agrees_with(log)
        for typist in typists:
            typist.agrees_with(log)
            assert typist.document.reconnects >= 1
