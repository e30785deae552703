"""The hash chain: what a line is to the byte, and that no event can change without its digest and all later ones."""

from __future__ import annotations

import hashlib
import json
from random import Random
from typing import Any

import pytest

from collab.chain import (
    DIGEST_BYTES,
    MARK_BYTES,
    MARK_EVERY,
    Chain,
    beginning,
    head,
    line,
    link,
    unsealed,
)
from collab.events import encode, name_of
from collab.segments import Row
from tests.random_histories import RandomHistory


def history(seed: int, events: int = 60) -> list[Row]:
    found = []
    for append in RandomHistory(Random(seed), "doc", asking=True).appends(events):
        for event in append.events:
            found.append(
                Row(
                    *name_of(event.payload),
                    event.client,
                    event.author,
                    event.client_seq,
                    event.at,
                    *(event.seq, encode(event.payload)),
                )  # fmt: skip
            )
    return found


def digests(rows: list[Row], document: str = "doc") -> list[bytes]:
    chain = Chain(beginning(document))
    return [chain.take(row) for row in rows]


def test_the_beginning_is_the_hash_of_the_format_and_the_id() -> None:
    assert beginning("notes") == hashlib.sha256(b"collab.v1\nnotes").digest()
    assert beginning("ünï😀") == hashlib.sha256("collab.v1\nünï😀".encode()).digest()


def test_a_line_is_to_the_byte_as_it_is_documented() -> None:
    start = head("edited", 1, "mW3kT9xQ2b", "ana")
    documented = b'["edited",1,"mW3kT9xQ2b","ana",6,2,1795430001000000,[[4,-1,"H"]]]'
    assert line(start, 6, 2, 1795430001000000, b'[[4,-1,"H"]]') == documented


def test_a_line_is_json_whatever_names_are_in_it() -> None:
    for name in ("painted", "ünï\U0001f600", '"quote"\\and\n', "\0"):
        found = line(head("edited", 3, name, name), 1, 0, 5, b"{}")
        assert json.loads(found) == ["edited", 3, name, name, 1, 0, 5, {}]
        assert b" " not in found


def test_digests_are_what_anybody_can_work_out_who_has_the_lines() -> None:
    rows = history(1)
    digest = hashlib.sha256(b"collab.v1\ndoc").digest()
    for seq, (row, found) in enumerate(zip(rows, digests(rows), strict=True), 1):
        fields: list[Any] = [row.type, row.version, row.client, row.author, seq, row.client_seq, row.at]
        written = json.dumps(fields, ensure_ascii=False, separators=(",", ":")).encode()
        digest = hashlib.sha256(digest + written[:-1] + b"," + row.payload + b"]").digest()
        assert found == digest
    assert len(digest) == DIGEST_BYTES


def test_a_chain_goes_on_from_any_digest() -> None:
    rows = history(2)
    right = digests(rows)
    for seq in (1, 15, 16, 40):
        chain = Chain(right[seq - 1], seq)
        assert [chain.take(row) for row in rows[seq:]] == right[seq:]


CHANGES: dict[str, Any] = {
    "type": "restored",
    "version": 9,
    "client": "c3",
    "author": "mallory",
    "client_seq": 1_000,
    "at": 5,
    "payload": b'[["Z"]]',
}


@pytest.mark.parametrize("field", CHANGES)
def test_changing_one_field_of_one_event_changes_its_digest_and_every_later_one(field: str) -> None:
    rows = history(3)
    right = digests(rows)
    for changed in (0, 20, len(rows) - 1):
        forged = list(rows)
        forged[changed] = rows[changed]._replace(**{field: CHANGES[field]})
        assert forged != rows
        found = digests(forged)
        assert found[:changed] == right[:changed]
        assert not set(found[changed:]) & set(right[changed:])


def test_leaving_out_or_swapping_events_or_naming_another_document_changes_the_chain() -> None:
    rows = history(4)
    right = digests(rows)
    left_out = digests(rows[:9] + rows[10:])
    swapped = digests([*rows[:9], rows[10], rows[9], *rows[11:]])
    assert not set(left_out[9:]) & set(right)
    assert not set(swapped[9:]) & set(right)
    assert not set(digests(rows, "other")) & set(right)


def test_the_place_in_the_whole_log_is_no_part_of_it() -> None:
    """So that a document taken elsewhere keeps its digests."""
    rows = history(5)
    assert digests([row._replace(position=row.position + 1_000) for row in rows]) == digests(rows)


def test_fields_cannot_be_moved_from_one_to_the_next() -> None:
    one = line(head("edited", 1, "ab", "c"), 1, 2, 3, b"{}")
    other = line(head("edited", 1, "a", "bc"), 1, 2, 3, b"{}")
    assert link(b"", one) != link(b"", other)
    assert line(head("edited", 1, "a", "b"), 12, 3, 4, b"{}") != line(
        head("edited", 1, "a", "b"), 1, 23, 4, b"{}"
    )


@pytest.mark.parametrize("count", [1, 2, 15, 16, 17, 31, 32, 33, 48])
@pytest.mark.parametrize("after", [0, 5])
def test_of_a_packed_part_every_sixteenth_digest_begins_and_the_last_is_whole(after: int, count: int) -> None:
    rows = history(6)
    right = digests(rows)
    chain = Chain(right[after - 1] if after else beginning("doc"), after)
    for row in rows[after : after + count]:
        chain.take(row)
    found = unsealed(chain.sealed(), after + 1, after + count)
    assert found[-1] == (after + count, right[after + count - 1])
    marked = [seq for seq in range(after + 1, after + count) if (seq - after) % MARK_EVERY == 0]
    assert found[:-1] == [(seq, right[seq - 1][:MARK_BYTES]) for seq in marked]
