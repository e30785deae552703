"""A client that comes back, is refused, or is told wrong things."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest
from websockets.asyncio.server import ServerConnection
from websockets.asyncio.server import serve as serve_sockets
from websockets.typing import Subprotocol

from collab import room as rooms
from collab.client import Refusal, SharedDocument, connect
from collab.compression import ENCODING, compress
from collab.limits import Limits, advertise
from collab.link import Closed
from collab.messages import SUBPROTOCOL, SnapshotMark, Welcome, You, encode
from collab.store.sqlite import SQLiteStore
from tests.conftest import Serve
from tests.helpers import Peer, Serving, agree, eventually, logged, within


@pytest.fixture
def plain_asgi() -> bool:
    return False


# Coming back.


@pytest.mark.usefixtures("impatient")
async def test_edits_made_while_cut_off_are_saved_after_coming_back(serve: Serve, tmp_path: Path) -> None:
    async with await SQLiteStore.open(tmp_path / "collab.db") as store:
        first = await serve(store)
        async with connect(first.url, "doc") as doc:
            doc.insert(0, "online ")
            await within(doc.saved())
            await first.drop()
            await within(doc.wait_for(lambda: doc.status != "connected"))
            doc.insert(7, "offline")
            assert (doc.text, doc.pending) == ("online offline", 1)
            second = await serve(store, port=first.port)
            await within(doc.saved())
            assert doc.reconnects == 1
            assert [event.op for event in logged(tmp_path / "collab.db", "doc")[1:]] == [
                ["online "],
                [7, "offline"],
            ]
        await second.drop()


@pytest.mark.usefixtures("impatient")
async def test_a_client_waits_for_a_server_that_is_not_there_yet(serve: Serve) -> None:
    gone = await serve()
    await gone.drop()
    doc = connect(gone.url, "doc")
    entering = asyncio.create_task(doc.__aenter__())
    await eventually(lambda: doc.status == "disconnected" and doc._running is not None)
    await serve(port=gone.port)
    await within(entering)
    assert doc.version == 1
    await doc.close()


@pytest.mark.usefixtures("impatient")
async def test_a_document_replaced_meanwhile_is_taken_over_and_what_was_pending_reported(
    serve: Serve,
) -> None:
    refused: list[Refusal] = []
    first = await serve()
    async with connect(first.url, "doc", on_refused=refused.append) as doc:
        doc.insert(0, "old")
        await within(doc.saved())
        await first.drop()
        await within(doc.wait_for(lambda: doc.status != "connected"))
        doc.insert(3, " and mine")
        # Another store, and so another document under the same name.
        second = await serve(port=first.port)
        author = await Peer.joined(second.url, "doc")
        await author.edit(["new"])
        await eventually(lambda: doc.text == "new")
        assert doc.pending == 0
        assert [(refusal.code, refusal.text) for refusal in refused] == [("epoch_changed", " and mine")]
        doc.insert(3, "er")
        await within(doc.saved())
        assert doc.text == "newer"


@pytest.mark.parametrize(
    ("document", "url", "code"),
    [("-bad-", "", 4404), ("doc", "/nowhere", 4403)],
    ids=["bad id", "no such path"],
)
async def test_a_final_answer_closes_the_document(
    serving: Serving, document: str, url: str, code: int
) -> None:
    with pytest.raises(Closed) as caught:
        async with connect(serving.url + url, document):
            pass
    assert caught.value.close_code == code


async def test_a_newer_session_closes_the_older_one(serving: Serving) -> None:
    async with connect(serving.url, "doc") as doc:
        await Peer.joined(serving.url, "doc", client=doc.client, key=doc._talk.hello().key)
        with pytest.raises(Closed) as caught:
            await within(doc.reached(99))
        assert caught.value.close_code == 4490
        with pytest.raises(Closed):
            doc.insert(0, "too late")
        assert doc.text == ""


async def test_a_closed_document_takes_no_edits_and_waits_for_nothing(serving: Serving) -> None:
    async with connect(serving.url, "doc") as doc:
        doc.insert(0, "kept")
        await within(doc.saved())
    assert doc.text == "kept"
    with pytest.raises(Closed):
        doc.insert(0, "x")
    with pytest.raises(Closed):
        await within(doc.reached(99))
    await doc.close()


async def test_a_client_that_fails_keeps_nobody_waiting(
    serving: Serving, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("a bug in the program")

    async with SharedDocument(serving.url, "doc", on_event=fail) as doc:
        doc.insert(0, "x")
        with pytest.raises(Closed, match="a bug in the program"):
            await within(doc.reached(99))
        assert doc.status == "disconnected"
    assert "the client failed" in caplog.text


async def test_leaving_early_is_seen_by_the_server(serving: Serving) -> None:
    room = await serving.room("doc")
    async with connect(serving.url, "doc"):
        assert len(room.members) == 1
    await eventually(lambda: not room.members)


# Being refused.


async def test_a_refused_edit_is_taken_out_and_reported_and_those_behind_it_stay(serve: Serve) -> None:
    refused: list[Refusal] = []
    serving = await serve(limits=Limits(document=20))
    document = SharedDocument(serving.url, "doc", coalesce=False, on_refused=refused.append)
    async with document as doc:
        doc.insert(0, "0123456789")
        doc.insert(5, "too much to be held")
        doc.insert(0, "<")
        doc.insert(len(doc.text), ">")
        await within(doc.saved())
        assert doc.text == "<0123456789>"
        assert [(refusal.code, refusal.text) for refusal in refused] == [
            ("document_too_large", "too much to be held")
        ]
        assert doc.status == "connected"
        assert doc.diverged == 0
    assert (await Peer.joined(serving.url, "doc")).text == "<0123456789>"


async def test_many_refusals_in_a_row_leave_what_was_good(serve: Serve) -> None:
    refused: list[Refusal] = []
    serving = await serve(limits=Limits(document=150))
    document = SharedDocument(serving.url, "doc", coalesce=False, on_refused=refused.append)
    async with document as doc, connect(serving.url, "doc") as other:
        for i in range(30):
            doc.insert(0, f"[{i}]" if i % 3 else f"#{i}" * 80)
            other.insert(len(other.text), ".")
            await other.wait_for(lambda: other.pending < 5)
        text = await agree(doc, other)
        assert len(refused) == 10
        for i in range(30):
            assert (f"[{i}]" in text) == bool(i % 3)
        assert text.count(".") == 30
        assert (doc.diverged, other.diverged) == (0, 0)


@pytest.mark.parametrize("coalesce", [True, False])
async def test_a_client_paces_itself(serve: Serve, coalesce: bool) -> None:
    refused: list[Refusal] = []
    serving = await serve(limits=Limits(edits_per_second=100, edit_burst=5, in_flight=3))
    document = SharedDocument(serving.url, "doc", coalesce=coalesce, on_refused=refused.append)
    async with document as doc:
        for i in range(40):
            doc.insert(0, f"{i},")
        await within(doc.saved())
        assert refused == []
        assert doc.text == "".join(f"{i}," for i in reversed(range(40)))


# Being wrong.


async def test_a_wrong_prediction_is_repaired_from_the_log(
    serving: Serving, caplog: pytest.LogCaptureFixture
) -> None:
    wronged = False
    async with SharedDocument(serving.url, "doc", gate=lambda _: wronged) as doc:
        doc.insert(0, "right!")
        await eventually(lambda: doc.holding)
        # As a bug would: the client shows something else than it sent.
        doc._replica.pending[0].op = ["wrong"]
        doc._replica.shown.replace(0, 6, "wrong")
        wronged = True
        doc.integrate_waiting()
        await within(doc.saved())
        assert (doc.text, doc.diverged) == ("right!", 1)
        doc.insert(6, "?")
        await within(doc.saved())
        assert (doc.text, doc.diverged) == ("right!?", 1)
    assert "prediction of event 2 was wrong" in caplog.text


@pytest.mark.usefixtures("impatient")
async def test_a_text_that_differs_is_found_by_its_checksum_and_fetched_again(
    serving: Serving, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(rooms, "CHECKSUM_SECONDS", 0.05)
    async with connect(serving.url, "doc") as doc, connect(serving.url, "doc") as other:
        other.insert(0, "right")
        await agree(doc, other)
        # As a bug would: this client has something else than all others.
        doc._replica.confirmed.replace(0, 1, "w")
        doc._replica.shown.replace(0, 1, "w")
        assert doc.text == "wight"
        other.insert(5, "!")
        await eventually(lambda: doc.text == "right!")
        assert doc.diverged == 1
        doc.insert(6, "?")
        assert await agree(doc, other) == "right!?"
    assert "differs from the server's" in caplog.text


async def test_a_right_checksum_is_taken_in_silence(
    serving: Serving, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rooms, "CHECKSUM_SECONDS", 0.02)
    watcher = await Peer.joined(serving.url, "doc")
    async with connect(serving.url, "doc") as doc:
        doc.insert(0, "a😀\N{OBJECT REPLACEMENT CHARACTER}")
        await watcher.expect("checksum")
        doc.insert(0, "!")
        await within(doc.saved())
        assert (doc.diverged, doc.reconnects) == (0, 0)


# Content that is not what was announced.


def broken(content: bytes) -> dict[str, list[str | bytes]]:
    """What a server may send wrongly for ``content``, by what is wrong with it."""
    return {
        "damaged": [content[:-1] + bytes([content[-1] ^ 1])],
        "too long": [content + b"x"],
        "cut off": [content[:-1], '{"type":"presence","seq":1,"peers":[],"all":true}'],
        "in the wrong order": [content[9:], content[:9]],
        "plain": ['{"type":"snapshot","content":["hello"],"last":true}'],
        "twice": [content, content],
    }


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("wrong", broken(b" " * 20))
async def test_content_that_is_damaged_on_its_way_is_fetched_again_as_plain_text(
    wrong: str, caplog: pytest.LogCaptureFixture
) -> None:
    content = compress("hello")
    hellos = []

    async def answer(socket: ServerConnection) -> None:
        hello = json.loads(await socket.recv())
        hellos.append(hello)
        mark = SnapshotMark(1, 5)
        frames: list[str | bytes] = ['{"type":"snapshot","content":["hello"],"last":true}']
        if "accept_encoding" in hello:
            mark = SnapshotMark(1, 5, ENCODING, len(content.data), content.inflated)
            frames = broken(content.data)[wrong]
        you = You(hello["client"], "ana")
        welcome = Welcome(1, "e", mark, 0, you, "editor", "", advertise(Limits()))
        await socket.send(encode(welcome), text=True)
        for frame in frames:
            await socket.send(frame)
        await socket.wait_closed()

    async with serve_sockets(answer, "127.0.0.1", 0, subprotocols=[Subprotocol(SUBPROTOCOL)]) as server:
        port = next(iter(server.sockets)).getsockname()[1]
        async with connect(f"ws://127.0.0.1:{port}", "doc") as doc:
            await within(doc.wait_for(lambda: len(hellos) == 2 and doc.status == "connected"))
            assert doc.text == "hello"
    assert hellos[0]["accept_encoding"] == ["deflate"]
    assert hellos[1].keys() == {"type", "client", "key", "schema"}
    assert "bad_content" in caplog.text
