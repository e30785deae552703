"""collab inside an application that has a login of its own: http://127.0.0.1:8001, any name will do.

Everything of collab is under /collab: pages, API and WebSockets, only for who is logged in. The author in the log is
the login name, since the application says who asks and the client has no word in it.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import secrets
from pathlib import Path
from urllib.parse import parse_qs, quote, unquote

import uvicorn
from starlette.applications import Starlette
from starlette.requests import HTTPConnection, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Mount, Route
from starlette.types import ASGIApp, Receive, Scope, Send
from starlette.websockets import WebSocketClose

from collab.auth import IDENTITY, Identity
from collab.hub import Hub
from collab.store.sqlite import SQLiteStore
from collab.web.app import create_app
from collab.web.server import Server, configure

COOKIE = "session"
FORM = """<!doctype html>
<title>Log in</title>
<form method="post"><label>Name <input name="name"></label> <button>Log in</button></form>
"""


class Sessions:
    """Session cookies that nobody else can make: a name, and its HMAC under a key that ends with the process."""

    def __init__(self) -> None:
        self._key = secrets.token_bytes(32)

    def cookie(self, name: str) -> str:
        return f"{quote(name)}.{hmac.new(self._key, name.encode(), hashlib.sha256).hexdigest()}"

    def name(self, connection: HTTPConnection) -> str | None:
        cookie = connection.cookies.get(COOKIE, "")
        name = unquote(cookie.rpartition(".")[0])
        return name if name and hmac.compare_digest(cookie.encode(), self.cookie(name).encode()) else None


class LoggedIn:
    """Lets in who is logged in, and says who that is. Others are sent to the login."""

    def __init__(self, app: ASGIApp, sessions: Sessions) -> None:
        self._app = app
        self._sessions = sessions

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        name = self._sessions.name(HTTPConnection(scope))
        if name is not None:
            await self._app({**scope, IDENTITY: Identity(name)}, receive, send)
        elif scope["type"] == "websocket":
            await WebSocketClose()(scope, receive, send)
        else:
            await RedirectResponse("/login", 303)(scope, receive, send)


def application(hub: Hub) -> Starlette:
    sessions = Sessions()

    async def ask(_: Request) -> Response:
        return HTMLResponse(FORM)

    async def log_in(request: Request) -> Response:
        # Here a password would be checked.
        name = parse_qs((await request.body()).decode()).get("name", [""])[0].strip()
        if not name:
            return HTMLResponse(FORM, 400)
        response = RedirectResponse("/collab/", 303)
        response.set_cookie(COOKIE, sessions.cookie(name), httponly=True, samesite="lax")
        return response

    app = Starlette(
        routes=[
            Route("/", lambda _: RedirectResponse("/collab/")),
            Route("/login", ask),
            Route("/login", log_in, methods=["POST"]),
            Mount("/collab", LoggedIn(create_app(hub), sessions)),
        ]
    )
    app.state.hub = hub  # for `configure`
    return app


async def main() -> None:
    async with await SQLiteStore.open(Path("own_login.db")) as store:
        hub = Hub(store)
        # collab's own Server closes the hub at the end, which a mounted application isn't told of.
        server: uvicorn.Server = Server(configure(application(hub), host="127.0.0.1", port=8001), hub)
        await server.serve()


if __name__ == "__main__":
    asyncio.run(main())
