"""What a store says of its log as a whole, and of what is kept beside the events: run against every store, like
`tests.store_acceptance`, by a subclass that has a ``store`` fixture."""

from __future__ import annotations

import asyncio
from random import Random

import pytest

from collab.chain import DIGEST_BYTES, Chain, beginning
from collab.errors import StoreError, VersionConflict
from collab.events import (
    Created,
    Edited,
    Event,
    Payload,
    Renamed,
    Tagged,
    TagRenamed,
    Untagged,
    encode,
    name_of,
)
from collab.segments import Row
from collab.store import Append, ClientRecord, DocumentRecord, EventStore
from collab.store.base import PAGE, Adoption, Logged
from collab.tags import Tag
from tests.random_histories import RandomHistory
from tests.store_acceptance import everything
from tests.store_helpers import SECOND, T0, append_of, created, creation, typing


class LogAcceptance:
    # Rows.

    async def test_rows_are_the_bytes_as_stored(self, store: EventStore) -> None:
        payloads: list[Payload] = [
            Created("e1", title="Grüße", op=["a"]),
            Edited([1, "\U0001f600\u2028\0"]),
            Edited([{"retain": 1, "attributes": {"bold": True}}], leans=("c2",)),
            Tagged(2, "é"),
        ]
        position = await store.append(append_of("doc", 0, payloads))
        assert await store.rows("doc") == [
            Row(*name_of(payload), "c1", "ann", i, T0 + i * SECOND, position + i, encode(payload))
            for i, payload in enumerate(payloads)
        ]
        assert (await store.rows("doc"))[1].payload == '[[1,"\U0001f600\u2028\\u0000"]]'.encode()

    @pytest.mark.parametrize("seed", range(3))
    async def test_any_range_of_rows_tells_the_same_as_the_events(self, store: EventStore, seed: int) -> None:
        rng = Random(seed)
        await grown(store, rng, "doc")
        rows = [row_of(event) for event in await store.events("doc", limit=10_000)]
        assert await store.rows("doc", limit=10_000) == rows
        for _ in range(20):
            after, until = rng.randint(-1, len(rows) + 2), rng.choice([None, rng.randint(0, len(rows) + 2)])
            limit = rng.randint(0, 40)
            stop = len(rows) if until is None else max(0, until)
            found = await store.rows("doc", after=after, until=until, limit=limit)
            assert found == rows[max(0, after) : stop][:limit]

    async def test_a_page_of_rows_is_as_long_as_one_of_events(self, store: EventStore) -> None:
        await created(store, "doc", edits=PAGE)
        assert len(await store.rows("doc")) == PAGE

    async def test_what_is_not_there_has_no_rows_digests_or_tags(self, store: EventStore) -> None:
        await created(store, "doc", edits=3)
        assert await store.rows("none") == []
        assert await store.digests("none", after=0, until=9) == []
        assert await store.tags("none") == []
        assert await store.rows("doc", after=4) == []
        assert await store.digests("doc", after=4, until=9) == []
        assert await store.digests("doc", after=2, until=1) == []

    # The hash chain.

    @pytest.mark.parametrize("seed", range(4))
    async def test_digests_are_those_of_the_chain_over_the_rows(self, store: EventStore, seed: int) -> None:
        rng = Random(seed)
        for steps in (1, 3, 4):
            await grown(store, rng, f"doc{steps}", steps=steps)
            right = await chain_of(store, f"doc{steps}")
            version = len(right)
            found = await store.digests(f"doc{steps}", after=0, until=version)
            assert found[-1] == (version, right[-1])
            assert len(found[-1][1]) == DIGEST_BYTES
            assert len(found) >= version // 16
            assert [seq for seq, _ in found] == sorted({seq for seq, _ in found})
            for seq, start in found:
                assert len(start) >= 2
                assert right[seq - 1].startswith(start)
            for _ in range(10):
                after, until = rng.randint(0, version), rng.randint(0, version + 5)
                part = await store.digests(f"doc{steps}", after=after, until=until)
                assert part == [(seq, start) for seq, start in found if after < seq <= until]

    async def test_the_newest_digest_is_whole_after_every_append(self, store: EventStore) -> None:
        await created(store, "doc")
        for version in range(1, 40):
            await store.append(typing("doc", version))
            right = await chain_of(store, "doc")
            assert await store.digests("doc", after=version, until=version + 1) == [(version + 1, right[-1])]

    async def test_appends_in_one_transaction_are_chained_one_after_the_other(
        self, store: EventStore
    ) -> None:
        tasks = [store.append(creation(name)) for name in "ab"]
        tasks += [store.append(typing(name, i)) for i in range(1, 9) for name in "ab"]
        await asyncio.gather(*tasks)
        for name in "ab":
            right = await chain_of(store, name)
            assert await store.digests(name, after=8, until=9) == [(9, right[-1])]

    async def test_a_conflict_leaves_the_chain_as_it_was(self, store: EventStore) -> None:
        await created(store, "doc", edits=3)
        before = await store.digests("doc", after=0, until=9)
        with pytest.raises(VersionConflict):
            await store.append(typing("doc", 2))
        assert await store.digests("doc", after=0, until=9) == before
        await store.append(typing("doc", 4))
        right = await chain_of(store, "doc")
        assert await store.digests("doc", after=4, until=5) == [(5, right[-1])]

    # Tags.

    async def test_tags_are_what_the_events_about_them_say(self, store: EventStore) -> None:
        await created(store, "doc", edits=3)
        await created(store, "other")
        await store.append(append_of("doc", 4, [Tagged(2, "first"), Tagged(4, "second")]))
        first = Tag(5, 2, "first", "ann", T0 + 4 * SECOND)
        second = Tag(6, 4, "second", "bob", T0 + 6 * SECOND)
        assert await store.tags("doc") == [
            first,
            second.__replace__(author="ann", at=T0 + 5 * SECOND),
        ]
        await store.append(append_of("doc", 6, [Untagged(6)]))
        assert await store.tags("doc") == [first]
        await store.append(append_of("doc", 7, [Tagged(4, "second")], client="c2", author="bob"))
        second = Tag(8, 4, "second", "bob", T0 + 7 * SECOND)
        assert await store.tags("doc") == [first, second]
        await store.append(append_of("doc", 8, [TagRenamed(5, "Größe 😀")], client="c2", author="bob"))
        assert await store.tags("doc") == [first.__replace__(name="Größe 😀"), second]
        assert await store.tags("other") == []

    async def test_a_tag_may_come_and_go_in_one_append(self, store: EventStore) -> None:
        await created(store, "doc")
        payloads: list[Payload] = [Tagged(1, "a"), TagRenamed(2, "b"), Tagged(1, "c"), Untagged(2)]
        await store.append(append_of("doc", 1, payloads))
        assert await store.tags("doc") == [Tag(4, 1, "c", "ann", T0 + 3 * SECOND)]

    async def test_tags_are_seen_together_with_their_events(self, store: EventStore) -> None:
        await created(store, "doc")

        async def write() -> None:
            for version in range(1, 30):
                await store.append(append_of("doc", version, [Tagged(1, f"n° {version}")]))
                assert [tag.number for tag in await store.tags("doc")] == list(range(2, version + 2))

        async def read() -> None:
            while not writing.done():
                before = len(await store.rows("doc"))
                tags = len(await store.tags("doc")) + 1
                assert before <= tags <= len(await store.rows("doc"))
                await asyncio.sleep(0)

        writing = asyncio.create_task(write())
        await asyncio.gather(writing, read())

    async def test_an_append_that_is_refused_changes_no_tag(self, store: EventStore) -> None:
        await created(store, "doc")
        await store.append(append_of("doc", 1, [Tagged(1, "a")]))
        before = await store.tags("doc")
        for payloads in ([Tagged(1, "lost")], [TagRenamed(2, "lost")], [Untagged(2)]):
            with pytest.raises(VersionConflict):
                await store.append(append_of("doc", 1, payloads))
        assert await store.tags("doc") == before

    # The whole log.

    @pytest.mark.parametrize("seed", range(3))
    async def test_the_log_tells_all_events_in_the_order_of_their_commits(
        self, store: EventStore, seed: int
    ) -> None:
        rng = Random(seed)
        assert (await store.position(), await store.log(after=0)) == (0, [])
        expected = await several(store, rng, 10)
        assert await store.position() == len(expected)
        assert [logged.row.position for logged in expected] == list(range(1, len(expected) + 1))
        for limit in (1, 7, 64, 10_000):
            assert await all_of(store, limit=limit) == expected
        for _ in range(30):
            after, limit = rng.randint(-1, len(expected) + 2), rng.randint(0, 50)
            assert await store.log(after=after, limit=limit) == expected[max(0, after) :][:limit]

    async def test_a_page_of_the_log_is_no_longer_than_others(self, store: EventStore) -> None:
        await created(store, "doc", edits=PAGE)
        assert len(await store.log(after=0)) == PAGE
        assert [logged.seq for logged in await store.log(after=PAGE)] == [PAGE + 1]
        assert await store.log(after=PAGE + 1) == await store.log(after=2**70) == []

    async def test_who_follows_the_log_hears_of_every_event_once(self, store: EventStore) -> None:
        rng = Random(4)
        heard: list[Logged] = []

        async def write(name: str) -> None:
            for append in RandomHistory(rng, name, asking=True).appends(60):
                await store.append(append)
                if rng.random() < 0.2:
                    await store.pack(name)

        async def follow() -> None:
            while not writing.done() or len(heard) < await store.position():
                heard.extend(await store.log(after=len(heard), limit=17))
                await asyncio.sleep(0)

        writing = asyncio.gather(*(write(name) for name in "abc"))
        await asyncio.gather(writing, follow())
        assert [logged.row.position for logged in heard] == list(range(1, len(heard) + 1))
        for name in "abc":
            mine = [logged for logged in heard if logged.document == name]
            assert [logged.seq for logged in mine] == list(range(1, len(mine) + 1))
            assert [logged.row for logged in mine] == await store.rows(name)

    # Adopting.

    @pytest.mark.parametrize("events", [1, 40, 700])
    async def test_an_adopted_document_is_what_it_was_elsewhere(self, store: EventStore, events: int) -> None:
        elsewhere = await adoption_of(Random(events), "doc", events)
        await created(store, "before", edits=4)
        position = await store.adopt(elsewhere)
        assert position == 6
        assert await store.position() == 5 + len(elsewhere.rows)
        rows = await store.rows("doc", limit=10_000)
        assert rows == [row._replace(position=position + i) for i, row in enumerate(elsewhere.rows)]
        assert await store.document("doc") == elsewhere.record
        assert await store.clients("doc") == list(elsewhere.clients)
        assert await store.tags("doc") == list(elsewhere.tags)
        (found,) = [each for each in await store.listed() if each.record.id == "doc"]
        authors = list(dict.fromkeys(row.author for row in elsewhere.rows))
        assert (found.authors, found.author_count) == (authors[:10], len(authors))
        right = await chain_of(store, "doc")
        newest = elsewhere.record.version
        assert await store.digests("doc", after=newest - 1, until=newest) == [(newest, right[-1])]
        assert (await all_of(store, limit=100))[5:] == [
            Logged("doc", seq, row) for seq, row in enumerate(rows, 1)
        ]

    async def test_an_adopted_document_goes_on(self, store: EventStore) -> None:
        elsewhere = await adoption_of(Random(3), "doc", 50)
        await store.adopt(elsewhere)
        version, at = elsewhere.record.version, elsewhere.record.updated_at
        with pytest.raises(VersionConflict):
            await store.append(append_of("doc", version - 1, [Renamed("stale")], at=at))
        payloads: list[Payload] = [Renamed("on"), Tagged(1, "new"), Edited(["x"])]
        for expected, client in ((version, "c1"), (version + 3, "c9")):
            await store.append(append_of("doc", expected, payloads, client=client, author="zoe", at=at))
        await created(store, "after", edits=2)
        assert [event.author for event in await store.events("doc", after=version)] == ["zoe"] * 6
        assert (await store.clients("doc"))[-1].client == "c9"
        assert [tag.number for tag in await store.tags("doc")][-2:] == [version + 2, version + 5]
        before = await everything(store, "doc"), await store.rows("doc")
        await store.pack("doc")
        assert (await everything(store, "doc"), await store.rows("doc")) == before
        right = await chain_of(store, "doc")
        newest = version + 6
        assert await store.digests("doc", after=newest - 1, until=newest) == [(newest, right[-1])]
        log = await all_of(store, limit=9)
        assert [logged.row.position for logged in log] == list(range(1, newest + 4))

    async def test_an_id_that_exists_is_not_adopted(self, store: EventStore) -> None:
        await created(store, "doc", edits=2)
        await created(store, "other")
        before = await everything(store, "doc"), await store.rows("doc"), await store.position()
        with pytest.raises(VersionConflict) as conflict:
            await store.adopt(await adoption_of(Random(3), "doc", 50))
        assert (conflict.value.document, conflict.value.expected, conflict.value.found) == ("doc", 0, 3)
        assert (await everything(store, "doc"), await store.rows("doc"), await store.position()) == before
        await store.append(typing("doc", 3))
        await store.append(typing("other", 1))

    async def test_adopting_does_not_disturb_who_appends_beside_it(self, store: EventStore) -> None:
        await created(store, "doc0")
        adoptions = [await adoption_of(Random(i), f"old{i}", 60) for i in range(3)]
        appends = [store.append(typing("doc0", i)) for i in range(1, 30)]
        positions = await asyncio.gather(*appends[:10], *map(store.adopt, adoptions), *appends[10:])
        assert len(set(positions)) == len(positions)
        log = await all_of(store, limit=50)
        assert [logged.row.position for logged in log] == list(range(1, len(log) + 1))
        assert len(log) == 30 + sum(len(adoption.rows) for adoption in adoptions)
        for adoption in adoptions:
            mine = [i for i, logged in enumerate(log) if logged.document == adoption.record.id]
            assert mine == list(range(mine[0], mine[0] + len(adoption.rows)))

    async def test_of_adoptions_of_one_document_exactly_one_wins(self, store: EventStore) -> None:
        adoption = await adoption_of(Random(1), "doc", 30)
        outcomes = await asyncio.gather(*(store.adopt(adoption) for _ in range(4)), return_exceptions=True)
        assert sum(isinstance(outcome, int) for outcome in outcomes) == 1
        assert sum(isinstance(outcome, VersionConflict) for outcome in outcomes) == 3

    async def test_a_closed_store_does_not_answer(self, store: EventStore) -> None:
        adoption = await adoption_of(Random(1), "old", 3)
        await created(store, "doc")
        await store.close()
        for call in (
            store.rows("doc"),
            store.digests("doc", after=0, until=1),
            store.tags("doc"),
            store.position(),
            store.log(after=0),
            store.adopt(adoption),
        ):
            with pytest.raises(StoreError):
                await call


def row_of(event: Event) -> Row:
    """``event`` as it is stored today."""
    type_, version = name_of(event.payload)
    payload = encode(event.payload)
    return Row(
        type_, version, event.client, event.author, event.client_seq, event.at, event.position, payload
    )


async def grown(store: EventStore, rng: Random, name: str, *, steps: int = 4) -> None:
    """A random document, packed in between if ``steps`` are several, and not at its end."""
    history = RandomHistory(rng, name, asking=True)
    for step in range(steps):
        for append in history.appends(rng.randint(1, 60)):
            await store.append(append)
        if step < steps - 1:
            await store.pack(name)


async def several(store: EventStore, rng: Random, steps: int) -> list[Logged]:
    """Three documents that grow by turns, two of which are packed now and then; the log that they should make."""
    histories = {name: RandomHistory(rng, name, asking=True) for name in ("a", "b", "ünpacked")}
    expected: list[Logged] = []
    for _ in range(steps):
        name = rng.choice(list(histories))
        for append in histories[name].appends(rng.randint(1, 40)):
            position = await store.append(append)
            expected += [
                Logged(name, event.seq, row_of(event.__replace__(position=position + i)))
                for i, event in enumerate(append.events)
            ]
        if rng.random() < 0.5:
            await store.pack(rng.choice("ab"))
    return expected


async def all_of(store: EventStore, *, limit: int) -> list[Logged]:
    """The whole log, read in pages."""
    found: list[Logged] = []
    while page := await store.log(after=len(found), limit=limit):
        assert len(page) <= limit
        found += page
    return found


async def chain_of(store: EventStore, name: str) -> list[bytes]:
    """The digest of each event of a document, worked out from its rows."""
    chain = Chain(beginning(name))
    return [chain.take(row) for row in await store.rows(name, limit=100_000)]


async def adoption_of(rng: Random, name: str, events: int) -> Adoption:
    """A document as it is in another store."""
    history = RandomHistory(rng, name, asking=True)
    appends: list[Append] = list(history.appends(events))
    payloads = [event for append in appends for event in append.events]
    clients: dict[str, ClientRecord] = {}
    for append in appends:
        for client in append.clients:
            known = clients.get(client.client, client)
            clients[client.client] = known.__replace__(accepted=client.accepted)
    titles = [e.payload.title for e in payloads if isinstance(e.payload, (Created, Renamed))]
    record = DocumentRecord(
        name, f"epoch of {name}", "text", titles[-1], len(payloads), payloads[0].at, payloads[-1].at
    )
    tags: dict[int, Tag] = {}
    for event in payloads:
        if isinstance(event.payload, Tagged):
            tags[event.seq] = Tag(
                event.seq, event.payload.version, event.payload.name, event.author, event.at
            )
        elif isinstance(event.payload, TagRenamed):
            tags[event.payload.tag] = tags[event.payload.tag].__replace__(name=event.payload.name)
        elif isinstance(event.payload, Untagged):
            del tags[event.payload.tag]
    return Adoption(
        record, [row_of(event) for event in payloads], list(clients.values()), list(tags.values())
    )
