"""``collab undo``: what one author did, taken back."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from collab.cli.common import (
    DEFAULT_DATABASE,
    Database,
    DocumentName,
    Json,
    console,
    counted,
    print_json,
    version_of,
)
from collab.cli.parts import shown
from collab.cli.restore import way_back
from collab.cli.writing import Author, changes, identity_of, with_reviser
from collab.errors import NothingToDo
from collab.events import Event
from collab.hub import Hub
from collab.messages import event_row
from collab.reading import document_at
from collab.revising import Reviser, UndoPlan
from collab.undoing import Obstacle


def undo(
    document: DocumentName,
    of: Annotated[str, typer.Option("--author-of", help="Whose edits are to be taken back.")],
    author: Author,
    after: Annotated[str, typer.Option(help="Only edits after this version: number, time or name.")] = "0",
    until: Annotated[str | None, typer.Option(help="Only edits up to this version; else all.")] = None,
    yes: Annotated[
        bool, typer.Option("--yes", "-y", help="Don't ask. Without it a pipe only previews.")
    ] = False,
    db: Database = DEFAULT_DATABASE,
    json: Json = False,
) -> None:
    """Take back what one author did, with everything that others did left as it is. Shows first what it will do."""
    identity = identity_of(author)

    async def look(reviser: Reviser, hub: Hub) -> tuple[UndoPlan, str]:
        first, last = [await version_of(hub.store, document, name) for name in (after, until)]
        plan = await reviser.plan_undo(document, of, after=first, until=last)
        return plan, (await document_at(hub.store, document, plan.version)).content.plain_text()

    async def carry_out(reviser: Reviser, _: Hub) -> Event:
        return await reviser.undo(document, identity, plan)

    plan, text = with_reviser(db, look)
    if json:
        event = with_reviser(db, carry_out) if yes else None
        print_json({"plan": plan, "event": event and event_row(event)})
        return
    out = console(soft_wrap=True, highlight=False)
    out.print(
        f"{plan.author}'s {counted(plan.edits, 'edit')} after version {plan.after} up to {plan.until}"
        f" can be taken back in version {plan.version} like this: {changes(plan.op)}",
        markup=False,
    )
    _show(plan, text)
    for obstacle in plan.obstacles:
        out.print(in_words(obstacle, plan.author), style="yellow", markup=False)
    if not plan.op:
        raise NothingToDo(f"nothing is left of {plan.author}'s edits")
    if not yes and not (sys.stdin.isatty() and sys.stdout.isatty()):
        out.print("Nothing was changed: this is what --yes would do.")
        return
    if not yes:
        typer.confirm("Do it?", abort=True)
    event = with_reviser(db, carry_out)
    out.print(f"version {event.seq} of {document}: {changes(event.op)}", markup=False)
    out.print(way_back(db, event), markup=False)


def _show(plan: UndoPlan, text: str) -> None:
    out = console(soft_wrap=True, highlight=False)
    piece = ""
    for piece, style in shown(
        plan.parts, text, lambda part: "green" if part.kind == "inserted" else "red", before=True
    ):
        out.print(piece, style=style, markup=False, end="")
    if piece and not piece.endswith("\n"):
        out.print()


def in_words(obstacle: Obstacle, author: str) -> str:
    """Why a part of ``author``'s edits stays.

    >>> in_words(Obstacle("bo", 120, 131, 14, 0), "ann")
    '14 units of ann were deleted already by bo in events 120 to 131'
    >>> in_words(Obstacle("bo", 7, 7, 0, 1), "ann")
    '1 change of formatting by ann was overtaken by bo in event 7'
    """
    said = []
    for number, what, whose, fate in (
        (obstacle.deleted, "unit", f"of {author}", "deleted already"),
        (obstacle.formatted, "change", f"of formatting by {author}", "overtaken"),
    ):
        if number:
            was = "was" if number == 1 else "were"
            said.append(f"{counted(number, what)} {whose} {was} {fate}")
    events = f"event {obstacle.first}"
    if obstacle.last != obstacle.first:
        events = f"events {obstacle.first} to {obstacle.last}"
    return f"{' and '.join(said)} by {obstacle.author} in {events}"
