"""Recorded histories, read and merged without any server."""

from __future__ import annotations

from pathlib import Path

import pytest

from collab.bridge import Bridge, ForeignEdit
from collab.operation import Text, apply
from collab.traces import Trace, load

FULL = Path(__file__).parent.parent.parent / "shared" / "data" / "friendsforever.json.gz"
SHORT = Path(__file__).parent / "data" / "friendsforever-4000.json.gz"


def merged(trace: Trace, *, first_left: bool) -> Text:
    """The text that both authors' edits lead to when each meets what the other had not seen, as on the server."""
    names = ["a", "b"] if first_left else ["b", "a"]
    bridges = [Bridge(name) for name in names]
    counts = [0, 0]
    text: Text = ""
    for step in trace.steps:
        bridge, other = bridges[step.agent], bridges[1 - step.agent]
        bridge.drop(step.seen)
        crossing = bridge.cross(step.op)
        bridge.accept(crossing)
        text = apply(text, crossing.op)
        counts[step.agent] += 1
        other.append(ForeignEdit(counts[step.agent], names[step.agent], crossing.op, tuple(crossing.leans)))
    return text


@pytest.mark.parametrize("first_left", [True, False])
@pytest.mark.parametrize("path", [SHORT, FULL], ids=["short", "full"])
def test_two_recorded_authors_merge_into_the_recorded_text_whoever_goes_left(
    path: Path, first_left: bool
) -> None:
    """In the full history, at transaction 22,364, one retypes a full stop while the other types behind it."""
    if not path.exists():
        pytest.skip(f"{path.name} is not here")
    trace = load(path)
    assert merged(trace, first_left=first_left) == trace.end
