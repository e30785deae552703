"""The API is what its description says, whatever it is asked."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import httpx
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis.core.result import Ok
from schemathesis.schemas import APIOperation
from schemathesis.specs.openapi.checks import positive_data_acceptance

from collab.local_server import LocalServer
from collab.web import activity, api, feed, files, history, metrics, models, replaying, visiting, writing
from tests.helpers import Peer

QUESTIONS = settings(
    max_examples=40, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck)
)


@schemathesis.serializer(files.HISTORY)
def as_it_is(_: Any, text: str) -> bytes:
    """What is asked with a file that isn't JSON, but some string."""
    return text.encode(errors="surrogatepass")


async def test_every_answer_is_one_that_the_description_promises(tmp_path: Path) -> None:
    async with LocalServer(tmp_path / "collab.db") as server:
        peer = await Peer.joined(server.url, "doc")
        await peer.confirmed(await peer.edit(["good day 😀"]))
        await peer.confirmed(await peer.edit([-4, {"insert": "fine", "attributes": {"bold": True}}]))
        asked = await asyncio.to_thread(ask_everything, server.url)
    modules = (api, history, feed, replaying, visiting, writing, files, models, activity, metrics)
    described = {f"{endpoint.method} {endpoint.path}" for module in modules for endpoint in module.ENDPOINTS}
    assert asked == described


def ask_everything(url: str) -> set[str]:
    """Ask each thing in the description in many ways, and see that the answers are as described. What was asked."""
    schema = schemathesis.openapi.from_url(f"{url}/openapi.json")
    asked = set()
    for found in schema.get_all_operations():
        assert isinstance(found, Ok), found
        ask(found.ok())
        asked.add(found.ok().label)
    return asked


# What fits the description may be refused all the same: a cursor that the server never gave, or a range that ends
# before it begins.
def ask(operation: APIOperation[Any, Any, Any, Any]) -> None:
    @QUESTIONS
    @given(case=operation.as_strategy())
    def answers_are_as_described(case: schemathesis.Case[Any]) -> None:
        if "document" in case.path_parameters and len(case.path_parameters["document"]) % 2:
            case.path_parameters["document"] = "doc"  # else there would hardly ever be one
        case.call_and_validate(excluded_checks=[positive_data_acceptance])

    answers_are_as_described()


async def test_the_description_names_each_endpoint_and_how_it_fails(tmp_path: Path) -> None:
    async with LocalServer(tmp_path / "collab.db") as server, httpx.AsyncClient(trust_env=False) as http:
        description = (await http.get(f"{server.url}/openapi.json")).json()
    for operations in description["paths"].values():
        for operation in operations.values():
            assert operation["summary"]
            assert "503" in operation["responses"]
            if operation["operationId"] != "health":
                assert {"401", "403"} <= operation["responses"].keys(), operation["operationId"]
    listing = description["paths"]["/api/documents"]["get"]
    assert {"title", "limit", "cursor"} <= {parameter["name"] for parameter in listing["parameters"]}
    shapes = description["components"]["schemas"]
    assert {"kind", "title", "authors", "author_count"} <= shapes["ListedDocument"]["properties"].keys()
    assert shapes["NewDocument"]["properties"]["kind"]["enum"] == ["text", "rich"]
    assert "rich" in shapes["DocumentRow"]["description"]
    assert "kind" in shapes["State"]["properties"]
