"""Webhooks as they are used: a server process, commands beside it, and receivers with certificates."""

from __future__ import annotations

import asyncio
import ssl
import time
from pathlib import Path
from typing import Any

import httpx
import trustme

from collab.hub import Hub
from collab.local_server import LocalServer
from collab.store.memory import MemoryStore
from collab.webhooks.dispatcher import Dispatcher, Settings
from collab.webhooks.subscribing import subscribe
from tests.cli_helpers import objects, run
from tests.helpers import DEADLINE, UNHURRIED, eventually
from tests.receivers import OK, Receiver
from tests.store_helpers import creation, typing

SECRET = "whsec_" + "QUJD" * 10


async def collab(*arguments: str | Path, db: Path) -> str:
    command = ("webhooks", "--db", db, *arguments)
    code, output, errors = await asyncio.to_thread(lambda: run(*command, cwd=db.parent))
    assert (code, errors) == (0, b"")
    return output.decode()


def refuses_poison(body: dict[str, Any]) -> int:
    return 400 if any("poison" in str(event.get("op")) for event in body["events"]) else OK


async def test_a_poison_event_is_parked_shown_and_skipped_by_command_while_the_server_runs(
    tmp_path: Path,
) -> None:
    db = tmp_path / "collab.db"
    async with (
        Receiver(SECRET, refuses_poison) as receiver,
        LocalServer(db, "--webhooks-to-private-addresses") as server,
        httpx.AsyncClient(base_url=server.url, trust_env=False) as http,
    ):
        await collab("add", receiver.url, "--secret", SECRET, "--refusals", "2", db=db)
        for document in ("bad", "good"):
            await http.post("/api/documents", json={"id": document})
            for word in ("one ", "poison " if document == "bad" else "two ", "three "):
                await http.post(f"/api/documents/{document}/edits", json={"op": [word]})

        async with asyncio.timeout(DEADLINE):
            while (listed := objects(await collab("--json", db=db))[0])["state"] != "parked":  # noqa: ASYNC110 - by a command
                await asyncio.sleep(0.1)
        (parked,) = listed["parked"]
        assert (parked["document"], parked["seq"], parked["type"], parked["error"]) == (
            *("bad", 3, "edited", "answered_400"),
        )
        shown = await collab(db=db)
        assert "parked: bad event 3 edited, answered_400" in shown
        await eventually(lambda: receiver.count == 6)
        assert [event["seq"] for event in receiver.seen["good"]] == [1, 2, 3, 4]
        assert [event["seq"] for event in receiver.seen["bad"]] == [1, 2]

        async with asyncio.timeout(DEADLINE):
            while 'collab_webhook_parked_documents{webhook="1"} 1.0' not in (await http.get("/metrics")).text:  # noqa: ASYNC110 - by a command
                await asyncio.sleep(0.1)

        receiver.seen["bad"].clear()  # what follows the skipped one follows no other
        await collab("skip", "1", "bad", db=db)
        await eventually(lambda: receiver.count == 7)
        assert [event["seq"] for event in receiver.seen["bad"]] == [4]
        assert receiver.wrong == []


async def test_private_addresses_are_refused_unless_the_server_is_told_otherwise(tmp_path: Path) -> None:
    db = tmp_path / "collab.db"
    async with Receiver(SECRET) as receiver, LocalServer(db) as server:
        await collab("add", receiver.url, "--secret", SECRET, db=db)
        async with httpx.AsyncClient(base_url=server.url, trust_env=False) as http:
            await http.post("/api/documents", json={"id": "doc"})
        async with asyncio.timeout(DEADLINE):
            while not (listed := objects(await collab("--json", db=db))[0])["error"]:  # noqa: ASYNC110 - by a command
                await asyncio.sleep(0.1)
        assert (
            listed["error"]
            == "address_refused: 127.0.0.1 has the address 127.0.0.1, which isn't a public one"
        )
        assert (listed["state"], receiver.calls) == ("waiting", [])


async def told_over_tls(certified_for: str) -> tuple[Receiver, str]:
    """A receiver at localhost with a certificate for ``certified_for``, after an event; and what was wrong."""
    authority = trustme.CA()
    theirs, ours = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), ssl.create_default_context()
    authority.issue_cert(certified_for).configure_cert(theirs)
    authority.configure_trust(ours)
    store = MemoryStore()
    await store.append(creation("doc"))
    await store.append(typing("doc", 1, count=4))
    hub = Hub(store, limits=UNHURRIED)
    dispatcher = Dispatcher(hub, Settings(allow_private=True, poll_seconds=0.02), tls=ours)
    async with Receiver(SECRET, tls=theirs) as receiver:
        await subscribe(store, receiver.url, now=time.time_ns() // 1000, secret=SECRET, after=0)
        dispatcher.start()
        await eventually(lambda: any(each.delivered == 5 or each.error for each in dispatcher.statuses()))
        error = dispatcher.statuses()[0].error
        await hub.close()
    return receiver, error


async def test_https_receivers_are_called_by_their_name() -> None:
    receiver, error = await told_over_tls("localhost")
    assert (receiver.count, error) == (5, "")
    assert receiver.headers["host"].startswith("localhost:")


async def test_a_receiver_with_a_certificate_for_another_name_is_told_nothing() -> None:
    receiver, error = await told_over_tls("example.com")
    assert receiver.calls == []
    assert error.startswith("no_answer: ")
    assert "certificate" in error.lower()
