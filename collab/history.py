"""A document's history from Python: any version of it, who wrote what, and older versions brought back.

    async with History("http://127.0.0.1:8000", "notes") as history:
        yesterday = await history.at(datetime.now(UTC) - timedelta(days=1))
        await history.restore(yesterday.version)

A `collab.client.SharedDocument` has one as its ``history``. What is changed here comes to all who have the document
open as any edit does. Lengths and operations count UTF-16 units.

All of it raises `HistoryError` where the server says no or can't be reached. A request whose answer is lost is sent
again for some seconds, and what it asks for is done once.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from datetime import datetime
from typing import Any, Literal, TypeVar

from msgspec import structs

from collab.asking import Asking, path_of
from collab.errors import AlreadyDone, HistoryError
from collab.following import followed
from collab.making import made
from collab.messages import EventRow
from collab.operation import Operation
from collab.shapes import (
    BlamePage,
    DiffPage,
    DocumentRow,
    EditingSession,
    EventsPage,
    Found,
    NamedVersion,
    SearchPage,
    Seen,
    SessionsPage,
    State,
    TimelineBucket,
    TimelinePage,
    UndoPreview,
    VersionsPage,
)
from collab.tokens import Token

Shape = TypeVar("Shape")
Page = TypeVar("Page", BlamePage, DiffPage, SearchPage, SessionsPage, UndoPreview, VersionsPage)

Version = int | datetime
"""A version by its number, or by a time with its zone: the one that the document had then."""

Format = Literal["text", "markdown", "json", "history"]


class History:
    """The history of ``document`` on the server at ``url`` (http, https, ws or wss), for whoever the ``token`` is."""

    def __init__(self, url: str, document: str, *, token: Token | None = None) -> None:
        self._asking = Asking(url, token)
        self._path = path_of(document)

    # Looking back.

    async def at(self, version: Version | None = None) -> State:
        """The content at ``version``; the newest, with the title and times, if that isn't given."""
        return await self._asking.read(self._path, State, _moment(version))

    async def events(self, *, after: int = 0, until: int | None = None) -> AsyncIterator[EventRow]:
        """The events after version ``after``, up to ``until`` or the newest."""
        following: int | None = after
        while following is not None:
            page = await self._read("/events", EventsPage, after=following, until=until)
            for event in page.events:
                yield event
            following = page.next

    def follow(self, *, after: int | None = None) -> AsyncIterator[EventRow]:
        """The events as they happen, from version ``after`` on, or from now on; endless.

        A broken connection is taken up again behind the last event that came.
        """
        return followed(self._asking, self._path + "/events", EventRow, after)

    async def blame(self, version: Version | None = None) -> BlamePage:
        """Who wrote each part of the text, at ``version`` or the newest."""
        pages = self._pages("/blame", BlamePage, _moment(version), lambda page: {"seq": page.version})
        return _whole([page async for page in pages], "runs")

    async def diff(self, older: int, newer: int | None = None) -> DiffPage:
        """What happened between two versions, the newest if ``newer`` isn't given, and the operation that does it."""
        asked = {"from": older, "to": newer}
        pages = self._pages("/diff", DiffPage, asked, lambda page: {"from": older, "to": page.newer})
        return _whole([page async for page in pages], "parts")

    async def timeline(
        self, *, by: Literal["time", "version"] = "time", buckets: int | None = None
    ) -> list[TimelineBucket]:
        """How much was done when, and by whom, in at most so many parts of the time, or of the versions."""
        return (await self._read("/timeline", TimelinePage, by=by, buckets=buckets)).buckets

    async def sessions(self, *, after: int = 0) -> list[EditingSession]:
        """Stretches of one author's edits, as people read a history: what was done after version ``after``. Of one that
        was going on then it is the rest."""
        asked = {"after": after}
        pages = self._pages("/sessions", SessionsPage, asked, lambda _: asked)
        return _whole([page async for page in pages], "sessions").sessions

    async def search(self, text: str) -> list[Found]:
        """When ``text`` appeared in the document and when it disappeared. The case counts."""
        asked = {"q": text}
        pages = self._pages("/search", SearchPage, asked, lambda _: asked)
        return _whole([page async for page in pages], "found").found

    async def visit(self) -> Seen:
        """Who one is to the server, what one may do, and up to which version one has seen the document."""
        return await self._read("/visit", Seen)

    async def mark_seen(self, version: int) -> Seen:
        """Note that one has seen the document up to ``version``. Of a guest without a token nothing is noted."""
        return await self._asking.write("PUT", self._path + "/visit", Seen, {"version": version})

    def export(self, format: Format = "text", version: Version | None = None) -> AsyncIterator[bytes]:
        """The document as a file, piece by piece. A whole ``history`` is what `import_history` takes."""
        return self._asking.stream(self._path + "/export", {"format": format} | _moment(version))

    # Changing it.

    async def edit(self, op: Operation, *, base: int | None = None) -> EventRow:
        """Apply ``op``, which was made on version ``base``, or on the newest. What others did since stays."""
        return await self._write("POST", "/edits", op=op, base=base)

    async def replace_text(self, text: str, *, base: int | None = None) -> EventRow:
        """Make this the text, by the smallest edit of the text of version ``base``, or of the newest, that does."""
        return await self._write("POST", "/edits", text=text, base=base)

    async def rename(self, title: str) -> EventRow:
        """Give the document another title."""
        return await self._write("PATCH", "", title=title)

    async def versions(self) -> list[NamedVersion]:
        """The named versions, the first named first."""
        pages = self._pages("/versions", VersionsPage, {}, lambda _: {})
        return _whole([page async for page in pages], "versions").versions

    async def name(self, name: str, version: int | None = None) -> EventRow:
        """Give ``version``, or the newest, a name. The event's ``seq`` is the number of what is named."""
        return await self._write("POST", "/versions", name=name, version=version)

    async def rename_version(self, number: int, name: str) -> EventRow:
        """Give the named version of that number another name."""
        return await self._write("PATCH", f"/versions/{number}", name=name)

    async def delete_version(self, number: int) -> EventRow:
        """Take the name from a version. The version itself stays, as all do."""
        return await self._write("DELETE", f"/versions/{number}")

    async def restore(self, version: int) -> EventRow:
        """Bring an older version back. Nothing is lost: what is there now is a version too."""
        return await self._write("POST", "/restore", version=version)

    async def preview_undo(self, author: str, *, after: int = 0, until: int | None = None) -> UndoPreview:
        """What `undo` would do, and what can't be undone any more."""
        asked = {"author": author, "after": after, "until": until}
        while True:
            pages = self._pages("/undo", UndoPreview, asked, lambda page: asked | {"until": page.until})
            found = [page async for page in pages]
            if len({page.version for page in found}) == 1:
                return _whole(found, "parts")
            # Somebody has typed in between, and they don't fit together.

    async def undo(self, author: str, *, after: int = 0, until: int | None = None) -> EventRow:
        """Undo what ``author`` did after version ``after`` up to ``until``, or the newest. What others did stays."""
        return await self._write("POST", "/undo", author=author, after=after, until=until)

    async def fork(
        self, version: int | None = None, *, id: str | None = None, title: str | None = None
    ) -> DocumentRow:
        """Make a new document of a version, the newest if that isn't given, under a random id if none is given."""
        return await made(self._asking, self._path + "/fork", id, version=version, title=title)

    # Small things.

    async def close(self) -> None:
        """Close the connections to the server."""
        await self._asking.close()

    async def __aenter__(self) -> History:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def _read(self, path: str, shape: type[Shape], **params: Any) -> Shape:
        return await self._asking.read(self._path + path, shape, params)

    async def _pages(
        self,
        path: str,
        shape: type[Page],
        params: Mapping[str, Any],
        pinned: Callable[[Page], Mapping[str, Any]],
    ) -> AsyncIterator[Page]:
        """All pages of an answer. ``pinned`` says how to ask for more of the one whose first page it is given."""
        page = await self._asking.read(self._path + path, shape, params)
        yield page
        params = pinned(page)
        while page.next is not None:
            page = await self._asking.read(self._path + path, shape, {**params, "cursor": page.next})
            yield page

    async def _write(self, method: str, path: str, **body: Any) -> EventRow:
        try:
            return await self._asking.write(method, self._path + path, EventRow, body)
        except HistoryError as error:
            if error.code != AlreadyDone.code or error.seq is None:
                raise
            seq = error.seq
        # It was done, and the answer got lost on its way.
        return (await self._read("/events", EventsPage, after=seq - 1, until=seq)).events[0]


def _moment(version: Version | None) -> dict[str, Any]:
    return {"at": version.isoformat()} if isinstance(version, datetime) else {"seq": version}


def _whole(pages: list[Page], rows: str) -> Page:
    """The pages as one."""
    joined = [row for page in pages for row in getattr(page, rows)]
    return structs.replace(pages[0], **{rows: joined, "next": None})
