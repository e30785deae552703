"""Text measured in UTF-16 code units, the unit of every browser editor.

Python strings count code points. The two agree except for astral characters (above U+FFFF), which take
two units, a surrogate pair. Where many slices are made, text is held *expanded*: every astral character as
its two surrogates, so that ``len`` and slicing count units. Expanded text must be collapsed before it is
shown or encoded.

>>> length("a😀"), len(expand("a😀")), collapse(expand("a😀")) == "a😀"
(3, 3, True)
"""

from __future__ import annotations

import re
import zlib

_ASTRAL = re.compile("[\U00010000-\U0010ffff]")
_SURROGATE = re.compile("[\ud800-\udfff]")


def length(text: str) -> int:
    """Length of ordinary or expanded ``text`` in UTF-16 code units."""
    if text.isascii():
        return len(text)
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def expand(text: str) -> str:
    """``text`` with every astral character written as two surrogates."""
    if text.isascii():
        return text
    return _ASTRAL.sub(_pair, text)


def _pair(match: re.Match[str]) -> str:
    high, low = divmod(ord(match[0]) - 0x10000, 0x400)
    return chr(0xD800 + high) + chr(0xDC00 + low)


def collapse(text: str) -> str:
    """The ordinary string of expanded ``text``.

    Raises:
        UnicodeDecodeError: half of a pair stands alone.
    """
    if text.isascii() or _SURROGATE.search(text) is None:
        return text
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le")


def has_surrogates(text: str) -> bool:
    """Whether ``text`` holds surrogates: in an ordinary string each of them is half of a broken pair."""
    return not text.isascii() and _SURROGATE.search(text) is not None


def cut(text: str, start: int, end: int) -> str:
    """The units ``start`` to ``end`` of an ordinary string, as an ordinary string.

    >>> cut("a😀b", 1, 3)
    '😀'
    """
    if text.isascii():
        return text[start:end]
    return collapse(expand(text)[start:end])


def is_low(unit: str) -> bool:
    """Whether ``unit`` is the second half of a surrogate pair (an offset before it would split the pair)."""
    return "\udc00" <= unit <= "\udfff"


def checksum(text: str) -> int:
    """CRC-32 of the UTF-16LE code units of ``text``: the same number in every language.

    >>> checksum("hello")
    1427272415
    """
    return zlib.crc32(text.encode("utf-16-le", "surrogatepass"))
