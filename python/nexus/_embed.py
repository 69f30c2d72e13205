"""Embedders: from what the caller gave to what the extension calls."""

from __future__ import annotations

from ._errors import DimensionError, InvalidError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ._types import Embedder, Matrix


class Embedding:
    """A function with a name and a dimension, as open(embedder=...) takes it.

    name identifies model and version. Without dim the function is called once, with one
    text, to learn it.

    >>> import nexus
    >>> nexus.Embedding(lambda texts: [[1.0, 0.0] for _ in texts], name="constant-v1").dim
    2
    """

    __slots__ = ("function", "name", "dim")

    def __init__(self, function: Embedder, *, name: str, dim: int = 0) -> None:
        if not callable(function):
            raise TypeError("an embedder has to be callable")
        self.function = function
        self.name = name
        self.dim = dim or probe(function)

    def __call__(self, texts: list[str], /) -> Matrix:
        return self.function(texts)

    def __repr__(self) -> str:
        return f"Embedding(name={self.name!r}, dim={self.dim})"


def probe(function: Embedder) -> int:
    """The length of the vector that a function gives for one text."""
    rows: Any = function(["probe"])
    shape: Any
    if hasattr(rows, "__array__") or isinstance(rows, memoryview):
        shape = rows.shape
    else:
        shape = (len(rows), len(rows[0]) if len(rows) else 0)
    if len(shape) != 2 or shape[0] != 1 or not shape[1]:
        raise DimensionError(f"the embedder returned numbers of shape {tuple(shape)} for one text, want (1, dim)")
    return int(shape[1])


def bind(embedder: Any) -> Embedding:
    """An Embedding of what the caller gave: name and dim are its attributes, or found out."""
    if isinstance(embedder, Embedding):
        return embedder
    name = getattr(embedder, "name", None) or getattr(embedder, "__qualname__", "")
    if not name or "<" in name:
        raise InvalidError("the embedder needs a name that identifies model and version: nexus.Embedding(f, name=...)")
    return Embedding(embedder, name=str(name), dim=getattr(embedder, "dim", 0) or 0)
