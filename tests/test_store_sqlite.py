from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio

from collab.store import EventStore
from collab.store.sqlite import SQLiteStore
from tests.store_acceptance import StoreAcceptance


class TestSQLiteStore(StoreAcceptance):
    @pytest_asyncio.fixture
    async def store(self, tmp_path: Path) -> AsyncIterator[EventStore]:
        async with await SQLiteStore.open(tmp_path / "collab.db") as store:
            yield store
