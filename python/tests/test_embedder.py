"""Embedders in Python: their forms, their failures, their threads."""

from __future__ import annotations

import gc
import threading
import weakref
from typing import Any

import pytest

import nexus

np = pytest.importorskip("numpy")


def axes(texts: list[str]) -> Any:
    """One axis a first letter: a, b, c."""
    return np.eye(3, dtype=np.float32)[["abc".index(text[0]) for text in texts]] if texts != ["probe"] else np.ones((1, 3))


def test_texts_and_questions_are_embedded_by_it(path: str) -> None:
    with nexus.open(path, embedder=nexus.Embedding(axes, name="axes-v1")) as db:
        db.add(["apple", "banana", "cherry"])
        answer = db.query("cranberry", engines=["vector"], single_engine=True)
        assert answer[0].text == "cherry"
        assert (db.stats().vectors, db.stats().dimension) == ("axes-v1", 3)


def test_another_embedder_is_refused(path: str) -> None:
    with nexus.open(path, embedder=nexus.Embedding(axes, name="axes-v1")) as db:
        db.add("apple")
    with pytest.raises(nexus.DimensionError):
        nexus.open(path, embedder=nexus.Embedding(axes, name="axes-v2"))
    with nexus.open(path) as db:  # without one, its memories can still be asked for
        assert db.query("apple")[0].text == "apple"


class Model:
    name = "model-v1"
    dim = 2

    def __call__(self, texts: list[str]) -> Any:
        assert texts != ["probe"], "dim is given"
        return [[1.0, len(text)] for text in texts]


@pytest.mark.parametrize(
    "rows",
    [
        lambda n: np.ones((n, 2), np.float32),
        lambda n: np.ones((n, 2)),
        lambda n: np.ones((n, 4), np.float32)[:, ::2],
        lambda n: [[1.0, 2.0]] * n,
        lambda n: [np.ones(2, np.float32)] * n,
        lambda n: memoryview(np.ones((n, 2), np.float32)),
    ],
)
def test_rows_may_be_of_any_form(path: str, rows: Any) -> None:
    with nexus.open(path, embedder=nexus.Embedding(lambda texts: rows(len(texts)), name="rows")) as db:
        assert db.add(["a", "b"]) == [1, 2] and len(db.query("a")) >= 1


def test_name_and_dim_are_attributes_or_found_out(path: str) -> None:
    with nexus.open(path, embedder=Model()) as db:
        db.add("a")
        assert db.stats()[2:4] == (2, "model-v1")
    with nexus.open(path + "2", embedder=axes) as db:
        db.add("a")
        assert db.stats()[2:4] == (3, "axes")
    for nameless in (lambda texts: [[1.0]] * len(texts), type("Nameless", (), {"__call__": lambda self, texts: [[1.0]]})()):
        with pytest.raises(nexus.InvalidError, match="name"):
            nexus.open(path + "3", embedder=nameless)
    with pytest.raises(nexus.InvalidError, match="one of them"):
        nexus.open(path + "3", embedder=Model(), dim=2)
    with pytest.raises(nexus.DimensionError):
        nexus.Embedding(lambda texts: [[]], name="x")
    with pytest.raises(TypeError):
        nexus.Embedding(5, name="x")  # type: ignore[arg-type]


def test_an_exception_becomes_the_cause(path: str) -> None:
    failing = True

    def moody(texts: list[str]) -> Any:
        if failing:
            raise LookupError("the model is away")
        return np.ones((len(texts), 3), np.float32)

    with nexus.open(path, embedder=nexus.Embedding(moody, name="moody", dim=3)) as db:
        for _ in range(3):
            with pytest.raises(nexus.UnavailableError) as caught:
                db.add("a")
            cause = caught.value.__cause__
            assert isinstance(cause, LookupError) and str(cause) == "the model is away" and cause.__traceback__
            assert "away" not in str(caught.value)
        assert db.stats().memories == 0
        failing = False
        db.add("apple")
        failing = True
        answer = db.query("apple")  # the question can still be answered by words
        assert answer[0].text == "apple"
        assert {e.name: e.state for e in answer.engines}["vector"] == "failed"


@pytest.mark.parametrize("rows", [np.ones((1, 2)), np.ones((2, 3)), np.ones(3), [[1.0, 2.0]], "abc", None, 5, np.ones((1, 3), np.int64)])
def test_rows_of_a_wrong_shape_are_an_error_with_its_cause(path: str, rows: Any) -> None:
    with nexus.open(path, embedder=nexus.Embedding(lambda texts: rows, name="wrong", dim=3)) as db:
        with pytest.raises(nexus.Error) as caught:
            db.add("a")
        assert isinstance(caught.value.__cause__, (nexus.Error, TypeError))


def test_it_must_not_call_its_own_store(path: str) -> None:
    def inward(texts: list[str]) -> Any:
        db.query("a", vector=[1.0, 1.0])
        return [[1.0, 1.0]] * len(texts)

    with nexus.open(path, embedder=nexus.Embedding(inward, name="inward", dim=2)) as db:
        with pytest.raises(nexus.Error) as caught:
            db.add("a")
        assert isinstance(caught.value.__cause__, nexus.InvalidError)


def test_it_may_call_another_store(path: str) -> None:
    with nexus.open(path) as cache:

        def outward(texts: list[str]) -> Any:
            for text in texts:
                cache.add(text)
            return [[1.0, 1.0]] * len(texts)

        with nexus.open(path + "2", embedder=nexus.Embedding(outward, name="outward", dim=2)) as db:
            db.add(["a", "b"])
        assert cache.stats().memories == 2


def test_many_threads_may_embed_at_once(path: str) -> None:
    with nexus.open(path, embedder=nexus.Embedding(axes, name="axes-v1")) as db:
        db.add(["a", "b", "c"])
        wrong: list[str] = []

        def ask(letter: str) -> None:
            for _ in range(50):
                hit = db.query(letter, engines=["vector"], single_engine=True)[0]
                if hit.text != letter:
                    wrong.append(hit.text)

        threads = [threading.Thread(target=ask, args=("abc"[i % 3],)) for i in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert not wrong


def test_it_is_let_go_with_its_store(path: str) -> None:
    model = Model()
    watched = weakref.ref(model)
    for attempt in (path, path):
        with nexus.open(attempt, embedder=model) as db:
            db.add("a")
    nexus.open(path + "2").close()
    with open(path + "-file", "w"), pytest.raises(nexus.Error):
        nexus.open(path + "-file", embedder=model)
    del model, db
    gc.collect()
    assert watched() is None


def test_a_close_that_is_refused_leaves_the_store_open(path: str) -> None:
    def closes(texts: list[str]) -> list[list[float]]:
        with pytest.raises(nexus.InvalidError):
            db.close()
        return [[1.0, 2.0] for _ in texts]

    db = nexus.open(path, embedder=nexus.Embedding(closes, name="closes", dim=2))
    db.add("a")
    assert not db.closed
    db.close()
    nexus.open(path, embedder=nexus.Embedding(closes, name="closes", dim=2)).close()
