"""The client's half: what is shown, what is confirmed, and what is still on its way."""

from __future__ import annotations

import pytest

from collab.errors import PastEnd
from collab.messages import EventRow
from collab.operation import Operation
from collab.replica import Change, Replica, Step

ME, OTHER = "client-m", "client-z"


def replica_with(text: str) -> Replica:
    replica = Replica(ME)
    replica.load(10, text)
    return replica


def event(replica: Replica, op: Operation, *, client: str = OTHER, id_: int = 1) -> EventRow:
    return EventRow(replica.version + 1, "edited", client, id_, "ann", 0, op)


def sent(replica: Replica) -> list[tuple[int, Operation]]:
    edits = list(replica.unsent())
    for edit in edits:
        replica.mark_sent(edit)
    return [(edit.id, edit.op) for edit in edits]


def test_own_edits_are_shown_at_once_and_confirmed_later() -> None:
    replica = replica_with("hello")
    replica.edit([5, "!"])
    assert (replica.shown.value(), replica.confirmed.value()) == ("hello!", "hello")
    assert replica.integrate(event(replica, [5, "!"], client=ME)) is None
    assert (replica.confirmed.value(), replica.pending, replica.version) == ("hello!", [], 11)


def test_foreign_events_pass_through_pending_edits() -> None:
    replica = replica_with("hello")
    replica.edit(["> "])
    assert replica.integrate(event(replica, [5, "!"])) == Change([7, "!"])
    assert (replica.shown.value(), replica.confirmed.value()) == ("> hello!", "hello!")


def test_runs_of_typing_are_joined_until_they_are_sent() -> None:
    replica = replica_with("")
    for place, letter in enumerate("abc"):
        replica.edit([place, letter] if place else [letter])
    assert sent(replica) == [(1, ["abc"])]
    replica.edit([3, "d"])
    replica.edit([3, -1])
    replica.edit([3, "e"])
    assert sent(replica) == [(3, [3, "e"])]


def test_without_coalescing_every_edit_stays_its_own() -> None:
    replica = Replica(ME, coalesce=False)
    replica.edit(["a"])
    replica.edit([1, "b"])
    assert sent(replica) == [(1, ["a"]), (2, [1, "b"])]


def test_edits_that_do_not_fit_what_is_shown_change_nothing() -> None:
    replica = replica_with("abc")
    with pytest.raises(PastEnd):
        replica.edit([4, "x"])
    assert (replica.shown.value(), replica.pending) == ("abc", [])


def test_a_refused_edit_is_taken_out_and_the_later_ones_are_carried_over() -> None:
    replica = replica_with("hello")
    replica.edit([5, " world"])
    sent(replica)
    replica.edit([8, "XX"])
    replica.edit(["> "])
    sent(replica)
    refused = replica.refuse(1)
    assert refused is not None
    assert refused.op == [5, " world"]
    assert replica.shown.value() == "> helloXX"
    assert replica.refusals == 1
    assert sent(replica) == [(2, [5, "XX"]), (3, ["> "])]


def test_a_refusal_of_nothing_pending_only_counts() -> None:
    replica = replica_with("hello")
    assert replica.refuse(7) is None
    assert replica.refusals == 1


def test_after_a_new_connection_everything_pending_is_sent_again_under_its_old_id() -> None:
    replica = replica_with("")
    replica.edit(["a"])
    assert sent(replica) == [(1, ["a"])]
    replica.refusals = 3
    replica.resume(0)
    assert replica.refusals == 0
    assert sent(replica) == [(1, ["a"])]


def test_a_wrong_prediction_is_repaired_from_the_log() -> None:
    replica = replica_with("hello")
    replica.edit([5, "!"])
    sent(replica)
    replica.edit([6, "?"])
    change = replica.integrate(event(replica, ["!"], client=ME))
    assert change is not None
    assert change.diverged
    assert replica.confirmed.value() == "!hello"
    assert sorted(str(replica.shown.value())) == sorted("!hello?")
    assert replica.integrate(event(replica, replica.pending[0].op, client=ME, id_=2)) is None
    assert replica.shown.value() == replica.confirmed.value()


def test_events_must_come_in_order() -> None:
    replica = replica_with("hello")
    with pytest.raises(ValueError, match="event 12 after version 10"):
        replica.integrate(EventRow(12, "edited", OTHER, 1, "ann", 0, ["x"]))


def test_events_without_an_operation_only_count() -> None:
    replica = replica_with("hello")
    assert replica.integrate(EventRow(11, "renamed", "server", 0, "ann", 0, title="T")) is None
    assert (replica.version, replica.shown.value()) == (11, "hello")


def test_loading_anew_gives_back_what_was_pending() -> None:
    replica = replica_with("hello")
    replica.edit([5, "!"])
    dropped = replica.load(3, "other")
    assert [edit.op for edit in dropped] == [[5, "!"]]
    assert (replica.shown.value(), replica.version, replica.pending) == ("other", 3, [])


def foreign(replica: Replica, *ops: Operation, client: str = OTHER) -> list[EventRow]:
    return [
        EventRow(replica.version + number, "edited", client, number, "ann", 0, op)
        for number, op in enumerate(ops, start=1)
    ]


def test_events_of_others_that_come_at_once_are_one_change() -> None:
    replica = replica_with("hello")
    replica.edit(["> "])
    events = foreign(replica, [5, "!"], [6, "?"], [5, -1])
    assert replica.integrate_all(events) == [Step(events, Change([7, "?"]))]
    assert (replica.shown.value(), replica.confirmed.value(), replica.version) == ("> hello?", "hello?", 13)


def test_own_events_among_those_of_others_are_taken_off_and_only_what_is_left_is_carried_on() -> None:
    replica = replica_with("text")
    replica.edit([4, "1"])
    sent(replica)
    replica.edit([5, "2"])
    replica.resume(1)
    before, after = foreign(replica, ["< "])[0], EventRow(13, "edited", OTHER, 2, "ann", 0, [7, " >"])
    own = EventRow(12, "edited", ME, 1, "me", 0, [6, "1"])
    assert replica.integrate_all([before, own, after]) == [
        Step([before, own, after], Change(["< ", 6, " >"]))
    ]
    assert replica.shown.value() == "< text12 >"
    assert sent(replica) == [(2, [7, "2"])]


def test_an_own_event_that_was_stored_differently_parts_what_comes_at_once() -> None:
    replica = replica_with("hello")
    replica.edit([5, "!"])
    sent(replica)
    replica.edit([6, "?"])
    first, last = foreign(replica, ["a"])[0], EventRow(13, "edited", OTHER, 2, "ann", 0, ["z"])
    own = EventRow(12, "edited", ME, 1, "me", 0, ["!"])
    steps = replica.integrate_all([first, own, last])
    assert [step.events for step in steps] == [[first], [own], [last]]
    assert [step.change is not None and step.change.diverged for step in steps] == [False, True, False]
    assert replica.confirmed.value() == "z!ahello"
    assert sorted(str(replica.shown.value())) == sorted("z!ahello?")


def test_with_a_gap_in_them_nothing_is_taken_in() -> None:
    replica = replica_with("hello")
    first, _, third = foreign(replica, ["a"], ["b"], ["c"])
    with pytest.raises(ValueError, match="event 13 after version 11"):
        replica.integrate_all([first, third])
    assert (replica.version, replica.shown.value()) == (10, "hello")


def test_what_was_not_sent_leans_as_well() -> None:
    for client in ("client-a", "client-z"):
        for at_once in (False, True):
            replica = replica_with("In 1990.")
            replica.edit([8, " Yes"])
            events = foreign(replica, [7, -1], [7, "!"], client=client)
            if at_once:
                replica.integrate_all(events)
            else:
                for event in events:
                    replica.integrate(event)
            assert replica.shown.value() == "In 1990! Yes", (client, at_once)
            assert sent(replica) == [(1, [8, " Yes"])]
            assert replica.pending[0].leaning == set(), "the server knows nothing of it"
