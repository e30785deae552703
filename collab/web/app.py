"""The Starlette application: routes, security headers, and the hub's life."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from importlib import metadata
from pathlib import Path

from starlette.applications import Starlette
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, Response
from starlette.routing import Mount, Route, WebSocketRoute
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from collab.errors import CollabError
from collab.explaining import Explainer
from collab.hub import Hub
from collab.revising import Reviser
from collab.web import api, feed, files, history, replaying, visiting, writing
from collab.web.endpoints import description, routes
from collab.web.identifying import identified
from collab.web.origins import Origins
from collab.web.socket import document_socket
from collab.web.streams import OpenStreams
from collab.webhooks.dispatcher import Dispatcher

SECURITY_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
        "connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}


def static_directory() -> Path:
    """Where the pages are: inside the installed package, or beside it in a checkout."""
    package = Path(__file__).parent.parent
    inside = package / "static"
    return inside if inside.is_dir() else package.parent / "static"


def create_app(
    hub: Hub,
    *,
    hosts: Collection[str] = (),
    origins: Collection[str] = (),
    dispatcher: Dispatcher | None = None,
) -> Starlette:
    """The application on top of ``hub``, which it closes when the server goes down.

    While it runs the ``dispatcher`` delivers to webhooks, by default one that calls public addresses only. ``hosts``
    are names, beside those of this machine, under which the server is reached, and ``origins`` the origins of
    foreign pages that may use it.
    """
    pages = static_directory() / "pages"

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        try:
            async with app.state.dispatcher:
                yield
        finally:
            await hub.close()

    async def index(_: Request) -> Response:
        return FileResponse(pages / "index.html")

    async def document(_: Request) -> Response:
        return FileResponse(pages / "document.html")

    endpoints = [
        *(*api.ENDPOINTS, *history.ENDPOINTS, *feed.ENDPOINTS, *replaying.ENDPOINTS, *visiting.ENDPOINTS),
        *(*writing.ENDPOINTS, *files.ENDPOINTS),
    ]
    described = description(endpoints, version=metadata.version("collab"))

    async def past(_: Request) -> Response:
        return FileResponse(pages / "history.html")

    async def openapi(_: Request) -> Response:
        return api.answer(described)

    app = Starlette(
        routes=[
            Route("/", index),
            Route("/d/{document}", document),
            Route("/d/{document}/history", past),
            Route("/openapi.json", openapi),
            *routes(endpoints, identified),
            WebSocketRoute("/ws/documents/{document}", document_socket),
            Mount("/static", StaticFiles(directory=static_directory(), check_dir=False)),
        ],
        exception_handlers={CollabError: api.error_response},
        lifespan=lifespan,
    )
    app.state.hub = hub
    app.state.dispatcher = dispatcher or Dispatcher(hub)
    app.state.explainer = Explainer(hub.store)
    app.state.reviser = Reviser(hub, app.state.explainer)
    app.state.streams = OpenStreams(hub.limits.streams)
    app.state.origins = Origins(hosts=hosts, allowed=origins)
    app.add_middleware(Guard, origins=app.state.origins)
    return app


class Guard:
    """Turns away requests for other hosts and from foreign pages, and adds the security headers."""

    def __init__(self, app: ASGIApp, origins: Origins) -> None:
        self._app = app
        self._origins = origins

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        reading = scope["method"] in ("GET", "HEAD")
        allowed = self._origins.known_host(headers) if reading else self._origins.permit(headers)
        if not allowed:
            await PlainTextResponse("wrong host or origin", 403)(scope, receive, send)
            return

        # Below the path where an application has mounted us; routing changes the scope later on.
        path = scope["path"].removeprefix(scope.get("root_path", ""))

        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                response = MutableHeaders(scope=message)
                for name, value in SECURITY_HEADERS.items():
                    response.setdefault(name, value)
                if path.startswith(("/static/", "/d/")) or path == "/":
                    response.setdefault("Cache-Control", "no-cache")
            await send(message)

        await self._app(scope, receive, send_guarded)
