"""Write operation.json: cases that every implementation of the operations must answer alike.

The first of each kind are chosen by hand, with the results worked out on paper; the rest are random, with
results from `collab.operation`. Run it (``python -m tests.vectors.generate``) only when a function is added:
a change in an old case is a change of the protocol.
"""

from __future__ import annotations

import json
from pathlib import Path
from random import Random
from typing import Any

from collab.operation import (
    Operation,
    apply,
    coalesce,
    compose,
    invert,
    normalize,
    transform,
    transform_offset,
)
from tests.random_operations import random_operation, random_rich_text, random_text

PATH = Path(__file__).with_name("operation.json")

BY_HAND: dict[str, list[dict[str, Any]]] = {
    "normalize": [
        {"op": [2, 3, "", "a", "b", -1, -2, 7], "result": [5, "ab", -3]},
        {"op": ["a", -1, "b"], "result": ["a", -1, "b"]},
        {"op": [{"retain": 2}, {"insert": "x", "attributes": {}}], "result": [2, "x"]},
        {
            "op": [{"insert": "a", "attributes": {"b": True}}, {"insert": "c", "attributes": {"b": 1}}],
            "result": [{"insert": "a", "attributes": {"b": True}}, {"insert": "c", "attributes": {"b": 1}}],
        },
    ],
    "apply": [
        {"text": "hello", "op": [5, " world"], "result": "hello world"},
        {"text": "a😀b", "op": [3, "x"], "result": "a😀xb"},
        {"text": "a😀b", "op": [1, -2], "result": "ab"},
        {
            "text": "hello",
            "op": [1, {"retain": 3, "attributes": {"bold": True}}],
            "result": ["h", {"insert": "ell", "attributes": {"bold": True}}, "o"],
        },
        {"text": "abc", "op": [4, "x"], "error": "operation_past_end"},
        {"text": "a😀b", "op": [2, "x"], "error": "operation_splits_pair"},
        {"text": "😀😀", "op": [1, -2], "error": "operation_splits_pair"},
    ],
    "transform": [
        {"op": [2, "a"], "other": [2, "b"], "side": "left", "result": [2, "a"]},
        {"op": [2, "a"], "other": [2, "b"], "side": "right", "result": [3, "a"]},
        {"op": [2, "a"], "other": [1, -3], "side": "left", "result": [1, "a"]},
        {"op": [-3, "B"], "other": [1, "C"], "side": "left", "result": [-1, 1, -2, "B"]},
        {"op": [1, -3], "other": [2, "😀"], "side": "right", "result": [1, -1, 2, -2]},
        {"op": [1, -3], "other": [2, -4], "side": "right", "result": [1, -1]},
        {"op": [2, -1], "other": [1, -3], "side": "right", "result": []},
        {
            "op": [{"retain": 2, "attributes": {"bold": True, "link": "x"}}],
            "other": [{"retain": 1, "attributes": {"bold": None}}],
            "side": "right",
            "result": [
                {"retain": 1, "attributes": {"link": "x"}},
                {"retain": 1, "attributes": {"bold": True, "link": "x"}},
            ],
        },
    ],
    "transform_offset": [
        {"offset": 3, "op": [1, "ab"], "sticky": "right", "result": 5},
        {"offset": 3, "op": [3, "ab"], "sticky": "left", "result": 3},
        {"offset": 3, "op": [3, "ab"], "sticky": "right", "result": 5},
        {"offset": 3, "op": [1, -4], "sticky": "right", "result": 1},
    ],
    "compose": [
        {"a": [3, "abc"], "b": [4, -1, "X"], "result": [3, "aXc"]},
        {"a": [-3], "b": ["B"], "result": [-3, "B"]},
        {"a": ["B", -3], "b": [], "result": ["B", -3]},
        {
            "a": [{"retain": 2, "attributes": {"bold": True}}],
            "b": [{"retain": 2, "attributes": {"bold": None}}],
            "result": [{"retain": 2, "attributes": {"bold": None}}],
        },
        {
            "a": [{"insert": "x", "attributes": {"bold": True}}],
            "b": [{"retain": 1, "attributes": {"bold": None}}],
            "result": ["x"],
        },
    ],
    "invert": [
        {"op": [1, -2, "x"], "text": "abcd", "result": [1, "bc", -1]},
        {
            "op": [{"retain": 2, "attributes": {"bold": None}}],
            "text": [{"insert": "a", "attributes": {"bold": True}}, "b"],
            "result": [{"retain": 1, "attributes": {"bold": True}}],
        },
        {
            "op": [{"retain": 1, "attributes": {"bold": 1}}],
            "text": [{"insert": "a", "attributes": {"bold": True}}],
            "result": [{"retain": 1, "attributes": {"bold": True}}],
        },
    ],
    "coalesce": [
        {"ops": [[5, "h"], [6, "i"], [7, "!"], [7, -1], [4, -1], [3, -1]], "result": [[5, "hi"], [3, -2]]},
        {"ops": [[3, -1], [3, -1], [3, -2]], "result": [[3, -4]]},
        {"ops": [[-3], ["B"]], "result": [[-3], ["B"]]},
        {"ops": [["😀"], [2, "x"], [-2]], "result": [["x"]]},
        {"ops": [["x"], [-1], [4, "y"]], "result": [[4, "y"]]},
    ],
    "validate": [
        {"value": [2, "hi"], "result": [2, "hi"]},
        {"value": [2, 1, "h", "i", 4], "result": [3, "hi"]},
        {"value": {"insert": "x"}, "error": "operation_type"},
        {"value": [True], "error": "operation_type"},
        {"value": [1.5], "error": "operation_type"},
        {"value": [[1]], "error": "operation_type"},
        {"value": [None], "error": "operation_type"},
        {"value": [{"insert": 3}], "error": "operation_type"},
        {"value": [{"insert": "x", "attributes": [1]}], "error": "operation_type"},
        {"value": [{"retain": 1, "insert": "x"}], "error": "operation_type"},
        {"value": [{"delete": 1}], "error": "operation_type"},
        {"value": [{"retain": "1"}], "error": "operation_type"},
        {"value": [{"insert": "x", "attributes": {"a": 2**53}}], "error": "operation_type"},
        {"value": [{"insert": {"a": -1e300}}], "error": "operation_type"},
        {"value": [{"insert": {"a": 2**53 - 1}}], "result": [{"insert": {"a": 2**53 - 1}}]},
        {"value": [10**40], "error": "operation_length"},
        {"value": [{"retain": 10**40}], "error": "operation_length"},
        {"value": [0], "error": "operation_length"},
        {"value": [""], "error": "operation_length"},
        {"value": [{"retain": -1}], "error": "operation_length"},
        {"value": [9000000000], "error": "operation_length"},
        {"value": [-9000000000], "error": "operation_length"},
        {"value": ["\ud83d"], "error": "operation_lone_surrogate"},
        {"value": [{"insert": {"image": "\ude00"}}], "error": "operation_lone_surrogate"},
        {"value": [{"insert": {"a": {"b": {"c": {"d": {"e": 1}}}}}}], "error": "operation_too_deep"},
        {"value": [4, "x"], "text": "abc", "error": "operation_past_end"},
        {"value": [1, "x"], "text": "😀", "error": "operation_splits_pair"},
    ],
}

RANDOM_CASES = 150


def random_cases(rng: Random) -> dict[str, list[dict[str, Any]]]:
    cases: dict[str, list[dict[str, Any]]] = {kind: [] for kind in BY_HAND}
    for number in range(RANDOM_CASES):
        rich = number % 3 == 0
        text = random_rich_text(rng, 4) if rich else random_text(rng, 8)
        a, b = (random_operation(rng, text, rich=rich) for _ in range(2))
        after = apply(text, a)
        c = random_operation(rng, after, rich=rich)
        cases["apply"].append({"text": text, "op": a, "result": after})
        cases["compose"].append({"a": a, "b": c, "result": compose(a, c)})
        cases["invert"].append({"op": a, "text": text, "result": invert(a, text)})
        for side in ("left", "right"):
            cases["transform"].append({"op": a, "other": b, "side": side, "result": transform(a, b, side)})
        offset = rng.randint(0, 8)
        for sticky in ("left", "right"):
            moved = transform_offset(offset, a, sticky=sticky)
            cases["transform_offset"].append({"offset": offset, "op": a, "sticky": sticky, "result": moved})
    for _ in range(40):
        ops = typing(rng)
        cases["coalesce"].append({"ops": ops, "result": coalesce(ops)})
    return cases


def typing(rng: Random) -> list[Operation]:
    """Single edits near one another, as a person makes them in a text of some twenty characters."""
    caret, length = 10, 20
    ops: list[Operation] = []
    for _ in range(12):
        caret = max(1, min(length, caret + rng.choice([0, 0, 0, 0, -1, 1])))
        if rng.random() < 0.6:
            ops.append(normalize([caret, rng.choice("ab’")]))
            caret, length = caret + 1, length + 1
        else:
            caret, length = caret - 1, length - 1
            ops.append(normalize([caret, -1]))
    return ops


def main() -> None:
    generated = random_cases(Random(20261123))
    cases = {kind: BY_HAND[kind] + generated[kind] for kind in BY_HAND}
    blocks = [
        f"{json.dumps(kind)}: [\n" + ",\n".join(json.dumps(case, sort_keys=True) for case in rows) + "\n]"
        for kind, rows in cases.items()
    ]
    PATH.write_text("{\n" + ",\n".join(blocks) + "\n}\n")


if __name__ == "__main__":
    main()
