"""Read models by HTTP: what they answer, how far they are, and reading one's own writes."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from collab.errors import InvalidName
from collab.projections import reader
from collab.projections.builtin.activity import Activity
from collab.projections.models import named
from collab.store.sqlite import SQLiteStore
from collab.web import activity
from tests.conftest import Serve
from tests.helpers import DEADLINE, Serving, within
from tests.model_helpers import Picky, Texts, dislikes, refuse, take_again


@pytest.fixture
def plain_asgi() -> bool:
    return False


async def make(http: httpx.AsyncClient, document: str, content: str = "", title: str = "") -> None:
    made = await http.post("/api/documents", json={"id": document, "title": title, "content": content})
    made.raise_for_status()


async def get(http: httpx.AsyncClient, path: str, **query: Any) -> dict[str, Any]:
    answer = await http.get(path, params=query)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def refusal(http: httpx.AsyncClient, path: str, **query: Any) -> tuple[int, str]:
    answer = await http.get(path, params=query)
    return answer.status_code, answer.json()["error"]["code"]


async def test_an_empty_log_has_empty_models(http: httpx.AsyncClient) -> None:
    none = {"position": 0, "lag": 0, "next": None}
    assert await get(http, "/api/catalogue") == {"documents": [], **none}
    assert await get(http, "/api/search", q="x") == {"found": [], **none}
    assert await get(http, "/api/activity") == {"sessions": [], **none}
    assert await get(http, "/api/contributors") == {"contributors": [], **none}
    states = {row["state"] for row in (await get(http, "/api/projections"))["projections"]}
    assert states == {"missing"}


async def test_the_catalogue_tells_of_each_document(http: httpx.AsyncClient) -> None:
    await make(http, "one", "Grüße 😀", "Letters")
    await http.post("/api/documents/one/edits", json={"text": "Grüße"})
    page = await get(http, "/api/catalogue", after="one:2")
    (row,) = page["documents"]
    assert row["created_at"] < row["updated_at"]
    assert {key: row[key] for key in row if not key.endswith("_at")} == {
        "id": "one",
        "kind": "text",
        "title": "Letters",
        "versions": 2,
        "length": 5,
        "edits": 2,
        "last_author": "guest",
        "author_count": 1,
        "authors": ["guest"],
    }
    assert (page["position"], page["lag"], page["next"]) == (2, 0, None)


@pytest.mark.parametrize("order", ["updated", "created", "title", "length"])
async def test_the_catalogue_comes_in_pages(http: httpx.AsyncClient, order: str) -> None:
    for number in range(7):
        await make(http, f"doc{number}", "x" * (number * 5 % 7), f"Title {number * 3 % 7}")
    whole = (await get(http, "/api/catalogue", order=order, after=7))["documents"]
    assert len(whole) == 7
    found: list[Any] = []
    cursor: dict[str, str] = {}
    while True:
        page = await get(http, "/api/catalogue", order=order, limit=3, **cursor)
        found += page["documents"]
        if page["next"] is None:
            break
        cursor = {"cursor": page["next"]}
    assert found == whole
    assert await refusal(http, "/api/catalogue", order="other") == (400, "invalid_name")
    assert await refusal(http, "/api/catalogue", cursor="nonsense") == (400, "invalid_name")


async def test_a_cursor_of_another_order_is_refused(http: httpx.AsyncClient) -> None:
    for number in range(3):
        await make(http, f"doc{number}", title="a")
    by_title = (await get(http, "/api/catalogue", order="title", limit=1, after=3))["next"]
    assert await refusal(http, "/api/catalogue", order="length", cursor=by_title) == (400, "invalid_name")


async def test_what_was_typed_is_found(http: httpx.AsyncClient) -> None:
    await make(http, "one", "a needle in the <i>hay</i>")
    await make(http, "two", "only hay")
    page = await get(http, "/api/search", q="hay needl", after="two:1")
    (hit,) = page["found"]
    assert hit["document"] == "one"
    assert [piece for piece in hit["snippet"] if piece["match"]] == [
        {"text": "needle", "match": True},
        {"text": "hay", "match": True},
    ]
    assert "".join(piece["text"] for piece in hit["snippet"]) == "a needle in the <i>hay</i>"
    await http.post("/api/documents/one/edits", json={"text": "nothing"})
    assert (await get(http, "/api/search", q="needle", after="one:2"))["found"] == []
    assert await refusal(http, "/api/search", q="x" * 501) == (400, "invalid_name")


async def test_hits_come_in_pages(http: httpx.AsyncClient) -> None:
    for number in range(5):
        await make(http, f"doc{number}", "word " * (number + 1))
    whole = [hit["document"] for hit in (await get(http, "/api/search", q="word", after=5))["found"]]
    assert sorted(whole) == [f"doc{number}" for number in range(5)]
    first = await get(http, "/api/search", q="word", limit=3)
    second = await get(http, "/api/search", q="word", limit=3, cursor=first["next"])
    assert [hit["document"] for hit in first["found"] + second["found"]] == whole
    assert second["next"] is None
    assert await refusal(http, "/api/search", q="word", cursor=10_001) == (400, "invalid_name")


async def test_contributors_of_one_document_and_of_all(http: httpx.AsyncClient) -> None:
    await make(http, "one", "abc")
    await make(http, "two", "defg")
    whole = (await get(http, "/api/contributors", after=2))["contributors"]
    assert [(row["author"], row["documents"], row["inserted"]) for row in whole] == [("guest", 2, 7)]
    (row,) = (await get(http, "/api/contributors", document="two"))["contributors"]
    assert (row["edits"], row["inserted"], row["deleted"], row["documents"]) == (1, 4, 0, 1)
    assert (await get(http, "/api/contributors", document="none"))["contributors"] == []


# The feed.


async def test_the_feed_tells_who_did_what_lately(http: httpx.AsyncClient) -> None:
    await make(http, "one", "abc", "First")
    await make(http, "two", "defg")
    await http.post("/api/documents/one/edits", json={"text": "ab"})
    page = await get(http, "/api/activity", after="one:2")
    first, second = page["sessions"]
    assert (first["document"], first["title"], first["author"]) == ("one", "First", "guest")
    assert (first["first"], first["last"], first["position"]) == (1, 2, 3)
    assert (first["edits"], first["inserted"], first["deleted"]) == (2, 3, 1)
    assert second["document"] == "two"
    limited = await get(http, "/api/activity", limit=1)
    assert (limited["sessions"], limited["next"]) == ([first], 3)
    assert (await get(http, "/api/activity", before=3))["sessions"] == [second]
    assert (await get(http, "/api/activity", document="two"))["sessions"] == [second]
    assert (await get(http, "/api/activity", author="nobody"))["sessions"] == []


@asynccontextmanager
async def feed(http: httpx.AsyncClient, **headers: str) -> AsyncIterator[AsyncIterator[dict[str, str]]]:
    """The live feed, as fields of one message after the other."""
    async with http.stream(
        "GET", "/api/activity", headers={"Accept": "text/event-stream", **headers}
    ) as answer:
        assert answer.status_code == 200

        async def told() -> AsyncIterator[dict[str, str]]:
            fields: dict[str, str] = {}
            async for line in answer.aiter_lines():
                if line:
                    name, _, value = line.partition(": ")
                    fields[name] = value
                else:
                    yield fields
                    fields = {}

        yield told()


async def test_the_live_feed_tells_each_session_as_it_changes(http: httpx.AsyncClient) -> None:
    await make(http, "one", "abc")
    async with feed(http) as told:
        assert await within(anext(told)) == {"retry": "2000", "id": "1"}
        await http.post("/api/documents/one/edits", json={"text": "abcd"})
        message = await within(anext(told))
        assert (message["event"], message["id"]) == ("session", "2")
        session = json.loads(message["data"])
        assert (session["first"], session["last"], session["inserted"]) == (1, 2, 4)
        await make(http, "two", "x")
        assert json.loads((await within(anext(told)))["data"])["document"] == "two"
    async with feed(http, **{"Last-Event-ID": "1"}) as told:
        await within(anext(told))
        sessions = [json.loads((await within(anext(told)))["data"]) for _ in range(2)]
        assert [each["document"] for each in sessions] == ["one", "two"]


async def test_the_live_feed_ends_with_the_server(serving: Serving, http: httpx.AsyncClient) -> None:
    await make(http, "one", "abc")
    async with feed(http) as told:
        await within(anext(told))
        stopping = asyncio.create_task(serving.stop())
        async with asyncio.timeout(DEADLINE):
            assert [message async for message in told] == []
        await within(stopping)


async def test_the_live_feed_tells_when_its_model_stands_still_and_when_it_goes_on(
    serve: Serve, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(activity, "BEAT_SECONDS", 0.05)
    async with await SQLiteStore.open(tmp_path / "collab.db") as store:
        serving = await serve(store)
        async with httpx.AsyncClient(base_url=serving.url, trust_env=False) as http:
            await make(http, "one", "x")
            await get(http, "/api/activity", after="one:1")
            refuse(store.path, Activity(), "sessions")
            async with feed(http) as told:
                await make(http, "two", "y")
                assert await refusal(http, "/api/activity", after="two:1") == (503, "model_parked")
                while (message := await within(anext(told))).get("event") != "behind":
                    assert message.get("event") is None
                assert json.loads(message["data"]) == {"lag": 1}
                take_again(store.path, Activity())
                while (message := await within(anext(told)))["event"] == "behind" and "1" in message["data"]:
                    pass
                assert (message["event"], message["data"]) == ("behind", '{"lag":0}')
                assert json.loads((await within(anext(told)))["data"])["document"] == "two"


async def test_the_live_feed_can_not_begin_behind_the_log(http: httpx.AsyncClient) -> None:
    answer = await http.get("/api/activity", headers={"Accept": "text/event-stream", "Last-Event-ID": "9"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "unknown_position")


# How far they are.


async def test_lag_is_in_the_api_and_in_metrics(serve: Serve) -> None:
    serving = await serve(projections=[Picky(dislikes("poison"))])
    async with httpx.AsyncClient(base_url=serving.url, trust_env=False) as http:
        await make(http, "one", "poison")
        await make(http, "two", "fine")
        await get(http, "/api/catalogue", after=2)

        async def metrics() -> list[str]:
            answer = await http.get("/metrics")
            assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
            return answer.text.splitlines()

        async with asyncio.timeout(DEADLINE):
            while 'collab_projection_parked{projection="picky"} 1.0' not in await metrics():  # noqa: ASYNC110 - by HTTP
                await asyncio.sleep(0.05)
        assert {
            "collab_log_position 2.0",
            'collab_projection_position{projection="picky"} 0.0',
            'collab_projection_lag_events{projection="picky"} 2.0',
            'collab_projection_lag_events{projection="catalogue"} 0.0',
            'collab_projection_parked{projection="catalogue"} 0.0',
        } <= set(await metrics())
        row = next(
            row for row in (await get(http, "/api/projections"))["projections"] if row["name"] == "picky"
        )
        assert (row["state"], row["position"], row["lag"], row["parked"]["position"]) == ("parked", 0, 2, 1)


class Answering(Texts):
    """What each document says, for whoever asks."""

    def rows(self, model: sqlite3.Connection, parameters: Mapping[str, str]) -> Any:
        return [*model.execute("SELECT document, text FROM texts ORDER BY document"), dict(parameters)]


async def test_whoever_reads_what_they_wrote_waits_for_the_model(serve: Serve) -> None:
    serving = await serve(projections=[Texts()])
    async with httpx.AsyncClient(base_url=serving.url, trust_env=False) as http:
        for number in range(1, 11):
            await make(http, f"doc{number}", "x")
            page = await get(http, "/api/catalogue", after=number, limit=200)
            assert page["position"] >= number
            assert f"doc{number}" in {row["id"] for row in page["documents"]}


async def test_a_position_that_there_is_not_is_refused(http: httpx.AsyncClient) -> None:
    await make(http, "one", "x")
    for after, expected in {
        "2": (404, "unknown_position"),
        "one:2": (404, "unknown_version"),
        "none:1": (404, "document_not_found"),
        "one": (400, "invalid_name"),
        "-1": (400, "invalid_name"),
        "9" * 16: (400, "invalid_name"),
    }.items():
        assert await refusal(http, "/api/catalogue", after=after) == expected, after
    await get(http, "/api/catalogue", after="one:0")


async def test_a_model_that_does_not_come_that_far_says_so(serve: Serve) -> None:
    serving = await serve(projections=[Picky(dislikes("poison"))])
    async with httpx.AsyncClient(base_url=serving.url, trust_env=False) as http:
        await make(http, "one", "fine")
        assert await refusal(http, "/api/projections/picky/rows", after="one:1") == (400, "invalid_name")
        await http.post("/api/documents/one/edits", json={"op": ["poison"]})
        assert await refusal(http, "/api/projections/picky/rows", after="one:2") == (503, "model_parked")
        assert await refusal(http, "/api/projections/none/rows") == (404, "unknown_projection")


async def test_a_projection_answers_for_itself(serve: Serve) -> None:
    serving = await serve(projections=[Answering()])
    async with httpx.AsyncClient(base_url=serving.url, trust_env=False) as http:
        await make(http, "one", "x")
        answer = await get(http, "/api/projections/texts/rows", after=1, colour="red")
        assert answer == {
            "projection": "texts",
            "rows": [["one", "x"], {"colour": "red"}],
            "position": 1,
            "lag": 0,
        }


async def test_a_projection_can_not_write_where_it_is_asked(serve: Serve) -> None:
    class Writing(Texts):
        def rows(self, model: sqlite3.Connection, parameters: Mapping[str, str]) -> Any:
            model.execute("DELETE FROM texts")

    serving = await serve(projections=[Writing()])
    async with httpx.AsyncClient(base_url=serving.url, trust_env=False) as http:
        await make(http, "one", "x")
        assert await refusal(http, "/api/projections/texts/rows", after=1) == (503, "store_read_only")


def test_two_projections_of_one_name_are_refused() -> None:
    with pytest.raises(InvalidName, match="'texts' once"):
        named([Texts(), Texts()])


@pytest.mark.parametrize("name", ["", "Upper", "a/b", "../x", "x" * 41, "1st"])
def test_a_name_that_is_no_name_for_a_folder_is_refused(name: str) -> None:
    class Named(Texts):
        pass

    Named.name = name
    with pytest.raises(InvalidName, match="projection's name"):
        named([Named()])


async def test_search_is_up_to_date_while_somebody_types(serving: Serving, http: httpx.AsyncClient) -> None:
    await make(http, "one", "")
    found: list[bool] = []
    for number in range(20):
        await http.post("/api/documents/one/edits", json={"op": [f"word{number} "]})
        found.append(
            bool((await get(http, "/api/search", q=f"word{number}", after=f"one:{number + 2}"))["found"])
        )
    assert all(found)


async def test_a_question_that_takes_too_long_is_broken_off(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Endless(Texts):
        def rows(self, model: sqlite3.Connection, parameters: Mapping[str, str]) -> Any:
            counting = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n"
            return model.execute(counting).fetchall()

    monkeypatch.setattr(reader, "ASK_SECONDS", 0.05)
    serving = await serve(projections=[Endless()])
    async with httpx.AsyncClient(base_url=serving.url, trust_env=False) as http:
        await make(http, "one", "x")
        answer = await http.get("/api/projections/texts/rows", params={"after": 1})
    assert (answer.status_code, answer.json()["error"]["code"]) == (503, "store")
    assert "interrupted" in answer.json()["error"]["reason"]
