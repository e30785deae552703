"""A document's content on its way to a client, in whichever form the server sends it."""

from __future__ import annotations

from collab.compression import ENCODING, BadContent, Inflater
from collab.messages import SnapshotChunk, SnapshotMark
from collab.operation import Operation, Text, normalize, text_length
from collab.operation.components import Component


class Loading:
    """Gathers the content that ``mark`` announces.

    Raises:
        BadContent: it is announced in a form that isn't known here, or larger than is taken.
    """

    def __init__(self, mark: SnapshotMark) -> None:
        if mark.encoding not in (None, ENCODING):
            raise BadContent(f"content encoded as {mark.encoding}, which nobody asked for")
        self.version = mark.seq
        self._length = mark.length
        self._inflater = None if mark.encoding is None else Inflater(mark.bytes, mark.inflated)
        self._chunks: Operation = []

    def take(self, piece: SnapshotChunk | bytes) -> Text | None:
        """The content, once ``piece`` was the last one.

        Raises:
            BadContent: it is damaged, or isn't what was announced.
        """
        if isinstance(piece, bytes):
            if self._inflater is None:
                raise BadContent("a binary message, and no compressed content was announced")
            content = self._inflater.feed(piece)
            return None if content is None else self._checked(content)
        if self._inflater is not None:
            raise BadContent("plain content, and compressed content was announced")
        self._chunks += piece.content
        return self._checked(self._chunks) if piece.last else None

    def _checked(self, content: Operation) -> Text:
        if not all(map(_inserts, content)):
            raise BadContent("content that doesn't only insert")
        plain = [component for component in content if isinstance(component, str)]
        text: Text = "".join(plain) if len(plain) == len(content) else normalize(content)
        if (length := text_length(text)) != self._length:
            raise BadContent(f"{length} units of content, {self._length} were announced")
        return text


def _inserts(component: Component) -> bool:
    return "insert" in component if isinstance(component, dict) else isinstance(component, str)
