"""Where two contents part that should be one, and which event brought it about."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import zip_longest

from collab import units
from collab.chapters import Chapter
from collab.describe import quoted
from collab.messages import EventRow
from collab.operation import Text, plain_text
from collab.operation.values import same
from collab.runs import Stretch
from collab.weave import Weave

AROUND = 20
"""Units of each text that are shown."""


def difference(one: Text, other: Text) -> int | None:
    """The first unit, from 0, that isn't the same in both contents, formatting included; None if there is none.

    >>> difference("hello", "help"), difference("ab", ["ab"]), difference("b", [{"insert": "b", "attributes": {}}])
    (3, None, None)
    """
    if isinstance(one, str) and one == other:
        return None
    for place, (here, there) in enumerate(zip_longest(_units(one), _units(other))):
        if not same(here, there):
            return place
    return None


def _units(content: Text) -> Iterator[list[object]]:
    """Each unit with its attributes."""
    for component in [content] if isinstance(content, str) else content:
        written = component if isinstance(component, dict) else {"insert": component}
        inserted = written["insert"]
        for unit in units.expand(inserted) if isinstance(inserted, str) else [inserted]:
            yield [unit, written.get("attributes", {})]


def around(content: Text, unit: int) -> str:
    """What stands at ``unit``, in quotes.

    >>> around("hello world", 6)
    '“world”'
    """
    text = units.expand(plain_text(content))[unit : unit + AROUND]
    return quoted(text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace"))


def origin(unit: int, length: int, events: Iterable[EventRow]) -> int | None:
    """The number of the event that inserted the unit at that place of what ``events`` made of ``length`` units; None if
    it is one of those.

    >>> origin(2, 2, [EventRow(7, "edited", "c", 1, "ana", 0, op=[1, "xy"])]), origin(2, 3, [])
    (7, None)
    """
    weave = Weave(length)
    for event in events:
        if isinstance(event.op, list):
            weave.add(Chapter(event.seq, [Stretch(event.op)], [], []))
    for strand in weave.strands():
        if unit < strand.length:
            return strand.origin + unit * strand.step if strand.inserted else None
        unit -= strand.length
    return None
