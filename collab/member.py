"""One client in a room."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from collab.auth import Identity
from collab.delivery import Delivery
from collab.errors import CollabError
from collab.messages import Role, encode
from collab.session import Session
from collab.transport import Frame, Transport


class Member:
    """One client in a room: its session, its socket, and its way through the stream.

    ``unanswered`` counts its edits that are ordered and not committed yet; ``answered`` is called when there are
    fewer again.
    """

    def __init__(
        self,
        session: Session,
        identity: Identity,
        transport: Transport,
        fault: Callable[[CollabError], None],
        answered: Callable[[], None],
    ) -> None:
        self.session = session
        self._take(identity)
        self.transport = transport
        self.fault = fault
        self.answered = answered
        self.delivery: Delivery
        self.unanswered = 0

    @property
    def client(self) -> str:
        return self.session.client

    def become(self, identity: Identity) -> None:
        """Be somebody else from now on, or the same with another role, of which the client is told."""
        before = self.identity
        self._take(identity)
        if identity.role != before.role:
            self.delivery.tell(Frame(encode(Role(identity.role))))

    def _take(self, identity: Identity) -> None:
        self.identity = identity
        self.session.only_looks = "" if identity.may_edit else identity.role

    def send(self, message: Any) -> None:
        self.transport.write(Frame(encode(message)))
