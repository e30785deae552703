"""What people ask for, done to documents with random histories, on a real store and in a real room."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from random import Random

import pytest

from collab.auth import Identity
from collab.document import TagVersion
from collab.errors import (
    AlreadyDone,
    BaseTooOld,
    DocumentNotFound,
    NothingToDo,
    PastEnd,
    TooFast,
    UnknownVersion,
)
from collab.events import Created, Edited, Origin, Restored, Undone
from collab.explaining import Explainer
from collab.hub import Hub
from collab.limits import Limits
from collab.operation import Text, apply, normalize, plain_text
from collab.reading import document_at
from collab.revising import Reviser
from collab.store import EventStore
from collab.store.memory import MemoryStore
from collab.store.sqlite import SQLiteStore
from tests.random_histories import RandomHistory

ANA, BO = Identity("ana"), Identity("bo")


@asynccontextmanager
async def reviser(store: EventStore, *, limits: Limits | None = None) -> AsyncIterator[Reviser]:
    hub = Hub(store, limits=limits)
    yield Reviser(hub, Explainer(store))
    await hub.close()


async def text(store: EventStore, version: int | None = None, *, document: str = "doc") -> Text:
    return (await document_at(store, document, version)).content.value()


def formatted(content: Text) -> Text:
    """Content as it is compared: a text that was once formatted stays a list, though nothing of that is left."""
    return normalize([content] if isinstance(content, str) and content else list(content))


async def random_document(store: EventStore, seed: int, *, events: int = 120) -> int:
    history = RandomHistory(Random(seed), "doc", rich=seed % 2 == 0)
    for append in history.appends(events):
        await store.append(append)
    return history.version


@pytest.mark.parametrize("seed", range(8))
async def test_any_version_can_be_brought_back_exactly(tmp_path: Path, seed: int) -> None:
    chance = Random(seed)
    async with await SQLiteStore.open(tmp_path / "collab.db") as store, reviser(store) as revise:
        newest = await random_document(store, seed)
        for _ in range(8):
            version = chance.randint(1, newest)
            wanted = formatted(await text(store, version))
            if wanted == formatted(await text(store)):
                with pytest.raises(NothingToDo):
                    await revise.restore("doc", ANA, version)
                continue
            event = await revise.restore("doc", ANA, version)
            assert isinstance(event.payload, Restored)
            assert (event.author, event.payload.version, event.client_seq) == ("ana", version, 0)
            assert formatted(await text(store)) == wanted
            newest = event.seq


@pytest.mark.parametrize("seed", range(4))
async def test_a_restoration_is_undone_like_any_edit(seed: int) -> None:
    async with MemoryStore() as store, reviser(store) as revise:
        newest = await random_document(store, seed)
        before = formatted(await text(store))
        restored = await revise.restore("doc", ANA, newest // 2)
        plan = await revise.plan_undo("doc", "ana", after=restored.seq - 1, until=restored.seq)
        assert (plan.edits, plan.obstacles) == (1, [])
        undone = await revise.undo("doc", BO, plan)
        assert formatted(await text(store)) == before
        assert (undone.author, type(undone.payload)) == ("bo", Undone)


async def test_what_was_kept_since_is_not_written_anew() -> None:
    async with MemoryStore() as store, reviser(store) as revise:
        await revise._hub.create("doc", ANA, content="one two three")
        await revise.edit("doc", BO, [4, -4, "2 "])
        restored = await revise.restore("doc", BO, 1)
        assert restored.op == [4, "two ", -2] or restored.op == [4, -2, "two "]
        credits = (await Explainer(store).blame("doc", restored.seq)).credits
        assert [(credit.author, credit.length) for credit in credits] == [("ana", 4), ("bo", 4), ("ana", 5)]


async def test_what_others_type_while_a_restoration_is_worked_out_survives_it() -> None:
    async with MemoryStore() as store, reviser(store) as revise:
        await revise._hub.create("doc", ANA, content="one two three")
        await revise.edit("doc", BO, [4, -4])
        compare = revise._explainer.compare

        async def compare_slowly(document: str, older: int, newer: int):  # type: ignore[no-untyped-def]
            found = await compare(document, older, newer)
            await revise.edit("doc", BO, [9, "!"])
            return found

        revise._explainer.compare = compare_slowly  # type: ignore[method-assign]
        restored = await revise.restore("doc", ANA, 1)
        assert restored.seq == 4
        assert await text(store) == "one two three!"


async def test_a_whole_text_becomes_the_smallest_edit_and_keeps_what_came_since() -> None:
    async with MemoryStore() as store, reviser(store) as revise:
        await revise._hub.create("doc", ANA, content="hello world")
        await revise.edit("doc", BO, ["Oh, "])
        event = await revise.rewrite("doc", ANA, "hello brave world", base=1)
        assert event.payload == Edited([10, "brave "])
        assert await text(store) == "Oh, hello brave world"
        with pytest.raises(NothingToDo):
            await revise.rewrite("doc", ANA, "Oh, hello brave world")


async def test_an_edit_is_carried_from_a_version_that_the_room_has_forgotten() -> None:
    async with MemoryStore() as store:
        async with reviser(store) as revise:
            await revise._hub.create("doc", ANA, content="end")
            for _ in range(5):
                await revise.edit("doc", BO, ["x"])
        async with reviser(store, limits=Limits(bridge=5)) as revise:
            await revise.edit("doc", ANA, [3, "!"], base=1)
            assert await text(store) == "xxxxxend!"
        async with reviser(store, limits=Limits(bridge=5)) as revise:
            with pytest.raises(BaseTooOld):
                await revise.edit("doc", ANA, [3, "?"], base=1)
            assert await text(store) == "xxxxxend!"


async def test_an_operation_that_does_not_fit_its_own_base_is_refused() -> None:
    async with MemoryStore() as store, reviser(store) as revise:
        await revise._hub.create("doc", ANA, content="abc")
        await revise.edit("doc", BO, [3, "defghi"])
        with pytest.raises(PastEnd) as refused:
            await revise.edit("doc", ANA, [5, "x"], base=1)
        assert (refused.value.reach, refused.value.length) == (5, 3)
        with pytest.raises(UnknownVersion):
            await revise.edit("doc", ANA, ["x"], base=3)
        with pytest.raises(UnknownVersion):
            await revise.edit("doc", ANA, ["x"], base=-1)
        assert await text(store) == "abcdefghi"


async def test_nothing_is_created_by_a_change_to_what_is_not_there() -> None:
    async with MemoryStore() as store, reviser(store) as revise:
        with pytest.raises(DocumentNotFound):
            await revise.edit("doc", ANA, ["x"])
        with pytest.raises(DocumentNotFound):
            await revise.carry_out("doc", ANA, TagVersion(1, "first"))
        assert await store.documents() == []


async def test_what_is_asked_for_with_one_key_is_done_once_also_by_the_next_server() -> None:
    async with MemoryStore() as store:
        async with reviser(store) as revise:
            await revise._hub.create("doc", ANA)
            together = await asyncio.gather(
                *(revise.edit("doc", ANA, ["x"], key="k") for _ in range(5)), return_exceptions=True
            )
            assert [type(each) for each in together].count(AlreadyDone) == 4
            await revise.edit("doc", BO, ["y"], key="k")  # another's key is another key
        async with reviser(store) as revise:
            with pytest.raises(AlreadyDone):
                await revise.edit("doc", ANA, ["x"], key="k")
        assert sorted(plain_text(await text(store))) == ["x", "y"]


async def test_a_refused_errand_may_be_sent_again_with_its_key() -> None:
    async with MemoryStore() as store, reviser(store) as revise:
        await revise._hub.create("doc", ANA)
        with pytest.raises(PastEnd):
            await revise.edit("doc", ANA, [5, "x"], key="k")
        await revise.edit("doc", ANA, ["x"], key="k")
        assert await text(store) == "x"


async def test_a_document_takes_no_more_errands_than_a_client_may_make_edits() -> None:
    limits = Limits(edits_per_second=0.001, edit_burst=3)
    async with MemoryStore() as store, reviser(store, limits=limits) as revise:
        await revise._hub.create("doc", ANA)
        for _ in range(3):
            await revise.edit("doc", ANA, ["x"])
        with pytest.raises(TooFast):
            await revise.edit("doc", ANA, ["x"])


@pytest.mark.parametrize("seed", range(4))
async def test_a_fork_has_the_content_of_its_origin_and_remembers_it(tmp_path: Path, seed: int) -> None:
    async with await SQLiteStore.open(tmp_path / "collab.db") as store, reviser(store) as revise:
        newest = await random_document(store, seed)
        version = newest // 3
        record = await revise.fork("doc", BO, version, new="fork")
        origin = await store.document("doc")
        assert origin is not None
        [event] = await store.events("fork")
        assert isinstance(event.payload, Created)
        assert event.payload.origin == Origin("doc", origin.epoch, version)
        assert record.title == origin.title
        assert record.epoch != origin.epoch
        assert formatted(await text(store, document="fork")) == formatted(await text(store, version))
        assert apply("", event.op or []) == await text(store, document="fork")


@pytest.mark.parametrize("seed", range(6))
async def test_an_undo_takes_back_the_authors_text_and_no_other(seed: int) -> None:
    async with MemoryStore() as store, reviser(store) as revise:
        newest = await random_document(store, 2 * seed + 1)  # plain
        plan = await revise.plan_undo("doc", "ann", until=newest)
        before = (await Explainer(store).blame("doc", newest)).credits
        await revise.undo("doc", BO, plan)
        after = (await Explainer(store).blame("doc", newest + 1)).credits
        assert not [credit for credit in after if credit.author == "ann"]
        others = [credit.length for credit in before if credit.author != "ann"]
        kept = [credit.length for credit in after if credit.last <= newest]
        assert sum(others) == sum(kept)
        assert sum(part.length for part in plan.parts if part.kind == "kept") == sum(others)
