"""A client's frames played again, one by one: what it comes to, and what of it doesn't fit."""

from __future__ import annotations

import base64
import zlib

import pytest

from collab import units
from tests.helpers import Json
from tests.reproductions import JOINED, came, event, file, out, own, played, welcome


def test_what_is_pending_is_shown_whether_it_was_sent_or_not() -> None:
    pending = [own(1, [5, "a"]), own(2, [6, "b"], frozen=False)]
    seen = file(
        out("edit", id=1, base=1, op=[4, "a"], refusals=0),
        came("events", events=[event(2, [">"])]),
        text=">text",
        at=2,
        shown=">textab",
        pending=pending,
    )
    assert played(seen).equal
    pending[0]["op"] = [4, "a"]
    seen["shown"] = ">teatb"
    outcome = played(seen)
    assert (outcome.confirmed, outcome.shown) == (True, False)
    assert [(finding.frame, finding.what) for finding in outcome.findings] == [
        (5, "edit 1 is pending as: inserted “a” at 5; in the file: inserted “a” at 4")
    ]
    outcome = played({**seen, "shown": ">text", "pending": [own(1, [5, "a"])]})
    assert outcome.findings[0].what == "what is shown differs from unit 5 on: “a” here, “” in the file"


def test_it_goes_on_from_what_an_earlier_page_kept_and_takes_joined_edits_off_together() -> None:
    kept = {"epoch": "e", "kind": "text", "title": "", "version": 1, "content": "text", "lastId": 3}
    edits = [own(1, [4, "a"]), own(2, [5, "b"]), own(3, ["("])]
    seen = file(text="textab>", at=3, shown="(textab>", pending=[own(3, ["("], frozen=False)])
    seen["restored"] = {**kept, "edits": edits}
    seen["frames"] = [
        out("hello", client="me", schema=1, since=1, epoch="e"),
        welcome(None, accepted=2),
        came("events", events=[event(2, [4, ">"], "alan", leans=["me"]), event(3, [4, "ab"], "me", 2)]),
    ]
    outcome = played(seen)
    assert (outcome.findings, outcome.equal) == ([], True)


def test_events_that_were_held_when_the_connection_broke_come_again() -> None:
    seen = file(
        out("edit", id=1, base=1, op=[4, "!"], refusals=0),
        came("events", events=[event(2, ["a"])]),
        came("events", events=[event(3, ["b"])]),
        out("hello", client="me", schema=1, since=2, epoch="e"),
        welcome(None),
        came("events", events=[event(3, ["b"]), event(4, ["c"])]),
        text="batext",
        at=3,
        shown="batext?",
        pending=[own(1, [6, "?"], frozen=False)],
    )
    assert played(seen).equal


def test_an_edit_behind_a_refused_one_goes_on_as_one_that_was_sent() -> None:
    seen = file(
        out("edit", id=1, base=1, op=[4, "1"], refusals=0),
        out("edit", id=2, base=1, op=[3, "2"], refusals=0),
        came("events", events=[event(2, [2, -2], "zoe")]),
        came("refused", id=1, code="forbidden", reason=""),
        came("events", events=[event(3, [2, "c"], "zoe")]),
        text="tec",
        at=3,
        shown="tec2",  # it leans towards zoe; by the ids alone it would be "te2c"
        pending=[own(2, [3, "2"])],
    )
    assert played(seen).equal
    # Sent again it starts without.
    again = out("edit", id=2, base=3, op=[3, "2"], refusals=1)
    frames = [*seen["frames"], again, came("events", events=[event(4, [3, "d"], "zoe")])]
    assert played({**seen, "at": 4, "confirmed": "tecd", "shown": "tec2d", "frames": frames}).equal


def test_what_an_earlier_page_kept_leans_as_it_did_there() -> None:
    seen = file(text="texct", at=2, shown="texc2t", pending=[own(1, [4, "2"])])
    kept = {"version": 1, "content": "text", "edits": [own(1, [3, "2"], leaning=["zoe"])]}
    hello = out("hello", client="me", schema=1, since=1, epoch="e")
    frames = [hello, welcome(None, accepted=1), came("events", events=[event(2, [3, "c"], "zoe")])]
    assert played({**seen, "restored": kept, "frames": frames}).equal


def test_a_reset_throws_away_what_was_pending() -> None:
    seen = file(
        out("edit", id=1, base=1, op=[4, "!"], refusals=0),
        out("hello", client="me", schema=1),
        welcome({"seq": 9, "length": 3}),
        came("snapshot", content=["new"], last=True),
        text="new",
        at=9,
    )
    assert played(seen).equal
    seen["frames"].pop()
    for frames in (
        [],
        [out("hello", client="me", schema=1)],
    ):  # while it waits for the content, and after a break then
        seen["frames"] += frames
        outcome = played({**seen, "confirmed": "text", "shown": "text!", "at": 1})
        assert (outcome.equal, outcome.shown) == (True, None)


def test_where_frames_were_lost_it_begins_with_a_snapshot() -> None:
    seen = file(text="new", at=9)
    seen["frames"] = [
        came("events", events=[event(2, [50, "a"])]),
        out("edit", id=1, base=1, op=[40, "!"], refusals=0),
        out("hello", client="me", schema=1),
        welcome({"seq": 9, "length": 3}),
        came("snapshot", content=["new"], last=True),
    ]
    outcome = played(seen)
    assert (outcome.equal, outcome.findings, outcome.counts.frames) == (True, [], 2)


def test_formatting_counts() -> None:
    bold = {"retain": 2, "attributes": {"bold": True}}
    seen = file(came("events", events=[event(2, [bold])]), at=2, kind="rich")
    content = [{"insert": "te", "attributes": {"bold": True}}, "xt"]
    assert played({**seen, "confirmed": content, "shown": content}).equal
    content = [{"insert": "t", "attributes": {"bold": True}}, "ext"]
    outcome = played({**seen, "confirmed": content, "shown": content})
    assert outcome.findings[0].what.startswith("the text differs from unit 1 on")


WRONG: dict[str, tuple[list[Json], str]] = {
    "a gap": ([came("events", events=[event(3, ["a"])])], "event 3 comes next"),
    "an event past the end": ([came("events", events=[event(2, [5, "a"])])], "event 2 doesn't fit: "),
    "an edit past the end": ([out("edit", id=1, base=1, op=[5, "a"])], "edit 1 doesn't fit: "),
    "an edit on another version": ([out("edit", id=1, base=2, op=["a"])], "edit 1 was made on version 2"),
    "an edit that became another": (
        [out("edit", id=1, base=1, op=["a"]), out("edit", id=1, base=1, op=["b"])],
        "edit 1 was sent again as: inserted “b” at 0; here: inserted “a” at 0",
    ),
    "a version that it doesn't have": ([out("hello", since=2)], "the client says that it has version 2"),
    "a checksum": ([came("checksum", seq=1, hash=1)], "the text has another checksum than the server's"),
    "content": ([came("snapshot", content=["x"])], "content that was not announced"),
    "too much content": (
        [welcome({"seq": 1, "length": 1}), came("snapshot", content=["xy"], last=True)],
        "2 units of",
    ),
    "an encoding": ([welcome({"seq": 1, "length": 1, "encoding": "brotli"})], "content encoded as brotli"),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_does_not_fit_is_named_where_it_is(name: str) -> None:
    frames, what = WRONG[name]
    finding = played(file(*frames, at=9)).findings[0]
    assert (finding.frame, finding.version) == (len(JOINED) + len(frames), 1)
    assert finding.what.startswith(what)


def test_a_checksum_that_holds_is_told() -> None:
    assert played(file(came("checksum", seq=1, hash=units.checksum("text")))).checked == 1


def test_a_text_that_ends_early_is_told() -> None:
    outcome = played(file(text="text and more"))
    assert outcome.findings[-1].what == (
        "the text differs from unit 4 on: “” here, “ and more” in the file; here it ends"
    )
    assert "this was there at first" in played(file(text="te!t")).findings[0].what
    assert "ended with version 7" in played(file(at=7)).findings[0].what


def test_compressed_content_that_is_a_bomb_is_not_inflated() -> None:
    bomb = zlib.compress(b" " * 50_000_000)
    mark = {"seq": 1, "length": 4, "encoding": "deflate", "bytes": len(bomb), "inflated": 100}
    frame = {"at": 1, "way": "in", "binary": base64.b64encode(bomb).decode()}
    outcome = played(file(welcome(mark), frame))
    assert outcome.findings[0].what == "inflates to more than the 100 bytes that were announced"
