"""Metadata of other frameworks as meta of a memory, so that it comes back as it was.

meta holds strings, floats, bools, aware datetimes and lists of strings. Whatever else JSON
can hold (integers, None, dicts, mixed lists) goes into one entry as JSON.
"""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any, Callable, Mapping

_JSON = "_json"


def _is_native(value: Any) -> bool:
    if isinstance(value, (list, tuple)):
        return isinstance(value, list) and all(isinstance(item, str) for item in value)
    return isinstance(value, (str, bool, float)) or isinstance(value, datetime) and value.tzinfo is not None


def pack(metadata: Mapping[str, Any]) -> dict[str, Any]:
    """The meta of some metadata. TypeError for what JSON cannot hold."""
    meta = {name: value for name, value in metadata.items() if _is_native(value)}
    other = {name: value for name, value in metadata.items() if name not in meta}
    return meta | {_JSON: json.dumps(other)} if other else meta


def unpack(meta: dict[str, Any]) -> dict[str, Any]:
    """The metadata of some meta."""
    other = meta.pop(_JSON, None)
    return meta | json.loads(other) if other else meta


def matcher(wanted: Any) -> Callable[[dict[str, Any]], bool]:
    """A filter: a callable on metadata, or a mapping whose values metadata has to have."""
    if callable(wanted):
        return lambda metadata: bool(wanted(metadata))
    return lambda metadata: all(metadata.get(name) == value for name, value in wanted.items())
