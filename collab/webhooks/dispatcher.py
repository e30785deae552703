"""All webhooks of one server: which of them are delivered to, and by whom.

The store says what webhooks there are, and is asked once a second: they are added, paused and removed by commands, in
other processes. One process of all that serve a file delivers, the one that has the claim.
"""

from __future__ import annotations

import asyncio
import logging
import random
import ssl
from collections.abc import Callable

import httpx
import msgspec

from collab.errors import StoreError
from collab.hub import Hub
from collab.store.webhooks import MOST_LINES, Claim, Webhook
from collab.webhooks import backoff
from collab.webhooks.backoff import Backoff
from collab.webhooks.calling import CALL_SECONDS, Answer, Caller
from collab.webhooks.courier import GATHER_SECONDS, Courier

POLL_SECONDS = 1.0
"""How long a command that changes a webhook may wait for the server to see it."""

CLAIM_SECONDS = 5.0
"""How often who doesn't have the claim tries to get it."""

GRACE_SECONDS = 2.0
"""How long calls under way may take when the server stops. What is cut off then is sent again."""

logger = logging.getLogger("collab.webhooks")


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """How calls are made. Seconds throughout; only ``allow_private`` is a matter of taste, the rest is for tests."""

    allow_private: bool = False
    call_seconds: float = CALL_SECONDS
    first_seconds: float = backoff.FIRST_SECONDS
    most_seconds: float = backoff.MOST_SECONDS
    gather_seconds: float = GATHER_SECONDS
    poll_seconds: float = POLL_SECONDS
    claim_seconds: float = CLAIM_SECONDS


class HookStatus(msgspec.Struct, frozen=True):
    """How a webhook does. ``state`` is "delivering", "waiting" (nobody answers), "parked" (documents are), "full" (of
    documents that wait) or "paused". ``lag`` counts events of the log behind its position, ``delivered`` those that
    were taken since this server runs."""

    number: int
    url: str
    state: str
    position: int
    lag: int
    attempts: int
    error: str
    error_at: int
    parked: int
    delivered: int


def state_of(*, paused: bool, full: bool, parked: int, attempts: int) -> str:
    """
    >>> state_of(paused=False, full=False, parked=2, attempts=0)
    'parked'
    """
    if paused:
        return "paused"
    if full:
        return "full"
    if attempts:
        return "waiting"
    return "parked" if parked else "delivering"


class _Running:
    def __init__(self, courier: Courier, caller: Caller) -> None:
        self.courier = courier
        self.caller = caller
        self.task = asyncio.create_task(courier.run())


class Dispatcher:
    """Delivers from the log of ``hub``."""

    def __init__(
        self,
        hub: Hub,
        settings: Settings | None = None,
        *,
        chance: Callable[[], float] = random.random,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._hub = hub
        self._settings = settings or Settings()
        self._backoff = Backoff(chance, first=self._settings.first_seconds, most=self._settings.most_seconds)
        self._tls = tls
        self._running: dict[int, _Running] = {}
        self._hooks: list[Webhook] = []
        self._newest = 0
        self._claim: Claim | None = None
        self._claim_due = 0.0
        self._stopping = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        hub.at_end(self.close)

    def start(self) -> None:
        """Deliver from now on, in the running event loop, until the hub is closed. Later calls do nothing."""
        if self._task is None:
            self._task = asyncio.create_task(self._run())

    async def close(self) -> None:
        """Stop. What is under way has a moment to be answered."""
        self._stopping.set()
        if self._task is not None:
            await self._task

    def statuses(self) -> list[HookStatus]:
        """How all webhooks do, as was last seen."""
        return [self._status(hook) for hook in self._hooks]

    def _status(self, hook: Webhook) -> HookStatus:
        running = self._running.get(hook.number)
        courier = running.courier if running else None
        # Who delivers knows it sooner than the store does.
        latest = courier or hook
        parked = courier.parked if courier else 0
        return HookStatus(
            *(hook.number, hook.url),
            state=state_of(
                paused=hook.paused,
                full=courier is not None and courier.full,
                parked=parked,
                attempts=latest.attempts,
            ),
            position=latest.position,
            lag=max(0, self._newest - latest.position),
            attempts=latest.attempts,
            error=latest.error,
            error_at=latest.error_at,
            parked=parked,
            delivered=courier.delivered if courier else 0,
        )

    async def _run(self) -> None:
        try:
            while not self._stopping.is_set():
                try:
                    await self._look()
                except StoreError as error:
                    logger.warning("webhooks: %s", error)
                try:
                    async with asyncio.timeout(self._settings.poll_seconds):
                        await self._stopping.wait()
                except TimeoutError:
                    continue
        finally:
            await self._end()

    async def _look(self) -> None:
        """See what webhooks there are, and let those be delivered to that should be."""
        self._hooks = await self._hub.store.webhooks()
        if self._hooks:
            self._newest = await self._hub.store.position()
        wanted = {hook.number: hook for hook in self._hooks if not hook.paused}
        if wanted and self._claim is None and asyncio.get_running_loop().time() >= self._claim_due:
            self._claim = await self._hub.store.claim("webhooks")
            self._claim_due = asyncio.get_running_loop().time() + self._settings.claim_seconds
        for number, running in list(self._running.items()):
            hook = wanted.get(number)
            if hook is None or hook.revision != running.courier.hook.revision:
                running.courier.stop()
            if running.task.done():
                await self._finish(number)
        if self._claim is not None and not self._hub.closing:
            for number, hook in wanted.items():
                if number not in self._running:
                    await self._start(hook)

    async def _start(self, hook: Webhook) -> None:
        if self._tls is None and hook.url.startswith("https:"):
            self._tls = await asyncio.to_thread(httpx.create_ssl_context)
        settings, clock, store = self._settings, self._hub.clock, self._hub.store
        # Asked again: what was noted while an older courier stopped counts.
        fresh = [each for each in await store.webhooks() if each.number == hook.number]
        if not fresh:
            return
        lines = await store.lines(hook.number, limit=2 * MOST_LINES)
        caller = Caller(
            fresh[0], allow_private=settings.allow_private, seconds=settings.call_seconds, tls=self._tls
        )

        async def call(id_: str, body: bytes) -> Answer:
            return await caller.call(id_, body, now=clock.now() // 1_000_000)

        courier = Courier(
            *(fresh[0], lines),
            store=store,
            watching=self._hub.watching,
            call=call,
            backoff=self._backoff,
            now=clock.now,
            gather_seconds=settings.gather_seconds,
        )
        self._running[hook.number] = _Running(courier, caller)

    async def _finish(self, number: int) -> None:
        running = self._running.pop(number)
        await running.caller.close()
        if not running.task.cancelled() and (error := running.task.exception()) is not None:
            logger.error("webhook %d begins anew", number, exc_info=error)

    async def _end(self) -> None:
        """Let what is under way end in time, and go."""
        for running in self._running.values():
            running.courier.stop()
        tasks = [running.task for running in self._running.values()]
        if tasks:
            _, late = await asyncio.wait(tasks, timeout=GRACE_SECONDS)
            for task in late:
                task.cancel()
            if late:
                await asyncio.wait(late)
        for number in list(self._running):
            await self._finish(number)
        if self._claim is not None:
            await self._claim.release()
            self._claim = None
