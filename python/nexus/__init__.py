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

from ._abi import VERSION as __version__
from ._async import Opening, aopen, arestore
from ._core import Anomaly, AnomalyReason, EngineRank, EngineTrace, Explanation, Info, Interval, Pattern, Problem, Report, Stats, TrainFigures, TrainReport, configure, info
from ._db import DB, Listing, open, restore
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
)
from ._memory import Memory
from ._results import Answer, Factors, Hit, Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ._types import Embedder, Fusion, Intent, Judgement, Kind, Language, Matrix, MemoryFields, MemoryLike, Metric, PatchFields, PatternKind, Preference, Progress, QueryOptions, Route, Vector, Worth


_TYPES = {"Embedder", "Fusion", "Intent", "Judgement", "Kind", "Language", "Matrix", "MemoryFields", "MemoryLike", "Metric", "PatchFields", "PatternKind", "Preference", "Progress", "QueryOptions", "Route", "Vector", "Worth"}


def __getattr__(name: str) -> object:
    """The names of types, which are loaded when they are asked for."""
    if name not in _TYPES:
        raise AttributeError(f"module nexus has no attribute {name!r}")
    from . import _types

    value: object = getattr(_types, name)
    return value


__all__ = [
    "DB", "Anomaly", "AnomalyReason", "Answer", "BusyError", "CancelledError", "ClosedError", "ConflictError", "CorruptError", "DeadlineError",
    "DimensionError", "Embedder", "Embedding", "EngineRank", "EngineTrace", "Error", "ExistsError", "Explanation", "Factors", "ForbiddenError",
    "ForkedError", "Fusion", "Hit", "Info", "Intent", "InternalError", "Interval", "InvalidError", "Judgement", "Kind", "Language", "Listing", "LockedError", "Matrix",
    "Memory", "MemoryFields", "MemoryLike", "Metric", "NoSpaceError", "NotFoundError", "Opening", "PatchFields", "Pattern", "PatternKind", "Preference", "Problem", "Progress",
    "QueryOptions", "RateLimitedError", "ReadOnlyError", "Record", "Report", "Route", "Stats", "TrainFigures", "TrainReport", "UnauthorisedError",
    "UnavailableError", "UnsupportedError", "Vector", "Worth", "__version__", "aopen", "arestore", "configure", "info", "open",
    "restore",
]  # fmt: skip
