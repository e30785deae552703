"""The aggregate: wishes in, facts out, and a state that only facts change."""

from __future__ import annotations

import pytest

from collab.document import CreateDocument, Document, EditText, RenameDocument
from collab.errors import (
    DocumentExists,
    DocumentNotFound,
    DocumentTooLarge,
    InvalidName,
    PastEnd,
    SplitsPair,
)
from collab.events import Created, Edited, Event, Payload, Renamed
from collab.operation import Operation


def document_with(text: str, *, max_length: int = 2**31) -> Document:
    document = Document("d", max_length=max_length)
    happen(document, Created("epoch", title="Notes"))
    happen(document, Edited([text]))
    return document


def happen(document: Document, payload: Payload) -> Event:
    event = Event("d", document.version + 1, payload, "ann", "client-1", 0, at=document.version + 100)
    document.evolve(event)
    return event


def test_a_document_begins_at_version_0_and_empty() -> None:
    document = Document("d")
    assert (document.version, document.content.value(), document.epoch) == (0, "", "")


def test_creating_happens_once() -> None:
    assert Document("d").decide(CreateDocument("e", " My  notes ")) == Created("e", title="My notes")
    with pytest.raises(DocumentExists):
        document_with("x").decide(CreateDocument("e"))


def test_what_was_not_created_cannot_be_edited() -> None:
    with pytest.raises(DocumentNotFound):
        Document("d").decide(EditText(["x"]))


def test_deciding_changes_nothing() -> None:
    document = document_with("abc")
    document.decide(EditText([3, "d"]))
    assert (document.version, document.content.value()) == (2, "abc")


def test_evolving_moves_text_title_version_and_time() -> None:
    document = document_with("abc")
    happen(document, Renamed("Other"))
    assert (document.version, document.content.value()) == (3, "abc")
    assert (document.title, document.epoch, document.at) == ("Other", "epoch", 102)


def test_edits_that_do_not_fit_are_refused() -> None:
    document = document_with("a😀")
    with pytest.raises(PastEnd):
        document.decide(EditText([4, "x"]))
    with pytest.raises(SplitsPair):
        document.decide(EditText([2, "x"]))


def test_a_document_does_not_outgrow_its_bound_but_can_always_shrink() -> None:
    document = document_with("abcde", max_length=5)
    with pytest.raises(DocumentTooLarge):
        document.decide(EditText(["x"]))
    assert document.decide(EditText([-2, "xy"])) == Edited([-2, "xy"])
    document.max_length = 3
    assert document.decide(EditText([-1])) == Edited([-1])


@pytest.mark.parametrize("title", ["x" * 201, "bell\a"])
def test_titles_are_short_and_printable(title: str) -> None:
    with pytest.raises(InvalidName):
        document_with("").decide(RenameDocument(title))


def test_replaying_operations_leads_to_the_text_of_evolving_event_by_event() -> None:
    document = Document("d")
    happen(document, Created("e"))
    ops: list[Operation] = [["abc"], [1, -1], [2, {"insert": {"image": "x"}}]]
    for op in ops:
        happen(document, Edited(op))
    replayed = Document("d")
    replayed.replay(ops[:1], version=2)
    replayed.replay(ops[1:], version=4)
    assert replayed.version == document.version
    assert replayed.content.value() == document.content.value() == ["ac", {"insert": {"image": "x"}}]
