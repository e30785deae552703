"""``collab verify``: is every document in the file what its log says?"""

from __future__ import annotations

from typing import Annotated

import typer

from collab.cli.common import DEFAULT_DATABASE, Database, console, print_json, with_store
from collab.errors import DocumentNotFound
from collab.store.base import EventStore
from collab.verifying import Finding, all_documents
from collab.verifying import verify as verify_document


def verify(
    documents: Annotated[
        list[str] | None, typer.Argument(help="Documents to check; all if none is named.")
    ] = None,
    db: Database = DEFAULT_DATABASE,
    json: Annotated[bool, typer.Option("--json", help="The findings as one JSON object.")] = False,
) -> None:
    """Replay documents' logs and compare everything with them. Exit code 1 if anything is wrong."""

    async def run(store: EventStore) -> tuple[int, int, list[Finding]]:
        checked = events = 0
        findings: list[Finding] = []
        known = set()
        async for record in all_documents(store):
            known.add(record.id)
            if not documents or record.id in documents:
                findings += await verify_document(store, record)
                checked += 1
                events += record.version
        for name in documents or []:
            if name not in known:
                raise DocumentNotFound(name)
        return checked, events, findings

    checked, events, findings = with_store(db, run)
    if json:
        report = {"documents": checked, "events": events, "findings": findings}
        print_json(report)
    else:
        out = console(soft_wrap=True, highlight=False)
        for finding in findings:
            style = "yellow" if finding.harmless else "red"
            out.print(f"{finding.document}, event {finding.seq}: {finding.what}", style=style, markup=False)
        if not findings:
            out.print(f"{checked} documents, {events} events: all is well", style="green")
    if any(not finding.harmless for finding in findings):
        raise typer.Exit(1)
