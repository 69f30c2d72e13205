"""Inputs that are wrong, odd or large; vectors in every form."""

from __future__ import annotations

import array
import gc
import sys
import weakref
from typing import Any

import pytest

import nexus

np = pytest.importorskip("numpy")


@pytest.mark.parametrize("text", ["\ud800", "a\udfffb"])
def test_lone_surrogates_are_invalid(db: nexus.DB, text: str) -> None:
    for call in (lambda: db.add(text), lambda: db.query(text), lambda: db.add("x", user=text), lambda: db.add("x", meta={text: 1}),
                 lambda: db.add("x", meta={"a": text}), lambda: db.add("x", meta={"a": [text]}), lambda: db.get_by_key(text)):  # fmt: skip
        with pytest.raises(nexus.InvalidError):
            call()


@pytest.mark.parametrize("wrong", [1, 1.5, b"bytes", object(), ("text",), {1: 2}])
def test_wrong_types_are_type_errors(db: nexus.DB, wrong: Any) -> None:
    calls = [lambda: db.query(wrong), lambda: db.add("x", user=wrong), lambda: db.query("x", user=wrong),
             lambda: db.get_by_key(wrong), lambda: db.query("x", intent=wrong), lambda: db.add("x", time=wrong),
             lambda: db.add("x", kind=wrong), lambda: db.query("x", now=wrong), lambda: db.add([wrong, object()])]  # fmt: skip
    for call in calls:
        with pytest.raises(TypeError):
            call()


def test_wrong_arguments_are_type_errors(db: nexus.DB) -> None:
    bad: list[Any] = [lambda: db.query("a", "b"), lambda: db.query(x=1), lambda: db.get(), lambda: db.get("1"), lambda: db.get(1.0),
                      lambda: db.add("x", colour="red"), lambda: db.add({"text": "x", "colour": "red"}), lambda: db.stats(1),
                      lambda: db.add(["x"], user="ann"), lambda: db.add(5), lambda: db.add({"user": "x"}, vectors=[[1]]),
                      lambda: db.query("x", weights=1), lambda: db.query("x", engines="lexical"), lambda: db.delete("12"),
                      lambda: db.add("x", meta=[("a", 1)]), lambda: db.add("x", meta={"a": None}), lambda: nexus.open(5),
                      lambda: db.add("x", meta={1: 1}), lambda: db.query("x", budget="1")]  # fmt: skip
    for call in bad:
        with pytest.raises(TypeError):
            call()


def test_wrong_values_are_invalid(db: nexus.DB) -> None:
    bad: list[Any] = [lambda: db.add(""), lambda: db.add(" \n"), lambda: db.add("x", kind="x"), lambda: db.add("x", importance=2),
                      lambda: db.add("x", importance=float("nan")), lambda: db.add("x", start=5, end=3), lambda: db.add("x", start=-1),
                      lambda: db.add("x", key="k" * 513), lambda: db.add("x" * (1 << 20) + "y"), lambda: db.query("x", intent="x"),
                      lambda: db.query("x", budget=-1), lambda: db.query("x", engines=["none"]), lambda: db.query("x", weights=[1]),
                      lambda: db.query("x", weights={n: 1 for n in "abcdef"}), lambda: db.query("x", weights=[2] * 6),
                      lambda: db.add("x", meta={"n": float("inf")}), lambda: db.add("x", meta={"n": 10**400}), lambda: db.add({}),
                      lambda: db.query("q" * 65537), lambda: db.get(2**64), lambda: db.get(-1)]  # fmt: skip
    for i, call in enumerate(bad):
        with pytest.raises(nexus.InvalidError):
            call()
            pytest.fail(f"call {i} was accepted")


@pytest.mark.parametrize("text", ["a\0b", "\0", "naïve café 東京 🜁 \u202e", "é" * 1000, "x" * (1 << 20)])
def test_texts_come_back_as_they_went_in(db: nexus.DB, text: str) -> None:
    id = db.add(text if text.strip("\0") else text + "x", speaker=text[:100], meta={"a": text[:100]})
    record = db.get(id)
    assert record.text.startswith(text) and record.speaker == text[:100] and record.meta["a"] == text[:100]


ROWS = [[1.0, 0.0, 0.5, 0.25], [0.0, 1.0, 0.5, 0.25], [0.5, 0.5, 0.0, 1.0]]


def wide() -> Any:
    return np.array([row * 2 for row in ROWS], np.float32)


FORMS: dict[str, Any] = {
    "float32": lambda: np.array(ROWS, np.float32),
    "float64": lambda: np.array(ROWS),
    "rows with a stride": lambda: wide()[:, :4],
    "every second number": lambda: np.repeat(np.array(ROWS, np.float32), 2, axis=1)[:, ::2],
    "every second row": lambda: np.repeat(np.array(ROWS, np.float32), 2, axis=0)[::2],
    "rows backwards": lambda: np.array(ROWS[::-1], np.float32)[::-1],
    "columns first": lambda: np.asfortranarray(np.array(ROWS, np.float32)),
    "read only": lambda: np.frombuffer(np.array(ROWS, np.float32).tobytes(), np.float32).reshape(3, 4),
    "unaligned": lambda: np.frombuffer(b"x" + np.array(ROWS, np.float32).tobytes(), np.float32, offset=1).reshape(3, 4),
    "memoryview": lambda: memoryview(np.array(ROWS, np.float32)),
    "lists": lambda: ROWS,
    "list of arrays": lambda: [array.array("f", row) for row in ROWS],
    "list of doubles": lambda: [np.array(row) for row in ROWS],
    "__array__": lambda: type("Tensor", (), {"__array__": lambda self: np.array(ROWS, np.float32), "__len__": lambda self: 3})(),
}


@pytest.mark.parametrize("form", FORMS)
def test_vectors_of_every_form_arrive_as_the_same_numbers(vectors: nexus.DB, form: str) -> None:
    ids = vectors.add(["a", "b", "c"], vectors=FORMS[form]())
    ids += vectors.add_columns(text=["d", "e", "f"], vector=FORMS[form]())
    rows = ROWS if form in ("memoryview", "__array__") else FORMS[form]()
    ids += [vectors.add("g", vector=row) for row in rows]
    for i, id in enumerate(ids):
        vector = vectors.get(id).vector
        assert vector is not None and vector.tolist() == ROWS[i % 3] and vector.format == "f" and vector.readonly
    for i, row in enumerate(rows):
        assert vectors.query(vector=row, k=1)[0].text in "abcdefg"[i::3]


@pytest.mark.parametrize("form", [form for form in FORMS if form not in ("memoryview", "__array__")])
def test_chunks_of_a_bulk_add_take_their_own_rows(path: str, form: str) -> None:
    matrix = FORMS[form]()
    repeats = 3000
    large = list(matrix) * repeats if isinstance(matrix, list) else np.concatenate([matrix] * repeats)
    with nexus.open(path, dim=4) as db:
        db.add([f"t{i}" for i in range(3 * repeats)], vectors=large)
        assert all(db.get(i + 1).vector.tolist() == ROWS[i % 3] for i in (0, 8191, 8192, 8193, 8999))  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("wrong", "error"),
    [
        (np.ones((3, 3), np.float32), nexus.DimensionError),
        (np.ones((3, 4), np.int32), nexus.InvalidError),
        (np.ones((3, 4), ">f4"), nexus.InvalidError),
        (np.ones((3, 4), np.float16), nexus.InvalidError),
        (np.ones(12, np.float32), nexus.InvalidError),
        (np.ones((3, 4, 1), np.float32), nexus.DimensionError),
        (np.ones((2, 4), np.float32), nexus.InvalidError),
        (np.ones((4, 4), np.float32), nexus.InvalidError),
        (np.ones((3, 0), np.float32), nexus.DimensionError),
        (np.full((3, 4), np.nan, np.float32), nexus.InvalidError),
        (np.full((3, 4), np.inf), nexus.InvalidError),
        (np.zeros((3, 4), np.float32), nexus.InvalidError),
        ([[1.0] * 4, [1.0] * 3, [1.0] * 4], nexus.DimensionError),
        ([[1.0] * 4, None, [1.0] * 4], nexus.DimensionError),
        ([1.0, 2.0, 3.0], TypeError),
        (["abcd"] * 3, TypeError),
        (5, TypeError),
        (b"x" * 48, nexus.InvalidError),
    ],
)
def test_wrong_matrices_are_refused_and_add_nothing(vectors: nexus.DB, wrong: Any, error: type[Exception]) -> None:
    with pytest.raises(error):
        vectors.add(["a", "b", "c"], vectors=wrong)
    assert vectors.stats().memories == 0


@pytest.mark.parametrize("wrong", [np.float32(1), "1234", b"1234", 5, [[1.0]], np.ones((1, 4), np.float32), [], [1.0] * 5, ["a"] * 4])
def test_wrong_vectors_are_refused(vectors: nexus.DB, wrong: Any) -> None:
    vectors.add("x", vector=[1, 2, 3, 4])
    for call in (lambda: vectors.add("x", vector=wrong), lambda: vectors.query(vector=wrong)):
        with pytest.raises((TypeError, nexus.InvalidError, nexus.DimensionError)):
            call()


def test_vectors_come_out_without_a_copy_and_keep_their_memory_alive(vectors: nexus.DB) -> None:
    id = vectors.add("x", vector=[1, 2, 3, 4])
    one = np.asarray(vectors.get(id).vector)
    assert one.dtype == np.float32 and not one.flags.owndata and not one.flags.writeable
    record = vectors.get(id)
    a, b = np.asarray(record.vector), np.asarray(record.vector)
    assert a.__array_interface__["data"] == b.__array_interface__["data"]
    del record
    gc.collect()
    junk = [vectors.get(id).vector for _ in range(1000)]
    assert a.tolist() == one.tolist() == [1, 2, 3, 4] and len(junk) == 1000


def test_float32_matrices_are_not_copied(vectors: nexus.DB) -> None:
    """An address check: converting 20,000 x 4 numbers would show in the peak of malloc; instead, watch references."""
    matrix = np.random.default_rng(1).random((100, 4), np.float32)
    before = sys.getrefcount(matrix)
    vectors.add([f"t{i}" for i in range(100)], vectors=matrix)
    assert sys.getrefcount(matrix) == before
    matrix.resize((200, 4), refcheck=False)  # numpy refuses it while a buffer is held


def test_inputs_are_let_go_after_the_call_and_after_a_failure(vectors: nexus.DB) -> None:
    class Text(str):
        pass

    for vector in ([1.0, 2.0, 3.0, 4.0], [1.0]):
        text, row = Text("some text"), np.array(vector, np.float32)
        items = [{"text": text, "vector": row, "meta": {"a": ["b" * 50]}} for _ in range(50)]
        watched = [weakref.ref(text), weakref.ref(row)]
        try:
            vectors.add(items)
        except nexus.DimensionError:
            assert len(vector) == 1
        del text, row, items
        gc.collect()
        assert [w() for w in watched] == [None, None]


def test_columns_may_be_lists_arrays_scalars_or_arrow(vectors: nexus.DB) -> None:
    pa = pytest.importorskip("pyarrow")
    times = np.array(["2024-01-01T00:00:00", "NaT"], "datetime64[s]")
    ids = vectors.add_columns(
        text=pa.array(["a", "b"]), user="ann", session=np.array(["s1", "s2"]), time=times, importance=np.array([0.5, 0.25], np.float32),
        kind=("semantic", None), start=range(2), end=np.array([5, 6]), meta=[{"a": 1}, None], key=pa.chunked_array([["k1"], ["k2"]]),
        vector=pa.array([[1, 2, 3, 4], [4, 3, 2, 1]], pa.list_(pa.float32(), 4)),
    )  # fmt: skip
    assert list(ids) == [1, 2] and np.asarray(ids).dtype == np.uint64
    a, b = vectors.get(1), vectors.get_by_key("k2")
    assert (a.user, a.session, a.importance, a.kind, a.start, a.end, a.meta) == ("ann", "s1", 0.5, "semantic", 0, 5, {"a": 1})
    assert a.time is not None and a.time.isoformat() == "2024-01-01T00:00:00+00:00" and b.time is None
    assert (b.kind, b.vector.tolist()) == ("episodic", [4, 3, 2, 1])  # type: ignore[union-attr]


def test_ids_may_be_numpys(db: nexus.DB) -> None:
    ids = db.add_columns(text=np.array(["a b", "c d", "e f", "g h"]))
    assert db.get(np.uint64(1)).text == "a b"  # type: ignore[arg-type]
    assert db.delete(np.int64(1)) == 1  # type: ignore[arg-type]
    assert db.delete(np.array(ids)[1:3]) == 2 and db.delete(ids) == 1


def test_columns_have_to_fit(vectors: nexus.DB) -> None:
    with pytest.raises(nexus.InvalidError, match="column user has 1 rows"):
        vectors.add_columns(text=["a", "b"], user=["x"])
    with pytest.raises(nexus.InvalidError):
        vectors.add_columns(text=["a", "b"], vector=np.ones((3, 4), np.float32))
    with pytest.raises(TypeError, match="colour"):
        vectors.add_columns(text=["a"], colour="red")
    for text in ("abc", None, 5):
        with pytest.raises(TypeError):
            vectors.add_columns(text=text)
    assert list(vectors.add_columns(text=[])) == []


def test_strs_borrowed_from_a_list_survive_its_change(db: nexus.DB) -> None:
    """Another thread clears the list while the library reads the texts."""
    import threading

    texts = ["".join(("word", str(i), " é" * 20)) for i in range(4000)]
    wanted, items = texts[-1] + "", [{"text": t} for t in texts]
    del texts
    stop = threading.Event()

    def churn() -> None:
        while not stop.is_set():
            for item in items:
                item.clear()
            _ = ["é" * 60 + str(i) for i in range(1000)]

    ids: list[int] = []
    adder = threading.Thread(target=lambda: ids.extend(db.add(list(items))))
    adder.start()
    churner = threading.Timer(0.02, churn)
    churner.start()
    adder.join()
    stop.set()
    churner.join()
    if ids:  # the churn began after the texts were taken
        assert db.get(ids[-1]).text == wanted


def test_a_dict_may_change_while_its_names_are_compared(db: nexus.DB) -> None:
    class Name:
        def __hash__(self) -> int:
            return 7

        def __eq__(self, other: object) -> bool:
            fields.clear()
            return False

    fields: dict[Any, Any] = {Name(): 1}
    with pytest.raises(TypeError, match="no field"):
        db.add(fields)
