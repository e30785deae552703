"""Pieces found by place in either of two texts."""

from __future__ import annotations

from random import Random

from collab.pieces import CHUNK, MINE, THEIRS, Piece, Pieces


def length(piece: Piece, side: int) -> int:
    return piece.theirs if side == THEIRS else piece.mine


def totals(pieces: Pieces) -> list[Piece]:
    return list(pieces)[:-1]


def test_a_place_between_pieces_is_found_at_the_first_border_there() -> None:
    pieces = Pieces()
    for piece in (Piece(3, 3), Piece(0, 2, "ab"), Piece(4, 0), Piece(1, 1)):
        pieces.put(piece)
    assert pieces.seek(MINE, 3) == 0
    assert (pieces.here().content, pieces.places) == ("ab", [3, 3])
    assert pieces.seek(THEIRS, 5) == 0
    assert (pieces.here(), pieces.places) == (Piece(4, 0), [3, 5])
    assert pieces.seek(MINE, 5) == 2
    assert (pieces.here(), pieces.places) == (Piece(4, 0), [3, 5])


def test_a_border_is_made_where_there_is_none() -> None:
    pieces = Pieces()
    pieces.put(Piece(0, 3, "abc", {"bold": True}, True))
    pieces.border(THEIRS, 1)
    cut = [Piece(0, 1, "a", {"bold": True}, True), Piece(0, 2, "bc", {"bold": True}, True)]
    assert totals(pieces) == cut
    assert pieces.places == [0, 1]


def test_neighbours_that_are_alike_are_joined() -> None:
    pieces = Pieces()
    for piece in (Piece(1, 1), Piece(2, 2), Piece(0, 1, "a"), Piece(0, 1, "b"), Piece(0, 1, "c", None, True)):
        pieces.put(piece)
    for piece in (Piece(1, 0), Piece(2, 0), Piece(0, 1, {"image": "x"}), Piece(0, 1, {"image": "y"})):
        pieces.put(piece)
    pieces.join()
    assert totals(pieces) == [
        Piece(3, 3),
        Piece(0, 2, "ab"),
        Piece(0, 1, "c", None, True),
        Piece(3, 0),
        Piece(0, 1, {"image": "x"}),
        Piece(0, 1, {"image": "y"}),
    ]


def test_only_a_plain_piece_of_both_is_resized_and_something_of_it_stays() -> None:
    pieces = Pieces()
    pieces.put(Piece(3, 3))
    pieces.put(Piece(0, 1, "a", None, True))
    assert not pieces.resize(pieces.seek(MINE, 3), 2), "what goes left comes between"
    assert not pieces.resize(pieces.seek(MINE, 0), -3), "nothing would be left"
    assert not pieces.resize(pieces.seek(MINE, 0), 1), "there is nothing before it"
    assert pieces.resize(pieces.seek(MINE, 1), 5)
    assert totals(pieces) == [Piece(8, 8), Piece(0, 1, "a", None, True)]


def test_the_cursor_stays_where_it_is_when_a_full_chunk_is_halved_there() -> None:
    for behind in (CHUNK - 1, CHUNK, CHUNK + 1):
        pieces = Pieces()
        for number in range(2 * CHUNK - 1):
            pieces.put(Piece(2, 2) if number % 2 else Piece(0, 2, "xy"))
        pieces.border(THEIRS, 2 * behind + 1)
        pieces.put(Piece(0, 1, "!"))
        texts = [piece.content or "-" * piece.theirs for piece in totals(pieces)]
        assert "".join(texts).index("!") == 2 * behind + 1
        assert len(texts) == 2 * CHUNK + 1


def test_many_pieces_are_the_same_as_a_list_of_them() -> None:
    for seed in range(8):
        rng = Random(seed)
        pieces = Pieces()
        model: list[Piece] = []
        for _ in range(6 * CHUNK):
            side = rng.choice((MINE, THEIRS))
            place = rng.randint(0, sum(length(piece, side) for piece in model))
            index = before = 0
            while before < place:
                before += length(model[index], side)
                index += 1
            if before > place:
                whole = model[index - 1]
                model[index - 1 : index] = whole.cut(length(whole, side) - (before - place))
            pieces.border(side, place)
            if rng.random() < 0.75 or index == len(model):
                piece = rng.choice((Piece(2, 2), Piece(0, 2, "xy"), Piece(2, 0), Piece(1, 1)))
                pieces.put(piece)
                model.insert(index, piece)
            else:
                assert pieces.here() == model[index], seed
                pieces.replace()
                del model[index]
            assert pieces.places[side] >= place
        assert totals(pieces) == model, seed
