"""Operations: edits as values, and the algebra that lets people type at once.

An operation is a list of components over a whole text (see `collab.operation.components`): plain Python
values, the same on the wire, in the log and in memory. Lengths and offsets count UTF-16 code units. No
function here changes its arguments.
"""

from collab.operation.coalesce import coalesce
from collab.operation.components import (
    Attributes,
    Component,
    Operation,
    amounts,
    is_plain,
    normalize,
    span,
)
from collab.operation.compose import Text, apply, compose, inserted_text, invert, plain_text, text_length
from collab.operation.diff import diff
from collab.operation.transform import Side, transform, transform_offset, transform_pair
from collab.operation.validate import validate

__all__ = [
    "Attributes",
    "Component",
    "Operation",
    "Side",
    "Text",
    "apply",
    "coalesce",
    "compose",
    "diff",
    "inserted_text",
    "invert",
    "is_plain",
    "normalize",
    "plain_text",
    "amounts",
    "span",
    "text_length",
    "transform",
    "transform_offset",
    "transform_pair",
    "validate",
]
