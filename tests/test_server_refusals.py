"""One bad edit costs its author that edit; one bad message costs the connection. Nobody else notices."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest

from collab.limits import Limits
from tests.conftest import Serve
from tests.helpers import Peer


def small(**limits: Any) -> Limits:
    return Limits(**{"edits_per_second": 1e6, "edit_burst": 1_000_000, **limits})


def nested(depth: int) -> Any:
    value: Any = "x"
    for _ in range(depth):
        value = [value]
    return value


BAD_EDITS = [
    pytest.param("hello", "operation_type", id="text"),
    pytest.param(None, "operation_type", id="null"),
    pytest.param({"insert": "x"}, "operation_type", id="object"),
    pytest.param([1.5], "operation_type", id="fraction"),
    pytest.param([True], "operation_type", id="boolean"),
    pytest.param([["x"]], "operation_type", id="list in list"),
    pytest.param([{"delete": 1}], "operation_type", id="foreign step"),
    pytest.param([{"insert": "x", "retain": 1}], "operation_type", id="two steps in one"),
    pytest.param([{"insert": "x", "attributes": 1}], "operation_type", id="attributes that are none"),
    pytest.param([0], "operation_length", id="zero"),
    pytest.param([""], "operation_length", id="nothing inserted"),
    pytest.param([2**31], "operation_length", id="too long"),
    pytest.param([-(2**90)], "operation_length", id="absurd"),
    pytest.param([{"retain": -1}], "operation_length", id="backwards"),
    pytest.param([{"insert": "x", "attributes": {"a": nested(5)}}], "operation_too_deep", id="deep"),
    pytest.param([{"insert": {"a": nested(200)}}], "operation_too_deep", id="very deep"),
    pytest.param(["x", 1] * 5001, "operation_too_many_components", id="many components"),
    pytest.param(["x" * 101], "operation_too_large", id="much inserted"),
    pytest.param(["x" * 60, 1, "y" * 60], "operation_too_large", id="much inserted in pieces"),
    pytest.param(["😀" * 51], "operation_too_large", id="much inserted, in units"),
    pytest.param([7, "x"], "operation_past_end", id="insert past the end"),
    pytest.param([-7], "operation_past_end", id="deletion past the end"),
    pytest.param([3, -4], "operation_past_end", id="deletion reaching past the end"),
    pytest.param([{"retain": 7, "attributes": {"b": 1}}], "operation_past_end", id="format past the end"),
    pytest.param([2, "x"], "operation_splits_pair", id="insert into a pair"),
    pytest.param([2, -1], "operation_splits_pair", id="deletion of half a pair"),
    pytest.param([1, -1], "operation_splits_pair", id="deletion of the other half"),
    pytest.param(
        [{"retain": 2, "attributes": {"b": 1}}], "operation_splits_pair", id="format of half a pair"
    ),
    pytest.param(["x" * 95], "document_too_large", id="document too large"),
]


@pytest.mark.parametrize(("op", "code"), BAD_EDITS)
async def test_a_bad_edit_is_refused_by_itself(serve: Serve, op: Any, code: str) -> None:
    serving = await serve(limits=small(operation=100, document=100))
    author = await Peer.joined(serving.url, "doc")
    reader = await Peer.joined(serving.url, "doc")
    await author.confirmed(await author.edit(["a😀bcd"]))
    bad = await author.edit(op)
    refused = await author.expect("refused")
    assert (refused["id"], refused["code"]) == (bad, code)
    assert refused["reason"]
    good = await author.edit([6, "!"])
    await author.confirmed(good)
    await reader.reached(3)
    assert author.text == reader.text == "a😀bcd!"


@pytest.mark.parametrize(
    "op",
    [
        pytest.param(r'["\ud83d"]', id="high half"),
        pytest.param(r'["\ude00"]', id="low half"),
        pytest.param(r'["\ude00\ud83d"]', id="wrong way round"),
        pytest.param(r'[{"insert":"x","attributes":{"a":"\ud83d"}}]', id="in an attribute"),
        pytest.param(r'[{"insert":{"\ud83d":1}}]', id="in a key"),
    ],
)
async def test_half_a_surrogate_pair_is_refused_by_itself(serve: Serve, op: str) -> None:
    serving = await serve()
    author = await Peer.joined(serving.url, "doc")
    await author.say_raw(f'{{"type":"edit","id":1,"base":1,"op":{op},"refusals":0}}')
    refused = await author.expect("refused")
    assert (refused["id"], refused["code"]) == (1, "operation_lone_surrogate")
    await author.confirmed(await author.edit(["fine"], id_=2))
    assert author.text == "fine"


async def test_a_pair_written_as_escapes_is_no_half(serve: Serve) -> None:
    serving = await serve()
    author = await Peer.joined(serving.url, "doc")
    await author.say_raw(r'{"type":"edit","id":1,"base":1,"op":["\ud83d\ude00"],"refusals":0}')
    await author.confirmed(1)
    assert author.text == "😀"


async def test_an_infinite_number_in_an_attribute_is_refused(serve: Serve) -> None:
    # JSON has no infinity, so that it would be another value in the log than in memory.
    serving = await serve()
    author = await Peer.joined(serving.url, "doc")
    await author.say_raw(
        '{"type":"edit","id":1,"base":1,"op":[{"insert":"x","attributes":{"a":1e999}}],"refusals":0}'
    )
    assert (await author.expect("refused"))["code"] == "operation_type"


async def test_deleting_from_a_document_that_is_too_large_is_allowed(serve: Serve) -> None:
    roomy = await serve(limits=small(document=100))
    author = await Peer.joined(roomy.url, "doc")
    await author.confirmed(await author.edit(["x" * 100]))
    await roomy.drop()
    strict = await serve(roomy.store, limits=small(document=50))
    author = await Peer.joined(strict.url, "doc")
    await author.edit([-10, "y"])
    await author.reached(3)
    await author.edit(["y"])
    assert (await author.expect("refused"))["code"] == "document_too_large"


async def test_edits_under_way_behind_a_refused_one_are_asked_for_again(serve: Serve) -> None:
    serving = await serve()
    author = await Peer.joined(serving.url, "doc")
    await author.edit(["abc"], base=1)
    await author.edit([9, "bad"], base=1)
    await author.edit([3, "d"], base=1)
    await author.edit([4, "e"], base=1)
    assert (await author.expect("refused"))["id"] == 2
    asked = [await author.expect("resend"), await author.expect("resend")]
    assert [message["id"] for message in asked] == [3, 4]
    await author.edit([3, "d"], id_=3, base=1, refusals=1)
    await author.edit([4, "e"], id_=4, base=1, refusals=1)
    await author.confirmed(4)
    assert author.text == "abcde"
    assert [event["id"] for event in author.events] == [1, 3, 4]


async def test_refusals_are_counted_anew_on_each_connection(serve: Serve) -> None:
    serving = await serve()
    author = await Peer.joined(serving.url, "doc")
    await author.edit([1, "bad"])
    await author.expect("refused")
    await author.close()
    again = await Peer.joined(serving.url, "doc", client=author.client, key=author.key, since=1)
    again.content, again.version = author.content, again.version
    await again.confirmed(await again.edit(["x"], id_=2, refusals=0))


async def test_too_many_edits_at_once_are_too_fast(serve: Serve) -> None:
    serving = await serve(limits=Limits(edits_per_second=0.001, edit_burst=3))
    author = await Peer.joined(serving.url, "doc")
    for i in range(3):
        await author.confirmed(await author.edit([str(i)]))
    await author.edit(["x"])
    assert (await author.expect("refused"))["code"] == "too_fast"
    assert await author.until_answered() == []


async def test_one_who_is_too_fast_slows_nobody_else(serve: Serve) -> None:
    serving = await serve(limits=Limits(edits_per_second=0.001, edit_burst=1))
    hasty = await Peer.joined(serving.url, "doc")
    calm = await Peer.joined(serving.url, "doc")
    await hasty.edit(["a"])
    await hasty.edit(["b"], base=1)
    await hasty.expect("refused")
    await calm.confirmed(await calm.edit(["c"]))


async def test_one_who_talks_too_fast_is_heard_out_at_the_pace_that_is_allowed(serve: Serve) -> None:
    """As many other messages may come as edits: here one at once, and two a second."""
    serving = await serve(limits=Limits(edits_per_second=2, edit_burst=1))
    peer = await Peer.joined(serving.url, "doc")
    start = time.monotonic()
    for _ in range(4):
        await peer.say("ping")
    for _ in range(4):
        await peer.expect("pong")
    # One is free, and each of the next two has to be paid for before the one after it is read.
    assert time.monotonic() - start > 0.7


async def test_edits_that_are_refused_are_heard_out_at_that_pace_too(serve: Serve) -> None:
    serving = await serve(limits=Limits(edits_per_second=2, edit_burst=1, operation=1))
    peer = await Peer.joined(serving.url, "doc")
    start = time.monotonic()
    for _ in range(4):
        await peer.edit(["too long"])
    await peer.expect("refused")
    for _ in range(3):
        await peer.expect("resend")
    assert time.monotonic() - start > 0.7


async def test_edits_that_were_accepted_take_nothing_from_other_messages(serve: Serve) -> None:
    serving = await serve(limits=Limits(edits_per_second=0.001, edit_burst=3))
    peer = await Peer.joined(serving.url, "doc")
    for _ in range(3):
        await peer.confirmed(await peer.edit(["a"]))
    for _ in range(3):
        await peer.say("ping")
        await peer.expect("pong")


# Faults that end the connection.


def edit(**fields: Any) -> str:
    return json.dumps({"type": "edit", "id": 1, "base": 1, "op": ["x"], "refusals": 0, **fields})


HELLO = {"type": "hello", "client": "abcdefgh", "key": "0123456789abcdef", "schema": 1}

BROKEN = [
    pytest.param(b"\x00\x01", id="binary"),
    pytest.param("", id="empty"),
    pytest.param("{", id="not JSON"),
    pytest.param("[]", id="no object"),
    pytest.param('"edit"', id="a string"),
    pytest.param("[" * 5_000, id="deep brackets"),
    pytest.param('{"id":1}', id="no type"),
    pytest.param('{"type":"party"}', id="type not known"),
    pytest.param('{"type":"welcome"}', id="a server's type"),
    pytest.param(json.dumps(HELLO), id="a second hello"),
    pytest.param(edit(id="1"), id="id that is text"),
    pytest.param(edit(id=1.5), id="id that is a fraction"),
    pytest.param(edit(id=2**53), id="id that browsers cannot count to"),
    pytest.param(edit(id=2**64), id="id that SQLite cannot hold"),
    pytest.param(edit(base=None), id="no base"),
    pytest.param('{"type":"edit","id":1,"base":1,"refusals":0}', id="no operation"),
    pytest.param(r'{"type":"edit","id":"\ud83d","base":1,"op":["\ud83d"],"refusals":0}', id="broken id"),
    pytest.param(edit(base=0), id="base older than the welcome"),
    pytest.param(edit(base=2), id="base newer than the newest"),
    pytest.param(edit(base=-1), id="negative base"),
    pytest.param(edit(refusals=1), id="refusals that never were"),
    pytest.param('{"type":"presence","base":0,"after":0,"cursor":null}', id="presence with an old base"),
    pytest.param('{"type":"presence","base":1,"after":0,"cursor":5}', id="a caret that is none"),
    pytest.param(
        json.dumps({"type": "presence", "base": 1, "after": 0, "cursor": None, "user": {"name": "x" * 600}}),
        id="a name without end",
    ),
    pytest.param(
        json.dumps({"type": "€" * 200}, ensure_ascii=False), id="a type whose name fills the reason"
    ),
    pytest.param(r'{"type":"\ud83d"}', id="a type with half of a pair"),
]


@pytest.mark.parametrize("frame", BROKEN)
async def test_a_message_that_breaks_the_rules_ends_the_connection(serve: Serve, frame: str | bytes) -> None:
    serving = await serve()
    rude = await Peer.joined(serving.url, "doc")
    other = await Peer.joined(serving.url, "doc")
    await rude.say_raw(frame)
    code, reason = await rude.closed()
    assert code == 4400
    assert reason.startswith("malformed_message: ")
    await other.confirmed(await other.edit(["fine"]))


@pytest.mark.parametrize(
    "frame",
    [
        pytest.param(b"\x00", id="binary"),
        pytest.param("nonsense", id="not JSON"),
        pytest.param(edit(), id="edit"),
        pytest.param('{"type":"ping"}', id="ping"),
        pytest.param(json.dumps({**HELLO, "client": "short"}), id="short client id"),
        pytest.param(json.dumps({**HELLO, "client": "no/slashes"}), id="client id of other characters"),
        pytest.param(json.dumps({**HELLO, "client": "abcdefgh\n"}), id="client id with a line end"),
        pytest.param(json.dumps({**HELLO, "client": "x" * 65}), id="long client id"),
        pytest.param(json.dumps({**HELLO, "key": "short"}), id="short key"),
        pytest.param(json.dumps({**HELLO, "user": {"name": "x" * 600}}), id="a name without end"),
        pytest.param(json.dumps({**HELLO, "since": "1"}), id="since that is text"),
    ],
)
async def test_what_is_not_a_good_hello_ends_the_connection(serve: Serve, frame: str | bytes) -> None:
    serving = await serve()
    stranger = await Peer.open(serving.url, "doc")
    await stranger.say_raw(frame)
    code, _ = await stranger.closed()
    assert code == 4400
    assert stranger.received == []


async def test_an_edit_on_a_version_from_before_the_welcome_ends_the_connection(serve: Serve) -> None:
    serving = await serve()
    author = await Peer.joined(serving.url, "doc")
    await author.confirmed(await author.edit(["a"]))
    late = await Peer.joined(serving.url, "doc")
    await late.edit(["b"], base=1)
    assert (await late.closed())[0] == 4400


async def test_a_base_that_goes_down_ends_the_connection(serve: Serve) -> None:
    serving = await serve()
    author = await Peer.joined(serving.url, "doc")
    await author.confirmed(await author.edit(["a"]))
    await author.confirmed(await author.edit(["b"], base=2))
    await author.edit(["c"], base=1)
    assert (await author.closed())[0] == 4400


async def test_an_edit_on_a_version_too_far_back_has_to_resume(serve: Serve) -> None:
    serving = await serve(limits=small(bridge=5))
    author = await Peer.joined(serving.url, "doc")
    sleeper = await Peer.joined(serving.url, "doc")
    for _ in range(6):
        await author.confirmed(await author.edit(["x"]))
    await sleeper.edit(["late"], base=1)
    assert (await sleeper.closed())[0] == 4501
    again = await Peer.joined(serving.url, "doc", client=sleeper.client, key=sleeper.key)
    await again.confirmed(await again.edit(["late"], id_=1))


async def test_no_hello_in_time_ends_the_connection(serve: Serve) -> None:
    serving = await serve(limits=Limits(hello_seconds=0.05))
    silent = await Peer.open(serving.url, "doc")
    assert (await silent.closed())[0] == 4508


async def test_a_hello_in_time_stays_in_time(serve: Serve) -> None:
    serving = await serve(limits=Limits(hello_seconds=0.2))
    other = await Peer.open(serving.url, "doc")
    patient = await Peer.joined(serving.url, "doc")
    assert (await other.closed())[0] == 4508  # the time is over now
    assert await patient.until_answered() == []


@pytest.mark.parametrize("document", ["-x", ".x", "a b", "ü", "x" * 129, "a%00b"])
async def test_a_document_id_that_is_not_allowed_is_gone(serve: Serve, document: str) -> None:
    serving = await serve()
    stranger = await Peer.open(serving.url, document)
    await stranger.say_raw(json.dumps(HELLO))
    assert (await stranger.closed())[0] == 4404


@pytest.mark.parametrize("document", ["x", "9", "A.b_c~d-e", "x" * 128])
async def test_a_document_id_that_is_allowed_makes_a_document(serve: Serve, document: str) -> None:
    serving = await serve()
    assert (await Peer.joined(serving.url, document)).version == 1


async def test_a_client_too_old_for_the_events_is_turned_away(serve: Serve) -> None:
    serving = await serve()
    old = await Peer.open(serving.url, "doc")
    await old.say_raw(json.dumps({**HELLO, "schema": 0}))
    assert (await old.closed())[0] == 4409


async def test_a_client_newer_than_the_server_is_welcome(serve: Serve) -> None:
    serving = await serve()
    assert (await Peer.joined(serving.url, "doc", schema=7)).version == 1


async def test_a_message_larger_than_the_limit_ends_the_connection(serve: Serve) -> None:
    serving = await serve(limits=small(message=1000))
    author = await Peer.joined(serving.url, "doc")
    await author.say_raw(edit(op=["x" * 1000]))
    assert (await author.closed())[0] == 4413


async def test_the_limit_of_a_message_counts_bytes(serve: Serve) -> None:
    serving = await serve(limits=small(message=1000))
    author = await Peer.joined(serving.url, "doc")
    euros = "€" * 400
    await author.say_raw(f'{{"type":"edit","id":1,"base":1,"op":["{euros}"],"refusals":0}}')
    assert (await author.closed())[0] == 4413


async def test_a_frame_larger_than_is_read_at_all_ends_the_connection(serve: Serve) -> None:
    serving = await serve(limits=small(message=1000))
    author = await Peer.joined(serving.url, "doc")
    other = await Peer.joined(serving.url, "doc")
    await author.say_raw("x" * 3000)
    assert (await author.closed())[0] == 1009
    await other.confirmed(await other.edit(["fine"]))


async def test_one_connection_more_than_allowed_is_turned_away(serve: Serve) -> None:
    serving = await serve(limits=small(connections_per_document=2))
    first = await Peer.joined(serving.url, "doc")
    await Peer.joined(serving.url, "doc")
    third = await Peer.open(serving.url, "doc")
    await third.say_raw(json.dumps(HELLO))
    assert (await third.closed())[0] == 4503
    # Others make room for themselves, and elsewhere there is room.
    await Peer.joined(serving.url, "doc", client=first.client, key=first.key)
    await Peer.joined(serving.url, "elsewhere")


async def test_a_newer_session_of_a_client_ends_the_older_one(serve: Serve) -> None:
    serving = await serve()
    older = await Peer.joined(serving.url, "doc")
    await older.confirmed(await older.edit(["a"]))
    newer = await Peer.joined(serving.url, "doc", client=older.client, key=older.key)
    assert (await older.closed())[0] == 4490
    assert newer.welcome["accepted"] == 1
    await newer.confirmed(await newer.edit([1, "b"], id_=2))
    assert newer.text == "ab"


async def test_an_older_session_that_ended_does_not_take_the_newer_one_along(serve: Serve) -> None:
    serving = await serve()
    older = await Peer.joined(serving.url, "doc")
    watcher = await Peer.joined(serving.url, "doc")
    newer = await Peer.joined(serving.url, "doc", client=older.client, key=older.key)
    await older.closed()
    await newer.confirmed(await newer.edit(["still here"]))
    await watcher.reached(2)
    room = await serving.room("doc")
    assert set(room.members) == {newer.client, watcher.client}
