"""The WebSocket endpoint: one document a socket."""

from __future__ import annotations

from starlette.websockets import WebSocket

from collab.auth import IDENTITY
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

    document = websocket.path_params["document"]
    identity = websocket.scope.get(IDENTITY)
    transport = transport_of(websocket.scope)
    if transport is not None:
        # The socket is the connection's from here on: this call ends, and takes all that it holds with it.
        Connection(hub, document, transport, identity)
        return
    outbox = OutboxTransport(websocket)
    Connection(hub, document, outbox, identity)
    await outbox.run()
