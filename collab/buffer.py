"""The text of a live document, cheap to edit anywhere.

The text lies in chunks of about 4,000 units, the chunks in groups of about 64: a rope of two levels. An edit
finds its group, then its chunk, and rewrites that one chunk; the chunk of the last edit is remembered,
because the next edit is nearly always in the same one. Measured on 5 MB: 1 µs at the caret, 5 µs at a random
place, where rewriting one long string takes most of a millisecond (`benchmarks/buffer.py`).

All text inside is expanded (see `collab.units`), so that places are UTF-16 offsets.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from collab import units
from collab.errors import PastEnd, SplitsPair
from collab.operation import Operation, span

CHUNK = 4096
GROUP = 64


class TextBuffer:
    """A mutable text, edited by plain operations.

    >>> buffer = TextBuffer("hello")
    >>> buffer.apply([5, " world"])
    >>> buffer.text(), buffer.length
    ('hello world', 11)
    """

    __slots__ = ("_at", "_groups", "_has_pairs", "_lengths", "length")

    def __init__(self, text: str = "") -> None:
        expanded = units.expand(text)
        chunks = _pieces(expanded) or [""]
        self.length = len(expanded)
        self._groups = [chunks[i : i + GROUP] for i in range(0, len(chunks), GROUP)]
        self._lengths = [sum(map(len, group)) for group in self._groups]
        self._at = (0, 0, 0)  # group, chunk, and the offset where that chunk starts
        # Most texts never hold a surrogate pair, and then no edit can split one.
        self._has_pairs = units.has_surrogates(expanded)

    def text(self) -> str:
        """The whole text as an ordinary string. Costs time in proportion to its length."""
        return _joined(self._chunks())

    def later(self) -> Callable[[], str]:
        """What `text` gives now, put together when it is asked for, by any thread and whatever is edited meanwhile."""
        chunks = list(self._chunks())
        return lambda: _joined(chunks)

    def _chunks(self) -> Iterator[str]:
        for group in self._groups:
            yield from group

    def apply(self, op: Operation) -> None:
        """Apply a plain operation that `check` has let pass."""
        place = 0
        for component in op:
            if type(component) is int:
                if component > 0:
                    place += component
                else:
                    self.splice(place, -component, "")
            else:
                inserted = units.expand(component)  # type: ignore[arg-type]
                self.splice(place, 0, inserted)
                place += len(inserted)

    def check(self, op: Operation) -> int:
        """Make sure that ``op`` fits this text; by how many units it makes the text longer.

        Raises:
            PastEnd: it covers more than the text.
            SplitsPair: a step that isn't a plain retain starts or ends inside a surrogate pair.
        """
        covered, growth = span(op)
        if covered > self.length:
            raise PastEnd(covered, self.length)
        if self._has_pairs:
            self._check_boundaries(op)
        return growth

    def _check_boundaries(self, op: Operation) -> None:
        place = 0
        for component in op:
            if type(component) is int and component > 0:
                place += component
                continue
            self._check_boundary(place)
            if type(component) is int:
                place -= component
                self._check_boundary(place)
            elif type(component) is dict and "retain" in component:
                place += component["retain"]
                self._check_boundary(place)

    def _check_boundary(self, place: int) -> None:
        if 0 < place < self.length and self.splits_pair(place):
            raise SplitsPair(place)

    def splits_pair(self, place: int) -> bool:
        """Whether ``place``, which has a unit after it, lies inside a surrogate pair."""
        group, chunk, start = self._find(place)
        within = place - start
        text = self._groups[group][chunk]
        if within < len(text):
            return units.is_low(text[within])
        # `_find` prefers the chunk that ends at the place; chunks never start with a low surrogate.
        return False

    def splice(self, place: int, removed: int, inserted: str) -> None:
        """Replace the ``removed`` units at ``place`` by expanded text. The range must lie inside the text."""
        group, chunk, start = self._find(place)
        text = self._groups[group][chunk]
        within = place - start
        while within + removed > len(text):
            # The deletion reaches into the next chunk: take out what this one has, and look again.
            available = len(text) - within
            if available:
                self._replace(group, chunk, start, text[:within])
                self.length -= available
                removed -= available
            group, chunk, start = self._find_after(place)
            text = self._groups[group][chunk]
            within = 0
        self.length += len(inserted) - removed
        self._has_pairs = self._has_pairs or units.has_surrogates(inserted)
        self._replace(group, chunk, start, text[:within] + inserted + text[within + removed :])

    def _find(self, place: int) -> tuple[int, int, int]:
        """The group and chunk that hold ``place``, and the chunk's start; at a border the earlier one."""
        group, chunk, start = self._at
        if start <= place <= start + len(self._groups[group][chunk]) and (start < place or start == 0):
            return self._at
        start = 0
        last = len(self._groups) - 1
        for group, length in enumerate(self._lengths):
            if place <= start + length or group == last:
                break
            start += length
        chunks = self._groups[group]
        last = len(chunks) - 1
        for chunk, text in enumerate(chunks):
            if place <= start + len(text) or chunk == last:
                break
            start += len(text)
        self._at = found = (group, chunk, start)
        return found

    def _find_after(self, place: int) -> tuple[int, int, int]:
        """Like `_find`, but at a border the later chunk; empty ones are passed over."""
        group, chunk, start = self._find(place)
        while start + len(self._groups[group][chunk]) <= place:
            start += len(self._groups[group][chunk])
            group, chunk = (group, chunk + 1) if chunk + 1 < len(self._groups[group]) else (group + 1, 0)
        self._at = found = (group, chunk, start)
        return found

    def _replace(self, group: int, chunk: int, start: int, text: str) -> None:
        chunks = self._groups[group]
        self._lengths[group] += len(text) - len(chunks[chunk])
        if 0 < len(text) <= 2 * CHUNK:
            chunks[chunk] = text
            return
        chunks[chunk : chunk + 1] = _pieces(text)
        if not chunks and len(self._groups) > 1:
            del self._groups[group], self._lengths[group]
        elif not chunks:
            chunks.append("")
        elif len(chunks) > 2 * GROUP:
            halves = [chunks[i : i + GROUP] for i in range(0, len(chunks), GROUP)]
            self._groups[group : group + 1] = halves
            self._lengths[group : group + 1] = [sum(map(len, half)) for half in halves]
        self._at = (0, 0, 0)


def _joined(chunks: Iterable[str]) -> str:
    # No pair is cut in two by chunks, and to look at each by itself is quick where most are ASCII.
    return "".join(map(units.collapse, chunks))


def _pieces(expanded: str) -> list[str]:
    """``expanded`` in chunks, none of which starts in the middle of a surrogate pair."""
    pieces = []
    start = 0
    while start < len(expanded):
        end = start + CHUNK
        if end < len(expanded) and units.is_low(expanded[end]):
            end += 1
        pieces.append(expanded[start:end])
        start = end
    return pieces
