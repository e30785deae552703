"""A reproduction played again, frame by frame, and held against what its client ended with.

The client's own half is played from what it sent: an `Edit` going out is what was pending under its id at that moment.
So only edits that were sent are pending here, and each meets the events that came after it as it did there:

    out  edit 1 [0,"a"]      pending  1 "a"
    in   events 5: "b"       confirmed "b", pending  1 "a"
    in   events 6: 1 "a"     confirmed "ab": as foreseen

What was never sent changed nothing but what is shown, and is taken from the file.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from collab import units
from collab.compression import BadContent
from collab.content import Content
from collab.describe import describe
from collab.discrepancy import around, difference, origin
from collab.errors import InvalidOperation
from collab.loading import Loading
from collab.messages import Checksum, EventRow, Events, Refused, SnapshotChunk
from collab.operation import Operation, Text
from collab.operation.values import same
from collab.replica import Pending, Replica
from collab.reproduction import Edit, Frame, Hello, Reproduction, Welcome

MOST_FINDINGS = 100
"""While playing: what follows on so many is seldom worth reading."""


class Finding(msgspec.Struct, frozen=True):
    """Something that isn't as it should be, seen at ``frame`` and ``version``."""

    frame: int
    version: int
    what: str


class Counts(msgspec.Struct):
    """What was played."""

    frames: int = 0
    connections: int = 0
    snapshots: int = 0
    edits: int = 0
    events: int = 0
    own: int = 0
    refusals: int = 0


class Outcome(msgspec.Struct, frozen=True):
    """Whether the end is the file's: ``shown`` is None where content was just being loaded, and nothing is shown.

    ``findings`` are in order. ``checked`` is the last version whose checksum was that of the server, 0 if none was.
    """

    counts: Counts
    version: int
    confirmed: bool
    shown: bool | None
    checked: int
    findings: list[Finding]

    @property
    def equal(self) -> bool:
        return self.confirmed and self.shown is not False


def reproduce(seen: Reproduction) -> Outcome:
    """Play ``seen`` again, and say whether it ends as its client did."""
    player = _Player(seen)
    for frame, most in zip(seen.frames, _reaches(seen), strict=True):
        player.play(frame, most)
    return player.outcome()


def _reaches(seen: Reproduction) -> list[float]:
    """For each frame the version up to which its client took events in, on that connection.

    Events that are missed are held until all are there, and given up if the connection breaks before: the next `Hello`
    says how far the client had come, and the file how far in the end.
    """
    reaches: list[float] = []
    most: float = seen.at
    for frame in reversed(seen.frames):
        reaches.append(most)
        if isinstance(frame.said, Hello):
            most = float("inf") if frame.said.since is None else frame.said.since
    return reaches[::-1]


class _Player:
    def __init__(self, seen: Reproduction) -> None:
        self._seen = seen
        self._replica = Replica(seen.client)
        self._counts = Counts()
        self._findings: list[Finding] = []
        self._frame = 0
        self._known = False
        """Whether the server was told that there is something to go on with."""
        self._lost = False
        """Whether something didn't fit, so that nothing can be made of what follows, until content comes."""
        self._loading: Loading | None = None
        self._given_up = False
        """Whether other content is to come in place of what there is."""
        self._checked = 0
        self._sent: dict[int, int] = {}
        """In which frame each edit was sent, the last time."""
        self._began = (0, 0, 0)
        """Frame, version and length of the content that the events in `_taken` follow on."""
        self._taken: list[tuple[int, EventRow]] = []
        if seen.restored is not None:
            self._load(seen.restored.version, seen.restored.content)
            for edit in seen.restored.edits:
                own = Pending(edit.id, edit.op, sent=True, leaning=set(edit.leaning))
                self._replica.pending.append(own)
            self._show()

    def play(self, frame: Frame, most: float) -> None:
        """Do what ``frame`` says; its events up to version ``most`` were taken in."""
        self._frame = frame.number
        self._counts.frames += 1
        said = frame.said
        if isinstance(said, Hello):
            self._hello(said)
        elif isinstance(said, Welcome):
            self._welcome(said)
        elif isinstance(said, (SnapshotChunk, bytes)):
            self._content(said)
        elif isinstance(said, Checksum):
            self._check(said)
        elif isinstance(said, Edit):
            self._edit(said)
        elif isinstance(said, Events):
            for event in said.events:
                if self._replica.version < event.seq <= most and not self._lost:
                    self._event(event)
        elif isinstance(said, Refused):
            self._refused(said)

    def _hello(self, hello: Hello) -> None:
        self._counts.connections += 1
        self._loading = None
        self._known = hello.since is not None
        if self._known and hello.since != self._replica.version and not self._lost:
            self._find(f"the client says that it has version {hello.since}")

    def _welcome(self, welcome: Welcome) -> None:
        if welcome.snapshot is None and self._known:
            # What isn't in the log may change before it is sent: it is taken from there.
            kept = [edit for edit in self._replica.pending if edit.id <= welcome.accepted]
            if len(kept) < len(self._replica.pending):
                self._replica.pending = kept
                self._show()
            return
        self._given_up = True
        if welcome.snapshot is None:
            return self._load(0, "")
        try:
            self._loading = Loading(welcome.snapshot)
        except BadContent as bad:
            self._lose(str(bad))

    def _content(self, piece: SnapshotChunk | bytes) -> None:
        if self._loading is None:
            return self._lose("content that was not announced")
        try:
            content = self._loading.take(piece)
        except BadContent as bad:
            return self._lose(str(bad))
        if content is not None:
            self._load(self._loading.version, content)

    def _load(self, version: int, content: Text) -> None:
        self._replica.load(version, content)
        self._loading = None
        self._lost = self._given_up = False
        self._began = (self._frame, version, self._replica.confirmed.length)
        self._taken = []
        self._counts.snapshots += self._frame > 0

    def _check(self, checksum: Checksum) -> None:
        if self._lost or checksum.seq != self._replica.version:
            return
        if units.checksum(self._replica.confirmed.plain_text()) == checksum.hash:
            self._checked = checksum.seq
        else:
            self._find("the text has another checksum than the server's")

    def _edit(self, edit: Edit) -> None:
        self._counts.edits += edit.id not in self._sent
        self._sent[edit.id] = self._frame
        if self._lost:
            return
        if edit.base != self._replica.version:
            self._find(f"edit {edit.id} was made on version {edit.base}")
        own = next((each for each in self._replica.pending if each.id == edit.id), None)
        if own is None:
            own = Pending(edit.id, edit.op)
            try:
                self._replica.shown.check(edit.op)
            except InvalidOperation as error:
                return self._lose(f"edit {edit.id} doesn't fit: {error}")
            self._replica.shown.apply(edit.op)
            self._replica.pending.append(own)
        elif not same(own.op, edit.op):
            self._find(f"edit {edit.id} was sent again as: {describe(edit.op)}; here: {describe(own.op)}")
            own.op = edit.op
            self._show()
        self._replica.mark_sent(own)

    def _event(self, event: EventRow) -> None:
        replica = self._replica
        if event.seq != replica.version + 1:
            return self._lose(f"event {event.seq} comes next")
        op = event.op if isinstance(event.op, list) else []
        try:
            replica.confirmed.check(op)
        except InvalidOperation as error:
            return self._lose(f"event {event.seq} doesn't fit: {error}")
        self._counts.events += 1
        self._counts.own += event.client == self._seen.client
        self._taken.append((self._frame, event))
        foreseen = next(iter(replica.pending), None)
        change = replica.integrate(event)
        if change is not None and change.diverged and foreseen is not None:
            was = f"{describe(op)}; foreseen: {describe(foreseen.op)}"
            self._find(f"event {event.seq}, the client's edit {event.id}: {was}")

    def _refused(self, refused: Refused) -> None:
        self._counts.refusals += 1
        if self._lost:
            return
        # Those after it were sent, and go on meeting events as such: here they are never anything else.
        leaning = {edit.id: set(edit.leaning) for edit in self._replica.pending}
        self._replica.refuse(refused.id)
        for edit in self._replica.pending:
            edit.sent, edit.leaning = True, leaning[edit.id]

    def _show(self) -> None:
        """Make what is shown anew, of what is confirmed and pending."""
        try:
            self._replica.shown = _on_top(
                self._replica.confirmed.value(), [edit.op for edit in self._replica.pending]
            )
        except InvalidOperation as error:
            self._lose(f"the own edits don't fit: {error}")

    def _lose(self, what: str) -> None:
        self._find(what)
        self._lost = True
        self._loading = None

    def _find(self, what: str, at: tuple[int, int] | None = None) -> None:
        if at is not None or len(self._findings) < MOST_FINDINGS:
            self._findings.append(Finding(*(at or (self._frame, self._replica.version)), what))

    def outcome(self) -> Outcome:
        seen, replica = self._seen, self._replica
        confirmed = replica.confirmed.value()
        if replica.version != seen.at:
            end = (self._frame, replica.version)
            self._find(f"this is the end, and the client ended with version {seen.at}", at=end)
        unit = difference(confirmed, seen.confirmed)
        if unit is not None:
            frame, version, whence = self._whence(unit)
            texts = f"{around(confirmed, unit)} here, {around(seen.confirmed, unit)} in the file"
            self._find(f"the text differs from unit {unit} on: {texts}; {whence}", at=(frame, version))
        shown = None if self._given_up else self._is_shown(confirmed)
        self._findings.sort(key=lambda finding: finding.frame)
        return Outcome(
            counts=self._counts,
            version=replica.version,
            confirmed=unit is None and replica.version == seen.at,
            shown=shown,
            checked=self._checked,
            findings=self._findings,
        )

    def _is_shown(self, confirmed: Text) -> bool:
        """Whether what is shown is so in the file; what was never sent is taken from there."""
        pending = self._seen.pending
        end = (self._frame, self._replica.version)
        ops = [edit.op for edit in self._replica.pending]
        ops += [edit.op for edit in pending if not edit.frozen]
        try:
            shown = _on_top(confirmed, ops).value()
        except InvalidOperation as error:
            self._find(f"what is pending in the file doesn't fit: {error}", at=end)
            return False
        unit = difference(shown, self._seen.shown)
        if unit is None:
            return True
        there = {edit.id: edit.op for edit in pending if edit.frozen}
        for edit in self._replica.pending:
            if (op := there.get(edit.id)) is None or not same(op, edit.op):
                what = "nothing" if op is None else describe(op)
                at = (self._sent.get(edit.id, 0), end[1])
                self._find(f"edit {edit.id} is pending as: {describe(edit.op)}; in the file: {what}", at=at)
        if self._findings:
            return False  # which is what it comes of
        texts = f"{around(shown, unit)} here, {around(self._seen.shown, unit)} in the file"
        self._find(f"what is shown differs from unit {unit} on: {texts}", at=end)
        return False

    def _whence(self, unit: int) -> tuple[int, int, str]:
        """The frame and version that brought the unit at that place of what is confirmed, and that in words."""
        frame, version, length = self._began
        if unit >= self._replica.confirmed.length:
            return self._frame, self._replica.version, "here it ends"
        seq = origin(unit, length, (event for _, event in self._taken))
        if seq is None:
            return frame, version, "this was there at first"
        frame, event = next((at, event) for at, event in self._taken if event.seq == seq)
        return frame, seq, f"this comes from event {seq}, by {event.author}"


def _on_top(content: Text, ops: Sequence[Operation]) -> Content:
    """``content`` with ``ops`` on top.

    Raises:
        PastEnd, SplitsPair: one doesn't fit.
    """
    result = Content(content)
    for op in ops:
        result.check(op)
        result.apply(op)
    return result
