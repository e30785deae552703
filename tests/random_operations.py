"""Random texts and operations for laws and fuzz: astral characters, attributes and embeds included."""

from __future__ import annotations

from random import Random
from typing import Any

from collab.operation import Operation, Text, normalize
from collab.operation.components import Reader, insert

LETTERS = "abcdeß\u2019😀🎉"


def random_text(rng: Random, most: int) -> str:
    return "".join(rng.choice(LETTERS) for _ in range(rng.randint(0, most)))


def random_attributes(rng: Random, *, removing: bool) -> dict[str, Any]:
    values: list[Any] = [True, 1, "red", {"deep": [1]}]
    if removing:
        values.append(None)
    return {key: rng.choice(values) for key in rng.sample(["bold", "colour", "link"], rng.randint(0, 2))}


def random_insert(rng: Random, *, rich: bool) -> Any:
    if not rich or rng.random() < 0.6:
        return rng.choice(LETTERS) + random_text(rng, 2)
    attributes = random_attributes(rng, removing=False)
    if rng.random() < 0.3:
        return insert({"image": rng.choice("xyz")}, attributes)
    return insert(rng.choice(LETTERS) + random_text(rng, 2), attributes)


def random_rich_text(rng: Random, most: int) -> Operation:
    return normalize([random_insert(rng, rich=True) for _ in range(rng.randint(0, most))])


def boundaries(text: Text) -> list[int]:
    """Every offset in ``text`` that does not split a surrogate pair."""
    offsets = [0]
    if isinstance(text, str):
        text = [text] if text else []
    reader = Reader(text)
    while not reader.ended:
        content = reader.content(reader.length)
        for character in content if isinstance(content, str) else "x":
            offsets.append(offsets[-1] + (2 if ord(character) > 0xFFFF else 1))
        reader.advance()
    return offsets


def random_operation(rng: Random, text: Text, *, rich: bool = False) -> Operation:
    """An operation in normal form that fits ``text``, of up to some eight components."""
    offsets = boundaries(text)
    place = 0
    operation: Operation = []
    for _ in range(rng.randint(1, 8)):
        chance = rng.random()
        if chance < 0.4:
            operation.append(random_insert(rng, rich=rich))
        elif place < len(offsets) - 1:
            end = rng.randint(place + 1, min(len(offsets) - 1, place + 4))
            length = offsets[end] - offsets[place]
            place = end
            if chance < 0.65:
                operation.append(-length)
            elif rich and chance < 0.8:
                attributes = random_attributes(rng, removing=True)
                operation.append({"retain": length, "attributes": attributes} if attributes else length)
            else:
                operation.append(length)
    return normalize(operation)
