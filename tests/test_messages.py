"""Messages as they travel."""

from __future__ import annotations

import pytest

from collab.errors import MalformedMessage
from collab.events import Created, Edited, Event, Renamed
from collab.messages import (
    Edit,
    Events,
    Hello,
    Ping,
    Refused,
    Welcome,
    decode_client,
    decode_server,
    encode,
    event_row,
    events_frame,
)


def test_messages_of_clients_decode_by_their_type() -> None:
    hello = decode_client('{"type":"hello","client":"c","key":"k","schema":1,"later":"ignored"}')
    assert hello == Hello("c", "k", 1)
    assert decode_client('{"type":"ping"}') == Ping()


@pytest.mark.parametrize(
    "frame",
    ["", "[]", "{}", '{"type":"nonsense"}', '{"type":"edit","id":"1"}', '{"type":"welcome"}', "[" * 10_000],
)
def test_what_is_no_message_is_malformed(frame: str) -> None:
    with pytest.raises(MalformedMessage):
        decode_client(frame)
    with pytest.raises(MalformedMessage):
        decode_server(frame)


@pytest.mark.parametrize(
    ("op", "value"),
    [(r'["\ud83d"]', ["\ud83d"]), ("[1e999]", [float("inf")]), ("[1.5]", [1.5]), ('"x"', "x")],
)
def test_an_edit_with_a_damaged_operation_is_still_an_edit(op: str, value: object) -> None:
    """So that it can be refused by itself."""
    frame = f'{{"type":"edit","id":3,"base":2,"refusals":1,"op":{op}}}'
    assert decode_client(frame) == Edit(3, 2, value, 1)


def test_events_are_rows_with_what_their_type_has() -> None:
    envelope = {"author": "ann", "client": "c", "client_seq": 4, "at": 5}
    rows = [
        encode(event_row(Event("d", seq, payload, **envelope)))  # type: ignore[arg-type]
        for seq, payload in enumerate([Created("e", title="T"), Edited([1, "x"]), Renamed("U")], start=1)
    ]
    decoded = decode_server(events_frame(rows))
    assert isinstance(decoded, Events)
    assert [row.type for row in decoded.events] == ["created", "edited", "renamed"]
    assert decoded.events[1].op == [1, "x"]
    assert b'"op"' not in rows[2]
    assert rows[1] == b'{"seq":2,"type":"edited","client":"c","id":4,"author":"ann","at":5,"op":[1,"x"]}'


def test_a_welcome_always_says_whether_there_is_a_snapshot() -> None:
    assert "snapshot" in Welcome.__struct_encode_fields__
    assert Welcome.__struct_config__.omit_defaults is False


def test_small_messages_stay_small() -> None:
    assert encode(Refused(1, "a", "b")) == b'{"type":"refused","id":1,"code":"a","reason":"b"}'
