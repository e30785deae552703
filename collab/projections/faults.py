"""What can be wrong with a model."""

from __future__ import annotations

from collab.errors import CollabError, RequestError, StoreError


class UnknownProjection(RequestError):
    code = "unknown_projection"

    def __init__(self, name: str, known: list[str]) -> None:
        self.name, self.known = name, known
        super().__init__(f"there is no projection {name!r}; there are: {', '.join(known)}")


class NotParked(RequestError):
    code = "not_parked"

    def __init__(self, name: str) -> None:
        self.name = name
        super().__init__(f"projection {name!r} isn't parked")


class ModelBuilding(StoreError):
    """It was never built to its end yet, so it can't be asked."""

    code = "model_building"

    def __init__(self, name: str, position: int, newest: int) -> None:
        self.name, self.position, self.newest = name, position, newest
        super().__init__(f"model {name!r} is being built: it has {position} of {newest} events")


class ModelBehind(StoreError):
    """It didn't come to what was asked for in time."""

    code = "model_behind"

    def __init__(self, name: str, position: int, wanted: int) -> None:
        self.name, self.position, self.wanted = name, position, wanted
        super().__init__(f"model {name!r} is at position {position}, and {wanted} was wanted")


class ModelParked(StoreError):
    """It won't come to what was asked for before somebody retries or skips an event."""

    code = "model_parked"

    def __init__(self, name: str, position: int, reason: str) -> None:
        self.name, self.position, self.reason = name, position, reason
        super().__init__(f"projection {name!r} is parked at position {position}: {reason}")


class ModelUnusable(StoreError):
    code = "model_unusable"


class PoisonEvent(CollabError):
    """The log can't be read at ``position``, which is event ``seq`` of ``document``."""

    code = "poison_event"

    def __init__(self, position: int, document: str, seq: int, reason: str) -> None:
        self.position, self.document, self.seq, self.reason = position, document, seq, reason
        super().__init__(reason)


class FoldFailed(CollabError):
    """A projection raised something; nothing was written."""

    code = "fold_failed"


class Overtaken(CollabError):
    """Somebody else, say another process, has brought the model forward meanwhile; nothing was written."""

    code = "overtaken"
