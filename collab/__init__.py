"""Collaborative editing with the whole history: an event-sourced backend and its Python client."""

from collab.client import Change, Refusal, SharedDocument, connect
from collab.errors import HistoryError
from collab.following import follow_log
from collab.history import History
from collab.link import Closed
from collab.making import create, import_history
from collab.shapes import LogRow

__all__ = [
    "Change",
    "Closed",
    "History",
    "HistoryError",
    "LogRow",
    "Refusal",
    "SharedDocument",
    "connect",
    "create",
    "follow_log",
    "import_history",
]
__version__ = "0.1.0"
