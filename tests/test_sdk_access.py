"""The JavaScript SDK and who may do what: roles that change while it is connected, and tokens that expire."""

from __future__ import annotations

import asyncio

from tests.helpers import Serving
from tests.programs import run
from tests.test_expiry import Till

TOKENS = {
    "ana": ("ana", "editor", 3600.0),
    "vic": ("vic", "viewer", 3600.0),
    "long": ("tim", "editor", 3600.0),
    "brief": ("tim", "editor", 1.5),
    "short": ("tim", "editor", 1.0),
    "fleeting": ("tim", "editor", 1.0),
}
"""Author, role, and for how many seconds from when it is first shown."""


async def test_roles_and_tokens_from_node() -> None:
    async with Serving() as serving:
        serving.hub.authenticator = till = Till(**TOKENS)

        async def control(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            author, role = (await reader.readline()).decode().split()
            writer.write(b"%d\n" % serving.hub.permit(author, role))
            await writer.drain()
            writer.close()

        async with await asyncio.start_server(control, "127.0.0.1") as controls:
            port = controls.sockets[0].getsockname()[1]
            env = {"COLLAB_URL": serving.url, "COLLAB_CONTROL": str(port)}
            await run("node", "--test", "tests/js/server/access.test.js", env=env)
    assert till.asked.count("nobody's") == 1
