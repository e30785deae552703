"""Content is made ready once for many who join, and again only when the events since have come to weigh too much."""

from __future__ import annotations

import asyncio
import random

import pytest

from collab.auth import Identity
from collab.document import Document
from collab.events import Created, Edited, Event
from collab.limits import Limits
from collab.loading import Loading
from collab.messages import Hello, SnapshotChunk, Welcome, decode_server
from collab.opening import CHUNK_BYTES, INLINE_UNITS, MOST_EVENTS, Opening, Openings
from collab.operation import Operation
from collab.recent import Recent
from collab.transport import Frame
from tests.conftest import Serve
from tests.helpers import Peer

ANA = Identity("ana")
PLAIN = Hello("client-1", "k" * 16, 1)
DEFLATE = Hello("client-2", "k" * 16, 1, accept_encoding=("br", "deflate"))


class Written:
    """A document that is written to, as a room has it, and the openings of those who join."""

    def __init__(self, text: str = "", *, capacity: int = 4096) -> None:
        self.document = Document("doc")
        self.recent = Recent(0, capacity=capacity)
        self.take(Event("doc", 1, Created("epoch-1"), "ana", "server", 0, 0))
        if text:
            self.write([text])
        self.openings = Openings(self.document, self.recent, Limits())

    def write(self, op: Operation) -> None:
        self.take(Event("doc", self.document.version + 1, Edited(op), "ana", "author-1", 1, 0))

    def take(self, event: Event) -> None:
        self.document.evolve(event)
        self.recent.append(event)
        if self.recent.overfull:
            self.recent.trim(event.seq)

    def frames(self, opening: Opening, hello: Hello) -> tuple[Welcome, list[Frame]]:
        first, *rest = self.openings.frames(opening, hello, ANA, accepted=0)
        welcome = decode_server(first.payload)
        assert isinstance(welcome, Welcome)
        return welcome, rest


def noise(length: int) -> str:
    """Text that compresses badly."""
    return "".join(random.Random(7).choices("".join(map(chr, range(0x4E00, 0x9000))), k=length))


async def test_compressed_content_comes_in_binary_frames_of_bounded_size_as_announced() -> None:
    written = Written(noise(40_000))
    opening = await written.openings.prepare(DEFLATE)
    welcome, frames = written.frames(opening, DEFLATE)
    mark = welcome.snapshot
    assert mark is not None
    assert (mark.seq, mark.length, mark.encoding) == (2, 40_000, "deflate")
    assert len(frames) > 2
    assert all(frame.binary and frame.raw[0] == 0x82 for frame in frames)
    assert max(len(frame.payload) for frame in frames) == CHUNK_BYTES
    assert sum(len(frame.payload) for frame in frames) == mark.bytes
    assert mark.inflated == 40_000 * 3 + len('[""]')


async def test_who_does_not_ask_for_compression_is_sent_json() -> None:
    written = Written("hello")
    for hello in (PLAIN, Hello("client-3", "k" * 16, 1, accept_encoding=("br",))):
        welcome, [chunk] = written.frames(await written.openings.prepare(hello), hello)
        assert welcome.snapshot is not None
        assert welcome.snapshot.encoding is None
        assert decode_server(chunk.payload) == SnapshotChunk(["hello"], last=True)
        assert not chunk.binary


@pytest.mark.parametrize("hello", [PLAIN, DEFLATE])
@pytest.mark.parametrize("length", [INLINE_UNITS, INLINE_UNITS + 1])
async def test_all_who_join_share_the_same_frames(hello: Hello, length: int) -> None:
    written = Written(noise(length))
    first = await written.openings.prepare(hello)
    second = await written.openings.prepare(hello)
    assert first.content is not None
    assert second.content is first.content


@pytest.mark.parametrize("hello", [PLAIN, DEFLATE])
async def test_content_is_kept_while_the_document_is_edited(hello: Hello) -> None:
    written = Written(noise(10_000))
    first = await written.openings.prepare(hello)
    written.write(["little"])
    later = await written.openings.prepare(hello)
    assert later.content is first.content
    assert later.cursor == 2
    welcome, _ = written.frames(later, hello)
    assert welcome.snapshot is not None
    assert (welcome.seq, welcome.snapshot.seq, welcome.snapshot.length) == (3, 2, 10_000)


@pytest.mark.parametrize("hello", [PLAIN, DEFLATE])
async def test_content_is_made_anew_before_the_events_since_take_more_bytes_than_it(hello: Hello) -> None:
    written = Written(noise(1_000))
    first = await written.openings.prepare(hello)
    assert first.content is not None
    assert 2_000 < first.content.size < 3_100
    written.write([noise(500)])
    assert (await written.openings.prepare(hello)).content is first.content
    written.write([noise(500)])
    renewed = await written.openings.prepare(hello)
    assert renewed.content is not first.content
    assert renewed.cursor == written.document.version


async def test_content_is_made_anew_when_many_small_events_follow() -> None:
    written = Written(noise(100_000))
    opening = await written.openings.prepare(DEFLATE)
    for _ in range(MOST_EVENTS):
        written.write(["x"])
    assert (await written.openings.prepare(DEFLATE)).content is opening.content
    written.write(["x"])
    assert (await written.openings.prepare(DEFLATE)).cursor == written.document.version


async def test_content_is_made_anew_when_the_events_since_are_not_at_hand() -> None:
    written = Written(noise(100_000), capacity=8)
    await written.openings.prepare(DEFLATE)
    for _ in range(50):
        written.write(["x"])
    assert (await written.openings.prepare(DEFLATE)).cursor == written.document.version


@pytest.mark.parametrize("bold", [[], [{"retain": 3, "attributes": {"bold": True}}]])
async def test_edits_made_while_content_is_made_ready_are_not_in_it(bold: Operation) -> None:
    written = Written("x😀" * INLINE_UNITS)
    if bold:
        written.write(bold)
    version, text = written.document.version, written.document.content.value()
    preparing = asyncio.create_task(written.openings.prepare(DEFLATE))
    await asyncio.sleep(0)
    for place in range(0, written.document.content.length - 9_000, 3_000):
        written.write([place, -3, "abc"])
    opening = await preparing
    welcome, frames = written.frames(opening, DEFLATE)
    assert welcome.snapshot is not None
    assert (welcome.snapshot.seq, opening.cursor) == (version, version)
    loading = Loading(welcome.snapshot)
    assert [loading.take(frame.payload) for frame in frames][-1] == text


async def test_who_resumes_is_sent_no_content() -> None:
    written = Written("hello")
    for hello in (
        Hello("client-1", "k" * 16, 1, since=0),
        Hello("client-1", "k" * 16, 1, since=2, epoch="epoch-1", accept_encoding=("deflate",)),
    ):
        opening = await written.openings.prepare(hello)
        assert opening == Opening(hello.since or 0, None)
        welcome, frames = written.frames(opening, hello)
        assert (welcome.snapshot, frames) == (None, [])


# Through a server.


async def test_a_document_is_the_same_compressed_and_plain(serve: Serve) -> None:
    serving = await serve()
    author = await Peer.joined(serving.url, "doc")
    text = "".join(f"line {number} 😀\n" for number in range(5_000))
    await author.confirmed(await author.edit([text]))
    await author.confirmed(await author.edit([{"retain": 4, "attributes": {"bold": True}}]))
    plain = await Peer.joined(serving.url, "doc")
    packed = await Peer.joined(serving.url, "doc", accept_encoding=["deflate"])
    assert packed.value == plain.value
    assert packed.value == [{"insert": "line", "attributes": {"bold": True}}, text[4:]]
    assert packed.welcome["snapshot"]["bytes"] < len(text) / 3
    assert [message["type"] for message in packed.received if message["type"] != "events"][:2] == [
        "welcome",
        "binary",
    ]


async def test_many_who_join_while_others_type_all_come_to_the_same_text(serve: Serve) -> None:
    serving = await serve()
    author = await Peer.joined(serving.url, "doc")
    await author.confirmed(await author.edit([noise(50_000)]))
    encodings = [["deflate"], None]
    joining = [
        asyncio.create_task(Peer.joined(serving.url, "doc", accept_encoding=encodings[i % 2]))
        for i in range(20)
    ]
    for _ in range(150):
        await author.confirmed(await author.edit([author.content.length, "y"]))
    readers = await asyncio.gather(*joining)
    late = await Peer.joined(serving.url, "doc", accept_encoding=["deflate"])
    assert late.welcome["snapshot"]["seq"] < late.welcome["seq"] == author.version
    for reader in [*readers, late]:
        await reader.reached(author.version)
        assert reader.text == author.text


async def test_names_in_a_hello_that_are_none_are_malformed(serve: Serve) -> None:
    serving = await serve()
    peer = await Peer.open(serving.url, "doc")
    await peer.say("hello", client=peer.client, key=peer.key, schema=1, accept_encoding="deflate")
    assert (await peer.closed())[0] == 4400
