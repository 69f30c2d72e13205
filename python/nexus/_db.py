"""DB: an open store."""

from __future__ import annotations

import os
from itertools import islice

from . import _core
from ._abi import ADD_MAX
from ._async import AsyncVerbs
from ._columns import as_columns, rows_of
from ._embed import bind
from ._errors import ClosedError, ForkedError, InvalidError
from ._memory import Memory

TYPE_CHECKING = False
if TYPE_CHECKING:
    from array import array
    from collections.abc import Iterable, Iterator, Sequence
    from types import TracebackType
    from datetime import datetime, timedelta
    from typing import Any, Self, Unpack, overload

    from ._results import Record
    from ._types import Embedder, Language, Matrix, MemoryFields, MemoryLike, Metric, PatchFields, Path, PatternKind, Preference, Progress

_PAGE = 256  # memories that a listing fetches at a time

List = list  # within DB, list is a verb


class DB(AsyncVerbs, _core.Store):
    """An open store. Its methods may be called from any thread; it is closed by close(), at the
    end of a with block, or at the end of the process.

    Every verb waits for its outcome; the same verb with an a before its name is awaited
    instead (aquery, aadd, ...). Ctrl-C ends a long call within a fraction of a second;
    what it had committed stays.
    """

    _closed = True  # until it is open

    def __init__(
        self,
        path: Path,
        *,
        read_only: bool = False,
        dim: int = 0,
        embedder: Embedder | None = None,
        metric: Metric = "",
        history: float | timedelta | None = None,
        cache_bytes: int = 0,
        segments_in_memory: bool = False,
        language: Language = "",
        compress_texts: bool = False,
        engine_timeout: float | timedelta | None = None,
        max_questions: int = 0,
    ) -> None:
        self._run("open", None, path, **_opening(path, read_only, dim, embedder, metric, history, cache_bytes, segments_in_memory, language, compress_texts, engine_timeout, max_questions))
        self._opened(path)

    def _opened(self, path: Path) -> None:
        self.path = os.fsdecode(path)
        self._closed = False
        from . import _exit

        _exit.watch(self)

    @property
    def closed(self) -> bool:
        """Whether close() was called."""
        return self._closed

    def close(self) -> None:
        """Makes what was added quick to open again and closes the store. A second call does nothing."""
        if self._closed:
            return
        self._closed = True
        try:
            self._run("close", None)
        except (ClosedError, ForkedError):
            pass  # in a forked child the store is the parent's, and stays open there
        except BaseException:
            self._closed = False  # refused or interrupted: it may be open still
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def __del__(self) -> None:
        if not self._closed:
            import warnings

            warnings.warn(f"{self!r} was not closed", ResourceWarning, source=self)
            self.close()

    def __repr__(self) -> str:
        return f"<nexus.DB {getattr(self, 'path', '')!r} {'closed' if self._closed else 'open'}>"

    if TYPE_CHECKING:

        @overload
        def add(self, memories: str, **fields: Unpack[MemoryFields]) -> int: ...  # type: ignore[overload-overlap]  # a str is iterable
        @overload
        def add(self, memories: Memory | _core.Record | dict[str, Any]) -> int: ...  # type: ignore[overload-overlap]
        @overload
        def add(
            self, memories: Iterable[MemoryLike], *, vectors: Matrix | None = None, progress: Progress | None = None
        ) -> List[int]: ...

    def add(self, memories: Any, *, vectors: Any = None, progress: Any = None, **fields: Any) -> Any:
        """Adds one memory and returns its id, or many and returns their ids.

        When it returns they are durable and every later question sees them. One memory is
        a str (its fields may follow by name), a dict, a Memory or a Record; many are an
        iterable of those, whose vectors may come as the rows of one matrix. Up to 8,192
        are one commit, all or none; more are several, and progress(done, total) is called
        after each, where total is None for an iterator.

        A key that is there with the same content gives its old id; with other content it
        is an ExistsError.

        >>> db.add("Bob is allergic to peanuts.", speaker="Ann", user="ann", key="t1")
        3
        >>> db.add([{"text": "Cleo plays chess."}, "Ann likes tea."])
        [4, 5]
        """
        one = _one(memories, vectors, progress, fields)
        if one is not None:
            return self._run("add", None, one)[0]
        ids: List[int] = []
        for start, chunk, total in _chunks(memories, vectors):
            ids += self._run("add", None, chunk, vectors, start)
            if progress is not None:
                progress(len(ids), total)
        return ids

    def add_columns(self, *, progress: Progress | None = None, **columns: Any) -> array[int]:
        """Adds many memories given by field, and returns their ids as an array of u64.

        Each column is a sequence with a value a row (a list, a numpy array, anything with
        to_pylist such as an Arrow column), or one value for all rows. text has to be a
        sequence; vector is a matrix, whose float32 rows are not copied. A datetime64
        column counts as UTC. progress(done, total) is called after each commit.

        >>> list(db.add_columns(text=["one", "two"], user="ann", kind=["semantic", ""]))
        [3, 4]
        """
        from array import array

        fields, vectors, total = as_columns(columns)
        ids = array("Q")
        for start in range(0, total, ADD_MAX):
            ids.extend(self._run("add", None, fields, vectors, start, min(start + ADD_MAX, total)))
            if progress is not None:
                progress(len(ids), total)
        return ids

    def update(
        self, id: int, *, if_version: int = 0, remove_meta: Sequence[str] = (), **fields: Unpack[PatchFields]
    ) -> Record:
        """Changes a memory and returns it: what is not named stays.

        It becomes a new version under the same id; the old one is in history(), and in
        answers with as_of, alone. A time that is None goes; meta sets entries, remove_meta
        names those to remove. if_version is the version that was seen: ConflictError where
        it is another by now. A new text needs its vector where the vectors are the caller's.

        >>> db.update(1, text="Ann moved to Lima in June.").version
        2
        """
        record: Record = self._run("update", None, id, fields, if_version, remove_meta)
        return record

    def supersede(self, id: int, memory: MemoryLike, **fields: Unpack[MemoryFields]) -> int:
        """Adds a memory that replaces another in the world, and returns its id.

        The old one stays, and ends where the new one begins: at its valid_from, else its
        time, else now. A question with valid_at finds the one that was true then.
        ConflictError where it is superseded already, unless by the same memory under the
        same key.

        >>> new = db.supersede(1, "Ann lives in Lima.", kind="semantic")
        >>> db.get(1).superseded_by == new
        True
        """
        newer: int = self._run("supersede", None, id, _single(memory, fields))
        return newer

    def history(self, id: int) -> List[Record]:
        """The versions of a memory that are kept, oldest first, the current one last.

        >>> [(record.version, record.text) for record in db.history(1)]
        [(1, 'Ann moved to Oslo in May.')]
        """
        records: List[Record] = self._run("history", None, id)
        return records

    def feedback(self, id: int, value: float) -> None:
        """Notes how useful a memory was, from -1 (it misled) to 1.

        >>> db.feedback(1, 0.5)
        >>> db.get(1).positive
        0.5
        """
        self._run("feedback", None, id, value)

    def learn(self, id: int, value: float, user: str, *, question: str = "", shown: Iterable[int] = (), tenant: str = "") -> None:
        """Notes what a user made of a hit, and learns from it what the user prefers.

        Later questions of the same user (query's asker, or user) rank the more by it, the
        better it has foretold what the user said; nobody else's do. shown are the ids of the
        hits as they were shown, best first: those before id count as passed over. Durable
        when it returns.

        >>> db.learn(1, 1.0, "anna", question="where does Ann live?", shown=[2, 1])
        >>> [judgement["value"] for judgement in db.preference("anna")["judgements"]]
        [1, -0.25]
        """
        self._run("learn", None, id, value, user, question=question, shown=shown, tenant=tenant)

    def preference(self, user: str, *, tenant: str = "") -> Preference:
        """All that is known of what a user prefers, as a dict that set_preference takes.

        judgements are the whole of it, oldest first; words, features and trust are what they
        come to. NotFoundError where nothing is known.
        """
        import json

        preference: Preference = json.loads(self._run("preference", None, user, tenant=tenant))
        return preference

    def set_preference(self, preference: Preference) -> int:
        """Puts the judgements of a preference in place of all that was learnt of its user.

        Returns how many of them are of memories that the tenant has, by key or else id:
        those are kept.

        >>> db.learn(1, 1.0, "anna", shown=[2, 1])
        >>> db.set_preference(db.preference("anna"))
        2
        """
        import json

        kept: int = self._run("set_preference", None, json.dumps(preference))
        return kept

    def forget(self, user: str, *, tenant: str = "") -> int:
        """Removes all that was learnt of a user and returns how many judgements that was.

        compact erases the bytes.

        >>> db.learn(1, 1.0, "anna", shown=[2, 1])
        >>> db.forget("anna")
        2
        """
        count: int = self._run("forget", None, user, tenant=tenant)
        return count

    def list(self, *, tenant: str = "", user: str = "", agent: str = "", session: str = "", filter: str = "") -> Listing:
        """The memories of a scope in the order of their ids, from the snapshot that is current now.

        filter is a condition on their fields, as in query.

        >>> [record.text for record in db.list()]
        ['Ann moved to Oslo in May.', 'Bob likes walnuts.']
        >>> [record.text for record in db.list(filter="id > 1")]
        ['Bob likes walnuts.']
        """
        return Listing(self, self._run("list", None, tenant=tenant, user=user, agent=agent, session=session, filter=filter))

    def delete_where(self, *, tenant: str = "", user: str = "", agent: str = "", session: str = "", filter: str = "") -> int:
        """Removes the memories of a scope that a filter lets through; how many they were.

        One of the arguments has to say something: what is to delete everything names it.

        >>> db.delete_where(filter="kind = working and time < 2024-01-01")
        0
        """
        count: int = self._run("delete_where", None, tenant=tenant, user=user, agent=agent, session=session, filter=filter)
        return count

    def patterns(
        self, *, kind: PatternKind = "all", limit: int = 20, since: datetime | None = None, until: datetime | None = None,
        tenant: str = "", user: str = "", agent: str = "", session: str = "", filter: str = "",
    ) -> List[_core.Pattern]:  # fmt: skip
        """What is regular in the memories of a scope that a filter lets through.

        Words that come together, that come back at a rhythm, that come in bursts; of each
        kind up to limit, the most evident first. Others' memories have no part in it. All
        of the selection is read: a second or two for 100,000 memories.

        >>> [(pattern.kind, pattern.terms) for pattern in db.patterns()]
        []
        """
        found: List[_core.Pattern] = self._run("patterns", None, kind=kind, limit=limit, since=since, until=until,
                                               tenant=tenant, user=user, agent=agent, session=session, filter=filter)  # fmt: skip
        return found

    def anomalies(
        self, *, limit: int = 20, min_score: float = 0.0, since: datetime | None = None, until: datetime | None = None,
        tenant: str = "", user: str = "", agent: str = "", session: str = "", filter: str = "",
    ) -> List[_core.Anomaly]:  # fmt: skip
        """The memories of a scope that fit least among the others of it, the strangest first.

        By meaning, words, length, time and speaker, with the reasons. Scores of .5 and more
        are strange; those of different scopes can be compared. Of fewer than eight memories
        none is.

        >>> db.anomalies(min_score=0.5)
        []
        """
        found: List[_core.Anomaly] = self._run("anomalies", None, limit=limit, min_score=min_score, since=since, until=until,
                                               tenant=tenant, user=user, agent=agent, session=session, filter=filter)  # fmt: skip
        return found

    def train(
        self, path: Path | None = None, *, seed: int = 0, rounds: int = 0, force: bool = False, from_judgements: bool = False,
        progress: Progress | None = None,
    ) -> _core.TrainReport:
        """Fits the ranker to the judged questions of a file of JSON lines.

        One question a line: {"question", "relevant": [keys, ids, or {"key" or "id", "grade"}],
        "user", ...}, at least 30 of them. It is measured on questions that it was not fitted
        on, and serves from then on where it is better beyond noise, or force is true. The
        store keeps it. from_judgements adds the questions that users judged hits of, see
        learn; path may be left out then. progress is told steps. docs/training.md has more.
        """
        report: _core.TrainReport = self._run("train", progress, path, seed=seed, rounds=rounds, force=force, from_judgements=from_judgements)
        return report

    def rollback_ranker(self) -> None:
        """Has the ranker serve again that served before the last train, be it the built-in one."""
        self._run("rollback_ranker", None)

    def verify(self) -> _core.Report:
        """Reads the whole store and reports what is not sound.

        >>> db.verify().bad
        0
        """
        report: _core.Report = self._run("verify", None)
        return report

    def compact(self) -> None:
        """Drops deleted memories from all files and gives the space back. Reads go on meanwhile."""
        self._run("compact", None)

    def export(self, path: Path, *, progress: Progress | None = None) -> int:
        """Writes every memory of every tenant to a file of JSON lines; how many they were.

        The file takes its name, in place of an earlier one, when it is whole and durable.
        """
        count: int = self._run("export", progress, path)
        return count

    def import_(self, path: Path, *, batch: int = 0, progress: Progress | None = None) -> _core.Report:
        """Adds a file of JSON lines, batch memories a commit; 0 is the default.

        Bad lines are skipped and listed in the report, never fatal. progress is told bytes.
        """
        report: _core.Report = self._run("import", progress, path, batch=batch)
        return report

    def backup(self, path: Path, *, progress: Progress | None = None) -> int:
        """Copies the store, as it is at one moment, to a directory; how many memories are in it.

        The directory must not exist or be empty. The copy is checked and durable before it
        has its name; reads and writes go on meanwhile. It opens as any store does, for
        reading, and restore makes a store of it. progress is told bytes.
        """
        count: int = self._run("backup", progress, path)
        return count


class Listing:
    """An iterator of the memories of a scope. It is closed at its end, or by close()."""

    def __init__(self, db: DB, cursor: int) -> None:
        self._db = db
        self._cursor = cursor
        self._page: Iterator[Record] = iter(())

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> Record:
        for record in self._page:
            return record
        if not self._cursor:
            raise StopIteration
        self._page = iter(self._db._run("next", None, self._cursor, _PAGE))
        for record in self._page:
            return record
        self.close()
        raise StopIteration

    def close(self) -> None:
        """Ends the listing."""
        cursor, self._cursor, self._page = self._cursor, 0, iter(())
        if cursor:
            self._db._close_cursor(cursor)

    def __del__(self) -> None:
        if getattr(self, "_cursor", 0):
            self.close()


def open(
    path: Path,
    *,
    read_only: bool = False,
    dim: int = 0,
    embedder: Embedder | None = None,
    metric: Metric = "",
    history: float | timedelta | None = None,
    cache_bytes: int = 0,
    segments_in_memory: bool = False,
    language: Language = "",
    compress_texts: bool = False,
    engine_timeout: float | timedelta | None = None,
    max_questions: int = 0,
) -> DB:
    """Opens the store in a directory, creating it where there is none unless read_only.

    Without embedder and dim it embeds texts itself, or keeps the caller's vectors if
    the first memory brings one. dim declares the dimension of the caller's vectors.
    embedder is any callable from a list of str to rows of numbers; see Embedder.
    metric says what near means for vectors, "cosine", "dot" or "l2": it is fixed with the
    first memory, and "" takes the store's own, cosine for a new one.
    history is how long the versions that updates replace are kept: for ever, or seconds or
    a timedelta, after which compact() drops them; 0 keeps none.
    cache_bytes bounds the memory that finished answers are kept in for questions that are
    asked again: 0 means 16 MiB, a negative number keeps none.
    segments_in_memory reads segment files into memory instead of mapping them.
    language is what the texts are mostly in, such as "de", or "none" for words as they are:
    it is fixed with the first memory, and "" takes the store's own, "en" for a new one.
    compress_texts packs texts in the larger segment files that are written from now on, to
    about a third; compact() packs all of them.
    engine_timeout is how long one engine may take in one question, its embedding included,
    before it is left out as late: seconds or a timedelta, None for 30 seconds, a negative
    number for no limit. One that is late or fails five times in a row rests, see EngineTrace.
    max_questions bounds the questions that are answered at once: one more raises BusyError.
    0 means 1,024, a negative number no bound.
    LockedError while the store is open already, by another process or this one.

    >>> import nexus
    >>> with nexus.open(folder + "/another") as other:
    ...     other.add("Ann moved to Oslo in May.")
    1
    """
    return DB(path, read_only=read_only, dim=dim, embedder=embedder, metric=metric, history=history, cache_bytes=cache_bytes,
              segments_in_memory=segments_in_memory, language=language, compress_texts=compress_texts,
              engine_timeout=engine_timeout, max_questions=max_questions)


def restore(backup: Path, path: Path, *, progress: Progress | None = None) -> int:
    """Makes a store in a directory of what DB.backup wrote; how many memories are in it.

    The backup is checked whole before anything is written: CorruptError names the file that
    is damaged. The directory must not exist or be empty. progress is told bytes.
    """
    count: int = _core.Store()._run("restore", progress, backup, path)
    return count


def _opening(
    path: Path, read_only: bool, dim: int, embedder: Embedder | None, metric: Metric, history: float | timedelta | None, cache_bytes: int,
    segments_in_memory: bool, language: Language, compress_texts: bool, engine_timeout: float | timedelta | None, max_questions: int,
) -> dict[str, Any]:
    if embedder is not None and dim:
        raise InvalidError("dim is for the caller's vectors, embedder for its own: give one of them")
    bound = None if embedder is None else bind(embedder)
    return {"read_only": read_only, "dim": dim, "embedder": bound, "metric": metric, "history": history, "cache_bytes": cache_bytes,
            "segments_in_memory": segments_in_memory, "language": language, "compress_texts": compress_texts,
            "engine_timeout": engine_timeout, "max_questions": max_questions}


def _one(memories: Any, vectors: Any, progress: Any, fields: dict[str, Any]) -> tuple[Any] | None:
    """The one memory that add was given, or None if it was given many."""
    if isinstance(memories, str) and fields:
        memories = {"text": memories, **fields}
    elif fields:
        raise TypeError(f"fields by name, such as {next(iter(fields))}, go with one text")
    if not isinstance(memories, (str, dict, Memory, _core.Record)):
        return None
    if vectors is not None or progress is not None:
        raise TypeError("vectors and progress go with many memories; one memory has its vector as a field")
    return (memories,)


def _single(memory: Any, fields: Any) -> tuple[Any]:
    """The memory that supersede was given."""
    one = _one(memory, None, None, fields)
    if one is None:
        raise TypeError(f"a memory has to be str, dict or nexus.Memory, not {type(memory).__name__}")
    return one


def _chunks(memories: Any, vectors: Any) -> Iterator[tuple[int, Sequence[Any], int | None]]:
    """(index of the first, the memories, how many in all) of each commit of a bulk add."""
    if isinstance(memories, (bytes, dict)) or not hasattr(memories, "__iter__"):
        raise TypeError(f"a memory has to be str, dict or nexus.Memory, not {type(memories).__name__}")
    if vectors is not None:
        memories = list(memories)
        if rows_of(vectors) != len(memories):
            raise InvalidError(f"vectors has {rows_of(vectors)} rows for {len(memories)} memories")
    total = len(memories) if hasattr(memories, "__len__") else None
    rest, start = iter(memories), 0
    while chunk := tuple(islice(rest, ADD_MAX)):
        yield start, chunk, total
        start += len(chunk)
