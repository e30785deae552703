"""Read models: tables that are folded from the log, exact and disposable.

A projection is a class of a few lines (`Projection`, `TextProjection`); what it makes of the log is a model, a small
SQLite file beside it. docs/projections.md tells what is promised.
"""

from collab.events import Event
from collab.projections.projection import DocumentText, Projection, TextProjection

__all__ = ["DocumentText", "Event", "Projection", "TextProjection"]
