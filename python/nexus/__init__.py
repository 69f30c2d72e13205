"""Nexus: memory for AI applications, inside the application's process.

    import nexus

    with nexus.open("./nexus-data") as db:
        db.add("Ann moved to Oslo in May.")
        for hit in db.query("Who moved to Oslo?"):
            print(f"{hit.score:.2f} {hit.text}")

What add returned is durable and visible. Questions never wait for writers. There is no
server, no model to download and no network. Importing the package starts no thread; the
library is loaded when the first store is opened.
"""

from __future__ import annotations

import os as _os
from datetime import datetime as _datetime, timedelta as _timedelta, timezone as _timezone

from . import _abi, _core
from ._abi import VERSION as __version__
from ._async import Opening, aopen
from ._core import EngineTrace, Factors, Info, Problem, Report, Stats, configure, info
from ._db import DB, Listing, open
from ._embed import Embedding
from ._errors import (
    BusyError,
    CancelledError,
    ClosedError,
    ConflictError,
    CorruptError,
    DeadlineError,
    DimensionError,
    Error,
    ExistsError,
    ForbiddenError,
    ForkedError,
    InternalError,
    InvalidError,
    LockedError,
    NoSpaceError,
    NotFoundError,
    RateLimitedError,
    ReadOnlyError,
    UnauthorisedError,
    UnavailableError,
    UnsupportedError,
    make_error as _make_error,
)
from ._memory import Memory, MemoryFields
from ._results import Answer, Hit, Record
from ._types import Embedder, Intent, Kind, Matrix, MemoryLike, Progress, QueryOptions, Vector


def _names_by_number(numbers: dict[str, int]) -> tuple[str, ...]:
    """A table of _abi the other way round; the numbers go from 0 without gaps."""
    return tuple(sorted(numbers, key=numbers.__getitem__))


_core.setup(
    library=_os.environ.get("NEXUS_LIBRARY") or _os.path.join(_os.path.dirname(_core.__file__), "libnexus.so.1"),
    make_error=_make_error,
    answer=Answer,
    hit=Hit,
    record=Record,
    kinds={name: number for name, number in _abi.KIND.items() if number},
    intents=_abi.INTENT,
    factors=_abi.FACTOR,
    kind_names=_names_by_number(_abi.KIND),
    engine_states=_names_by_number(_abi.ENGINE_STATE),
    status_names=_abi.STATUS,
    datetime=_datetime,
    timedelta=_timedelta,
    epoch=_datetime(1970, 1, 1, tzinfo=_timezone.utc),
    microsecond=_timedelta(microseconds=1),
)

__all__ = [
    "DB", "Answer", "BusyError", "CancelledError", "ClosedError", "ConflictError", "CorruptError", "DeadlineError",
    "DimensionError", "Embedder", "Embedding", "EngineTrace", "Error", "ExistsError", "Factors", "ForbiddenError",
    "ForkedError", "Hit", "Info", "Intent", "InternalError", "InvalidError", "Kind", "Listing", "LockedError", "Matrix",
    "Memory", "MemoryFields", "MemoryLike", "NoSpaceError", "NotFoundError", "Opening", "Problem", "Progress",
    "QueryOptions", "RateLimitedError", "ReadOnlyError", "Record", "Report", "Stats", "UnauthorisedError",
    "UnavailableError", "UnsupportedError", "Vector", "__version__", "aopen", "configure", "info", "open",
]  # fmt: skip
