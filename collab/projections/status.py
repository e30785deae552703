"""How far a projection is, and what holds it up."""

from __future__ import annotations

from typing import Literal

import msgspec

from collab.projections.model import Parked
from collab.projections.projection import Projection, fingerprint
from collab.projections.reader import state_of
from collab.projections.shelf import Shelf


class Status(msgspec.Struct, frozen=True):
    """A projection, and its model: ``live`` says that it can be asked.

    All events up to ``position`` are in it, but ``skipped`` ones, and ``lag`` events are not yet. It may be ``parked``
    before an event; ``shadow`` is how far another model is that is being built. ``stale`` ones were made by other code
    under the same version. ``trouble`` is what is wrong with the file or the disk.
    """

    name: str
    version: int
    live: bool
    position: int
    lag: int
    skipped: int
    stale: bool
    parked: Parked | None
    shadow: int | None
    shadow_parked: Parked | None
    trouble: str | None = None

    @property
    def is_parked(self) -> bool:
        """Whether the model, or the first one that is being built, stands before an event."""
        return self.parked is not None or (not self.live and self.shadow_parked is not None)

    @property
    def state(self) -> Literal["live", "building", "parked", "missing"]:
        if self.is_parked:
            return "parked"
        if self.live:
            return "live"
        return "building" if self.shadow is not None else "missing"


def status_of(projection: Projection, shelf: Shelf, newest: int) -> Status:
    """How far the models on ``shelf`` are, when the log is at position ``newest``.

    Raises:
        StoreError: a model can't be read.
    """
    current, shadow = state_of(shelf.current()), state_of(shelf.shadow())
    position = current.position if current is not None else 0
    return Status(
        projection.name,
        projection.version,
        current is not None,
        position,
        max(0, newest - position),
        current.skipped if current is not None else 0,
        current is not None and current.code != fingerprint(projection),
        current.parked if current is not None else None,
        shadow.position if shadow is not None else None,
        shadow.parked if shadow is not None else None,
    )
