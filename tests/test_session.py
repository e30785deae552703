"""The server's half of the talk with one client, message by message."""

from __future__ import annotations

import pytest

from collab.document import Document
from collab.errors import FellBehind, MalformedMessage
from collab.events import Created, Edited, Event, Payload
from collab.limits import Limits
from collab.messages import Cursor, Edit, Refused, Resend, SetPresence
from collab.operation import Operation
from collab.recent import Recent
from collab.session import Accepted, Session

ME, SMALLER, GREATER = "client-m", "client-a", "client-z"


class Talk:
    """A session on a document that holds ``text`` at version 2, where the client joined."""

    def __init__(self, text: str = "hello", *, accepted: int = 0, limits: Limits | None = None) -> None:
        self.document = Document("d", max_length=100)
        self.recent = Recent(0)
        self.happen(Created("epoch"))
        self.happen(Edited([text] if text else []))
        self.now = 0.0
        self.session = Session(ME, joined=2, accepted=accepted, limits=limits or Limits(), now=0.0)

    def happen(self, payload: Payload, client: str = "server", id_: int = 0) -> None:
        event = Event("d", self.document.version + 1, payload, "ann", client, id_, 0)
        self.document.evolve(event)
        self.recent.append(event)

    def edit(self, id_: int, op: object, *, base: int = 2, refusals: int = 0) -> object:
        outcome = self.session.edit(
            Edit(id_, base, op, refusals),
            document=self.document,
            recent=self.recent,
            seen=self.document.version,
            now=self.now,
        )
        if isinstance(outcome, Accepted):
            self.happen(outcome.payload, ME, outcome.id)
        return outcome

    @property
    def text(self) -> object:
        return self.document.content.value()


def test_an_edit_on_the_newest_version_is_taken_as_it_is() -> None:
    talk = Talk()
    assert talk.edit(1, [5, "!"]) == Accepted(1, Edited([5, "!"]))
    assert talk.text == "hello!"


def test_an_edit_is_stored_in_normal_form() -> None:
    assert Talk().edit(1, [2, 3, "!", "?", 0 + 1][:4]) == Accepted(1, Edited([5, "!?"]))


def test_an_edit_is_carried_over_what_its_author_had_not_seen() -> None:
    talk = Talk()
    talk.happen(Edited(["Oh, "]), GREATER, 1)
    assert talk.edit(1, [5, "!"], base=2) == Accepted(1, Edited([9, "!"]))


@pytest.mark.parametrize(("other", "text"), [(SMALLER, "helloYX"), (GREATER, "helloXY")])
def test_at_one_place_the_smaller_client_id_goes_left(other: str, text: str) -> None:
    talk = Talk()
    talk.happen(Edited([5, "Y"]), other, 1)
    talk.edit(1, [5, "X"])
    assert talk.text == text


def test_pipelined_edits_need_no_answer() -> None:
    talk = Talk()
    talk.edit(1, [5, "a"])
    talk.happen(Edited(["> "]), GREATER, 1)
    talk.edit(2, [6, "b"])
    talk.edit(3, [7, "c"])
    assert talk.text == "> helloabc"


def test_what_the_client_has_seen_is_not_bridged_again() -> None:
    talk = Talk()
    talk.happen(Edited(["> "]), GREATER, 1)
    talk.edit(1, [7, "!"], base=3)
    assert talk.text == "> hello!"


def test_a_resend_is_not_applied_twice() -> None:
    talk = Talk(accepted=4)
    assert talk.edit(4, [5, "!"]) is None
    assert talk.edit(5, [5, "?"]) == Accepted(5, Edited([5, "?"]))
    assert talk.edit(5, [5, "?"]) is None
    assert talk.text == "hello?"


def test_a_bad_edit_is_refused_by_itself() -> None:
    talk = Talk()
    assert talk.edit(1, [99, "x"]) == Refused(
        1, "operation_past_end", "operation spans 99 units, the text has 5"
    )
    assert talk.edit(2, [5, "!"], refusals=1) == Accepted(2, Edited([5, "!"]))


def test_edits_in_flight_behind_a_refused_one_are_sent_again() -> None:
    talk = Talk()
    talk.edit(1, ["\ud83d"])
    assert talk.edit(2, [6, "?"]) == Resend(2)
    assert talk.edit(3, [7, "?"]) == Resend(3)
    assert talk.edit(2, [5, "?"], refusals=1) == Accepted(2, Edited([5, "?"]))


def test_a_refused_edit_leaves_the_bridge_as_it_was() -> None:
    talk = Talk()
    talk.happen(Edited(["> "]), GREATER, 1)
    talk.edit(1, [5, -9])
    talk.edit(1, [5, "!"], refusals=1)
    assert talk.text == "> hello!"


def test_past_the_end_is_judged_by_the_text_that_the_client_sees() -> None:
    talk = Talk()
    talk.happen(Edited([5, " and much more"]), GREATER, 1)
    refused = talk.edit(1, [6, "!"], base=2)
    assert isinstance(refused, Refused)
    assert refused.reason == "operation spans 6 units, the text has 5"


@pytest.mark.parametrize(
    ("op", "code"),
    [
        ("x", "operation_type"),
        ([0], "operation_length"),
        ([10**400], "operation_length"),
        ([{"insert": "x", "attributes": {"size": 10**400}}], "operation_type"),
        (["\ud83d"], "operation_lone_surrogate"),
        ([{"insert": {"a": {"b": {"c": {"d": {"e": 1}}}}}}], "operation_too_deep"),
        (["x"] * 10_001, "operation_too_many_components"),
        (["x" * 40], "operation_too_large"),
        ([6], "operation_past_end"),
        ([5, "x" * 30], "document_too_large"),
    ],
)
def test_each_kind_of_bad_edit_has_its_code(op: object, code: str) -> None:
    talk = (
        Talk("hello" + "." * 71, limits=Limits(operation=35))
        if code == "document_too_large"
        else Talk(limits=Limits(operation=35))
    )
    if code == "operation_past_end":
        op = [6, "x"]
    refused = talk.edit(1, op)
    assert isinstance(refused, Refused)
    assert refused.code == code


def test_splitting_a_pair_is_refused() -> None:
    refused = Talk("😀").edit(1, [1, "x"])
    assert isinstance(refused, Refused)
    assert refused.code == "operation_splits_pair"


def test_who_is_too_fast_is_refused_until_time_has_passed() -> None:
    talk = Talk(limits=Limits(edits_per_second=10, edit_burst=2))
    talk.edit(1, [5, "a"])
    talk.edit(2, [6, "b"])
    refused = talk.edit(3, [7, "c"])
    assert isinstance(refused, Refused)
    assert refused.code == "too_fast"
    talk.now = 0.2
    assert isinstance(talk.edit(3, [7, "c"], refusals=1), Accepted)


@pytest.mark.parametrize("base", [1, 4])
def test_a_base_before_the_welcome_or_beyond_the_newest_version_breaks_the_rules(base: int) -> None:
    with pytest.raises(MalformedMessage):
        Talk().edit(1, [5, "x"], base=base)


def test_a_base_never_goes_down() -> None:
    talk = Talk()
    talk.happen(Edited(["> "]), GREATER, 1)
    talk.edit(1, [7, "!"], base=3)
    with pytest.raises(MalformedMessage):
        talk.edit(2, [8, "!"], base=2)


def test_refusals_that_never_were_break_the_rules() -> None:
    with pytest.raises(MalformedMessage):
        Talk().edit(1, [5, "x"], refusals=1)


def test_a_bridge_that_grows_too_long_ends_the_session() -> None:
    talk = Talk(limits=Limits(bridge=3))
    for number in range(4):
        talk.happen(Edited(["."]), GREATER, number + 1)
    with pytest.raises(FellBehind):
        talk.edit(1, [5, "x"])


def test_a_base_older_than_what_is_at_hand_ends_the_session() -> None:
    talk = Talk()
    talk.recent.capacity = 1
    for number in range(4):
        talk.happen(Edited(["."]), GREATER, number + 1)
    talk.recent.trim(talk.document.version)
    with pytest.raises(FellBehind):
        talk.edit(1, [5, "x"])


@pytest.mark.parametrize(
    ("foreign", "expected"),
    [(["> "], Cursor(5, 7)), ([5, "!"], Cursor(3, 5)), ([-4], Cursor(0, 1))],
)
def test_a_caret_is_carried_like_an_edit_that_changes_nothing(foreign: Operation, expected: Cursor) -> None:
    talk = Talk()
    talk.happen(Edited(foreign), GREATER, 1)
    presence = SetPresence(base=2, after=0, cursor=Cursor(3, 5))
    assert (
        talk.session.cursor(presence, document=talk.document, recent=talk.recent, seen=talk.document.version)
        == expected
    )
