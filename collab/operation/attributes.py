"""Attributes of formatted text: small mappings in which None means *remove this one*."""

from __future__ import annotations

from collab.operation.components import Attributes
from collab.operation.values import same


def compose(first: Attributes | None, second: Attributes | None, *, keep_none: bool) -> Attributes | None:
    """One mapping with the effect of ``first`` and then ``second``.

    ``keep_none`` is for retains, where None is an order; on inserted text there is nothing to remove.
    """
    if not second:
        return first
    merged = {**(first or {}), **second}
    if not keep_none:
        merged = {key: value for key, value in merged.items() if value is not None}
    return merged or None


def without(attributes: Attributes | None, winner: Attributes | None) -> Attributes | None:
    """``attributes`` less the keys that ``winner``, made at the same time, sets too."""
    if not attributes or not winner:
        return attributes
    return {key: value for key, value in attributes.items() if key not in winner} or None


def invert(attributes: Attributes | None, before: Attributes | None) -> Attributes | None:
    """What brings text formatted like ``before`` back after ``attributes`` was applied to it."""
    if not attributes:
        return None
    old = before or {}
    return {key: old.get(key) for key, value in attributes.items() if not same(value, old.get(key))} or None


def change(before: Attributes | None, after: Attributes | None) -> Attributes | None:
    """What makes text formatted like ``before`` be formatted like ``after``."""
    old, new = before or {}, after or {}
    changed = {key: new.get(key) for key in old | new if not same(old.get(key), new.get(key))}
    return changed or None
