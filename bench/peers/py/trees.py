"""LightGBM: an ensemble of about 200 trees of 64 leaves, predicted on one thread.

An item is a batch of 256 rows. The rows are predicted in one call of many batches, whose
base is one row. `trees.walk` is the reference: the trees as the model dumps them, walked in
float64 by numpy; it is checked against, never timed.
"""

import ctypes

import lightgbm
import numpy as np

from common import Calls

BATCH = 256
_model = {}  # trained once for all parties: (booster, rows)


def _made(want):
    key = tuple(want[k] for k in ("trees", "leaves", "features", "rows"))
    if key not in _model:
        random = np.random.default_rng(1)
        x = random.standard_normal((20_000, want["features"]))
        y = x[:, 0] * x[:, 1] + np.sin(3 * x[:, 2]) + x[:, 3] * (x[:, 4] > 0) + 0.3 * random.standard_normal(len(x))
        how = {"objective": "regression", "num_leaves": want["leaves"], "learning_rate": 0.05, "num_threads": 1, "verbose": -1, "deterministic": True}
        booster = lightgbm.train(how, lightgbm.Dataset(x, y), want["trees"])
        _model[key] = booster, random.standard_normal((want["rows"], want["features"]))
    return _model[key]


def _walk(booster, rows):
    total = np.zeros(len(rows))
    for tree in booster.dump_model()["tree_info"]:
        pending = [(tree["tree_structure"], np.arange(len(rows)))]
        while pending:
            node, here = pending.pop()
            if "leaf_value" in node:
                total[here] += node["leaf_value"]
                continue
            left = rows[here, node["split_feature"]] <= node["threshold"]
            pending += [(node["left_child"], here[left]), (node["right_child"], here[~left])]
    return total


def walk(want):
    booster, rows = _made(want)
    nothing = lambda: None
    return Calls(1, nothing, 0, nothing, lambda: _walk(booster, rows))


def predict(want):
    """Booster.predict, the Python entry."""
    booster, rows = _made(want)
    work = lambda some: booster.predict(some, num_threads=1)
    one = rows[:1]
    return Calls(len(rows) / BATCH, lambda: work(rows), 1 / BATCH, lambda: work(one), lambda: work(rows))


def library(want):
    """LGBM_BoosterPredictForMat of the package's own library, without its Python."""
    booster, rows = _made(want)
    out, written = np.zeros(len(rows)), ctypes.c_int64()
    call, handle = lightgbm.basic._LIB.LGBM_BoosterPredictForMat, booster._handle

    def work(count):  # float64, row-major, normal prediction, all iterations
        failed = call(
            handle, ctypes.c_void_p(rows.ctypes.data), ctypes.c_int(1), ctypes.c_int32(count), ctypes.c_int32(rows.shape[1]),
            ctypes.c_int(1), ctypes.c_int(0), ctypes.c_int(0), ctypes.c_int(-1), b"num_threads=1", ctypes.byref(written),
            out.ctypes.data_as(ctypes.POINTER(ctypes.c_double)),
        )
        if failed or written.value != count:
            raise RuntimeError("LGBM_BoosterPredictForMat failed")

    def answer():
        work(len(rows))
        return out

    return Calls(len(rows) / BATCH, lambda: work(len(rows)), 1 / BATCH, lambda: work(1), answer)


PARTIES = {"lightgbm.walk": walk, "lightgbm.predict": predict, "lightgbm.library": library}
