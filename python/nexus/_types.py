"""Names of types, for annotations. Nothing here is needed at run time: importing nexus does not
load this module, nor typing, which would be most of the time it takes; nexus.Embedder does."""

from __future__ import annotations

import os
from datetime import datetime
from typing import Any, Literal, Mapping, Protocol, Sequence, TypeAlias, TypedDict, Union, runtime_checkable

from ._core import Record
from ._memory import Memory
from ._results import Factors

Path: TypeAlias = Union[str, bytes, "os.PathLike[str]", "os.PathLike[bytes]"]

Language: TypeAlias = Literal[
    "", "none", "ar", "da", "de", "en", "es", "fi", "fr", "ga", "hu", "it", "nl", "no", "pt", "ro", "ru", "sv", "ta", "tr"
]
Metric: TypeAlias = Literal["", "cosine", "dot", "l2"]
Kind: TypeAlias = Literal["", "working", "episodic", "semantic", "procedural"]
Intent: TypeAlias = Literal["", "general", "fact", "recent", "explore", "trusted"]
Fusion: TypeAlias = Literal["learnt", "convex", "rrf", "dbsf"]
Route: TypeAlias = Literal["adaptive", "cache-only", "smart", "full", "maximum"]
PatternKind: TypeAlias = Literal["all", "association", "recurring", "burst"]
MetaValue: TypeAlias = Union[str, float, bool, datetime, Sequence[str]]

#: Numbers: any object with the buffer protocol (numpy, array, memoryview) or __array__, or a
#: sequence of floats. float32 whose numbers adjoin is not copied; float64 is converted.
Vector: TypeAlias = Any
#: Rows of numbers: the same in two dimensions, or a sequence of vectors.
Matrix: TypeAlias = Any

#: What can be added.
MemoryLike: TypeAlias = Union[str, Memory, Record, dict[str, Any]]
#: What words are worth by field; text has 1 unless it is named, the others 0.
Boosts: TypeAlias = Mapping[Literal["text", "speaker", "title"], float]
Weights: TypeAlias = Union[Factors, Sequence[float], Mapping[str, float]]


class MemoryFields(TypedDict, total=False):
    """The fields of a memory beside its text; see Memory."""

    key: str
    tenant: str
    user: str
    agent: str
    session: str
    speaker: str
    time: datetime | None
    kind: Kind
    importance: float
    source: str
    start: int
    end: int
    meta: Mapping[str, MetaValue] | None
    vector: Vector | None
    valid_from: datetime | None
    valid_to: datetime | None
    expires: datetime | None


class PatchFields(TypedDict, total=False):
    """What an update changes; see DB.update."""

    text: str
    speaker: str
    time: datetime | None
    kind: Kind
    importance: float
    meta: Mapping[str, MetaValue] | None
    vector: Vector | None
    valid_from: datetime | None
    valid_to: datetime | None
    expires: datetime | None


class QueryOptions(TypedDict, total=False):
    """The arguments of a question beside its text; see DB.query."""

    k: int
    vector: Vector | None
    tenant: str
    user: str
    agent: str
    session: str
    intent: Intent
    weights: Weights | None
    now: datetime | None
    budget: float | None
    engines: Sequence[str] | None
    single_engine: bool
    as_of: datetime | None
    valid_at: datetime | None
    filter: str
    near: bool
    match: str
    boosts: Boosts | None
    fusion: Fusion
    route: Route
    explain: bool
    asker: str
    impersonal: bool
    explore: float
    explore_seed: int
    vector_effort: float


class Worth(TypedDict):
    """What a word or a feature is worth to a user; see DB.preference."""

    name: str
    value: float


class Judgement(TypedDict, total=False):
    """What a user said of a memory, or showed by passing it over; see DB.preference."""

    id: int
    key: str
    value: float
    implicit: bool
    question: str
    time: str


class Preference(TypedDict, total=False):
    """What is known of a user's preference; set_preference reads tenant, user and judgements."""

    tenant: str
    user: str
    trust: float
    words: list[Worth]
    features: list[Worth]
    judgements: list[Judgement]


@runtime_checkable
class Embedder(Protocol):
    """Turns texts into vectors: any callable of this shape.

    name identifies model and version and is stored with the data: vectors of different
    names are never compared. dim is the length of a vector. A plain function has
    neither: its name is then that of the function, and dim is probed. It is
    called from threads of the library, several at once.
    """

    def __call__(self, texts: list[str], /) -> Matrix: ...


class Progress(Protocol):
    """Is told how far a call is; raising an exception ends the call."""

    def __call__(self, done: int, total: int | None, /) -> object: ...
