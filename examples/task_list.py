"""All tasks of all documents: a read model of your own, of a few lines.

Lines such as ``- [ ] water the plants`` are tasks, ``- [x]`` ones are done. Start a server with it, and ask:

    collab serve --projection examples.task_list:Tasks
    curl 'http://127.0.0.1:8000/api/projections/tasks/rows?done=0'
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Mapping
from typing import Any

from collab.projections import DocumentText, TextProjection

TASK = re.compile(r"^\s*[-*] \[([ xX])\] (.+)$", re.MULTILINE)


class Tasks(TextProjection):
    name = "tasks"
    tables = """
        CREATE TABLE tasks (document TEXT, line INTEGER, done INTEGER, task TEXT, PRIMARY KEY (document, line))
    """

    def text(self, model: sqlite3.Connection, document: DocumentText) -> None:
        model.execute("DELETE FROM tasks WHERE document = ?", (document.id,))
        for found in TASK.finditer(document.text):
            line = document.text.count("\n", 0, found.start(1)) + 1
            done = found[1] != " "
            model.execute("INSERT INTO tasks VALUES (?, ?, ?, ?)", (document.id, line, done, found[2]))

    def rows(self, model: sqlite3.Connection, parameters: Mapping[str, str]) -> Any:
        """``done=0`` or ``done=1``, or all."""
        found = model.execute(
            "SELECT document, line, done, task FROM tasks WHERE ?1 IS NULL OR done = ?1 ORDER BY document, line",
            (parameters.get("done"),),
        )
        return [
            {"document": document, "line": line, "done": bool(done), "task": task}
            for document, line, done, task in found
        ]
