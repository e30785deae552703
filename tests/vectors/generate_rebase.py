"""Write rebase.json: merges that every implementation must answer alike.

Run it (``python -m tests.vectors.generate_rebase``) only when a way to merge is added: the results are what users
find after they come back, and an old case that changes must have a reason.
"""

from __future__ import annotations

import json
from pathlib import Path
from random import Random
from typing import Any

from collab.rebase import as_one, in_pairs, runs
from tests.merges import KINDS, ME, Merge, random_merge

PATH = Path(__file__).with_name("rebase.json")
CASES = 25


def case(merge: Merge) -> dict[str, Any]:
    theirs = runs(merge.theirs)
    answers = {"pairs": in_pairs(ME, merge.mine, theirs), "one": as_one(ME, merge.mine, theirs)}
    return {
        "text": merge.text,
        "mine": merge.mine,
        "theirs": [{"client": f.client, "op": f.op, "leans": bool(f.leans)} for f in merge.theirs],
        **{name: {"mine": answer.mine, "theirs": answer.theirs} for name, answer in answers.items()},
    }


def main() -> None:
    rng = Random(20)
    cases = [case(random_merge(rng, kind)) for kind in KINDS for _ in range(CASES)]
    lines = ",\n".join(json.dumps(line, ensure_ascii=False) for line in cases)
    PATH.write_text(f"[\n{lines}\n]\n")


if __name__ == "__main__":
    main()
