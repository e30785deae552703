"""The content of a live document: plain text, or formatted once somebody formats it.

Plain text lives in a `TextBuffer`. The first operation with attributes or an embed turns it into a
`RichBuffer`, blocks of insert components of which an edit rewrites only those it touches.
"""

from __future__ import annotations

from collections.abc import Callable

from collab import units
from collab.buffer import TextBuffer
from collab.errors import PastEnd
from collab.operation import (
    Operation,
    Text,
    compose,
    is_plain,
    plain_text,
    span,
)
from collab.operation.components import push
from collab.operation.compose import check_pairs

BLOCK = 32
"""Components to a block, so that an edit composes some dozens of them and no more."""

PIECE = 1024
"""Code points of one formatted run that are kept as one component inside a block."""


class RichBuffer:
    """Formatted text as blocks of insert components, mutable."""

    __slots__ = ("_blocks", "_lengths", "length")

    def __init__(self, content: Operation) -> None:
        self._blocks = _blocks(content)
        self._lengths = [span(block)[1] for block in self._blocks]
        self.length = sum(self._lengths)

    def value(self) -> Operation:
        """All insert components, in normal form."""
        return _normal(self._blocks)

    def later(self) -> Callable[[], Operation]:
        """What `value` gives now (see `TextBuffer.later`). Blocks are replaced, and never changed."""
        blocks = list(self._blocks)
        return lambda: _normal(blocks)

    def check(self, op: Operation) -> int:
        """Make sure that ``op`` fits, and say by how much the content grows (see `TextBuffer.check`)."""
        covered, growth = span(op)
        if covered > self.length:
            raise PastEnd(covered, self.length)
        first, last, before = self._touched(op)
        check_pairs(_joined(self._blocks[first:last]), _from(op, before))
        return growth

    def apply(self, op: Operation) -> None:
        """Apply an operation that `check` has let pass."""
        first, last, before = self._touched(op)
        edited = _blocks(compose(_joined(self._blocks[first:last]), _from(op, before)))
        self._blocks[first:last] = edited
        self._lengths[first:last] = [span(block)[1] for block in edited]
        self.length += span(op)[1]

    def _touched(self, op: Operation) -> tuple[int, int, int]:
        """The range of blocks that ``op`` reaches, and the length of all before them."""
        start = op[0] if op and type(op[0]) is int and op[0] > 0 else 0
        end = max(span(op)[0], start)
        first = before = 0
        while first < len(self._lengths) - 1 and before + self._lengths[first] < start:
            before += self._lengths[first]
            first += 1
        last, reach = first, before
        # One unit further than the operation: an insert at the end of a block may belong to the next.
        while last < len(self._lengths) and reach <= end:
            reach += self._lengths[last]
            last += 1
        return first, last, before


def _normal(blocks: list[Operation]) -> Operation:
    """All components of ``blocks`` in normal form.

    Halves are merged, and not one component after the other: a long run would be copied again for each of its pieces.
    """
    if len(blocks) > 1:
        middle = len(blocks) // 2
        result, others = _normal(blocks[:middle]), _normal(blocks[middle:])
        if others:
            push(result, others[0])
            result += others[1:]
        return result
    result = []
    for component in blocks[0] if blocks else []:
        push(result, component)
    return result


def _joined(blocks: list[Operation]) -> Operation:
    return [component for block in blocks for component in block]


def _from(op: Operation, place: int) -> Operation:
    """``op``, which begins by retaining at least ``place`` units, without those."""
    if not place:
        return op
    first = op[0]
    assert isinstance(first, int)
    return [first - place, *op[1:]] if first > place else op[1:]


def _blocks(content: Operation) -> list[Operation]:
    pieces: Operation = []
    for component in content:
        text = component["insert"] if isinstance(component, dict) else component
        if not isinstance(text, str) or len(text) <= 2 * PIECE:
            pieces.append(component)
            continue
        for start in range(0, len(text), PIECE):
            part = text[start : start + PIECE]
            pieces.append({**component, "insert": part} if isinstance(component, dict) else part)
    return [pieces[i : i + BLOCK] for i in range(0, len(pieces), BLOCK)]


class Content:
    """What a document holds, mutable, starting from ``content``.

    >>> content = Content("hello")
    >>> content.apply([1, {"retain": 3, "attributes": {"bold": True}}])
    >>> content.value()
    ['h', {'insert': 'ell', 'attributes': {'bold': True}}, 'o']
    """

    __slots__ = ("_buffer",)

    def __init__(self, content: Text = "") -> None:
        self._buffer: TextBuffer | RichBuffer = (
            TextBuffer(content) if isinstance(content, str) else RichBuffer(content)
        )

    @property
    def length(self) -> int:
        """Length in UTF-16 units."""
        return self._buffer.length

    def value(self) -> Text:
        """The content as a string, or as a list of insert components once it was ever formatted."""
        return self._buffer.text() if isinstance(self._buffer, TextBuffer) else self._buffer.value()

    def later(self) -> Callable[[], Text]:
        """What `value` gives now, put together when it is asked for, by any thread and whatever is edited meanwhile."""
        return self._buffer.later()

    def plain_text(self) -> str:
        """The text without attributes, each embed as one U+FFFC."""
        return plain_text(self.value())

    def check(self, op: Operation) -> int:
        """Make sure that ``op`` fits; by how many units it makes the content longer.

        Raises:
            PastEnd: it covers more than the content.
            SplitsPair: a step starts or ends inside a surrogate pair.
        """
        return self._buffer.check(op)

    def apply(self, op: Operation) -> None:
        """Apply an operation that `check` has let pass."""
        if isinstance(self._buffer, TextBuffer) and not is_plain(op):
            text = self._buffer.text()
            self._buffer = RichBuffer([text] if text else [])
        self._buffer.apply(op)

    def replace(self, place: int, removed: int, inserted: str) -> None:
        """Replace the ``removed`` units at ``place`` by expanded text (see `collab.units`)."""
        if isinstance(self._buffer, TextBuffer):
            self._buffer.replace(place, removed, inserted)
        else:
            step: Operation = [place] if place else []
            if removed:
                step.append(-removed)
            if inserted:
                step.append(units.collapse(inserted))
            self._buffer.apply(step)
