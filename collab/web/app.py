"""The Starlette application: routes, security headers, and the hub's life."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import asynccontextmanager
from importlib import metadata

from starlette.applications import Starlette
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from collab.errors import CollabError
from collab.explaining import Explainer
from collab.hub import Hub
from collab.projections.models import Models
from collab.projections.projection import Projection
from collab.revising import Reviser
from collab.web import activity, api, feed, files, history, metrics, models, replaying, visiting, writing
from collab.web.endpoints import description, routes
from collab.web.identifying import identified
from collab.web.origins import Origins
from collab.web.pages import page_routes, static_directory
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


def create_app(
    hub: Hub,
    *,
    hosts: Collection[str] = (),
    origins: Collection[str] = (),
    projections: Sequence[Projection] = (),
    follow: bool = True,
    dispatcher: Dispatcher | None = None,
) -> Starlette:
    """The application on top of ``hub``, which it closes when the server goes down.

    ``hosts`` are names, beside those of this machine, under which the server is reached, and ``origins``
    the origins of foreign pages that may use it. ``projections`` are read models beside the built-in ones; without
    ``follow`` it is another process on the same file that keeps them up to date. The ``dispatcher`` delivers to
    webhooks, by default one that calls public addresses only.

    Raises:
        InvalidName: two projections have the same name, or one has none that is allowed.
    """
    read_models = Models(hub, others=projections, follow=follow)
    dispatcher = dispatcher or Dispatcher(hub)

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        try:
            yield
        finally:
            await hub.close()

    endpoints = [
        *(*api.ENDPOINTS, *history.ENDPOINTS, *feed.ENDPOINTS, *replaying.ENDPOINTS, *visiting.ENDPOINTS),
        *(*writing.ENDPOINTS, *files.ENDPOINTS, *models.ENDPOINTS, *activity.ENDPOINTS, *metrics.ENDPOINTS),
    ]
    described = description(endpoints, version=metadata.version("collab"))

    async def openapi(_: Request) -> Response:
        return api.answer(described)

    app = Starlette(
        routes=[
            *page_routes(static_directory()),
            Route("/openapi.json", openapi),
            *routes(endpoints, identified),
            WebSocketRoute("/ws/documents/{document}", document_socket),
        ],
        exception_handlers={CollabError: api.error_response},
        lifespan=lifespan,
    )
    app.state.hub = hub
    app.state.models = read_models
    app.state.dispatcher = dispatcher
    app.state.explainer = Explainer(hub.store)
    app.state.reviser = Reviser(hub, app.state.explainer)
    app.state.streams = OpenStreams(hub.limits.streams)
    app.state.origins = Origins(hosts=hosts, allowed=origins)
    app.add_middleware(Guard, origins=app.state.origins)
    app.add_middleware(Started, followers=(read_models, dispatcher))
    return app


class Started:
    """Has read models and webhooks follow the log from the first call on: the start of the server, or, where this is
    mounted in another application that keeps that to itself, whatever is asked first."""

    def __init__(self, app: ASGIApp, followers: Sequence[Models | Dispatcher]) -> None:
        self._app = app
        self._followers = followers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        for follower in self._followers:
            follower.start()
        await self._app(scope, receive, send)


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

        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                response = MutableHeaders(scope=message)
                for name, value in SECURITY_HEADERS.items():
                    response.setdefault(name, value)
            await send(message)

        await self._app(scope, receive, send_guarded)
