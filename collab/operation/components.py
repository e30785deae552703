"""Components: the retain, insert and delete steps of which an operation is made.

    5                                            retain 5 units
    -3                                           delete 3 units
    "hi"                                         insert
    {"retain": 2, "attributes": {"bold": True}}  format 2 units; None removes an attribute
    {"insert": "hi", "attributes": {…}}          formatted insert
    {"insert": {"image": "…"}}                   an embed, length 1

Lengths count UTF-16 code units. `Reader` walks an operation in pieces of any length, `push` builds one in
normal form: nothing empty, like neighbours merged. Neither ever changes the order of components, because
moving an insert past a delete beside it loses convergence once operations are composed.
"""

from __future__ import annotations

from typing import Any

from collab import units
from collab.operation.values import same

Attributes = dict[str, Any]
Component = int | str | dict[str, Any]
Operation = list[Component]

RETAIN, INSERT, DELETE = range(3)

ENDLESS = 1 << 62
"""Length of the retain that stands, unwritten, at the end of every operation."""


class Reader:
    """The components of an operation, to be taken in pieces.

    ``kind``, ``length`` and ``attributes`` describe what is left of the current component; after the last
    one they describe an endless plain retain and ``ended`` is true.
    """

    __slots__ = ("_components", "_content", "attributes", "ended", "kind", "length")

    def __init__(self, operation: Operation) -> None:
        self._components = iter(operation)
        self._content: Any = None
        self.ended = False
        self.advance()

    def advance(self) -> None:
        """Go to the next component that isn't empty."""
        for component in self._components:
            self.attributes: Attributes | None = None
            if type(component) is int:
                self.kind, self.length = (RETAIN, component) if component > 0 else (DELETE, -component)
            elif type(component) is str:
                self.kind, self.length, self._content = INSERT, units.length(component), component
            else:
                self._open(component)  # type: ignore[arg-type]
            if self.length:
                return
        self.kind, self.length, self.attributes, self.ended = RETAIN, ENDLESS, None, True

    def _open(self, component: dict[str, Any]) -> None:
        self.attributes = component.get("attributes") or None
        if "retain" in component:
            self.kind, self.length = RETAIN, component["retain"]
        else:
            content = self._content = component["insert"]
            self.kind = INSERT
            self.length = units.length(content) if type(content) is str else 1

    def skip(self, length: int) -> None:
        """Leave out the next ``length`` units, at most what is left of this component."""
        if length == self.length:
            self.advance()
        else:
            if self.kind == INSERT:
                self._content = units.cut(self._content, length, self.length)
            self.length -= length

    def content(self, length: int) -> Any:
        """The first ``length`` units of this insert: text, or the embed."""
        if length == self.length:
            return self._content
        return units.cut(self._content, 0, length)


def retain(length: int, attributes: Attributes | None = None) -> Component:
    return {"retain": length, "attributes": attributes} if attributes else length


def insert(content: Any, attributes: Attributes | None = None) -> Component:
    if attributes:
        return {"insert": content, "attributes": attributes}
    return content if type(content) is str else {"insert": content}


def push(operation: Operation, component: Component) -> None:
    """Append ``component`` to ``operation``, keeping normal form; a component that is empty is left out."""
    last = operation[-1] if operation else None
    if type(component) is int:
        if component == 0:
            return
        if type(last) is int and (last > 0) == (component > 0):
            operation[-1] = last + component
            return
    elif type(component) is str:
        if not component:
            return
        if type(last) is str:
            operation[-1] = last + component
            return
    elif type(last) is dict and _merge_formatted(operation, last, component):  # type: ignore[arg-type]
        return
    operation.append(component)


def _merge_formatted(operation: Operation, last: dict[str, Any], component: dict[str, Any]) -> bool:
    if not same(last.get("attributes"), component.get("attributes")):
        return False
    for step in ("retain", "insert"):
        before, after = last.get(step), component.get(step)
        if type(before) is type(after) and isinstance(before, (int, str)):
            operation[-1] = {step: before + after, "attributes": last["attributes"]}  # type: ignore[operator]
            return True
    return False


def trim(operation: Operation) -> Operation:
    """``operation`` without its trailing plain retain, in place."""
    if operation and type(operation[-1]) is int and operation[-1] > 0:
        operation.pop()
    return operation


def normalize(operation: Operation) -> Operation:
    """The one way to write ``operation``: nothing empty, like neighbours merged, no trailing plain retain.

    >>> normalize([2, 3, "", "a", "b", -1, -2, 7])
    [5, 'ab', -3]
    """
    result: Operation = []
    reader = Reader(operation)
    while not reader.ended:
        if reader.kind == RETAIN:
            push(result, retain(reader.length, reader.attributes))
        elif reader.kind == INSERT:
            push(result, insert(reader.content(reader.length), reader.attributes))
        else:
            push(result, -reader.length)
        reader.advance()
    return trim(result)


def span(operation: Operation) -> tuple[int, int]:
    """How many units of the base text ``operation`` covers, and by how many it makes the text longer.

    >>> span([5, "hey", -2])
    (7, 1)
    """
    covered = growth = 0
    for component in operation:
        if type(component) is int:
            if component < 0:
                growth += component
                covered -= component
            else:
                covered += component
        elif type(component) is str:
            growth += units.length(component)
        else:
            assert isinstance(component, dict)
            if "retain" in component:
                covered += component["retain"]
            else:
                content = component["insert"]
                growth += units.length(content) if type(content) is str else 1
    return covered, growth


def amounts(operation: Operation) -> tuple[int, int]:
    """How many units ``operation`` inserts, and how many it deletes.

    >>> amounts([5, "hey", -2])
    (3, 2)
    """
    deleted = -sum(step for step in operation if isinstance(step, int) and step < 0)
    return span(operation)[1] + deleted, deleted


def is_plain(operation: Operation) -> bool:
    """Whether ``operation`` has neither attributes nor embeds."""
    return dict not in map(type, operation)
