"""Webhooks, from the log to receivers on real sockets that do all that receivers do."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from collab.hub import Hub
from collab.local_server import LocalServer
from collab.segments import Row
from collab.store.base import EventStore, Logged
from collab.store.memory import MemoryStore
from collab.store.sqlite import SQLiteStore
from collab.store.webhooks import Line
from collab.webhooks.dispatcher import Dispatcher, Settings
from collab.webhooks.subscribing import subscribe
from tests.helpers import UNHURRIED, Witness, authors, eventually, logged
from tests.receivers import HANGING, LOST, OK, Receiver
from tests.store_helpers import created, renaming, typing

SECRET = "whsec_" + "QUJD" * 10
QUICK = Settings(
    allow_private=True,
    call_seconds=0.5,
    first_seconds=0.002,
    most_seconds=0.02,
    gather_seconds=0.0,
    poll_seconds=0.01,
    claim_seconds=0.02,
)


@pytest_asyncio.fixture(params=["memory", "sqlite"])
async def store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[EventStore]:
    kept = MemoryStore() if request.param == "memory" else await SQLiteStore.open(tmp_path / "log.db")
    yield kept
    await kept.close()


@asynccontextmanager
async def delivering(store: EventStore, settings: Settings = QUICK) -> AsyncIterator[Dispatcher]:
    async with dispatched(Hub(store, limits=UNHURRIED), settings) as dispatcher:
        yield dispatcher


@asynccontextmanager
async def dispatched(hub: Hub, settings: Settings = QUICK) -> AsyncIterator[Dispatcher]:
    dispatcher = Dispatcher(hub, settings)
    dispatcher.start()
    yield dispatcher
    await hub.close()


async def hooked(store: EventStore, receiver: Receiver, **options: Any) -> int:
    now = time.time_ns() // 1000
    return (await subscribe(store, receiver.url, now=now, secret=SECRET, after=0, **options)).number


async def lines(store: EventStore, number: int, condition: Callable[[list[Line]], bool]) -> list[Line]:
    async with asyncio.timeout(20):
        while not condition(found := await store.lines(number)):  # noqa: ASYNC110 - it is in a file
            await asyncio.sleep(0.005)
    return found


async def test_events_come_signed_in_order_and_together(store: EventStore) -> None:
    for document in ("a", "b"):
        await created(store, document, edits=150)
    async with Receiver(SECRET) as receiver:
        await hooked(store, receiver)
        async with delivering(store):
            await eventually(lambda: receiver.count == 302)
            await store.append(typing("a", 151))
            await eventually(lambda: receiver.count == 303)
    assert receiver.wrong == []
    assert set(receiver.times.values()) == {1}
    assert [event["seq"] for event in receiver.seen["a"]] == list(range(1, 153))
    assert max(len(body["events"]) for body in receiver.calls) == 100
    assert receiver.headers["host"] == f"127.0.0.1:{receiver.port}"


async def test_it_goes_on_where_it_was(store: EventStore) -> None:
    await created(store, "doc", edits=20)
    async with Receiver(SECRET) as receiver:
        await hooked(store, receiver)
        for more in (0, 5):
            for i in range(more):
                await store.append(typing("doc", 21 + i))
            async with delivering(store):
                await eventually(lambda more=more: receiver.count == 21 + more)  # type: ignore[misc]
    assert (await store.webhooks())[0].position == 26
    assert set(receiver.times.values()) == {1}


async def test_only_what_is_wanted_comes(store: EventStore) -> None:
    for document in ("a", "b"):
        await created(store, document, edits=2)
        await store.append(renaming(document, 3, "Title"))
    async with Receiver(SECRET) as receiver:
        await hooked(store, receiver, documents=["a"], types=["created", "renamed"])
        async with delivering(store):
            await eventually(lambda: receiver.count == 2)
            async with asyncio.timeout(20):
                while (await store.webhooks())[0].position < 8:  # noqa: ASYNC110
                    await asyncio.sleep(0.005)
    assert [event["type"] for event in receiver.seen["a"]] == ["created", "renamed"]
    assert list(receiver.seen) == ["a"]


async def test_an_event_that_is_refused_is_parked_and_holds_up_its_document_alone(store: EventStore) -> None:
    for document in ("bad", "good"):
        await created(store, document, edits=60)
    poison = {"seq": 23}

    def fate(body: dict[str, Any]) -> int:
        bad = body["document"] == "bad" and any(event["seq"] == poison["seq"] for event in body["events"])
        return 400 if bad else OK

    async with Receiver(SECRET, fate) as receiver:
        number = await hooked(store, receiver, refusals=3)
        async with delivering(store) as dispatcher:
            (line,) = await lines(store, number, lambda found: any(line.parked for line in found))
            await store.append(typing("bad", 61))
            await store.append(typing("good", 61))
            await eventually(lambda: len(receiver.seen["good"]) == 62)
            assert (line.document, line.seq, line.error) == ("bad", 23, "answered_400")
            assert [event["seq"] for event in receiver.seen["bad"]] == list(range(1, 23))
            await eventually(lambda: dispatcher.statuses()[0].state == "parked")
            alone = [body for body in receiver.calls if [e["seq"] for e in body["events"]] == [23]]
            assert len(alone) >= 3
            assert await store.skip_event(number, "bad") == 23
            await eventually(lambda: len(receiver.times) == 123)
            await lines(store, number, lambda found: found == [])
        # It is a document like others again.
        await store.append(typing("bad", 62))
        async with delivering(store):
            await eventually(lambda: len(receiver.times) == 124)
    assert [event["seq"] for event in receiver.seen["bad"]] == [*range(1, 23), *range(24, 64)]
    assert receiver.wrong == ["bad: 24 after 22"]


async def test_what_is_parked_is_delivered_once_it_is_taken(store: EventStore) -> None:
    await created(store, "doc", edits=5)
    async with Receiver(SECRET, lambda body: 422) as receiver:
        number = await hooked(store, receiver, refusals=2)
        async with delivering(store):
            await lines(store, number, lambda found: any(line.parked for line in found))
        receiver.fate = lambda body: OK
        async with delivering(store):
            assert await store.retry_webhook(number, "doc") == 1
            await eventually(lambda: receiver.count == 6)
            await lines(store, number, lambda found: found == [])
    assert receiver.wrong == []


async def test_nobody_who_is_there_is_an_outage_and_parks_nothing(store: EventStore) -> None:
    for document in "abc":
        await created(store, document, edits=500)
    async with Receiver(SECRET) as receiver:
        number = await hooked(store, receiver, refusals=2)
        await receiver.down()
        async with delivering(store) as dispatcher:
            await eventually(lambda: bool(dispatcher.statuses()) and dispatcher.statuses()[0].attempts > 20)
            (status,) = dispatcher.statuses()
            assert (status.state, status.lag) == ("waiting", 1503)
            assert status.error.startswith("no_answer")
            assert await store.lines(number) == []
            assert (await store.webhooks())[0].position == 0
            await receiver.up()
            await eventually(lambda: receiver.count == 1503)
            await eventually(lambda: dispatcher.statuses()[0].lag == 0)
            assert dispatcher.statuses()[0].error == ""
    assert receiver.wrong == []


async def test_private_addresses_are_refused_unless_allowed(store: EventStore) -> None:
    await created(store, "doc")
    async with Receiver(SECRET) as receiver:
        await hooked(store, receiver)
        careful = Settings(first_seconds=0.01, most_seconds=0.02, poll_seconds=0.01)
        async with delivering(store, careful) as dispatcher:
            await eventually(lambda: bool(dispatcher.statuses()) and dispatcher.statuses()[0].attempts > 2)
            assert dispatcher.statuses()[0].error.startswith("address_refused: 127.0.0.1 ")
        assert receiver.calls == []


async def test_a_redirect_is_a_refusal(store: EventStore) -> None:
    await created(store, "doc")
    async with Receiver(SECRET) as target, Receiver(SECRET) as receiver:
        receiver.fate = lambda body: (307, f"Location: {target.url}\r\n")
        number = await hooked(store, receiver, refusals=2)
        async with delivering(store):
            (line,) = await lines(store, number, lambda found: any(line.parked for line in found))
        assert line.error == "answered_307"
        assert target.calls == []


async def test_a_paused_webhook_hears_nothing_and_a_removed_one_no_more(store: EventStore) -> None:
    await created(store, "doc")
    async with Receiver(SECRET) as paused, Receiver(SECRET) as other:
        number = await hooked(store, paused)
        await hooked(store, other)
        await store.pause_webhook(number, paused=True)
        async with delivering(store) as dispatcher:
            await eventually(lambda: other.count == 1)
            assert [status.state for status in dispatcher.statuses()] == ["paused", "delivering"]
            assert paused.calls == []
            await store.pause_webhook(number, paused=False)
            await eventually(lambda: paused.count == 1)
            await store.remove_webhook(number)
            await eventually(lambda: len(dispatcher.statuses()) == 1)


async def test_only_one_of_two_servers_delivers_and_the_other_takes_over(tmp_path: Path) -> None:
    path = tmp_path / "log.db"
    async with await SQLiteStore.open(path) as one, await SQLiteStore.open(path) as two:
        await created(one, "doc", edits=9)
        async with Receiver(SECRET) as receiver:
            await hooked(one, receiver)
            async with delivering(one) as first:
                await eventually(lambda: receiver.count == 10)
                async with delivering(two) as second:
                    await eventually(lambda: len(second.statuses()) == 1)
                    await one.append(typing("doc", 10))
                    await eventually(lambda: receiver.count == 11)
                    await eventually(lambda: first.statuses()[0].delivered == 11)
                    assert second.statuses()[0].delivered == 0
            async with delivering(two):
                await two.append(typing("doc", 11))
                await eventually(lambda: receiver.count == 12)
        assert set(receiver.times.values()) == {1}


async def test_with_every_fault_a_receiver_has_each_event_once_and_in_order(tmp_path: Path) -> None:
    """Down for a while, 500 to one call in ten, answers that don't come, and some that are lost."""
    names = [f"doc{i}" for i in range(6)]
    fates: list[int] = []

    def fate(body: dict[str, Any]) -> int:
        number = len(fates)
        fates.append({3: 500, 6: LOST}.get(number % 10, HANGING if number % 25 == 12 else OK))
        return fates[-1]

    async with await SQLiteStore.open(tmp_path / "log.db") as store, Receiver(SECRET, fate) as receiver:
        number = await hooked(store, receiver)
        hub = Hub(store, limits=UNHURRIED)
        async with dispatched(hub):
            for round_ in range(200):
                if round_ == 60:
                    await receiver.down()
                if round_ == 120:
                    await receiver.up()
                before = len(fates)
                for name in names:
                    if round_ == 0:
                        await created(store, name)
                    else:
                        await store.append(typing(name, round_))
                    hub.watching.grew(name)
                if not 60 <= round_ < 120:
                    await eventually(lambda before=before: len(fates) > before)  # type: ignore[misc]
            await eventually(lambda: receiver.count == 1200, seconds=60)
            await lines(store, number, lambda found: found == [])
        assert receiver.wrong == []
        assert {500, LOST, HANGING, OK} <= set(fates)
        assert max(receiver.times.values()) > 1
        for name in names:
            assert [event["seq"] for event in receiver.seen[name]] == list(range(1, 201))
            rows = await store.rows(name)
            assert [event["position"] for event in receiver.seen[name]] == [row.position for row in rows]
        print(
            f"{len(receiver.calls)} calls, {sum(receiver.times.values())} events received, {receiver.count} once"
        )


@pytest.mark.usefixtures("impatient")
async def test_a_server_that_is_killed_while_it_delivers_loses_nothing(tmp_path: Path) -> None:
    path = tmp_path / "log.db"
    rng = random.Random(5)
    options = ("--edits-per-second", "1000000", "--edit-burst", "1000000", "--webhooks-to-private-addresses")
    async with Receiver(SECRET, lambda body: LOST if rng.random() < 0.05 else OK) as receiver:
        async with await SQLiteStore.open(path) as store:
            await hooked(store, receiver)
        async with LocalServer(path, *options) as server:
            async with authors(server.url, "doc", "abc", seed=3, witness=Witness()):
                for _ in range(5):
                    enough = receiver.count + rng.randint(20, 300)
                    await eventually(lambda enough=enough: receiver.count >= enough)  # type: ignore[misc]
                    await server.kill()
                    await server.start()
            log = logged(path, "doc")
            await eventually(lambda: receiver.count == len(log))
    assert receiver.wrong == []
    assert [event["seq"] for event in receiver.seen["doc"]] == [event.seq for event in log]
    print(f"{len(log)} events, {sum(receiver.times.values()) - len(log)} of them twice")


class Racing(MemoryStore):
    """A store in which, just when a document's rows were read to the end, one more comes and is passed by the log's
    reader before they are looked at."""

    hub: Hub
    raced = False

    async def rows(
        self, document: str, *, after: int = 0, until: int | None = None, limit: int = 1_000
    ) -> list[Row]:
        found = await super().rows(document, after=after, until=until, limit=limit)
        if not found and not self.raced:
            self.raced = True
            self.passed = asyncio.Event()
            await self.append(typing(document, after))
            self.hub.watching.grew(document)
            await self.passed.wait()
            await asyncio.sleep(0)
        return found

    async def log(self, *, after: int, limit: int = 1_000) -> list[Logged]:
        found = await super().log(after=after, limit=limit)
        if found and self.raced:
            self.passed.set()
        return found


async def test_what_comes_while_a_line_catches_up_is_not_lost() -> None:
    async with Racing() as store:
        await created(store, "doc", edits=5)
        answers = [500]
        async with Receiver(SECRET, lambda body: answers.pop() if answers else OK) as receiver:
            number = await hooked(store, receiver)
            store.hub = Hub(store, limits=UNHURRIED)
            async with dispatched(store.hub):
                await eventually(lambda: receiver.count == 7)
                await lines(store, number, lambda found: found == [])
        assert store.raced
        assert receiver.wrong == []
