"""The end of the whole log, at hand for who follows it without reading it from the disk again."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice

from msgspec.structs import force_setattr

from collab.events import Event

MOST = 40_000
"""Events kept: at the fastest measured rate some two seconds of them, and 10 MB; they are let go of by halves."""


class Tail:
    """The newest events that this process has committed, by their positions.

    What others have committed isn't here: then there is a gap, and the log has to be read.
    """

    def __init__(self, *, most: int = MOST) -> None:
        self._most = most
        self._events: dict[int, Event] = {}

    def add(self, position: int, events: Sequence[Event]) -> None:
        """``events`` were committed together, from ``position`` on. Commits may come in any order."""
        for place, event in enumerate(events, position):
            # They are frozen for all who have them, and this is the one thing that only the store knew.
            force_setattr(event, "position", place)
            self._events[place] = event
        if len(self._events) > self._most:
            for place in list(islice(self._events, len(self._events) // 2)):
                del self._events[place]

    def after(self, position: int, *, most: int) -> list[Event]:
        """The events that follow ``position`` without a gap, at most so many; [] if the next one isn't here."""
        found: list[Event] = []
        known = self._events
        while len(found) < most and (event := known.get(position + 1)) is not None:
            found.append(event)
            position += 1
        return found
