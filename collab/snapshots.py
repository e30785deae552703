"""A document's content at one version, packed for the store.

A snapshot is a cache. Whatever is wrong with one, the log has the truth: it is dropped and made anew.
"""

from __future__ import annotations

import struct
import zlib

import msgspec

from collab.errors import CollabError
from collab.operation import Text

FORMAT = 1

_HEADER = struct.Struct("<BI")
_content: msgspec.json.Decoder[Text] = msgspec.json.Decoder(Text)


class BadSnapshot(CollabError):
    """Damaged, or of a format that this version of collab doesn't write."""

    code = "bad_snapshot"


def pack(content: Text) -> bytes:
    """``content`` compressed, behind a format number and a checksum."""
    packed = zlib.compress(msgspec.json.encode(content), 6)
    return _HEADER.pack(FORMAT, zlib.crc32(packed)) + packed


def unpack(snapshot: bytes) -> Text:
    """What `pack` was given.

    Raises:
        BadSnapshot: of another format, or damaged.
    """
    try:
        number, checksum = _HEADER.unpack_from(snapshot)
        packed = snapshot[_HEADER.size :]
        if number != FORMAT:
            raise BadSnapshot(f"format {number}, not {FORMAT}")
        if zlib.crc32(packed) != checksum:
            raise BadSnapshot("wrong checksum")
        return _content.decode(zlib.decompress(packed))
    except (struct.error, zlib.error, msgspec.DecodeError) as damage:
        raise BadSnapshot(str(damage)) from damage
