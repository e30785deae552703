"""One client's connection, from hello to close, whatever carries it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable

import msgspec

from collab.errors import (
    ClientTooOld,
    CloseCode,
    CollabError,
    ConnectionFault,
    HelloTimeout,
    InvalidName,
    MalformedMessage,
    MessageTooLarge,
    StoreError,
)
from collab.hub import Hub
from collab.limits import TokenBucket
from collab.member import Member
from collab.messages import (
    CLIENT_ID,
    CLIENT_KEY,
    SCHEMA,
    ClientMessage,
    Edit,
    Hello,
    Ping,
    Pong,
    Retry,
    SetPresence,
    decode_client,
    encode,
)
from collab.room import Room
from collab.transport import Frame, Transport

Receive = Callable[[], Awaitable[str | bytes | None]]
"""The next text (str) or binary (bytes) message, None when the connection is gone."""

logger = logging.getLogger("collab.connection")


class Connection:
    """The talk with one client about ``document``."""

    def __init__(self, hub: Hub, document: str, transport: Transport) -> None:
        self._hub = hub
        self._document = document
        self._transport = transport
        self._ended = asyncio.Event()

    async def run(self, receive: Receive) -> None:
        """Talk until either side ends it. Never raises what is the client's or the store's fault."""
        talk = asyncio.create_task(self._talk(receive))
        ended = asyncio.create_task(self._ended.wait())
        try:
            await asyncio.wait({talk, ended}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            ended.cancel()
            talk.cancel()
            await asyncio.wait({talk, ended})
        if not talk.cancelled() and (error := talk.exception()) is not None:
            if not isinstance(error, CollabError):
                logger.error("document %s: connection failed", self._document, exc_info=error)
            self._end(error if isinstance(error, CollabError) else StoreError("internal error"))

    async def _talk(self, receive: Receive) -> None:
        hello = await self._hello(receive)
        if hello is None:
            return
        identity = await self._hub.authenticator.authenticate(hello, self._document)
        try:
            room = await self._hub.room(self._document, identity)
        except InvalidName as error:
            raise _Gone(str(error)) from error
        member = await room.join(hello, identity, self._transport, self._end)
        try:
            pace = self._pace()
            while (frame := await receive()) is not None:
                if (wait := pace.wait(self._hub.clock.monotonic())) > 0:
                    await asyncio.sleep(wait)
                pace.take(self._hub.clock.monotonic())
                self._handle(room, member, self._decode(frame))
                # Whoever asks for more than it takes in, or than the disk does, is not read from meanwhile.
                await room.wait_answered(member, self._hub.limits.in_flight)
                await self._transport.drained()
        finally:
            room.leave(member)
            self._hub.left(room)

    def _pace(self) -> TokenBucket:
        limits = self._hub.limits
        per_second, burst = 2 * limits.edits_per_second, 2 * limits.edit_burst
        return TokenBucket(per_second=per_second, burst=burst, now=self._hub.clock.monotonic())

    async def _hello(self, receive: Receive) -> Hello | None:
        seconds = self._hub.limits.hello_seconds
        try:
            async with asyncio.timeout(seconds):
                frame = await receive()
        except TimeoutError as error:
            raise HelloTimeout(f"no hello within {seconds:g} s") from error
        if frame is None:
            return None
        hello = self._decode(frame)
        if not isinstance(hello, Hello):
            raise MalformedMessage("the first message must be a hello")
        if hello.schema < SCHEMA:
            raise ClientTooOld(hello.schema, SCHEMA)
        if not CLIENT_ID.fullmatch(hello.client) or not CLIENT_KEY.fullmatch(hello.key):
            raise MalformedMessage("client id or key is not of the form that the protocol asks for")
        self._check_user(hello.user)
        return hello

    def _decode(self, frame: str | bytes) -> ClientMessage:
        if isinstance(frame, bytes):
            raise MalformedMessage("binary messages are not spoken here")
        size = len(frame) if frame.isascii() else len(frame.encode())
        if size > self._hub.limits.message:
            raise MessageTooLarge(size, self._hub.limits.message)
        return decode_client(frame)

    def _handle(self, room: Room, member: Member, message: ClientMessage) -> None:
        if isinstance(message, Edit):
            if not self._hub.closing:
                room.edit(member, message)
        elif isinstance(message, SetPresence):
            self._check_user(message.user)
            room.move(member, message)
        elif isinstance(message, Ping):
            self._transport.write(Frame(encode(Pong())))
        else:
            raise MalformedMessage("hello was said already")

    def _check_user(self, user: object) -> None:
        limit = self._hub.limits.user
        if user is not None and len(msgspec.json.encode(user)) > limit:
            raise MalformedMessage(f"user takes more than {limit} bytes")

    def _end(self, error: CollabError) -> None:
        """Close the connection because of ``error``."""
        if isinstance(error, StoreError):
            self._transport.write(Frame(encode(Retry(error.code, str(error)))))
            self._transport.close(CloseCode.RETRY, error.code)
        elif isinstance(error, ConnectionFault):
            self._transport.close(error.close_code, _reason(error))
        else:
            self._transport.close(CloseCode.BAD_MESSAGE, _reason(error))
        self._ended.set()


def _reason(error: CollabError) -> str:
    """What is said on closing, within the 123 bytes that RFC 6455 leaves for it."""
    return f"{error.code}: {error}".encode(errors="replace")[:123].decode(errors="ignore")


class _Gone(ConnectionFault):
    code = "invalid_name"
    close_code = CloseCode.GONE
