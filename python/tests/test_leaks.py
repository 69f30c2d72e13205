"""Memory stays level. NEXUS_LEAK_ROUNDS=1000000 is the long form; the default is 20,000."""

from __future__ import annotations

import asyncio
import gc
import os
from pathlib import Path
from typing import Any, Callable

import pytest

import nexus

ROUNDS = int(os.environ.get("NEXUS_LEAK_ROUNDS", "20000"))


def rss() -> int:
    """Kilobytes."""
    return int(Path("/proc/self/status").read_text().split("VmRSS:")[1].split()[0])


def growth(work: Callable[[], Any], rounds: int) -> int:
    """Kilobytes that the second half of the calls adds; the first fills caches and heaps.

    The least of three, as what works in the background (a merge, usage that is written
    back) can add megabytes once: a leak adds every time.
    """
    least = 1 << 30
    for attempt in range(4):
        before = rss()
        for _ in range(max(1, rounds // 2)):
            work()
        gc.collect()
        if attempt > 0:
            least = min(least, rss() - before)
        if least < LEVEL:
            break
    return least


LEVEL = 3000  # kilobytes; the resident size of a quiet process with a Go heap moves by a thousand or two


def failing(call: Callable[[], Any]) -> Callable[[], None]:
    def work() -> None:
        try:
            call()
        except (nexus.Error, TypeError):
            return
        raise AssertionError("it did not fail")

    return work


@pytest.fixture
def filled(path: str) -> Any:
    with nexus.open(path, dim=4) as db:
        db.add([{"text": f"text number {i} about {i % 7}", "vector": [1, i, 2, 3], "meta": {"a": ["b"], "n": i}} for i in range(100)])
        yield db


CALLS: dict[str, Callable[[nexus.DB], Callable[[], Any]]] = {
    "query": lambda db: lambda: [(h.text, h.factors, h.meta, h.time, h.to_dict()) for h in db.query("number about 3", vector=[1, 2, 3, 4])],
    "get": lambda db: lambda: (db.get(5).vector.tolist(), db.get(5).to_memory()),  # type: ignore[union-attr]
    "stats": lambda db: lambda: (db.stats(), nexus.info()),
    "list": lambda db: lambda: [next(db.list()) for _ in range(3)],
    "wrong query": lambda db: failing(lambda: db.query("x", k=1000)),
    "wrong vector": lambda db: failing(lambda: db.query("x", vector=["a"])),
    "wrong add": lambda db: failing(lambda: db.add([{"text": "x", "meta": {"a": "b"}, "vector": [1.0] * 4}, {"text": "y", "vector": [1.0]}])),
    "wrong field": lambda db: failing(lambda: db.add([{"text": "x", "colour": 1}])),
    "delete": lambda db: lambda: db.delete([10**9] * 10),
}


@pytest.mark.parametrize("name", CALLS)
def test_calls_leave_nothing(filled: nexus.DB, name: str) -> None:
    assert growth(CALLS[name](filled), ROUNDS // (20 if name == "list" else 2)) < LEVEL


def test_open_and_close_leave_nothing(path: str) -> None:
    def work() -> None:
        with nexus.open(path, read_only=True) as db:
            db.query("x")

    with nexus.open(path) as db:
        db.add("x")
    assert growth(work, ROUNDS // 10) < LEVEL
    assert len(os.listdir("/proc/self/fd")) < 64


def test_failing_embedders_leave_nothing(path: str) -> None:
    def bad(texts: list[str]) -> Any:
        raise ValueError("x" * 1000)

    with nexus.open(path, embedder=nexus.Embedding(bad, name="bad", dim=2)) as db:
        assert growth(failing(lambda: db.add("x")), ROUNDS // 4) < LEVEL


def test_awaited_calls_leave_nothing(filled: nexus.DB) -> None:
    async def some() -> None:
        for _ in range(20):
            await asyncio.gather(*(filled.aquery("number about 3") for _ in range(10)))
            task = asyncio.ensure_future(filled.aquery("number"))
            await asyncio.sleep(0)
            task.cancel()
            try:
                await task
            except asyncio.CancelledError:
                pass

    assert growth(lambda: asyncio.run(some()), ROUNDS // 200) < LEVEL


def test_no_reference_is_lost_or_gained(filled: nexus.DB) -> None:
    import sys

    text, meta, vector = "".join(["some ", "text"]), {"a": ["b", "c"]}, [1.0, 2.0, 3.0, 4.0]
    before = [sys.getrefcount(o) for o in (text, meta, vector)]
    for _ in range(200):
        filled.add([{"text": text, "meta": meta, "vector": vector, "user": None}])
        filled.query(text, vector=vector, user="")
    assert [sys.getrefcount(o) for o in (text, meta, vector)] == before
