"""Projections of your own: from installed packages, and from settings.

A package names its projections as entry points of the group ``collab.projections``; a setting is written
``module:Class``.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Sequence
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

from collab.errors import InvalidName
from collab.projections.projection import Projection, check

GROUP = "collab.projections"


def load(settings: Sequence[str] = ()) -> list[Projection]:
    """The projections of all installed packages, and those that ``settings`` name, each once.

    Raises:
        InvalidName: one can't be imported, or is no projection.
    """
    found: dict[type, Projection] = {}
    for entry in entry_points(group=GROUP):
        projection = _made(entry.value, _imported(entry.value))
        found[type(projection)] = projection
    for setting in settings:
        projection = _made(setting, _imported(setting))
        found[type(projection)] = projection
    return list(found.values())


def _imported(written: str) -> Any:
    module, colon, name = written.partition(":")
    if not (colon and module and name):
        raise InvalidName("projection", f"module:Class, not {written!r}")
    here = str(Path.cwd())
    if here not in sys.path:
        sys.path.insert(0, here)  # as `python -m` would
    try:
        return getattr(importlib.import_module(module), name)
    except (ImportError, AttributeError) as error:
        raise InvalidName("projection", f"one that can be imported, and {written}: {error}") from error


def _made(written: str, value: Any) -> Projection:
    if not (isinstance(value, type) and issubclass(value, Projection)):
        raise InvalidName(
            "projection", f"a subclass of collab.projections.Projection, and {written!r} is none"
        )
    return check(value())
