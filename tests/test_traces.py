"""Recorded histories, read and merged without any server."""

from __future__ import annotations

from pathlib import Path

import pytest

from collab.meeting import cross
from collab.operation import Operation, Text, apply
from collab.traces import Trace, load

FULL = Path(__file__).parent.parent.parent / "shared" / "data" / "friendsforever.json.gz"
SHORT = Path(__file__).parent / "data" / "friendsforever-4000.json.gz"


def merged(trace: Trace, *, first_left: bool) -> Text:
    """The text that both authors' edits lead to when each meets what the other had not seen, as on the server."""
    text: Text = ""
    unseen: dict[int, list[tuple[int, Operation, bool]]] = {0: [], 1: []}
    count = {0: 0, 1: 0}
    for step in trace.steps:
        op, leans, bridge = step.op, False, []
        for number, foreign, foreign_leans in unseen[step.agent]:
            if number > step.seen:
                left = (step.agent == 0) == first_left
                op, foreign, leans, foreign_leans = cross(
                    op, foreign, mine_left=left, mine_leans=leans, theirs_leans=foreign_leans
                )
                bridge.append((number, foreign, foreign_leans))
        unseen[step.agent] = bridge
        text = apply(text, op)
        count[step.agent] += 1
        unseen[1 - step.agent].append((count[step.agent], op, leans))
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
