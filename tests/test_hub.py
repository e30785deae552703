"""Rooms come and go, and what they hold can always be had from the log again."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from collab import hub as hubs
from collab.auth import Identity
from collab.errors import DocumentExists, InvalidName, StoreError
from collab.hub import Hub
from collab.snapshots import pack, unpack
from collab.snapshotting import LEAST
from collab.store import EventStore, packer
from collab.store.memory import MemoryStore
from collab.store.sqlite import SQLiteStore
from tests.conftest import Serve
from tests.helpers import Peer, Serving, eventually


@pytest.fixture
def plain_asgi() -> bool:
    return False


ANA = Identity("ana")


def rooms(serving: Serving) -> dict[str, Any]:
    return serving.hub._rooms


async def test_a_room_is_closed_some_time_after_the_last_one_left(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hubs, "IDLE_SECONDS", 0.05)
    serving = await serve()
    first = await Peer.joined(serving.url, "doc")
    second = await Peer.joined(serving.url, "doc")
    await first.confirmed(await first.edit(["kept"]))
    await first.close()
    await asyncio.gather(second.reached(2), second.expect("presence"))
    assert "doc" in rooms(serving)
    await second.close()
    await eventually(lambda: "doc" not in rooms(serving))
    back = await Peer.joined(serving.url, "doc")
    assert (back.text, back.version) == ("kept", 2)


async def test_a_document_that_falls_idle_is_packed(
    serve: Serve, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hubs, "IDLE_SECONDS", 0.02)
    monkeypatch.setattr(packer, "FEW", 1)
    async with await SQLiteStore.open(tmp_path / "collab.db") as store:
        serving = await serve(store)
        peer = await Peer.joined(serving.url, "doc")
        await peer.confirmed(await peer.edit(["kept"]))
        await peer.close()
        await eventually(lambda: "doc" not in rooms(serving))
        await store._packer.settled()
        assert (await store.stored("doc")).packed == 2
        back = await Peer.joined(serving.url, "doc")
        assert (back.text, back.version) == ("kept", 2)
        await back.close()


async def test_a_room_with_somebody_in_it_stays(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hubs, "IDLE_SECONDS", 0.02)
    serving = await serve()
    peer = await Peer.joined(serving.url, "doc")
    room = await serving.room("doc")
    # By the time another room has come and gone, this one had its chance.
    await (await Peer.joined(serving.url, "passing")).close()
    await eventually(lambda: "passing" not in rooms(serving))
    assert await serving.room("doc") is room
    await peer.confirmed(await peer.edit(["x"]))


async def test_a_reloading_page_finds_its_room_still_there(serve: Serve) -> None:
    serving = await serve()
    peer = await Peer.joined(serving.url, "doc")
    room = await serving.room("doc")
    await peer.close()
    await eventually(lambda: not room.members)
    await Peer.joined(serving.url, "doc")
    assert await serving.room("doc") is room


async def test_many_who_come_first_at_once_make_one_document(serve: Serve, tmp_path: Path) -> None:
    async with await SQLiteStore.open(tmp_path / "collab.db") as store:
        serving = await serve(store)
        peers = await asyncio.gather(*(Peer.joined(serving.url, "new") for _ in range(20)))
        assert len({peer.welcome["epoch"] for peer in peers}) == 1
        assert len(await store.events("new")) == 1
        assert len((await serving.room("new")).members) == 20
        await serving.drop()


async def test_two_servers_on_one_new_document_make_one_document() -> None:
    store = MemoryStore()
    one, two = Hub(store), Hub(store)
    first, second = await asyncio.gather(one.room("new", ANA), two.room("new", ANA))
    assert first.document.epoch == second.document.epoch
    assert len(await store.events("new")) == 1
    await asyncio.gather(one.close(), two.close())


async def test_one_who_gives_up_while_a_room_opens_takes_nobody_along() -> None:
    hub = Hub(MemoryStore())
    impatient = asyncio.create_task(hub.room("doc", ANA))
    patient = asyncio.create_task(hub.room("doc", ANA))
    await asyncio.sleep(0)
    impatient.cancel()
    assert (await patient).document.version == 1
    await hub.close()


async def test_creating_a_document_twice_is_an_error() -> None:
    hub = Hub(MemoryStore())
    record = await hub.create("doc", ANA, title="  Notes  of the  day ")
    assert (record.title, record.version) == ("Notes of the day", 1)
    with pytest.raises(DocumentExists):
        await hub.create("doc", ANA)


@pytest.mark.parametrize("document", ["", "-doc", "a/b", "x" * 129, "doc\n"])
async def test_a_bad_document_id_is_an_error(document: str) -> None:
    hub = Hub(MemoryStore())
    with pytest.raises(InvalidName):
        await hub.create(document, ANA)
    with pytest.raises(InvalidName):
        await hub.room(document, ANA)


async def test_a_hub_on_its_way_down_opens_nothing() -> None:
    hub = Hub(MemoryStore())
    await hub.close()
    with pytest.raises(StoreError):
        await hub.room("doc", ANA)


async def test_a_room_that_cannot_be_opened_can_be_later() -> None:
    class Moody(MemoryStore):
        well = False

        async def document(self, document: str) -> Any:
            if not self.well:
                raise StoreError("not now")
            return await super().document(document)

    store = Moody()
    hub = Hub(store)
    with pytest.raises(StoreError):
        await hub.room("doc", ANA)
    store.well = True
    assert (await hub.room("doc", ANA)).document.version == 1
    await hub.close()


# Snapshots.


async def typed_much(serving: Serving, document: str = "doc") -> Peer:
    """A document heavy enough for a snapshot, which has been taken at its newest version."""
    author = await Peer.joined(serving.url, document)
    await author.confirmed(await author.edit(["light"]))
    assert await serving.store.snapshot(document) is None
    await author.confirmed(await author.edit([5, "x" * LEAST]))
    async with asyncio.timeout(10):
        while await serving.store.snapshot(document) is None:
            await author.until_answered()
    return author


class Counting(MemoryStore):
    """Counts the events that are read."""

    read = 0

    async def events(self, document: str, **options: Any) -> Any:
        events = await super().events(document, **options)
        self.read += len(events)
        return events


async def test_a_snapshot_is_taken_when_the_events_weigh_enough(serve: Serve) -> None:
    serving = await serve()
    author = await typed_much(serving)
    found = await serving.store.snapshot("doc")
    assert found is not None
    assert (found[0], unpack(found[1])) == (3, author.text)


async def test_a_document_is_loaded_from_its_snapshot_and_the_events_after_it(serve: Serve) -> None:
    store = Counting()
    first = await serve(store)
    author = await typed_much(first)
    await author.confirmed(await author.edit(["last "]))
    await first.drop()
    store.read = 0
    second = await serve(store)
    again = await Peer.joined(second.url, "doc")
    assert (again.value, again.version) == (author.value, 4)
    assert store.read == 1


async def test_formatted_text_survives_its_snapshot(serve: Serve) -> None:
    first = await serve()
    author = await Peer.joined(first.url, "doc")
    await author.edit(
        [{"insert": "x" * LEAST, "attributes": {"bold": True}}, {"insert": {"image": "i"}}, "😀"]
    )
    await author.heard(lambda: author.version == 2)
    async with asyncio.timeout(10):
        while await first.store.snapshot("doc") is None:
            await author.until_answered()
    await first.drop()
    second = await serve(first.store)
    assert (await Peer.joined(second.url, "doc")).value == author.value


async def test_what_was_typed_in_many_short_sessions_comes_to_a_snapshot_too(serve: Serve) -> None:
    store = MemoryStore()
    for _ in range(5):
        serving = await serve(store)
        author = await Peer.joined(serving.url, "doc")
        await author.confirmed(await author.edit(["x" * (LEAST // 4)]))
        await serving.drop()
    assert await store.snapshot("doc") is not None


@pytest.mark.parametrize(
    "damage",
    [
        pytest.param(lambda packed: b"", id="empty"),
        pytest.param(lambda packed: packed[:-3], id="cut short"),
        pytest.param(lambda packed: packed[:20] + bytes([packed[20] ^ 1]) + packed[21:], id="a flipped bit"),
        pytest.param(lambda packed: b"\xff" + packed[1:], id="another format"),
    ],
)
async def test_a_bad_snapshot_is_dropped_and_the_log_has_the_truth(serve: Serve, damage: Any) -> None:
    first = await serve()
    author = await typed_much(first)
    await first.drop()
    good = await first.store.snapshot("doc")
    assert good is not None
    await first.store.save_snapshot("doc", good[0], damage(good[1]))
    second = await serve(first.store)
    again = await Peer.joined(second.url, "doc")
    assert again.value == author.value
    assert await first.store.snapshot("doc") is None


async def test_an_older_good_snapshot_stands_in_for_a_bad_one(serve: Serve) -> None:
    store = Counting()
    first = await serve(store)
    author = await typed_much(first)
    await first.drop()
    await store.save_snapshot("doc", 2, pack("light"))
    await store.save_snapshot("doc", 3, b"bad")
    store.read = 0
    second = await serve(store)
    assert (await Peer.joined(second.url, "doc")).value == author.value
    assert store.read == 1


async def test_a_store_that_keeps_no_snapshots_costs_no_edits(
    serve: Serve, caplog: pytest.LogCaptureFixture
) -> None:
    class Forgetful(MemoryStore):
        asked = 0

        async def save_snapshot(self, document: str, version: int, content: bytes) -> None:
            self.asked += 1
            raise StoreError("no room for caches")

    store = Forgetful()
    serving = await serve(store)
    author = await Peer.joined(serving.url, "doc")
    for asked in (1, 2):
        removed = [-author.content.length] if asked > 1 else []
        await author.confirmed(await author.edit([*removed, "x" * LEAST]))
        await eventually(lambda asked=asked: store.asked == asked)  # type: ignore[misc]
        await author.until_answered()
    assert "no snapshot of version 2" in caplog.text
    assert await author.until_answered() == []


async def test_closing_waits_for_what_was_ordered(serve: Serve, tmp_path: Path) -> None:
    store: EventStore
    async with await SQLiteStore.open(tmp_path / "collab.db") as store:
        serving = await serve(store)
        author = await Peer.joined(serving.url, "doc")
        for _ in range(200):
            await author.edit(["x"], base=1)
        room = await serving.room("doc")
        await eventually(lambda: room.document.version > 1)
        await serving.hub.close()
        assert room.committed == room.document.version
        record = await store.document("doc")
        assert record is not None
        assert record.version == room.document.version
        await serving.drop()
