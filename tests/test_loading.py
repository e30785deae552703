"""Content on its way to a client: it is what was announced, or it isn't taken."""

from __future__ import annotations

import pytest

from collab.compression import ENCODING, BadContent, Compressed, compress
from collab.loading import Loading
from collab.messages import SnapshotChunk, SnapshotMark
from collab.operation import Text, text_length

BOLD = {"insert": "bold", "attributes": {"bold": True}}


def announced(content: Text, packed: Compressed) -> SnapshotMark:
    return SnapshotMark(7, text_length(content), ENCODING, len(packed.data), packed.inflated)


@pytest.mark.parametrize("content", ["", "a😀b", "to retain or to insert", ["x", BOLD]])
def test_content_comes_the_same_in_either_form(content: Text) -> None:
    packed = compress(content)
    compressed = Loading(announced(content, packed))
    assert compressed.version == 7
    assert compressed.take(packed.data[:3]) is None
    assert compressed.take(packed.data[3:]) == content
    plain = Loading(SnapshotMark(7, text_length(content)))
    components = ([content] if content else []) if isinstance(content, str) else content
    for component in components:
        assert plain.take(SnapshotChunk([component])) is None
    assert plain.take(SnapshotChunk([], last=True)) == content


def test_neighbours_are_joined() -> None:
    loading = Loading(SnapshotMark(1, 4))
    loading.take(SnapshotChunk(["ab"]))
    assert loading.take(SnapshotChunk(["cd"], last=True)) == "abcd"


@pytest.mark.parametrize("content", [[3], ["abc", -3], [{"retain": 3}], ["ab"], ["abcd"]])
def test_what_does_not_insert_the_announced_length_is_an_error(content: list[object]) -> None:
    with pytest.raises(BadContent):
        Loading(SnapshotMark(1, 3)).take(SnapshotChunk(content, last=True))  # type: ignore[arg-type]


def test_a_form_that_was_not_announced_is_an_error() -> None:
    packed = compress("abc")
    with pytest.raises(BadContent, match="binary"):
        Loading(SnapshotMark(1, 3)).take(packed.data)
    with pytest.raises(BadContent, match="plain"):
        Loading(announced("abc", packed)).take(SnapshotChunk(["abc"], last=True))
    with pytest.raises(BadContent, match="brotli"):
        Loading(SnapshotMark(1, 3, "brotli", 10, 10))
