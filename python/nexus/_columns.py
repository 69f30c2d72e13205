"""Columns for bulk adds: from arrays, Arrow columns and scalars to lists and scalars."""

from __future__ import annotations

from ._errors import InvalidError
from ._memory import FIELDS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any


def _times(array: Any) -> list[Any]:
    """A numpy datetime64 array, which counts as UTC, as aware datetimes."""
    from datetime import timezone

    return [None if t is None else t.replace(tzinfo=timezone.utc) for t in array.astype("datetime64[us]").tolist()]


def as_column(value: Any) -> Any:
    """A list with a value a row, or a value for all rows as it is."""
    if isinstance(value, (list, str, bytes, dict)):
        return value
    if hasattr(value, "to_pylist"):  # Arrow
        return value.to_pylist()
    if getattr(getattr(value, "dtype", None), "kind", "") == "M":
        return _times(value)
    if hasattr(value, "tolist"):  # numpy, pandas; a numpy scalar becomes a plain one
        return value.tolist()
    return list(value) if hasattr(value, "__len__") else value


def as_columns(columns: Mapping[str, Any]) -> tuple[dict[str, Any], Any, int]:
    """The columns by field, the matrix of vectors (or None), and the number of rows."""
    unknown = columns.keys() - set(FIELDS)
    if unknown:
        raise TypeError(f"a memory has no field {', '.join(sorted(unknown))}")
    vectors: Any = columns.get("vector")
    if hasattr(vectors, "to_pylist"):
        vectors = vectors.to_pylist()
    lists = {name: as_column(value) for name, value in columns.items() if name != "vector" and value is not None}
    text = lists.get("text")
    if not isinstance(text, list):
        raise TypeError("text has to be a column: a sequence of str")
    sizes = {name: len(value) for name, value in lists.items() if isinstance(value, list)}
    if vectors is not None:
        sizes["vector"] = rows_of(vectors)
    for name, size in sizes.items():
        if size != len(text):
            raise InvalidError(f"column {name} has {size} rows, column text {len(text)}")
    return lists, vectors, len(text)


def rows_of(vectors: Any) -> int:
    """The number of rows of a matrix."""
    if not hasattr(vectors, "__len__"):
        raise TypeError("vectors has to be a matrix of numbers: a buffer or a sequence of rows")
    return len(vectors)
