"""Typical use, for type checkers (mypy --strict, pyright in strict mode); it also runs."""

# pyright: strict
from __future__ import annotations

import asyncio
import sys
from array import array
from datetime import datetime, timezone
from typing import assert_type

import nexus


def embed(texts: list[str]) -> list[list[float]]:
    return [[float(len(text)), 1.0] for text in texts]


def use(path: str) -> None:
    with nexus.open(path, embedder=nexus.Embedding(embed, name="length-v1", dim=2)) as db:
        assert_type(db, nexus.DB)
        assert_type(db.add("one", user="ann", time=datetime.now(timezone.utc), kind="semantic", meta={"a": 1, "b": ["x"]}), int)
        assert_type(db.add(nexus.Memory("two", key="k")), int)
        assert_type(db.add(["three", nexus.Memory("four"), {"text": "five"}]), list[int])
        assert_type(db.add_columns(text=["six"], user="ann"), "array[int]")
        answer = db.query("one", k=3, intent="recent", weights=[0.2] * 6, match="+one -two", boosts={"speaker": 2}, fusion="rrf", route="full", explain=True, explore=0.25, explore_seed=7, vector_effort=0.5)
        assert_type(answer, nexus.Answer)
        assert_type(answer[0], nexus.Hit)
        assert_type(answer[:2], list[nexus.Hit])
        for hit in answer:
            assert_type(hit.text, str)
            assert_type(hit.factors.relevance, float)
            assert_type(hit.time, datetime | None)
            assert_type(hit.duplicates, tuple[int, ...])
        assert_type(db.get(1), nexus.Record)
        assert_type([record.id for record in db.list(user="ann")], list[int])
        assert_type(db.stats().memories, int)
        assert_type([pattern.terms for pattern in db.patterns(kind="burst", since=datetime.now(timezone.utc))], list[list[str]])
        assert_type(db.anomalies(min_score=0.5), list[nexus.Anomaly])
        try:
            assert_type(db.train(path + "/no such file", seed=1).gain_overall.mean, float)
        except nexus.NotFoundError:
            pass
        assert_type(db.stats().ranker_fitted, datetime)
        assert_type(db.verify().problems, list[nexus.Problem])
        assert_type(db.delete([1, 2]), int)
        assert_type(db.delete_where(user="ann", filter="score > 3"), int)
        try:
            db.get(999)
        except nexus.NotFoundError as error:
            assert_type(error.code, int)


async def use_async(path: str) -> None:
    async with nexus.aopen(path) as db:
        assert_type(await db.aadd("one", user="ann"), int)
        assert_type(await db.aadd(["two", "three"]), list[int])
        assert_type(await db.aquery("one", k=2), nexus.Answer)
        assert_type([record.text async for record in db.alist()], list[str])
    again = await nexus.aopen(path)
    assert_type(again, nexus.DB)
    await again.aclose()


if __name__ == "__main__":
    use(sys.argv[1] + "/a")
    asyncio.run(use_async(sys.argv[1] + "/b"))
