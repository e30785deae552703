"""Stores of events: the protocol, SQLite on disk, and one in memory."""

from collab.store.base import Append, ClientRecord, DocumentRecord, EventStore, Stored

__all__ = ["Append", "ClientRecord", "DocumentRecord", "EventStore", "Stored"]
