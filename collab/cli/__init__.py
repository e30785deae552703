"""The command line: flags are read here, once, and handed down."""

from collab.cli.main import main

__all__ = ["main"]
