"""What a store gives back: Record, Hit and Answer, with how they show themselves."""

from __future__ import annotations

from . import _core
from ._abi import FACTOR
from ._memory import FIELDS, Memory

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, NamedTuple

    class Factors(NamedTuple):
        """The six values behind a score, each 0..1."""

        relevance: float
        freshness: float
        diversity: float
        authority: float
        coherence: float
        confidence: float
        warning: str

else:  # typing would be most of the time of an import
    from collections import namedtuple

    Factors = namedtuple("Factors", FACTOR, module="nexus")
    Factors.__doc__ = "The six values behind a score, each 0..1."

_LIFE = ("version", "updated", "replaced", "supersedes", "superseded_by")
_SHOWN_MAX = 72  # characters of a text in a repr


def _shorten(text: str) -> str:
    return text if len(text) <= _SHOWN_MAX else text[: _SHOWN_MAX - 1] + "…"


def _escape(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace('"', "&quot;")


def _fields_of(record: _core.Record) -> dict[str, Any]:
    """The fields of a Record or Hit by name; the vector is a list."""
    values = {name: getattr(record, name) for name in ("id", *FIELDS, "position", "ingested", *_LIFE)}
    if record.vector is not None:
        values["vector"] = record.vector.tolist()
    return values


def _memory_of(record: _core.Record) -> Memory:
    fields = _fields_of(record)
    return Memory(**{name: fields[name] for name in FIELDS})


class Record(_core.Record):
    """A memory as the store gave it: the fields of Memory, id, position and ingested, what
    became of it (version, updated, replaced, supersedes, superseded_by), and from get and
    get_by_key its use (hits, gets, last_hit, positive, negative).

    Its values are read from the store's reply when they are asked for. It stays valid
    after the store is closed. It can be added to another store as it is.

    >>> record = db.get(1)
    >>> record.text, record.id
    ('Ann moved to Oslo in May.', 1)
    """

    __slots__ = ()

    def to_memory(self) -> Memory:
        """A Memory of the same content, that owns its values."""
        return _memory_of(self)

    def to_dict(self) -> dict[str, Any]:
        """All fields by name; times are datetimes, the vector is a list."""
        return _fields_of(self)

    def __eq__(self, other: object) -> bool:
        return self.to_dict() == other.to_dict() if isinstance(other, Record) else NotImplemented

    def __hash__(self) -> int:
        return hash((self.id, self.tenant, self.key))

    def __repr__(self) -> str:
        return f"Record(id={self.id}, text={_shorten(self.text)!r})"


class Hit(_core.Hit):
    """One passage of an answer: a Record with score, factors, duplicates, and explanation of a question with explain.

    Scores order the hits of one answer. They are not comparable between questions, and a
    high one does not mean that the store knows the answer.

    >>> hit = db.query("Who moved to Oslo?")[0]
    >>> hit.text, round(hit.factors.relevance, 2)
    ('Ann moved to Oslo in May.', 1.0)
    """

    __slots__ = ()

    def to_memory(self) -> Memory:
        """A Memory of the same content, that owns its values."""
        return _memory_of(self)

    def to_dict(self) -> dict[str, Any]:
        """All fields by name, with score, factors (a dict) and duplicates, and of a question with explain the explanation (a dict)."""
        values = _fields_of(self) | {"score": self.score, "factors": self.factors._asdict(), "duplicates": list(self.duplicates)}
        if (why := self.explanation) is not None:
            engines = [{"name": engine.name, "rank": engine.rank, "score": engine.score} for engine in why.engines]
            values["explanation"] = {"engines": engines, "signals": why.signals, "ranker": why.ranker}
        return values

    def __eq__(self, other: object) -> bool:
        return self.to_dict() == other.to_dict() if isinstance(other, Hit) else NotImplemented

    def __hash__(self) -> int:
        return hash((self.id, self.tenant, self.key))

    def __repr__(self) -> str:
        return f"Hit(score={self.score:.3f}, id={self.id}, text={_shorten(self.text)!r})"


class Answer(_core.Answer):
    """The hits of a question, best first: iterable, indexable, with the trace of how it came to be.

    >>> answer = db.query("Who moved to Oslo?", k=2)
    >>> len(answer), answer[0].text
    (2, 'Ann moved to Oslo in May.')
    >>> [engine.name for engine in answer.engines]
    ['lexical', 'vector']
    """

    __slots__ = ()

    def __repr__(self) -> str:
        lines = "".join(f"\n  {hit!r}" for hit in self)
        return f"Answer({len(self)} hits in {self.took * 1e3:.2f} ms{lines})"

    def _repr_html_(self) -> str:
        rows = "".join(
            f"<tr><td>{hit.score:.3f}</td><td>{_escape(hit.text)}</td><td>{hit.id}</td><td>{_escape(hit.key)}</td>"
            + "".join(f"<td>{value:.2f}</td>" for value in hit.factors)
            + "</tr>"
            for hit in self
        )
        heads = "".join(f"<th>{name}</th>" for name in ("score", "text", "id", "key", *FACTOR))
        return f"<table><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>"
