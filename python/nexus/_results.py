"""What a store gives back: Record, Hit and Answer, with how they show themselves."""

from __future__ import annotations

from typing import Any

from . import _core
from ._memory import FIELDS, Memory

_SHOWN_MAX = 72  # characters of a text in a repr


def _shorten(text: str) -> str:
    return text if len(text) <= _SHOWN_MAX else text[: _SHOWN_MAX - 1] + "…"


def _escape(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace('"', "&quot;")


class Record(_core.Record):
    """A memory as the store gave it: the fields of Memory, and id, position and ingested.

    Its values are read from the store's reply when they are asked for. It stays valid
    after the store is closed. It can be added to another store as it is.

    >>> record = db.get(1)
    >>> record.text, record.id
    ('Ann moved to Oslo in May.', 1)
    """

    __slots__ = ()

    def to_memory(self) -> Memory:
        """A Memory of the same content, that owns its values."""
        values: dict[str, Any] = {name: getattr(self, name) for name in FIELDS}
        if self.vector is not None:
            values["vector"] = self.vector.tolist()
        return Memory(**values)

    def to_dict(self) -> dict[str, Any]:
        """All fields by name; times are datetimes, the vector is a list."""
        values = {name: getattr(self, name) for name in ("id", *FIELDS, "position", "ingested")}
        if self.vector is not None:
            values["vector"] = self.vector.tolist()
        return values

    def __eq__(self, other: object) -> bool:
        return self.to_dict() == other.to_dict() if isinstance(other, _core.Record) and type(other) is type(self) else NotImplemented  # type: ignore[attr-defined]

    def __hash__(self) -> int:
        return hash((self.id, self.tenant, self.key))

    def __repr__(self) -> str:
        return f"Record(id={self.id}, text={_shorten(self.text)!r})"


class Hit(_core.Hit):
    """One passage of an answer: a Record with score, factors and duplicates.

    Scores order the hits of one answer. They are not comparable between questions, and a
    high one does not mean that the store knows the answer.

    >>> hit = db.query("Who moved to Oslo?")[0]
    >>> hit.text, round(hit.factors.relevance, 2)
    ('Ann moved to Oslo in May.', 1.0)
    """

    __slots__ = ()

    to_memory = Record.to_memory

    def to_dict(self) -> dict[str, Any]:
        """All fields by name, with score, factors (a dict) and duplicates."""
        factors = self.factors
        values = Record.to_dict(self)  # type: ignore[arg-type]
        values |= {"score": self.score, "factors": factors._asdict(), "duplicates": list(self.duplicates)}
        return values

    __eq__ = Record.__eq__
    __hash__ = Record.__hash__

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
        heads = "".join(f"<th>{name}</th>" for name in ("score", "text", "id", "key", *_core.Factors.__match_args__))
        return f"<table><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>"
