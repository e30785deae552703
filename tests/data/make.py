"""Makes the traces beside this file from those of josephg/editing-traces, which README.md names.

    python tests/data/make.py FOLDER_WITH_THE_SOURCES

The texts that the shortened traces end in are worked out here, without collab. A sequential one is spliced, and
a concurrent one is merged by a method that has nothing in common with transforming: every character ever
typed stays in one list, deleted or not, and an author's position is looked up among those that the author could see.
"""

from __future__ import annotations

import gzip
import json
import sys
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent

SEQUENTIAL = 3_000
CONCURRENT = 4_000
"""Transactions that are kept. A transaction comes after its parents, so the first of a trace make a trace."""


def splice(txns: list[dict[str, Any]]) -> str:
    """The text that a sequential trace ends in."""
    text: list[str] = []
    for txn in txns:
        for place, removed, inserted in txn["patches"]:
            text[place : place + removed] = inserted
    return "".join(text)


class Character:
    """One typed character: by which transaction it came, and by which it went."""

    def __init__(self, text: str, txn: int) -> None:
        self.text = text
        self.came = 1 << txn
        self.went = 0

    def seen(self, version: int) -> bool:
        """Whether it is there for one who has seen the transactions in ``version``, a set as bits."""
        return bool(self.came & version) and not self.went & version


def merge(txns: list[dict[str, Any]]) -> str:
    """The text that a concurrent trace ends in, whose authors never type at one place at one time."""
    versions: list[int] = []
    characters: list[Character] = []
    for number, txn in enumerate(txns):
        version = 0
        for parent in txn["parents"]:
            version |= versions[parent]
        for place, removed, inserted in txn["patches"]:
            index = find(characters, version, place)
            for _ in range(removed):
                while not characters[index].seen(version):
                    index += 1
                characters[index].went |= 1 << number
                index += 1
            index = find(characters, version, place)
            characters[index:index] = [Character(text, number) for text in inserted]
            version |= 1 << number
        versions.append(version | 1 << number)
    return "".join(character.text for character in characters if not character.went)


def find(characters: list[Character], version: int, place: int) -> int:
    """The index just behind the first ``place`` characters that ``version`` sees."""
    index = 0
    while place:
        place -= characters[index].seen(version)
        index += 1
    return index


def write(name: str, trace: dict[str, Any]) -> None:
    packed = json.dumps(trace, separators=(",", ":")).encode()
    # Without the time of day, so that the same trace gives the same file.
    HERE.joinpath(name).write_bytes(gzip.compress(packed, 9, mtime=0))


def read(path: Path) -> dict[str, Any]:
    trace: dict[str, Any] = json.loads(gzip.decompress(path.read_bytes()))
    return trace


def main(sources: Path) -> None:
    source = read(sources / "sveltecomponent.json.gz")
    txns = [{"patches": txn["patches"]} for txn in source["txns"][:SEQUENTIAL]]
    write("sveltecomponent-3000.json.gz", {"startContent": "", "endContent": splice(txns), "txns": txns})

    source = read(sources / "friendsforever.json.gz")
    txns = [
        {"parents": txn["parents"], "agent": txn["agent"], "patches": txn["patches"]}
        for txn in source["txns"][:CONCURRENT]
    ]
    trace = {"kind": "concurrent", "endContent": merge(txns), "numAgents": source["numAgents"], "txns": txns}
    write("friendsforever-4000.json.gz", trace)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
