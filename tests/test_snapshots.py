"""Snapshots are caches: whatever is wrong with one is noticed."""

from __future__ import annotations

import pytest

from collab import snapshots
from collab.operation import Text
from collab.snapshots import BadSnapshot, pack, unpack

CONTENTS: list[Text] = ["", "hello 😀", ["a", {"insert": {"image": "x"}, "attributes": {"alt": "y"}}]]


@pytest.mark.parametrize("content", CONTENTS)
def test_content_comes_back_as_it_was(content: Text) -> None:
    assert unpack(pack(content)) == content


def test_every_flipped_bit_is_noticed() -> None:
    packed = pack("hello")
    for place in range(len(packed)):
        for bit in range(8):
            damaged = bytearray(packed)
            damaged[place] ^= 1 << bit
            with pytest.raises(BadSnapshot):
                unpack(bytes(damaged))


@pytest.mark.parametrize("length", [0, 1, 5, 9])
def test_a_torn_snapshot_is_noticed(length: int) -> None:
    with pytest.raises(BadSnapshot):
        unpack(pack("hello")[:length])


def test_another_format_is_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    packed = pack("hello")
    monkeypatch.setattr(snapshots, "FORMAT", 2)
    with pytest.raises(BadSnapshot, match="format 1, not 2"):
        unpack(packed)
