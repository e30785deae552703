"""The messages in docs/protocol.md are messages."""

from __future__ import annotations

import json
import re
import zlib
from pathlib import Path
from typing import Any, get_args

import msgspec
import pytest

from collab.auth import EDITOR, VIEWER
from collab.compression import compress
from collab.errors import (
    CloseCode,
    DocumentTooLarge,
    Forbidden,
    InvalidOperation,
    OperationTooLarge,
    TooFast,
    is_final,
)
from collab.events import CURRENT, KINDS
from collab.limits import Limits, advertise
from collab.loading import Loading
from collab.messages import ClientMessage, EventRow, ServerMessage, SnapshotMark, decode_client, decode_server
from collab.opening import CHUNK_BYTES
from collab.operation import normalize, validate

PAGE = Path(__file__).parent.parent.joinpath("docs", "protocol.md").read_text("utf-8")
EXAMPLES = re.findall(r"^([<>]) (\{.*\})$", PAGE, re.MULTILINE)
BINARY = re.findall(r"^< ((?:[0-9a-f]{2} ?)+)$", PAGE, re.MULTILINE)
DECODE = {">": decode_client, "<": decode_server}


def test_every_line_that_looks_like_a_message_is_taken_for_one() -> None:
    assert len(EXAMPLES) + len(BINARY) == len(re.findall(r"^[<>] ", PAGE, re.MULTILINE)) > 15


@pytest.mark.parametrize(("direction", "line"), EXAMPLES)
def test_a_message_in_the_documentation_decodes_and_nothing_of_it_is_lost(direction: str, line: str) -> None:
    message: Any = DECODE[direction](line)
    said: Any = json.loads(line)
    again = json.loads(msgspec.json.encode(message))
    assert said.items() >= again.items()
    # What is not written again is at its default.
    assert {key for key in said if key not in again} <= {"refusals", "after"}


@pytest.mark.parametrize(("direction", "messages"), [(">", ClientMessage), ("<", ServerMessage)])
def test_every_message_has_an_example(direction: str, messages: Any) -> None:
    shown = {json.loads(line)["type"] for way, line in EXAMPLES if way == direction}
    assert shown == {shape.__struct_config__.tag for shape in get_args(messages)}


def test_kinds_and_roles_are_documented_where_a_client_is_told_them() -> None:
    welcome = PAGE.partition("The server answers with `welcome`.")[2].partition("###")[0]
    assert {f"`{word}`" for word in (*KINDS, EDITOR, VIEWER)} <= set(re.findall(r"`\w+`", welcome))
    shown = [json.loads(line) for way, line in EXAMPLES if way == "<"]
    told = {(message["role"], message["kind"]) for message in shown if message["type"] == "welcome"}
    assert told == {("editor", "text"), ("viewer", "rich")}


def operations(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return [value[key] for key in ("op", "content") if key in value] + [
            op for inner in value.values() for op in operations(inner)
        ]
    return [op for inner in value for op in operations(inner)] if isinstance(value, list) else []


@pytest.mark.parametrize("line", [line for _, line in EXAMPLES])
def test_an_operation_in_the_documentation_is_in_normal_form(line: str) -> None:
    for operation in operations(json.loads(line)):
        assert validate(operation) == normalize(operation) == operation


def test_the_limits_in_the_documentation_are_the_ones_we_have() -> None:
    welcomes = [json.loads(line) for direction, line in EXAMPLES if '"welcome"' in line]
    assert [welcome["limits"] for welcome in welcomes] == 4 * [msgspec.to_builtins(advertise(Limits()))]


def test_the_compressed_content_in_the_documentation_is_what_its_welcome_announces() -> None:
    [mark] = [json.loads(line)["snapshot"] for _, line in EXAMPLES if '"bytes"' in line]
    stream = bytes.fromhex("".join(BINARY))
    json_text = zlib.decompress(stream)
    assert (len(stream), len(json_text)) == (mark["bytes"], mark["inflated"])
    assert json_text.decode() == '["hello world"]'
    assert compress("hello world").inflated == mark["inflated"]
    loading = Loading(msgspec.convert(mark, SnapshotMark))
    assert [loading.take(bytes.fromhex(frame)) for frame in BINARY] == [None, "hello world"]
    assert CHUNK_BYTES == 32 * 1024


def test_every_close_code_is_documented_with_its_finality() -> None:
    table = dict(re.findall(r"^\| ([\d, ]+) \| .* \| (yes|no) \|$", PAGE, re.MULTILINE))
    documented = {int(code): final == "yes" for codes, final in table.items() for code in codes.split(", ")}
    for code in CloseCode:
        assert documented[code] == is_final(code), code


def test_every_reason_for_refusing_an_edit_is_documented() -> None:
    refusals = PAGE.partition("### Refusals")[2]
    documented = set(re.findall(r"^\| `(\w+)` \|", refusals, re.MULTILINE))
    codes = {kind.code for kind in InvalidOperation.__subclasses__()}
    assert documented == codes | {OperationTooLarge.code, DocumentTooLarge.code, TooFast.code, Forbidden.code}


def test_every_type_of_event_is_documented_with_its_fields() -> None:
    events = PAGE.partition("## Events")[2].partition("## Editing")[0]
    documented = {
        cells[0]: set(re.findall(r"`(\w+)`", cells[1]))
        for cells in re.findall(r"^\| `(\w+)` \| .* \|(.*)\|$", events, re.MULTILINE)
    }
    assert documented.keys() == CURRENT.keys()
    on_the_wire = {"version": "of_version", "author": "of_author"}
    for type_, (_, shape) in CURRENT.items():
        fields = {on_the_wire.get(name, name) for name in shape.__struct_fields__} - {"op", "leans"}
        # Of an origin the fields are named too.
        assert documented[type_] - {"document", "version", "epoch"} == fields - {"epoch"}, type_
        assert fields <= set(EventRow.__struct_fields__)
