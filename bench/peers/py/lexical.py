#!/usr/bin/env python3
"""The peers of KIND=lexical that are Python packages: bm25s and SQLite FTS5. One of them
indexes docs.txt, a document of words between spaces on each line, then answers the
questions of each shape, given the same way."""

import argparse
import importlib.metadata
import os
import time

import lines

SHAPES = ("content", "question", "two", "one")


def texts(home, name):
    with open(os.path.join(home, name + ".txt"), encoding="ascii") as file:
        return file.read().removesuffix("\n").split("\n")


class Bm25s:
    package, note = "bm25s", "numpy backend, method lucene, k1 1.2, b .75, in memory"

    def __init__(self, documents, folder):
        import bm25s

        numbers = {}
        ids = [[numbers.setdefault(w, len(numbers)) for w in d.split()] for d in documents]
        self.index = bm25s.BM25(k1=1.2, b=0.75, method="lucene")
        self.index.index(bm25s.tokenization.Tokenized(ids=ids, vocab=numbers), show_progress=False)
        self.index.save(folder, show_progress=False)

    def ask(self, words):
        return self.index.retrieve([words], k=10, show_progress=False, n_threads=0).documents[0]


class Fts5:
    package, note = "pysqlite3-binary", "contentless, unicode61, optimised"

    def __init__(self, documents, folder):
        import pysqlite3

        self.db = pysqlite3.connect(os.path.join(folder, "fts5.db"))
        self.db.execute("pragma journal_mode = wal")
        self.db.execute("pragma cache_size = -2000000")
        self.db.execute("create virtual table f using fts5(body, content = '', tokenize = 'unicode61')")
        with self.db:
            self.db.executemany("insert into f(rowid, body) values (?, ?)", enumerate(documents))
        with self.db:
            self.db.execute("insert into f(f) values ('optimize')")
        self.db.execute("pragma wal_checkpoint(truncate)")
        self.note += ", SQLite " + pysqlite3.sqlite_version

    def ask(self, words):
        match = " OR ".join(f'"{w}"' for w in words)
        return [row[0] for row in self.db.execute("select rowid from f where f match ? order by rank limit 10", (match,))]


PEERS = {"bm25s": (Bm25s, "bm25s"), "fts5": (Fts5, "pysqlite3")}


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--peer", required=True, choices=PEERS)
    arguments.add_argument("--home", required=True)
    options = arguments.parse_args()
    kind, module = PEERS[options.peer]
    __import__(module)
    version = importlib.metadata.version(kind.package)
    documents = texts(options.home, "docs")
    folder = os.path.join(options.home, f"{options.peer}-{os.getpid()}")
    os.mkdir(folder)
    before, started = lines.resident(), time.process_time()
    peer = kind(documents, folder)
    took, grown = time.process_time() - started, lines.resident() - before
    values = {"rate": (len(documents) / took, "documents/s"), "index": (lines.disk(folder), "bytes"), "resident": (grown, "bytes")}
    lines.tell("build", version=version, note=peer.note, values=values)
    for shape in SHAPES:
        questions = [q.split() for q in texts(options.home, shape)]
        lines.search(peer.ask, questions, step="search", param=shape, version=version)


if __name__ == "__main__":
    main()
