"""The rooms of the house: who may import whom. docs/architecture.md draws the same picture."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "collab"

CORE = [
    "errors",
    "units",
    "times",
    "operation",
    "upcasters",
    "events",
    "rope",
    "buffer",
    "content",
    "fold",
    "tags",
    "tail",
    "document",
    "audit",
    "snapshots",
    "columns",
    "runs",
    "chapters",
    "envelopes",
    "segments",
    "chain",
    "weave",
    "authorship",
    "comparison",
    "undoing",
    "activity",
    "sightings",
    "compression",
    "limits",
    "messages",
    "loading",
    "meeting",
    "bridge",
    "recent",
    "presence",
    "session",
    "pieces",
    "missed",
    "rebase",
    "replica",
    "participant",
    "describe",
    "discrepancy",
    "reproduction",
    "reproducing",
    "shapes",
    "model_shapes",
]
"""Values and plain functions, each importing only from those before it."""

SHELL = [
    "waiting",
    "watching",
    "store",
    "archive",
    "reading",
    "explaining",
    "verifying",
    "snapshotting",
    "auth",
    "transport",
    "delivery",
    "opening",
    "clientele",
    "member",
    "room",
    "admission",
    "hub",
    "projections",
    "moving",
    "errands",
    "revising",
    "connection",
    "webhooks",
    "web",
    "tokens",
    "link",
    "asking",
    "making",
    "following",
    "history",
    "client",
    "traces",
    "local_server",
    "replay",
    "cli",
]
"""The thin shell around the core."""

IMPURE = {
    "asyncio", "time", "datetime", "random", "secrets", "os", "io", "pathlib", "socket", "sqlite3", "threading",
    "subprocess", "logging", "starlette", "uvicorn", "uvloop", "websockets", "httpx", "httpcore",
}  # fmt: skip

ALLOWED = {"times": {"datetime"}}
"""`times` reads and writes times that it is given; it asks no clock."""

ROOMS = CORE + SHELL


def modules() -> list[Path]:
    return sorted(path for path in PACKAGE.rglob("*.py") if path.parent != PACKAGE or path.stem[0] != "_")


def room_of(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imports(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            if node.module == "collab":
                found |= {f"collab.{alias.name}" for alias in node.names}
            else:
                found.add(node.module or "")
    return found


def test_every_room_is_in_the_plan() -> None:
    assert {room_of(path) for path in modules()} == set(ROOMS)


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_modules_import_only_from_rooms_above_their_own(path: Path) -> None:
    own = ROOMS.index(room_of(path))
    for name in imports(path):
        if name.startswith("collab."):
            assert ROOMS.index(name.split(".")[1]) <= own, f"{path.name} imports {name}"


@pytest.mark.parametrize("room", CORE)
def test_the_core_knows_no_clock_no_chance_and_no_outside(room: str) -> None:
    for path in modules():
        if room_of(path) == room:
            outside = {name.split(".")[0] for name in imports(path)}
            assert not outside & (IMPURE - ALLOWED.get(room, set())), path
            assert not any(
                isinstance(node, ast.AsyncFunctionDef) for node in ast.walk(ast.parse(path.read_text()))
            )
