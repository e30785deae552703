"""The projections that every server has."""

from collab.projections.builtin.activity import Activity
from collab.projections.builtin.catalogue import Catalogue
from collab.projections.builtin.contributors import Contributors
from collab.projections.builtin.search import Search

BUILT_IN = (Activity(), Catalogue(), Contributors(), Search())

__all__ = ["BUILT_IN", "Activity", "Catalogue", "Contributors", "Search"]
