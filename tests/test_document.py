"""The aggregate: wishes in, facts out, and a state that only facts change."""

from __future__ import annotations

import pytest

from collab.document import (
    Command,
    CreateDocument,
    DeleteTag,
    Document,
    EditText,
    RenameDocument,
    RenameTag,
    RestoreVersion,
    TagVersion,
    UndoEdits,
)
from collab.errors import (
    DocumentExists,
    DocumentNotFound,
    DocumentTooLarge,
    InvalidName,
    PastEnd,
    SplitsPair,
    TagExists,
    TooManyTags,
    UnknownTag,
    UnknownVersion,
)
from collab.events import (
    Created,
    Edited,
    Event,
    Origin,
    Payload,
    Renamed,
    Restored,
    Tagged,
    TagRenamed,
    Undone,
    Untagged,
)
from collab.operation import Operation
from collab.tags import MOST_TAGS, Tag, Tags


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


# Beginning with content.


def test_a_document_may_begin_with_content_and_an_origin() -> None:
    document = Document("d", max_length=5)
    origin = Origin("other", "its epoch", 17)
    created = document.decide(CreateDocument("e", "Fork", ["ab😀"], origin))
    assert created == Created("e", title="Fork", op=["ab😀"], origin=origin)
    happen(document, created)
    assert (document.version, document.title, document.epoch) == (1, "Fork", "e")
    assert (document.content.value(), document.content.length) == ("ab😀", 4)


def test_formatted_content_may_be_a_beginning_too() -> None:
    document = Document("d")
    content: Operation = ["a", {"insert": {"image": "x"}, "attributes": {"alt": "y"}}]
    happen(document, document.decide(CreateDocument("e", op=content)))
    assert document.content.value() == content


def test_what_a_document_begins_with_is_bounded_and_fits() -> None:
    with pytest.raises(DocumentTooLarge) as large:
        Document("d", max_length=5).decide(CreateDocument("e", op=["abcd😀"]))
    assert (large.value.length, large.value.limit) == (6, 5)
    with pytest.raises(PastEnd):
        Document("d").decide(CreateDocument("e", op=[1, "a"]))


# Older versions brought back, and edits undone.


def test_restoring_and_undoing_change_the_text_by_their_operation() -> None:
    document = document_with("abc")
    restored = document.decide(RestoreVersion(1, [-3]))
    assert restored == Restored(1, [-3])
    happen(document, restored)
    assert (document.version, document.content.value()) == (3, "")
    undone = document.decide(UndoEdits("bob", 1, 3, ["xyz"]))
    assert undone == Undone("bob", 1, 3, ["xyz"])
    happen(document, undone)
    assert (document.version, document.content.value()) == (4, "xyz")


@pytest.mark.parametrize("version", [-1, 0, 3])
def test_only_a_version_that_exists_is_restored_undone_or_named(version: int) -> None:
    document = document_with("abc")
    commands: list[Command] = [
        RestoreVersion(version, []),
        UndoEdits("ann", 0, version, []),
        TagVersion(version, "name"),
    ]
    for command in commands:
        with pytest.raises(UnknownVersion) as unknown:
            document.decide(command)
        assert (unknown.value.asked, unknown.value.newest) == (version, 2)
    for version in (1, 2):
        document.decide(RestoreVersion(version, []))
        document.decide(TagVersion(version, "name"))


def test_what_does_not_fit_is_neither_restored_nor_undone() -> None:
    document = document_with("a😀", max_length=3)
    unfit: list[tuple[Operation, type[Exception]]] = [
        ([4, "x"], PastEnd),
        ([2, -1], SplitsPair),
        (["x"], DocumentTooLarge),
    ]
    for op, failure in unfit:
        commands: list[Command] = [RestoreVersion(1, op), UndoEdits("ann", 0, 2, op)]
        for command in commands:
            with pytest.raises(failure):
                document.decide(command)
    assert document.decide(RestoreVersion(1, [-1])) == Restored(1, [-1])


# Named versions.


def test_a_version_is_named_renamed_and_loses_its_name() -> None:
    document = document_with("abc")
    happen(document, document.decide(TagVersion(2, "  the   draft ")))
    assert document.tags.all() == [Tag(3, 2, "the draft", "ann", 102)]
    renamed = document.decide(RenameTag(3, " final "))
    assert renamed == TagRenamed(3, "final")
    happen(document, renamed)
    assert document.tags.all() == [Tag(3, 2, "final", "ann", 102)]
    happen(document, document.decide(DeleteTag(3)))
    assert document.tags.all() == []
    assert (document.version, document.content.value(), document.at) == (5, "abc", 104)


def test_names_that_cannot_be_are_refused() -> None:
    document = document_with("abc")
    happen(document, Tagged(1, "draft"))
    happen(document, Tagged(2, "final"))
    commands: list[tuple[Command, type[Exception]]] = [
        (TagVersion(2, "draft"), TagExists),
        (RenameTag(4, "draft"), TagExists),
        (TagVersion(2, " "), InvalidName),
        (RenameTag(4, "x" * 201), InvalidName),
        (RenameTag(2, "x"), UnknownTag),
        (DeleteTag(2), UnknownTag),
    ]
    for command, failure in commands:
        with pytest.raises(failure):
            document.decide(command)
    assert document.decide(RenameTag(4, "final")) == TagRenamed(4, "final")


def test_a_tag_that_is_gone_cannot_be_renamed_or_deleted() -> None:
    document = document_with("abc")
    happen(document, Tagged(1, "draft"))
    happen(document, Untagged(3))
    commands: list[Command] = [RenameTag(3, "x"), DeleteTag(3)]
    for command in commands:
        with pytest.raises(UnknownTag):
            document.decide(command)


def test_a_document_has_only_so_many_named_versions() -> None:
    document = document_with("abc")
    for number in range(MOST_TAGS):
        happen(document, Tagged(1, f"n° {number}"))
    with pytest.raises(TooManyTags):
        document.decide(TagVersion(1, "one more"))
    happen(document, Untagged(3))
    assert document.decide(TagVersion(1, "one more")) == Tagged(1, "one more")


@pytest.mark.parametrize(
    "command",
    [
        RestoreVersion(1, []),
        UndoEdits("ann", 0, 1, []),
        TagVersion(1, "x"),
        RenameTag(1, "x"),
        DeleteTag(1),
        RenameDocument("x"),
    ],
)
def test_nothing_can_be_done_to_what_was_not_created(command: Command) -> None:
    with pytest.raises(DocumentNotFound):
        Document("d").decide(command)


def test_a_state_taken_over_goes_on_as_the_one_that_was_folded() -> None:
    folded = document_with("abc")
    happen(folded, Tagged(1, "draft"))
    taken = Document("d")
    taken.take_over(
        kind=folded.kind,
        epoch=folded.epoch,
        title=folded.title,
        version=folded.version,
        at=folded.at,
        content=folded.content.value(),
    )
    taken.tags = Tags(folded.tags.all())
    for document in (folded, taken):
        with pytest.raises(TagExists):
            document.decide(TagVersion(2, "draft"))
        happen(document, Renamed("Other"))
        happen(document, Edited([3, "d"]))
        happen(document, TagRenamed(3, "final"))
    assert taken.tags.all() == folded.tags.all()
    assert taken.content.value() == folded.content.value() == "abcd"
    assert (taken.version, taken.at, taken.title) == (folded.version, folded.at, folded.title)
