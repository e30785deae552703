"""Say plainly what is missing, where this Python is too old or can't make environments."""

import importlib.util
import sys

if sys.version_info < (3, 11):  # noqa: UP036 - that an older one may run this is the point
    sys.exit("collab needs Python 3.11 or newer: set PYTHON, as in `make run PYTHON=python3.12`")
if importlib.util.find_spec("ensurepip") is None:
    sys.exit("this Python can't make environments: install its venv module (on Debian: python3-venv)")
