"""The verbs that are awaited. One completion queue an event loop; no thread a call."""

from __future__ import annotations

import os
from itertools import count

from . import _core
from ._abi import ADD_MAX
from ._columns import as_columns

TYPE_CHECKING = False
if TYPE_CHECKING:
    import asyncio
    from array import array
    from collections.abc import AsyncIterator, Generator, Iterable, Sequence
    from datetime import datetime, timedelta
    from types import TracebackType
    from typing import Any, Self, Unpack, overload

    from ._db import DB
    from ._memory import Memory
    from ._results import Answer, Record
    from ._types import Embedder, Language, Matrix, MemoryFields, MemoryLike, Metric, PatchFields, Path, PatternKind, Preference, Progress, QueryOptions

_RUNNING_MAX = 512  # jobs of one loop at once; the library takes 1,024 of a process
_PAGE = 256


class _Completions:
    """The completion queue of one event loop, and the futures that wait for it."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        import asyncio

        self.loop = loop
        self.queue = _core.Queue()
        self.waiting: dict[int, asyncio.Future[None]] = {}
        self.tags = count(1)
        self.gate = asyncio.Semaphore(_RUNNING_MAX)
        loop.add_reader(self.queue.fileno(), self.drain)

    def drain(self) -> None:
        for tag in self.queue.drain():
            future = self.waiting.pop(tag, None)
            if future is not None and not future.done():
                future.set_result(None)

    async def run(self, store: _core.Store, op: str, *args: Any, **kwargs: Any) -> Any:
        """Runs an operation to its end. If the await is cancelled, so is the operation."""
        async with self.gate:
            tag = next(self.tags)
            job = store._submit(self.queue, tag, op, *args, **kwargs)
            future = self.waiting[tag] = self.loop.create_future()  # drain runs later, on this thread
            try:
                await future
            except BaseException:
                self.waiting.pop(tag, None)
                store._drop(job)
                raise
            return store._take(job)


_loops: dict[int, _Completions] = {}


def _completions() -> _Completions:
    """The completions of the running loop; those of loops that were closed are let go."""
    import asyncio

    loop = asyncio.get_running_loop()
    found = _loops.get(id(loop))
    if found is not None and found.loop is loop:
        return found
    for key, old in list(_loops.items()):
        if not old.loop.is_closed():
            continue
        ended: _Completions | None = _loops.pop(key, None)
        if ended is not None:  # else another thread has done it
            ended.queue.close()
    found = _loops[id(loop)] = _Completions(loop)
    return found


os.register_at_fork(after_in_child=_loops.clear)


class AsyncVerbs(_core.Store):
    """The verbs of DB with an a before their name: the same arguments and results, awaited.

    A cancelled await cancels the operation; what it had committed stays.
    """

    async def _arun(self, op: str, *args: Any, **kwargs: Any) -> Any:
        return await _completions().run(self, op, *args, **kwargs)

    async def aquery(self, text: str | None = None, **options: Unpack[QueryOptions]) -> Answer:
        """Answers a question; see query."""
        answer: Answer = await self._arun("query", text, **options)
        return answer

    if TYPE_CHECKING:

        @overload
        async def aadd(self, memories: str, **fields: Unpack[MemoryFields]) -> int: ...  # type: ignore[overload-overlap]  # a str is iterable
        @overload
        async def aadd(self, memories: Memory | _core.Record | dict[str, Any]) -> int: ...  # type: ignore[overload-overlap]
        @overload
        async def aadd(
            self, memories: Iterable[MemoryLike], *, vectors: Matrix | None = None, progress: Progress | None = None
        ) -> list[int]: ...

    async def aadd(self, memories: Any, *, vectors: Any = None, progress: Any = None, **fields: Any) -> Any:
        """Adds one memory or many; see add."""
        from ._db import _chunks, _one

        one = _one(memories, vectors, progress, fields)
        if one is not None:
            return (await self._arun("add", one))[0]
        ids: list[int] = []
        for start, chunk, total in _chunks(memories, vectors):
            ids += await self._arun("add", chunk, vectors, start)
            if progress is not None:
                progress(len(ids), total)
        return ids

    async def aadd_columns(self, *, progress: Progress | None = None, **columns: Any) -> array[int]:
        """Adds many memories given by field; see add_columns."""
        from array import array

        fields, vectors, total = as_columns(columns)
        ids = array("Q")
        for start in range(0, total, ADD_MAX):
            ids.extend(await self._arun("add", fields, vectors, start, min(start + ADD_MAX, total)))
            if progress is not None:
                progress(len(ids), total)
        return ids

    async def aget(self, id: int) -> Record:
        """The memory of an id, or NotFoundError."""
        record: Record = await self._arun("get", id)
        return record

    async def aget_by_key(self, key: str, *, tenant: str = "") -> Record:
        """A tenant's memory by its key, or NotFoundError."""
        record: Record = await self._arun("get_by_key", key, tenant=tenant)
        return record

    async def adelete(self, ids: int | Iterable[int]) -> int:
        """Removes memories; how many of them were there. See delete."""
        deleted: int = await self._arun("delete", ids)
        return deleted

    async def aupdate(
        self, id: int, *, if_version: int = 0, remove_meta: Sequence[str] = (), **fields: Unpack[PatchFields]
    ) -> Record:
        """Changes a memory and returns it; see update."""
        record: Record = await self._arun("update", id, fields, if_version, remove_meta)
        return record

    async def asupersede(self, id: int, memory: MemoryLike, **fields: Unpack[MemoryFields]) -> int:
        """Adds a memory that replaces another in the world; see supersede."""
        from ._db import _single

        newer: int = await self._arun("supersede", id, _single(memory, fields))
        return newer

    async def ahistory(self, id: int) -> list[Record]:
        """The versions of a memory, oldest first; see history."""
        records: list[Record] = await self._arun("history", id)
        return records

    async def afeedback(self, id: int, value: float) -> None:
        """Notes how useful a memory was; see feedback."""
        await self._arun("feedback", id, value)

    async def alearn(self, id: int, value: float, user: str, *, question: str = "", shown: Iterable[int] = (), tenant: str = "") -> None:
        """Notes what a user made of a hit, and learns from it what the user prefers; see learn."""
        await self._arun("learn", id, value, user, question=question, shown=shown, tenant=tenant)

    async def apreference(self, user: str, *, tenant: str = "") -> Preference:
        """All that is known of what a user prefers; see preference."""
        import json

        preference: Preference = json.loads(await self._arun("preference", user, tenant=tenant))
        return preference

    async def aset_preference(self, preference: Preference) -> int:
        """Puts a preference in place of its user's; see set_preference."""
        import json

        kept: int = await self._arun("set_preference", json.dumps(preference))
        return kept

    async def aforget(self, user: str, *, tenant: str = "") -> int:
        """Removes all that was learnt of a user; see forget."""
        count: int = await self._arun("forget", user, tenant=tenant)
        return count

    async def adelete_where(self, *, tenant: str = "", user: str = "", agent: str = "", session: str = "", filter: str = "") -> int:
        """Removes the memories of a scope that a filter lets through; see delete_where."""
        deleted: int = await self._arun("delete_where", tenant=tenant, user=user, agent=agent, session=session, filter=filter)
        return deleted

    async def alist(
        self, *, tenant: str = "", user: str = "", agent: str = "", session: str = "", filter: str = ""
    ) -> AsyncIterator[Record]:
        """The memories of a scope that a filter lets through, for async for; see list."""
        cursor: int = await self._arun("list", tenant=tenant, user=user, agent=agent, session=session, filter=filter)
        try:
            while page := await self._arun("next", cursor, _PAGE):
                for record in page:
                    yield record
        finally:
            self._close_cursor(cursor)

    async def apatterns(
        self, *, kind: PatternKind = "all", limit: int = 20, since: datetime | None = None, until: datetime | None = None,
        tenant: str = "", user: str = "", agent: str = "", session: str = "", filter: str = "",
    ) -> list[_core.Pattern]:  # fmt: skip
        """What is regular in the memories of a scope that a filter lets through; see patterns."""
        found: list[_core.Pattern] = await self._arun("patterns", kind=kind, limit=limit, since=since, until=until,
                                                      tenant=tenant, user=user, agent=agent, session=session, filter=filter)  # fmt: skip
        return found

    async def aanomalies(
        self, *, limit: int = 20, min_score: float = 0.0, since: datetime | None = None, until: datetime | None = None,
        tenant: str = "", user: str = "", agent: str = "", session: str = "", filter: str = "",
    ) -> list[_core.Anomaly]:  # fmt: skip
        """The memories of a scope that fit least among the others of it; see anomalies."""
        found: list[_core.Anomaly] = await self._arun("anomalies", limit=limit, min_score=min_score, since=since, until=until,
                                                      tenant=tenant, user=user, agent=agent, session=session, filter=filter)  # fmt: skip
        return found

    async def atrain(
        self, path: Path | None = None, *, seed: int = 0, rounds: int = 0, force: bool = False, from_judgements: bool = False
    ) -> _core.TrainReport:
        """Fits the ranker to the judged questions of a file; see train."""
        report: _core.TrainReport = await self._arun("train", path, seed=seed, rounds=rounds, force=force, from_judgements=from_judgements)
        return report

    async def arollback_ranker(self) -> None:
        """Has the ranker before serve again; see rollback_ranker."""
        await self._arun("rollback_ranker")

    async def astats(self) -> _core.Stats:
        """Figures of the store."""
        stats: _core.Stats = await self._arun("stats")
        return stats

    async def averify(self) -> _core.Report:
        """Reads the whole store and reports what is not sound."""
        report: _core.Report = await self._arun("verify")
        return report

    async def acompact(self) -> None:
        """Drops deleted memories from all files; see compact."""
        await self._arun("compact")

    async def aexport(self, path: Path) -> int:
        """Writes every memory to a file of JSON lines; see export."""
        written: int = await self._arun("export", path)
        return written

    async def aimport_(self, path: Path, *, batch: int = 0) -> _core.Report:
        """Adds a file of JSON lines; see import_."""
        report: _core.Report = await self._arun("import", path, batch=batch)
        return report

    async def abackup(self, path: Path) -> int:
        """Copies the store to a directory; see backup."""
        count: int = await self._arun("backup", path)
        return count

    async def aclose(self) -> None:
        """Closes the store; see close."""
        from ._errors import ClosedError, ForkedError

        if self._closed:
            return
        self._closed = True
        try:
            await self._arun("close")
        except (ClosedError, ForkedError):
            pass
        except BaseException:
            self._closed = False  # refused or cancelled: it may be open still
            raise

    _closed: bool

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        await self.aclose()


class Opening:
    """What aopen gives: to be awaited for a DB, or entered by async with."""

    def __init__(
        self,
        path: Path,
        read_only: bool,
        dim: int,
        embedder: Embedder | None,
        metric: Metric,
        history: float | timedelta | None,
        cache_bytes: int,
        segments_in_memory: bool,
        language: Language,
        compress_texts: bool,
        engine_timeout: float | timedelta | None,
        max_questions: int,
    ) -> None:
        self._given = (path, read_only, dim, embedder, metric, history, cache_bytes, segments_in_memory, language, compress_texts, engine_timeout, max_questions)
        self._db: DB | None = None

    async def _open(self) -> DB:
        import asyncio

        from ._db import DB, _opening

        path, read_only, dim, embedder, metric, history, cache_bytes, segments_in_memory, language, compress_texts, engine_timeout, max_questions = self._given
        if embedder is None:
            options = _opening(path, read_only, dim, None, metric, history, cache_bytes, segments_in_memory, language, compress_texts, engine_timeout, max_questions)
        else:  # it may have to be called for its dimension, which can take long
            loop = asyncio.get_running_loop()
            options = await loop.run_in_executor(None, _opening, path, read_only, dim, embedder, metric, history, cache_bytes, segments_in_memory, language, compress_texts, engine_timeout, max_questions)
        db = DB.__new__(DB)
        await db._arun("open", path, **options)
        db._opened(path)
        return db

    def __await__(self) -> Generator[Any, None, DB]:
        return self._open().__await__()

    async def __aenter__(self) -> DB:
        self._db = await self._open()
        return self._db

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self._db is not None:
            await self._db.aclose()


def aopen(
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
) -> Opening:
    """Opens a store without holding the event loop: db = await aopen(...), or async with aopen(...) as db."""
    return Opening(path, read_only, dim, embedder, metric, history, cache_bytes, segments_in_memory, language, compress_texts, engine_timeout, max_questions)


async def arestore(backup: Path, path: Path) -> int:
    """Makes a store of a backup; see restore."""
    count: int = await _completions().run(_core.Store(), "restore", backup, path)
    return count
