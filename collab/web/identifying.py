"""Who asks by HTTP, found out before anything is done."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from collab.auth import IDENTITY, Identity
from collab.errors import NotPermitted
from collab.hub import Hub
from collab.web.endpoints import Endpoint, Handler


def identified(endpoint: Endpoint) -> Handler:
    """The endpoint's handler, for whoever may ask; others are told so."""

    async def handle(request: Request) -> Response:
        hub: Hub = request.app.state.hub
        if IDENTITY not in request.scope:
            request.scope[IDENTITY] = await hub.authenticator.authenticate(
                _token(request), document=request.path_params.get("document"), client=None
            )
        identity = who(request)
        identity.check_valid(hub.clock.now())
        if endpoint.method != "GET" and not endpoint.for_readers and not identity.may_edit:
            raise NotPermitted(identity.role)
        return await endpoint.handler(request)

    return endpoint.handler if endpoint.open else handle


def who(request: Request) -> Identity:
    """Who asks."""
    identity: Identity = request.scope[IDENTITY]
    return identity


def _token(request: Request) -> str | None:
    """The token in the request, if there is one. Other schemes are somebody else's, say a proxy's."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else None
