"""The shared cases of tests/vectors/operation.json, which the JavaScript tests read too."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from collab.errors import InvalidOperation
from collab.operation import (
    apply,
    coalesce,
    compose,
    invert,
    normalize,
    transform,
    transform_offset,
    validate,
)
from collab.operation.values import same

CASES = json.loads(Path(__file__).parent.joinpath("vectors", "operation.json").read_text())

ANSWERS: dict[str, Any] = {
    "normalize": lambda case: normalize(case["op"]),
    "apply": lambda case: apply(case["text"], case["op"]),
    "transform": lambda case: transform(case["op"], case["other"], case["side"]),
    "transform_offset": lambda case: transform_offset(case["offset"], case["op"], sticky=case["sticky"]),
    "compose": lambda case: compose(case["a"], case["b"]),
    "invert": lambda case: invert(case["op"], case["text"]),
    "coalesce": lambda case: coalesce(case["ops"]),
    "validate": lambda case: validate(case["value"], case.get("text")),
}


def test_every_kind_of_case_is_read() -> None:
    assert CASES.keys() == ANSWERS.keys()


@pytest.mark.parametrize("kind", ANSWERS)
def test_shared_vectors(kind: str) -> None:
    assert CASES[kind]
    for case in CASES[kind]:
        if "error" in case:
            with pytest.raises(InvalidOperation) as caught:
                ANSWERS[kind](case)
            assert caught.value.code == case["error"], case
        else:
            assert same(ANSWERS[kind](case), case["result"]), case
