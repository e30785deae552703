"""One webhook's way through the log.

The log is read into queues by document, and several documents are under way at a time, never two calls for one. What
a receiver refuses waits in a line of its own (`Held`), which is read from the document's rows, so that all others go
on; once it has come up to where the log was read it is a document like others again. When nobody answers, the whole
webhook waits, and then tries with one call.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any

import msgspec

from collab.errors import CollabError, StoreError
from collab.store.base import EventStore, Logged
from collab.store.logged import log_row
from collab.store.webhooks import MOST_LINES, Line, Progress, Webhook
from collab.watching import Watch, Watching
from collab.webhooks.backoff import Backoff
from collab.webhooks.calling import MOST_CALLS, Answer
from collab.webhooks.queues import MOST_EVENTS, Item, Queues, batch, body

PAGE = 200
"""Events that are read of the log at a time."""

MOST_HELD_CALLS = MOST_CALLS // 2
"""Of the calls at a time, those for documents that were refused: however many they are, the others have their turn."""

GATHER_SECONDS = 0.05
"""How long the log isn't looked at again, so that what is typed in one go is told in one."""

POLL_SECONDS = 1.0
"""After so much quiet it is looked at in any case: other processes write to it, too."""

Call = Callable[[str, bytes], Awaitable[Answer]]

logger = logging.getLogger("collab.webhooks")


class Held:
    """A document that waits by itself, in memory. ``size`` is how many events are tried at once, ``due`` when, on the
    loop's clock; ``skipped`` is the last of its events that the log's reader has passed by."""

    def __init__(self, line: Line, *, size: int, due: float, skipped: int) -> None:
        self.line = line
        self.size = size
        self.due = due
        self.skipped = skipped


class Courier:
    """Delivers to one webhook until it is told to `stop`, or the log is at its end."""

    def __init__(
        self,
        hook: Webhook,
        lines: list[Line],
        *,
        store: EventStore,
        watching: Watching,
        call: Call,
        backoff: Backoff,
        now: Callable[[], int],
        gather_seconds: float = GATHER_SECONDS,
    ) -> None:
        self.hook = hook
        self.delivered = 0
        self.attempts = hook.attempts
        self.error, self.error_at = hook.error, hook.error_at
        self._store = store
        self._watching = watching
        self._call = call
        self._backoff = backoff
        self._now = now
        self._gather_seconds = gather_seconds
        self._loop = asyncio.get_running_loop()
        self._reached = self.position = hook.position
        self._queues = Queues()
        self._held = {line.document: Held(line, size=1, due=0.0, skipped=0) for line in lines}
        self._calls: dict[str, asyncio.Task[None]] = {}
        self._changed: dict[str, int] = {}
        self._quiet_until = 0.0
        self._read_due = self._poll_due = self._save_due = 0.0
        self._dirty = False
        self._stopping = False
        self._watch: Watch | None = None

    @property
    def parked(self) -> int:
        return sum(held.line.parked for held in self._held.values())

    @property
    def full(self) -> bool:
        """Whether so many documents wait that no other may join them."""
        return len(self._held) + len(self._calls) >= MOST_LINES

    def stop(self) -> None:
        """Begin nothing new; `run` returns when the calls under way have ended."""
        self._stopping = True
        if self._watch is not None:
            self._watch.stir()

    async def run(self) -> None:
        """Deliver. Cancelling leaves it open whether what was under way has arrived: it is sent again."""
        try:
            with self._watching.watch(None) as self._watch:
                more = True
                while not self._stopping and not self._watch.closed:
                    if more and self._loop.time() >= self._read_due:
                        self._watch.looking()
                        more = await self._read()
                    self._begin()
                    await self._save()
                    if await self._watch.stirred(seconds=self._pause(more)):
                        self._watch.looking()
                        more = True
                    more = more or self._loop.time() >= self._poll_due
            if self._calls:
                await asyncio.wait(self._calls.values())
            self._save_due = 0.0
            await self._save()
        finally:
            for task in self._calls.values():
                task.cancel()
            if self._calls:
                await asyncio.wait(self._calls.values())

    def _pause(self, more: bool) -> float:
        """Seconds until there may be something to do although nothing stirs."""
        now = self._loop.time()
        dues = [max(self._poll_due, now + self._gather_seconds)]
        if more and self._room:
            dues.append(self._read_due)
        if self._quiet_until > now:
            dues.append(self._quiet_until)
        elif self._free_for_held() > 0:
            dues += [held.due for document, held in self._held.items() if self._waits(document, held)]
        return max(0.001, min(dues) - now)

    @property
    def _room(self) -> bool:
        return not self._queues.full and not self.full

    def _waits(self, document: str, held: Held) -> bool:
        """Whether ``held`` is to be tried again, now or later."""
        return not held.line.parked and document not in self._calls

    def _free_for_held(self) -> int:
        """How many calls for documents that wait by themselves may be begun now."""
        under_way = sum(document in self._held for document in self._calls)
        return min(self._most_calls - len(self._calls), MOST_HELD_CALLS - under_way)

    @property
    def _most_calls(self) -> int:
        """One, as long as it isn't known that somebody answers again."""
        return 1 if self.attempts else MOST_CALLS

    # Reading the log.

    async def _read(self) -> bool:
        """Read on as far as there is room; whether there may be more."""
        now = self._loop.time()
        self._read_due, self._poll_due = now + self._gather_seconds, now + POLL_SECONDS
        while self._room:
            try:
                page = await self._store.log(after=self._reached, limit=PAGE)
            except StoreError as error:
                self._read_due = self._loop.time() + POLL_SECONDS
                self._note(f"{error.code}: {error}")
                return True
            for logged in page:
                if not self._take(logged):
                    self._read_due = self._loop.time() + POLL_SECONDS
                    return True
            if len(page) < PAGE:
                return False
        return True

    def _take(self, logged: Logged) -> bool:
        """Put it where it belongs; false if that can't be done yet."""
        held = self._held.get(logged.document)
        if not self._wanted(logged):
            pass
        elif held is not None:
            held.skipped = logged.seq
        else:
            try:
                self._queues.add(logged.document, item(logged))
            except StoreError as error:
                if logged.document in self._queues:
                    return False  # what came before goes first
                self._hold(logged.document, logged.seq, f"{error.code}: {error}", skipped=logged.seq)
        self._reached = logged.row.position
        return True

    def _wanted(self, logged: Logged) -> bool:
        documents, types = self.hook.documents, self.hook.types
        return (not documents or logged.document in documents) and (not types or logged.row.type in types)

    # Calling.

    def _begin(self) -> None:
        """Begin what calls may be begun."""
        now = self._loop.time()
        if now < self._quiet_until:
            return
        for document in self._queues:
            if len(self._calls) >= self._most_calls or self.full:
                break
            if document not in self._calls:
                self._spawn(document, self._deliver(document))
        due = [d for d, held in self._held.items() if held.due <= now and self._waits(d, held)]
        for document in due[: max(0, self._free_for_held())]:
            self._spawn(document, self._deliver_held(document))

    def _spawn(self, document: str, work: Any) -> None:
        task = self._calls[document] = asyncio.create_task(work)
        task.add_done_callback(lambda done: self._ended(document, done))

    def _ended(self, document: str, task: asyncio.Task[None]) -> None:
        del self._calls[document]
        if not task.cancelled() and (error := task.exception()) is not None:
            logger.error("webhook %d, document %s", self.hook.number, document, exc_info=error)
            self._outage(Answer(error=f"internal: {type(error).__name__}"), began=self._loop.time())
        if self._watch is not None:
            self._watch.stir()

    async def _deliver(self, document: str) -> None:
        items, began = self._queues.next(document), self._loop.time()
        answer = await self._post(document, items)
        if answer.taken:
            self._took(items)
            self._queues.taken(document, len(items))
        elif answer.refused:
            last = self._queues.remove(document)
            held = self._hold(document, items[0].seq, answer.error, skipped=last.seq)
            self._refused(held, answer, tried=len(items))
        else:
            self._queues.taken(document, 0)
            self._outage(answer, began)

    async def _deliver_held(self, document: str) -> None:
        held = self._held[document]
        try:
            items = await self._next_held(held)
        except StoreError as error:
            held.line = msgspec.structs.replace(
                held.line, parked=True, error=f"{error.code}: {error}", at=self._now()
            )
            self._change(document)
            return
        if not items:
            return
        began = self._loop.time()
        answer = await self._post(document, items)
        line = held.line
        if answer.taken:
            self._took(items)
            held.line = msgspec.structs.replace(line, seq=items[-1].seq + 1, attempts=0)
            held.size = min(MOST_EVENTS, 2 * held.size)
            held.due = 0.0
        elif answer.refused:
            self._refused(held, answer, tried=len(items))
        else:
            self._outage(answer, began)
            return
        self._change(document)

    async def _next_held(self, held: Held) -> list[Item]:
        """The next events of a line; none if it has caught up with the log's reader, and is a line no more."""
        document = held.line.document
        while True:
            # Of what comes while the rows are read the log's reader tells by `skipped`.
            reached = self._reached
            rows = await self._store.rows(document, after=held.line.seq - 1, limit=MOST_EVENTS)
            behind = [Logged(document, held.line.seq + i, row) for i, row in enumerate(rows)]
            behind = [logged for logged in behind if logged.row.position <= reached]
            wanted = [logged for logged in behind if self._wanted(logged)]
            if wanted:
                return batch((item(logged) for logged in wanted), most=held.size)
            if behind:
                held.line = msgspec.structs.replace(held.line, seq=behind[-1].seq + 1)
            elif held.skipped < held.line.seq:
                del self._held[document]
                self._changed[document] = held.line.seq - 1
                self._dirty = True
                return []

    async def _post(self, document: str, items: list[Item]) -> Answer:
        number = self.hook.number
        # The same for the same events, whenever they are sent.
        id_ = f"webhook{number}_{items[0].position}_{items[-1].position}"
        return await self._call(id_, body(number, msgspec.json.encode(document), items))

    def _took(self, items: list[Item]) -> None:
        self.delivered += len(items)
        if self.attempts or self.error:
            self.attempts, self.error = 0, ""
        self._dirty = True

    def _hold(self, document: str, seq: int, error: str, *, skipped: int) -> Held:
        """Let ``document`` wait by itself from its event ``seq`` on."""
        held = Held(Line(document, seq, 0, False, error, self._now()), size=1, due=0.0, skipped=skipped)
        self._held[document] = held
        self._change(document)
        return held

    def _refused(self, held: Held, answer: Answer, *, tried: int) -> None:
        """Of ``tried`` events one isn't taken: half of them next time, until it is known which. That one is tried as
        often as the webhook says, and then parked."""
        attempts = held.line.attempts + 1 if tried == 1 else 0
        parked = attempts >= self.hook.refusals
        held.line = msgspec.structs.replace(
            held.line, attempts=attempts, parked=parked, error=answer.error, at=self._now()
        )
        held.size = max(1, tried // 2)
        wait = self._backoff.seconds(max(1, attempts), at_least=answer.retry_after)
        held.due = self._loop.time() + wait

    def _outage(self, answer: Answer, began: float) -> None:
        """Nobody answers. Of several calls that fail together one counts."""
        if began < self._quiet_until:
            return
        self.attempts += 1
        wait = self._backoff.seconds(self.attempts, at_least=answer.retry_after)
        self._quiet_until = self._loop.time() + wait
        self._note(answer.error)

    # Noting.

    def _note(self, error: str) -> None:
        self.error, self.error_at = error, self._now()
        self._dirty = True

    def _change(self, document: str) -> None:
        self._changed[document] = 0
        self._dirty = True

    async def _save(self) -> None:
        """Note how far it has come, if that is worth it."""
        first = self._queues.first()
        position = self._reached if first is None else first - 1
        now = self._loop.time()
        if now < self._save_due or not (self._dirty or position > self.position):
            return
        changed, self._changed, self._dirty = self._changed, {}, False
        progress = Progress(
            position,
            self.attempts,
            self.error,
            self.error_at,
            [self._held[document].line for document in changed if document in self._held],
            [(document, seq) for document, seq in changed.items() if document not in self._held],
        )
        try:
            await self._store.note_progress(self.hook.number, progress)
        except CollabError as error:
            logger.warning("webhook %d: %s", self.hook.number, error)
            self._changed, self._dirty = {**changed, **self._changed}, True
            self._save_due = now + POLL_SECONDS
        else:
            self.position = position


def item(logged: Logged) -> Item:
    """``logged`` as it is sent.

    Raises:
        CorruptLog: it is damaged.
    """
    return Item(logged.row.position, logged.seq, msgspec.json.encode(log_row(logged)))
