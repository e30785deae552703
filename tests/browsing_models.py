"""What browser tests of the pages of read models share: making documents, and waiting for models."""

from __future__ import annotations

import httpx

from collab.local_server import LocalServer
from collab.projections.projection import Projection
from tests.model_helpers import refuse

ANN = "ann-ann-ann-ann-ann-ann-ann"
BO = "bo-bo-bo-bo-bo-bo-bo-bo-bo"
"""Tokens of two guests."""


async def write(server: LocalServer, *documents: dict[str, str], token: str = ANN) -> None:
    """Let somebody make these documents."""
    async with httpx.AsyncClient(base_url=server.url, headers={"authorization": f"Bearer {token}"}) as http:
        for document in documents:
            answer = await http.post("/api/documents", json=document)
            assert answer.status_code == 201, answer.text


async def after_all(server: LocalServer, model: str) -> httpx.Response:
    """What a model answers when everything that was written is in it, or why it never will be."""
    async with httpx.AsyncClient(base_url=server.url) as http:
        newest = (await http.get("/api/log", params={"limit": 1})).json()["newest"]
        return await http.get(f"/api/{model}", params={"after": newest, "q": "x"})


async def until_caught_up(server: LocalServer) -> None:
    for model in ("catalogue", "activity", "search", "contributors"):
        answer = await after_all(server, model)
        assert answer.status_code == 200, answer.text


async def park(server: LocalServer, projection: Projection, table: str) -> None:
    """Have the model stop before the next event that it would write into this table for."""
    await until_caught_up(server)
    refuse(server.db, projection, table)


async def until_parked(server: LocalServer, model: str) -> None:
    assert (await after_all(server, model)).json()["error"]["code"] == "model_parked"
