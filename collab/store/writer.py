"""The one writer: a thread with its own connection, and group commit.

Callers put their appends into a queue. The thread takes all that wait there, commits them in one
transaction, and hands the outcomes to the event loop in one call; what comes meanwhile makes up the next
transaction. So the busier it is the more appends share the price of a commit, and a lone append waits for
nothing but its own. (While many documents are busy appends wait for each other a little: `gathering`.)

Other jobs, such as writing a snapshot, have transactions of their own. They run when no append waits, or
after `PATIENCE` transactions.
"""

from __future__ import annotations

import asyncio
import logging
import sqlite3
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from queue import Empty, SimpleQueue
from typing import Any, TypeVar

from collab.errors import RequestError, StoreError
from collab.store.checkpoints import Checkpoints
from collab.store.faults import translate
from collab.store.file import StoreFile
from collab.store.gathering import Gathering
from collab.store.rows import Prepared
from collab.store.transaction import AppendFailed, Ledger, Outcome

BATCH_EVENTS = 10_000
"""Events to a transaction: 0.1 s of writing. One append with more of them has a transaction to itself."""

WAITING_APPENDS = 4_000
"""Appends in the queue. A document has one at a time, so more than this is more documents than one disk
serves; those who come then wait outside, at the cost of a task each."""

WAITING_JOBS = 16
"""Jobs in the queue, each of which may hold a snapshot of some megabytes."""

PATIENCE = 8
"""Append transactions that may go before a waiting job: jobs take at most some percent of the writer's time,
and yet all get their turn."""

CHECKPOINT_AFTER = 256
"""Transactions after which the write-ahead log is carried over: with a few documents some 1.6 MB, less than what
a commit would have to carry over by itself."""

T = TypeVar("T")
Job = Callable[[Ledger], Any]

logger = logging.getLogger("collab.store")


class _Waiting:
    """Work in the queue, and who waits for it. ``work`` None ends the thread."""

    __slots__ = ("future", "slots", "work")

    def __init__(
        self, work: Prepared | Job | None, future: asyncio.Future[Any], slots: asyncio.Semaphore | None
    ) -> None:
        self.work = work
        self.future = future
        self.slots = slots


class Writer:
    """Made by `Writer.start`. All methods belong to the event loop they are first called in."""

    def __init__(self, file: StoreFile) -> None:
        self._file = file
        self._ledger: Ledger | None = None
        self._checkpoints: Checkpoints | None = None
        self._since_checkpoint = 0
        self._loop = asyncio.get_running_loop()
        self._queue: SimpleQueue[list[_Waiting]] = SimpleQueue()
        self._gathering = Gathering(self._queue.put)
        self._append_slots = asyncio.Semaphore(WAITING_APPENDS)
        self._job_slots = asyncio.Semaphore(WAITING_JOBS)
        self._closing: asyncio.Future[Any] | None = None
        self._thread = threading.Thread(target=self._run, name="collab-writer", daemon=True)

    @classmethod
    async def start(cls, file: StoreFile) -> Writer:
        """A writer to ``file``, which is opened in the writer's thread.

        Raises:
            StoreError: it can't be opened; there is no thread left then.
        """
        writer = cls(file)
        opened = _Waiting(lambda ledger: None, writer._loop.create_future(), None)
        writer._queue.put([opened])
        writer._thread.start()
        try:
            await asyncio.shield(opened.future)
        except BaseException:
            await writer.close()
            raise
        return writer

    async def append(self, prepared: Prepared) -> int:
        """Commit ``prepared``, together with what else waits; the position of its first event."""
        position: int = await self._submit(prepared, self._append_slots)
        return position

    async def run(self, job: Callable[[Ledger], T]) -> T:
        """Call ``job`` in the thread when no append waits, and return what it returns.

        ``job`` leaves no transaction open, unless it raises. What SQLite raises in it arrives as `StoreError`.
        """
        result: T = await self._submit(job, self._job_slots)
        return result

    async def close(self) -> None:
        """Do all that was submitted, close the connection, and end the thread. Cancelling doesn't stop it."""
        if self._closing is None:
            self._closing = self._loop.create_future()
            self._gathering.flush()
            self._queue.put([_Waiting(None, self._closing, None)])
        await asyncio.shield(self._closing)

    async def _submit(self, work: Prepared | Job, slots: asyncio.Semaphore) -> Any:
        await slots.acquire()
        if self._closing is not None:
            slots.release()
            raise StoreError("the store is closed")
        waiting = _Waiting(work, self._loop.create_future(), slots)
        if isinstance(work, Prepared):
            self._gathering.add(work.document, waiting)
        else:
            self._queue.put([waiting])
        return await waiting.future

    def _deliver(self, group: Sequence[_Waiting], outcomes: Sequence[Any]) -> None:
        """In the event loop: tell those who wait. Those who were cancelled don't any more."""
        for waiting, outcome in zip(group, outcomes, strict=True):
            if waiting.slots is not None:
                waiting.slots.release()
            if waiting.future.done():
                continue
            if isinstance(outcome, BaseException):
                waiting.future.set_exception(outcome)
            else:
                waiting.future.set_result(outcome)

    # From here on: in the thread.

    def _run(self) -> None:
        appends: deque[_Waiting] = deque()
        jobs: deque[_Waiting] = deque()
        end: _Waiting | None = None
        passed = 0
        while True:
            for waiting in self._arrived(wait=not (appends or jobs or end)):
                if waiting.work is None:
                    end = waiting
                elif isinstance(waiting.work, Prepared):
                    appends.append(waiting)
                else:
                    jobs.append(waiting)
            self._count_transaction()
            if appends and not (jobs and passed >= PATIENCE):
                self._settle_appends(_take(appends))
                passed += bool(jobs)
            elif jobs:
                self._settle_job(jobs.popleft())
                passed = 0
            elif end is not None:
                self._disconnect()
                self._report([end], [None])
                return

    def _arrived(self, *, wait: bool) -> Iterator[_Waiting]:
        """All that is in the queue; with ``wait`` at least one."""
        if wait:
            yield from self._queue.get()
        try:
            while True:
                yield from self._queue.get_nowait()
        except Empty:
            pass

    def _count_transaction(self) -> None:
        self._since_checkpoint += 1
        if self._since_checkpoint >= CHECKPOINT_AFTER and self._checkpoints is not None:
            self._checkpoints.due()
            self._since_checkpoint = 0

    def _settle_appends(self, group: list[_Waiting]) -> None:
        batch = [waiting.work for waiting in group if isinstance(waiting.work, Prepared)]
        self._report(group, self._commit(batch))

    def _settle_job(self, waiting: _Waiting) -> None:
        assert callable(waiting.work)
        outcome: Any
        try:
            outcome = waiting.work(self._connected())
        except Exception as error:
            self._recover()
            # What was asked for and can't be is no failure of the store.
            outcome = error if isinstance(error, RequestError) else _as_store_error(error)
        self._report([waiting], [outcome])

    def _report(self, group: Sequence[_Waiting], outcomes: Sequence[Any]) -> None:
        try:
            self._loop.call_soon_threadsafe(self._deliver, group, outcomes)
        except RuntimeError:
            logger.warning("the event loop was closed before the store: %d outcomes lost", len(group))

    def _commit(self, batch: Sequence[Prepared]) -> Sequence[Outcome]:
        """Commit ``batch``; where one append spoils it for all, each by itself."""
        try:
            return self._connected().commit(batch)
        except Exception as error:
            self._recover()
            if isinstance(error, AppendFailed) and len(batch) > 1:
                return [self._commit([prepared])[0] for prepared in batch]
            cause = error.__cause__ if isinstance(error, AppendFailed) else error
            # One exception each, since every task that raises it adds its own traceback.
            return [_as_store_error(cause) for _ in batch]

    def _connected(self) -> Ledger:
        if self._ledger is None:
            self._ledger = Ledger(self._file.connect())
            self._checkpoints = Checkpoints(self._file)
        self._file.check()
        return self._ledger

    def _recover(self) -> None:
        """After a failure: no transaction is open, or the connection is given up and made anew."""
        if self._ledger is None:
            return
        self._ledger.forget()
        connection = self._ledger.connection
        try:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            # Fails if the connection can't be used any more.
            connection.execute("SELECT position FROM log").fetchone()
        except sqlite3.Error as error:
            logger.warning("the writer reconnects after: %s", error)
            self._disconnect()

    def _disconnect(self) -> None:
        ledger, self._ledger = self._ledger, None
        if self._checkpoints is not None:
            self._checkpoints.close()
        if ledger is None:
            return
        try:
            ledger.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        except sqlite3.Error as error:
            # Harmless: whoever opens the file next reads the write-ahead log too.
            logger.warning("the write-ahead log stays: %s", error)
        ledger.connection.close()


def _take(appends: deque[_Waiting]) -> list[_Waiting]:
    """The appends for the next transaction, at least one."""
    group: list[_Waiting] = []
    events = 0
    while appends:
        work = appends[0].work
        assert isinstance(work, Prepared)
        events += len(work.rows)
        if group and events > BATCH_EVENTS:
            break
        group.append(appends.popleft())
    return group


def _as_store_error(error: BaseException | None) -> StoreError:
    if isinstance(error, StoreError):
        return error
    if isinstance(error, sqlite3.Error):
        failure = translate(error)
    else:
        # Not the disk but ourselves: the caller's log line wouldn't say where.
        logger.error("the writer failed", exc_info=error)
        failure = StoreError(f"{type(error).__name__}: {error}")
    failure.__cause__ = error
    return failure
