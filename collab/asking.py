"""A server asked over HTTP: again when the way there breaks, and so that nothing is done twice.

httpx is imported when it is first needed. A server needs it never, and shouldn't pay for it.
"""

from __future__ import annotations

import asyncio
import random
import secrets
from collections.abc import AsyncGenerator, AsyncIterable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import quote, urlsplit, urlunsplit

import msgspec
from msgspec import UNSET

from collab import tokens
from collab.errors import HistoryError, LoneSurrogate
from collab.link import longest_backoff
from collab.shapes import Failure
from collab.tokens import Token

if TYPE_CHECKING:
    import httpx

Shape = TypeVar("Shape")

TRIES = 6
"""How often something is asked at most: for some eight seconds in the mean, which a restarting server takes."""

ANSWER_SECONDS = 60.0
CONNECT_SECONDS = 10.0

AGAIN = {0, 429, 502, 503, 504}
"""The statuses after which the same may be asked again, 0 for no answer at all."""

UNREACHABLE = "unreachable"
"""The code of a failure to get any answer."""


class Asking:
    """Asks the server at ``url`` (http, https, ws or wss), as whoever the ``token`` is. The connections are kept until
    `close`."""

    def __init__(self, url: str, token: Token | None = None) -> None:
        self._url = http_url(url)
        self._token = token
        self._client: httpx.AsyncClient | None = None

    async def read(self, path: str, shape: type[Shape], params: Mapping[str, Any]) -> Shape:
        """What is at ``path``. Params that are None aren't sent, nor fields of what is written.

        Raises:
            HistoryError: the server said no, or can't be reached.
        """
        return await self._decoded("GET", path, shape, params=_given(params))

    async def write(self, method: str, path: str, shape: type[Shape], body: Mapping[str, Any]) -> Shape:
        """Do something, once, and return what came of it.

        Raises:
            HistoryError: the server said no, or can't be reached, so that it isn't known whether it was done. If it
                was, and only the answer was lost, the code is ``already_done``.
            LoneSurrogate: half a surrogate pair can't be sent.
        """
        headers = {"Content-Type": "application/json", "Idempotency-Key": secrets.token_hex(16)}
        try:
            content = msgspec.json.encode(_given(body))
        except UnicodeEncodeError as error:
            raise LoneSurrogate from error
        return await self._decoded(method, path, shape, headers=headers, content=content)

    async def send(
        self, path: str, shape: type[Shape], pieces: bytes | AsyncIterable[bytes], params: Mapping[str, Any]
    ) -> Shape:
        """Send ``pieces`` to ``path``: once, since they are there once.

        Raises:
            HistoryError: as for `write`.
        """
        return await self._decoded("POST", path, shape, tries=1, params=_given(params), content=pieces)

    async def stream(
        self,
        path: str,
        params: Mapping[str, Any],
        *,
        headers: Mapping[str, str] | None = None,
        tries: int = TRIES,
    ) -> AsyncGenerator[bytes]:
        """The bytes at ``path``, as they come.

        Raises:
            HistoryError: as for `read`; also in the middle, when the rest doesn't come.
        """
        import httpx

        response = await self._response(
            "GET", path, stream=True, tries=tries, params=_given(params), headers=headers
        )
        try:
            async for piece in response.aiter_bytes():
                yield piece
        except httpx.TransportError as error:
            raise HistoryError(UNREACHABLE, _said(error), 0) from error
        finally:
            await response.aclose()

    async def close(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            await client.aclose()

    async def __aenter__(self) -> Asking:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def _decoded(self, method: str, path: str, shape: type[Shape], **options: Any) -> Shape:
        response = await self._response(method, path, **options)
        try:
            return msgspec.json.decode(response.content, type=shape)
        except (msgspec.DecodeError, UnicodeError) as error:
            raise HistoryError("malformed_answer", str(error), response.status_code) from error

    async def _response(
        self,
        method: str,
        path: str,
        *,
        tries: int = TRIES,
        stream: bool = False,
        headers: Mapping[str, str] | None = None,
        **options: Any,
    ) -> httpx.Response:
        """The answer, which is a good one. With ``stream`` its body is still to come."""
        import httpx

        if self._client is None:
            self._client = httpx.AsyncClient(timeout=httpx.Timeout(ANSWER_SECONDS, connect=CONNECT_SECONDS))
        failed = 0
        while True:
            try:
                said = {**(headers or {}), **await self._authorization()}
                request = self._client.build_request(method, self._url + path, headers=said, **options)
                response = await self._client.send(request, stream=stream)
                if response.is_success:
                    return response
                problem = _problem(await response.aread(), response.status_code)
            except (httpx.NetworkError, httpx.TimeoutException, httpx.RemoteProtocolError) as error:
                problem = HistoryError(UNREACHABLE, _said(error), 0)
            except (httpx.HTTPError, httpx.InvalidURL) as error:
                raise HistoryError(UNREACHABLE, _said(error), 0) from error
            failed += 1
            if problem.status not in AGAIN or failed >= tries:
                raise problem
            await asyncio.sleep(random.uniform(0, longest_backoff(failed - 1)))

    async def _authorization(self) -> dict[str, str]:
        token = await tokens.current(self._token)
        return {} if token is None else {"Authorization": f"Bearer {token}"}


def _problem(body: bytes, status: int) -> HistoryError:
    try:
        problem = msgspec.json.decode(body, type=Failure).error
    except (msgspec.DecodeError, UnicodeError):
        return HistoryError("http", f"the server answered {status}", status)
    return HistoryError(
        problem.code, problem.reason, status, seq=None if problem.seq is UNSET else problem.seq
    )


def _given(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}


def _said(error: Exception) -> str:
    return str(error) or type(error).__name__


def path_of(document: str) -> str:
    """Where the API has a document."""
    return "/api/documents/" + quote(document, safe="")


def http_url(url: str) -> str:
    """The address to which the paths of the API are appended.

    >>> http_url("wss://collab.example/docs/")
    'https://collab.example/docs'
    """
    parts = urlsplit(url)
    scheme = {"ws": "http", "wss": "https"}.get(parts.scheme, parts.scheme)
    return urlunsplit((scheme, parts.netloc, parts.path.rstrip("/"), "", ""))
