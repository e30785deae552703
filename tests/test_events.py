"""Events as they are stored: fixed names, versions, and old shapes brought forward."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from collab import events
from collab.events import Created, Edited, Payload, Renamed, UnreadableEvent, decode, encode, name_of

PAYLOADS: list[Payload] = [
    Created(epoch="e1", title="Notes"),
    Edited([3, "a😀", -2, {"insert": {"image": "x"}, "attributes": {"alt": "y"}}]),
    Renamed("Other notes"),
]


@pytest.mark.parametrize("payload", PAYLOADS)
def test_a_payload_comes_back_as_it_was(payload: Payload) -> None:
    assert decode(*name_of(payload), encode(payload)) == payload


def test_stored_names_and_shapes_are_fixed() -> None:
    """These bytes are in people's databases: whoever has to change a line here needs an upcaster."""
    assert decode("created", 1, b'{"epoch":"e","kind":"text","title":"T"}') == Created("e", "text", "T")
    assert decode("edited", 1, b'[[5,"x",-1]]') == Edited([5, "x", -1])
    assert decode("renamed", 1, b'{"title":"T"}') == Renamed("T")
    assert encode(Edited([5, "x"])) == b'[[5,"x"]]'


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
