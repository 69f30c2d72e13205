"""The verbs that are awaited: one queue a loop, no thread a call, cancelling."""

from __future__ import annotations

import asyncio
import threading
import time
from pathlib import Path
from typing import Any

import pytest

import nexus


def test_every_verb_is_awaited(path: str, tmp_path: Path) -> None:
    async def main() -> None:
        async with nexus.aopen(path) as db:
            assert await db.aadd("one", user="ann", key="k") == 1
            assert await db.aadd(["two", "three"]) == [2, 3]
            assert list(await db.aadd_columns(text=["four", "five"], user="ann")) == [4, 5]
            assert await db.aadd((f"t{i}" for i in range(2000))) == list(range(6, 2006))
            assert (await db.aquery("one", k=1))[0].text == "one"
            assert (await db.aget(2)).text == "two" and (await db.aget_by_key("k")).id == 1
            assert [r.id async for r in db.alist(user="ann")] == [1, 4, 5]
            assert (await db.aupdate(4, text="vier", if_version=1)).version == 2
            newer = await db.asupersede(5, {"text": "fünf"})
            assert [r.text for r in await db.ahistory(4)] == ["four", "vier"]
            await db.afeedback(5, 1)
            await db.alearn(4, 1, "ann", question="which?", shown=[1, 4])
            known = await db.apreference("ann")
            assert len(known["judgements"]) == 2 and await db.aforget("ann") == 2 and await db.aset_preference(known) == 2
            assert (await db.aget(5)).superseded_by == newer and (await db.aget(5)).positive == 1
            assert await db.adelete(newer) == 1
            assert await db.adelete([2, 3]) == 2 and await db.adelete(range(100, 2000)) == 1900
            assert (await db.astats()).memories == 103
            assert all(pattern.terms for pattern in await db.apatterns(kind="association", limit=3))
            assert await db.aanomalies(user="nobody", min_score=0.5) == []
            with pytest.raises(nexus.InvalidError):
                await db.atrain(Path("/dev/null"))
            with pytest.raises(nexus.NotFoundError):
                await db.arollback_ranker()
            assert (await db.averify()).bad == 0
            await db.acompact()
            assert await db.aexport(tmp_path / "x.jsonl") == 103
            assert await db.abackup(tmp_path / "copy") == 103
            assert await nexus.arestore(tmp_path / "copy", tmp_path / "restored") == 103
            async with nexus.aopen(path + "2") as other:
                assert (await other.aimport_(tmp_path / "x.jsonl"))[:2] == (103, 0)
            with pytest.raises(nexus.NotFoundError):
                await db.aget(2)
            with pytest.raises(nexus.InvalidError):
                await db.aquery("x", k=-1)
            with pytest.raises(TypeError):
                await db.aquery("x", colour=1)  # type: ignore[call-arg]
        assert db.closed
        with pytest.raises(nexus.ClosedError):
            await db.aquery("x")
        await db.aclose()
        with pytest.raises(nexus.NotFoundError):
            await nexus.aopen(path + "-none", read_only=True)

    asyncio.run(main())


def test_thousands_of_questions_at_once_need_no_thread_each(path: str) -> None:
    async def main() -> int:
        async with nexus.aopen(path) as db:
            await db.aadd([f"text {i}" for i in range(100)])
            await db.aquery("text 1")
            python = threading.active_count()
            before = thread_count()
            answers = await asyncio.gather(*(db.aquery(f"text {i % 100}") for i in range(3000)))
            assert all(answer[0].text for answer in answers)
            assert threading.active_count() == python
            return thread_count() - before

    assert asyncio.run(main()) < 16


def thread_count() -> int:
    return int(next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("Threads")).split()[1])


def test_the_loop_is_not_held_while_the_library_works(path: str) -> None:
    """While big adds and questions run, a task that sleeps a millisecond wakes on time."""

    async def main() -> list[float]:
        late: list[float] = []
        async with nexus.aopen(path) as db:
            done = asyncio.Event()

            async def tick() -> None:
                while not done.is_set():
                    start = time.perf_counter()
                    await asyncio.sleep(0.001)
                    late.append(time.perf_counter() - start - 0.001)

            ticker = asyncio.create_task(tick())
            await db.aadd(f"the text of number {i} is somewhat longer" for i in range(8000))
            await asyncio.gather(*(db.aquery(f"number {i}") for i in range(300)))
            await db.acompact()
            done.set()
            await ticker
        return sorted(late)

    late = asyncio.run(main())
    assert len(late) > 20 and late[len(late) * 95 // 100] < 0.1, late[-5:]


def test_a_cancelled_await_cancels_the_work(path: str) -> None:
    started = threading.Event()
    calls: list[int] = []

    def slow(texts: list[str]) -> Any:
        started.set()
        calls.append(len(texts))
        time.sleep(0.2)
        return [[1.0, 2.0]] * len(texts)

    async def main() -> None:
        async with nexus.aopen(path, embedder=nexus.Embedding(slow, name="slow", dim=2)) as db:
            task = asyncio.create_task(db.aadd([f"t{i}" for i in range(1000)]))
            while not started.is_set():
                await asyncio.sleep(0.001)
            task.cancel()
            start = time.perf_counter()
            with pytest.raises(asyncio.CancelledError):
                await task
            assert time.perf_counter() - start < 0.1
            with pytest.raises(asyncio.TimeoutError):
                await asyncio.wait_for(db.aadd("another"), 0.05)
            assert await db.aadd("last") > 0  # the store works on

    asyncio.run(main())


def test_a_cancelled_opening_leaves_the_store_unlocked(path: str) -> None:
    async def main() -> None:
        for _ in range(20):
            task = asyncio.ensure_future(nexus.aopen(path)._open())
            await asyncio.sleep(0)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
        for attempt in range(100):
            try:
                async with nexus.aopen(path) as db:
                    await db.aadd("x")
                return
            except nexus.LockedError:
                await asyncio.sleep(0.02)
        pytest.fail("it stays locked")

    asyncio.run(main())


def test_one_store_serves_loops_one_after_the_other_and_at_once(db: nexus.DB) -> None:
    import os

    db.add("x")

    async def ask() -> None:
        assert all([(await db.aquery("x"))[0].text == "x" for _ in range(50)])

    asyncio.run(ask())
    before = len(os.listdir("/proc/self/fd"))
    for _ in range(20):
        asyncio.run(ask())
    assert len(os.listdir("/proc/self/fd")) <= before + 2
    threads = [threading.Thread(target=lambda: asyncio.run(ask())) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def test_an_embedders_exception_is_the_cause_of_an_awaited_error(path: str) -> None:
    def bad(texts: list[str]) -> Any:
        raise OSError("no")

    async def main() -> None:
        async with nexus.aopen(path, embedder=nexus.Embedding(bad, name="bad", dim=2)) as db:
            with pytest.raises(nexus.UnavailableError) as caught:
                await db.aadd("x")
            assert isinstance(caught.value.__cause__, OSError)

    asyncio.run(main())


def test_a_close_that_is_cancelled_can_be_done_again(path: str) -> None:
    async def main() -> None:
        db = await nexus.aopen(path)
        await db.aadd("x")
        closing = asyncio.create_task(db.aclose())
        await asyncio.sleep(0)
        closing.cancel()
        with pytest.raises(asyncio.CancelledError):
            await closing
        db.close()
        nexus.open(path).close()

    asyncio.run(main())
