"""Recorded editing histories, in the format of josephg/editing-traces.

Positions in a trace count code points. A *sequential* trace is one author's edits in order. A *concurrent* one is
a graph: each transaction names its parents, and its positions refer to the text that its author then saw.
"""

from __future__ import annotations

import gzip
from collections.abc import Sequence
from pathlib import Path

import msgspec

from collab import units
from collab.errors import CollabError
from collab.operation import Operation, compose, normalize

Patch = tuple[int, int, str]


class BadTrace(CollabError):
    code = "bad_trace"


class _Transaction(msgspec.Struct):
    patches: list[Patch]
    parents: list[int] = []
    agent: int = 0


class _File(msgspec.Struct, rename="camel"):
    end_content: str
    txns: list[_Transaction]
    start_content: str = ""
    kind: str = "sequential"
    num_agents: int = 1


class Step(msgspec.Struct, frozen=True):
    """One edit of one agent: ``op`` on the text it saw, which held ``seen`` edits of the other agent."""

    agent: int
    op: Operation
    seen: int


class Trace(msgspec.Struct, frozen=True):
    """A history: each agent's edits in order, and the text that all together lead to."""

    name: str
    agents: int
    steps: list[Step]
    end: str

    def of(self, agent: int) -> Sequence[Step]:
        """The edits of one agent."""
        return [step for step in self.steps if step.agent == agent]


def load(path: Path) -> Trace:
    """Read a trace, gzipped or not.

    Raises:
        BadTrace: it isn't one, starts with text, or has more than two agents.
    """
    try:
        raw = path.read_bytes()
        if raw[:2] == b"\x1f\x8b":
            raw = gzip.decompress(raw)
        file = msgspec.json.decode(raw, type=_File)
    except (OSError, EOFError, msgspec.DecodeError, UnicodeError) as error:
        raise BadTrace(f"{path}: {error}") from error
    if file.start_content:
        raise BadTrace(f"{path}: a trace has to start with an empty text")
    if file.num_agents > 2:
        raise BadTrace(f"{path}: {file.num_agents} agents; only two can be replayed")
    name = path.name.removesuffix(".gz").removesuffix(".json")
    if file.kind == "concurrent":
        return Trace(name, file.num_agents, _concurrent(path, file), file.end_content)
    return Trace(name, 1, _sequential(file), file.end_content)


def _sequential(file: _File) -> list[Step]:
    texts = (text for txn in file.txns for _, _, text in txn.patches)
    if all(len(text) == units.length(text) for text in texts):
        return [Step(0, _operation(txn.patches), 0) for txn in file.txns]
    return _sequential_astral(file)


def _sequential_astral(file: _File) -> list[Step]:
    """Code points and units differ, so every position has to be looked up in the text as it then was."""
    text = ""
    steps = []
    for txn in file.txns:
        op: Operation = []
        for place, removed, inserted in txn.patches:
            gone = units.length(text[place : place + removed])
            op = compose(op, normalize([units.length(text[:place]), -gone, inserted]))
            text = text[:place] + inserted + text[place + removed :]
        steps.append(Step(0, op, 0))
    return steps


def _operation(patches: list[Patch]) -> Operation:
    op: Operation = []
    for place, removed, inserted in patches:
        op = compose(op, normalize([place, -removed, inserted]))
    return op


def _concurrent(path: Path, file: _File) -> list[Step]:
    """Steps in the order of the file, with what each had seen: the other agent's edits among its ancestors."""
    known: list[list[int]] = []  # per transaction: how many edits of each agent it and its ancestors are
    count = [0] * file.num_agents
    steps = []
    for number, txn in enumerate(file.txns):
        seen = [max((known[parent][a] for parent in txn.parents), default=0) for a in range(file.num_agents)]
        if seen[txn.agent] != count[txn.agent]:
            raise BadTrace(f"{path}: transaction {number} hasn't seen its own agent's earlier ones")
        steps.append(Step(txn.agent, _operation(txn.patches), sum(seen) - seen[txn.agent]))
        seen[txn.agent] += 1
        count[txn.agent] += 1
        known.append(seen)
    return steps
