#!/usr/bin/env python3
"""The peers of KIND=vectors that are Python packages: one of them builds its index of the
rows, then answers the questions at each of its settings, one call after another.

A sweep ends where it finds practically all, by the same rule as the driver's: it saves
time and judges nothing.
"""

import argparse
import importlib.metadata
import os
import time

import lines
import numpy as np

K, TIE, ENOUGH = 10, 1e-5, 0.993
EFS = (10, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384, 448, 512, 640, 768, 1024, 1536, 2048, 3072)
PROBES = (1, 2, 4, 8, 12, 16, 20, 24, 28, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 256, 384, 512, 768)
SLOWEST = 20_000  # us a question, from which a sweep goes no further


class Data:
    def __init__(self, home):
        at = lambda name: os.path.join(home, name)
        self.rows = np.fromfile(at("rows.f32"), "<f4").reshape(-1, 384)
        self.questions = np.fromfile(at("questions.f32"), "<f4").reshape(-1, 384)
        self.least = np.fromfile(at("least.f32"), "<f4")
        self.home = home

    def recall(self, answers):
        score = np.einsum("qkd,qd->qk", self.rows[np.maximum(answers, 0)], self.questions)
        return np.mean((score >= self.least[:, None] - TIE) & (answers >= 0)) * answers.shape[1] / min(K, len(self.rows))


class Hnswlib:
    package, sweeps, note = "hnswlib", [EFS], "inner product, M 16, ef_construction 200"

    def __init__(self, rows, home):
        import hnswlib

        self.index = hnswlib.Index("ip", rows.shape[1])
        self.index.init_index(len(rows), M=16, ef_construction=200, random_seed=7)
        self.index.set_num_threads(1)
        self.index.add_items(rows, num_threads=1)

    def set(self, ef):
        self.index.set_ef(ef)
        return f"ef {ef}"

    def ask(self, q):
        return self.index.knn_query(q, K, num_threads=1)[0][0]


class Usearch:
    package, sweeps, dtype, metric = "usearch", [EFS], "f32", "ip"
    note = "inner product, connectivity 16, expansion_add 200"

    def __init__(self, rows, home):
        from usearch.index import Index

        self.index = Index(ndim=rows.shape[1], metric=self.metric, dtype=self.dtype, connectivity=16, expansion_add=200)
        self.index.add(np.arange(len(rows)), rows, threads=1)

    def set(self, ef):
        self.index.expansion_search = ef
        return f"expansion {ef}"

    def ask(self, q):
        return self.index.search(q, K, threads=1).keys


class UsearchF16(Usearch):
    dtype = "f16"


class UsearchI8(Usearch):
    dtype, metric = "i8", "cos"
    note = "cosine, connectivity 16, expansion_add 200"


class Faiss:
    package, factory, sweeps = "faiss-cpu", "Flat", [("",)]

    def __init__(self, rows, home):
        import faiss

        faiss.omp_set_num_threads(1)
        self.space = faiss.ParameterSpace()
        self.spec = self.factory.format(lists=512 if len(rows) < 100_000 else 1024 if len(rows) < 500_000 else 4096)
        if len(rows) < 40 * 512:  # tests and trials: what the factory trains wants 39 rows a list
            self.spec = self.spec.replace("IVF512", "IVF64")
        self.index = faiss.index_factory(rows.shape[1], self.spec, faiss.METRIC_INNER_PRODUCT)
        if self.spec.startswith("HNSW"):
            self.index.hnsw.efConstruction = 200
        if not self.index.is_trained:
            self.index.train(rows)
        self.index.add(rows)
        self.note = self.spec

    def set(self, setting):
        if setting:
            self.space.set_index_parameters(self.index, setting)
        return setting

    def ask(self, q):
        return self.index.search(q[None], K)[1][0]


class FaissHNSW(Faiss):
    factory, sweeps = "HNSW32_SQ8", [[f"efSearch={ef}" for ef in EFS]]


class FaissPQ(Faiss):
    factory = "IVF{lists},PQ96x4fs,RFlat"
    sweeps = [[f"nprobe={n},k_factor_rf={k}" for n in PROBES] for k in (4, 8, 16, 32)]


class FaissRaBitQ(Faiss):
    factory = "IVF{lists},RaBitQfs,RFlat"
    sweeps = [[f"nprobe={n},k_factor_rf={k}" for n in PROBES] for k in (4, 8, 16, 32)]


class FaissRaBitQFlat(Faiss):
    factory = "RaBitQfs,RFlat"
    sweeps = [[f"k_factor_rf={k}" for k in (4, 6, 8, 12, 16, 24, 32, 64)]]


class FaissPQFlat(Faiss):
    factory = "PQ96x4fs,RFlat"
    sweeps = [[f"k_factor_rf={k}" for k in (2, 4, 6, 8, 12, 16, 24, 32, 64)]]


class Zvec:
    package, sweeps, quantized = "zvec", [[ef for ef in EFS if ef < 2048] + [2048]], False  # it takes no more
    note = "HNSW, inner product, M 16, ef_construction 200; store on disk, answers are Doc objects"

    def __init__(self, rows, home):
        import zvec

        self.zvec = zvec
        zvec.init(log_level=zvec.LogLevel.ERROR, query_threads=1, optimize_threads=1)
        how = {"quantize_type": zvec.QuantizeType.INT8} if self.quantized else {}
        index = zvec.HnswIndexParam(zvec.MetricType.IP, m=16, ef_construction=200, **how)
        schema = zvec.CollectionSchema("v", vectors=[zvec.VectorSchema("e", zvec.DataType.VECTOR_FP32, rows.shape[1], index)])
        self.store = zvec.create_and_open(os.path.join(home, f"zvec-{os.getpid()}"), schema)
        for start in range(0, len(rows), 1024):
            some = range(start, min(len(rows), start + 1024))
            done = self.store.insert([zvec.Doc(id=str(i), vectors={"e": rows[i].tolist()}) for i in some])
            bad = [d for d in done if not d.ok()]
            if bad:
                raise RuntimeError(f"insert: {bad[0]}")
        self.store.optimize()
        self.store.flush()

    def set(self, ef):
        self.how = self.zvec.HnswQueryParam(ef=ef)
        return f"ef {ef}"

    def ask(self, q):
        return [int(d.id) for d in self.store.query(self.zvec.Query("e", vector=q, param=self.how), topk=K)]


class ZvecI8(Zvec):
    quantized = True


PEERS = {
    "hnswlib": Hnswlib,
    "usearch f32": Usearch,
    "usearch f16": UsearchF16,
    "usearch i8": UsearchI8,
    "faiss flat": Faiss,
    "faiss HNSW32-SQ8": FaissHNSW,
    "faiss IVF-PQ": FaissPQ,
    "faiss IVF-RaBitQ": FaissRaBitQ,
    "faiss RaBitQ flat": FaissRaBitQFlat,
    "faiss PQ flat": FaissPQFlat,
    "zvec HNSW": Zvec,
    "zvec HNSW i8": ZvecI8,
}
MODULES = {"hnswlib": "hnswlib", "usearch": "usearch.index", "faiss-cpu": "faiss", "zvec": "zvec"}


def filtered(data, peer, version):
    """faiss answers under filters, by the bitmap selector that it documents: over all rows
    that a filter lets through, or along the graph."""
    import faiss

    wanted = [name[len("allowed-") : -len(".u8")] for name in sorted(os.listdir(data.home)) if name.startswith("allowed-")]
    for share in wanted:
        allowed = np.fromfile(os.path.join(data.home, f"allowed-{share}.u8"), "u1")
        bits = np.packbits(allowed, bitorder="little")
        selector = faiss.IDSelectorBitmap(bits)
        graph = peer.spec.startswith("HNSW")
        how = faiss.SearchParametersHNSW(sel=selector, efSearch=256) if graph else faiss.SearchParameters(sel=selector)
        ask = lambda q: peer.index.search(q[None], K, params=how)[1][0]
        lines.search(ask, data.questions, step="filtered", param=share, version=version, note="IDSelectorBitmap" + ", efSearch 256" * graph)


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--peer", required=True, choices=PEERS)
    arguments.add_argument("--home", required=True)
    options = arguments.parse_args()
    kind = PEERS[options.peer]
    data = Data(options.home)
    __import__(MODULES[kind.package])  # the code is no part of the bytes a vector
    version = importlib.metadata.version(kind.package)
    before, started = lines.resident(), time.process_time()
    peer = kind(data.rows, options.home)
    took, grown = time.process_time() - started, lines.resident() - before
    values = {"build": (took, "s"), "resident": (grown / len(data.rows), "bytes/vector")}
    lines.tell("build", version=version, note=peer.note, values=values)
    for sweep in kind.sweeps:
        for setting in sweep:
            param = peer.set(setting)
            answers, took = lines.search(peer.ask, data.questions, step="search", param=param, version=version)
            if data.recall(answers) >= ENOUGH or took > SLOWEST:
                break
    if options.peer in ("faiss flat", "faiss HNSW32-SQ8"):
        filtered(data, peer, version)


if __name__ == "__main__":
    main()
