"""Files that commands write and read: never over another one unasked, and whole or not at all."""

from __future__ import annotations

import asyncio
import secrets
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, BinaryIO

import typer

from collab.errors import CollabError

CHUNK = 1024 * 1024
"""Bytes read at a time."""

STANDARD = Path("-")
"""Standard input or output, where a file's name is expected."""

Force = Annotated[bool, typer.Option("--force", help="Overwrite a file that is there already.")]


class FileExists(CollabError):
    code = "file_exists"

    def __init__(self, path: Path) -> None:
        self.path = path
        super().__init__(f"{path} is there already: --force overwrites it")


class NoOrdinaryFile(CollabError):
    code = "no_ordinary_file"

    def __init__(self, path: Path) -> None:
        self.path = path
        super().__init__(f"{path} is no ordinary file, and is left as it is; -o - writes to standard output")


class FileTrouble(CollabError):
    """A file can't be read or written."""

    code = "file_trouble"

    def __init__(self, path: Path, error: OSError) -> None:
        self.path = path
        super().__init__(f"{path}: {error.strerror or error}")


@contextmanager
def new_file(path: Path, *, force: bool) -> Iterator[BinaryIO]:
    """A new file to write to. If the block fails there is none, and what was there before is as it was.

    Only an ordinary file is ever replaced: not a device or a pipe, and of a link what it leads to.

    Raises:
        FileExists: there is one already, and it isn't to be overwritten by ``force``.
        NoOrdinaryFile: there is something else.
        FileTrouble: it can't be written.
    """
    if force:
        path = path.resolve()
        if path.exists() and not path.is_file():
            raise NoOrdinaryFile(path)
    written = path.with_name(f".{path.name[:200]}.{secrets.token_hex(4)}") if force else path
    try:
        file = written.open("xb")
    except FileExistsError as error:
        raise FileExists(path) from error
    except OSError as error:
        raise FileTrouble(path, error) from error
    try:
        with file:
            yield file
        if force:
            written.replace(path)
    except BaseException as failure:
        written.unlink(missing_ok=True)
        if isinstance(failure, OSError):
            raise FileTrouble(path, failure) from failure
        raise


@contextmanager
def output(path: Path | None, *, force: bool) -> Iterator[BinaryIO]:
    """A new file at ``path``, or standard output if there is no path.

    Raises:
        FileExists, NoOrdinaryFile, FileTrouble: as for `new_file`.
    """
    if path is None or path == STANDARD:
        sys.stdout.flush()
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
    else:
        with new_file(path, force=force) as file:
            yield file


@contextmanager
def reading(path: Path) -> Iterator[BinaryIO]:
    """The file at ``path``, or standard input.

    Raises:
        FileTrouble: it can't be read.
    """
    if path == STANDARD:
        yield sys.stdin.buffer
        return
    try:
        with path.open("rb") as file:
            yield file
    except OSError as error:
        raise FileTrouble(path, error) from error


async def pieces(start: bytes, file: BinaryIO) -> AsyncIterator[bytes]:
    """``start``, and then what follows in ``file``."""
    yield start
    while piece := await asyncio.to_thread(file.read, CHUNK):
        yield piece
