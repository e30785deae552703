"""Named versions: what people want to find again in a history."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from collab.errors import InvalidName, TagExists, TooManyTags, UnknownTag
from collab.events import Event, Tagged, TagRenamed, Untagged

MOST_TAGS = 1_000
"""Named versions that a document may have at a time."""

MAX_NAME = 200
"""Characters of a name."""

ABOUT_TAGS = (Tagged, TagRenamed, Untagged)
"""The payloads that concern tags."""


class Tag(msgspec.Struct, frozen=True):
    """``version`` has a ``name``, which ``author`` gave it at the time ``at`` (µs since 1970).

    ``number`` is the seq of the event that did so, and stays when the tag is renamed.
    """

    number: int
    version: int
    name: str
    author: str
    at: int


class Tags:
    """The tags of one document, as its events have left them."""

    def __init__(self, tags: Iterable[Tag] = ()) -> None:
        self._tags = {tag.number: tag for tag in tags}

    def all(self) -> list[Tag]:
        """All tags, the first given first."""
        return list(self._tags.values())

    def evolve(self, event: Event) -> None:
        """Make ``event`` part of the state, if it is about a tag."""
        payload = event.payload
        if isinstance(payload, Tagged):
            self._tags[event.seq] = Tag(event.seq, payload.version, payload.name, event.author, event.at)
        elif isinstance(payload, TagRenamed):
            self._tags[payload.tag] = self._tags[payload.tag].__replace__(name=payload.name)
        elif isinstance(payload, Untagged):
            del self._tags[payload.tag]

    def check_number(self, number: int) -> None:
        """Raises UnknownTag if there is no tag of that number."""
        if number not in self._tags:
            raise UnknownTag(number)

    def check_name(self, name: str, *, of: int | None = None) -> str:
        """``name`` as it is to be written for a new tag, or for the tag number ``of``.

        Raises:
            InvalidName: it is empty, too long, or not printable.
            TagExists: another tag has it.
            TooManyTags: there is no room for a new one.
        """
        cleaned = " ".join(name.split())
        if not 0 < len(cleaned) <= MAX_NAME or not cleaned.isprintable():
            raise InvalidName("name of a version", f"1 to {MAX_NAME} printable characters")
        if any(tag.name == cleaned and tag.number != of for tag in self._tags.values()):
            raise TagExists(cleaned)
        if of is None and len(self._tags) >= MOST_TAGS:
            raise TooManyTags(MOST_TAGS)
        return cleaned
