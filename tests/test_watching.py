"""Followers are told that there is more, once, and leave nothing behind."""

from __future__ import annotations

from collab.watching import Watching
from tests.helpers import within


async def test_a_watch_hears_of_its_own_document_and_the_whole_log_of_every_one() -> None:
    watching = Watching()
    with watching.watch("one") as one, watching.watch("two") as two, watching.watch(None) as everything:
        watching.grew("one")
        assert await one.stirred(seconds=5)
        assert await everything.stirred(seconds=5)
        assert not await two.stirred(seconds=0)


async def test_what_is_told_while_one_reads_is_heard_afterwards_and_only_once() -> None:
    watching = Watching()
    with watching.watch("doc") as watch:
        watch.looking()
        for _ in range(1_000):
            watching.grew("doc")
        assert await watch.stirred(seconds=5)
        watch.looking()
        assert not await watch.stirred(seconds=0)


async def test_the_end_is_told_to_all_also_to_those_who_come_later() -> None:
    watching = Watching()
    with watching.watch("doc") as early:
        watching.close()
        with watching.watch(None) as late:
            for watch in (early, late):
                assert watch.closed
                await within(watch.stirred(seconds=60))


async def test_nobody_who_went_is_remembered() -> None:
    watching = Watching()
    with watching.watch("doc"):
        with watching.watch("doc"), watching.watch(None):
            assert len(watching) == 3
        assert len(watching) == 1
    assert not watching._watches
