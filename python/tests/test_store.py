"""The verbs, their results and their errors."""

from __future__ import annotations

import datetime as dt
import json
import pickle
from pathlib import Path

import pytest

import nexus

UTC = dt.timezone.utc
WHEN = dt.datetime(2024, 5, 31, 18, 0, 0, 123456, tzinfo=UTC)


def test_what_was_added_is_found_with_every_field(db: nexus.DB) -> None:
    meta = {"s": "x", "n": 2.5, "i": 3, "b": True, "t": WHEN, "l": ["a", "ü"], "empty": []}
    memory = nexus.Memory(
        "Ann moved to Oslo.", key="k1", tenant="t", user="u", agent="a", session="s", speaker="Ann", time=WHEN,
        kind="semantic", importance=0.75, source="book.md", start=3, end=21, meta=meta,
    )  # fmt: skip
    id = db.add(memory)
    for record in (db.get(id), db.get_by_key("k1", tenant="t"), db.query("Oslo", tenant="t")[0]):
        assert (record.id, record.position) == (1, 0)
        assert record.to_memory() == memory
        assert record.meta == meta and record.meta["b"] is True
        assert record.time == WHEN and record.time.tzinfo is UTC
        assert abs(record.ingested - dt.datetime.now(UTC)) < dt.timedelta(minutes=1)


def test_times_are_instants_whatever_their_zone(db: nexus.DB) -> None:
    zone = dt.timezone(dt.timedelta(hours=-7))
    assert db.get(db.add("x", time=WHEN.astimezone(zone))).time == WHEN
    for year in (1, 1969, 9999):
        when = dt.datetime(year, 6, 1, tzinfo=UTC)
        assert db.get(db.add("x", time=when)).time == when
    with pytest.raises(nexus.InvalidError, match="time zone"):
        db.add("x", time=dt.datetime(2024, 1, 1))


def test_one_memory_gives_an_id_and_many_give_a_list(db: nexus.DB) -> None:
    assert db.add("one") == 1
    assert db.add({"text": "two", "user": "ann"}) == 2
    assert db.add(nexus.Memory("three")) == 3
    assert db.add(["four", {"text": "five"}, nexus.Memory("six")]) == [4, 5, 6]
    assert db.add(text for text in ("seven", "eight")) == [7, 8]
    assert db.add([]) == []
    assert db.add(db.get(2)) == 9 and db.get(9).user == "ann"


def test_a_long_iterable_goes_in_several_commits_and_reports_progress(db: nexus.DB) -> None:
    calls: list[tuple[int, int | None]] = []
    texts = [f"text {i}" for i in range(10000)]
    assert db.add(texts, progress=lambda done, total: calls.append((done, total))) == list(range(1, 10001))
    assert calls == [(8192, 10000), (10000, 10000)]
    calls.clear()
    db.add((t for t in texts[:10]), progress=lambda done, total: calls.append((done, total)))
    assert calls == [(10, None)]


def test_a_key_makes_adding_idempotent(db: nexus.DB) -> None:
    assert db.add("x", key="k") == db.add("x", key="k") == 1
    with pytest.raises(nexus.ExistsError):
        db.add("y", key="k")


def test_answers_are_sequences_with_their_trace(db: nexus.DB) -> None:
    db.add([f"Ann bought {n} red apples in Oslo" for n in ("three", "nine", "forty")] + ["something else entirely"])
    answer = db.query("apples in Oslo", k=3)
    assert len(answer) == len(answer.hits) == len(list(answer)) <= 3
    assert answer[0] == answer.hits[0] and answer[-1] == list(answer)[-1] and answer[:2] == answer.hits[:2]
    with pytest.raises(IndexError):
        answer[len(answer)]
    hit = answer[0]
    assert isinstance(hit, nexus.Hit) and 0 <= hit.score <= 1
    assert hit.factors.relevance == hit.factors[0] and len(hit.factors) == 6
    assert {e.name: e.state for e in answer.engines} == {"lexical": "used", "vector": "used"}
    assert answer.took > 0 and answer.candidates >= len(answer) and isinstance(hit.duplicates, tuple)


def test_the_factors_are_those_of_the_abi() -> None:
    from nexus import _abi

    assert list(_abi.FACTOR) == list(nexus.Factors._fields)


def test_questions_take_scope_weights_engines_and_time(db: nexus.DB) -> None:
    db.add("apples", user="ann", time=WHEN)
    db.add("apples and pears", user="bob", time=WHEN - dt.timedelta(days=400))
    assert [h.user for h in db.query("apples", user="bob")] == ["bob"]
    assert db.query("apples", tenant="other").hits == []
    weights = {"relevance": 0, "freshness": 1, "diversity": 0, "authority": 0, "coherence": 0, "confidence": 0}
    assert db.query("apples", weights=weights, now=WHEN)[0].score == pytest.approx(1)
    assert db.query("apples", weights=nexus.Factors(0, 1, 0, 0, 0, 0), now=WHEN)[0].score == pytest.approx(1)
    assert [e.name for e in db.query("apples", engines=["lexical"], single_engine=True).engines] == ["lexical"]
    assert db.query("apples", intent="recent", budget=5, k=1).hits[0].user == "ann"
    assert db.query("apples", budget=dt.timedelta(seconds=5)).hits


def test_results_show_themselves(db: nexus.DB) -> None:
    db.add("<script>alert('x')</script> & more " + "long " * 50, key="<k>")
    answer = db.query("alert")
    html = answer._repr_html_()
    assert "<script>" not in html and "&lt;script&gt;" in html and "&lt;k&gt;" in html
    assert repr(answer).startswith("Answer(1 hits") and repr(answer[0]).startswith("Hit(score=")
    assert repr(db.get(1)).startswith("Record(id=1, text=")
    assert repr(nexus.Memory("x", user="u", vector=[1.0])) == "Memory(text='x', user='u', vector=[1.0])"
    assert repr(db.stats()).startswith("nexus.Stats(memories=1")
    assert answer[0].to_dict()["factors"]["relevance"] == answer[0].factors.relevance


def test_listing_yields_the_snapshot_of_its_scope(db: nexus.DB) -> None:
    db.add([{"text": f"t{i}", "user": "ab"[i % 2]} for i in range(1000)])
    listing = db.list(user="a")
    db.add("late", user="a")
    assert [r.id for r in listing] == list(range(1, 1001, 2))
    assert list(listing) == []
    half = db.list()
    assert next(half).text == "t0"
    half.close()
    assert list(half) == []


def test_deleting_counts_what_was_there(db: nexus.DB) -> None:
    db.add([f"t{i}" for i in range(200)])
    assert db.delete(1) == 1 and db.delete(1) == 0
    assert db.delete([1, 2, 3, 999]) == 2
    assert db.delete(range(100, 200)) == 100
    assert db.delete([]) == 0
    with pytest.raises(nexus.NotFoundError):
        db.get(2)


def test_a_backup_restores(db: nexus.DB, tmp_path: Path) -> None:
    ids = db.add(["one", "two", "three"])
    assert db.backup(tmp_path / "copy", progress=lambda done, total: None) == len(ids)
    db.add("later")
    with pytest.raises(nexus.ExistsError):
        db.backup(tmp_path / "copy")
    assert nexus.restore(tmp_path / "copy", tmp_path / "new") == len(ids)
    with nexus.open(tmp_path / "new") as restored:
        assert [r.text for r in restored.list()] == ["one", "two", "three"]
    data = bytearray((tmp_path / "copy" / "truth.db").read_bytes())
    data[len(data) // 2] ^= 1
    (tmp_path / "copy" / "truth.db").write_bytes(data)
    with pytest.raises(nexus.CorruptError, match="truth.db"):
        nexus.restore(tmp_path / "copy", tmp_path / "other")
    assert not (tmp_path / "other").exists()


def test_limits_of_questions_are_given_and_the_trace_says_when_engines_worked(tmp_path: Path) -> None:
    with nexus.open(tmp_path / "s", engine_timeout=dt.timedelta(seconds=5), max_questions=2) as db:
        db.add("Ann moved to Oslo.")
        trace = db.query("Oslo").engines
        assert [t.state for t in trace] == ["used", "used"]
        assert all(t.start >= 0 and t.took > 0 for t in trace)
    for unlimited in ({"engine_timeout": -1, "max_questions": -1}, {"engine_timeout": None, "max_questions": 0}):
        with nexus.open(tmp_path / "s", **unlimited) as db:  # type: ignore[arg-type]
            assert len(db.query("Oslo")) == 1
    for wrong in ({"engine_timeout": "soon"}, {"engine_timeout": float("nan")}, {"max_questions": 1.5}):
        with pytest.raises((TypeError, nexus.InvalidError)):
            nexus.open(tmp_path / "s", **wrong)  # type: ignore[arg-type]


def test_an_engine_that_fails_again_and_again_is_left_out(tmp_path: Path) -> None:
    broken = False

    def embed(texts: list[str]) -> list[list[float]]:
        if broken:
            raise RuntimeError("no line to the model")
        return [[1.0, float(len(text))] for text in texts]

    with nexus.open(tmp_path / "s", embedder=nexus.Embedding(embed, name="lengths", dim=2), cache_bytes=-1) as db:
        db.add("Ann moved to Oslo.")
        broken = True
        states = [db.query("Oslo").engines[1].state for _ in range(7)]
    assert states == ["failed"] * 5 + ["open"] * 2


def test_answers_come_from_the_cache_until_something_changes(tmp_path: Path) -> None:
    with nexus.open(tmp_path / "s") as db, nexus.open(tmp_path / "off", cache_bytes=-1) as off:
        for store in (db, off):
            store.add("Ann moved to Oslo.")
        assert [db.query("Oslo").cache for _ in range(2)] == ["none", "exact"]
        assert [off.query("Oslo").cache for _ in range(2)] == ["none", "none"]
        db.query("Where did Ann move?", near=True)
        assert db.query("where did ANN move", near=True).cache == "near"
        db.add("Bob stayed in Rome.")
        assert db.query("Oslo").cache == "none"
        stats = db.stats()
        assert stats.cache_hot_hits == 1 and stats.cache_near_hits == 1 and stats.cache_hot_bytes > 0
        assert off.stats().cache_hot_misses == 0


def test_stats_verify_compact_export_import(db: nexus.DB, tmp_path: Path) -> None:
    db.add([f"t{i}" for i in range(100)])
    db.delete(range(50))
    stats = db.stats()
    assert (stats.memories, stats.vectors) == (51, "words-v1-64")
    assert db.verify()[:2] == (51, 0)
    db.compact()
    assert (db.stats().deleted, db.stats().discarded, db.stats().outdated, db.stats().damaged_judgements) == (0, 0, 0, 0)
    file = tmp_path / "out.jsonl"
    assert db.export(file) == 51
    assert db.export(file) == 51
    bad = tmp_path / "bad.jsonl"
    bad.write_text('{"text":"fine"}\nnot json\n{"text":""}\n')
    with nexus.open(tmp_path / "other") as other:
        assert other.import_(file, batch=7)[:2] == (51, 0)
        report = other.import_(bad)
        assert (report.memories, report.bad, [p.line for p in report.problems]) == (1, 2, [2, 3])
        assert report.problems[0].name == "invalid"


def test_reopening_keeps_everything_and_read_only_refuses_writes(path: str) -> None:
    with nexus.open(path) as db:
        db.add("kept")
    with nexus.open(path, read_only=True) as db:
        assert db.query("kept")[0].text == "kept"
        with pytest.raises(nexus.ReadOnlyError):
            db.add("x")
    with pytest.raises(nexus.NotFoundError):
        nexus.open(path + "-none", read_only=True)


def test_after_closing_every_verb_is_refused_and_results_stay(path: str) -> None:
    db = nexus.open(path)
    db.add("x" * 100)
    answer, record, listing = db.query("x" * 100), db.get(1), db.list()
    db.close()
    db.close()
    assert db.closed and answer[0].text == record.text == "x" * 100
    for call in (lambda: db.query("x"), lambda: db.get(1), lambda: db.add("x"), lambda: db.stats(), lambda: next(listing), db.verify):
        with pytest.raises(nexus.ClosedError):
            call()


def test_errors_have_code_name_and_bases(db: nexus.DB) -> None:
    with pytest.raises(KeyError) as caught:
        db.get(99)
    error = caught.value
    assert isinstance(error, nexus.NotFoundError) and (error.code, error.name, error.retryable) == (2, "not found", False)
    assert "not found" in str(error) and not str(error).startswith("'")
    for call in (lambda: db.query(""), lambda: db.query("x", k=129), lambda: db.query("x", k=2**80), lambda: db.query("x", k=-1)):
        with pytest.raises(ValueError) as refused:
            call()
        assert isinstance(refused.value, nexus.InvalidError)
    assert issubclass(nexus.DeadlineError, TimeoutError) and issubclass(nexus.DimensionError, ValueError)


def test_the_errors_are_those_of_the_abi() -> None:
    from nexus import _abi, _errors

    assert set(_errors.CLASSES) | {0} == set(_abi.STATUS)
    assert all(c.name == _abi.STATUS[code] for code, c in _errors.CLASSES.items())


def test_values_can_be_pickled(db: nexus.DB) -> None:
    db.add("x", vector=None)
    for value in (db.stats(), db.query("x")[0].factors, db.query("x").engines[0], db.verify()):
        assert pickle.loads(pickle.dumps(value)) == value


def test_a_store_in_use_is_locked_and_paths_may_be_of_any_kind(path: str) -> None:
    with nexus.open(Path(path)):
        with pytest.raises(nexus.LockedError):
            nexus.open(path)
    with nexus.open(path.encode()) as db:
        assert db.path == path


def test_results_cannot_be_made_up() -> None:
    for kind in (nexus.Record, nexus.Hit):
        with pytest.raises(TypeError):
            kind().text
    with pytest.raises(TypeError):
        len(nexus.Answer())
    with pytest.raises(nexus.ClosedError):
        nexus.DB.__new__(nexus.DB).query("x")


def test_info_names_version_and_kernels() -> None:
    info = nexus.info()
    assert info.version == nexus.__version__ and info.kernels and info.platform.startswith("linux/")
    nexus.configure(max_procs=2)
    with pytest.raises(nexus.InvalidError):
        nexus.configure(gc_percent=-2)


def test_a_memory_is_changed_superseded_and_remembered(db: nexus.DB) -> None:
    id = db.add("Ann lives in Oslo.", meta={"n": 1}, time=WHEN, speaker="Ann")
    changed = db.update(id, text="Ann lives in Lima.", time=None, meta={"m": "x"}, remove_meta=["n"], if_version=1)
    assert (changed.id, changed.version, changed.text, changed.time, changed.meta) == (id, 2, "Ann lives in Lima.", None, {"m": "x"})
    with pytest.raises(nexus.ConflictError):
        db.update(id, text="x", if_version=1)
    for wrong in ({"key": "k"}, {"kex": "k"}, {"text": 1}):
        with pytest.raises(TypeError):
            db.update(id, **wrong)  # type: ignore[arg-type]
    with pytest.raises(nexus.NotFoundError):
        db.update(99, text="x")
    by = db.supersede(id, "Ann lives in Rome.", valid_from=dt.datetime(2024, 6, 1, tzinfo=UTC))
    assert (db.get(id).superseded_by, db.get(by).supersedes) == (by, id)

    def texts(**when: dt.datetime) -> list[str]:
        return [hit.text for hit in db.query("where does Ann live", **when)]  # type: ignore[arg-type]

    assert texts(valid_at=WHEN) == ["Ann lives in Lima."]
    assert texts(valid_at=dt.datetime(2025, 1, 1, tzinfo=UTC)) == ["Ann lives in Rome."]
    assert texts(as_of=changed.updated) == ["Ann lives in Lima."]
    assert texts(as_of=WHEN) == []
    history = db.history(id)
    assert [(r.version, r.text) for r in history] == [(1, "Ann lives in Oslo."), (2, "Ann lives in Lima."), (3, "Ann lives in Lima.")]
    assert history[0].replaced == history[1].updated and history[2].replaced is None
    assert history[2].valid_to == db.get(by).valid_from
    db.feedback(by, 0.5)
    db.feedback(by, -0.25)
    record = db.get(by)
    assert (record.positive, record.negative, record.hits >= 0, record.gets >= 0) == (0.5, 0.25, True, True)
    assert db.stats().retired == 2
    with pytest.raises(nexus.ConflictError):
        db.supersede(id, "x")
    with pytest.raises(nexus.InvalidError):
        db.feedback(by, 2)


def test_a_preference_ranks_for_its_user_and_is_forgotten(path: str) -> None:
    with nexus.open(path) as db:
        places = "attic barn cellar dock estate farm garage hall island jetty kiosk lodge".split()
        what = ("a candle and silence", "a sprint and a racket")
        ids = db.add([f"Plan {i} for the weekend: {what[i % 2]}, {places[i // 2]} and {places[(i // 2 + 5) % 12]}." for i in range(24)])
        for id in ids[:20]:
            db.learn(id, 1 if id % 2 else -1, "anna", question="weekend?")
        quiet = [sum("candle" in hit.text for hit in db.query("plan for the weekend", asker=asker, k=4)) for asker in ("anna", "")]
        assert quiet[0] > quiet[1]
        static = [hit.id for hit in db.query("plan for the weekend", k=4)]
        assert [hit.id for hit in db.query("plan for the weekend", k=4, asker="anna", impersonal=True)] == static
        assert [hit.id for hit in db.query("plan for the weekend", k=4, asker="ben")] == static
        known = db.preference("anna")
        assert len(known["judgements"]) == 20 and known["judgements"][0]["question"] == "weekend?" and known["trust"] > 0
        assert db.forget("anna") == 20 and db.forget("anna") == 0
        with pytest.raises(nexus.NotFoundError):
            db.preference("anna")
        assert db.set_preference(known) == 20 and db.preference("anna") == known
        db.learn(ids[0], 0.5, "ben", shown=[ids[1], ids[0]])
        assert [judgement.get("implicit", False) for judgement in db.preference("ben")["judgements"]] == [False, True]
        for wrong in ({"id": ids[0], "value": 2, "user": "anna"}, {"id": ids[0], "value": 1, "user": ""}):
            with pytest.raises(nexus.InvalidError):
                db.learn(**wrong)  # type: ignore[arg-type]
        with pytest.raises(nexus.NotFoundError):
            db.learn(999, 1, "anna")
        with pytest.raises(nexus.InvalidError):
            db.set_preference({"user": "anna", "judgments": []})  # type: ignore[typeddict-unknown-key]
        with pytest.raises(TypeError):
            db.learn(ids[0], 1)  # type: ignore[call-arg]


def test_patterns_and_anomalies_of_a_diary(path: str) -> None:
    first = dt.datetime(2024, 1, 1, 9, tzinfo=UTC)
    days = [first + dt.timedelta(days=d) for d in range(60)]
    texts = ["robotics club on the hill" if d % 5 == 0 else "rested at home and read" for d in range(59)]
    texts.append("7741 9902 1123 8840 2231 6650 1209 7734 8123 9981 3321 4410 5512")
    with nexus.open(path) as db:
        assert db.patterns() == [] and db.anomalies() == []
        db.add_columns(text=texts, time=days, user="ann")
        (found,) = db.patterns(user="ann", kind="recurring", since=days[0], until=days[59], limit=5)
        assert (found.kind, sorted(found.terms), found.speaker, found.support) == ("recurring", ["club", "hill", "robotics"], "", 12)
        assert (found.period, found.weekday, found.start, found.end) == (dt.timedelta(days=5), None, days[0], days[55])
        assert found.examples == [56, 51, 46, 41, 36] and found.g2 > 20 and found.lift > 1 and not found.window
        assert {p.kind for p in db.patterns()} >= {"association", "recurring"} and db.patterns(user="nobody") == []
        (odd,) = db.anomalies(limit=1, min_score=0.5)
        assert odd.id == 60 and odd.score > 0.5 and any(r.column == "words" and r.value > r.usual for r in odd.reasons)
        assert db.anomalies(tenant="other") == []
        for wrong in ({"limit": 1001}, {"kind": "fashion"}, {"filter": "user ="}):
            with pytest.raises(nexus.InvalidError):
                db.patterns(**wrong)  # type: ignore[arg-type]
        with pytest.raises(nexus.InvalidError):
            db.anomalies(min_score=2)
        for wrong in ({"since": "now"}, {"colour": 1}):
            with pytest.raises(TypeError):
                db.patterns(**wrong)  # type: ignore[arg-type]


def test_a_ranker_is_fitted_to_judged_questions_and_taken_back(path: str, tmp_path: Path) -> None:
    names = [f"lamp{'abcd'[i % 4]}{'abcdefghij'[i % 10]}{i}" for i in range(40)]
    judged = tmp_path / "judged.jsonl"
    judged.write_text("".join(json.dumps({"question": f"which {name}?", "relevant": [f"{name} full"]}) + "\n" for name in names))
    with nexus.open(path) as db:
        for name in names:
            db.add(f"the {name}", key=f"{name} brief")
            db.add(f"it was late when somebody lit the {name} that hangs over the stairs of the old house", key=f"{name} full")
        with pytest.raises(nexus.NotFoundError):
            db.rollback_ranker()
        report = db.train(judged, seed=3, rounds=12, force=True, progress=lambda done, total: None)
        assert report.installed and (report.questions, report.missing, report.folds, report.kept_with, report.serving) == (40, 0, 5, "question", None)
        assert report.after.mrr >= report.before.mrr and report.gain_mrr.low <= report.gain_mrr.mean and report.bytes > 1000 and report.took > 0
        stats = db.stats()
        assert stats.ranker_own and stats.ranker_trees == report.trees and stats.ranker_can_roll_back and stats.ranker_warning == ""
        assert stats.ranker_fitted.year >= 2026 and stats.ranker_metrics.startswith("40 questions")
        assert db.query("which lampaa0?").warning == ""
        again = db.train(judged, rounds=12, force=True)
        assert again.serving is not None and again.serving.mrr > 0
        db.rollback_ranker()
        db.rollback_ranker()
        assert not db.stats().ranker_own and not db.stats().ranker_can_roll_back
        with pytest.raises(nexus.InvalidError):
            db.train(judged, rounds=301)
        with pytest.raises(nexus.InvalidError):
            db.train(from_judgements=True)
        with pytest.raises(nexus.NotFoundError):
            db.train(tmp_path / "nowhere")
        with pytest.raises(TypeError):
            db.train(judged, sead=1)  # type: ignore[call-arg]


def test_an_expired_memory_is_in_no_answer_and_history_can_be_left_out(path: str) -> None:
    with nexus.open(path, history=0) as db:
        id = db.add("first")
        db.update(id, text="second")
        assert [r.text for r in db.history(id)] == ["second"]
        db.update(id, expires=dt.datetime(2001, 1, 1, tzinfo=UTC))
        with pytest.raises(nexus.NotFoundError):
            db.get(id)
    with pytest.raises(nexus.InvalidError):
        nexus.open(path, history=-1)


def test_filters_narrow_questions_listings_and_deletions(db: nexus.DB) -> None:
    db.add([{"text": "one", "speaker": "Ann", "meta": {"score": 3}}, {"text": "two", "speaker": "Bob", "meta": {"tags": ["x"]}}])
    assert [record.text for record in db.list(filter='speaker = "Ann"')] == ["one"]
    assert [hit.text for hit in db.query("one two", filter='tags has "x"')] == ["two"]
    assert db.delete_where(filter="score >= 3") == 1
    assert [record.text for record in db.list()] == ["two"]
    assert db.delete_where(user="nobody") == 0
    with pytest.raises(nexus.InvalidError, match="neither a scope nor a filter"):
        db.delete_where()


@pytest.mark.parametrize(
    ("filter", "says"),
    [
        ("speaker = Ann", "byte 10: want a value"),
        ("speaker", "byte 7: want =,"),
        ('score = "3"', "byte 0: field \"score\" is a number"),
        ("(" * (10 << 20), "more than 65536"),
    ],
)
def test_errors_of_filters_say_where(db: nexus.DB, filter: str, says: str) -> None:
    db.add("one", meta={"score": 3})
    for call in (db.query, lambda _, filter: db.list(filter=filter), lambda _, filter: db.delete_where(filter=filter)):
        with pytest.raises(nexus.InvalidError, match=says):
            call("one", filter=filter)


def test_matches_and_boosts_say_which_words_count(db: nexus.DB) -> None:
    db.add([{"text": "the quarterly report", "speaker": "Ann"}, {"text": "a report, quarterly", "speaker": "Bob"}])
    db.add("hello", meta={"title": "The report"})
    assert [hit.text for hit in db.query("report", match='"quarterly report"')] == ["the quarterly report"]
    assert [hit.text for hit in db.query(match="quart* -speaker:ann")] == ["a report, quarterly"]
    assert [hit.text for hit in db.query(match="title:report")] == ["hello"]
    ask = {"engines": ["lexical"], "single_engine": True}
    assert [hit.text for hit in db.query("report", boosts={"text": 0, "title": 1}, **ask)] == ["hello"]
    assert len(db.query("report", boosts={"title": 1}, **ask)) == 3
    for options, says in [({"match": "(a"}, "byte 0: a bracket"), ({"match": "+the"}, "byte 1: stop words"), ({"boosts": {"title": -1}}, "boost of title")]:
        with pytest.raises(nexus.InvalidError, match=says):
            db.query("report", **options)
    for options in [{"match": 3}, {"boosts": [1, 2, 3]}]:
        with pytest.raises(TypeError):
            db.query("report", **options)
    with pytest.raises(nexus.InvalidError, match="boost"):
        db.query("report", boosts={"body": 1})


def test_hits_say_why_they_were_found(db: nexus.DB) -> None:
    db.add([{"text": "Ben went to the lake on Saturday.", "session": "s"}, {"text": "A kettle.", "session": "s"}])
    plain = db.query("Who went to the lake?")
    assert plain[0].explanation is None and "explanation" not in plain[0].to_dict() and 0 <= plain.confidence <= 1
    answer = db.query("Who went to the lake?", explain=True)
    why = answer[0].explanation
    assert isinstance(why, nexus.Explanation) and [engine.name for engine in why.engines] == ["lexical", "vector"]
    assert all(isinstance(engine, nexus.EngineRank) and engine.rank == 1 and engine.score > 0 for engine in why.engines)
    assert why.signals["bm25_turn_rank"] == 1 and why.signals["asks_person"] == 1 and "tells_asked_time" not in why.signals and "cosine_turn" in why.signals
    assert why.ranker > answer[1].explanation.ranker  # type: ignore[union-attr]
    assert answer[0].to_dict()["explanation"]["engines"][0] == {"name": "lexical", "rank": 1, "score": why.engines[0].score}
    assert [hit.id for hit in answer] == [hit.id for hit in plain]
    del answer  # an explanation owns its values
    assert why.engines[0].name == "lexical" and why.ranker != 0


def test_fusion_is_one_of_four_ways(db: nexus.DB) -> None:
    db.add(["Ben went to the lake on Saturday.", "The lake is cold.", "A kettle."])
    ways = {way: db.query("Who went to the lake?", fusion=way, explain=True) for way in ("learnt", "convex", "rrf", "dbsf")}
    assert len({answer[1].factors.relevance for answer in ways.values()}) == 4
    for way, answer in ways.items():
        assert answer[0].explanation is not None and (answer[0].explanation.signals == {}) == (way != "learnt")
        assert way == "learnt" or answer.confidence == 0
    with pytest.raises(nexus.InvalidError, match="fusion"):
        db.query("lake", fusion="odd")  # type: ignore[arg-type]


def test_a_share_of_the_hits_is_drawn(db: nexus.DB) -> None:
    db.add(["Priya swam in the lake on Sunday.", "The lake was too cold for Ben.", "Anna rowed a boat over the lake at night.", "A path leads round the lake.", "They painted the boat at the lake green.", "Nobody fishes at the lake in May."])
    best = [hit.id for hit in db.query("Who was at the lake?", k=4)]
    draws = [[hit.id for hit in db.query("Who was at the lake?", k=4, explore=0.5, explore_seed=seed)] for seed in range(12)]
    assert all(draw[:2] == best[:2] and len(set(draw)) == 4 for draw in draws)
    assert len({tuple(draw) for draw in draws}) > 1
    assert [hit.id for hit in db.query("Who was at the lake?", k=4, explore=0.5, explore_seed=3)] == draws[3]
    for share in (-0.1, 1.1, float("nan")):
        with pytest.raises(nexus.InvalidError, match="explore"):
            db.query("lake", explore=share)
    with pytest.raises(nexus.InvalidError, match="explore_seed"):
        db.query("lake", explore=0.5, explore_seed=-1)


def test_vector_effort_is_a_multiple_within_bounds(db: nexus.DB) -> None:
    db.add(["Priya swam in the lake on Sunday.", "The kettle is broken."])
    usual = [hit.id for hit in db.query("Who swam?")]
    for effort in (0, 1 / 16, 0.5, 1, 16):
        assert [hit.id for hit in db.query("Who swam?", vector_effort=effort)] == usual
    for effort in (-1, 0.06, 17, float("nan")):
        with pytest.raises(nexus.InvalidError, match="vector effort"):
            db.query("Who swam?", vector_effort=effort)
    with pytest.raises(TypeError):
        db.query("Who swam?", vector_effort="half")  # type: ignore[arg-type]


def test_a_route_says_how_much_work_to_spend(db: nexus.DB) -> None:
    db.add(["Ben went to the lake on Saturday.", "The lake is cold.", "A kettle."])
    ask = "Who went to the lake?"
    with pytest.raises(nexus.NotFoundError):
        db.query(ask, route="cache-only")
    for way in ("smart", "full", "maximum"):
        answer = db.query(ask, route=way)
        assert (answer.route, answer.started, answer.hurried) == (way, way, False)
    first = db.query(ask)
    again = db.query(ask, route="cache-only")
    assert again.cache == "exact" and [hit.id for hit in again] == [hit.id for hit in first]
    assert again.route == first.route in ("smart", "full", "maximum")
    assert db.query("lake", engines=["lexical"], single_engine=True).route == "adaptive"
    with pytest.raises(nexus.InvalidError, match="route"):
        db.query(ask, route="scenic")  # type: ignore[arg-type]


def test_a_filter_is_a_text(db: nexus.DB) -> None:
    with pytest.raises(TypeError, match="filter"):
        db.list(filter=3)  # type: ignore[arg-type]
