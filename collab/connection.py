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
        limits = hub.limits
        self._hub = hub
        self._document = document
        self._transport = transport
        self._room: Room | None = None
        self._member: Member | None = None
        self._over = False
        self._pace = TokenBucket(
            per_second=2 * limits.edits_per_second, burst=2 * limits.edit_burst, now=hub.clock.monotonic()
        )
        self._resting: asyncio.TimerHandle | None = None

    async def run(self, receive: Receive) -> None:
        """Talk until either side ends it. Never raises what is the client's or the store's fault."""
        try:
            await self._talk(receive)
        except CollabError as error:
            self._end(error)
        except Exception as error:
            self._end(self._our_fault(error))

    async def _talk(self, receive: Receive) -> None:
        hello = await self._hello(receive)
        if hello is None:
            return
        identity = await self._hub.authenticator.authenticate(hello, self._document)
        try:
            room = await self._hub.room(self._document, identity)
        except InvalidName as error:
            raise _Gone(str(error)) from error
        member = await room.join(hello, identity, self._transport, self._end, self._read_on)
        self._room, self._member = room, member
        try:
            self._transport.listen(self._take)
            while (frame := await receive()) is not None:
                if isinstance(frame, bytes):
                    raise MalformedMessage("binary messages are not spoken here")
                self._take(frame)
        finally:
            if self._resting is not None:
                self._resting.cancel()
            room.leave(member)
            self._hub.left(room)

    def _take(self, message: bytes | str) -> None:
        """Do what one text message asks for."""
        if self._over:
            return
        try:
            self._handle(self._decode(message))
            self._keep_pace()
        except CollabError as error:
            self._end(error)
        except Exception as error:
            self._end(self._our_fault(error))

    def _keep_pace(self) -> None:
        """Read nothing for a while from who asks for more than it may, or than the disk can do."""
        assert self._member is not None
        seconds = self._pace.spend(self._hub.clock.monotonic())
        if seconds > 0:
            if self._resting is not None:
                self._resting.cancel()
            self._resting = asyncio.get_running_loop().call_later(seconds, self._rested)
            self._transport.pause_reading()
        elif self._member.unanswered >= self._hub.limits.in_flight:
            self._transport.pause_reading()

    def _rested(self) -> None:
        self._resting = None
        self._read_on()

    def _read_on(self) -> None:
        assert self._member is not None
        if self._resting is None and self._member.unanswered < self._hub.limits.in_flight:
            self._transport.resume_reading()

    def _our_fault(self, error: Exception) -> StoreError:
        """An exception that no message should be able to cause, as the client is told of it."""
        logger.error("document %s: connection failed", self._document, exc_info=error)
        return StoreError("internal error")

    async def _hello(self, receive: Receive) -> Hello | None:
        seconds = self._hub.limits.hello_seconds
        try:
            async with asyncio.timeout(seconds):
                frame = await receive()
        except TimeoutError as error:
            raise HelloTimeout(f"no hello within {seconds:g} s") from error
        if frame is None:
            return None
        if isinstance(frame, bytes):
            raise MalformedMessage("binary messages are not spoken here")
        hello = self._decode(frame)
        if not isinstance(hello, Hello):
            raise MalformedMessage("the first message must be a hello")
        if hello.schema < SCHEMA:
            raise ClientTooOld(hello.schema, SCHEMA)
        if not CLIENT_ID.fullmatch(hello.client) or not CLIENT_KEY.fullmatch(hello.key):
            raise MalformedMessage("client id or key is not of the form that the protocol asks for")
        self._check_user(hello.user)
        return hello

    def _decode(self, frame: bytes | str) -> ClientMessage:
        size = len(frame) if isinstance(frame, bytes) or frame.isascii() else len(frame.encode())
        if size > self._hub.limits.message:
            raise MessageTooLarge(size, self._hub.limits.message)
        return decode_client(frame)

    def _handle(self, message: ClientMessage) -> None:
        room, member = self._room, self._member
        assert room is not None
        assert member is not None
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
        """Close the connection because of ``error``, unless it is closed already."""
        if self._over:
            return
        self._over = True
        if isinstance(error, StoreError):
            self._transport.write(Frame(encode(Retry(error.code, str(error)))))
            self._transport.close(CloseCode.RETRY, error.code)
        elif isinstance(error, ConnectionFault):
            self._transport.close(error.close_code, _reason(error))
        else:
            self._transport.close(CloseCode.BAD_MESSAGE, _reason(error))


def _reason(error: CollabError) -> str:
    """What is said on closing, within the 123 bytes that RFC 6455 leaves for it."""
    return f"{error.code}: {error}".encode(errors="replace")[:123].decode(errors="ignore")


class _Gone(ConnectionFault):
    code = "invalid_name"
    close_code = CloseCode.GONE
