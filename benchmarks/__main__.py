"""``python -m benchmarks [name …]``: run all benchmarks, or those named."""

from __future__ import annotations

import sys

from benchmarks import (
    buffer,
    chain,
    fold,
    history,
    keystrokes,
    merge,
    models,
    offline,
    replay,
    returning,
    storage,
    transform,
    viewer,
)

ALL = {
    "transform": transform.run,
    "buffer": buffer.run,
    "fold": fold.run,
    "storage": storage.run,
    "chain": chain.run,
    "history": history.run,
    "merge": merge.run,
    "models": models.run,
    "returning": returning.run,
    "offline": offline.run,
    "keystrokes": keystrokes.run,
    "viewer": viewer.run,
    "replay": replay.run,
}

for name in sys.argv[1:] or ALL:
    ALL[name]()
