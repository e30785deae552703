"""Operations from strangers: what may come in, and the name of what may not."""

from __future__ import annotations

from typing import Any

from collab import units
from collab.errors import (
    BadLength,
    LoneSurrogate,
    PastEnd,
    TooDeep,
    TooManyComponents,
    WrongType,
)
from collab.operation.components import Operation, normalize, span
from collab.operation.compose import Text, apply, text_length

MAX_COMPONENTS = 10_000
"""Enough for a replace-all over a book; transforming two of them takes some 10 ms."""

MAX_LENGTH = 2**31 - 1
"""No document comes near it, and sums of lengths stay exact in every client's numbers."""

MAX_DEPTH = 4
"""Levels of nesting inside attributes and embeds: Quill's own need two."""

MAX_NUMBER = 2**53 - 1
"""In attributes and embeds. JavaScript has no exact integers beyond it, JSON no infinities, SQLite no longer ones."""


def validate(value: object, text: Text | None = None, *, max_components: int = MAX_COMPONENTS) -> Operation:
    """The operation in ``value``, which may come from anywhere, in normal form.

    With ``text``, the operation must also fit that text.

    Raises:
        WrongType: ``value`` is no list of components.
        BadLength: a length is zero, or beyond any document.
        LoneSurrogate: inserted text holds half of a surrogate pair.
        TooDeep: attributes or an embed are nested too deeply.
        TooManyComponents: there are more than ``max_components``.
        PastEnd: the operation covers more than ``text``.
        SplitsPair: a step starts or ends inside a surrogate pair of ``text``.

    >>> validate([2, "hi", {"retain": 3, "attributes": {"bold": None}}])
    [2, 'hi', {'retain': 3, 'attributes': {'bold': None}}]
    """
    if not isinstance(value, list):
        raise WrongType(value, "operation")
    if text is None and _is_keystroke(value):
        return value
    if len(value) > max_components:
        raise TooManyComponents(len(value), max_components)
    for component in value:
        _check_component(component)
    operation = normalize(value)
    if text is not None:
        covered, _ = span(operation)
        length = text_length(text)
        if covered > length:
            raise PastEnd(covered, length)
        apply(text, operation)
    return operation


def _is_keystroke(value: list[Any]) -> bool:
    """Whether ``value`` is one plain insert or delete, good and in normal form, as nearly all edits are.

    Only saves the time of the full look, which comes to the same: it may say no to anything.
    """
    if len(value) != 2:
        return False
    place, step = value
    if type(place) is not int or not 0 < place <= MAX_LENGTH:
        return False
    if type(step) is str:
        return step.isascii() and step != ""
    return type(step) is int and -MAX_LENGTH <= step < 0


def _check_component(component: object) -> None:
    if isinstance(component, bool):
        raise WrongType(component, "component")
    if isinstance(component, int):
        _check_length(abs(component))
    elif isinstance(component, str):
        _check_text(component)
    elif isinstance(component, dict):
        _check_formatted(component)
    else:
        raise WrongType(component, "component")


def _check_formatted(component: dict[Any, Any]) -> None:
    steps = component.keys() - {"attributes"}
    if steps == {"retain"}:
        length = component["retain"]
        if isinstance(length, bool) or not isinstance(length, int):
            raise WrongType(length, "retain")
        if length < 0:
            raise BadLength(length, MAX_LENGTH)
        _check_length(length)
    elif steps == {"insert"}:
        content = component["insert"]
        if isinstance(content, str):
            _check_text(content)
        elif not isinstance(content, dict) or not content:
            raise WrongType(content, "insert")
        else:
            _check_value(content, MAX_DEPTH)
    else:
        raise WrongType(component, "component " + ", ".join(sorted(map(str, component))))
    if "attributes" in component:
        attributes = component["attributes"]
        if not isinstance(attributes, dict):
            raise WrongType(attributes, "attributes")
        _check_value(attributes, MAX_DEPTH)


def _check_length(length: int) -> None:
    if not 0 < length <= MAX_LENGTH:
        raise BadLength(length, MAX_LENGTH)


def _check_text(text: str) -> None:
    if not text:
        raise BadLength(0, MAX_LENGTH)
    if units.has_surrogates(text):
        raise LoneSurrogate


def _check_value(value: object, depth: int) -> None:
    if isinstance(value, str):
        if units.has_surrogates(value):
            raise LoneSurrogate
    elif isinstance(value, (dict, list)):
        if depth == 0:
            raise TooDeep(MAX_DEPTH)
        for inner in value.values() if isinstance(value, dict) else value:
            _check_value(inner, depth - 1)
        if isinstance(value, dict):
            for key in value:
                if not isinstance(key, str):
                    raise WrongType(key, "key")
                _check_value(key, depth - 1)
    elif value is not None and not isinstance(value, (bool, int, float)):
        raise WrongType(value, "value")
    elif isinstance(value, (int, float)) and not abs(value) <= MAX_NUMBER:
        raise WrongType(value, "number that not every reader has")
