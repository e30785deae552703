"""One client's connection, from hello to close, whatever carries it."""

from __future__ import annotations

import asyncio
import logging

import msgspec

from collab.admission import Admission
from collab.auth import Identity
from collab.errors import (
    ClientTooOld,
    CloseCode,
    CollabError,
    ConnectionFault,
    DocumentNotFound,
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
    Auth,
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

logger = logging.getLogger("collab.connection")


class Connection:
    """The talk with one client about ``document``: the listener to its ``transport`` from the handshake on.

    ``identity`` is whose connection it is, if that was known before the hello; else the authenticator says it.
    The first message must be a hello. Joining the room takes a while; until it is done nothing more is read.
    """

    __slots__ = (
        "_admission",
        "_document",
        "_hub",
        "_identity",
        "_joining",
        "_member",
        "_over",
        "_pace",
        "_renewing",
        "_room",
        "_timer",
        "_transport",
    )

    def __init__(
        self, hub: Hub, document: str, transport: Transport, identity: Identity | None = None
    ) -> None:
        limits = hub.limits
        self._hub = hub
        self._document = document
        self._identity = identity
        self._transport = transport
        self._room: Room | None = None
        self._member: Member | None = None
        self._admission: Admission | None = None
        self._renewing: asyncio.Task[None] | None = None
        self._joining: asyncio.Task[None] | None = None
        self._over = False
        self._pace = TokenBucket(
            per_second=limits.edits_per_second, burst=limits.edit_burst, now=hub.clock.monotonic()
        )
        # For the hello at first, for keeping the pace later.
        self._timer: asyncio.TimerHandle | None = asyncio.get_running_loop().call_later(
            limits.hello_seconds, self._end, HelloTimeout(f"no hello within {limits.hello_seconds:g} s")
        )
        transport.listen(self)

    def text_received(self, message: bytes) -> None:
        if self._over:
            return
        try:
            decoded = self._decode(message)
            if self._member is None:
                self._greet(decoded)
            elif isinstance(decoded, Edit):
                self._edit(self._member, decoded)
            else:
                self._handle(self._member, decoded)
                self._keep_pace()
        except CollabError as error:
            self._end(error)
        except Exception as error:
            self._end(self._our_fault(error))

    def binary_received(self) -> None:
        self._end(MalformedMessage("binary messages are not spoken here"))

    def gone(self) -> None:
        self._over = True
        self._leave()

    def _greet(self, hello: ClientMessage) -> None:
        self._stop_timer()
        self._check_hello(hello)
        assert isinstance(hello, Hello)
        self._transport.pause_reading()
        self._joining = asyncio.create_task(self._join(hello))

    async def _join(self, hello: Hello) -> None:
        try:
            identity = self._identity or await self._authenticate(hello.token, hello.client)
            if self._over:
                return
            self._admission = Admission(
                *(self._hub.admissions, identity, self._document), clock=self._hub.clock, end=self._end
            )
            self._room = await self._hub.room(self._document, identity)
            self._member = await self._room.join(hello, identity, self._transport, self._end, self._go_on)
            self._admission.joined(self._member)
        except (DocumentNotFound, InvalidName) as error:
            self._end(_Gone(error))
        except CollabError as error:
            self._end(error)
        except Exception as error:
            self._end(self._our_fault(error))
        finally:
            self._joining = None
        if self._over:
            self._leave()
        else:
            self._transport.resume_reading()

    async def _authenticate(self, token: str | None, client: str) -> Identity:
        return await self._hub.authenticator.authenticate(token, document=self._document, client=client)

    def _renew(self, admission: Admission, client: str, token: str) -> None:
        """See who a client is that shows a new token. What it sends meanwhile waits for that."""
        if self._identity is not None:
            return  # it is the application that says who this is
        self._transport.pause_reading()
        self._renewing = asyncio.create_task(self._look_at_token(admission, client, token))

    async def _look_at_token(self, admission: Admission, client: str, token: str) -> None:
        try:
            identity = await self._authenticate(token, client)
            if not self._over:
                admission.renew(identity)
        except CollabError as error:
            self._end(error)
        except Exception as error:
            self._end(self._our_fault(error))
        finally:
            self._renewing = None
        self._go_on()

    def _leave(self) -> None:
        self._stop_timer()
        if self._admission is not None:
            self._admission.over()
        room, member, self._member = self._room, self._member, None
        if room is not None and member is not None:
            room.leave(member)
            self._hub.left(room)

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _keep_pace(self) -> None:
        """Read nothing for a while from who asks for more than it may.

        Accepted edits have a bound of their own, and don't count.
        """
        seconds = self._pace.spend(self._hub.clock.monotonic())
        if seconds > 0:
            self._stop_timer()
            self._timer = asyncio.get_running_loop().call_later(seconds, self._rested)
            self._transport.pause_reading()

    def _rested(self) -> None:
        self._timer = None
        self._go_on()

    def _go_on(self) -> None:
        """Read on, if there is no reason left not to."""
        if self._timer is not None or self._renewing is not None or self._member is None:
            return
        if self._member.unanswered < self._hub.limits.in_flight:
            self._transport.resume_reading()

    def _our_fault(self, error: Exception) -> StoreError:
        """An exception that no message should be able to cause, as the client is told of it."""
        logger.error("document %s: connection failed", self._document, exc_info=error)
        return StoreError("internal error")

    def _check_hello(self, hello: ClientMessage) -> None:
        if not isinstance(hello, Hello):
            raise MalformedMessage("the first message must be a hello")
        if hello.schema < SCHEMA:
            raise ClientTooOld(hello.schema, SCHEMA)
        if not CLIENT_ID.fullmatch(hello.client) or not CLIENT_KEY.fullmatch(hello.key):
            raise MalformedMessage("client id or key is not of the form that the protocol asks for")
        self._check_user(hello.user)

    def _decode(self, message: bytes) -> ClientMessage:
        if len(message) > self._hub.limits.message:
            raise MessageTooLarge(len(message), self._hub.limits.message)
        return decode_client(message)

    def _edit(self, member: Member, edit: Edit) -> None:
        assert self._room is not None
        if self._hub.closing:
            return
        if not self._room.edit(member, edit):
            self._keep_pace()
        elif member.unanswered >= self._hub.limits.in_flight:
            self._transport.pause_reading()  # it asks for more than the disk can do

    def _handle(self, member: Member, message: ClientMessage) -> None:
        if isinstance(message, SetPresence):
            assert self._room is not None
            self._check_user(message.user)
            self._room.move(member, message)
        elif isinstance(message, Ping):
            self._transport.write(Frame(encode(Pong())))
        elif isinstance(message, Auth):
            assert self._admission is not None
            self._renew(self._admission, member.client, message.token)
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
        self._leave()


def _reason(error: CollabError) -> str:
    """What is said on closing, within the 123 bytes that RFC 6455 leaves for it."""
    return f"{error.code}: {error}".encode(errors="replace")[:123].decode(errors="ignore")


class _Gone(ConnectionFault):
    """There is nothing of that name."""

    close_code = CloseCode.GONE

    def __init__(self, why: CollabError) -> None:
        self.code = why.code
        super().__init__(str(why))
