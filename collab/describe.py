"""Events in words, for people who read the log."""

from __future__ import annotations

from collab import units
from collab.events import Created, Edited, Event, Renamed
from collab.operation import Operation

MOST_SHOWN = 40
"""Characters of inserted text that are shown."""


def what(event: Event) -> str:
    """What ``event`` did, as the rest of a sentence that starts with its author."""
    payload = event.payload
    if isinstance(payload, Created):
        return "created the document" + (f" “{payload.title}”" if payload.title else "")
    if isinstance(payload, Renamed):
        return f"renamed the document to “{payload.title}”"
    assert isinstance(payload, Edited)
    return describe(payload.op)


def describe(op: Operation) -> str:
    """What an operation does, in words.

    >>> describe([5, "hello", -3])
    'inserted “hello” at 5, deleted 3 at 5'
    """
    parts = []
    place = 0
    for step in op:
        if isinstance(step, int):
            if step < 0:
                parts.append(f"deleted {-step} at {place}")
            place += abs(step)
        elif isinstance(step, str):
            parts.append(f"inserted {quoted(step)} at {place}")
        elif "retain" in step:
            if step.get("attributes"):
                parts.append(f"formatted {step['retain']} at {place} as {attributes(step)}")
            place += step["retain"]
        elif isinstance(step["insert"], str):
            parts.append(f"inserted {quoted(step['insert'])} at {place} as {attributes(step)}")
        else:
            parts.append(f"inserted {', '.join(step['insert'])} at {place}")
    return ", ".join(parts) or "changed nothing"


def quoted(text: str) -> str:
    """``text`` in quotes, on one line, cut short if it is long."""
    shown = text if len(text) <= MOST_SHOWN else text[: MOST_SHOWN - 1] + "…"
    shown = shown.replace("\\", "\\\\").replace("\n", "\\n").replace("\r", "\\r").replace("\t", "\\t")
    shown = "".join(character if character.isprintable() else "·" for character in shown)
    return f"“{shown}”" + ("" if len(text) <= MOST_SHOWN else f" ({units.length(text)} units)")


def attributes(step: dict[str, object]) -> str:
    found = step.get("attributes")
    if not isinstance(found, dict):
        return "plain"
    return ", ".join(f"no {key}" if value is None else f"{key}={value}" for key, value in found.items())
