"""Compressed content: what comes out is what went in, or an error, and never more than was announced."""

from __future__ import annotations

import tracemalloc
import zlib

import pytest

from collab.compression import MOST_INFLATED, PIECE, BadContent, Compressed, Inflater, compress
from collab.operation import Operation, Text

TEXT = "".join(f"{number} bottles\n" for number in range(500))


def inflated(packed: Compressed, *, piece: int = 1 << 20) -> Operation | None:
    """What ``packed`` holds, fed in pieces of ``piece`` bytes."""
    inflater = Inflater(len(packed.data), packed.inflated)
    content = None
    for start in range(0, len(packed.data), piece):
        assert content is None
        content = inflater.feed(packed.data[start : start + piece])
    return content


@pytest.mark.parametrize(
    ("content", "components"),
    [
        ("", []),
        ("hello", ["hello"]),
        ('\x00"\\\n😀\uffff', ['\x00"\\\n😀\uffff']),
        ([], []),
        (["a", {"insert": {"image": "x"}}, {"insert": "b", "attributes": {"bold": True}}],) * 2,
        ("é" * (2 * PIECE + 1), ["é" * (2 * PIECE + 1)]),
        ("x" + "😀" * PIECE, ["x" + "😀" * PIECE]),
        (["x" * (PIECE + 1), {"insert": {"n": 1}}],) * 2,
    ],
)
def test_what_comes_out_is_what_went_in(content: Text, components: Operation) -> None:
    packed = compress(content)
    assert inflated(packed) == components
    assert inflated(packed, piece=1000) == components


def test_pieces_of_any_size_will_do() -> None:
    packed = compress(TEXT)
    assert len(packed.data) < len(TEXT) / 3
    assert inflated(packed, piece=1) == [TEXT]


def test_any_reader_of_the_format_and_of_json_understands_it() -> None:
    packed = compress('say "hi"')
    assert zlib.decompress(packed.data) == rb'["say \"hi\""]'
    assert packed.inflated == len(rb'["say \"hi\""]')


@pytest.mark.parametrize("bit", range(8))
def test_no_damaged_bit_goes_unnoticed(bit: int) -> None:
    packed = compress("hello hello hello world")
    for place in range(len(packed.data)):
        data = bytearray(packed.data)
        data[place] ^= 1 << bit
        try:
            content = inflated(Compressed(bytes(data), packed.inflated))
        except BadContent:
            continue
        # A bit that fills up the last byte before the checksum means nothing.
        assert (place, content) == (len(data) - 5, ["hello hello hello world"])


def test_content_that_ends_too_early_is_an_error() -> None:
    packed = compress(TEXT)
    for size in (1, 100, len(packed.data) - 1):
        inflater = Inflater(size, packed.inflated)
        with pytest.raises(BadContent, match="doesn't end where it should"):
            inflater.feed(packed.data[:size])


def test_content_that_goes_on_after_its_end_is_an_error() -> None:
    packed = compress(TEXT)
    with pytest.raises(BadContent, match="announced"):
        Inflater(len(packed.data), packed.inflated).feed(packed.data + b"x")
    with pytest.raises(BadContent, match="doesn't end where it should"):
        Inflater(len(packed.data) + 1, packed.inflated).feed(packed.data + b"x")


@pytest.mark.parametrize("off", [-1, 1])
def test_content_of_another_size_than_announced_is_an_error(off: int) -> None:
    packed = compress(TEXT)
    with pytest.raises(BadContent):
        inflated(Compressed(packed.data, packed.inflated + off))


def test_a_bomb_takes_no_more_memory_than_was_announced() -> None:
    bomb = zlib.compress(b"[" + b" " * 100_000_000 + b"]")
    tracemalloc.start()
    try:
        with pytest.raises(BadContent, match="more than the 1000 bytes"):
            Inflater(len(bomb), 1000).feed(bomb)
        assert tracemalloc.get_traced_memory()[1] < 1_000_000
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    ("size", "inflates_to"), [(0, 10), (-1, 10), (10, 0), (10, -1), (10, MOST_INFLATED + 1)]
)
def test_nothing_and_too_much_are_not_waited_for(size: int, inflates_to: int) -> None:
    with pytest.raises(BadContent):
        Inflater(size, inflates_to)


@pytest.mark.parametrize("json", [b"nonsense", b'{"a":1}', b"[1]", b"[null]", b'["\xff"]', b'["a"', b""])
def test_what_is_no_list_of_inserts_is_an_error(json: bytes) -> None:
    data = zlib.compress(json)
    with pytest.raises(BadContent):
        Inflater(len(data), max(1, len(json))).feed(data)
