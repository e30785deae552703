"""The JavaScript SDK against a real server: from Node, and how large it is."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

from collab.local_server import LocalServer

PROJECT = Path(__file__).parent.parent


async def test_a_documents_past_is_read_and_changed_from_node(tmp_path: Path) -> None:
    async with LocalServer(tmp_path / "log.db", "--edit-burst", "5000", "--edits-per-second", "5000") as server:
        process = await asyncio.create_subprocess_exec(
            *("node", "--test", "tests/js/server/history.test.js"),
            cwd=PROJECT,
            env={**os.environ, "COLLAB_URL": server.url},
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        async with asyncio.timeout(120):
            output, _ = await process.communicate()
        assert process.returncode == 0, output.decode()
