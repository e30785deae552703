"""The client's half of the talk: a copy of the document that is edited at once and confirmed later.

`Replica` holds the document as the log has it (`confirmed`) and the client's own edits that it has not seen
in the stream yet (`pending`). What a user sees is `shown`: confirmed with pending on top. No socket, no
clock; `collab.client` moves the messages. The mirror image on the server is `collab.session`.

Edits that were sent meet each foreign event one by one, for so they do on the server. Those that weren't are nobody
else's business yet: they meet many events at once (`collab.rebase`), which is what makes a return after long
offline work quick.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from collab import units
from collab.content import Content
from collab.fold import fold_into
from collab.meeting import cross
from collab.messages import EventRow
from collab.missed import composed
from collab.operation import Operation, Side, Text, compose, invert, transform
from collab.operation.coalesce import extend, single, written
from collab.rebase import Foreign, rebase


class Pending(msgspec.Struct):
    """An own edit on its way: ``op`` as it applies after all pending edits before it.

    ``leaning`` are the clients to whose edits it leans (see `collab.meeting`), once it was sent since then.
    """

    id: int
    op: Operation
    sent: bool = False
    leaning: set[str] = msgspec.field(default_factory=set)


class Change(msgspec.Struct, frozen=True):
    """What happened to `Replica.shown`: ``op`` was applied to it.

    ``diverged`` says that this client had predicted its own event wrongly and has just been repaired.
    """

    op: Operation
    diverged: bool = False


class Step(msgspec.Struct, frozen=True):
    """Events that were taken in together, and what that did to `Replica.shown`; None if nothing."""

    events: list[EventRow]
    change: Change | None


class RefusedEdit(msgspec.Struct, frozen=True):
    """An own edit that was taken out again: ``op`` as it applied where it stood, and what that did to `shown`."""

    op: Operation
    change: Operation


class Replica:
    """One client's copy of a document.

    ``version`` is the newest version integrated. With ``coalesce`` false, every edit stays an event of its own.
    """

    def __init__(self, client: str, *, coalesce: bool = True) -> None:
        self.client = client
        self.version = 0
        self.confirmed = Content()
        self.shown = Content()
        self.pending: list[Pending] = []
        self.refusals = 0
        self.most_inserted = 1 << 31
        """Units that one edit may insert. A run of typing that comes to more becomes several."""
        self._next_id = 1
        self._coalesce = coalesce

    def load(self, version: int, content: Text) -> list[Pending]:
        """Start anew from a snapshot; returns the pending edits that are thereby dropped."""
        dropped, self.pending = self.pending, []
        self.version = version
        self.confirmed = Content(content)
        self.shown = Content(content)
        return dropped

    def resume(self, accepted: int) -> None:
        """A new connection: the pending edits up to ``accepted`` are in the stream, and the others must be sent again.

        Call it before events are taken in.
        """
        self.refusals = 0
        for edit in self.pending:
            if edit.id > accepted:
                edit.sent = False

    def edit(self, op: Operation) -> int:
        """Apply an own edit to what is shown, and keep it pending; returns its id.

        An edit that goes on with a run of typing or deleting which wasn't sent yet joins it.

        Raises:
            PastEnd, SplitsPair: ``op`` doesn't fit what is shown.
        """
        self.shown.check(op)
        self.shown.apply(op)
        last = self.pending[-1] if self.pending else None
        if self._coalesce and last is not None and not last.sent:
            run, edit = single(last.op), single(op)
            merged = extend(run, edit) if run is not None and edit is not None else None
            if merged is not None and self._allowed(merged[1]):
                if merged[1]:
                    last.op = written(*merged)
                else:
                    self.pending.pop()
                return last.id
        id_ = self._next_id
        self._next_id += 1
        self.pending.append(Pending(id_, op))
        return id_

    def _allowed(self, step: int | str) -> bool:
        return isinstance(step, int) or units.length(step) <= self.most_inserted

    def unsent(self) -> Iterator[Pending]:
        """Pending edits that must be sent, oldest first. The caller calls `mark_sent` as it sends them."""
        return (edit for edit in self.pending if not edit.sent)

    def mark_sent(self, edit: Pending) -> None:
        """Note that ``edit`` is on its way: it now meets what the server has it meet, and in the same way."""
        edit.sent = True
        edit.leaning.clear()

    def integrate_all(self, events: Sequence[EventRow]) -> list[Step]:
        """Take in the next events of the stream, as much as possible at once.

        Raises:
            ValueError: they aren't the next ones.
        """
        for version, event in enumerate(events, self.version):
            _check_next(event, version)
        steps: list[Step] = []
        batch = _Batch()
        for event in events:
            if event.client == self.client and event.id:
                op = event.op if isinstance(event.op, list) else []
                if not (self.pending and self.pending[0].id == event.id and self.pending[0].op == op):
                    steps += self._settle(batch)
                    batch = _Batch()
                    steps.append(Step([event], self.integrate(event)))
                    continue
                del self.pending[0]
                batch.stored.append(op)
            elif isinstance(event.op, list):
                batch.stored.append(event.op)
                batch.foreign.append(self._carry_over_sent(event, event.op))
            batch.events.append(event)
            self.version = event.seq
        return steps + self._settle(batch)

    def _settle(self, batch: _Batch) -> list[Step]:
        """Carry what has come out behind the edits that were sent over those that weren't."""
        fold_into(self.confirmed, batch.stored)
        change = None
        if batch.foreign:
            edits = [edit for edit in self.pending if not edit.sent]
            if edits:
                rebased = rebase(self.client, [edit.op for edit in edits], batch.foreign)
                for edit, op in zip(edits, rebased.mine, strict=True):
                    edit.op = op
                change = Change(rebased.theirs)
            else:
                change = Change(composed(foreign.op for foreign in batch.foreign))
            self.shown.apply(change.op)
        return [Step(batch.events, change)] if batch.events else []

    def integrate(self, event: EventRow) -> Change | None:
        """Take in the next event of the stream; None if nothing that is shown changes.

        Raises:
            ValueError: the event isn't the next one.
        """
        _check_next(event, self.version)
        op = event.op if isinstance(event.op, list) else None
        try:
            if event.client == self.client and self.pending and self.pending[0].id <= event.id:
                return self._confirm(event.id, op or [])
            if op is None:
                return None
            self.confirmed.apply(op)
            op, _ = self._carry_foreign(op, event, self.pending)
            self.shown.apply(op)
            return Change(op)
        finally:
            self.version = event.seq

    def _confirm(self, id_: int, op: Operation) -> Change | None:
        """Take off the edits up to ``id_``: one, or several that were joined when they were sent, and are here as an
        older state had them."""
        count = next((i for i, edit in enumerate(self.pending) if edit.id > id_), len(self.pending))
        predicted: Operation = []
        for edit in self.pending[:count]:
            predicted = compose(predicted, edit.op)
        del self.pending[:count]
        if predicted == op:
            self.confirmed.apply(op)
            return None
        undone = invert(predicted, self.confirmed.value())
        before = self.shown.value()
        self.confirmed.apply(op)
        for step in (undone, op):
            for edit in self.pending:
                step = self._carry(step, edit, "left")
        self.shown = Content(self.confirmed.value())
        for edit in self.pending:
            self.shown.apply(edit.op)
        return Change(replacing(before, self.shown.value()), diverged=True)

    def _carry_over_sent(self, event: EventRow, op: Operation) -> Foreign:
        """The ``op`` of a foreign event carried over the pending edits that were sent, the older part of them."""
        sent = 0
        while sent < len(self.pending) and self.pending[sent].sent:
            sent += 1
        op, leans = self._carry_foreign(op, event, self.pending[:sent])
        return Foreign(event.seq, event.client, op, (self.client,) if leans else ())

    def _carry_foreign(
        self, op: Operation, event: EventRow, over: Sequence[Pending]
    ) -> tuple[Operation, bool]:
        """The ``op`` of a foreign event carried over own edits, and they over it; and whether it leans then."""
        client = event.client
        leans = self.client in event.leans
        for edit in over:
            edit.op, op, edit_leans, leans = cross(
                edit.op,
                op,
                mine_left=self.client < client,
                mine_leans=client in edit.leaning,
                theirs_leans=leans,
            )
            if edit_leans:
                edit.leaning.add(client)
        return op, leans

    @staticmethod
    def _carry(op: Operation, edit: Pending, side: Side) -> Operation:
        """``op`` carried over ``edit``, and ``edit`` over ``op``, in place."""
        carried = transform(op, edit.op, side)
        edit.op = transform(edit.op, op, "right" if side == "left" else "left")
        return carried

    def refuse(self, id_: int) -> RefusedEdit | None:
        """The server won't have edit ``id_``: take it out, and carry those after it over its inverse.

        They have to be sent again. None if there is no such edit pending.
        """
        self.refusals += 1
        place = next((i for i, edit in enumerate(self.pending) if edit.id == id_), None)
        if place is None:
            return None
        text = Content(self.confirmed.value())
        for edit in self.pending[:place]:
            text.apply(edit.op)
        refused = self.pending.pop(place)
        op = invert(refused.op, text.value())
        for edit in self.pending[place:]:
            op = self._carry(op, edit, "left")
            edit.sent = False
            edit.leaning.clear()
        self.shown.apply(op)
        return RefusedEdit(refused.op, op)


class _Batch:
    """Events on their way in: those taken, their operations, and the foreign ones as they are behind what was sent."""

    def __init__(self) -> None:
        self.events: list[EventRow] = []
        self.stored: list[Operation] = []
        self.foreign: list[Foreign] = []


def _check_next(event: EventRow, version: int) -> None:
    if event.seq != version + 1:
        raise ValueError(f"event {event.seq} after version {version}")


def replacing(old: Text, new: Text) -> Operation:
    """An operation that puts ``new`` in the place of ``old``, whatever they hold."""
    removed = Content(old).length
    added: Sequence[object] = [new] if isinstance(new, str) and new else new if isinstance(new, list) else []
    return [*([-removed] if removed else []), *added]  # type: ignore[list-item]
