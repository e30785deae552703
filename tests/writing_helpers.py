"""What tests of writing over HTTP share."""

from __future__ import annotations

from typing import Any

import httpx

from tests.helpers import Json

DOC = "/api/documents/doc"


async def made(http: httpx.AsyncClient, id_: str = "doc", **wish: Any) -> Json:
    return await done(http.post("/api/documents", json={"id": id_, **wish}))


async def done(asked: Any) -> Json:
    """What came of a request that is to succeed: an event, or a document."""
    response = await asked
    assert response.status_code == 201, response.text
    row: Json = response.json()
    return row


async def refusal(asked: Any) -> tuple[int, str]:
    response = await asked
    error = response.json()["error"]
    assert error["reason"]
    return response.status_code, error["code"]


async def content(http: httpx.AsyncClient, document: str = "doc", **query: Any) -> Any:
    return (await http.get(f"/api/documents/{document}", params=query)).json()["content"]


async def events(http: httpx.AsyncClient, document: str = "doc") -> list[Json]:
    found: list[Json] = (await http.get(f"/api/documents/{document}/events")).json()["events"]
    return found


WRITES: list[tuple[str, str, Json | None]] = [
    ("PATCH", "", {"title": "T"}),
    ("POST", "/edits", {"op": ["x"]}),
    ("POST", "/edits", {"text": "x"}),
    ("POST", "/versions", {"name": "n"}),
    ("PATCH", "/versions/1", {"name": "n"}),
    ("DELETE", "/versions/1", None),
    ("POST", "/restore", {"version": 1}),
    ("POST", "/undo", {"author": "guest"}),
    ("POST", "/fork", {}),
]
