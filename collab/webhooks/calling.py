"""One call: a body that is signed and posted, and what its answer means."""

from __future__ import annotations

import asyncio
import re
import ssl
from email.utils import parsedate_to_datetime

import httpcore
import msgspec

from collab.store.webhooks import Webhook
from collab.webhooks.addresses import AddressRefused, JudgingBackend, check_url
from collab.webhooks.signing import sign

CALL_SECONDS = 10.0
"""How long a call may take from looking up the name to the end of the answer."""

CONNECT_SECONDS = 5.0
MOST_ANSWER = 65_536
"""Bytes of an answer that are read, and thrown away, so that the connection can be used again."""

MOST_CALLS = 8
"""Calls at a time for one webhook, each for another document."""

MOST_IDLE = 2
IDLE_SECONDS = 30.0

OUTAGE = frozenset({408, 425, 429, 502, 503, 504})
"""Answers that say nothing about the events, but that nobody is there to take them now: the receiver's, or those of a
proxy before it."""


class Answer(msgspec.Struct, frozen=True):
    """What became of a call: ``taken``; ``refused``, by an answer; or neither, as nobody is there. ``error`` has a
    code and a sentence. ``retry_after`` are the seconds that the receiver wants to be left alone."""

    taken: bool = False
    refused: bool = False
    error: str = ""
    retry_after: float = 0.0


class Caller:
    """Makes the calls of one webhook, over connections that are kept open for a while."""

    def __init__(
        self, hook: Webhook, *, allow_private: bool, seconds: float = CALL_SECONDS, tls: ssl.SSLContext | None
    ) -> None:
        url = check_url(hook.url)
        self._url = httpcore.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path)
        self._secret = hook.secret
        self._seconds = seconds
        self._pool = httpcore.AsyncConnectionPool(
            ssl_context=tls,
            max_connections=MOST_CALLS,
            max_keepalive_connections=MOST_IDLE,
            keepalive_expiry=IDLE_SECONDS,
            network_backend=JudgingBackend(allow_private=allow_private),
        )

    async def call(self, id_: str, body: bytes, *, now: int) -> Answer:
        """Post ``body`` as ``id_`` at the time ``now`` (seconds since 1970). Redirects are not followed.

        Cancelling leaves it open whether it arrived.
        """
        headers = [
            (b"content-type", b"application/json"),
            (b"user-agent", b"collab-webhooks"),
            (b"webhook-id", id_.encode()),
            (b"webhook-timestamp", str(now).encode()),
            (b"webhook-signature", sign(self._secret, id_, now, body).encode()),
        ]
        limits = {
            "connect": CONNECT_SECONDS,
            "read": self._seconds,
            "write": self._seconds,
            "pool": self._seconds,
        }
        answer: Answer | None = None
        try:
            async with (
                asyncio.timeout(self._seconds),
                self._pool.stream(
                    "POST", self._url, headers=headers, content=body, extensions={"timeout": limits}
                ) as response,
            ):
                answer = judge(response, now)
                read = 0
                async for piece in response.aiter_stream():
                    read += len(piece)
                    if read > MOST_ANSWER:
                        break
        except AddressRefused as error:
            return Answer(error=f"{error.code}: {error}")
        except (TimeoutError, httpcore.TimeoutException):
            return answer or Answer(error=f"timed_out: no answer within {self._seconds:g} s")
        except (httpcore.NetworkError, httpcore.ProtocolError, OSError, ssl.SSLError) as error:
            return answer or Answer(error=f"no_answer: {str(error)[:200] or type(error).__name__}")
        return answer

    async def close(self) -> None:
        await self._pool.aclose()


def judge(response: httpcore.Response, now: int) -> Answer:
    """What an answer means, by its status alone."""
    status = response.status
    if 200 <= status < 300:
        return Answer(taken=True)
    headers = {name.lower(): value for name, value in response.headers}
    wait = _seconds(headers.get(b"retry-after", b"").decode("latin-1"), now)
    return Answer(refused=status not in OUTAGE, error=f"answered_{status}", retry_after=wait)


def _seconds(written: str, now: int) -> float:
    """The seconds that a Retry-After header asks for, 0 if it says nothing that can be understood.

    >>> _seconds("120", 0), _seconds("Thu, 01 Jan 1970 00:01:00 GMT", 10), _seconds("soon", 0)
    (120.0, 50.0, 0.0)
    """
    if re.fullmatch(r"[0-9]{1,9}", written):
        return float(written)
    try:
        return max(0.0, parsedate_to_datetime(written).timestamp() - now)
    except ValueError:
        return 0.0
