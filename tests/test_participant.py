"""What a client makes of its server's messages, without a server."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from typing import Any

import msgspec
import pytest

from collab.compression import ENCODING, compress
from collab.limits import Limits, advertise
from collab.messages import (
    Checksum,
    Edit,
    EventRow,
    Events,
    PresenceUpdate,
    ServerMessage,
    SnapshotChunk,
    SnapshotMark,
    Welcome,
    You,
    decode_server,
)
from collab.participant import Loaded, Mistrust, News, Participant, Taken

PACKED = compress("hello")
PLAIN = SnapshotMark(3, 5)
DEFLATED = SnapshotMark(3, 5, ENCODING, len(PACKED.data), PACKED.inflated)


def participant() -> Participant:
    return Participant("client-of-test", "k" * 22)


def welcome(snapshot: SnapshotMark | None, *, seq: int = 3, epoch: str = "e1", accepted: int = 0) -> Welcome:
    you = You("client-of-test", "ana")
    return Welcome(seq, epoch, snapshot, accepted, you, "editor", "", advertise(Limits()))


def event(seq: int, op: list[Any], *, client: str = "somebody-else", id_: int = 1) -> EventRow:
    return EventRow(seq, "edited", client, id_, "bo", 0, op)


def told(talk: Participant, *messages: Welcome | ServerMessage | bytes) -> list[News]:
    """The news that a new connection brings."""
    talk.hello()
    news = []
    for message in messages:
        news += talk.welcomed(message, 0) if isinstance(message, Welcome) else talk.receive(message)
    return news


def test_compressed_content_is_asked_for_and_taken() -> None:
    talk = participant()
    assert talk.hello().accept_encoding == ("deflate",)
    pong = decode_server('{"type":"pong"}')
    news = told(talk, welcome(DEFLATED), PACKED.data[:4], pong, PACKED.data[4:])
    assert news == [Loaded([])]
    assert talk.caught_up
    assert talk.replica.shown.value() == "hello"


def test_events_after_older_content_are_part_of_catching_up() -> None:
    talk = participant()
    news = told(talk, welcome(DEFLATED, seq=5), PACKED.data)
    assert (news, talk.caught_up) == ([Loaded([])], False)
    talk.receive(Events([event(4, [5, "!"]), event(5, [6, "?"])]))
    shown = talk.replica.shown.value()
    assert (talk.replica.version, shown, talk.caught_up) == (5, "hello!?", True)


def test_own_events_after_older_content_are_nobodys_wrong_prediction() -> None:
    """A client that is loaded again has dropped its edits, and may find the accepted ones in the stream."""
    talk = participant()
    told(talk, welcome(PLAIN), SnapshotChunk(["hello"], last=True))
    talk.replica.edit(["mine "])
    assert isinstance(talk.receive(Checksum(3, 0))[-1], Mistrust)
    assert told(talk, welcome(DEFLATED, seq=4, accepted=1), PACKED.data) == [Loaded([])]
    talk.replica.edit([5, "!"])
    [taken] = talk.receive(Events([event(4, ["mine "], client="client-of-test", id_=1)]))
    assert isinstance(taken, Taken)
    assert not taken.diverged
    assert talk.replica.shown.value() == "mine hello!"
    assert [edit.op for edit in talk.replica.pending] == [[10, "!"]]


def damaged(data: bytes) -> bytes:
    return data[:-1] + bytes([data[-1] ^ 1])


BOMB = zlib.compress(b'["' + b"a" * 1_000_000 + b'"]')

BROKEN: dict[str, Sequence[Welcome | ServerMessage | bytes]] = {
    "damaged": [welcome(DEFLATED), damaged(PACKED.data)],
    "too long": [welcome(DEFLATED), PACKED.data + b"x"],
    "too early an end": [welcome(DEFLATED), PACKED.data[:-1], Events([event(4, ["x"])])],
    "no content at all": [welcome(DEFLATED), PresenceUpdate(3, [], all=True)],
    "pieces in the wrong order": [welcome(DEFLATED), PACKED.data[4:], PACKED.data[:4]],
    "plain content instead": [welcome(DEFLATED), SnapshotChunk(["hello"], last=True)],
    "binary instead": [welcome(PLAIN), PACKED.data],
    "never announced": [welcome(DEFLATED), PACKED.data, PACKED.data],
    "plain, never announced": [welcome(PLAIN), SnapshotChunk(["hello"], last=True), SnapshotChunk(["hello"])],
    "plain, and too early an end": [welcome(PLAIN), SnapshotChunk(["hello"]), Events([event(4, ["x"])])],
    "another length": [welcome(msgspec.structs.replace(DEFLATED, length=6)), PACKED.data],
    "a bomb": [welcome(SnapshotMark(3, 5, ENCODING, len(BOMB), 9)), BOMB],
    "too large": [welcome(SnapshotMark(3, 5, ENCODING, 10, 1 << 40))],
    "nothing": [welcome(SnapshotMark(3, 5, ENCODING, 0, 0))],
    "an unknown encoding": [welcome(SnapshotMark(3, 5, "brotli", 10, 10))],
}


@pytest.mark.parametrize("messages", BROKEN.values(), ids=BROKEN)
def test_content_that_is_not_what_was_announced_is_asked_for_again_uncompressed(
    messages: Sequence[Welcome | ServerMessage | bytes],
) -> None:
    talk = participant()
    news = told(talk, *messages)
    assert isinstance(news[-1], Mistrust)
    assert news[-1].reason.startswith("bad_content: ")
    again = talk.hello()
    assert (again.since, again.epoch, again.accept_encoding) == (None, None, ())
    assert told(talk, welcome(PLAIN), SnapshotChunk(["hello"], last=True)) == [Loaded([])]
    assert talk.caught_up


def test_a_connection_that_breaks_within_the_content_leaves_nothing_to_go_on_with() -> None:
    talk = participant()
    told(talk, welcome(PLAIN), SnapshotChunk(["hello"], last=True))
    assert (talk.hello().since, talk.hello().epoch) == (3, "e1")
    told(talk, welcome(DEFLATED, epoch="e2"), PACKED.data[:4])
    assert (talk.hello().since, talk.hello().epoch) == (None, None)
    told(talk, welcome(DEFLATED, epoch="e2"), PACKED.data)
    assert (talk.hello().since, talk.hello().epoch) == (3, "e2")


def back_with_edits(*ops: list[Any]) -> Participant:
    """A client that was up to date at version 3, made edits without a connection, and has said hello again."""
    talk = participant()
    told(talk, welcome(PLAIN), SnapshotChunk(["hello"], last=True))
    for op in ops:
        talk.replica.edit(op)
    talk.hello()
    return talk


def test_with_edits_pending_all_that_was_missed_is_taken_in_at_once() -> None:
    talk = back_with_edits([5, "!"])
    rows = [event(4, ["a"]), event(5, ["b"], id_=2), event(6, ["c"], id_=3)]
    assert talk.welcomed(welcome(None, seq=6), 0) == []
    assert talk.receive(Events(rows[:2])) == []
    assert (talk.caught_up, talk.outgoing(0), talk.replica.version) == (False, None, 3)
    assert talk.receive(Events(rows[2:])) == [Taken(rows, ["cba"], diverged=False)]
    assert talk.caught_up
    assert isinstance(talk.outgoing(0), Edit)


def test_what_is_held_is_forgotten_with_the_connection() -> None:
    talk = back_with_edits([5, "!"])
    talk.welcomed(welcome(None, seq=6), 0)
    talk.receive(Events([event(4, ["a"])]))
    assert talk.hello().since == 3
    talk.welcomed(welcome(None, seq=4), 0)
    assert talk.receive(Events([event(4, ["a"])])) == [Taken([event(4, ["a"])], ["a"], diverged=False)]


@pytest.mark.parametrize("bound", ["MOST_HELD", "MOST_HELD_UNITS"])
def test_no_more_is_held_than_so_much(bound: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(f"collab.participant.{bound}", 2)
    talk = back_with_edits([5, "!"])
    talk.welcomed(welcome(None, seq=9), 0)
    assert talk.receive(Events([event(4, ["a"])])) == []
    rows = [event(4, ["a"]), event(5, ["b"], id_=2)]
    assert talk.receive(Events(rows[1:])) == [Taken(rows, ["ba"], diverged=False)]
    assert not talk.caught_up


def test_a_gap_in_what_comes_at_once_is_found_and_what_is_before_it_taken_in() -> None:
    talk = back_with_edits()
    talk.welcomed(welcome(None, seq=9), 0)
    taken, mistrust = talk.receive(Events([event(4, ["a"]), event(6, ["b"], id_=2)]))
    assert taken == Taken([event(4, ["a"])], ["a"], diverged=False)
    assert mistrust == Mistrust("event 6 came after version 4")
