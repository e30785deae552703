"""Who is let in, and what becomes of it while the connection lasts: it may be for a time only, and somebody may get
another role, or none."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from collab.auth import Identity
from collab.errors import CollabError, Forbidden, TokenExpired, Unauthorised
from collab.member import Member
from collab.messages import AuthExpiring, encode
from collab.room import Clock
from collab.transport import Frame

NOTICE_SECONDS = 30.0
"""How long before its end a client is asked for a new token: enough for a login server that is slow. Half of what is
left, if that is less."""


class Admission:
    """One connection's leave to be in ``document``, kept among ``all_`` that there are until it is `over`.

    It begins as soon as it is known who comes, some time before there is a member. ``end`` closes the connection.

    Raises:
        Unauthorised: it is over already.
    """

    __slots__ = ("_all", "_clock", "_end", "_member", "_timer", "document", "identity")

    def __init__(
        self,
        all_: set[Admission],
        identity: Identity,
        document: str,
        *,
        clock: Clock,
        end: Callable[[CollabError], None],
    ) -> None:
        identity.check_valid(clock.now())
        self.identity = identity
        self.document = document
        self._all = all_
        self._clock = clock
        self._end = end
        self._member: Member | None = None
        self._timer: asyncio.TimerHandle | None = None
        all_.add(self)

    def joined(self, member: Member) -> None:
        """The connection's client is in the room, as ``member``."""
        self._member = member
        member.become(self.identity)  # it may be another already
        self._watch()

    def permit(self, role: str | None) -> None:
        """Give another role, or none: then the connection ends."""
        if role is None:
            self._end(Forbidden("no longer permitted"))
        else:
            self._become(self.identity.__replace__(role=role))

    def renew(self, identity: Identity) -> None:
        """The client has shown a new token, which is that of ``identity``.

        Raises:
            Unauthorised: it is somebody else's, or has expired.
        """
        if identity.author != self.identity.author:
            raise Unauthorised("the token is somebody else's")
        identity.check_valid(self._clock.now())
        before = self.identity.expires_at
        self._become(identity)
        if identity.expires_at != before:
            self._watch()

    def over(self) -> None:
        self._all.discard(self)
        self._stop_timer()

    def _become(self, identity: Identity) -> None:
        self.identity = identity
        if self._member is not None:
            self._member.become(identity)

    def _watch(self) -> None:
        """Look after the time, if it is limited."""
        self._stop_timer()
        if self.identity.expires_at is not None:
            left = self._left()
            self._call_later(left - min(NOTICE_SECONDS, left / 2), self._give_notice)

    def _give_notice(self) -> None:
        left = self._left()
        if self._member is not None and left > 0:
            self._member.delivery.tell(Frame(encode(AuthExpiring(round(left, 3)))))
        self._call_later(left, self._expire)

    def _expire(self) -> None:
        self._timer = None
        self._end(TokenExpired())

    def _left(self) -> float:
        """Seconds until the identity expires."""
        assert self.identity.expires_at is not None
        return (self.identity.expires_at - self._clock.now()) / 1e6

    def _call_later(self, seconds: float, then: Callable[[], None]) -> None:
        self._timer = asyncio.get_running_loop().call_later(max(0.0, seconds), then)

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
