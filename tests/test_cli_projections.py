"""``collab projections``: read models on the command line."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path

import pytest

from collab.projections.builtin import BUILT_IN
from collab.projections.models import beside
from collab.projections.shelf import Shelf
from tests.cli_helpers import PROJECT, Collab, done, in_terminal, objects, refused, run, words

NAMES = [projection.name for projection in BUILT_IN]


@pytest.fixture
def db(folder: Path) -> Path:
    return folder / "collab.db"


def test_projections_are_listed_with_how_far_they_are(collab: Collab, db: Path) -> None:
    assert words(done(collab("projections", "--db", db))) == [
        f"{name} missing position 0, 6 events behind" for name in NAMES
    ]
    done(collab("projections", "rebuild", "search", "--db", db))
    listed = objects(done(collab("projections", "--db", db, "--json")))
    assert [(row["name"], row["live"], row["position"], row["lag"]) for row in listed] == [
        ("activity", False, 0, 6),
        ("catalogue", False, 0, 6),
        ("contributors", False, 0, 6),
        ("search", True, 6, 0),
    ]


@pytest.mark.parametrize("name", NAMES)
def test_a_model_is_built_and_checked(collab: Collab, db: Path, name: str) -> None:
    assert done(collab("projections", "rebuild", name, "--db", db)) == f"{name} is built, up to position 6\n"
    assert done(collab("projections", "check", name, "--db", db)).startswith(
        f"{name} is exact at position 6: "
    )


def test_a_model_that_was_changed_by_hand_is_not_exact(collab: Collab, db: Path) -> None:
    done(collab("projections", "rebuild", "catalogue", "--db", db))
    path = Shelf(beside(db), next(each for each in BUILT_IN if each.name == "catalogue")).current()
    assert path is not None
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE documents SET length = length + 1")
    connection.close()
    refused(collab("projections", "check", "catalogue", "--db", db), "isn't what the log says, in: documents")
    done(collab("projections", "rebuild", "catalogue", "--db", db))
    done(collab("projections", "check", "catalogue", "--db", db))


def test_a_search_index_that_disagrees_with_its_texts_is_not_exact(collab: Collab, db: Path) -> None:
    done(collab("projections", "rebuild", "search", "--db", db))
    path = Shelf(beside(db), next(each for each in BUILT_IN if each.name == "search")).current()
    assert path is not None
    with sqlite3.connect(path) as connection:
        (text,) = connection.execute("SELECT c1 FROM texts_content").fetchone()
        connection.execute("UPDATE texts_content SET c1 = 'other words'")
        connection.execute("INSERT INTO texts (texts) VALUES ('rebuild')")
        connection.execute("UPDATE texts_content SET c1 = ?", (text,))
    connection.close()
    refused(collab("projections", "check", "search", "--db", db), "texts")


@pytest.mark.parametrize("command", ["rebuild", "check", "retry", "skip"])
def test_a_projection_that_there_is_not_is_refused(collab: Collab, db: Path, command: str) -> None:
    refused(
        collab("projections", command, "nope", "--db", db),
        "there is no projection 'nope'; there are: activity",
    )


def test_what_is_not_built_or_not_parked_is_said(collab: Collab, db: Path) -> None:
    refused(collab("projections", "check", "search", "--db", db), "is being built")
    refused(collab("projections", "retry", "search", "--db", db), "isn't parked")
    refused(collab("projections", "skip", "search", "--db", db), "isn't parked")
    refused(collab("projections", "--db", db.with_name("none.db")), "there is no database")


@pytest.mark.parametrize(
    ("written", "reason"),
    [
        ("nonsense", "module:Class"),
        ("no.such.module:Tasks", "No module named"),
        ("examples.task_list:Nothing", "has no attribute"),
        ("examples.task_list:TASK", "a subclass of"),
    ],
)
def test_a_setting_that_names_no_projection_is_refused(
    collab: Collab, db: Path, written: str, reason: str
) -> None:
    refused(collab("projections", "--db", db, "--projection", written), reason)


def test_a_projection_of_ones_own_comes_from_a_setting_or_the_environment(collab: Collab, db: Path) -> None:
    setting = "examples.task_list:Tasks"
    assert done(collab("projections", "rebuild", "tasks", "--db", db, "--projection", setting))
    for output in (
        done(collab("projections", "--db", db, "--projection", setting)),
        done(collab("projections", "--db", db, COLLAB_PROJECTIONS=setting)),
    ):
        assert "tasks live position 6, 0 events behind" in words(output)


def test_progress_is_shown_in_a_terminal(db: Path) -> None:
    code, seen = in_terminal("projections", "rebuild", "search", "--db", db, cwd=db.parent)
    assert code == 0
    assert "building search" in seen
    assert "6/6" in seen


PARKING = """
from tests.model_helpers import Picky, dislikes

class Bobless(Picky):
    def __init__(self):
        super().__init__(dislikes("Oh. "))
"""


def test_a_parked_projection_is_listed_with_its_event_and_helped_on(db: Path) -> None:
    (db.parent / "mine.py").write_text(PARKING)
    options = ("--db", db, "--projection", "mine:Bobless")
    code, _, errors = run("projections", "rebuild", "picky", *options, cwd=db.parent)
    assert code == 1
    assert b"projection 'picky' is parked at position 5: RuntimeError: I don't like Oh. " in errors
    code, output, _ = run("projections", *options, cwd=db.parent)
    listed = words(output.decode())
    assert "picky parked position 0, 6 events behind, a shadow is at 4" in listed
    assert any(
        "event 5 of doc (position 5, 1 attempt): RuntimeError: I don't like Oh." in line for line in listed
    )
    code, output, _ = run("projections", "skip", "picky", *options, cwd=db.parent)
    assert (code, output) == (0, b"picky goes on behind event 5 of doc\n")
    code, output, _ = run("projections", "rebuild", "picky", *options, cwd=db.parent)
    assert (code, output) == (0, b"picky is built, up to position 6\n")
    code, output, _ = run("projections", *options, cwd=db.parent)
    assert "picky live position 6, 0 events behind, 1 event skipped" in words(output.decode())


def test_projections_of_installed_packages_are_found(db: Path) -> None:
    package = db.parent / "site"
    about = package / "liking-1.0.dist-info"
    about.mkdir(parents=True)
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: liking\nVersion: 1.0\n")
    (about / "entry_points.txt").write_text("[collab.projections]\ntasks = examples.task_list:Tasks\n")
    paths = os.pathsep.join([str(PROJECT), str(package)])
    code, output, errors = run("projections", "--db", db, cwd=db.parent, env={"PYTHONPATH": paths})
    assert (code, errors) == (0, b"")
    assert "tasks missing position 0, 6 events behind" in words(output.decode())
