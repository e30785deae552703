"""Equality of JSON values, which is not Python's: there True is 1."""

from __future__ import annotations


def same(one: object, other: object) -> bool:
    """Whether two JSON values are one value to every reader.

    >>> same({"bold": True}, {"bold": 1}), same([1, {"a": None}], [1.0, {"a": None}])
    (False, True)
    """
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same(value, other[key]) for key, value in one.items())
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    return isinstance(one, bool) == isinstance(other, bool) and one == other
