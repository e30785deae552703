"""What a store keeps of webhooks: run against every store, like `tests.store_acceptance`."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from collab.errors import NothingParked, TooManyWebhooks, UnknownWebhook
from collab.store import EventStore
from collab.store.webhooks import MOST_WEBHOOKS, Line, Progress, Waiting, Webhook
from tests.store_helpers import T0


def hook(url: str = "https://example.com/hook", position: int = 0) -> Webhook:
    return Webhook(url=url, secret="whsec_" + "A" * 32, position=position, created_at=T0)


def held(document: str, seq: int, *, parked: bool = False, attempts: int = 3) -> Line:
    return Line(document, seq, attempts, parked, "answered_500: no", T0)


def progress(position: int, *lines: Line, caught_up: tuple[tuple[str, int], ...] = ()) -> Progress:
    return Progress(position, 0, "", 0, lines, caught_up)


class WebhookAcceptance:
    async def test_a_webhook_comes_back_as_it_was_added(self, store: EventStore) -> None:
        assert await store.webhooks() == []
        wanted = replace(hook(position=7), documents=("a", "ö"), types=("created",), refusals=3)
        first, second = await store.add_webhook(wanted), await store.add_webhook(hook())
        assert await store.webhooks() == [first, second]
        assert first == replace(wanted, number=first.number)
        assert first.number != second.number

    async def test_the_number_of_a_removed_webhook_is_not_given_again(self, store: EventStore) -> None:
        first = await store.add_webhook(hook())
        await store.note_progress(first.number, progress(1, held("doc", 1)))
        await store.remove_webhook(first.number)
        second = await store.add_webhook(hook())
        assert second.number > first.number
        assert await store.lines(second.number) == await store.lines(first.number) == []

    async def test_there_are_no_more_than_so_many_webhooks(self, store: EventStore) -> None:
        for _ in range(MOST_WEBHOOKS):
            await store.add_webhook(hook())
        with pytest.raises(TooManyWebhooks):
            await store.add_webhook(hook())
        assert len(await store.webhooks()) == MOST_WEBHOOKS

    async def test_what_does_not_exist_cannot_be_changed(self, store: EventStore) -> None:
        for attempt in (
            store.remove_webhook(9),
            store.pause_webhook(9, paused=True),
            store.retry_webhook(9),
            store.skip_event(9, "doc"),
        ):
            with pytest.raises(UnknownWebhook):
                await attempt
        await store.note_progress(9, progress(3, held("doc", 1)))
        assert await store.webhooks() == []
        assert await store.lines(9) == []

    async def test_every_change_by_hand_makes_a_new_revision_and_progress_none(
        self, store: EventStore
    ) -> None:
        number = (await store.add_webhook(hook())).number
        await store.note_progress(number, progress(5, held("doc", 2, parked=True)))
        seen = [0]
        for change in (
            store.pause_webhook(number, paused=True),
            store.pause_webhook(number, paused=False),
            store.skip_event(number, "doc"),
            store.retry_webhook(number),
        ):
            await change
            (found,) = await store.webhooks()
            seen.append(found.revision)
        assert seen == [0, 1, 2, 3, 4]
        assert found.position == 5

    async def test_progress_is_noted_as_one_thing_and_never_goes_back(self, store: EventStore) -> None:
        number = (await store.add_webhook(hook())).number
        await store.note_progress(number, Progress(5, 2, "no_answer: x", T0, [held("b", 2), held("a", 4)]))
        (found,) = await store.webhooks()
        assert (found.position, found.attempts, found.error, found.error_at) == (5, 2, "no_answer: x", T0)
        assert await store.lines(number) == [held("a", 4), held("b", 2)]
        await store.note_progress(number, progress(3, held("a", 3), caught_up=(("b", 0),)))
        (found,) = await store.webhooks()
        assert (found.position, found.attempts, found.error) == (5, 0, "")
        assert await store.lines(number) == [held("a", 4), held("b", 2)]
        await store.note_progress(number, progress(8, held("a", 6), caught_up=(("b", 2),)))
        assert await store.lines(number) == [held("a", 6)]

    async def test_lines_are_told_in_pages(self, store: EventStore) -> None:
        number = (await store.add_webhook(hook())).number
        lines = [held(f"doc{i:03}", 1, parked=i % 2 == 0) for i in range(250)]
        await store.note_progress(number, progress(250, *lines))
        assert await store.lines(number) == lines[:100]
        assert await store.lines(number, after="doc099") == lines[100:200]
        assert await store.lines(number, after="doc247", limit=9) == lines[248:]
        assert await store.waiting(number) == Waiting(125, 125, tuple(lines[:200:2]))
        assert await store.waiting(99) == Waiting()

    async def test_only_a_parked_event_is_skipped(self, store: EventStore) -> None:
        number = (await store.add_webhook(hook())).number
        await store.note_progress(number, progress(9, held("on", 2), held("parked", 4, parked=True)))
        for document in ("on", "none"):
            with pytest.raises(NothingParked):
                await store.skip_event(number, document)
        assert (await store.webhooks())[0].revision == 0
        assert await store.skip_event(number, "parked") == 4
        assert (await store.lines(number))[1] == Line("parked", 5, 0, False, "", T0)

    async def test_who_notes_an_older_state_does_not_undo_a_skip(self, store: EventStore) -> None:
        number = (await store.add_webhook(hook())).number
        await store.note_progress(number, progress(9, held("doc", 4, parked=True)))
        await store.skip_event(number, "doc")
        await store.note_progress(number, progress(9, held("doc", 4, parked=True), caught_up=(("doc", 3),)))
        (line,) = await store.lines(number)
        assert (line.seq, line.parked) == (5, False)

    async def test_what_is_parked_is_tried_again_one_by_one_or_all(self, store: EventStore) -> None:
        number = (await store.add_webhook(hook())).number
        await store.note_progress(number, Progress(9, 5, "no", T0, [held(d, 1, parked=True) for d in "abc"]))
        assert await store.retry_webhook(number, "b") == 1
        assert [line.parked for line in await store.lines(number)] == [True, False, True]
        assert await store.retry_webhook(number, "none") == 0
        assert await store.retry_webhook(number) == 3
        assert [(line.parked, line.attempts) for line in await store.lines(number)] == [(False, 0)] * 3
        assert (await store.webhooks())[0].attempts == 0

    async def test_only_one_has_a_claim_until_it_is_released(self, store: EventStore) -> None:
        first = await store.claim("webhooks")
        assert first is not None
        assert await store.claim("webhooks") is None
        other = await store.claim("other")
        assert other is not None
        await first.release()
        await first.release()
        second = await store.claim("webhooks")
        assert second is not None
        await second.release()
        await other.release()
