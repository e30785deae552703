"""Columns of whole numbers, small on disk and quick to enter in the middle.

The numbers are cut into planes: their low eight bits, the next four, and then byte after byte; each plane is
compressed by itself. Times between keystrokes show why: of some 150,000 µs the low twelve bits are pure chance
and cost what they cost, while what is above them is much alike and shrinks. A sum over the first numbers is a
sum over each plane, so that a running total can be picked up anywhere without adding up one by one.

    [300, 5, 70_000]   →   planes 44 5 112 | 1 0 1 | 0 0 17
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from itertools import accumulate
from struct import Struct

_LOW = 12
"""Bits in the first two planes together."""

_MOST = 2**64


def deflate(raw: bytes) -> bytes:
    """``raw`` compressed, without zlib's own header and checksum: what holds it has one."""
    # In numbers the repetitions that zlib finds are mostly chance, and cost more than they save: 15 % of the
    # four bits in the middle of a time.
    return min((_deflate(raw, strategy) for strategy in (zlib.Z_DEFAULT_STRATEGY, zlib.Z_FILTERED)), key=len)


def _deflate(raw: bytes, strategy: int) -> bytes:
    compressor = zlib.compressobj(9, zlib.DEFLATED, -15, 9, strategy)
    return compressor.compress(raw) + compressor.flush()


def inflate(packed: bytes) -> bytes:
    """What `deflate` was given. Raises zlib.error for anything else."""
    return zlib.decompress(packed, -15)


def zigzag(number: int) -> int:
    """A number of either sign as one that isn't negative, small where it was near zero.

    >>> [zigzag(n) for n in (0, -1, 1, -2)]
    [0, 1, 2, 3]
    """
    return 2 * number if number >= 0 else -2 * number - 1


def unzigzag(number: int) -> int:
    return -(number + 1 >> 1) if number & 1 else number >> 1


def pack(numbers: Sequence[int]) -> list[bytes]:
    """The planes of ``numbers``, which are 0 to 2**64 - 1; none if all are 0.

    Raises:
        OverflowError: one is out of range.
    """
    most = max(numbers, default=0)
    if most >= _MOST or min(numbers, default=0) < 0:
        raise OverflowError("a column holds numbers from 0 to 2**64 - 1")
    if not most:
        return []
    low = Struct(f"<{len(numbers)}H").pack(*[number & 0xFFF for number in numbers])
    planes = [low[0::2], low[1::2]]
    if most >> _LOW:
        high = Struct(f"<{len(numbers)}Q").pack(*[number >> _LOW for number in numbers])
        planes += [high[i::8] for i in range(((most >> _LOW).bit_length() + 7) // 8)]
    return [deflate(plane) for plane in planes]


class Column:
    """``count`` numbers from the planes that `pack` made.

    >>> column = Column(pack([300, 5, 70_000]), 3)
    >>> column.numbers(1, 3), column.total(2)
    ([5, 70000], 305)
    """

    __slots__ = ("_planes", "count")

    def __init__(self, planes: Sequence[bytes], count: int) -> None:
        self.count = count
        self._planes = [inflate(plane) for plane in planes]
        if len(self._planes) == 1 or len(self._planes) > 10 or any(len(p) != count for p in self._planes):
            raise ValueError("the planes of a column don't match")

    def numbers(self, start: int = 0, stop: int | None = None) -> list[int]:
        """The numbers with ``start`` ≤ index < ``stop``."""
        stop = self.count if stop is None else stop
        if not self._planes:
            return [0] * (stop - start)
        low = bytearray(2 * (stop - start))
        low[0::2], low[1::2] = self._planes[0][start:stop], self._planes[1][start:stop]
        numbers = list(Struct(f"<{stop - start}H").unpack(low))
        above = [plane[start:stop] for plane in self._planes[2:]]
        if any(map(any, above)):
            high = bytearray(8 * (stop - start))
            for i, plane in enumerate(above):
                high[i::8] = plane
            tops = Struct(f"<{stop - start}Q").unpack(high)
            numbers = [number | top << _LOW for number, top in zip(numbers, tops, strict=True)]
        return numbers

    def total(self, stop: int) -> int:
        """The sum of the first ``stop`` numbers."""
        total = 0
        for i, plane in enumerate(self._planes):
            total += sum(plane[:stop]) << (8 * i if i < 2 else _LOW + 8 * (i - 2))
        return total

    def running(self, start: int, stop: int, *, origin: int) -> list[int]:
        """``origin`` plus the total of all numbers up to and with each of those asked for."""
        return list(accumulate(self.numbers(start, stop), initial=origin + self.total(start)))[1:]
