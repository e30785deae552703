"""The commands of ``collab``."""

from __future__ import annotations

import sys

import typer

from collab.cli.common import console
from collab.cli.explain import blame, diff
from collab.cli.export import export
from collab.cli.history import find, log, sessions, show
from collab.cli.imports import import_
from collab.cli.pack import pack
from collab.cli.projections import projections
from collab.cli.proof import proof
from collab.cli.replay import replay
from collab.cli.reproduce import reproduce
from collab.cli.restore import fork, restore
from collab.cli.serve import serve
from collab.cli.tags import tags
from collab.cli.undo import undo
from collab.cli.verify import verify
from collab.cli.webhooks import webhooks
from collab.cli.writing import BESIDE_A_SERVER
from collab.errors import CollabError

app = typer.Typer(
    name="collab",
    help="Collaborative editing with the whole history.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
for command, epilog in (
    *((command, None) for command in (serve, log, sessions, find, show, blame, diff)),
    *((command, BESIDE_A_SERVER) for command in (tags, restore, undo, fork)),
    *((command, None) for command in (export, import_, proof, verify, pack, replay, reproduce)),
):
    app.command(command.__name__.rstrip("_"), epilog=epilog)(command)
app.add_typer(projections)
app.add_typer(webhooks)


def main() -> None:
    """Run the command line. Failures that we can name end it with one line and exit code 1."""
    try:
        app()
    except CollabError as error:
        console(stderr=True, soft_wrap=True).print(
            f"collab: {error}", style="red", markup=False, highlight=False
        )
        sys.exit(1)
