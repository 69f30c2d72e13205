"""Runs the conformance corpus (bindings/conformance/README.md) through the package nexus.

    python python/tests/conformance.py [CORPUS]
"""

from __future__ import annotations

import json
import math
import struct
import sys
import tempfile
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any, Callable

import nexus

CORPUS = Path(__file__).resolve().parents[2] / "bindings/conformance/corpus.json"
SCOPE = ("tenant", "user", "agent", "session")


class Failure(Exception):
    """A step that did not give what it has to."""


def text(value: Any) -> Any:
    """An argument with $repeat resolved."""
    return value["$repeat"] * value["count"] if isinstance(value, dict) and "$repeat" in value else value


def when(value: str) -> datetime:
    return datetime.fromisoformat(value)


def f32(value: float) -> float:
    return float(struct.unpack("f", struct.pack("f", value))[0])


def meta(values: dict[str, Any]) -> dict[str, Any]:
    def one(value: Any) -> Any:
        if isinstance(value, dict) and "$time" in value:
            return when(value["$time"])
        return [text(v) for v in value] if isinstance(value, list) else text(value)

    return {name: one(value) for name, value in values.items()}


CONVERT: dict[str, Callable[[Any], Any]] = {
    "time": when,
    "now": when,
    "as_of": when,
    "valid_at": when,
    "valid_from": when,
    "valid_to": when,
    "expires": when,
    "since": when,
    "until": when,
    "meta": meta,
    "vector": lambda numbers: [float(n) for n in numbers],
    "engines": list,
    "weights": dict,
    "boosts": dict,
}


def arguments(step: dict[str, Any]) -> dict[str, Any]:
    return {name: CONVERT.get(name, text)(value) for name, value in step.items() if name not in ("op", "expect")}


def memories(step: dict[str, Any]) -> list[dict[str, Any]]:
    given = [arguments(m) for m in step["memories"]]
    if "repeat" not in step:
        return given
    return [m | {n: f"{m[n]}#{i}" for n in ("key", "text") if m.get(n)} for i in range(step["repeat"]) for m in given]


class Case:
    """One case in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.stores: list[nexus.DB] = []

    @property
    def db(self) -> nexus.DB:
        return self.stores[-1]

    def close(self) -> None:
        for store in self.stores:
            store.close()

    def open(self, step: dict[str, Any]) -> dict[str, Any]:
        given = arguments(step)
        if "engine_timeout_us" in given:
            given["engine_timeout"] = given.pop("engine_timeout_us") / 1e6
        self.stores.append(nexus.open(self.folder / given.pop("path", "store"), **given))
        return {}

    def close_store(self, step: dict[str, Any]) -> dict[str, Any]:
        self.db.close()
        return {}

    def add(self, step: dict[str, Any]) -> dict[str, Any]:
        # One call of nexus_add, whose limit the corpus tests; DB.add makes several of a longer list.
        return {"ids": self.db._run("add", None, memories(step))}

    def query(self, step: dict[str, Any]) -> dict[str, Any]:
        answer = self.db.query(**arguments(step))
        return {
            "hits": [
                {"id": h.id, "key": h.key, "score": h.score, "duplicates": list(h.duplicates),
                 "factors": h.factors._asdict(), "explanation": h.to_dict().get("explanation")} for h in answer
            ],
            "engines": [{"name": e.name, "state": e.state} for e in answer.engines],
            "candidates": answer.candidates,
            "collapsed": answer.collapsed,
            "cache": answer.cache,
            "confidence": answer.confidence,
            "route": answer.route,
            "started": answer.started,
        }  # fmt: skip

    def get(self, step: dict[str, Any]) -> dict[str, Any]:
        record = self.db.get(step["id"])
        return {"memory": record.to_dict() | {"positive": record.positive, "negative": record.negative}}

    def update(self, step: dict[str, Any]) -> dict[str, Any]:
        fields: dict[str, Any] = arguments(step.get("set", {}))
        fields |= {name: "" if name == "speaker" else None for name in step.get("clear", [])}
        record = self.db.update(
            step["id"], if_version=step.get("if_version", 0), remove_meta=step.get("remove_meta", []), **fields
        )
        return {"memory": record.to_dict()}

    def supersede(self, step: dict[str, Any]) -> dict[str, Any]:
        return {"id": self.db.supersede(step["id"], arguments(step["memory"]))}

    def history(self, step: dict[str, Any]) -> dict[str, Any]:
        return {"memories": [record.to_dict() for record in self.db.history(step["id"])]}

    def learn(self, step: dict[str, Any]) -> dict[str, Any]:
        self.db.learn(**arguments(step))
        return {}

    def preference(self, step: dict[str, Any]) -> dict[str, Any]:
        preference: Any = self.db.preference(**arguments(step))
        for judgement in preference["judgements"]:
            judgement.pop("time", None)
        return {"preference": preference}

    def set_preference(self, step: dict[str, Any]) -> dict[str, Any]:
        return {"count": self.db.set_preference(step["preference"])}

    def forget(self, step: dict[str, Any]) -> dict[str, Any]:
        return {"count": self.db.forget(**arguments(step))}

    def feedback(self, step: dict[str, Any]) -> dict[str, Any]:
        self.db.feedback(step["id"], step["value"])
        return {}

    def get_by_key(self, step: dict[str, Any]) -> dict[str, Any]:
        return {"memory": self.db.get_by_key(**arguments(step)).to_dict()}

    def list(self, step: dict[str, Any]) -> dict[str, Any]:
        return {"ids": [record.id for record in self.db.list(**arguments(step))]}

    def delete_where(self, step: dict[str, Any]) -> dict[str, Any]:
        return {"count": self.db.delete_where(**arguments(step))}

    def delete(self, step: dict[str, Any]) -> dict[str, Any]:
        return {"count": self.db.delete(step["ids"])}

    def patterns(self, step: dict[str, Any]) -> dict[str, Any]:
        epoch, us = datetime(1970, 1, 1, tzinfo=timezone.utc), timedelta(microseconds=1)
        found = self.db.patterns(**arguments(step))
        return {"patterns": [
            {"kind": p.kind, "terms": p.terms, "speaker": p.speaker, "window": p.window, "support": p.support, "g2": p.g2, "npmi": p.npmi,
             "lift": p.lift, "from_us": (p.start - epoch) // us, "to_us": (p.end - epoch) // us, "period_us": (p.period or timedelta()) // us,
             "weekday": -1 if p.weekday is None else p.weekday, "examples": p.examples} for p in found
        ]}  # fmt: skip

    def anomalies(self, step: dict[str, Any]) -> dict[str, Any]:
        found = self.db.anomalies(**arguments(step))
        return {"anomalies": [
            {"id": a.id, "score": a.score,
             "reasons": [{"column": r.column, "value": r.value, "usual": r.usual, "weight": r.weight} for r in a.reasons]} for a in found
        ]}  # fmt: skip

    def stats(self, step: dict[str, Any]) -> dict[str, Any]:
        stats = self.db.stats()
        return {"memories": stats.memories, "vectors": stats.vectors, "dimension": stats.dimension, "metric": stats.metric, "language": stats.language, "packed": stats.record_stored < stats.record_bytes,
                "ranker_own": stats.ranker_own, "ranker_trees": stats.ranker_trees}  # fmt: skip

    def train(self, step: dict[str, Any]) -> dict[str, Any]:
        named = {name: step[name] for name in ("seed", "rounds", "force", "from_judgements") if name in step}
        report = self.db.train(self.folder / step["path"] if "path" in step else None, **named)
        names = [name for name in report.__match_args__ if name != "took"]
        plain = {name: list(v) if isinstance(v := getattr(report, name), tuple) else v for name in names}
        return {"trained": plain}

    def rollback_ranker(self, step: dict[str, Any]) -> dict[str, Any]:
        self.db.rollback_ranker()
        return {}

    def verify(self, step: dict[str, Any]) -> dict[str, Any]:
        report = self.db.verify()
        return {"memories": report.memories, "bad": report.bad}

    def compact(self, step: dict[str, Any]) -> dict[str, Any]:
        self.db.compact()
        return {}

    def write(self, step: dict[str, Any]) -> dict[str, Any]:
        (self.folder / step["path"]).write_text(text(step["content"]), "utf-8")
        return {}

    def export(self, step: dict[str, Any]) -> dict[str, Any]:
        return {"count": self.db.export(self.folder / step["path"])}

    def backup(self, step: dict[str, Any]) -> dict[str, Any]:
        return {"count": self.db.backup(self.folder / step["path"])}

    def restore(self, step: dict[str, Any]) -> dict[str, Any]:
        return {"count": nexus.restore(self.folder / step["backup"], self.folder / step["path"])}

    def import_(self, step: dict[str, Any]) -> dict[str, Any]:
        report = self.db.import_(self.folder / step["path"])
        return {"memories": report.memories, "bad": report.bad, "lines": [p.line for p in report.problems]}


VERBS: dict[str, tuple[Callable[[Case, dict[str, Any]], dict[str, Any]], set[str]]] = {
    "open": (Case.open, {"path", "read_only", "dim", "metric", "segments_in_memory", "cache_bytes", "language", "compress_texts",
                         "engine_timeout_us", "max_questions"}),
    "close": (Case.close_store, set()),
    "add": (Case.add, {"memories", "repeat"}),
    "query": (Case.query, {"text", "vector", "k", "intent", "weights", "now", "as_of", "valid_at", "engines", "single_engine", "filter", "near", "match", "boosts", "fusion", "route", "explain", "explore", "explore_seed", "vector_effort", "asker", "impersonal", *SCOPE}),
    "get": (Case.get, {"id"}),
    "get_by_key": (Case.get_by_key, {"tenant", "key"}),
    "list": (Case.list, {"filter", *SCOPE}),
    "delete_where": (Case.delete_where, {"filter", *SCOPE}),
    "delete": (Case.delete, {"ids"}),
    "update": (Case.update, {"id", "if_version", "set", "clear", "remove_meta"}),
    "supersede": (Case.supersede, {"id", "memory"}),
    "history": (Case.history, {"id"}),
    "feedback": (Case.feedback, {"id", "value"}),
    "learn": (Case.learn, {"id", "value", "user", "question", "tenant", "shown"}),
    "preference": (Case.preference, {"user", "tenant"}),
    "set_preference": (Case.set_preference, {"preference"}),
    "forget": (Case.forget, {"user", "tenant"}),
    "patterns": (Case.patterns, {"kind", "limit", "since", "until", "filter", *SCOPE}),
    "anomalies": (Case.anomalies, {"limit", "min_score", "since", "until", "filter", *SCOPE}),
    "train": (Case.train, {"path", "seed", "rounds", "force", "from_judgements"}),
    "rollback_ranker": (Case.rollback_ranker, set()),
    "stats": (Case.stats, set()),
    "verify": (Case.verify, set()),
    "compact": (Case.compact, set()),
    "write": (Case.write, {"path", "content"}),
    "export": (Case.export, {"path"}),
    "import": (Case.import_, {"path"}),
    "backup": (Case.backup, {"path"}),
    "restore": (Case.restore, {"backup", "path"}),
}


def same(want: Any, got: Any, name: str = "") -> bool:
    """Whether a result is what the corpus expects; floats of the ABI are compared as float32, exactly."""
    if name == "memory":  # a member that is absent is empty or 0
        free = {"ingested", "updated", "replaced"} | ({"version"} if got["version"] == 1 else set())
        absent = [value for key, value in got.items() if key not in want and key not in free]
        return not any(absent) and want.keys() <= got.keys() and all(same(value, got[key], key) for key, value in want.items())
    if name == "meta":
        return bool(meta(want) == got)
    if name in ("patterns", "anomalies", "trained", "preference"):  # float64, to the bit
        return bool(want == got)
    if name == "memories" and isinstance(want, list):
        return len(want) == len(got) and all(same(a, b, "memory") for a, b in zip(want, got))
    if name in ("time", "valid_from", "valid_to", "expires"):
        return bool(when(want) == got)
    if name == "vector":
        return bool([f32(n) for n in want] == got)
    if name == "explanation":  # scores of engines are float64
        signals = {signal: f32(value) for signal, value in want["signals"].items()}
        return bool(got == {"engines": want["engines"], "signals": signals, "ranker": f32(want["ranker"])})
    if isinstance(want, dict):
        return bool(want.keys() <= got.keys() and all(same(value, got[key], key) for key, value in want.items()))
    if isinstance(want, list):
        return len(want) == len(got) and all(same(a, b) for a, b in zip(want, got))
    if isinstance(got, float) and not math.isnan(got):
        return f32(want) == got
    return bool(text(want) == got)


def run_step(case: Case, step: dict[str, Any]) -> None:
    verb, known = VERBS[step["op"]]
    unknown = step.keys() - known - {"op", "expect"}
    if unknown:
        raise Failure(f"unknown members {unknown}")
    want = step.get("expect", {})
    try:
        got = verb(case, step)
    except nexus.Error as error:
        got = {"error": error.name, "message": str(error)}
    if "error" in got and "error" not in want or not same(want, got):
        raise Failure(f"{json.dumps(step)[:300]}\n    gave {str(got)[:600]}")


def run_case(case: dict[str, Any]) -> str:
    """What is wrong, or nothing."""
    with tempfile.TemporaryDirectory() as folder:
        running = Case(Path(folder))
        try:
            for step in case["steps"]:
                run_step(running, step)
        except (Failure, KeyError, TypeError) as error:
            return f"{type(error).__name__}: {error}"
        finally:
            running.close()
    return ""


def main() -> int:
    corpus = json.loads(Path(sys.argv[1] if len(sys.argv) > 1 else CORPUS).read_text("utf-8"))
    assert corpus["version"] == 1
    failed = 0
    for case in corpus["cases"]:
        wrong = run_case(case)
        failed += bool(wrong)
        if wrong:
            print(f"FAILED {case['name']}: {wrong}")
    print(f"conformance Python: {len(corpus['cases']) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
