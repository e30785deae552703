"""What the HTTP API consists of, as data: the routes are made of it, and so is the description at `/openapi.json`."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from inspect import cleandoc
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from collab.shapes import Failure

Handler = Callable[[Request], Awaitable[Response]]


class Parameter(msgspec.Struct, frozen=True):
    """What may stand in the query, or in the path. ``schema`` is JSON Schema."""

    name: str
    description: str
    schema: Mapping[str, Any]
    required: bool = False
    place: str = "query"


class Endpoint(msgspec.Struct, frozen=True):
    """One thing that can be asked. ``answers`` are the shapes of good ones by status, None where there is no body;
    ``failures`` the statuses of others, beside 503 when the store is in trouble, and 401 and 403 for who may not ask.
    What is ``open`` everybody may ask, and what is ``for_readers`` whoever may look, even if it notes something.

    A shape is a type that is written as JSON, or a mapping from media types to such types.
    """

    method: str
    path: str
    handler: Handler
    answers: Mapping[int, Any]
    parameters: Sequence[Parameter] = ()
    body: Any = None
    failures: Sequence[int] = ()
    open: bool = False
    for_readers: bool = False


def routes(endpoints: Sequence[Endpoint], guarded: Callable[[Endpoint], Handler]) -> list[Route]:
    """A route for each endpoint, to what ``guarded`` makes of it."""
    return [Route(endpoint.path, guarded(endpoint), methods=[endpoint.method]) for endpoint in endpoints]


def description(endpoints: Sequence[Endpoint], *, version: str) -> dict[str, Any]:
    """The OpenAPI 3.1 document of ``endpoints``."""
    shapes = [Failure]
    for each in (shape for e in endpoints for shape in (e.body, *e.answers.values()) if shape):
        shapes += _by_media_type(each).values()
    schemas, components = msgspec.json.schema_components(shapes, ref_template="#/components/schemas/{name}")
    of_shape = {id(shape): schema for shape, schema in zip(shapes, schemas, strict=True)}
    paths: dict[str, dict[str, Any]] = {}
    for endpoint in endpoints:
        paths.setdefault(endpoint.path, {})[endpoint.method.lower()] = _operation(endpoint, of_shape)
    document = {
        "openapi": "3.1.0",
        "info": {"title": "collab", "version": version, "license": {"name": "MIT", "identifier": "MIT"}},
        "paths": paths,
        "components": {"schemas": components, "securitySchemes": {"token": _BEARER}},
        "security": [{}, {"token": []}],
    }
    plain: dict[str, Any] = _in_markdown(document)
    return plain


def _operation(endpoint: Endpoint, of_shape: Mapping[int, Any]) -> dict[str, Any]:
    said = cleandoc(endpoint.handler.__doc__ or "")
    answers = {
        str(status): _answer(_BODILESS.get(status, "As asked."), shape, of_shape)
        for status, shape in endpoint.answers.items()
    }
    answers |= {
        str(status): _answer(_FAILURES[status], Failure, of_shape)
        for status in (*endpoint.failures, *(() if endpoint.open else (401, 403)), 503)
    }
    operation: dict[str, Any] = {
        "operationId": endpoint.handler.__name__,
        "summary": said.partition("\n")[0],
        "description": said,
        "parameters": [
            {
                "name": parameter.name,
                "in": parameter.place,
                "description": parameter.description,
                "required": parameter.required,
                "schema": dict(parameter.schema),
            }
            for parameter in endpoint.parameters
        ],
        "responses": answers,
    }
    if endpoint.body is not None:
        operation["requestBody"] = {"content": _content(endpoint.body, of_shape)}
    return operation


_BEARER = {
    "type": "http",
    "scheme": "bearer",
    "description": "Who asks. A server without accounts takes any secret of 16 to 512 visible characters of ASCII, and"
    " makes a guest's name of it: the same one each time.",
}

_BODILESS = {
    204: "There is nothing to wait for.",
    304: "As it was.",
}

_FAILURES = {
    400: "The question makes no sense.",
    401: "The token says nobody.",
    403: "Not from here, or not for you: who may only look changes nothing (`forbidden`).",
    404: "There is no such document, or not at that version or time.",
    409: "There is one already, or there is nothing to do, or too much has happened since.",
    413: "It is too large.",
    429: "Too much is asked of this document at once: try again in a moment.",
    503: "The store can't be read or written now: try again.",
}


def _answer(description: str, shape: Any, of_shape: Mapping[int, Any]) -> dict[str, Any]:
    if shape is None:
        return {"description": description}
    return {"description": description, "content": _content(shape, of_shape)}


def _by_media_type(shape: Any) -> Mapping[str, Any]:
    return shape if isinstance(shape, Mapping) else {"application/json": shape}


def _content(shape: Any, of_shape: Mapping[int, Any]) -> dict[str, Any]:
    return {kind: {"schema": of_shape[id(inner)]} for kind, inner in _by_media_type(shape).items()}


def _in_markdown(value: Any) -> Any:
    """``value`` with the docstrings in it as Markdown, which has single backticks."""
    if isinstance(value, dict):
        return {key: _in_markdown(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_in_markdown(inner) for inner in value]
    return value.replace("``", "`") if isinstance(value, str) else value
