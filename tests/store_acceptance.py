"""What a store of events is, as tests: run against every store by a subclass that has a ``store`` fixture."""

from __future__ import annotations

import asyncio
from bisect import bisect_right
from random import Random

import pytest

from collab.errors import StoreError, VersionConflict
from collab.events import Created, Edited, Event, Renamed
from collab.fold import fold
from collab.operation import Text, apply
from collab.store import Append, ClientRecord, DocumentRecord, EventStore, Stored
from collab.store.base import PAGE
from tests.random_histories import RandomHistory
from tests.store_helpers import SECOND, T0, append_of, created, creation, renaming, typing


class StoreAcceptance:
    # Appending and reading events.

    async def test_events_come_back_as_they_were_appended(self, store: EventStore) -> None:
        append = append_of(
            "doc",
            0,
            [
                Created(epoch="e1", title="Grüße"),
                Edited(["a\U0001f600\u2028\0"]),
                Edited([{"retain": 1, "attributes": {"bold": True}}, {"insert": {"image": "x.png"}}, -2]),
                Renamed("Neuer Titel"),
            ],
        )
        position = await store.append(append)
        found = await store.events("doc")
        assert [event.position for event in found] == [position + i for i in range(4)]
        assert [event.__replace__(position=0) for event in found] == list(append.events)

    async def test_each_event_keeps_its_author_and_client(self, store: EventStore) -> None:
        await created(store, "doc")
        edit = Edited(["x"])
        events = [
            Event("doc", 2, edit, "bob", "c2", 1, T0 + 2 * SECOND),
            Event("doc", 3, edit, "ann", "c1", 1, T0 + 2 * SECOND),
            Event("doc", 4, edit, "bob", "c2", 2, T0 + 2 * SECOND),
        ]
        records = [ClientRecord("c1", "ann", b"k1", 1), ClientRecord("c2", "bob", b"k2", 2)]
        await store.append(Append("doc", 1, events, records))
        found = await store.events("doc", after=1)
        assert [(e.author, e.client, e.client_seq) for e in found] == [
            ("bob", "c2", 1),
            ("ann", "c1", 1),
            ("bob", "c2", 2),
        ]

    async def test_a_client_may_act_for_another_author_later(self, store: EventStore) -> None:
        await created(store, "doc")
        await store.append(typing("doc", 1, author="eve"))
        await store.append(typing("doc", 2, author="ann"))
        await store.append(typing("doc", 3, author="eve"))
        found = await store.events("doc")
        assert [event.author for event in found] == ["ann", "eve", "ann", "eve"]
        assert await store.clients("doc") == [ClientRecord("c1", "ann", b"key of c1", 3)]

    async def test_events_are_read_in_pages(self, store: EventStore) -> None:
        await created(store, "doc", edits=24)
        pages = [
            [event.seq for event in await store.events("doc", after=after, limit=10)]
            for after in (0, 10, 20, 25)
        ]
        assert pages == [list(range(1, 11)), list(range(11, 21)), list(range(21, 26)), []]

    async def test_a_page_may_be_as_long_as_the_history(self, store: EventStore) -> None:
        await created(store, "doc", edits=3_499)
        for after, limit in ((0, 10_000), (0, 3_500), (17, 2_500), (1_500, 2_000)):
            found = [event.seq for event in await store.events("doc", after=after, limit=limit)]
            assert found == list(range(after + 1, min(3_500, after + limit) + 1))
        assert len(await store.events("doc")) == PAGE

    async def test_until_is_the_last_event_read(self, store: EventStore) -> None:
        await created(store, "doc", edits=9)
        assert [event.seq for event in await store.events("doc", after=3, until=6)] == [4, 5, 6]
        assert [event.seq for event in await store.events("doc", after=3, until=6, limit=2)] == [4, 5]
        assert [event.seq for event in await store.events("doc", after=8, until=99)] == [9, 10]

    @pytest.mark.parametrize(
        ("after", "until", "limit"),
        [(4, None, 9), (99, None, 9), (2, 2, 9), (3, 1, 9), (0, 0, 9), (0, None, 0)],
    )
    async def test_there_are_no_events_in_an_empty_range(
        self, store: EventStore, after: int, until: int | None, limit: int
    ) -> None:
        await created(store, "doc", edits=3)
        assert await store.events("doc", after=after, until=until, limit=limit) == []

    async def test_an_unknown_document_has_nothing(self, store: EventStore) -> None:
        await created(store, "doc")
        assert await store.document("none") is None
        assert await store.events("none") == []
        assert await store.version_at("none", T0) == 0
        assert await store.client("none", "c1") is None
        assert await store.clients("none") == []
        assert await store.snapshot("none") is None

    # Operations.

    @pytest.mark.parametrize("seed", range(4))
    async def test_operations_lead_from_any_version_to_any_later_one(
        self, store: EventStore, seed: int
    ) -> None:
        rng = Random(seed)
        history = RandomHistory(rng, "doc", rich=seed % 2 == 0)
        texts: list[Text] = [""]
        for append in history.appends(80):
            await store.append(append)
            for event in append.events:
                texts.append(apply(texts[-1], event.op) if event.op is not None else texts[-1])
        for _ in range(20):
            version, until = sorted((rng.randint(0, history.version), rng.randint(0, history.version)))
            text = texts[version]
            while version < until:
                operations, reached = await store.operations("doc", after=version, until=until)
                assert version < reached <= until
                text, version = fold(operations, text), reached
            assert text == (texts[until] or "")

    async def test_where_there_are_no_events_there_are_no_operations(self, store: EventStore) -> None:
        await created(store, "doc", edits=3)
        assert await store.operations("none", after=0, until=9) == ([], 0)
        assert await store.operations("doc", after=4, until=9) == ([], 4)
        assert await store.operations("doc", after=2, until=1) == ([], 2)

    # Chapters.

    @pytest.mark.parametrize("seed", range(4))
    async def test_chapters_say_what_was_done_by_whom_and_when(self, store: EventStore, seed: int) -> None:
        rng = Random(seed)
        history = RandomHistory(rng, "doc")
        for number, append in enumerate(history.appends(120)):
            await store.append(append)
            if number == 12:
                await store.pack("doc")
        events = await store.events("doc")
        for _ in range(20):
            version, until = sorted((rng.randint(0, history.version), rng.randint(0, history.version)))
            while version < until:
                chapter = await store.chapter("doc", after=version, until=until)
                assert (chapter.first, version < chapter.last <= until) == (version + 1, True)
                told = events[version : chapter.last]
                assert sum(stretch.count for stretch in chapter.stretches) == len(told)
                assert chapter.times == [event.at for event in told]
                assert [author for author, count in chapter.turns for _ in range(count)] == [
                    event.author for event in told
                ]
                version = chapter.last

    async def test_where_there_are_no_events_a_chapter_is_empty(self, store: EventStore) -> None:
        await created(store, "doc", edits=3)
        for document, after, until in (("none", 0, 9), ("doc", 4, 9), ("doc", 2, 1)):
            assert await store.chapter(document, after=after, until=until) == (after + 1, [], [], [])

    # Packing.

    @pytest.mark.parametrize("seed", range(6))
    async def test_packing_changes_nothing_that_can_be_read(self, store: EventStore, seed: int) -> None:
        rng = Random(seed)
        histories = {name: RandomHistory(rng, name, rich=seed % 2 == 0) for name in ("doc", "other")}
        appended: dict[str, list[Event]] = {name: [] for name in histories}
        for _ in range(12):
            name = rng.choice(list(histories))
            for append in histories[name].appends(rng.randint(1, 60)):
                position = await store.append(append)
                appended[name] += [
                    event.__replace__(position=position + i) for i, event in enumerate(append.events)
                ]
            if rng.random() < 0.6:
                before = await everything(store, name)
                await store.pack(name)
                assert await everything(store, name) == before
        for name, events in appended.items():
            assert await store.events(name, limit=10_000) == events
            for _ in range(20):
                after, until = rng.randint(0, len(events)), rng.randint(0, len(events))
                limit = rng.randint(0, 40)
                found = await store.events(name, after=after, until=until, limit=limit)
                assert found == events[after : max(after, until)][:limit]
            times = [event.at for event in events]
            for at in [0, *rng.sample(times, min(20, len(times))), T0 * 2]:
                assert await store.version_at(name, at) == bisect_right(times, at)

    async def test_a_packed_document_is_appended_to(self, store: EventStore) -> None:
        await created(store, "doc", edits=5)
        await store.pack("doc")
        with pytest.raises(VersionConflict):
            await store.append(typing("doc", 5))
        await store.append(typing("doc", 6))
        assert [event.seq for event in await store.events("doc", after=4)] == [5, 6, 7]

    async def test_packing_what_is_not_there_does_nothing(self, store: EventStore) -> None:
        await store.pack("none")
        store.idle("none")
        assert await store.stored("none") == Stored()

    async def test_how_a_history_is_stored_adds_up(self, store: EventStore) -> None:
        await created(store, "doc", edits=9)
        await store.pack("doc")
        stored = await store.stored("doc")
        assert stored.events + stored.packed == 10

    # Versions.

    @pytest.mark.parametrize("expected", [0, 1, 2, 4, 5])
    async def test_an_append_to_another_version_is_a_conflict(self, store: EventStore, expected: int) -> None:
        await created(store, "doc", edits=2)
        append = typing("doc", expected) if expected else creation("doc")
        with pytest.raises(VersionConflict) as conflict:
            await store.append(append)
        assert (conflict.value.document, conflict.value.expected, conflict.value.found) == (
            "doc",
            expected,
            3,
        )

    async def test_a_conflict_changes_nothing(self, store: EventStore) -> None:
        await created(store, "doc", edits=2)
        before = await everything(store, "doc")
        with pytest.raises(VersionConflict):
            await store.append(
                append_of("doc", 1, [Edited(["lost"]), Renamed("Lost")], client="c9", author="eve")
            )
        assert await everything(store, "doc") == before

    async def test_an_edit_of_a_document_that_was_never_created_is_a_conflict(
        self, store: EventStore
    ) -> None:
        with pytest.raises(VersionConflict) as conflict:
            await store.append(typing("doc", 1))
        assert conflict.value.found == 0
        assert await store.document("doc") is None

    async def test_the_same_append_again_is_a_conflict(self, store: EventStore) -> None:
        await created(store, "doc")
        await store.append(typing("doc", 1, 3))
        with pytest.raises(VersionConflict):
            await store.append(typing("doc", 1, 3))
        assert [event.seq for event in await store.events("doc")] == [1, 2, 3, 4]

    async def test_of_appends_to_one_version_exactly_one_wins(self, store: EventStore) -> None:
        await created(store, "doc")
        rivals = [typing("doc", 1, client=f"c{i}", author=f"a{i}") for i in range(20)]
        outcomes = await asyncio.gather(*map(store.append, rivals), return_exceptions=True)
        assert sum(isinstance(outcome, int) for outcome in outcomes) == 1
        assert sum(isinstance(outcome, VersionConflict) for outcome in outcomes) == 19
        assert len(await store.events("doc")) == 2

    async def test_a_conflict_does_not_hurt_appends_beside_it(self, store: EventStore) -> None:
        for name in "abc":
            await created(store, name)
        outcomes = await asyncio.gather(
            store.append(typing("a", 1)),
            store.append(typing("b", 7)),
            store.append(typing("c", 1)),
            return_exceptions=True,
        )
        assert [type(outcome) for outcome in outcomes] == [int, VersionConflict, int]
        assert [len(await store.events(name)) for name in "abc"] == [2, 1, 2]

    async def test_appends_that_wait_together_may_build_on_each_other(self, store: EventStore) -> None:
        tasks = [store.append(creation("doc"))] + [store.append(typing("doc", i)) for i in range(1, 10)]
        positions = await asyncio.gather(*tasks)
        assert positions == sorted(positions)
        assert [event.seq for event in await store.events("doc")] == list(range(1, 11))

    # Positions.

    async def test_positions_count_the_whole_log_in_commit_order(self, store: EventStore) -> None:
        first = await store.append(creation("a"))
        second = await store.append(creation("b"))
        third = await store.append(typing("a", 1, 5))
        fourth = await store.append(typing("b", 1))
        assert 0 < first < second < third
        assert third + 5 <= fourth

    async def test_no_two_events_have_one_position(self, store: EventStore) -> None:
        async def write(document: str) -> None:
            await store.append(creation(document))
            for version in range(1, 20, 3):
                await store.append(typing(document, version, 3))

        names = [f"doc{i}" for i in range(20)]
        await asyncio.gather(*map(write, names))
        logs = [await store.events(name) for name in names]
        positions = [event.position for log in logs for event in log]
        assert len(set(positions)) == len(positions) == 20 * 22
        assert all([e.position for e in log] == sorted(e.position for e in log) for log in logs)

    async def test_an_append_has_consecutive_positions_whatever_comes_beside_it(
        self, store: EventStore
    ) -> None:
        names = [f"doc{i}" for i in range(10)]
        await asyncio.gather(*(created(store, name) for name in names))
        starts = await asyncio.gather(*(store.append(typing(name, 1, 7)) for name in names))
        for name, start in zip(names, starts, strict=True):
            found = await store.events(name, after=1)
            assert [event.position for event in found] == list(range(start, start + 7))

    async def test_an_acknowledged_append_is_seen_by_everybody_at_once(self, store: EventStore) -> None:
        async def write(document: str) -> None:
            await store.append(creation(document))
            for version in range(1, 10):
                await store.append(typing(document, version))
                record = await store.document(document)
                assert record is not None
                assert record.version == version + 1
                assert [event.seq for event in await store.events(document, after=version)] == [version + 1]

        await asyncio.gather(*(write(f"doc{i}") for i in range(10)))

    # What would harm the log.

    @pytest.mark.parametrize(
        "broken",
        [
            pytest.param(Append("doc", 1, [], []), id="no events"),
            pytest.param(creation("other").__replace__(document="doc"), id="another document"),
            pytest.param(typing("doc", 2).__replace__(expected=1), id="a gap"),
            pytest.param(typing("doc", 1).__replace__(clients=[]), id="an unknown client"),
            pytest.param(append_of("new", 0, [Edited(["x"])]), id="an edit of nothing"),
            pytest.param(append_of("doc", 1, [Created("e2")]), id="a second creation"),
            pytest.param(
                Append("doc", 1, [*typing("doc", 1, 2).events][::-1], typing("doc", 1).clients), id="disorder"
            ),
            pytest.param(append_of("doc", 1, [Edited(["\ud800"])]), id="half a surrogate pair"),
            pytest.param(append_of("doc", 1, [Edited(["x"])], at=2**63), id="no time to speak of"),
        ],
    )
    async def test_an_append_that_breaks_the_contract_is_refused(
        self, store: EventStore, broken: Append
    ) -> None:
        await created(store, "doc")
        with pytest.raises(ValueError, match=r"."):
            await store.append(broken)
        assert len(await store.events("doc")) == 1
        assert await store.document("new") is None

    async def test_time_never_goes_back_within_a_document(self, store: EventStore) -> None:
        await created(store, "doc", edits=1)
        with pytest.raises(StoreError):
            await store.append(append_of("doc", 2, [Edited(["x"])], at=T0))
        await store.append(append_of("doc", 2, [Edited(["x"])], at=T0 + SECOND))

    # The catalogue.

    async def test_the_catalogue_follows_the_events(self, store: EventStore) -> None:
        await store.append(creation("doc", title="First"))
        assert await store.document("doc") == DocumentRecord(
            "doc", "epoch of doc", "text", "First", 1, T0, T0, 2
        )
        await store.append(renaming("doc", 1, "Second"))
        await store.append(typing("doc", 2, 3))
        assert await store.document("doc") == DocumentRecord(
            "doc", "epoch of doc", "text", "Second", 5, T0, T0 + 4 * SECOND, 2
        )

    async def test_a_title_may_be_taken_away(self, store: EventStore) -> None:
        await store.append(append_of("doc", 0, [Created("e", title="A"), Renamed("B"), Renamed("")]))
        record = await store.document("doc")
        assert record is not None
        assert record.title == ""

    async def test_documents_are_listed_last_edited_first(self, store: EventStore) -> None:
        for i, name in enumerate("abcd"):
            await store.append(creation(name, at=T0 + i))
        await store.append(append_of("b", 1, [Edited(["x"])], at=T0 + 9))
        assert [record.id for record in await store.documents()] == ["b", "d", "c", "a"]

    async def test_listing_goes_on_where_a_page_ended(self, store: EventStore) -> None:
        # Some share a time: the id decides between them.
        for i in range(25):
            await store.append(creation(f"doc{i:02}", at=T0 + i // 4))
        listed: list[DocumentRecord] = []
        before: tuple[int, str] | None = None
        while page := await store.documents(before=before, limit=4):
            listed += page
            before = (page[-1].updated_at, page[-1].id)
        assert len(listed) == len({record.id for record in listed}) == 25
        assert listed == sorted(listed, key=lambda r: (r.updated_at, r.id), reverse=True)
        assert listed == await store.documents()
        assert await store.documents(limit=0) == []

    async def test_a_list_names_all_who_did_something_each_once(self, store: EventStore) -> None:
        await created(store, "doc")
        for seq, (client, author) in enumerate(
            [("c2", "bob"), ("c3", "ann"), ("server", "eve"), ("server", "bob"), ("errand-1", "dan")], 1
        ):
            await store.append(typing("doc", seq, client=client, author=author))
        await created(store, "other")
        found = {each.record.id: each for each in await store.listed()}
        assert found["doc"].record == await store.document("doc")
        assert (found["doc"].authors, found["doc"].author_count) == (["ann", "bob", "eve", "dan"], 4)
        assert (found["other"].authors, found["other"].author_count) == (["ann"], 1)
        await store.pack("doc")
        assert {each.record.id: each for each in await store.listed()} == found

    async def test_a_list_has_room_for_ten_authors_and_counts_the_rest(self, store: EventStore) -> None:
        await created(store, "doc")
        for seq in range(1, 15):
            await store.append(typing("doc", seq, client=f"c{seq}", author=f"author {seq} “😀”\\"))
        (found,) = await store.listed()
        assert found.authors == ["ann", *(f"author {seq} “😀”\\" for seq in range(1, 10))]
        assert found.author_count == 15

    @pytest.mark.parametrize(
        ("word", "matching"),
        [
            ("", ["d", "c", "b", "a", "Plan"]),
            ("plan", ["d", "a", "Plan"]),
            ("PLAN", ["d", "a", "Plan"]),
            ("grüsse", ["b"]),
            ("100%", ["d"]),
            ("%", ["d"]),
            ("_", ["c"]),
            ("\\", ["c"]),
            ("b", []),
            ("nothing like it", []),
        ],
    )
    async def test_a_list_is_narrowed_by_words_of_titles(
        self, store: EventStore, word: str, matching: list[str]
    ) -> None:
        titles = {"Plan": "", "a": "The plan", "b": "GRÜẞE", "c": "snake_\\case", "d": "100% planned"}
        for i, (name, title) in enumerate(titles.items()):
            await store.append(creation(name, title=title, at=T0 + i))
        assert [each.record.id for each in await store.listed(title=word)] == matching
        paged: list[str] = []
        before: tuple[int, str] | None = None
        while page := await store.listed(title=word, before=before, limit=2):
            paged += [each.record.id for each in page]
            before = (page[-1].record.updated_at, page[-1].record.id)
        assert paged == matching
        assert await store.listed(title=word, limit=0) == []

    # Time.

    async def test_version_at_is_the_newest_not_after_that_time(self, store: EventStore) -> None:
        times = [T0, T0 + 10, T0 + 10, T0 + 10, T0 + 30, T0 + 30, T0 + 40]
        await store.append(creation("doc", at=times[0]))
        for i, at in enumerate(times[1:], 1):
            await store.append(append_of("doc", i, [Edited(["x"])], at=at))
        for at in range(T0 - 2, T0 + 50):
            assert await store.version_at("doc", at) == sum(t <= at for t in times), at - T0

    async def test_version_at_finds_every_moment_of_a_long_history(self, store: EventStore) -> None:
        await created(store, "other", edits=50)
        await created(store, "doc", edits=199)
        versions = [await store.version_at("doc", T0 + i * SECOND + 1) for i in range(200)]
        assert versions == list(range(1, 201))

    # Clients.

    async def test_a_client_is_known_from_its_first_edit_on(self, store: EventStore) -> None:
        await created(store, "doc")
        assert await store.client("doc", "c2") is None
        await store.append(append_of("doc", 1, [Edited(["x"])], client="c2", author="bob", client_seq=7))
        assert await store.client("doc", "c2") == ClientRecord("c2", "bob", b"key of c2", 7)
        await store.append(append_of("doc", 2, [Edited(["x"])], client="c2", author="bob", client_seq=12))
        assert await store.client("doc", "c2") == ClientRecord("c2", "bob", b"key of c2", 12)

    async def test_the_first_key_of_a_client_stays(self, store: EventStore) -> None:
        await created(store, "doc")
        thief = typing("doc", 1)
        await store.append(thief.__replace__(clients=[ClientRecord("c1", "ann", b"another", 1)]))
        assert await store.client("doc", "c1") == ClientRecord("c1", "ann", b"key of c1", 1)

    async def test_a_client_without_a_key_is_a_client(self, store: EventStore) -> None:
        append = creation("doc")
        await store.append(append.__replace__(clients=[ClientRecord("c1", "ann", b"")]))
        assert await store.client("doc", "c1") == ClientRecord("c1", "ann", b"")

    async def test_clients_are_listed_in_order_of_their_first_edit(self, store: EventStore) -> None:
        await created(store, "doc")
        order = ["c7", "c3", "c9"]
        events = [
            Event("doc", 2 + i, Edited(["x"]), "ann", name, 1, T0 + SECOND) for i, name in enumerate(order)
        ]
        records = [ClientRecord(name, "ann", b"k", 1) for name in sorted(order)]
        await store.append(Append("doc", 1, events, records))
        await store.append(typing("doc", 4, client="c3"))
        assert [record.client for record in await store.clients("doc")] == ["c1", "c7", "c3", "c9"]

    async def test_one_client_id_in_two_documents_is_two_clients(self, store: EventStore) -> None:
        await created(store, "a", edits=3)
        await created(store, "b")
        assert await store.client("a", "c1") == ClientRecord("c1", "ann", b"key of c1", 3)
        assert await store.client("b", "c1") == ClientRecord("c1", "ann", b"key of c1", 0)

    # Snapshots.

    async def test_the_newest_snapshot_not_after_a_version_is_found(self, store: EventStore) -> None:
        await created(store, "doc", edits=20)
        for version in (10, 5, 15):
            await store.save_snapshot("doc", version, b"at %d" % version)
        assert await store.snapshot("doc") == (15, b"at 15")
        assert await store.snapshot("doc", at_most=14) == (10, b"at 10")
        assert await store.snapshot("doc", at_most=5) == (5, b"at 5")
        assert await store.snapshot("doc", at_most=4) is None

    async def test_a_snapshot_of_the_same_version_is_replaced(self, store: EventStore) -> None:
        await created(store, "doc")
        await store.save_snapshot("doc", 1, b"old")
        await store.save_snapshot("doc", 1, b"new")
        assert await store.snapshot("doc") == (1, b"new")

    async def test_a_deleted_snapshot_is_gone_and_may_be_deleted_again(self, store: EventStore) -> None:
        await created(store, "doc", edits=5)
        await store.save_snapshot("doc", 3, b"three")
        await store.save_snapshot("doc", 5, b"five")
        for _ in range(2):
            await store.delete_snapshot("doc", 5)
            assert await store.snapshot("doc") == (3, b"three")
        await store.delete_snapshot("none", 1)

    async def test_snapshots_belong_to_one_document(self, store: EventStore) -> None:
        await created(store, "a")
        await created(store, "b")
        await store.save_snapshot("a", 1, b"of a")
        assert await store.snapshot("b") is None
        await store.delete_snapshot("b", 1)
        assert await store.snapshot("a") == (1, b"of a")

    async def test_a_snapshot_of_no_document_is_refused(self, store: EventStore) -> None:
        with pytest.raises(StoreError):
            await store.save_snapshot("none", 1, b"x")

    # Cancelling and closing.

    async def test_a_cancelled_append_is_in_the_log_wholly_or_not_at_all(self, store: EventStore) -> None:
        names = [f"doc{i}" for i in range(30)]
        for name in names:
            await created(store, name)
        tasks = [asyncio.create_task(store.append(typing(name, 1, 3))) for name in names]
        for i, task in enumerate(tasks):
            for _ in range(i % 4):
                await asyncio.sleep(0)
            task.cancel()
        outcomes = await asyncio.gather(*tasks, return_exceptions=True)
        for name, outcome in zip(names, outcomes, strict=True):
            version = len(await store.events(name))
            assert version in ((4,) if isinstance(outcome, int) else (1, 4))
            record = await store.document(name)
            assert record is not None
            assert record.version == version
            await store.append(typing(name, version))

    async def test_a_cancelled_reader_leaves_the_store_in_order(self, store: EventStore) -> None:
        await created(store, "doc", edits=50)
        readers = [asyncio.create_task(store.events("doc")) for _ in range(20)]
        await asyncio.sleep(0)
        for reader in readers[::2]:
            reader.cancel()
        outcomes = await asyncio.gather(*readers, return_exceptions=True)
        assert all(isinstance(outcome, list) and len(outcome) == 51 for outcome in outcomes[1::2])
        assert len(await store.events("doc")) == 51

    async def test_closing_finishes_what_is_being_appended(self, store: EventStore) -> None:
        for i in range(20):
            await created(store, f"doc{i}")
        appends = [asyncio.create_task(store.append(typing(f"doc{i}", 1))) for i in range(20)]
        await asyncio.sleep(0)
        await store.close()
        assert all(isinstance(position, int) for position in await asyncio.gather(*appends))

    async def test_a_closed_store_refuses_everything(self, store: EventStore) -> None:
        await created(store, "doc")
        await store.close()
        await store.close()
        for call in (
            store.append(typing("doc", 1)),
            store.document("doc"),
            store.documents(),
            store.listed(),
            store.events("doc"),
            store.version_at("doc", T0),
            store.client("doc", "c1"),
            store.clients("doc"),
            store.snapshot("doc"),
            store.save_snapshot("doc", 1, b""),
            store.delete_snapshot("doc", 1),
            store.operations("doc", after=0, until=1),
            store.pack("doc"),
            store.stored("doc"),
        ):
            with pytest.raises(StoreError):
                await call


async def everything(store: EventStore, document: str) -> tuple[object, ...]:
    """All that a store says of ``document``."""
    return (
        await store.document(document),
        await store.events(document),
        await store.clients(document),
        await store.snapshot(document),
    )
