from __future__ import annotations

from collections.abc import AsyncIterator

import pytest_asyncio

from collab.store import EventStore
from collab.store.memory import MemoryStore
from tests.store_acceptance import StoreAcceptance
from tests.store_acceptance_log import LogAcceptance
from tests.store_acceptance_webhooks import WebhookAcceptance


class TestMemoryStore(StoreAcceptance, LogAcceptance, WebhookAcceptance):
    @pytest_asyncio.fixture
    async def store(self) -> AsyncIterator[EventStore]:
        async with MemoryStore() as store:
            yield store
