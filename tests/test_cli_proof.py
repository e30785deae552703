"""``collab proof``, and the verifier that it comes with."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from hashlib import sha256
from pathlib import Path

import pytest

from collab.chain import beginning
from tests.cli_helpers import Collab, done, objects, refused
from tests.store_helpers import SECOND, T0

VERIFIER = Path(__file__).parent.parent / "collab" / "cli" / "verify_proof.py"


def check(folder: Path, *arguments: str) -> tuple[int, str, str]:
    """Run the verifier beside a proof as somebody does who has nothing but Python."""
    done = subprocess.run(
        [sys.executable, "-I", "-S", "verify_proof.py", *arguments],
        cwd=folder,
        env={},
        capture_output=True,
        text=True,
        timeout=60,
    )
    return done.returncode, done.stdout, done.stderr


@pytest.fixture
def proven(folder: Path, collab: Collab) -> tuple[Path, str]:
    """An otherwise empty folder with a proof and its verifier, and the digest."""
    alone = folder / "alone"
    alone.mkdir()
    said = done(collab("proof", "doc", "-o", "alone/proof", "--with-verifier"))
    assert sorted(path.name for path in alone.iterdir()) == ["proof", "verify_proof.py"]
    assert said.startswith("doc at version 6, 2023-11-14 22:13:25.000 UTC, is in alone/proof\ndigest ")
    digest = said.splitlines()[1].split()[1]
    assert said.endswith(f"python3 alone/verify_proof.py alone/proof {digest}\n")
    return alone, digest


def test_a_proof_is_checked_with_nothing_but_python(proven: tuple[Path, str]) -> None:
    alone, digest = proven
    nothing = subprocess.run([sys.executable, "-I", "-S", "-c", "import collab"], capture_output=True)
    assert b"No module named 'collab'" in nothing.stderr
    seen = f"doc: 6 events, 2023-11-14 22:13:20 UTC to 2023-11-14 22:13:25 UTC\ndigest {digest}\nOK\n"
    assert check(alone, "proof") == (0, seen, "")
    assert check(alone, "proof", digest) == (0, seen, "")
    assert check(alone, "proof", digest.upper()) == (0, seen, "")


def test_a_proof_is_no_proof_of_another_digest(proven: tuple[Path, str]) -> None:
    alone, digest = proven
    for other in (digest[:-1], "0" * 64):
        code, _, errors = check(alone, "proof", other)
        assert code == 1
        assert errors.startswith(f"WRONG: the file ends with digest {digest}, and {other} was noted")


def test_any_change_of_a_proof_is_found(proven: tuple[Path, str]) -> None:
    alone, digest = proven
    lines = (alone / "proof").read_bytes().splitlines(keepends=True)
    changed = {
        "a letter": [*lines[:2], lines[2].replace(b"Hello", b"Hullo"), *lines[3:]],
        "an author": [*lines[:4], lines[4].replace(b"bob", b"eve"), *lines[5:]],
        "a time": [*lines[:4], lines[4].replace(b"1700000003", b"1700000002"), *lines[5:]],
        "a space": [*lines[:4], lines[4].replace(b",", b", ", 1), *lines[5:]],
        "the document": [lines[0].replace(b"doc", b"dog", 1), *lines[1:]],
        "fewer": [lines[0].replace(b"6", b"5"), *lines[1:6], lines[7]],
        "no end": lines[:7],
        "half": lines[:4],
        "more": [*lines, lines[7]],
        "digest": [*lines[:7], lines[7].replace(digest[:8].encode(), b"00000000")],
        "nothing": [],
    }
    for what, contents in changed.items():
        assert contents != lines, what
        (alone / "proof").write_bytes(b"".join(contents))
        code, _, errors = check(alone, "proof", digest)
        assert (code, errors[:7]) == (1, "WRONG: "), what
        assert "Traceback" not in errors


@pytest.mark.parametrize("change", ["missing", "twice", "broken"])
def test_the_verifier_names_the_first_line_that_cannot_be_there(
    proven: tuple[Path, str], change: str
) -> None:
    alone, _ = proven
    lines = (alone / "proof").read_bytes().splitlines(keepends=True)
    if change == "missing":
        del lines[3]
    elif change == "twice":
        lines.insert(4, lines[3])
    else:
        lines[3] = lines[3].replace(b'"', b"'")
    (alone / "proof").write_bytes(b"".join(lines))
    code, _, errors = check(alone, "proof")
    assert code == 1
    assert errors.startswith(f"WRONG: line {5 if change == 'twice' else 4}: ")


def test_the_verifier_fits_on_a_page_and_needs_the_standard_library_alone() -> None:
    source = VERIFIER.read_text()
    assert source.count("\n") <= 30
    imported = re.findall(r"^(?:import|from) (\w+)", source, re.MULTILINE)
    assert set(imported) <= sys.stdlib_module_names
    compile(source, "verify_proof.py", "exec", dont_inherit=True)


def test_the_verifier_holds_one_line_at_a_time(folder: Path) -> None:
    """Of 96 MB, in 96 lines."""
    (folder / "verify_proof.py").write_bytes(VERIFIER.read_bytes())
    chain = beginning("big")
    with (folder / "big").open("wb") as file:
        file.write(b'{"collab":"history","format":1,"document":"big","version":96}\n')
        for seq in range(1, 97):
            line = b'["edited",1,"c","a",%d,%d,%d,[["%b"]]]' % (seq, seq, T0, b"x" * 1_000_000)
            chain = sha256(chain + line).digest()
            file.write(line + b"\n")
        file.write(b'{"digest":"%b","clients":[]}\n' % chain.hex().encode())
    limited = f"ulimit -v 65536; exec {sys.executable} -I -S verify_proof.py big"
    ended = subprocess.run(["sh", "-c", limited], cwd=folder, capture_output=True)
    assert (ended.returncode, ended.stderr) == (0, b"")
    greedy = f"ulimit -v 65536; exec {sys.executable} -I -S -c \"open('big', 'rb').read()\""
    assert subprocess.run(["sh", "-c", greedy], cwd=folder, capture_output=True).returncode == 1


def test_a_proof_says_its_digest_and_its_verifier_stays_what_it_is(folder: Path, collab: Collab) -> None:
    (found,) = objects(done(collab("proof", "doc", "--with-verifier", "--json")))
    assert (found["file"], found["version"], found["at"]) == ("doc.history", 6, T0 + 5 * SECOND)
    last = json.loads((folder / "doc.history").read_text().splitlines()[-1])
    assert found["digest"] == last["digest"]
    done(collab("proof", "doc", "--with-verifier", "--force"))
    (folder / "verify_proof.py").write_text("mine")
    refused(collab("proof", "doc", "--with-verifier", "-o", "new"), "verify_proof.py is there already")
    assert (folder / "verify_proof.py").read_text() == "mine"
    assert not (folder / "new").exists()
    done(collab("proof", "doc", "--with-verifier", "--force"))
    assert (folder / "verify_proof.py").read_bytes() == VERIFIER.read_bytes()
    assert VERIFIER.as_posix() in done(collab("proof", "doc", "-o", "new"))
