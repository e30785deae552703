"""Documents changed by asking: an edit or a new text from a program, an older version brought back, a name for one.

Whatever takes a while to work out is worked out on the version that was the newest when it was asked for. What others
have typed meanwhile stays: the change is carried over it, like the edit of a client that hasn't seen it yet.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import msgspec

from collab import units
from collab.auth import Identity
from collab.comparison import Part
from collab.document import Command, EditText, RestoreVersion, UndoEdits
from collab.errands import carry_in, carry_out, check_new
from collab.errors import InvalidName, NothingToDo, OperationTooLarge, UnknownVersion
from collab.events import Event, Origin
from collab.explaining import Explainer, chapters
from collab.hub import Hub
from collab.operation import Operation, Text, diff, inserted_text, invert, plain_text, validate
from collab.reading import document_at, events, record_of
from collab.room import Room
from collab.store.base import DocumentRecord
from collab.undoing import Obstacle, Undoing
from collab.units import collapse, expand


class UndoPlan(msgspec.Struct, frozen=True):
    """What it takes to undo an author's edits after version ``after`` up to ``until``.

    There are so many ``edits``. ``op`` applies to ``version``, and ``parts`` show what it does; ``obstacles`` say what
    can't be undone any more, and why.
    """

    author: str
    after: int
    until: int
    edits: int
    version: int
    op: Operation
    parts: list[Part]
    obstacles: list[Obstacle]


class Reviser:
    """Carries out what people and programs ask for, in the rooms of ``hub``.

    What is asked for with a ``key`` is done once: asked for again with the same, by the same author, it raises
    `AlreadyDone`.
    """

    def __init__(self, hub: Hub, explainer: Explainer) -> None:
        self._hub = hub
        self._store = hub.store
        self._explainer = explainer

    async def check_new(self, document: str, identity: Identity, key: str | None) -> None:
        """Look whether what is asked for with ``key`` was done before.

        Raises:
            AlreadyDone: it was.
            DocumentNotFound, StoreError: as for `carry_out`.
        """
        async with self._errand(document, identity, key):
            pass

    @asynccontextmanager
    async def _errand(self, document: str, identity: Identity, key: str | None) -> AsyncIterator[Room]:
        """The room of ``document``, for what wasn't done yet."""
        async with self._hub.visit(document, identity) as room:
            await check_new(room, identity.author, key)
            yield room

    async def carry_out(
        self, document: str, identity: Identity, command: Command, *, key: str | None = None
    ) -> Event:
        """Do what needs no working out: rename the document, or name a version of it.

        Raises:
            DocumentNotFound: there is no such document.
            RequestError: it can't be done.
            StoreError: it can't be committed.
        """
        async with self._errand(document, identity, key) as room:
            return await carry_out(room, command, identity.author, key=key)

    async def edit(
        self,
        document: str,
        identity: Identity,
        op: object,
        *,
        base: int | None = None,
        key: str | None = None,
    ) -> Event:
        """Apply ``op``, which was made on version ``base``, or on the newest if that isn't said.

        Raises:
            InvalidOperation, OperationTooLarge: it isn't an operation on that version.
            BaseTooOld: too much has happened since.
            DocumentNotFound, DocumentTooLarge, StoreError: as for `carry_out`.
        """
        valid = validate(op)
        inserted = units.length(inserted_text(valid))
        if inserted > self._hub.limits.operation:
            raise OperationTooLarge(inserted, self._hub.limits.operation)
        async with self._errand(document, identity, key) as room:
            start = room.committed if base is None else base
            return await carry_in(room, valid, start, identity.author, EditText, key=key)

    async def rewrite(
        self, document: str, identity: Identity, text: str, *, base: int | None = None, key: str | None = None
    ) -> Event:
        """Make the text of version ``base``, or of the newest, this one, by the smallest operation that does.

        Raises:
            NothingToDo: it is that text already.
            LoneSurrogate: the text has half a surrogate pair.
            UnknownVersion, BaseTooOld, DocumentNotFound, DocumentTooLarge, StoreError: as for `edit`.
        """
        validate([text] if text else [])
        async with self._errand(document, identity, key) as room:
            start = room.committed if base is None else base
            content = (await document_at(self._store, document, start)).content.value()
            op = await asyncio.to_thread(diff, plain_text(content), text)
            if not op:
                raise NothingToDo(f"version {start} has this text")
            return await carry_in(room, op, start, identity.author, EditText, key=key)

    async def restore(
        self, document: str, identity: Identity, version: int, *, key: str | None = None
    ) -> Event:
        """Bring back the content of ``version``, by an event that leads there from the newest.

        What was kept since then stays where it is, and isn't written anew: carets stay, and so does who wrote it.

        Raises:
            NothingToDo: the newest version has that content.
            UnknownVersion: there is no such version.
            DocumentNotFound, StoreError: as for `carry_out`.
        """
        async with self._errand(document, identity, key) as room:
            newest = room.committed
            if not 0 < version <= newest:
                raise UnknownVersion(version, newest)
            since = (await self._explainer.compare(document, version, newest)).operation
            old = (await document_at(self._store, document, version)).content.value()
            op = await asyncio.to_thread(invert, since, old)
            if not op:
                raise NothingToDo(f"version {newest} has the content of version {version}")
            return await carry_in(
                room, op, newest, identity.author, lambda carried: RestoreVersion(version, carried), key=key
            )

    async def plan_undo(
        self, document: str, author: str, *, after: int = 0, until: int | None = None
    ) -> UndoPlan:
        """Find out what it takes to undo what ``author`` did after version ``after`` up to version ``until``.

        Raises:
            NothingToDo: that author did nothing to the content there.
            InvalidName: ``after`` isn't before ``until``.
            DocumentNotFound, UnknownVersion: there is nothing of that name or number.
            CorruptLog: an event is missing or damaged.
        """
        newest = (await record_of(self._store, document)).version
        until = newest if until is None else until
        if until > newest:
            raise UnknownVersion(until, newest)
        if not 0 <= after < until:
            raise InvalidName("versions", f"{after} doesn't come before {until}")
        async with self._explainer.turn:
            undoing = Undoing(author, (await document_at(self._store, document, after)).content.value())
            async for page in events(self._store, document, after=after, until=until):
                await asyncio.to_thread(undoing.take, page)
            if not undoing.edits:
                raise NothingToDo(f"no edits of {author} after version {after} up to {until}")
            async for chapter in chapters(self._store, document, after=until, until=newest):
                await asyncio.to_thread(undoing.pass_over, chapter)
        content = (await document_at(self._store, document, newest)).content.value()
        parts = _parts(undoing.op, content)
        return UndoPlan(author, after, until, undoing.edits, newest, undoing.op, parts, undoing.obstacles)

    async def undo(
        self, document: str, identity: Identity, plan: UndoPlan, *, key: str | None = None
    ) -> Event:
        """Do what ``plan`` says, as one event.

        Raises:
            NothingToDo: there is nothing left to undo.
            BaseTooOld, StoreError: as for `edit`.
        """
        if not plan.op:
            raise NothingToDo(f"nothing is left of {plan.author}'s edits")
        async with self._errand(document, identity, key) as room:
            return await carry_in(
                room,
                plan.op,
                plan.version,
                identity.author,
                lambda carried: UndoEdits(plan.author, plan.after, plan.until, carried),
                key=key,
            )

    async def fork(
        self,
        document: str,
        identity: Identity,
        version: int,
        *,
        new: str,
        title: str | None = None,
        key: str | None = None,
    ) -> DocumentRecord:
        """Create the document ``new`` with the content that ``document`` had at ``version``.

        Raises:
            DocumentNotFound, UnknownVersion: there is nothing of that name or number.
            DocumentExists, InvalidName: there can't be a new document of that id or title.
            AlreadyDone: it was made when that was asked for with the same ``key``.
        """
        record = await record_of(self._store, document)
        content: Text = (await document_at(self._store, document, version)).content.value()
        return await self._hub.create(
            new,
            identity,
            title=record.title if title is None else title,
            kind=record.kind,
            content=content,
            origin=Origin(document, record.epoch, version),
            key=key,
        )


def _parts(op: Operation, content: Text) -> list[Part]:
    """What ``op`` does to ``content``, to be shown."""
    text = expand(plain_text(content))
    place = 0
    found: list[Part] = []
    for step in [*op, len(text)]:
        if isinstance(step, int) and step < 0:
            shown = collapse(text[place : place - step])
            found.append(Part("deleted", -step, shown))
            place -= step
        elif isinstance(step, int) or (isinstance(step, dict) and "retain" in step):
            length = step if isinstance(step, int) else step["retain"]
            length = min(length, len(text) - place)
            if length:
                found.append(Part("kept", length))
            place += length
        else:
            shown = plain_text([step])
            found.append(Part("inserted", len(expand(shown)), shown))
    return found
