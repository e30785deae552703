"""Events as they are stored: fixed names, versions, and old shapes brought forward."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from collab import events
from collab.describe import what
from collab.events import (
    Created,
    Edited,
    Event,
    Origin,
    Payload,
    Renamed,
    Restored,
    Tagged,
    TagRenamed,
    Undone,
    UnreadableEvent,
    Untagged,
    decode,
    encode,
    name_of,
)
from collab.messages import encode as encode_message
from collab.messages import event_row

PAYLOADS: list[Payload] = [
    Created(epoch="e1", title="Notes"),
    Edited([3, "a😀", -2, {"insert": {"image": "x"}, "attributes": {"alt": "y"}}]),
    Renamed("Other notes"),
    Created("e2", title="Fork", op=["a😀"], origin=Origin("other", "e1", 17)),
    Edited([1, "x"], leans=("c1", "c2")),
    Restored(3, [1, -2, {"retain": 1, "attributes": {"bold": None}}]),
    Undone("ann", 2, 9, [-1, "a😀"]),
    Tagged(3, "Größe 😀"),
    TagRenamed(5, "x"),
    Untagged(5),
]


@pytest.mark.parametrize("payload", PAYLOADS)
def test_a_payload_comes_back_as_it_was(payload: Payload) -> None:
    assert decode(*name_of(payload), encode(payload)) == payload


def test_stored_names_and_shapes_are_fixed() -> None:
    """These bytes are in people's databases: whoever has to change a line here needs an upcaster."""
    assert decode("created", 1, b'{"epoch":"e","kind":"text","title":"T"}') == Created("e", "text", "T")
    origin = b'{"document":"d","epoch":"f","version":3}'
    assert decode(
        "created", 2, b'{"epoch":"e","kind":"text","title":"T","op":["a"],"origin":%b}' % origin
    ) == Created("e", "text", "T", ["a"], Origin("d", "f", 3))
    assert decode("restored", 1, b'{"version":3,"op":[1,-2]}') == Restored(3, [1, -2])
    undone = b'{"author":"ann","after":2,"until":9,"op":["x"]}'
    assert decode("undone", 1, undone) == Undone("ann", 2, 9, ["x"])
    assert decode("tagged", 1, b'{"version":3,"name":"N"}') == Tagged(3, "N")
    assert decode("tag_renamed", 1, b'{"tag":5,"name":"N"}') == TagRenamed(5, "N")
    assert decode("untagged", 1, b'{"tag":5}') == Untagged(5)
    assert decode("edited", 1, b'[[5,"x",-1]]') == Edited([5, "x", -1])
    assert decode("renamed", 1, b'{"title":"T"}') == Renamed("T")
    assert encode(Edited([5, "x"])) == b'[[5,"x"]]'


def test_a_creation_of_version_1_began_empty_and_was_no_fork() -> None:
    stored = b'{"epoch":"e","kind":"text","title":"T"}'
    found = decode("created", 1, stored)
    assert isinstance(found, Created)
    assert (found.op, found.origin) == ([], None)
    assert name_of(found) == ("created", 2)
    assert decode(*name_of(found), encode(found)) == found


@pytest.mark.parametrize(
    "damaged", [b"[]", b"5", b'"x"', b"null", b'{"kind":"text"}', b"{", b"\xff", b"[[1,2]]"]
)
def test_a_damaged_creation_of_version_1_is_refused_and_is_not_of_a_newer_program(damaged: bytes) -> None:
    with pytest.raises(UnreadableEvent) as refused:
        decode("created", 1, damaged)
    assert not refused.value.newer


@pytest.mark.parametrize(("type_", "version"), [("painted", 1), ("created", 3), ("tagged", 2)])
def test_what_a_newer_program_wrote_is_said_to_be_so(type_: str, version: int) -> None:
    with pytest.raises(UnreadableEvent, match=type_) as refused:
        decode(type_, version, b"{}")
    assert refused.value.newer


def event_of(payload: Payload) -> Event:
    return Event("d", 7, payload, "bob", "server", 0, at=5)


def test_only_what_changes_the_text_has_an_operation() -> None:
    changing: list[Payload] = [
        Edited(["x"]),
        Created("e", op=["x"]),
        Restored(1, ["x"]),
        Undone("ann", 0, 1, ["x"]),
    ]
    assert [event_of(payload).op for payload in changing] == [["x"]] * 4
    others: list[Payload] = [Created("e"), Renamed("x"), Restored(1, []), Undone("ann", 0, 1, [])]
    others += [Tagged(1, "x"), TagRenamed(1, "x"), Untagged(1)]
    assert [event_of(payload).op for payload in others] == [None] * 7
    assert event_of(Edited([])).op == []
    assert [event_of(payload).leans for payload in PAYLOADS if not isinstance(payload, Edited)] == [()] * 8


CLIENTS_SEE = [
    (Created("e", title="T"), {"epoch": "e", "kind": "text", "title": "T", "version": 2}),
    (
        Created("e", op=["a"], origin=Origin("d", "f", 3)),
        {"epoch": "e", "kind": "text", "title": "", "version": 2, "op": ["a"]}
        | {"origin": {"document": "d", "epoch": "f", "version": 3}},
    ),
    (Edited([1, "x"], ("c1",)), {"op": [1, "x"], "leans": ["c1"]}),
    (Edited([]), {"op": []}),
    (Renamed("T"), {"title": "T"}),
    (Restored(3, [1, -1]), {"of_version": 3, "op": [1, -1]}),
    (Restored(3, []), {"of_version": 3}),
    (Undone("ann", 2, 9, ["x"]), {"of_author": "ann", "after": 2, "until": 9, "op": ["x"]}),
    (Tagged(3, "N"), {"of_version": 3, "name": "N"}),
    (TagRenamed(5, "N"), {"tag": 5, "name": "N"}),
    (Untagged(5), {"tag": 5}),
]


@pytest.mark.parametrize(("payload", "said"), CLIENTS_SEE)
def test_clients_see_the_envelope_and_what_the_payload_says(payload: Payload, said: dict[str, Any]) -> None:
    row = msgspec.json.decode(encode_message(event_row(event_of(payload))))
    envelope = {"seq": 7, "type": name_of(payload)[0], "client": "server", "id": 0, "author": "bob", "at": 5}
    assert row == envelope | said


def test_people_are_told_what_was_done() -> None:
    told: list[tuple[Payload, str]] = [
        (
            Created("e", title="T", op=["ab"], origin=Origin("d", "f", 3)),
            "created the document “T” as a fork of “d” at version 3: ",
        ),
        (Restored(3, ["ab"]), "restored version 3: "),
        (Undone("ann", 2, 9, ["ab"]), "undid ann's edits 3 to 9: "),
    ]
    for payload, start in told:
        assert what(event_of(payload)) == start + what(event_of(Edited(["ab"])))
    assert what(event_of(Tagged(3, "N"))) == "named version 3 “N”"
    assert what(event_of(TagRenamed(5, "N"))) == "renamed the named version 5 to “N”"
    assert what(event_of(Untagged(5))) == "took the name from the named version 5"


def test_unknown_types_and_newer_versions_are_refused() -> None:
    with pytest.raises(UnreadableEvent, match="not known"):
        decode("painted", 1, b"{}")
    with pytest.raises(UnreadableEvent, match="newer"):
        decode("edited", 99, b"[[]]")


@pytest.mark.parametrize("damaged", [b"", b"[", b"{}", b'[["x"', b"\xff", b'[{"op":1}]'])
def test_damaged_payloads_are_refused(damaged: bytes) -> None:
    with pytest.raises(UnreadableEvent):
        decode("edited", 1, damaged)


class RenamedThirdVersion(msgspec.Struct, frozen=True):
    title: str
    language: str


@pytest.fixture
def third_version(monkeypatch: pytest.MonkeyPatch) -> None:
    """`renamed` as it might look after two changes of shape."""
    monkeypatch.setitem(events.CURRENT, "renamed", (3, RenamedThirdVersion))


def capitalise_key(value: Any) -> Any:
    return {"name": value["title"]}


def add_language(value: Any) -> Any:
    return {"title": value["name"], "language": "en"}


@pytest.mark.usefixtures("third_version")
def test_old_versions_are_brought_forward_step_by_step() -> None:
    upcasters = {("renamed", 1): capitalise_key, ("renamed", 2): add_language}
    found: object = decode("renamed", 1, b'{"title":"T"}', upcasters=upcasters)
    assert found == RenamedThirdVersion("T", "en")
    again: object = decode("renamed", 2, b'{"name":"T"}', upcasters=upcasters)
    assert again == found


@pytest.mark.usefixtures("third_version")
def test_a_missing_upcaster_is_named() -> None:
    with pytest.raises(UnreadableEvent, match="no upcaster from 'renamed' version 1"):
        decode("renamed", 1, b'{"title":"T"}', upcasters={})
