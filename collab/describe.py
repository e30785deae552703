"""Events in words, for people who read the log."""

from __future__ import annotations

from collab import units
from collab.events import (
    Created,
    Edited,
    Event,
    Renamed,
    Restored,
    Tagged,
    TagRenamed,
    Undone,
)
from collab.operation import Operation

MOST_SHOWN = 40
"""Characters of inserted text that are shown."""


def what(event: Event) -> str:
    """What ``event`` did, as the rest of a sentence that starts with its author."""
    payload = event.payload
    if isinstance(payload, Edited):
        return describe(payload.op)
    if isinstance(payload, Created):
        return _creation(payload)
    if isinstance(payload, Renamed):
        return f"renamed the document to “{payload.title}”"
    if isinstance(payload, Restored):
        return f"restored version {payload.version}: {describe(payload.op)}"
    if isinstance(payload, Undone):
        edits = f"{payload.author}'s edits {payload.after + 1} to {payload.until}"
        return f"undid {edits}: {describe(payload.op)}"
    if isinstance(payload, Tagged):
        return f"named version {payload.version} “{payload.name}”"
    if isinstance(payload, TagRenamed):
        return f"renamed the named version {payload.tag} to “{payload.name}”"
    return f"took the name from the named version {payload.tag}"


def _creation(payload: Created) -> str:
    said = "created the document" + (f" “{payload.title}”" if payload.title else "")
    if payload.origin is not None:
        said += f" as a fork of “{payload.origin.document}” at version {payload.origin.version}"
    return said + (f": {describe(payload.op)}" if payload.op else "")


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
