"""Collaborative editing with the whole history: an event-sourced backend and its Python client."""

from collab.client import Change, Refusal, SharedDocument, connect
from collab.link import Closed

__all__ = ["Change", "Closed", "Refusal", "SharedDocument", "connect"]
__version__ = "0.1.0"
