"""Documents made over HTTP: from nothing, of a version of another one, or of a history that was exported."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterable
from typing import Any

from collab.asking import Asking, path_of
from collab.errors import AlreadyDone, HistoryError
from collab.operation import Text
from collab.shapes import DocumentRow
from collab.tokens import Token


async def create(
    url: str,
    id: str | None = None,
    *,
    title: str = "",
    kind: str = "text",
    content: Text = "",
    token: Token | None = None,
) -> DocumentRow:
    """Make a document on the server at ``url``, under a random id if none is given, that begins with ``content``.

    ``kind`` is "rich" for a document that is meant for an editor which can show formatting.

    Raises:
        HistoryError: the server said no, or can't be reached.
    """
    async with Asking(url, token) as asking:
        return await made(asking, "/api/documents", id, title=title, kind=kind, content=content)


async def import_history(
    url: str, pieces: bytes | AsyncIterable[bytes], *, id: str | None = None, token: Token | None = None
) -> DocumentRow:
    """Bring a history that was exported to the server at ``url``, under the id that it had or another.

    It is sent once only: if the connection breaks, look whether the document is there.

    Raises:
        HistoryError: as for `create`.
    """
    async with Asking(url, token) as asking:
        return await asking.send("/api/import", DocumentRow, pieces, {"id": id})


async def made(asking: Asking, path: str, id: str | None, **wish: Any) -> DocumentRow:
    """A new document, which a request to ``path`` makes: one only, however often it is sent."""
    id = id or secrets.token_hex(8)
    try:
        return await asking.write("POST", path, DocumentRow, {"id": id, **wish})
    except HistoryError as error:
        if error.code != AlreadyDone.code:
            raise
    return await asking.read(path_of(id), DocumentRow, {})
