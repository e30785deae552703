"""Waiting for a number that only grows."""

from __future__ import annotations

import asyncio

import pytest

from collab.waiting import Milestones


async def test_who_waits_is_told_when_the_number_is_reached() -> None:
    milestones = Milestones()
    waiting = [asyncio.create_task(milestones.wait(number)) for number in (3, 5)]
    await asyncio.sleep(0)
    milestones.reached(4)
    await waiting[0]
    assert not waiting[1].done()
    milestones.fail(ValueError("never"))
    with pytest.raises(ValueError, match="never"):
        await waiting[1]


async def test_nothing_is_left_of_those_who_gave_up() -> None:
    milestones = Milestones()
    for _ in range(10):
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.001):
                await milestones.wait(1)
    assert len(milestones) == 0
