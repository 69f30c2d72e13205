#!/usr/bin/env python3
"""The parties of KIND=stores that are Python packages: whole stores of turns with vectors
and metadata, durable after every add.

Phases, a process each: `write` adds all turns in batches; `read` opens that store anew and
asks it; `tail` adds turns one by one and asks again, without any upkeep between; `install`
tells what importing and installing cost.
"""

import argparse
import datetime
import importlib.metadata
import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import time

os.environ["LANCE_LOG"] = "error"  # a warning a question is work that nobody asks for

import lines
import numpy as np

BATCH, SINGLE, EXTRA, K = 256, 200, 300, 10
FIELDS = ("conv", "session", "speaker", "time")
DIM = 384
AT_REST = 12  # seconds, as in stores/nexus.go


def words(question):
    return list(dict.fromkeys(re.findall(r"[a-z0-9]+", question.lower())))


class Chroma:
    packages, module = ("chromadb",), "chromadb"
    note = "PersistentClient, cosine HNSW as by default; no text search or hybrid in the local store"

    def __init__(self, path):
        import chromadb

        client = chromadb.PersistentClient(path, chromadb.config.Settings(anonymized_telemetry=False))
        self.turns = client.get_or_create_collection("turns", embedding_function=None, metadata={"hnsw:space": "cosine"})

    def add(self, turns):
        self.turns.add(
            ids=[str(t["n"]) for t in turns],
            embeddings=[t["vector"] for t in turns],
            documents=[t["text"] for t in turns],
            metadatas=[{f: t[f] for f in FIELDS} for t in turns],
        )

    def vector(self, text, vector):
        return [int(n) for n in self.turns.query(query_embeddings=[vector], n_results=K)["ids"][0]]


class Lance:
    packages, module, indexed = ("lancedb",), "lancedb", False
    note = "no vector index (exact scan), stemmed text index, hybrid by RRF"

    def __init__(self, path):
        import lancedb
        import pyarrow as pa
        from lancedb.rerankers import RRFReranker

        self.rank, db = RRFReranker(), lancedb.connect(path)
        if "turns" in db.list_tables().tables:
            self.turns = db.open_table("turns")
            return
        columns = [("n", pa.int64())] + [(f, pa.string()) for f in FIELDS + ("text",)] + [("vector", pa.list_(pa.float32(), DIM))]
        self.turns = db.create_table("turns", schema=pa.schema(columns))

    def add(self, turns):
        self.turns.add([{f: t[f] for f in ("n", *FIELDS, "text", "vector")} for t in turns])

    def finish(self):
        self.turns.optimize()
        self.turns.create_fts_index("text", remove_stop_words=False)
        if self.indexed:
            self.turns.create_index("dot", vector_column_name="vector", index_type="IVF_HNSW_SQ")

    def _rows(self, query):
        return query.select(["n", "text", *FIELDS]).limit(K).to_arrow()["n"].to_pylist()

    def vector(self, text, vector):
        query = self.turns.search(vector, vector_column_name="vector").distance_type("dot")
        return self._rows(query.nprobes(20).ef(100) if self.indexed else query)

    def lexical(self, text, vector):
        return self._rows(self.turns.search(" ".join(words(text)), query_type="fts", fts_columns="text"))

    def hybrid(self, text, vector):
        query = self.turns.search(query_type="hybrid", vector_column_name="vector", fts_columns="text")
        return self._rows(query.vector(vector).text(" ".join(words(text))).distance_type("dot").rerank(self.rank))


class LanceIndexed(Lance):
    indexed = True
    note = "IVF_HNSW_SQ (nprobes 20, ef 100), stemmed text index, hybrid by RRF"


class Zvec:
    packages, module = ("zvec",), "zvec"
    note = "HNSW M 16, ef_construction 200, ef 100; stemmed text index; hybrid by RRF; an add is insert and flush"

    def __init__(self, path):
        import zvec as z

        self.z = z
        # With one query thread, and at times with two, questions to a store of many flushes
        # wait for ever. All of them share the one processor that every party has.
        z.init(log_level=z.LogLevel.ERROR, query_threads=4, optimize_threads=2)
        self.how, self.rank = z.HnswQueryParam(ef=100), z.RrfReRanker()
        if os.path.exists(os.path.join(path, "turns")):
            self.turns = z.open(os.path.join(path, "turns"))
            return
        os.makedirs(path)
        text = z.FieldSchema("text", z.DataType.STRING, index_param=z.FtsIndexParam("standard", ["lowercase", "stemmer"]))
        fields = [z.FieldSchema(f, z.DataType.STRING) for f in FIELDS] + [text]
        index = z.HnswIndexParam(z.MetricType.IP, m=16, ef_construction=200)
        vector = z.VectorSchema("vector", z.DataType.VECTOR_FP32, DIM, index)
        self.turns = z.create_and_open(os.path.join(path, "turns"), z.CollectionSchema("turns", fields, [vector]))

    def add(self, turns):
        docs = [self.z.Doc(id=str(t["n"]), vectors={"vector": t["vector"]}, fields={f: t[f] for f in FIELDS + ("text",)}) for t in turns]
        bad = [done for done in self.turns.insert(docs) if not done.ok()]
        if bad:
            raise RuntimeError(f"insert: {bad[0]}")
        self.turns.flush()

    def finish(self):
        self.turns.optimize()

    def _near(self, vector):
        return self.z.Query("vector", vector=vector, param=self.how)

    def _match(self, text):
        return self.z.Query("text", fts=self.z.Fts(match_string=" ".join(words(text))))

    def _rows(self, query, **how):
        return [int(doc.id) for doc in self.turns.query(query, topk=K, **how)]

    def vector(self, text, vector):
        return self._rows(self._near(vector))

    def lexical(self, text, vector):
        return self._rows(self._match(text))

    def hybrid(self, text, vector):
        return self._rows([self._near(vector), self._match(text)], reranker=self.rank)


class Sqlite:
    packages, module = ("pysqlite3-binary", "sqlite-vec"), "pysqlite3, sqlite_vec"
    note = "WAL, synchronous FULL; FTS5 porter and vec0 (exact scan); hybrid is RRF of 50 and 50 in Python"

    def __init__(self, path):
        import pysqlite3
        import sqlite_vec

        os.makedirs(path, exist_ok=True)
        self.db = pysqlite3.connect(os.path.join(path, "turns.db"))
        self.db.enable_load_extension(True)
        sqlite_vec.load(self.db)
        self.db.executescript(f"""
            pragma journal_mode = wal;
            pragma synchronous = full;
            create table if not exists turns(n integer primary key, conv text, session text, speaker text, time text, text text);
            create virtual table if not exists words using fts5(text, content = 'turns', content_rowid = 'n', tokenize = 'porter unicode61');
            create virtual table if not exists vectors using vec0(vector float[{DIM}] distance_metric = cosine);
        """)

    def add(self, turns):
        with self.db:
            for t in turns:
                self.db.execute("insert into turns values (?, ?, ?, ?, ?, ?)", (t["n"], *(t[f] for f in FIELDS), t["text"]))
                self.db.execute("insert into words(rowid, text) values (?, ?)", (t["n"], t["text"]))
                self.db.execute("insert into vectors(rowid, vector) values (?, ?)", (t["n"], t["vector"].tobytes()))

    def _rows(self, numbers):
        """Reads the turns, as every other store returns them."""
        marks = ",".join("?" * len(numbers))
        found = {row[0]: row for row in self.db.execute(f"select n, conv, session, speaker, time, text from turns where n in ({marks})", numbers)}
        return [n for n in numbers if n in found]

    def _near(self, vector, k):
        return [row[0] for row in self.db.execute("select rowid from vectors where vector match ? and k = ?", (vector.tobytes(), k))]

    def _match(self, text, k):
        match = " OR ".join(f'"{w}"' for w in words(text))
        return [row[0] for row in self.db.execute("select rowid from words where words match ? order by rank limit ?", (match, k))]

    def vector(self, text, vector):
        return self._rows(self._near(vector, K))

    def lexical(self, text, vector):
        return self._rows(self._match(text, K))

    def hybrid(self, text, vector):
        points = {}
        for found in (self._near(vector, 50), self._match(text, 50)):
            for rank, n in enumerate(found):
                points[n] = points.get(n, 0) + 1 / (61 + rank)
        return self._rows(sorted(points, key=lambda n: -points[n])[:K])


class Nexus:
    packages, module, note = ("nexus-memory",), "nexus", "through the Python package; hybrid is the default question"

    def __init__(self, path):
        import nexus

        # Every question is asked three times: without a cache, as in stores/nexus.go.
        self.db = nexus.open(path, dim=DIM, cache_bytes=-1)

    def add(self, turns):
        self.db.add_columns(
            key=[str(t["n"]) for t in turns],
            text=[t["text"] for t in turns],
            vector=np.stack([t["vector"] for t in turns]),
            session=[t["session"] for t in turns],
            speaker=[t["speaker"] for t in turns],
            time=[t["when"] for t in turns],
            meta=[{"conv": t["conv"]} for t in turns],
        )

    def finish(self):
        self.db.compact()

    def close(self):
        self.db.close()

    def _ask(self, **how):
        return [int(hit.key) for hit in self.db.query(k=K, **how)]

    def vector(self, text, vector):
        return self._ask(vector=vector, engines=["vector"], single_engine=True)

    def lexical(self, text, vector):
        return self._ask(text=text, engines=["lexical"], single_engine=True)

    def hybrid(self, text, vector):
        return self._ask(text=text, vector=vector)

    def rrf(self, text, vector):  # what hybrid is of the others
        return self._ask(text=text, vector=vector, fusion="rrf")


PARTIES = {"nexus": Nexus, "chroma": Chroma, "lancedb": Lance, "lancedb indexed": LanceIndexed, "zvec": Zvec, "sqlite": Sqlite}


def jsonl(path):
    with open(path, encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def when(text):
    """An instant with its time zone, None where there is none."""
    at = datetime.datetime.fromisoformat(text) if text else None
    return at.replace(tzinfo=datetime.timezone.utc) if at and at.tzinfo is None else at


class Data:
    """Turns, those kept back, and questions. A process that only asks reads no turns, so that
    what it has in memory is interpreter, packages and store."""

    def __init__(self, home, phase):
        at = lambda name: os.path.join(home, name)
        vectors = np.fromfile(at("questions.f32"), "<f4").reshape(-1, DIM)
        self.questions = [(q["question"], v) for q, v in zip(jsonl(at("questions.jsonl")), vectors)]
        if phase == "read":
            return
        turns, rows = jsonl(at("turns.jsonl")), np.fromfile(at("turns.f32"), "<f4").reshape(-1, DIM)
        for n, (turn, row) in enumerate(zip(turns, rows)):
            turn["n"], turn["vector"], turn["when"] = n, row, when(turn["time"])
        self.turns, self.extra = turns[:-EXTRA], turns[-EXTRA:]


def write(kind, path, data, version):
    shutil.rmtree(path, ignore_errors=True)
    store, started = kind(path), time.perf_counter()
    for i in range(0, len(data.turns), BATCH):
        store.add(data.turns[i : i + BATCH])
    added = time.perf_counter()
    getattr(store, "finish", lambda: None)()
    finished = time.perf_counter()
    getattr(store, "close", lambda: None)()
    values = {"rate": (len(data.turns) / (added - started), "turns/s"), "finish": (finished - added, "s")}
    lines.tell("add in batches", version=version, note=kind.note, values=values)


def ask(store, data, step, **line):
    for way in ("vector", "lexical", "hybrid", "rrf"):
        if hasattr(store, way):
            call = getattr(store, way)
            lines.search(lambda q: call(*q), data.questions, clock=time.perf_counter_ns, step=f"{way} question{step}", **line)


def read(kind, path, data, version):
    before, started = lines.resident(), time.perf_counter()
    store = kind(path)
    store.vector(*data.questions[0])
    first = time.perf_counter() - started
    ask(store, data, "", version=version)
    asking = lines.resident()
    time.sleep(AT_REST)
    values = {
        "open and first question": (1e3 * first, "ms"),
        "resident": (lines.resident(), "bytes"),
        "resident while asked": (asking, "bytes"),
        "resident of the store": (lines.resident() - before, "bytes"),
        "disk": (lines.disk(path), "bytes"),
    }
    lines.tell("reopened", version=version, values=values)
    getattr(store, "close", lambda: None)()


def tail(kind, path, data, version):
    store = kind(path)
    store.vector(*data.questions[0])
    lines.timed([lambda t=t: store.add([t]) for t in data.extra[:SINGLE]], step="add one", version=version)
    ask(store, data, " after single adds", version=version)
    getattr(store, "close", lambda: None)()


def install(kind, path, data, version):
    """Bytes and number of the distributions, and processor time of the import beyond Python's own start."""
    from packaging.requirements import Requirement

    seen, todo, size = set(), list(kind.packages), 0
    while todo:
        name = re.sub(r"[-_.]+", "-", todo.pop()).lower()
        if name in seen:
            continue
        try:
            found = importlib.metadata.distribution(name)
        except importlib.metadata.PackageNotFoundError:
            continue  # of another platform or an extra that is not installed
        seen.add(name)
        files = [file.locate() for file in found.files or []]
        size += sum(os.path.getsize(file) for file in files if os.path.isfile(file))
        todo += [r.name for r in map(Requirement, found.requires or []) if not r.marker or r.marker.evaluate({"extra": ""})]
    cost = lambda code: statistics.median(child_time(code) for _ in range(5))
    child_time("import " + kind.module)  # the files are in memory from here on
    values = {"installed": (size, "bytes"), "packages": (len(seen), "packages"), "import": (round(1e3 * (cost("import " + kind.module) - cost("pass")), 1), "ms")}
    lines.tell("install", version=version, values=values)


def child_time(code):
    before = os.times()
    subprocess.run([sys.executable, "-c", code], check=True, stdout=subprocess.DEVNULL)
    after = os.times()
    return after.children_user + after.children_system - before.children_user - before.children_system


PHASES = {"write": write, "read": read, "tail": tail, "install": install}


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--party", required=True, choices=PARTIES)
    arguments.add_argument("--phase", required=True, choices=PHASES)
    arguments.add_argument("--home", required=True)
    options = arguments.parse_args()
    kind = PARTIES[options.party]
    if options.phase != "install":
        for module in kind.module.split(", "):
            __import__(module)  # the code is no part of what a store takes
    version = "+".join(importlib.metadata.version(p) for p in kind.packages)
    path = os.path.join(options.home, "store-" + options.party.replace(" ", "-"))
    data = None if options.phase == "install" else Data(options.home, options.phase)
    PHASES[options.phase](kind, path, data, version)


if __name__ == "__main__":
    main()
