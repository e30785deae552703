"""The WebSocket endpoint: one document a socket."""

from __future__ import annotations

import asyncio

from starlette.websockets import WebSocket

from collab.connection import Connection
from collab.hub import Hub
from collab.messages import SUBPROTOCOL
from collab.web.fanout import transport_of
from collab.web.origins import Origins
from collab.web.outbox import OutboxTransport


async def document_socket(websocket: WebSocket) -> None:
    """Serve ``/ws/documents/{document}``. Foreign origins and other subprotocols get a 403."""
    origins: Origins = websocket.app.state.origins
    hub: Hub = websocket.app.state.hub
    if not origins.permit(websocket.headers) or SUBPROTOCOL not in websocket.scope["subprotocols"]:
        await websocket.close()
        return
    await websocket.accept(subprotocol=SUBPROTOCOL)

    async def receive() -> str | bytes | None:
        message = await websocket.receive()
        if message["type"] == "websocket.disconnect":
            return None
        text: str | None = message.get("text")
        return text if text is not None else message["bytes"]

    transport = transport_of(websocket.scope)
    document = websocket.path_params["document"]
    if transport is not None:
        await Connection(hub, document, transport).run(receive)
        return
    outbox = OutboxTransport(websocket)
    try:
        await Connection(hub, document, outbox).run(receive)
    finally:
        await asyncio.shield(outbox.join())
