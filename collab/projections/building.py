"""A model built from the beginning of the log, beside the one that is asked meanwhile, and put in its place when it is
as far.

An attempt that was interrupted goes on where it was, whoever began it.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from collab.errors import StoreDamaged
from collab.projections.advancing import Advancer, Step, is_of
from collab.projections.faults import ModelParked, ModelUnusable, Overtaken
from collab.projections.model import Model
from collab.projections.projection import Projection, fingerprint
from collab.projections.shelf import Shelf
from collab.projections.source import Source


async def open_shadow(shelf: Shelf, projection: Projection, source: Source) -> Model:
    """The shadow that is being built of this log with this very code, or a new one.

    Raises:
        StoreError: it can't be written.
    """
    path = await asyncio.to_thread(shelf.shadow)
    if path is not None:
        try:
            model = await asyncio.to_thread(Model, path, projection)
        except (ModelUnusable, StoreDamaged):
            await asyncio.to_thread(shelf.discard, path)
        else:
            if model.state().code == fingerprint(projection) and await is_of(source, model):
                return model
            model.close()
            # Not deleted: another process may be about to write it. It is swept away with the next one that is done.
    path = await asyncio.to_thread(shelf.next)
    return await asyncio.to_thread(lambda: Model(path, projection, create=True))


async def promote(shelf: Shelf, shadow: Advancer) -> Step:
    """Put the shadow, which is at the end of the log, in the place of the current model; its last step before that.

    The current one is held meanwhile, and the shadow brought as far as that: whoever reads sees no model go back.

    Raises:
        ModelParked: the shadow doesn't come as far.
        StoreError: as for `Advancer.step`.
    """
    async with _held(shelf, shadow.model.projection) as position:
        while True:
            step = await _step(shadow)
            if step.parked is not None:
                raise ModelParked(shadow.model.projection.name, step.parked.position, step.parked.reason)
            if step.position >= position and step.all:
                break
        await asyncio.to_thread(shelf.promote, shadow.model.path)
    shadow.building = False
    return step


@asynccontextmanager
async def _held(shelf: Shelf, projection: Projection) -> AsyncIterator[int]:
    """The position of the current model, if there is a good one, which stays there while the block runs."""
    path = await asyncio.to_thread(shelf.current)
    try:
        model = None if path is None else await asyncio.to_thread(Model, path, projection)
    except (ModelUnusable, StoreDamaged):
        model = None
    if model is None:
        yield 0
        return
    try:
        while True:
            position = model.state().position
            try:
                await asyncio.to_thread(model.begin, position)
                break
            except Overtaken:
                continue
        yield position
    finally:
        model.undo()
        model.close()


async def rebuild(
    shelf: Shelf,
    projection: Projection,
    source: Source,
    *,
    now: Callable[[], int],
    told: Callable[[int], None] = lambda position: None,
) -> int:
    """Build the model anew, while others go on with the one that is there; the place in the log where it is then.

    ``told`` hears how far it is. Cancelling loses nothing: the next call goes on.

    Raises:
        ModelParked: the projection raised something. The current model stays.
        StoreError: the log can't be read, or the model not be written.
    """
    model = await open_shadow(shelf, projection, source)
    try:
        if model.state().parked is not None:
            await asyncio.to_thread(model.retry)
        advancer = Advancer(model, source, now=now, building=True)
        while True:
            step = await _step(advancer)
            told(step.position)
            if step.parked is not None:
                raise ModelParked(projection.name, step.parked.position, step.parked.reason)
            if step.all:
                break
        return (await promote(shelf, advancer)).position
    finally:
        model.close()


async def _step(advancer: Advancer) -> Step:
    """The next step, though another process may bring the same shadow forward: a server that builds its first, say."""
    while True:
        try:
            return await advancer.step()
        except Overtaken:
            continue
