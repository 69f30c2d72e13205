"""Memory: what is added to a store."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from datetime import datetime
    from typing import Any, Mapping

    from ._types import Kind, MetaValue, Vector

FIELDS = (
    "text", "key", "tenant", "user", "agent", "session", "speaker", "time", "kind",
    "importance", "source", "start", "end", "meta", "vector", "valid_from", "valid_to", "expires",
)  # fmt: skip


class Memory:
    """One passage. Only text is required; the rest is empty unless it is given.

    key is the caller's own name for it, unique in its tenant; adding it again with the
    same content changes nothing. A tenant is a wall: a question never sees another
    tenant's memories; user, agent and session narrow. time says when it happened and
    needs a time zone. importance is 0..1, where 0 means not given. source, start and end
    say where it was cut from, in bytes. meta holds strings, numbers, bools, datetimes and
    lists of strings by name. vector is the caller's embedding. It is true in the world
    from valid_from until before valid_to, where those are given; from expires on it is in
    no answer, and erased.

    >>> Memory("Ann moved to Oslo.", user="ann", kind="semantic")
    Memory(text='Ann moved to Oslo.', user='ann', kind='semantic')
    """

    __slots__ = FIELDS

    def __init__(
        self,
        text: str,
        *,
        key: str = "",
        tenant: str = "",
        user: str = "",
        agent: str = "",
        session: str = "",
        speaker: str = "",
        time: datetime | None = None,
        kind: Kind = "",
        importance: float = 0.0,
        source: str = "",
        start: int = 0,
        end: int = 0,
        meta: Mapping[str, MetaValue] | None = None,
        vector: Vector | None = None,
        valid_from: datetime | None = None,
        valid_to: datetime | None = None,
        expires: datetime | None = None,
    ) -> None:
        self.text = text
        self.key = key
        self.tenant = tenant
        self.user = user
        self.agent = agent
        self.session = session
        self.speaker = speaker
        self.time = time
        self.kind: Kind = kind
        self.importance = importance
        self.source = source
        self.start = start
        self.end = end
        self.meta = meta
        self.vector = vector
        self.valid_from = valid_from
        self.valid_to = valid_to
        self.expires = expires

    def __repr__(self) -> str:
        given = ((name, getattr(self, name)) for name in FIELDS)
        return f"Memory({', '.join(f'{name}={value!r}' for name, value in given if _is_given(name, value))})"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Memory):
            return NotImplemented
        return all(_equal(getattr(self, name), getattr(other, name)) for name in FIELDS)

    __hash__ = None  # type: ignore[assignment]  # it can be changed


def _is_given(name: str, value: Any) -> bool:
    return name == "text" or value is not None and (name == "vector" or value not in ("", 0, {}))


def _equal(a: Any, b: Any) -> bool:
    """Equality that also holds for arrays, whose == gives an array."""
    equal = a == b
    return bool(equal) if isinstance(equal, bool) else len(a) == len(b) and all(x == y for x, y in zip(a, b))
