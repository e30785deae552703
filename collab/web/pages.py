"""The pages, and the files that they are made of, which a browser fetches once for as long as they stay as they are.

A page is asked for each time. In it the addresses of its files bear the digest of all of them, as in
``static-0f3a…/pages/document.js``; what is found there never changes, and may be kept for ever. Scripts import each
other by relative addresses, so that of the first one is enough. ``static/…`` without a digest is for other people's
pages, and asked for each time.
"""

from __future__ import annotations

import hashlib
from functools import partial
from os import PathLike, stat_result
from pathlib import Path
from typing import NamedTuple

from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import NotModifiedResponse, StaticFiles
from starlette.types import Scope

from collab.web.caching import ASK_AGAIN

PAGES = {
    "/": "index.html",
    "/activity": "activity.html",
    "/d/{document}": "document.html",
    "/d/{document}/history": "history.html",
}

FOR_EVER = "public, max-age=31536000, immutable"
"""The files are the same for everybody."""

COMPRESSED = Middleware(GZipMiddleware, compresslevel=6)


def static_directory() -> Path:
    """Where the pages are: inside the installed package, or beside it in a checkout."""
    package = Path(__file__).parent.parent
    inside = package / "static"
    return inside if inside.is_dir() else package.parent / "static"


def page_routes(directory: Path) -> list[BaseRoute]:
    """The pages in ``directory``, and all its files."""
    files = Files(directory)
    return [
        *(Route(path, partial(files.page, name), middleware=[COMPRESSED]) for path, name in PAGES.items()),
        Mount("/static-{digest}", files, middleware=[COMPRESSED]),
        Mount("/static", files, middleware=[COMPRESSED]),
    ]


class Known(NamedTuple):
    """The digest of all files, and how each looked when it was taken."""

    digest: str
    looks: dict[Path, tuple[int, int]]


class Files(StaticFiles):
    """The files in ``directory``. They may be edited while the server runs: then the next page names another digest."""

    def __init__(self, directory: Path) -> None:
        super().__init__(directory=directory, check_dir=False)
        self._directory = directory.resolve()
        self._known = Known("", {})

    def page(self, name: str, request: Request) -> Response:
        """The page in the file ``pages/{name}``."""
        digest = self.digest()
        text = (self._directory / "pages" / name).read_text("utf-8")
        headers = {"ETag": f'"{digest}"', "Cache-Control": ASK_AGAIN}
        response = HTMLResponse(text.replace("static/", f"static-{digest}/"), headers=headers)
        if self.is_not_modified(response.headers, request.headers):
            return NotModifiedResponse(response.headers)
        return response

    def digest(self) -> str:
        """Of all files by what is in them, which are read only if they look as if they were others than before."""
        files = sorted(path for path in self._directory.rglob("*") if path.is_file())
        looks = {path: look(path.stat()) for path in files}
        if looks != self._known.looks:
            whole = hashlib.sha256()
            for path in files:
                for part in (path.relative_to(self._directory).as_posix().encode(), path.read_bytes()):
                    whole.update(hashlib.sha256(part).digest())
            self._known = Known(whole.hexdigest()[:16], looks)
        return self._known.digest

    def file_response(
        self, full_path: str | PathLike[str], stat_result: stat_result, scope: Scope, status_code: int = 200
    ) -> Response:
        response = super().file_response(full_path, stat_result, scope, status_code)
        digest, looks = self._known
        # Not for a page that was opened before the files changed, which has to take what there is now.
        fixed = scope["path_params"].get("digest") == digest and looks.get(Path(full_path)) == look(
            stat_result
        )
        response.headers["Cache-Control"] = FOR_EVER if fixed else ASK_AGAIN
        return response


def look(stat: stat_result) -> tuple[int, int]:
    """What of a file changes with its content."""
    return stat.st_mtime_ns, stat.st_size
