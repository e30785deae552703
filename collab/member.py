"""One client in a room."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from collab.auth import Identity
from collab.delivery import Delivery
from collab.errors import CollabError
from collab.messages import encode
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
        self.identity = identity
        self.transport = transport
        self.fault = fault
        self.answered = answered
        self.delivery: Delivery
        self.unanswered = 0

    @property
    def client(self) -> str:
        return self.session.client

    def send(self, message: Any) -> None:
        self.transport.write(Frame(encode(message)))
