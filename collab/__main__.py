"""``python -m collab``."""

from collab.cli import main

main()
