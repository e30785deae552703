"""Reproductions made by hand: one client, "me", in a document that begins as "text"."""

from __future__ import annotations

import json
from typing import Any

from collab.reproducing import Outcome, reproduce
from collab.reproduction import decode
from tests.helpers import Json

LIMITS = {
    "message": 1,
    "operation": 1,
    "document": 1,
    "edits_per_second": 1.0,
    "edit_burst": 1,
    "in_flight": 1,
}


def out(type_: str, **fields: Any) -> Json:
    return {"at": 1, "way": "out", "message": {"type": type_, **fields}}


def came(type_: str, **fields: Any) -> Json:
    return {"at": 1.5, "way": "in", "message": {"type": type_, **fields}}


def event(seq: int, op: Any, client: str = "other", id: int = 1, **more: Any) -> Json:
    return {
        "seq": seq,
        "type": "edited",
        "client": client,
        "id": id,
        "author": client,
        "at": 1,
        "op": op,
        **more,
    }


def welcome(snapshot: Json | None, accepted: int = 0) -> Json:
    return came(
        "welcome", seq=1, epoch="e", snapshot=snapshot, accepted=accepted, role="editor", limits=LIMITS
    )


JOINED = [
    out("hello", client="me", schema=1),
    welcome({"seq": 1, "length": 4}),
    came("snapshot", content=["te", "xt"], last=True),
    came("presence", seq=1, peers=[], all=True),
]


def file(*frames: Json, text: str = "text", at: int = 1, **more: Any) -> Json:
    return {
        "format": "collab-reproduction",
        "version": 1,
        "complete": True,
        "document": "notes",
        "client": "me",
        "author": "ana",
        "at": at,
        "confirmed": text,
        "shown": text,
        "pending": [],
        "restored": None,
        "frames": [*JOINED, *frames],
        **more,
    }


def own(id: int, op: Any, **more: Any) -> Json:
    return {"id": id, "op": op, "sent": True, "frozen": True, "leaning": [], **more}


def played(seen: Json) -> Outcome:
    return reproduce(decode(json.dumps(seen).encode()))
