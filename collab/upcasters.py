"""Old stored shapes of events, brought forward one version at a time.

An upcaster takes the plain JSON value of a payload as version *n* of its type stored it, and returns the
value as version *n + 1* would have. It never fails on a value that version *n* could have written, and it
is never changed once released: logs are kept for ever.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

Upcaster = Callable[[Any], Any]


def _created_with_content(value: Any) -> Any:
    """Documents of version 1 all began empty. A program that knows only that version would lose the text that others
    begin with, and so must not read them: hence a version, and not just another field."""
    return {**value, "op": [], "origin": None}


UPCASTERS: Mapping[tuple[str, int], Upcaster] = {("created", 1): _created_with_content}
"""From (type, version) to the step that leads to the next version of that type."""


def upcast(
    type_: str, version: int, value: Any, *, to: int, upcasters: Mapping[tuple[str, int], Upcaster]
) -> Any:
    """``value`` of ``version`` as version ``to`` of the same type.

    Raises:
        KeyError: a step is missing.
    """
    for step in range(version, to):
        value = upcasters[type_, step](value)
    return value
