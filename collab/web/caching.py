"""What clients may keep. Answers about versions stay true: who has one needn't be sent it again (RFC 9110, section
13.1)."""

from __future__ import annotations

from typing import NamedTuple

from starlette.requests import Request
from starlette.responses import Response

from collab.store.base import DocumentRecord
from collab.web.api import answer

FOR_EVER = "private, max-age=31536000, immutable"
ASK_AGAIN = "no-cache"


class Tag(NamedTuple):
    """The name of an answer, as it stands in the ETag header.

    ``fixed`` says that the address itself names the versions that it is about and the document's epoch, so that it can
    never have another one.
    """

    name: str
    fixed: bool

    @property
    def headers(self) -> dict[str, str]:
        return {"ETag": self.name, "Cache-Control": FOR_EVER if self.fixed else ASK_AGAIN}


def tag_of(record: DocumentRecord, *versions: int, request: Request | None = None, named_by: str = "") -> Tag:
    """The tag of an answer that follows from these versions of a document.

    It is fixed if the ``request`` names the last of them, by the parameter ``named_by``, and the epoch too: under the
    same id there may be another document tomorrow.
    """
    asked = {} if request is None else request.query_params
    fixed = named_by in asked and asked.get("epoch") == record.epoch
    return Tag(f'"{record.epoch}-{"-".join(map(str, versions))}"', fixed)


def unchanged(request: Request, tag: Tag) -> Response | None:
    """The answer to a client who has what it asks for, as it says itself; None if it hasn't."""
    known = request.headers.get("if-none-match", "")
    if known.strip() == "*" or tag.name in (each.strip().removeprefix("W/") for each in known.split(",")):
        return Response(status_code=304, headers=tag.headers)
    return None


def uncached(value: object) -> Response:
    """``value`` as JSON, which may be another the next moment."""
    return answer(value, headers={"Cache-Control": "no-store"})


def tagged(value: object, tag: Tag) -> Response:
    """``value`` as JSON, to be kept under its tag."""
    return answer(value, headers=tag.headers)
