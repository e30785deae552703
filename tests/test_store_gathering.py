"""Appends of many documents go to the writer together, those of a few at once."""

from __future__ import annotations

import asyncio

import pytest

from collab.store import gathering
from collab.store.gathering import MANY_DOCUMENTS, Gathering
from tests.helpers import eventually


class Passed:
    """A gathering, and the groups that it has passed on."""

    def __init__(self) -> None:
        self.groups: list[list[int]] = []
        self.gathering: Gathering[int] = Gathering(self.groups.append)

    def add(self, document: object, number: int) -> None:
        self.gathering.add(str(document), number)

    async def a_window_with(self, documents: int) -> None:
        """Fill a window, and wait until it is over."""
        for number in range(documents):
            self.add(number, number)
        end = self.gathering._until
        await eventually(lambda: asyncio.get_running_loop().time() >= end)
        self.groups.clear()


@pytest.fixture
async def passed(monkeypatch: pytest.MonkeyPatch) -> Passed:
    monkeypatch.setattr(gathering, "WINDOW_SECONDS", 0.05)
    return Passed()


async def test_appends_of_a_few_documents_are_passed_on_at_once(passed: Passed) -> None:
    await passed.a_window_with(MANY_DOCUMENTS - 1)
    passed.add("a", 1)
    passed.add("b", 2)
    assert passed.groups == [[1], [2]]


async def test_one_busy_document_is_never_held(passed: Passed) -> None:
    for number in range(10 * MANY_DOCUMENTS):
        passed.add("a", number)
    await passed.a_window_with(1)
    passed.add("a", 1)
    assert passed.groups == [[1]]


async def test_appends_of_many_documents_are_passed_on_together_in_order(passed: Passed) -> None:
    await passed.a_window_with(MANY_DOCUMENTS)
    for number in range(5):
        passed.add(number, number)
    assert passed.groups == []
    await eventually(lambda: bool(passed.groups))
    assert passed.groups == [[0, 1, 2, 3, 4]]


async def test_when_it_is_quiet_again_nothing_is_held(passed: Passed) -> None:
    await passed.a_window_with(MANY_DOCUMENTS)
    passed.add("a", 1)
    await eventually(lambda: bool(passed.groups))
    await passed.a_window_with(1)
    passed.add("a", 2)
    assert passed.groups == [[2]]


async def test_what_is_held_can_be_had_at_once(passed: Passed) -> None:
    await passed.a_window_with(MANY_DOCUMENTS)
    passed.add("a", 1)
    passed.gathering.flush()
    assert passed.groups == [[1]]
    passed.gathering.flush()
    assert passed.groups == [[1]]
