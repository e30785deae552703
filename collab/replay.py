"""Recorded editing histories, driven through a real server by real clients.

A sequential trace is typed by one client. A concurrent one is typed by two, really at once: each submits an edit only
when it has seen just those edits of the other that its author had seen, so that all the transforming that the
authors' concurrency asks for is done by server and clients again. Further clients only read. At the end everybody's
text is compared.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from urllib.request import urlopen

import msgspec

from collab.bridge import Bridge, ForeignEdit
from collab.client import SharedDocument
from collab.fold import fold
from collab.messages import EventRow
from collab.operation import Operation, plain_text
from collab.reading import events
from collab.store.base import EventStore
from collab.traces import Step, Trace

WINDOW = 64
"""Edits that a typist has unsaved at most."""

EVERYTHING = 1 << 60

Progress = Callable[[int], None]


class Report(msgspec.Struct):
    """What a replay gave. Times are in seconds, latencies in milliseconds from edit to another client."""

    trace: str
    document: str
    clients: int
    edits: int
    seconds: float
    edits_per_second: float
    latency_p50: float | None
    latency_p99: float | None
    reconnects: int
    diverged: int
    clients_agree: bool
    server_agrees: bool
    log_agrees: bool | None
    matches_trace: bool

    @property
    def ok(self) -> bool:
        """Whether everybody has the text that the trace ends in, by the same way."""
        agree = self.clients_agree and self.server_agrees and self.log_agrees is not False
        return agree and self.matches_trace and not self.diverged


class Latencies:
    """Time from an edit to another client's having it."""

    def __init__(self) -> None:
        self._made: dict[tuple[str, int], float] = {}
        self._taken: list[float] = []

    def made(self, client: str, id_: int) -> None:
        self._made[client, id_] = time.perf_counter()

    def arrived(self, event: EventRow) -> None:
        made = self._made.get((event.client, event.id))
        if made is not None:
            self._taken.append(time.perf_counter() - made)

    def percentile(self, percent: int) -> float | None:
        """In milliseconds; None if nothing was measured."""
        if not self._taken:
            return None
        ranked = sorted(self._taken)
        return 1000 * ranked[min(len(ranked) - 1, len(ranked) * percent // 100)]


class Typist:
    """One agent of a trace at a client of its own.

    The client lets events of the other agent in only as far as the next step had seen them. After a lost
    connection it has to take in everything first; what the agent is not to have seen yet is then kept in
    ``_unseen``, and steps are carried over it, as the server would have done.
    """

    def __init__(self, url: str, document: str, steps: list[Step], latencies: Latencies) -> None:
        self.doc = SharedDocument(url, document, coalesce=False, gate=self._may_enter, on_event=self._entered)
        self.typed = 0
        self._steps = steps
        self._latencies = latencies
        self._allowed = 0
        self._seen = 0
        self._unseen = Bridge(self.doc.client)

    def _may_enter(self, event: EventRow) -> bool:
        return not self._foreign(event) or event.id <= self._allowed

    def _foreign(self, event: EventRow) -> bool:
        return event.client != self.doc.client and event.id > 0

    def _entered(self, event: EventRow, change: Operation) -> None:
        if self._foreign(event):
            self._seen = event.id
            if event.id > self._allowed:
                self._unseen.append(ForeignEdit(event.id, event.client, change, event.leans))

    async def type(self, progress: Progress) -> None:
        """Type all steps, each when it is its time, and wait until they are saved."""
        for step in self._steps:
            if step.seen > self._allowed:
                self._allowed = step.seen
                self.doc.integrate_waiting()
                self._unseen.drop(self._allowed)
            await self.doc.wait_for(self._ready)
            op = self._carried(step.op)
            self._latencies.made(self.doc.client, self.doc.edit(op))
            self.typed += 1
            progress(1)
            if self.typed % 16 == 0:
                await asyncio.sleep(0)  # let what was typed be sent
        self._allowed = EVERYTHING
        self._unseen.drop(EVERYTHING)
        self.doc.integrate_waiting()
        await self.doc.saved()

    def _ready(self) -> bool:
        # The window must not wait for own events that stand behind a foreign one that may not enter yet,
        # so it counts only while nothing is held back.
        return self._seen >= self._allowed and (self.doc.pending < WINDOW or self.doc.holding)

    def _carried(self, op: Operation) -> Operation:
        crossing = self._unseen.cross(op)
        self._unseen.accept(crossing)
        return crossing.op


async def replay(
    trace: Trace, url: str, document: str, *, clients: int, progress: Progress = lambda _: None
) -> tuple[Report, AsyncExitStack]:
    """Type ``trace`` into the empty ``document`` with ``clients`` clients, and compare what everybody has.

    The report says nothing of the log yet; `compare_log` adds that. The clients stay connected until the
    returned stack is closed.
    """
    latencies = Latencies()
    typists = [Typist(url, document, list(trace.of(agent)), latencies) for agent in range(trace.agents)]
    readers = [
        SharedDocument(url, document, on_event=lambda event, _: latencies.arrived(event))
        for _ in range(clients - trace.agents)
    ]
    everybody = [*(typist.doc for typist in typists), *readers]
    stack = AsyncExitStack()
    for doc in everybody:
        await stack.enter_async_context(doc)
    started = time.perf_counter()
    await asyncio.gather(*(typist.type(progress) for typist in typists))
    version = max(typist.doc.version for typist in typists)
    await asyncio.gather(*(doc.reached(version) for doc in everybody))
    seconds = time.perf_counter() - started
    texts = [doc.text for doc in everybody]
    report = Report(
        trace=trace.name,
        document=document,
        clients=len(everybody),
        edits=len(trace.steps),
        seconds=seconds,
        edits_per_second=len(trace.steps) / seconds,
        latency_p50=latencies.percentile(50),
        latency_p99=latencies.percentile(99),
        reconnects=sum(doc.reconnects for doc in everybody),
        diverged=sum(doc.diverged for doc in everybody),
        clients_agree=len(set(texts)) == 1,
        server_agrees=await asyncio.to_thread(_server_text, url, document) == texts[0],
        log_agrees=None,
        matches_trace=texts[0] == trace.end,
    )
    return report, stack


def _server_text(url: str, document: str) -> str:
    with urlopen(f"{url}/api/documents/{document}", timeout=30) as response:
        return plain_text(msgspec.json.decode(response.read())["content"])


async def compare_log(report: Report, store: EventStore, trace: Trace) -> None:
    """Fold the log itself, and say whether it gives the trace's text with each edit in it exactly once."""
    ops: list[Operation] = []
    edits: set[tuple[str, int]] = set()
    async for page in _pages(store, report.document):
        for client, id_, op in page:
            ops.append(op)
            edits.add((client, id_))
    once = len(edits) == len(ops) == len(trace.steps)
    report.log_agrees = once and plain_text(fold(ops)) == trace.end


async def _pages(store: EventStore, document: str) -> AsyncIterator[list[tuple[str, int, Operation]]]:
    async for page in events(store, document):
        yield [(event.client, event.client_seq, event.op) for event in page if event.op is not None]
