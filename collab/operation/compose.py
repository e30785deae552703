"""Operations one after the other: applied to a text, joined into one, and undone.

Composed operations are for folding, undoing and display. They must not be transformed in place of their
parts: an insert into text that was deleted just before stands on one side of the deleted text, and another
author's insert at its other edge can come out on the wrong side (see docs/architecture.md).
"""

from __future__ import annotations

from collab import units
from collab.errors import PastEnd, SplitsPair
from collab.operation import attributes
from collab.operation.components import (
    DELETE,
    ENDLESS,
    INSERT,
    RETAIN,
    Operation,
    Reader,
    insert,
    is_plain,
    push,
    retain,
    span,
    trim,
)

Text = str | Operation
"""A document's content: a string, or for rich text a list of insert components."""


def apply(text: Text, op: Operation) -> Text:
    """The text after ``op``.

    A string stays a string under plain operations, and becomes a list of insert components under one with
    attributes or embeds; a list stays a list.

    Raises:
        PastEnd: ``op`` covers more than the text.
        SplitsPair: ``op`` starts or ends a step inside a surrogate pair.

    >>> apply("hello", [5, " world"]), apply("hello", [1, {"retain": 3, "attributes": {"bold": True}}])
    ('hello world', ['h', {'insert': 'ell', 'attributes': {'bold': True}}, 'o'])
    """
    if isinstance(text, str) and is_plain(op):
        expanded = units.expand(text)
        return units.collapse(splice(expanded, op))
    rich: Operation = ([text] if text else []) if isinstance(text, str) else text
    covered, _ = span(op)
    length = text_length(rich)
    if covered > length:
        raise PastEnd(covered, length)
    check_pairs(rich, op)
    return compose(rich, op)


def splice(expanded: str, op: Operation) -> str:
    """Apply a plain ``op`` to expanded text (see `collab.units`); the result is expanded too."""
    parts: list[str] = []
    place = 0
    for component in op:
        if type(component) is int:
            if component < 0:
                _check_boundary(expanded, place)
                place -= component
                _check_boundary(expanded, place)
            else:
                parts.append(expanded[place : place + component])
                place += component
        else:
            _check_boundary(expanded, place)
            parts.append(units.expand(component))  # type: ignore[arg-type]
    if place > len(expanded):
        raise PastEnd(place, len(expanded))
    parts.append(expanded[place:])
    return "".join(parts)


def _check_boundary(expanded: str, place: int) -> None:
    if 0 < place < len(expanded) and units.is_low(expanded[place]):
        raise SplitsPair(place)


def check_pairs(rich: Operation, op: Operation) -> None:
    """Make sure that no step of ``op`` but a plain retain starts or ends inside a surrogate pair."""
    expanded = "".join(units.expand(content_text(component)) for component in rich)
    if not expanded.isascii():
        place = 0
        for component in op:
            length = span([component])[0]
            if type(component) is not int or component < 0:
                _check_boundary(expanded, place)
                _check_boundary(expanded, place + length)
            place += length


EMBED = "\ufffc"
"""Stands for an embed where only the text of a document is wanted (U+FFFC, object replacement)."""


def content_text(component: object) -> str:
    """The text of one insert component, an embed as `EMBED`."""
    content = component["insert"] if isinstance(component, dict) else component
    return content if isinstance(content, str) else EMBED


def plain_text(text: Text) -> str:
    """The text without attributes, each embed as one U+FFFC."""
    return text if isinstance(text, str) else "".join(map(content_text, text))


def inserted_text(op: Operation) -> str:
    """All text that ``op`` inserts, formatted or not.

    >>> inserted_text([2, "ab", {"retain": 1}, {"insert": "c", "attributes": {"bold": True}}, -1])
    'abc'
    """
    inserts = (step.get("insert") if isinstance(step, dict) else step for step in op)
    return "".join(text for text in inserts if isinstance(text, str))


def text_length(text: Text) -> int:
    """Length of a string or of a list of insert components, in UTF-16 units."""
    return units.length(text) if isinstance(text, str) else span(text)[1]


def compose(a: Operation, b: Operation) -> Operation:
    """One operation with the effect of ``a`` and then ``b``, which applies to what ``a`` made.

    ``apply(apply(s, a), b) == apply(s, compose(a, b))``. What ``a`` deleted stays before what ``b``
    inserts in the same gap.

    >>> compose([3, "abc"], [4, -1, "X"])
    [3, 'aXc']
    """
    result: Operation = []
    first, second = Reader(a), Reader(b)
    while not (first.ended and second.ended):
        if first.kind == DELETE:
            push(result, -first.length)
            first.advance()
        elif second.kind == INSERT:
            push(result, insert(second.content(second.length), second.attributes))
            second.advance()
        else:
            length = min(first.length, second.length)
            if second.kind == RETAIN:
                keep_none = first.kind == RETAIN
                merged = attributes.compose(first.attributes, second.attributes, keep_none=keep_none)
                if keep_none:
                    push(result, retain(length, merged))
                else:
                    push(result, insert(first.content(length), merged))
            elif first.kind == RETAIN:
                push(result, -length)
            first.skip(length)
            second.skip(length)
    return trim(result)


def invert(op: Operation, text: Text) -> Operation:
    """The operation that undoes ``op``, which applies to ``text``.

    ``apply(apply(text, op), invert(op, text)) == text``.

    >>> invert([1, -2, "x"], "abcd")
    [1, 'bc', -1]
    """
    result: Operation = []
    step = Reader(op)
    base = Reader(([text] if text else []) if isinstance(text, str) else text)
    while not step.ended:
        if step.kind == INSERT:
            push(result, -step.length)
            step.advance()
            continue
        length = min(step.length, base.length)
        if base.length >= ENDLESS // 2:
            raise PastEnd(span(op)[0], text_length(text))
        if step.kind == DELETE:
            push(result, insert(base.content(length), base.attributes))
        else:
            push(result, retain(length, attributes.invert(step.attributes, base.attributes)))
        step.skip(length)
        base.skip(length)
    return trim(result)
